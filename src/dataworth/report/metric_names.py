"""What pictures and pages call the metrics, and how they write their values."""

from __future__ import annotations

from dataworth.sample_counts import whole_count

NAMES = {
    "loss": "held-out loss",
    "accuracy": "held-out accuracy",
    "macro_f1": "held-out macro F1",
    "brier": "held-out Brier score",
    "ece": "expected calibration error",
    "train_loss": "training loss",
}
UNITS = {"loss": "nats", "train_loss": "nats"}


def metric_name(metric: str) -> str:
    """The metric in words, as in a sentence."""
    return NAMES.get(metric, metric)


def axis_label(metric: str) -> str:
    """The metric in words with its unit, as on an axis."""
    unit = UNITS.get(metric)
    return metric_name(metric) + (f" ({unit})" if unit else "")


def figure(value: float) -> str:
    """A value of a metric or parameter in a sentence: three digits."""
    if abs(value) >= 1000:
        return whole_count(value)
    if 0.1 <= abs(value) < 10:
        return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"
    return f"{value:.3g}"
