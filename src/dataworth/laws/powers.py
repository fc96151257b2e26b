"""The constant law and power laws: plain, with a floor, a shift, a limit and a break."""

from __future__ import annotations

import numpy as np

from dataworth.laws.base import Floats, Law, Parameter
from dataworth.laws.grids import ALABDULMOHSIN, EXPONENT, FEW, MOHR, length
from dataworth.laws.registry import register_law


def _power(c: Floats, n: Floats) -> Floats:
    return n**-c


def _constant(n: Floats) -> Floats:
    return np.ones_like(n)


def _shifted(c: Floats, d: Floats, n: Floats) -> Floats:
    return (n + d) ** -c


def _m3(c: Floats, k: Floats, n: Floats) -> Floats:
    return np.asarray((1 / n + 1 / k) ** c)


def _broken(c: Floats, c1: Floats, k: Floats, f: Floats, n: Floats) -> Floats:
    return n**-c * np.exp(-c1 * f * np.logaddexp(0, np.log(n / k) / f))


LAST_VALUE = register_law(
    Law(
        "last-value",
        "b",
        "the law that more data changes nothing; fitted, the mean of the last losses",
        _constant,
        floor=False,
    )
)
POWER_2 = register_law(
    Law(
        "power-2",
        "b n^-c",
        f"{ALABDULMOHSIN}, M1; Hestness et al. 2017",
        _power,
        (EXPONENT,),
        floor=False,
    )
)
POWER_3 = register_law(
    Law(
        "power-3",
        "e + b n^-c",
        f"{ALABDULMOHSIN}, M2; Cortes et al. 1993",
        _power,
        (EXPONENT,),
    )
)
SHIFTED = register_law(
    Law(
        "shifted-power",
        "e + b (n + d)^-c",
        f"{MOHR}, pow4",
        _shifted,
        (FEW, length("d", "samples before the fall sets in", *np.geomspace(0.005, 1.5, 9))),
    )
)
M3 = register_law(
    Law(
        "m3",
        "b (1/n + 1/k)^c",
        f"{ALABDULMOHSIN}, M3",
        _m3,
        (FEW, length("k", "size from which the loss levels off", *np.geomspace(0.2, 300, 13))),
        floor=False,
    )
)
BROKEN = register_law(
    Law(
        "bnsl",
        "e + b n^-c (1 + (n/k)^(1/f))^(-c1 f)",
        "Caballero, Gupta, Rish, Krueger 2023, Broken neural scaling laws, eq. 1, one break",
        _broken,
        (
            Parameter("c", "exponent before the break", (0.0, 0.08, 0.16, 0.3, 0.6)),
            Parameter("c1", "exponent that the break adds", (0.1, 0.25, 0.5, 1.0)),
            length("k", "size at the break", 0.1, 0.3, 1.0, 3.0),
            Parameter("f", "width of the break in log n", (0.15, 0.5)),
        ),
    )
)
