"""How values of metrics are written in sentences, tables and pictures."""

from __future__ import annotations

import math

from dataworth._util.numbers import format_count_rounded

_SAME = 1e-6
"""Values that differ by no more of their size are not distinguished: the rest is rounding."""


def format_value(value: float, spread: float = math.inf, *, ends_at_1: bool = True) -> str:
    """A value of a metric or parameter in a sentence: three digits, more where they say more.

    Parameters
    ----------
    value : float
    spread : float
        How far apart the values are that it is read beside: two digits of it are shown.
    ends_at_1 : bool
        Whether it may be a share: of one just below 1, what it lacks to 1 is what counts.
    """
    digits = digits_for(value, min(spread, 1 - value) if ends_at_1 and 0 < value < 1 else spread)
    if abs(value) >= (999.5 if digits == 3 else 1000):
        return format_count_rounded(value, digits)
    if 0.1 <= abs(value) < 10:
        return f"{value:.{digits if abs(value) < 1 else digits - 1}f}"
    text = f"{value:.{digits}g}"
    # Three digits of 19: 19.0.
    return f"{value:.1f}" if 10 <= abs(value) < 100 and "." not in text else text


def format_values(*values: float, ends_at_1: bool = True) -> list[str]:
    """Values that are read beside each other, with the digits that distinguish them."""
    spread = max(values) - min(values)
    return [format_value(value, spread, ends_at_1=ends_at_1) for value in values]


def format_exact(value: float) -> str:
    """A value as it was written: with the digits that it has."""
    return f"{value:,.12g}"


def digits_for(value: float, spread: float) -> int:
    """How many digits of a value show two digits of a spread; at least three."""
    if not (math.isfinite(value) and _SAME * abs(value) < spread < math.inf) or value == 0:
        return 3
    return max(3, math.floor(math.log10(abs(value))) - math.floor(math.log10(spread)) + 2)
