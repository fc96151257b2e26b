"""Choices: runs that were chosen, why, and why there are no more."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from dataworth._util.durations import format_about
from dataworth._util.numbers import format_share
from dataworth.records.record import RunKey

MOST_SHOWN = 10.0
"""An interval that is wider than this is only said to be very wide."""
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

    def describe(self) -> str:
        """The run, its cost, why it was chosen and what is expected of it, in one line."""
        time = "" if math.isnan(self.seconds) else f", {format_about(self.seconds)}"
        widths = ""
        if self.width_now <= MOST_SHOWN:
            now, after = format_share(self.width_now), format_share(self.width_after)
            widths = f": within {now} now, {after} expected"
        return f"{self.key.describe()}{time}; {self.reason}{widths}"

    def to_dict(self) -> dict[str, Any]:
        """JSON values; None where nothing is known."""
        return {
            "model": self.key.learner,
            "size": self.key.size,
            "seed": self.key.seed,
            "key": self.key.digest,
            "seconds": _known(self.seconds),
            "interval": _known(self.width_now),
            "expected_interval": _known(self.width_after),
            "reason": self.reason,
        }


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

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {"kind": self.kind, "message": self.message}


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
