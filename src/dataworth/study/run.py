"""The loop that runs a study: does the runs that the run directory does not hold yet."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Any

from dataworth._util import signals
from dataworth._util.files import (
    DISK_FULL,
    Unwritten,
    atomic_write,
    remove_temporary_folders,
)
from dataworth._util.toml import parse_toml
from dataworth.audit import audit_dataset, audit_models
from dataworth.curves.curve import Curve
from dataworth.errors import StudyError
from dataworth.execution.base import Executor
from dataworth.findings import Finding
from dataworth.observers.artifacts import Artifacts
from dataworth.observers.base import Observer, Observers
from dataworth.observers.choose import default_observer
from dataworth.plan.choice import Stop
from dataworth.plan.stored import stored_plan
from dataworth.records.layout import STUDY_FILE
from dataworth.records.meta import checked_entry
from dataworth.records.reader import curve_columns, models
from dataworth.records.record import Record, RunKey
from dataworth.records.store import Store
from dataworth.study.document import IN_PYTHON, to_toml
from dataworth.study.interrupted import BegunRuns
from dataworth.study.metadata import describe, describe_models, sample_images
from dataworth.study.objectives import LearnerObjective
from dataworth.study.planning import NextRuns, next_runs
from dataworth.study.resolved import ResolvedStudy
from dataworth.study.returned import ReturnedMetrics
from dataworth.study.workers import (
    AUTO,
    Cluster,
    Workers,
    checked_workers,
    executor_of,
    is_in_process,
)

_ADVICE = (
    "Finished runs are stored in results.sqlite; free some space, then run the same command again."
)
_IDENTIFYING = {"identity", "models"}
"""Entries of a store by which another study is recognised."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a study came to.

    Attributes
    ----------
    directory : Path
    curves : mapping of str to Curve
        All finished runs of the study's models, by model; without models that have none.
    failed : sequence of Record
        The runs of the study that failed, now or before.
    findings : sequence of Finding
        Of the data before the first run and of the figures after the last.
    trained : int
        Runs that were done now; the others were in the store.
    stop : Stop or None
        Why the plan has ended, of a study with a goal.
    stopped : StudyError or None
        Why the study ended before its last run: the disk is full.
    unwritten : StudyError or None
        Why the curve or its picture could not be written.
    """

    directory: Path
    curves: Mapping[str, Curve]
    failed: Sequence[Record]
    findings: Sequence[Finding]
    trained: int
    stop: Stop | None = None
    stopped: StudyError | None = None
    unwritten: StudyError | None = None

    @property
    def curve(self) -> Curve | None:
        """The curve of a study of one model; None before a run is finished."""
        return next(iter(self.curves.values()), None)

    def error(self) -> StudyError:
        """Why there is no curve."""
        if self.failed:
            return StudyError(self.failures(), code="runs-failed")
        assert self.stop is not None
        return StudyError(f"{self.directory}: no run was done. {self.stop.message}", code="no-runs")

    def failures(self) -> str:
        """The runs that failed, in one sentence with the reason of the first."""
        first = self.failed[0]
        assert first.failure is not None
        return (
            f"{self.directory}: {len(self.failed)} of the study's runs failed, the first of them "
            f"of {first.key.learner} at size {first.key.size:,}, seed {first.key.seed}: "
            f"{first.failure.message.rstrip().rstrip('.')}. Failed "
            "runs are done again with retry_failed=True (--retry-failed)."
        )


def run_study(
    study: ResolvedStudy,
    directory: str | os.PathLike[str],
    workers: Workers = 1,
    progress: Observer | bool | None = None,
    *,
    executor: Cluster | None = None,
    retry_failed: bool = False,
    observers: Sequence[Observer] = (),
) -> Outcome:
    """Run a study in a directory; see `Study.run`."""
    workers = checked_workers(workers)
    observer = Observers([default_observer(progress), *observers])
    signals.check()
    # Also where no run is left that would need one.
    remove_temporary_folders()
    found = _audit(study)
    observer.on_findings(found)
    try:
        outcome = _run_all(study, Path(directory), workers, observer, found, executor, retry_failed)
    except StudyError as error:
        if error.code != DISK_FULL:
            raise
        return _outcome_so_far(study, Path(directory), found, error)
    observer.on_findings(outcome.findings[len(found) :])
    return outcome


def _run_all(
    study: ResolvedStudy,
    directory: Path,
    workers: Workers,
    observer: Observer,
    found: Sequence[Finding],
    executor: Cluster | None,
    retry_failed: bool,
) -> Outcome:
    with Store(directory, write=True) as store:
        returned = claim(store, study, found)
        observer.on_directory(store.directory, study.values)
        begun = BegunRuns(store)
        given_up = begun.given_up(lambda: _without_record(study, store, retry_failed))
        if given_up is not None:
            store.add(given_up)
            begun.end()
        slots = 1 if workers == AUTO or executor is not None else workers
        upcoming = next_runs(study, store, slots, retry_failed=retry_failed)
        artifacts = Artifacts(store.directory, lambda: stored_curves(store))
        work = study.objective.work
        observer.on_study_begin(upcoming.keys, upcoming.done, [work(key) for key in upcoming.keys])
        trained = 0
        try:
            first = upcoming.next([], upcoming.slots)
            upcoming.announce(observer)
            if first:
                does = partial(
                    executor_of,
                    study,
                    store,
                    workers if workers == AUTO else upcoming.slots,
                    waiting=upcoming.waiting,
                    notify=observer.on_notice,
                    cluster=executor,
                )
                trained = _run(does, store, upcoming, first, returned, [observer, artifacts])
        finally:
            # Where the disk is full, the mark stays: the run is begun again.
            with Unwritten().collected():
                begun.end()
            observer.on_study_end()
        unwritten = Unwritten()
        with unwritten.collected():
            artifacts.on_study_end()
        curves = _curves_of(study, store)
        asked = None if study.goal is not None else {key.digest for key in upcoming.keys}
        failed = [
            record
            for record in store.records("failed")
            if record.key.learner in study.models and (asked is None or record.key.digest in asked)
        ]
        late = audit_models(store) if curves else []
    return Outcome(
        directory,
        curves,
        failed,
        [*found, *late],
        trained,
        upcoming.stop,
        unwritten=unwritten.error(),
    )


def _outcome_so_far(
    study: ResolvedStudy, directory: Path, found: Sequence[Finding], reason: StudyError
) -> Outcome:
    """The outcome of a study for which there is no more room: all runs that are stored.

    Raises
    ------
    StudyError
        If no run is finished, or the results cannot be read: `reason`.
    """
    unwritten = Unwritten()
    try:
        with Store(directory) as store:
            _refuse_another(store, study)
            curves = _curves_of(study, store)
            with unwritten.collected():
                Artifacts(directory, lambda: stored_curves(store)).on_study_end()
    except StudyError:
        raise reason from None
    if not curves:
        raise reason
    return Outcome(directory, curves, [], found, 0, stopped=reason, unwritten=unwritten.error())


def _curves_of(study: ResolvedStudy, store: Store) -> dict[str, Curve]:
    return {name: curve for name, curve in stored_curves(store).items() if name in study.models}


def _without_record(study: ResolvedStudy, store: Store, retry_failed: bool) -> list[RunKey]:
    """The runs that the study may still do."""
    ended = store.digests("finished" if retry_failed else None)
    return [key for key in study.runs() if key.digest not in ended]


def stored_curves(store: Store) -> dict[str, Curve]:
    """The curves of all finished runs, by model; none before the first one is finished."""
    finished = set(store.table([]).learners.tolist())
    names = [name for name in models(store.meta(), str(store.path)) if name in finished]
    return {name: Curve(**curve_columns(store, name)) for name in names}


def _run(
    make_executor: Callable[..., Executor],
    store: Store,
    upcoming: NextRuns,
    first: Sequence[RunKey],
    returned: ReturnedMetrics,
    observers: Sequence[Observer],
) -> int:
    """Do the first runs and all that follow; how many were done."""
    observer = Observers(observers)

    def on_step(key: RunKey, step: int, of: int | None, values: Mapping[str, float]) -> None:
        observer.on_step(key, step, of, values)
        signals.check()

    def submit_next() -> None:
        for key in upcoming.next(list(running.values()), executor.slots - len(running)):
            submit(key)

    def submit(key: RunKey) -> None:
        running[key.digest] = key
        # Of a run in a process of its own it is known how the process ended.
        if is_in_process(executor):
            begun.begin(key)
        executor.submit(key)

    def refill() -> None:
        begun.end()
        submit_next()

    executor = make_executor(on_step=on_step, refill=refill)
    begun = BegunRuns(store)
    running: dict[str, RunKey] = {}
    count = 0
    with closing(executor):
        for key in first:
            submit(key)
        if upcoming.slots < executor.slots:
            submit_next()
        for ended in executor.outcomes():
            record = ended if ended.failure else returned.checked(ended)
            del running[record.key.digest]
            count += 1
            with _named_if_lost(record, store):
                store.add(record)
                upcoming.add(record)
                if upcoming.is_immediate:
                    submit_next()
            returned.check(record)
            if record.failure is None:
                observer.on_record(record)
            else:
                observer.on_failure(record)
            if not upcoming.is_immediate:
                submit_next()
                upcoming.announce(observer)
            signals.check()
    return count


@contextmanager
def _named_if_lost(record: Record, store: Store) -> Iterator[None]:
    """One transaction, in which a record is stored, or of which the error says which one is lost.

    Raises
    ------
    StudyError
        If the disk is full, or was in the run itself.
    """
    lost = f"the run of {record.key.describe()} is not stored"
    if record.failure is not None and record.failure.kind == "disk":
        raise StudyError(
            f"{store.directory}: {lost}: {record.failure.message}. The disk is full. {_ADVICE}",
            code="disk-full",
        )
    try:
        with store.together():
            yield
    except StudyError as error:
        if error.code != DISK_FULL:
            raise
        raise StudyError(
            f"{store.directory}: {lost}: the disk is full. {_ADVICE}", code="disk-full"
        ) from None


def _audit(study: ResolvedStudy) -> list[Finding]:
    for objective in study.objectives.values():
        if isinstance(objective, LearnerObjective) and objective.task.kind == "classification":
            return _audit_samples(objective, study.sizes)
    return []


def _audit_samples(objective: LearnerObjective, sizes: Sequence[int]) -> list[Finding]:
    return audit_dataset(
        objective.data,
        parts=objective.split,
        subset_method=objective.subset,
        at_least=objective.at_least,
        sizes=sizes,
        model_scales=objective.input_scales,
        standardized=objective.is_standardized,
    )


def claim(store: Store, study: ResolvedStudy, found: Sequence[Finding]) -> ReturnedMetrics:
    """Write the study to the directory, or refuse a directory that holds another one."""
    meta = store.meta()
    before, now = _refuse_another(store, study)
    returned = ReturnedMetrics(study, store)
    merged = before | now
    values = _with_what_is_there(study.values, store, meta)
    entries = describe(study) | {
        "findings": [asdict(finding) for finding in found],
        "study": to_toml(values),
    }
    if len(merged) > 1:
        entries["models"] = merged
    store.set_meta(entries | merged[next(iter(merged))])
    images = sample_images(study)
    if images is not None:
        store.set_array("sample_images", images)
    atomic_write(store.directory / STUDY_FILE, to_toml(values), _ADVICE)
    return returned


def _refuse_another(
    store: Store, study: ResolvedStudy
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Refuse a directory that holds another study; its models, and those of the study."""
    before, now = models(store.meta(), str(store.path)), describe_models(study)
    shared = [name for name in now if name in before]
    # A directory takes further models, but not those of another study.
    for name in shared or ([next(iter(before))] if before else []):
        if store.changed_entries & _IDENTIFYING:
            # It is damaged. Records of another study have other digests, and are not taken.
            continue
        compared = name if shared else next(iter(now))
        identity = dict(study.objectives[compared].identity)
        there = checked_entry(
            {"models": before}, ("models", name, "identity"), dict, str(store.path)
        )
        if there != identity:
            changed = "; ".join(_differences(there, identity))
            raise StudyError(
                f"{store.directory} holds another study: {changed}. Run this one in another "
                f"directory: --out {quote(str(_free_name(store.directory)))}; or with the options "
                "of before.",
                code="study-differs",
            )
    return before, now


def _with_what_is_there(
    values: Mapping[str, Any], store: Store, meta: Mapping[str, Any]
) -> dict[str, Any]:
    """The study's options with the models, sizes and seeds of all runs that the store holds."""
    table = store.table([])
    merged = dict(values)
    # Sizes and seeds that a plan chose are none of a grid.
    for name, there in (("sizes", table.samples), ("seeds", table.seeds)):
        if merged.get(name) is not None and stored_plan(store) is None and "goal" not in values:
            merged[name] = sorted({*merged[name], *map(int, there)})
    before = _models_of_file(meta, str(store.path))
    now = values["model"] if isinstance(values["model"], Mapping) else {}
    if values["model"] != IN_PYTHON and (now or len(before) > 1):
        merged["model"] = {**before, **now}
        if IN_PYTHON in merged["model"].values():
            merged["model"] = IN_PYTHON
    return merged


def _models_of_file(meta: Mapping[str, Any], where: str) -> dict[str, str]:
    """The models of the study that the store holds, by name, as its file names them."""
    if "study" not in meta or "model" not in meta:
        return {}
    text = checked_entry(meta, "study", str, where)
    try:
        entries = parse_toml(text)
    except ValueError:
        # It names no models, and is rewritten.
        entries = {}
    model = checked_entry({"model": IN_PYTHON, **entries}, "model", dict | str, f"{where}, study")
    return model if isinstance(model, dict) else {checked_entry(meta, "model", str, where): model}


def _free_name(directory: Path) -> Path:
    """A directory beside this one that does not exist yet."""
    number = 2
    while (free := directory.with_name(f"{directory.name}-{number}")).exists():
        number += 1
    return free


def _differences(before: Any, now: Any, name: str = "") -> list[str]:
    """What differs between two identities, as "steps was 600 and is None now"."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        keys = sorted({*before, *now})
        return [
            line
            for key in keys
            if before.get(key) != now.get(key)
            for line in _differences(before.get(key), now.get(key), key)
        ]
    if name == "code":
        return ["the code of the model has changed"]
    if name == "data":
        return [f"it was made with other data (fingerprint {before}, now {now})"]
    return [f"it was made with {name} = {_shown(before)}, now it is {_shown(now)}"]


def _shown(value: Any) -> str:
    text = "not set" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
