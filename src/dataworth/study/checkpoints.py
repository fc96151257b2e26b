"""Checkpoints that a study can do without where there is no room for them."""

from __future__ import annotations

from collections.abc import Callable

from dataworth._util.files import NOT_WRITTEN
from dataworth.errors import StudyError
from dataworth.records.run import Checkpoint, History, State
from dataworth.records.store import Store


class OptionalCheckpoints:
    """The checkpoints of a store; a run continues where one cannot be stored.

    Parameters
    ----------
    store : Store
        Open for writing.
    notify : callable
        Called with the reason, the first time.
    """

    def __init__(self, store: Store, notify: Callable[[str], None]) -> None:
        self._store = store
        self._notify = notify
        self._is_known = False

    def load_checkpoint(self, digest: str) -> Checkpoint | None:
        """The checkpoint of a run, or None."""
        return self._store.load_checkpoint(digest)

    def save_checkpoint(self, digest: str, history: History, state: State) -> None:
        """Store the checkpoint of a run, if there is room; else its last one stays."""
        try:
            self._store.save_checkpoint(digest, history, state)
        except StudyError as error:
            if error.code not in NOT_WRITTEN:
                raise
            if not self._is_known:
                self._notify(f"A checkpoint could not be stored; its run continues. {error}")
                self._is_known = True
