"""What a task of Ray does: one run, in a process of a node of the cluster."""

from __future__ import annotations

import os
import pickle
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataworth.execution.base import Context, Objective, perform
from dataworth.records.record import Record, RunKey
from dataworth.records.run import Checkpoint

SECONDS_BETWEEN_MESSAGES = 0.2
Step = tuple[int, int | None, dict[str, float]]
_objectives: dict[str, Objective] = {}
"""The objective of the study, with the programs that it has compiled; one at a time."""


@dataclass(frozen=True)
class Parcel:
    """What all runs of a study have in common.

    Attributes
    ----------
    name : str
        Of the study's start; no two are the same.
    place : list of one ObjectRef, or Path
        The objective: in the object store, or a file in a folder that all nodes see.
    mailbox : ActorHandle
    environment : mapping of str to str
        Numbers of threads, which figures may depend on.
    modules : list of str
        Where this process finds modules.
    is_timed : bool
        Whether the process of the study is to know when a run begins.
    """

    name: str
    place: Any
    mailbox: Any
    environment: Mapping[str, str]
    modules: list[str]
    is_timed: bool


class Unusable(Exception):  # noqa: N818
    """The objective cannot be loaded on a node, so that no run can be done."""


def do_run(
    parcel: Parcel, number: int, key: RunKey, checkpoint: Checkpoint | None, folder: Path
) -> tuple[list[Step], Record]:
    """Do a run; its record, and the steps that were not sent before.

    Parameters
    ----------
    parcel : Parcel
    number : int
        Of the attempt.
    key : RunKey
    checkpoint : (history, state) or None
    folder : Path
        The folder of the run in the run directory.

    Raises
    ------
    Unusable
        If the objective cannot be loaded.
    """
    post = _Post(parcel.mailbox, number)
    objective = _loaded(parcel)
    if parcel.is_timed:
        post.begun()
    # A node that does not see the run directory has a folder of its own.
    sees = folder.parent.is_dir() or folder.parent.parent.is_dir()
    place = folder if sees else Path(tempfile.gettempdir()) / "dataworth" / folder.name
    context = Context(place, checkpoint, post.save, post.report)
    record = perform(objective, key, context)
    post.wait()
    return post.steps, record


class _Post:
    """Sends the steps of a run, many at a time, and its checkpoints."""

    def __init__(self, mailbox: Any, number: int) -> None:
        self.steps: list[Step] = []
        self._mailbox = mailbox
        self._number = number
        self._sent: Any = None
        self._last = time.monotonic()

    def begun(self) -> None:
        self._send("begun", None)

    def report(self, step: int, of: int | None, values: Mapping[str, float]) -> None:
        self.steps.append((step, of, dict(values)))
        if time.monotonic() - self._last >= SECONDS_BETWEEN_MESSAGES:
            self._send("steps", self.steps)
            self.steps, self._last = [], time.monotonic()

    def save(self, history: Any, state: Any) -> None:
        self._send("checkpoint", (history, state))

    def wait(self) -> None:
        """Wait until all that was sent has arrived, so that it comes before the record."""
        if self._sent is not None:
            import ray

            with suppress(ray.exceptions.RayError):
                ray.get(self._sent)

    def _send(self, kind: str, content: Any) -> None:
        # Calls of an actor with an event loop may overtake each other.
        self.wait()
        self._sent = self._mailbox.put.remote((self._number, kind, content))


def _loaded(parcel: Parcel) -> Objective:
    """The objective, which a process loads once."""
    if parcel.name in _objectives:
        return _objectives[parcel.name]
    # Before the numerical libraries are loaded, where they are not yet.
    os.environ.update(parcel.environment)
    sys.path += [each for each in parcel.modules if each not in sys.path]
    try:
        objective = _found(parcel.place)
    except Exception as error:
        raise Unusable(f"{type(error).__name__}: {error}") from None
    _objectives.clear()
    _objectives[parcel.name] = objective
    return objective


def _found(place: Any) -> Objective:
    if isinstance(place, Path):
        with place.open("rb") as file:
            # The places of modules; they are those of the parcel.
            pickle.load(file)
            found: Objective = pickle.load(file)
        return found
    import ray

    objective: Objective = ray.get(place[0])
    return objective
