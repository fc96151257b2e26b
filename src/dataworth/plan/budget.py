"""Budgets: what the runs of a study may cost."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from dataworth._util.durations import format_duration
from dataworth._util.validation import is_real
from dataworth.errors import StudyError

_UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), ("seconds", 1.0)),
    **dict.fromkeys(("m", "min", "minute", "minutes"), ("seconds", 60.0)),
    **dict.fromkeys(("h", "hour", "hours"), ("seconds", 3_600.0)),
    **dict.fromkeys(("d", "day", "days"), ("seconds", 86_400.0)),
    **dict.fromkeys(("run", "runs"), ("runs", 1.0)),
    **dict.fromkeys(("sample", "samples"), ("samples", 1.0)),
    "money": ("money", 1.0),
}
_FACTORS = {"": 1.0, "K": 1e3, "k": 1e3, "M": 1e6, "G": 1e9}
_PART = re.compile(r"\s*([0-9][0-9_.]*(?:e[0-9]+)?)\s*([kKMG]?)\s*([a-z]+)\s*")
_EXPECTED = 'expected text such as "2h", "30m", "500 runs", "1M samples" or "20 money"'


@dataclass(frozen=True)
class Budget:
    """What all runs of a study may cost together; each limit that is set holds.

    Parameters
    ----------
    seconds : float, optional
        Time on this machine with the workers of the study.
    samples : float, optional
        Training samples, summed over runs.
    runs : int, optional
    money : float, optional
        In any currency; needs `price_per_hour`.
    price_per_hour : float, optional
        Price of an hour of one worker.

    Raises
    ------
    StudyError
        If no limit is set, or one is not a number above 0.
    """

    seconds: float | None = None
    samples: float | None = None
    runs: float | None = None
    money: float | None = None
    price_per_hour: float | None = None

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value is not None and not (is_real(value) and 0 < value < math.inf):
                raise StudyError(
                    f"budget: {name} = {value!r}: expected a number above 0. Text is a budget by "
                    'itself: budget="2h".',
                    code="value-out-of-range",
                    option=name,
                    value=value,
                )
        limits = (self.seconds, self.samples, self.runs, self.money)
        if all(limit is None for limit in limits):
            raise StudyError(
                "budget: expected one of seconds, samples, runs and money.",
                code="option-missing",
                option="budget",
            )
        if self.money is not None and self.price_per_hour is None:
            raise StudyError(
                f"budget: money = {self.money:g} needs the price of an hour of one worker: "
                "price_per_hour=, --price-per-hour.",
                code="option-missing",
                option="price_per_hour",
            )

    @staticmethod
    def parse(text: str | Budget, price_per_hour: float | None = None) -> Budget:
        """Read a budget, such as "2h", "30m", "500 runs", "1M samples" or "2h, 500 runs".

        Raises
        ------
        StudyError
            If the text is no budget.
        """
        if isinstance(text, Budget):
            return text
        limits: dict[str, float] = {}
        for part in text.split(",") if isinstance(text, str) else [""]:
            found = _PART.fullmatch(part)
            unit = _UNITS.get(found[3]) if found else None
            if found is None or unit is None:
                raise StudyError(
                    f"budget = {text!r}: {_EXPECTED}.",
                    code="value-out-of-range",
                    option="budget",
                    value=text,
                )
            name, factor = unit
            try:
                limits[name] = float(found[1].replace("_", "")) * _FACTORS[found[2]] * factor
            except ValueError:
                raise StudyError(
                    f"budget = {text!r}: {found[1]!r} is not a number; {_EXPECTED}.",
                    code="value-out-of-range",
                    option="budget",
                    value=text,
                ) from None
        if "money" not in limits and price_per_hour is not None:
            raise StudyError(
                "price_per_hour: the budget is not one of money. Omit it, or give a budget such as "
                '"20 money".',
                code="option-without-effect",
                option="price_per_hour",
            )
        return Budget(**limits, price_per_hour=price_per_hour)

    @property
    def worker_seconds(self) -> float:
        """What `money` allows of the workers' time together; infinite without it."""
        if self.money is None or self.price_per_hour is None:
            return math.inf
        return self.money / self.price_per_hour * 3_600

    def describe(self) -> str:
        """The budget in words."""
        parts = []
        if self.seconds is not None:
            parts.append(format_duration(self.seconds))
        if self.samples is not None:
            parts.append(f"{self.samples:,.0f} samples")
        if self.runs is not None:
            parts.append("1 run" if self.runs == 1 else f"{self.runs:,.0f} runs")
        if self.money is not None:
            parts.append(f"{self.money:g} at {self.price_per_hour:g} an hour")
        return " and ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """The limits that are set, as values of a study file."""
        return {name: value for name, value in vars(self).items() if value is not None}

    @staticmethod
    def from_dict(values: Any) -> Budget:
        """Read what `to_dict` gave, or text.

        Raises
        ------
        StudyError
            If it is no budget.
        """
        if isinstance(values, str | Budget):
            return Budget.parse(values)
        names = ("seconds", "samples", "runs", "money", "price_per_hour")
        if not isinstance(values, dict) or not set(values) <= set(names):
            raise StudyError(
                f"budget = {values!r}: {_EXPECTED}, or a table with some of {', '.join(names)}.",
                code="unknown-option",
                option="budget",
            )
        return Budget(**values)
