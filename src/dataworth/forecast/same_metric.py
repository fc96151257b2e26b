"""Curves of one metric, from curves of a share and its counterpart, in per cent or not."""

from __future__ import annotations

from collections.abc import Sequence

from dataworth.curves.curve import Curve
from dataworth.metrics.registry import canonical

_COUNTERPARTS = {"error_rate": "accuracy", "top_k_error": "top_k_accuracy"}


def in_one_metric(curves: Sequence[Curve]) -> list[Curve]:
    """The curves in the metric and the unit of the first, where they can be converted.

    An error rate becomes an accuracy and the other way round, and per cent become shares. Curves
    of other metrics are returned as they are.
    """
    return [_converted(curve, curves[0]) for curve in curves]


def _converted(curve: Curve, first: Curve) -> Curve:
    kind, wanted = canonical(curve.metric.name), canonical(first.metric.name)
    turned = _COUNTERPARTS.get(kind) == wanted or _COUNTERPARTS.get(wanted) == kind
    if kind != wanted and not turned:
        return curve
    top, end = _span(curve), _span(first)
    if top is None or end is None or (top == end and not turned):
        return curve
    values = (top - curve.values) * (end / top) if turned else curve.values * (end / top)
    stds = None if curve.stds is None else curve.stds * (end / top)
    chance = curve.chance
    if chance is not None:
        chance = (top - chance if turned else chance) * (end / top)
    unit = f"{curve.metric} in {'per cent' if curve.metric.unit == '%' else 'shares'}"
    return Curve(
        curve.samples,
        values,
        curve.seeds if curve.seeded else None,
        first.metric,
        chance=chance or None,
        name=curve.name,
        stds=stds,
        runs=curve.runs,
        assumed=(*curve.assumed, f"converted from {unit} to {first.metric}"),
    )


def _span(curve: Curve) -> float | None:
    """1 or 100, the size of the range of a share."""
    low, high = curve.metric.lower, curve.metric.upper
    return high if low == 0 and high in (1.0, 100.0) else None
