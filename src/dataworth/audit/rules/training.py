"""Runs that were not trained to the end."""

from __future__ import annotations

from collections.abc import Sequence

from dataworth._util.numbers import format_percent
from dataworth.audit.figures import ReportedRun
from dataworth.findings import Finding

CODE = "not-trained-to-the-end"
_ABOVE, _ANY_FALL = 0.95, 0.02
"""A training loss of this share of the held-out loss, and falling at all: nothing is fitted yet."""
_NEAR, _LARGE_FALL = 0.75, 0.15
"""A training loss of this share of the held-out loss, and falling much: both fall together."""


def training_findings(figures: Sequence[ReportedRun], where: str) -> list[Finding]:
    """`not-trained-to-the-end`: the loss was still falling when the training ended.

    An overfitted run has a training loss far below its held-out loss, which falls forever; such
    runs are not reported. Without a history, a training loss above the held-out loss is the sign.
    """
    short = [f for f in figures if _is_short(f)]
    if not short:
        return []
    sizes = sorted({f.size for f in short})
    worst = max(short, key=_shortfall)
    listed = ", ".join(f"{size:,}" for size in sizes)
    return [
        Finding(
            code="not-trained-to-the-end",
            severity="warning",
            where=f"{where}, size {worst.size:,}, seed {worst.seed}",
            message=(
                f"{len(short)} of {len(figures)} runs were not trained to the end (sizes "
                f"{listed}): {_reason(worst)}."
            ),
            evidence={
                "runs": len(short),
                "of": len(figures),
                "sizes": sizes,
                "at_ceiling": sum(f.at_ceiling for f in short),
                "train_loss": worst.train_loss,
                "loss": worst.loss,
                "fall": worst.fall,
            },
            advice=(
                "With longer training the curve would end lower, and so would its forecast. Leave "
                "out epochs and steps: presets, Keras and torch models then train until the "
                "validation loss stops falling."
            ),
        )
    ]


def _is_short(figure: ReportedRun) -> bool:
    if figure.at_ceiling:
        return True
    if figure.train_loss is None or not figure.loss > 0 or figure.measured_on == "training":
        return False
    share = figure.train_loss / figure.loss
    if figure.fall is None:
        return not figure.is_trained_to_the_end and share > 1 / _ABOVE
    return (share >= _ABOVE and figure.fall > _ANY_FALL) or (
        share >= _NEAR and figure.fall > _LARGE_FALL
    )


def _shortfall(figure: ReportedRun) -> tuple[bool, float]:
    share = 0.0 if figure.train_loss is None or not figure.loss else figure.train_loss / figure.loss
    return figure.at_ceiling, share


def _reason(figure: ReportedRun) -> str:
    if figure.at_ceiling:
        return "the validation loss was still falling at the ceiling of the training"
    assert figure.train_loss is not None
    side = "above" if figure.train_loss > figure.loss else "close to"
    losses = (
        f"the training loss of {figure.train_loss:.4g} is {side} the held-out loss of "
        f"{figure.loss:.4g}"
    )
    if figure.fall is None:
        return losses
    return (
        f"the study fixes their length, and the training loss still fell by "
        f"{format_percent(figure.fall)} in its second half ({losses})"
    )
