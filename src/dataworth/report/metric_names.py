"""What pictures and pages call the metrics, and how they write numbers."""

from __future__ import annotations

import math

NAMES = {
    "loss": "held-out loss",
    "accuracy": "held-out accuracy",
    "macro_f1": "held-out macro F1",
    "brier": "held-out Brier score",
    "ece": "expected calibration error",
    "train_loss": "training loss",
}
UNITS = {"loss": "nats", "train_loss": "nats"}
_NEARLY = 0.9995
"""From so much of a power of ten on, three digits round up to it."""


def metric_name(metric: str) -> str:
    """The metric in words, as in a sentence."""
    return NAMES.get(metric, metric)


def axis_label(metric: str) -> str:
    """The metric in words with its unit, as on an axis."""
    unit = UNITS.get(metric)
    return metric_name(metric) + (f" ({unit})" if unit else "")


def short_count(value: float, _: object = None) -> str:
    """A number of samples in few characters: 900, 27K, 1.5M, and from 1e+12 on an exponent."""
    # Three digits of what is just below a unit are the unit: 1M, not 1e+03K.
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "K")):
        if _NEARLY * unit <= value < _NEARLY * 1e12:
            return f"{value / unit:.3g}{letter}"
    return f"{value:.3g}"


def whole_count(value: float) -> str:
    """A number of samples in a sentence: three digits, commas, "infinite" for infinity.

    What has more than nine digits is written with an exponent.
    """
    if not math.isfinite(value):
        return "infinite"
    if abs(value) < 1000:
        return f"{value:,.0f}"
    if abs(value) >= _NEARLY * 1e9:
        return f"{value:.3g}"
    digits = 3 - math.floor(math.log10(abs(value))) - 1
    return f"{round(value, digits):,.0f}"


def figure(value: float) -> str:
    """A value of a metric or parameter in a sentence: three digits."""
    if abs(value) >= 1000:
        return whole_count(value)
    if 0.1 <= abs(value) < 10:
        return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"
    return f"{value:.3g}"
