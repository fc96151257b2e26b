"""Formatting of durations: in words, and as a clock."""

from __future__ import annotations

import math

_MINUTE, _HOUR = 60.0, 3_600.0
_MANY = 100.0
_LEAST = 0.001


def format_duration(seconds: float) -> str:
    """Format a duration for a sentence, to three digits, such as 45 s, 3.5 min or 2 h.

    From 100 hours on it has all digits of the hours.
    """
    if not math.isfinite(seconds):
        return "no finite time"
    if 0 < seconds < _LEAST:
        return f"under {_LEAST:g} s"
    if seconds < 2 * _MINUTE:
        return f"{seconds:.3g} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.3g} min"
    hours = seconds / _HOUR
    return f"{hours:.3g} h" if hours < _MANY else f"{hours:,.0f} h"


def format_about(seconds: float) -> str:
    """Format a duration that is only expected: about 45 s, or under 0.001 s."""
    text = format_duration(seconds)
    return text if text.startswith("under") else f"about {text}"


def format_clock(seconds: float) -> str:
    """Format a duration as minutes and seconds, with hours where there are any: 3:05, 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
