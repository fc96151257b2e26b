"""Losses that sit on the floor of their arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from dataworth.audit.figures import ReportedRun
from dataworth.findings import Finding

_ROUNDING = 1.001
"""The class shares of the held-out rows are near those of the pool, not equal to them."""


def bound_findings(figures: Sequence[ReportedRun], where: str) -> list[Finding]:
    """Check each run's loss by itself: not a number, too good for its accuracy, above chance."""
    usable = [f for f in figures if math.isfinite(f.loss) and f.loss >= 0]
    return [
        *_no_loss(figures, where),
        *_below_accuracy(usable, where),
        *_on_training_rows(usable, where),
        *_above_chance(usable, where),
    ]


def _no_loss(figures: Sequence[ReportedRun], where: str) -> list[Finding]:
    broken = [f for f in figures if not math.isfinite(f.loss) or f.loss < 0]
    if not broken:
        return []
    first = broken[0]
    return [
        Finding(
            code="loss-not-a-loss",
            severity="error",
            where=_place(where, first),
            message=(
                f"{len(broken)} of {len(figures)} runs report a cross-entropy that is negative or "
                f"not a finite number, the first {first.loss!r}."
            ),
            evidence={"runs": len(broken), "of": len(figures), "first": repr(first.loss)},
            advice=(
                "NaN and infinity: training diverged, lower the learning rate or scale the "
                "features. Negative: this is a log-likelihood, or another metric."
            ),
        )
    ]


def least_loss(accuracy: float) -> float:
    """The least mean cross-entropy, in nats, that an accuracy allows.

    A misclassified sample has another class at least as probable as its own, whose probability
    is therefore at most 1/2: it costs at least ln 2, and the others at least 0. The mean is at
    least ``(1 - accuracy) * ln 2``: the logistic loss over ln 2 bounds the 0-1 loss (Bartlett,
    Jordan and McAuliffe 2006, "Convexity, Classification, and Risk Bounds", section 2).
    The accuracy may have been rounded: half a unit of its last digit is allowed.
    """
    digits = repr(accuracy).partition(".")[2]
    slack = 0.0 if "e" in digits else 0.5 * 10.0 ** -len(digits)
    return max(0.0, 1.0 - accuracy - slack) * math.log(2)


def _below_accuracy(figures: Sequence[ReportedRun], where: str) -> list[Finding]:
    known = [(f, f.accuracy) for f in figures if f.accuracy is not None]
    # Without the allowance for rounding the bound is higher: most runs are above that one too.
    near = [(f, least_loss(share)) for f, share in known if f.loss < (1 - share) * math.log(2)]
    broken = [(f, least) for f, least in near if f.loss < least * (1 - 1e-6) - 1e-12]
    if not broken:
        return []
    first, least = max(broken, key=lambda pair: pair[1] - pair[0].loss)
    return [
        Finding(
            code="loss-below-accuracy-bound",
            severity="error",
            where=_place(where, first),
            message=(
                f"A loss of {first.loss:.6g} nats with an accuracy of {first.accuracy:.4g} can't "
                f"be of the same samples: each error costs at least ln 2, {least:.6g} in the mean "
                f"({len(broken)} of {len(known)} runs)."
            ),
            evidence={
                "loss": first.loss,
                "accuracy": first.accuracy,
                "least_loss": least,
                "runs": len(broken),
                "of": len(known),
            },
            advice=(
                "Measure loss and accuracy on the same held-out samples, natural log, mean over "
                "samples (not over samples and classes)."
            ),
        )
    ]


def _on_training_rows(figures: Sequence[ReportedRun], where: str) -> list[Finding]:
    said = [f for f in figures if f.measured_on == "training"]
    equal = [f for f in figures if f.train_loss is not None and f.loss == f.train_loss]
    if not (said or equal):
        return []
    count = len({(f.size, f.seed) for f in said + equal})
    reason = "were measured on" if said else "equal, to the bit, the last epoch's mean loss of"
    return [
        Finding(
            code="loss-on-training-rows",
            severity="error",
            where=_place(where, (said or equal)[0]),
            message=(
                f"The losses of {count} of {len(figures)} runs {reason} the rows that were "
                "trained on: they say nothing about new samples."
            ),
            evidence={"runs": count, "of": len(figures), "equal_to_training_loss": len(equal)},
            advice="Report the loss on held-out samples that no run has trained on.",
        )
    ]


def _above_chance(figures: Sequence[ReportedRun], where: str) -> list[Finding]:
    above = [f for f in figures if f.chance is not None and f.loss > f.chance * _ROUNDING]
    if not above:
        return []
    worst = max(above, key=lambda f: f.loss)
    sizes = sorted({f.size for f in above})
    return [
        Finding(
            code="loss-above-chance",
            severity="warning",
            where=_place(where, worst),
            message=(
                f"{len(above)} of {len(figures)} runs do worse than guessing: the loss is up to "
                f"{worst.loss:.4g} nats, and predicting every class with its share gives "
                f"{worst.chance:.4g}."
            ),
            evidence={
                "runs": len(above),
                "sizes": sizes,
                "loss": worst.loss,
                "chance": worst.chance,
            },
            advice=_advice_above_chance(worst, worst.chance or 0.0),
        )
    ]


def _advice_above_chance(run: ReportedRun, chance: float) -> str:
    """What a loss above chance says depends on the loss of the training samples."""
    elsewhere = "check the learning rate, the scale of the features and the labels."
    if run.train_loss is None:
        return (
            "With a low training loss the runs are overfitted: stop when the validation loss stops "
            f"falling. Otherwise they were not trained to the end, or diverged: {elsewhere}"
        )
    if run.train_loss < chance / 2:
        return (
            f"The training loss is {run.train_loss:.3g}: the run is overfitted. Leave epochs and "
            "steps out, so that training stops when the validation loss stops falling."
        )
    return (
        f"The training loss is {run.train_loss:.3g}: the run was not trained to the end, or "
        f"diverged. Train for longer, and {elsewhere}"
    )


def _place(where: str, figure: ReportedRun) -> str:
    return f"{where}, size {figure.size:,}, seed {figure.seed}"


class Floor(NamedTuple):
    """The least value that some loss can take, and why."""

    value: float
    meaning: str


FLOORS = (
    Floor(1.1920930376163597e-07, "-log(1 - 1e-7) in float32, Keras' clip; also float32's epsilon"),
    Floor(-math.log1p(-1e-7), "-log(1 - 1e-7) in float64, Keras' clip"),
    Floor(-math.log1p(-(2.0**-24)), "-log(1 - 2^-24), the last float32 below 1"),
    Floor(-math.log1p(-1e-8), "-log(1 - 1e-8), a usual clip"),
    Floor(-math.log1p(-1e-12), "-log(1 - 1e-12), a usual clip"),
    Floor(-math.log1p(-1e-15), "-log(1 - 1e-15), scikit-learn's former clip"),
    Floor(2.0**-52, "float64's epsilon, scikit-learn's clip"),
    Floor(2.0**-53, "-log(1 - 2^-53), the last float64 below 1"),
)
_AT = 0.05
_UNRESOLVED = 1e-6


def floor_findings(figures: Sequence[ReportedRun], where: str) -> list[Finding]:
    """`loss-at-float-floor`: losses within 5 % of a floor, exactly 0, or below 1e-6."""
    low = [figure for figure in figures if 0 <= figure.loss < _UNRESOLVED]
    if not low:
        return []
    least = min(low, key=lambda figure: figure.loss)
    floor = nearest(least.loss)
    certain = least.loss == 0 or floor is not None
    sizes = sorted({figure.size for figure in low})
    evidence = {
        "least_loss": least.loss,
        "floor": None if floor is None else floor.value,
        "times_floor": {
            str(size): _mean(low, size) / floor.value for size in sizes if floor is not None
        },
        "sizes": sizes,
        "runs_below_1e-6": len(low),
    }
    return [
        Finding(
            code="loss-at-float-floor",
            severity="error" if certain else "warning",
            where=f"{where}, size {least.size:,}",
            message=_message(least.loss, floor, sizes),
            evidence=evidence,
            advice=(
                "Such a loss says that the targets were constant or known to the network. Count "
                "the classes in the targets, and compute the loss from logits, without a clip."
            ),
        )
    ]


def nearest(loss: float) -> Floor | None:
    """The floor that a loss is within 5 % of, if any."""
    close = [floor for floor in FLOORS if abs(loss - floor.value) <= _AT * floor.value]
    return min(close, key=lambda floor: abs(loss - floor.value), default=None)


def _message(least: float, floor: Floor | None, sizes: list[int]) -> str:
    shown = ", ".join(f"{size:,}" for size in sizes)
    if least == 0:
        return f"The loss is exactly 0 (below 1e-6 at sizes {shown}): no held-out figure is."
    if floor is None:
        return (
            f"The loss falls to {least:.6g} nats (below 1e-6 at sizes {shown}), finer than "
            "float32 tells a probability from 1."
        )
    return (
        f"The loss falls to {least:.6g} nats (below 1e-6 at sizes {shown}): "
        f"{floor.value:.6g} is {floor.meaning}. This is the floor of the arithmetic, not a "
        "measurement."
    )


def _mean(figures: Sequence[ReportedRun], size: int) -> float:
    losses = [figure.loss for figure in figures if figure.size == size]
    return sum(losses) / len(losses)
