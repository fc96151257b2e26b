"""Runs that end the process of the study, over and over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dataworth.records.meta import checked_entry
from dataworth.records.record import Failure, Record, RunKey
from dataworth.records.store import Store

MOST_STARTS = 3
"""So often a run may end the process; then it is taken for the reason."""
_ENTRY = "begun"


class BegunRuns:
    """Which run this process is doing, stored before it begins.

    A run that is done in the process of the study may end it: by `os._exit`, by a fault in native
    code, or because memory ran out. The next start then finds the run still marked as begun. As a
    kill from outside or a power failure leaves the same mark, the run is done again, from its
    checkpoint if it has one. It is given up, as a failed run of the kind "killed", when the
    process has ended in it `MOST_STARTS` times without a longer checkpoint in between; the study
    then continues with the other runs.

    Learners are not given a process of their own instead, as importable functions are. A second
    process would load Keras and JAX again, which takes longer than all runs of a small study, and
    would need a copy of data that are not memory-mapped; and an object's own state, such as what
    a learner counts, would change in a process where the user does not see it.

    Parameters
    ----------
    store : Store
        Open for writing.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._found = self._read()

    def given_up(self, waiting: Callable[[], Sequence[RunKey]]) -> Record | None:
        """The failed record of the run that has ended the process too often, if one has."""
        found = self._found
        if found["starts"] < MOST_STARTS:
            return None
        for key in waiting():
            if key.digest == found["digest"]:
                message = (
                    f"the process of the study ended {found['starts']} times in this run; it was "
                    "killed, it crashed, or memory ran out"
                )
                return Record(key, {}, failure=Failure("killed", message))
        return None

    def begin(self, key: RunKey) -> None:
        """Mark a run as begun, in place of the one before it."""
        found, steps = self._found, self._steps(key)
        again = found["digest"] == key.digest and found["steps"] == steps
        starts = found["starts"] + 1 if again else 1
        self._found = {"digest": key.digest, "starts": starts, "steps": steps}
        self._store.set_meta({_ENTRY: self._found})

    def end(self) -> None:
        """Say that no run is being done: the process itself ends the study."""
        if self._store.meta().get(_ENTRY) is not None:
            self._store.set_meta({_ENTRY: None})

    def _read(self) -> dict[str, Any]:
        where = str(self._store.path)
        nothing: dict[str, Any] = {"digest": "", "starts": 0, "steps": 0}
        meta = {_ENTRY: None, **self._store.meta()}
        found = {_ENTRY: checked_entry(meta, _ENTRY, dict | None, where) or nothing}
        types = {"digest": str, "starts": int, "steps": int}
        return {
            name: checked_entry(found, f"{_ENTRY}.{name}", kind, where)
            for name, kind in types.items()
        }

    def _steps(self, key: RunKey) -> int:
        """How far the run's checkpoint is: the rows of its history."""
        checkpoint = self._store.load_checkpoint(key.digest)
        return 0 if checkpoint is None else max(map(len, checkpoint[0].values()), default=0)
