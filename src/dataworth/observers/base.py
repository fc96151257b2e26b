"""Observers: objects that are notified while a study runs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dataworth.errors import DataworthWarning
from dataworth.findings import Finding
from dataworth.plan.choice import Choice, Stop
from dataworth.records.reader import counted
from dataworth.records.record import Record, RunKey
from dataworth.records.store import Store


def counted_in(directory: Path) -> str:
    """What the sizes of the study of a run directory count, in the plural."""
    with Store(directory) as store:
        return counted(store.meta(), str(store.path))


class Observer:
    """Base class whose hooks do nothing; a subclass overrides those that it needs.

    Every hook is called in the main process, from one thread. What a hook raises is turned into a
    warning: it never costs a run.
    """

    def on_directory(self, directory: Path, options: Mapping[str, Any]) -> None:
        """Called before all other hooks but `on_findings`, when the run directory is there.

        Parameters
        ----------
        directory : Path
            It can be read while the study runs.
        options : mapping
            The study's options, as a study file has them.
        """

    def on_study_begin(
        self, keys: Sequence[RunKey], done: Sequence[RunKey], work: Sequence[int]
    ) -> None:
        """Called before the first run.

        Parameters
        ----------
        keys, done : sequence of RunKey
            All runs of the study, and those that were done before. Of a study with a goal, both
            are those that were done before; `on_choice` adds to them.
        work : sequence of int
            Samples that each of `keys` passes through training, at most; what takes twice the
            time has twice the work.
        """

    def on_findings(self, findings: Sequence[Finding]) -> None:
        """Called with what the audit found: in the data before the runs, in figures after them."""

    def on_step(self, key: RunKey, step: int, of: int | None, values: Mapping[str, float]) -> None:
        """Called when a run has done step `step` (an epoch, for Keras models) of `of`."""

    def on_record(self, record: Record) -> None:
        """Called when a run has finished and is stored."""

    def on_failure(self, record: Record) -> None:
        """Called when a run has failed and its failure is stored."""

    def on_choice(self, choice: Choice) -> None:
        """Called when a plan has chosen a run; a study without a goal has no choices."""

    def on_notice(self, text: str) -> None:
        """Called with what is worth knowing of how the runs are done or planned; one line."""

    def on_stop(self, stop: Stop) -> None:
        """Called when a plan chooses no more runs, before `on_study_end`."""

    def on_study_end(self) -> None:
        """Called when no more runs are done: all are, or the study was stopped."""


class Observers(Observer):
    """Several observers as one; an exception of one of them becomes a warning.

    Parameters
    ----------
    observers : sequence of Observer
    """

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = observers

    def on_directory(self, directory: Path, options: Mapping[str, Any]) -> None:
        """Notify all."""
        self._notify(lambda observer: observer.on_directory(directory, options))

    def on_study_begin(
        self, keys: Sequence[RunKey], done: Sequence[RunKey], work: Sequence[int]
    ) -> None:
        """Notify all."""
        self._notify(lambda observer: observer.on_study_begin(keys, done, work))

    def on_findings(self, findings: Sequence[Finding]) -> None:
        """Notify all."""
        self._notify(lambda observer: observer.on_findings(findings))

    def on_step(self, key: RunKey, step: int, of: int | None, values: Mapping[str, float]) -> None:
        """Notify all."""
        self._notify(lambda observer: observer.on_step(key, step, of, values))

    def on_record(self, record: Record) -> None:
        """Notify all."""
        self._notify(lambda observer: observer.on_record(record))

    def on_failure(self, record: Record) -> None:
        """Notify all."""
        self._notify(lambda observer: observer.on_failure(record))

    def on_choice(self, choice: Choice) -> None:
        """Notify all."""
        self._notify(lambda observer: observer.on_choice(choice))

    def on_notice(self, text: str) -> None:
        """Notify all."""
        self._notify(lambda observer: observer.on_notice(text))

    def on_stop(self, stop: Stop) -> None:
        """Notify all."""
        self._notify(lambda observer: observer.on_stop(stop))

    def on_study_end(self) -> None:
        """Notify all."""
        self._notify(lambda observer: observer.on_study_end())

    def _notify(self, call: Callable[[Observer], None]) -> None:
        for observer in self._observers:
            try:
                call(observer)
            except Exception as error:
                warnings.warn(
                    DataworthWarning(
                        f"the observer {type(observer).__name__} raised "
                        f"{type(error).__name__}: {error}. The study continues.",
                        code="observer-failed",
                    ),
                    stacklevel=3,
                )
