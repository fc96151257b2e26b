"""Grids of shape parameters, and sources, that several laws share."""

from __future__ import annotations

import numpy as np

from dataworth.laws.base import Parameter

EXPONENTS = tuple(float(c) for c in np.geomspace(0.01, 2.5, 60))
FEW_EXPONENTS = tuple(float(c) for c in np.geomspace(0.05, 2.5, 20))
EXPONENT = Parameter("c", "exponent of the fall", EXPONENTS)
FEW = Parameter("c", "exponent of the fall", FEW_EXPONENTS)


def length(name: str, meaning: str, *grid: float) -> Parameter:
    """A shape parameter that is a number of samples, in units of the largest measured size."""
    return Parameter(name, meaning, tuple(float(k) for k in grid), "length")


ALABDULMOHSIN = "Alabdulmohsin, Neyshabur, Zhai 2022, Revisiting neural scaling laws"
MAHMOOD = "Mahmood et al. 2022, How much more data do I need?, table 1"
MOHR = "Mohr, Viering, Loog, van Rijn 2022, LCDB 1.0, table 1"
