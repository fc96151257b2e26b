"""Losses that sit on the floor of their arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from dataworth.audit.figure import Figure
from dataworth.findings import Finding


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


def floor_findings(figures: Sequence[Figure], where: str) -> list[Finding]:
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


def _mean(figures: Sequence[Figure], size: int) -> float:
    losses = [figure.loss for figure in figures if figure.size == size]
    return sum(losses) / len(losses)
