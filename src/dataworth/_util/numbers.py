"""Formatting of numbers of samples and of shares; recognition of fields that hold a number."""

from __future__ import annotations

import math

_NEARLY = 0.9995
"""From this multiple of a power of ten on, three digits round up to that power."""
_TOO_LONG = 1e12


def format_count(value: float) -> str:
    """Format a requested or measured number of samples with all digits and with commas.

    From 1e+12 on it has an exponent and up to six digits.
    """
    return f"{value:,.0f}" if abs(value) < _TOO_LONG else f"{value:.6g}"


def format_count_short(value: float, _: object = None) -> str:
    """Format a number of samples in few characters: 900, 27K, 1.5M; with an exponent from 1e+12."""
    # A value just below a unit rounds up to it in three digits: 1M, not 1e+03K.
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "K")):
        if _NEARLY * unit <= value < _NEARLY * 1e12:
            return f"{value / unit:.3g}{letter}"
    return f"{value:.3g}"


def format_count_rounded(value: float, digits: int = 3) -> str:
    """Format a number of samples for a sentence: three digits or more, commas, "infinite".

    A number of more than nine digits has an exponent.
    """
    if not math.isfinite(value):
        return "infinite"
    if abs(value) < 1000:
        return f"{value:,.0f}"
    if abs(value) >= _NEARLY * 1e9:
        return f"{value:.{digits}g}"
    decimals = digits - math.floor(math.log10(abs(value))) - 1
    return f"{round(value, decimals):,.{max(decimals, 0)}f}"


def size_in_words(samples: float) -> str:
    """A number of samples to three digits, or "no number" where it is infinite."""
    return format_count_rounded(samples) if math.isfinite(samples) else "no number"


def sizes_in_words(lower: float, upper: float) -> str:
    """An interval of sizes in words; one without an upper end is "X or more"."""
    if not math.isfinite(lower):
        return "no number of samples"
    if not math.isfinite(upper):
        return f"{size_in_words(lower)} or more"
    return f"{size_in_words(lower)} to {size_in_words(upper)}"


def format_digits(value: float, digits: int) -> str:
    """Format a value to so many significant digits: 0.3564, 44,880, 1.193e-07.

    Only small values, and those from 1e+12 on, have an exponent.
    """
    text = f"{value:.{digits}g}"
    rounded = float(text)
    if abs(rounded) >= _TOO_LONG or (abs(rounded) < 1000 and "e+" not in text):
        return text
    return f"{rounded:,.0f}"


def format_share(value: float) -> str:
    """Format a share in per cent, with three digits: 2 %, 0.123 %."""
    return f"{100 * value:.3g} %"


def format_percent(share: float, decimals: int = 0, *, signed: bool = False) -> str:
    """Format a share in per cent, with a fixed number of decimals: 52 %, 12.4 %, +3.9 %."""
    # Adding 0 turns the -0.0 of a small negative share into 0.0.
    rounded = round(100 * share, decimals) + 0.0
    return f"{rounded:{'+' if signed else ''}.{decimals}f} %"


def format_chance(probability: float) -> str:
    """Format a probability in whole per cents; "under 1 %" and "over 99 %" near 0 and 1."""
    if 0 < probability < 0.005:
        return "under 1 %"
    if 0.995 < probability < 1:
        return "over 99 %"
    return format_percent(probability)


def is_number(field: str) -> bool:
    """Whether a field holds a number; "nan" and an empty field count as missing numbers."""
    try:
        float(field or "nan")
    except ValueError:
        return False
    # float() accepts 1_000, which other readers do not.
    return "_" not in field
