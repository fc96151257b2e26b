"""Ask and tell: the runs of a study, done by programs that another scheduler starts."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from shutil import rmtree
from types import TracebackType
from typing import Any, Self

from dataworth._util import signals
from dataworth.errors import StudyError
from dataworth.execution.base import Context
from dataworth.learners.command import Command, run_files
from dataworth.learners.function import checked_scores
from dataworth.observers.artifacts import Artifacts
from dataworth.plan.budget import Budget
from dataworth.plan.choice import Stop
from dataworth.records.layout import WORK_FOLDER
from dataworth.records.meta import ASKED_ENTRY, checked_entry
from dataworth.records.record import Columns, Failure, Record, RunKey
from dataworth.records.run import Run
from dataworth.records.store import Store
from dataworth.study.objectives import FunctionObjective
from dataworth.study.planning import next_runs
from dataworth.study.resolved import ResolvedStudy
from dataworth.study.run import claim, stored_curves

_LOCK_SECONDS = 60.0
"""Each access to the store takes milliseconds; this is for many of them at once."""
_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class _Asked:
    """A run that was given out and has not ended: since when, and how long it is reserved.

    Times are seconds since 1970 by the clocks of the machines that ask and tell.
    """

    learner: str
    size: int
    seed: int
    since: float
    until: float

    def key(self, digest: str) -> RunKey:
        return RunKey(self.learner, self.size, self.seed, digest)


@dataclass(frozen=True, eq=False)
class Offer:
    """An answer to "which runs are next?".

    Attributes
    ----------
    runs : tuple of Run
    running : int
        Runs that were given out before and have not ended.
    stop : Stop or None
        Why the plan of a study with a goal has ended.
    """

    runs: tuple[Run, ...]
    running: int
    stop: Stop | None

    @property
    def is_done(self) -> bool:
        """Whether no run is left to do or to wait for."""
        return not self.runs and not self.running


class Session:
    """Gives out the runs of a study and stores their figures; made by `Study.open`.

    Any number of sessions may be open on one directory, in processes of one machine or of several
    that share a file system. Each access takes the directory's lock for a moment.

    A run that is given out is reserved for the time of the lease. If it has not ended by then, it
    is given out again, and the figures that are reported first are stored.

    Parameters
    ----------
    study : ResolvedStudy
        Its models are functions or commands.
    directory : path
    lease : float or str
        Seconds, or text such as "2h".

    Raises
    ------
    StudyError
        If a model is trained by dataworth itself, the lease is not a time, or the directory holds
        another study.
    """

    def __init__(
        self,
        study: ResolvedStudy,
        directory: str | os.PathLike[str],
        lease: float | str = "1h",
    ) -> None:
        self.directory = Path(directory)
        self._study = study
        self._lease = _seconds(lease)
        self._has_news = False
        self._contexts: dict[str, Context] = {}
        self._objectives: dict[str, FunctionObjective] = {}
        for name, objective in study.objectives.items():
            if not isinstance(objective, FunctionObjective):
                raise StudyError(
                    f"{name} is trained by dataworth itself: `Study.run` does its runs. To ask for "
                    "runs, give a function, train(run), or a command as the model.",
                    code="wrong-type",
                    option="model",
                )
            self._objectives[name] = objective
        with self._store() as store:
            claim(store, study, [])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write ``curve.csv`` and ``curve.png``, if figures were stored in this session."""
        if self._has_news:
            self.write_curves()

    def write_curves(self) -> None:
        """Write ``curve.csv`` and ``curve.png`` of all finished runs."""
        with self._store() as store:
            Artifacts(self.directory, lambda: stored_curves(store)).on_study_end()
        self._has_news = False

    def ask(self, *, wait: bool = True) -> Run | None:
        """The next run, reserved for the time of the lease.

        Parameters
        ----------
        wait : bool
            Where all other runs are given out: wait until one that another session was given ends
            or its lease does. Runs of this session are not waited for, since the caller has them;
            threads open a session each.

        Returns
        -------
        Run or None
            None where no run is left, or, without waiting, none at this time.
        """
        offer = self.offer(wait=wait)
        return offer.runs[0] if offer.runs else None

    def offer(self, count: int = 1, *, wait: bool = False) -> Offer:
        """The next runs, at most `count`; see `ask`."""
        while True:
            offer, elsewhere = self._offer(count)
            if offer.runs or not (wait and elsewhere):
                return offer
            time.sleep(_POLL_SECONDS)
            signals.check()

    def to_dict(self, run: Run) -> dict[str, Any]:
        """A run as JSON values: the placeholders of a command, and the command with them."""
        values = run_files(run)
        document: dict[str, Any] = values | {"size": run.size, "seed": run.seed}
        model = self._objectives[run.model].model
        if isinstance(model, Command):
            document["command"] = shlex.join(model.words(values))
        return document

    def tell(self, run: Run | str, scores: Mapping[str, float]) -> None:
        """Store the figures of a run that has finished; see `tell`."""
        key = _key(run)
        context = self._contexts.get(key)
        tell(self.directory, key, scores, None if context is None else context.history())
        self._forget(key)

    def fail(self, run: Run | str, reason: str) -> None:
        """Store a run as failed; see `fail`."""
        fail(self.directory, _key(run), reason)
        self._forget(_key(run))

    def _forget(self, key: str) -> None:
        self._contexts.pop(key, None)
        self._has_news = True

    def _offer(self, count: int) -> tuple[Offer, bool]:
        """The next runs, and whether another session was given one that has not ended."""
        with self._store() as store:
            asked, now = _asked(store), time.time()
            running = [each.key(digest) for digest, each in asked.items() if each.until > now]
            upcoming = next_runs(self._study, store, len(running) + count)
            keys = upcoming.next(running, count)
            for key in keys:
                asked[key.digest] = _Asked(key.learner, key.size, key.seed, now, now + self._lease)
            _write(store, asked)
        elsewhere = any(key.digest not in self._contexts for key in running)
        return Offer(tuple(map(self._run, keys)), len(running), upcoming.stop), elsewhere

    def _run(self, key: RunKey) -> Run:
        context = Context(
            self.directory / WORK_FOLDER / key.digest,
            None,
            lambda history, state: None,
            lambda step, of, values: self._renew(key.digest),
        )
        self._contexts[key.digest] = context
        return self._objectives[key.learner].run_of(key, context)

    def _renew(self, digest: str) -> None:
        """Reserve a run for another lease, once half of the present one is over."""
        with self._store() as store:
            asked, now = _asked(store), time.time()
            if digest in asked and asked[digest].until - now < self._lease / 2:
                asked[digest] = replace(asked[digest], until=now + self._lease)
                _write(store, asked)

    def _store(self) -> Store:
        return Store(self.directory, write=True, wait=_LOCK_SECONDS)


def tell(
    directory: str | os.PathLike[str],
    key: str,
    scores: Mapping[str, float],
    history: Columns | None = None,
) -> RunKey:
    """Store the figures of a run that was given out and has finished.

    Parameters
    ----------
    directory : path
        The run directory.
    key : str
        `Run.key`.
    scores : mapping of str to float
        Figures by name.
    history : mapping of str to ndarray, optional
        Figures of its steps, as columns.

    Raises
    ------
    StudyError
        If no such run was given out, it has ended before, or a figure is no finite number or the
        study's metric is missing. The run then stays as it was.
    """
    figures = checked_scores(scores, f"run {key}")
    with _ending(directory, key) as (store, run, seconds):
        _check_metric(store, figures, run)
        store.add(Record(run, figures, history=history or {}, seconds=seconds))
        return run


def fail(directory: str | os.PathLike[str], key: str, reason: str) -> RunKey:
    """Store a run that was given out as failed.

    Parameters
    ----------
    directory, key
        As for `tell`.
    reason : str

    Raises
    ------
    StudyError
        If no such run was given out, or it has ended before.
    """
    text = str(reason).strip() or "no reason was given"
    with _ending(directory, key) as (store, run, seconds):
        store.add(Record(run, {}, seconds=seconds, failure=Failure("error", text)))
        return run


@contextmanager
def _ending(directory: str | os.PathLike[str], key: str) -> Iterator[tuple[Store, RunKey, float]]:
    """The store, the run, and the seconds since it was given out; it is no longer reserved."""
    # Opening the store for writing would make a new one.
    Store(directory := Path(directory)).close()
    with Store(directory, write=True, wait=_LOCK_SECONDS) as store:
        asked = _asked(store)
        if key not in asked:
            raise _not_asked(store, key)
        run = asked[key].key(key)
        yield store, run, max(0.0, time.time() - asked.pop(key).since)
        _write(store, asked)
    rmtree(directory / WORK_FOLDER / key, ignore_errors=True)
    with suppress(OSError):
        (directory / WORK_FOLDER).rmdir()


def _not_asked(store: Store, key: str) -> StudyError:
    for record in store.records(None):
        if record.key.digest == key:
            how = f"failed ({record.failure.message})" if record.failure else "is finished"
            return StudyError(
                f"the run {key} ({record.key.describe()}) {how} already: it was reported before, "
                "or by another program after its lease had ended. Nothing was changed.",
                code="run-ended",
            )
    return StudyError(
        f"no run {key!r} was given out in {store.directory}. The key is that of `dataworth ask` or "
        "`session.ask()`, 32 hexadecimal digits.",
        code="unknown-run",
    )


def _check_metric(store: Store, figures: Mapping[str, float], run: RunKey) -> None:
    """Refuse figures without the metric of the study."""
    metric = store.meta().get("metric")
    said = f"run {run.digest} ({run.describe()}): the figures are {', '.join(figures)}"
    if metric is None:
        if "loss" not in figures and len(figures) > 1:
            raise StudyError(
                f'{said}. Say which one the curve is of: metric = "..." in the study.',
                code="metric-unclear",
                metrics=list(figures),
            )
        return
    name = checked_entry({"metric": metric}, ("metric", "name"), str, str(store.path))
    if name not in figures:
        raise StudyError(
            f"{said}, and the study's metric is {name}. Tell it too; the run is still reserved.",
            code="unknown-metric",
            metrics=list(figures),
        )


def _asked(store: Store) -> dict[str, _Asked]:
    """The runs that were given out and have not ended, by digest."""
    meta = store.meta()
    if ASKED_ENTRY not in meta:
        return {}
    where = str(store.path)
    entries = checked_entry(meta, ASKED_ENTRY, dict, where)
    kinds: dict[str, Any] = {
        "learner": str,
        **dict.fromkeys(("size", "seed"), int),
        **dict.fromkeys(("since", "until"), float),
    }
    ended = store.digests()
    return {
        digest: _Asked(
            **{
                name: checked_entry(meta, (ASKED_ENTRY, digest, name), kind, where)
                for name, kind in kinds.items()
            }
        )
        for digest in entries
        if digest not in ended
    }


def _write(store: Store, asked: Mapping[str, _Asked]) -> None:
    store.set_meta({ASKED_ENTRY: {digest: asdict(each) for digest, each in asked.items()}})


def _key(run: Run | str) -> str:
    return run.key if isinstance(run, Run) else run


def _seconds(lease: float | str) -> float:
    budget = Budget.parse(lease) if isinstance(lease, str) else Budget(seconds=lease)
    if budget.seconds is None:
        raise StudyError(
            f'lease = {lease!r}: expected a time, such as 3600 or "1h".',
            code="value-out-of-range",
            option="lease",
            value=lease,
        )
    return budget.seconds
