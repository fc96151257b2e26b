"""During a run: progress, checkpoints, and the `Run` that a function is called with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dataworth.errors import StudyError

History = Mapping[str, NDArray[np.float64]]
"""Columns of equal length, one row per epoch or reported step."""
State = Mapping[str, NDArray[Any]]
"""A learner's whole state at the end of an epoch, flat: what a checkpoint holds."""
Checkpoint = tuple[History, State]


class RunContext(Protocol):
    """What a run may use besides its samples.

    Attributes
    ----------
    folder : Path
        The run's own folder. It exists, outlives a kill, and is removed when the run is finished.
    """

    @property
    def folder(self) -> Path:
        """The run's own folder."""

    def report(self, step: int, of: int | None = None, **values: float) -> None:
        """Report progress: step `step` (from 1 on) of `of`, with figures such as ``loss``.

        Raises
        ------
        KeyboardInterrupt
            If the study is to stop.
        """

    def load_checkpoint(self) -> Checkpoint | None:
        """The last checkpoint of this run, or None for a fresh start."""

    def save_checkpoint(self, history: History, state: State) -> None:
        """Store the state after the last row of `history`; may be called after every epoch."""


@dataclass(frozen=True)
class Run:
    """One run, as a function that is the model of a study gets it.

    Attributes
    ----------
    model : str
        The model's name in the study.
    size : int
        Number of training samples.
    seed : int
        Every random choice of the run should derive from it.
    key : str
        32 hexadecimal digits of all that determines the run's figures.
    rows : ndarray of int64, shape (size,)
        Row numbers to train on; those of a size are among those of every larger size of the seed.
    held_out : ndarray of int64
        Row numbers to score on, the same for every run; empty where nothing is held out.
    folder : Path
        The run's own folder; its files survive a kill, and are removed when the run is finished.
    validation : ndarray of int64
        Row numbers of the study's ``validation``, for early stopping; empty without.
    """

    model: str
    size: int
    seed: int
    key: str
    rows: NDArray[np.int64] = field(repr=False)
    held_out: NDArray[np.int64] = field(repr=False)
    folder: Path
    validation: NDArray[np.int64] = field(repr=False, default_factory=lambda: np.empty(0, np.int64))
    _report: Callable[..., None] = field(repr=False, default=lambda *_, **__: None)

    def report(self, step: int, of: int | None = None, **values: float) -> None:
        """Report progress; the figures become the run's history.

        Parameters
        ----------
        step : int
            From 1 on.
        of : int, optional
            The last step, where it is known.
        **values : float
            Figures by name, such as ``loss=0.3``.

        Raises
        ------
        KeyboardInterrupt
            If the study is to stop.
        StudyError
            If a figure is not a number.
        """
        for name, value in values.items():
            if isinstance(value, bool) or not isinstance(value, int | float | np.number):
                raise StudyError(
                    f"run.report(step={step}, {name}={value!r}): expected a number.",
                    code="not-numeric",
                )
        self._report(step, of, **{name: float(value) for name, value in values.items()})
