"""The sizes ahead of the measured ones that answers are about where none were requested."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataworth.forecast.forecast import Forecast

TIMES = (2, 4, 10)
"""Multiples of the largest measured size."""


def sizes_ahead(forecast: Forecast) -> list[float]:
    """The largest measured size times 2, 4 and 10."""
    largest = float(forecast.observations.sizes[-1])
    return [largest * times for times in TIMES]
