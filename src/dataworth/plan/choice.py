"""Choices: runs that were chosen, why, and why there are no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dataworth.records.record import RunKey

StopKind = Literal["met", "spent", "no-help", "failed"]


@dataclass(frozen=True)
class Choice:
    """A run that was chosen, and why.

    Attributes
    ----------
    key : RunKey
    seconds : float
        What it is expected to take; NaN where nothing is known.
    width_now, width_after : float
        Half the width of the interval as a share of the loss: now, and as expected when this run
        and those before it in the plan are done. NaN where there is no forecast yet.
    reason : str
    """

    key: RunKey
    seconds: float
    width_now: float
    width_after: float
    reason: str


@dataclass(frozen=True)
class Stop:
    """Why a plan has ended.

    Attributes
    ----------
    kind : {"met", "spent", "no-help", "failed"}
        The goal is met; the budget is spent; no run that the data allow would help; all models
        were given up.
    message : str
        One line.
    """

    kind: StopKind
    message: str
