"""The executor of a Ray cluster, in the process of the study."""

from __future__ import annotations

import math
import pickle
import shutil
import sys
import tempfile
import time
import uuid
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataworth._util.machine import cores
from dataworth._util.threads import threads_of_run
from dataworth._util.user_code import one_line
from dataworth.errors import StudyError
from dataworth.execution.base import CheckpointStore, Objective, StepListener
from dataworth.execution.handover import lay_out
from dataworth.execution.ray.cluster import Resources, connect, runs_at_once, task_options
from dataworth.execution.ray.mailbox import Mailbox
from dataworth.execution.ray.task import Parcel, Unusable, do_run
from dataworth.records.record import Failure, Record, RunKey

_SECONDS_BETWEEN_LOOKS = 1.0
"""So often a request to stop is looked for where nothing arrives."""


@dataclass
class _Attempt:
    """A run under way.

    Attributes
    ----------
    number : int
        Of the attempt.
    key : RunKey
    lost : int
        How often its process or its node was lost before.
    given : float
        When it was given to the cluster, by the monotonic clock, in seconds.
    begun : float
        When it began there, where there is a time limit; infinite before.
    """

    number: int
    key: RunKey
    lost: int
    given: float
    begun: float = math.inf


class RayExecutor:
    """Does each run as a task of a Ray cluster; see `Ray` and `Executor`.

    Parameters
    ----------
    objective : callable
    checkpoints : CheckpointStore
    on_step : callable
    folder : Path
    time_limit : float, optional
        Seconds that a run may take from when it has begun on a node.
    address, resources, retries, shared
        See `Ray`.

    Raises
    ------
    StudyError
        If the cluster cannot be reached or is too small, or the objective cannot be sent.
    """

    def __init__(
        self,
        objective: Objective,
        checkpoints: CheckpointStore,
        on_step: StepListener,
        folder: Path,
        time_limit: float | None,
        *,
        address: str,
        resources: Resources,
        retries: int,
        shared: Path | None,
    ) -> None:
        import ray

        self._checkpoints, self._retries, self._shared = checkpoints, retries, shared
        self._on_step, self._folder, self._time_limit = on_step, folder.absolute(), time_limit
        self._waiting: deque[tuple[RunKey, int]] = deque()
        self._attempts: dict[Any, _Attempt] = {}
        self._numbered: dict[int, _Attempt] = {}
        self._count = 0
        self._place: Path | None = None
        self._mailbox: Any = None
        self._mail: Any = None
        self._is_own = connect(address)
        try:
            self.slots = runs_at_once(resources)
            self._task = ray.remote(**task_options(resources))(do_run)
            self._mailbox = _mailbox()
            self._parcel = ray.put(self._packed(objective))
        except BaseException:
            self.close()
            raise

    def submit(self, key: RunKey) -> None:
        """Queue a run."""
        self._waiting.append((key, 0))

    def outcomes(self) -> Iterator[Record]:
        """Yield each submitted run's record when the run ends, until none is left.

        Raises
        ------
        StudyError
            If the nodes of the cluster cannot load the objective.
        """
        import ray

        while self._waiting or self._attempts:
            while self._waiting and len(self._attempts) < self.slots:
                self._begin(*self._waiting.popleft())
            if self._mail is None:
                self._mail = self._mailbox.take.remote(wait=True)
            ended, _ = ray.wait([*self._attempts, self._mail], timeout=_SECONDS_BETWEEN_LOOKS)
            if self._mail in ended:
                self._read(self._mail)
                self._mail = None
            for task in ended:
                attempt = self._attempts.pop(task, None)
                if attempt is not None:
                    record = self._ended(task, attempt)
                    if record is not None:
                        yield record
            yield from self._overdue()

    def close(self) -> None:
        """Stop all runs and leave the cluster. Checkpoints stay."""
        import ray

        self._waiting.clear()
        if ray.is_initialized():
            for task in self._attempts:
                ray.cancel(task, force=True)
            if self._mailbox is not None:
                ray.kill(self._mailbox)
            if self._is_own:
                ray.shutdown()
        self._attempts, self._mailbox, self._mail = {}, None, None
        if self._place is not None:
            shutil.rmtree(self._place, ignore_errors=True)

    def _begin(self, key: RunKey, lost: int) -> None:
        self._count += 1
        checkpoint = self._checkpoints.load_checkpoint(key.digest)
        folder = self._folder / key.digest
        task = self._task.remote(self._parcel, self._count, key, checkpoint, folder)
        attempt = _Attempt(self._count, key, lost, time.monotonic())
        self._attempts[task] = self._numbered[self._count] = attempt

    def _read(self, mail: Any) -> None:
        """Pass on the steps and checkpoints that runs have sent."""
        import ray

        try:
            messages = ray.get(mail)
        except ray.exceptions.RayError:
            # With the node of the mailbox, steps and checkpoints that it held are lost; no run is.
            return
        for number, kind, content in messages:
            attempt = self._numbered.get(number)
            if attempt is None:
                continue
            if kind == "begun":
                attempt.begun = time.monotonic()
            elif kind == "checkpoint":
                self._checkpoints.save_checkpoint(attempt.key.digest, *content)
            else:
                for step, of, values in content:
                    self._on_step(attempt.key, step, of, values)

    def _ended(self, task: Any, attempt: _Attempt) -> Record | None:
        """The record of a run that has ended; None for one that is done again."""
        import ray

        key, seconds = attempt.key, time.monotonic() - attempt.given
        record: Record | None
        try:
            steps, record = ray.get(task)
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, Unusable):
                raise StudyError(
                    f"ray: the model cannot be loaded on a node of the cluster ({error.cause}). "
                    "Every node needs the same packages and the module of the model: "
                    'Ray(runtime_env={"working_dir": "."}).',
                    code="not-picklable",
                ) from None
            failure = Failure("error", one_line(error), str(error))
            record = Record(key, {}, failure=failure, seconds=seconds)
        except ray.exceptions.OutOfMemoryError as error:
            record = self._again(attempt, "memory", one_line(error), seconds)
        except ray.exceptions.RayError as error:
            record = self._again(attempt, "killed", one_line(error), seconds)
        else:
            # What was sent before the record has arrived by now; a call that waited may have it.
            rest = self._mailbox.take.remote(wait=False)
            if self._mail is not None:
                self._read(self._mail)
                self._mail = None
            self._read(rest)
            for step, of, values in steps:
                self._on_step(key, step, of, values)
        del self._numbered[attempt.number]
        return record

    def _again(self, attempt: _Attempt, kind: Any, reason: str, seconds: float) -> Record | None:
        """Queue a run again whose node or process was lost, or say that it has failed."""
        if attempt.lost < self._retries:
            self._waiting.appendleft((attempt.key, attempt.lost + 1))
            return None
        times = f"{attempt.lost + 1} times" if attempt.lost else "once"
        message = f"its process or its node was lost {times}: {reason}"
        return Record(attempt.key, {}, failure=Failure(kind, message), seconds=seconds)

    def _overdue(self) -> Iterator[Record]:
        """Cancel the runs that exceed the time limit; their records."""
        import ray

        if self._time_limit is None:
            return
        now = time.monotonic()
        for task, attempt in list(self._attempts.items()):
            if now - attempt.begun >= self._time_limit:
                ray.cancel(task, force=True)
                del self._attempts[task], self._numbered[attempt.number]
                message = f"it took longer than the time limit of {self._time_limit:g} s"
                failure = Failure("timeout", message)
                yield Record(attempt.key, {}, failure=failure, seconds=now - attempt.begun)

    def _packed(self, objective: Objective) -> Parcel:
        """Put the objective where all nodes find it."""
        import ray

        environment = {
            # XLA divides its work by it, and BLAS and OpenMP by the other: as in this process.
            "NPROC": str(cores()),
            "OMP_NUM_THREADS": str(threads_of_run()),
            "KERAS_BACKEND": "jax",
        }
        place: Any
        if self._shared is not None:
            try:
                self._place = Path(tempfile.mkdtemp(prefix="dataworth-", dir=self._shared))
            except OSError as error:
                raise StudyError(
                    f"ray: shared = {str(self._shared)!r} cannot be written to "
                    f"({error.strerror}). Name a folder that all nodes see.",
                    code="file-not-writable",
                ) from None
            place = self._place.absolute() / "objective"
            lay_out(objective, place)
        else:
            try:
                place = [ray.put(objective)]
            except (pickle.PicklingError, AttributeError, TypeError) as error:
                raise StudyError(
                    f"ray: the model cannot be sent to the cluster ({one_line(error)}). Give it "
                    "as module:function or a .keras file.",
                    code="not-picklable",
                ) from None
        return Parcel(
            uuid.uuid4().hex,
            place,
            self._mailbox,
            environment,
            list(sys.path),
            is_timed=self._time_limit is not None,
        )


def _mailbox() -> Any:
    """The actor for messages, on the node of this process: it is there as long as the study."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = ray.get_runtime_context().get_node_id()
    place = NodeAffinitySchedulingStrategy(node_id=here, soft=True)
    actor: Any = ray.remote(num_cpus=0, max_restarts=-1, scheduling_strategy=place)(Mailbox)
    return actor.remote()
