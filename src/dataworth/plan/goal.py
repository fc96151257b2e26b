"""Goals: the question that a plan answers, and when it is answered."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from dataworth._util.numbers import format_count, format_share
from dataworth._util.validation import is_real
from dataworth.errors import StudyError
from dataworth.forecast.sample_size import REACH

Kind = Literal["interval", "target", "best"]
WITHIN, SURE = 0.05, 0.9
"""Defaults: half the width of the interval, as a share of the loss, and a probability."""


@dataclass(frozen=True)
class Goal:
    """What a study is to find out.

    Three kinds: an interval at a size (`at`, with `within` or nothing else), a target (`target`),
    or which of several models is the best at a size (`at` and `sure`).

    Parameters
    ----------
    at : int, optional
        The number of training samples of the goal; it may exceed the data.
    within : float, optional
        Half the width of the interval there, as a share of the loss (for a score, of what it lacks
        to its best value): 0.05 is 5 % either way, the default. With `sure`: a model whose loss is
        higher than that of the best by no more than this share is as good as the best (0).
    level : float
        Of the interval.
    target : float, optional
        A value of the metric: whether it is reached, and with how many samples; with `at`, whether
        it is reached there, and else with 32 times the samples of the data.
    sure : float, optional
        With this probability the answer to `target` or to which model is the best is right (0.9).

    Raises
    ------
    StudyError
        If a number is out of range, or the options do not belong together.
    """

    at: int | None = None
    within: float | None = None
    level: float = 0.9
    target: float | None = None
    sure: float | None = None

    def __post_init__(self) -> None:
        if self.at is None and self.target is None:
            raise StudyError(
                "goal: expected at=SIZE or target=VALUE (--at N, --target V).",
                code="option-missing",
                option="at",
            )
        if self.at is not None:
            object.__setattr__(self, "at", _whole("at", self.at))
        if self.within is not None:
            _between("within", self.within, 0.0, 1.0, " (2 % is 0.02; --within 2%)")
        _between("level", self.level, 0.0, 1.0)
        if self.sure is not None:
            _between("sure", self.sure, 0.5, 1.0)
        if self.target is not None:
            if not is_real(self.target) or not math.isfinite(self.target):
                raise _out_of_range("target", self.target, "a number")
            if self.within is not None:
                raise StudyError(
                    f"goal: within = {self.within:g} and target = {self.target:g}: a target has "
                    "a probability (sure), not a width. Omit one.",
                    code="options-conflict",
                    option="within",
                )

    @property
    def kind(self) -> Kind:
        """What is asked."""
        if self.target is not None:
            return "target"
        return "interval" if self.sure is None else "best"

    def size(self, most: int) -> float:
        """The size of the goal; of a target without one, the furthest that counts.

        Parameters
        ----------
        most : int
            The number of samples of the data.
        """
        return REACH * most if self.at is None else float(self.at)

    @property
    def width(self) -> float:
        """`within`, or its default."""
        if self.within is not None:
            return self.within
        return WITHIN if self.kind == "interval" else 0.0

    @property
    def probability(self) -> float:
        """`sure`, or its default."""
        return SURE if self.sure is None else self.sure

    def describe(self) -> str:
        """The goal in words."""
        where = "" if self.at is None else f" at {format_count(self.at)} samples"
        if self.kind == "interval":
            within = f"within {format_share(self.width)} of the loss or error"
            return f"the {format_share(self.level)} interval{where} {within}"
        if self.kind == "target":
            sure = f"with a probability of {self.probability:g}"
            return f"whether {self.target:g} is reached{where}, {sure}"
        near = f", or within {format_share(self.width)} of it," if self.width else ""
        return f"the best model{where}{near} with a probability of {self.probability:g}"

    def to_dict(self) -> dict[str, Any]:
        """The options that are set, as values of a study file."""
        return {name: value for name, value in vars(self).items() if value is not None}

    @staticmethod
    def from_dict(values: Any) -> Goal:
        """Read what `to_dict` gave.

        Raises
        ------
        StudyError
            If it is not a table of these options.
        """
        names = ("at", "within", "level", "target", "sure")
        if not isinstance(values, dict) or not set(values) <= set(names):
            raise StudyError(
                f"goal = {values!r}: expected a table with some of {', '.join(names)}.",
                code="unknown-option",
                option="goal",
            )
        return Goal(**values)


def _whole(name: str, value: Any) -> int:
    if not is_real(value) or not 1 <= value < 2**53 or int(value) != value:
        raise _out_of_range(name, value, "a whole number of samples")
    return int(value)


def _between(name: str, value: Any, low: float, high: float, as_share: str = "") -> None:
    if not is_real(value) or not low < value < high:
        raise _out_of_range(name, value, f"a number above {low:g} and below {high:g}{as_share}")


def _out_of_range(name: str, value: Any, expected: str) -> StudyError:
    return StudyError(
        f"goal: {name} = {value!r}: expected {expected}.",
        code="value-out-of-range",
        option=name,
        value=value,
    )
