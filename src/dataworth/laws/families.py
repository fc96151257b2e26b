"""The laws that dataworth comes with. Sizes are counted in any unit; see `dataworth.laws.base`."""

from __future__ import annotations

import numpy as np

from dataworth.laws.base import Floats, Law, Parameter, register_law

_EXPONENTS = (
    *(0.02, 0.04, 0.06, 0.08, 0.1, 0.125, 0.15, 0.175, 0.2, 0.235, 0.27, 0.31, 0.35, 0.4, 0.45),
    *(0.5, 0.57, 0.65, 0.75, 0.87, 1.0, 1.2, 1.5, 2.0),
)
_FEW_EXPONENTS = (0.1, 0.15, 0.2, 0.27, 0.35, 0.45, 0.57, 0.75, 1.0, 1.4, 2.0)
_EXPONENT = Parameter("c", "exponent of the fall", _EXPONENTS)
_FEW = Parameter("c", "exponent of the fall", _FEW_EXPONENTS)


def _length(name: str, meaning: str, *grid: float) -> Parameter:
    return Parameter(name, meaning, grid, "length")


def _power(c: Floats, n: Floats) -> Floats:
    return n**-c


def _shifted(c: Floats, d: Floats, n: Floats) -> Floats:
    return (n + d) ** -c


def _m3(c: Floats, k: Floats, n: Floats) -> Floats:
    return (1 / n + 1 / k) ** c


def _m4(c: Floats, k: Floats, a: Floats, n: Floats) -> Floats:
    """Solve v / (1 - v)^a = (k / n)^c for v by bisection on the logit scale of v."""
    target = c * np.log(k / n) + 0 * a
    low, high = np.minimum(target, -60.0), np.full_like(target, 60.0)
    for _ in range(50):
        middle = (low + high) / 2
        # log v = -log(1 + exp(-t)), log(1 - v) = -log(1 + exp(t))
        below = -np.logaddexp(0, -middle) + a * np.logaddexp(0, middle) < target
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(np.exp(-np.logaddexp(0, -(low + high) / 2)))


def _broken(c: Floats, c1: Floats, k: Floats, f: Floats, n: Floats) -> Floats:
    return n**-c * np.exp(-c1 * f * np.logaddexp(0, np.log(n / k) / f))


def _exponential(k: Floats, n: Floats) -> Floats:
    return np.exp(-n / k)


def _mmf(c: Floats, k: Floats, n: Floats) -> Floats:
    return 1 / (1 + (n / k) ** c)


def _weibull(c: Floats, k: Floats, n: Floats) -> Floats:
    return np.exp(-((n / k) ** c))


def _logarithmic(k: Floats, n: Floats) -> Floats:
    # A loss stays positive: close to its end the line in log n bends away from zero.
    gap = np.log(k / n)
    return np.logaddexp(0, 4 * gap) / 4


def _inverse_logarithmic(k: Floats, n: Floats) -> Floats:
    return 1 / np.log1p(n / k)


def _arctan(k: Floats, s: Floats, n: Floats) -> Floats:
    # 1 - (2 / pi) arctan(z) = (2 / pi) arctan(1 / z), which keeps its digits as z grows.
    return 2 / np.pi * np.arctan2(1.0, np.pi / 2 * n / k + s)


def _root(c: Floats, k: Floats, n: Floats) -> Floats:
    # 1 - z / (1 + z^c)^(1/c), which keeps its digits as z grows.
    return -np.expm1(-np.log1p((n / k) ** -c) / c)


def _plateau(c: Floats, k: Floats, s: Floats, n: Floats) -> Floats:
    fall = (k / n) ** c + s
    return fall / np.hypot(1, fall)


_ALABDULMOHSIN = "Alabdulmohsin, Neyshabur, Zhai 2022, Revisiting neural scaling laws"
_MAHMOOD = "Mahmood et al. 2022, How much more data do I need?, table 1"
_MOHR = "Mohr, Viering, Loog, van Rijn 2022, LCDB 1.0, table 1"

LAST_VALUE = register_law(
    Law(
        "last-value",
        "b",
        "the baseline that more data changes nothing",
        lambda n: np.ones_like(n),
        floor=False,
    )
)
POWER_2 = register_law(
    Law(
        "power-2",
        "b n^-c",
        f"{_ALABDULMOHSIN}, M1; Hestness et al. 2017",
        _power,
        (_EXPONENT,),
        floor=False,
    )
)
POWER_3 = register_law(
    Law(
        "power-3",
        "e + b n^-c",
        f"{_ALABDULMOHSIN}, M2; Cortes et al. 1993",
        _power,
        (_EXPONENT,),
    )
)
SHIFTED = register_law(
    Law(
        "shifted-power",
        "e + b (n + d)^-c",
        f"{_MOHR}, pow4",
        _shifted,
        (_FEW, _length("d", "samples before the fall sets in", 0.01, 0.03, 0.1, 0.3, 1.0)),
    )
)
M3 = register_law(
    Law(
        "m3",
        "b (1/n + 1/k)^c",
        f"{_ALABDULMOHSIN}, M3",
        _m3,
        (_FEW, _length("k", "size from which the loss levels off", 0.3, 1, 3, 10, 30, 100)),
        floor=False,
    )
)
M4 = register_law(
    Law(
        "m4",
        "e + b v, v / (1 - v)^a = (k/n)^c",
        f"{_ALABDULMOHSIN}, M4",
        _m4,
        (
            Parameter("c", "exponent of the fall", (0.15, 0.25, 0.4, 0.6, 0.85, 1.2, 1.7)),
            _length("k", "size where the plateau at e + b ends", 0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
            Parameter("a", "sharpness of the turn from the plateau", (0.4, 1.0, 2.0)),
        ),
    )
)
BROKEN = register_law(
    Law(
        "bnsl",
        "e + b n^-c (1 + (n/k)^(1/f))^(-c1 f)",
        "Caballero, Gupta, Rish, Krueger 2023, Broken neural scaling laws, eq. 1, one break",
        _broken,
        (
            Parameter("c", "exponent before the break", (0.0, 0.06, 0.12, 0.2, 0.35, 0.6)),
            Parameter("c1", "exponent that the break adds", (0.06, 0.12, 0.25, 0.5, 1.0)),
            _length("k", "size at the break", 0.03, 0.1, 0.3, 1.0, 3.0),
            Parameter("f", "width of the break in log n", (0.2, 0.6)),
        ),
    )
)
EXPONENTIAL = register_law(
    Law(
        "exponential",
        "e + b exp(-n/k)",
        f"{_MOHR}, exp3",
        _exponential,
        (_length("k", "scale of the fall", 0.1, 0.2, 0.35, 0.6, 1, 1.7, 3, 6, 12),),
    )
)
MMF = register_law(
    Law(
        "mmf",
        "e + b / (1 + (n/k)^c)",
        f"{_MOHR}, mmf4 (Morgan, Mercer, Flodin 1975)",
        _mmf,
        (_FEW, _length("k", "size where half of b is gone", 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3)),
    )
)
WEIBULL = register_law(
    Law(
        "weibull",
        "e + b exp(-(n/k)^c)",
        f"{_MOHR}, wbl4",
        _weibull,
        (
            Parameter("c", "stretch", (0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.75, 1.0)),
            _length("k", "size where b has fallen to b/2.7", 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
        ),
    )
)
LOGARITHMIC = register_law(
    Law(
        "logarithmic",
        "b log(1 + (k/n)^4) / 4, which is b log(k/n) while n is below k",
        f"{_MAHMOOD}; {_MOHR}, log2; kept positive",
        _logarithmic,
        (_length("k", "size where the line in log n meets zero", *np.geomspace(2, 1e9, 28)),),
        floor=False,
    )
)
INVERSE_LOGARITHMIC = register_law(
    Law(
        "inverse-logarithmic",
        "e + b / log(1 + n/k)",
        f"{_MOHR}, ilog2, with its unit of n free",
        _inverse_logarithmic,
        (_length("k", "size that log n counts from", 1e-7, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0),),
    )
)
ARCTAN = register_law(
    Law(
        "arctan",
        "e + b (1 - (2/pi) arctan(pi n / (2 k) + s))",
        _MAHMOOD,
        _arctan,
        (
            _length("k", "scale of the fall", 0.01, 0.03, 0.1, 0.2, 0.4, 0.7, 1.2, 2.5, 5, 10),
            Parameter("s", "how far along the fall n = 0 lies", (0.0, 0.5, 1.5)),
        ),
    )
)
ROOT = register_law(
    Law(
        "algebraic-root",
        "e + b (1 - (n/k) / (1 + (n/k)^c)^(1/c))",
        _MAHMOOD,
        _root,
        (
            Parameter("c", "sharpness of the turn", (0.1, 0.15, 0.2, 0.3, 0.45, 0.7, 1.0, 1.5)),
            _length("k", "scale of the fall", 0.001, 0.01, 0.03, 0.1, 0.3, 1, 3),
        ),
    )
)
PLATEAU = register_law(
    Law(
        "chance-plateau",
        "b z / sqrt(1 + z^2), z = (k/n)^c + s",
        "Rosenfeld, Rosenfeld, Belinkov, Shavit 2020, eq. 5, one model; b is the loss by chance",
        _plateau,
        (
            Parameter("c", "exponent of the fall", (0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.75, 1, 1.4)),
            _length(
                "k", "size where the plateau ends", 1e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1, 3
            ),
            Parameter("s", "irreducible part of z", (0.0, 0.03, 0.1, 0.2, 0.4)),
        ),
        floor=False,
        from_chance=True,
    )
)
