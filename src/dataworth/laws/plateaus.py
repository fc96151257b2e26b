"""Laws that fall from a plateau, and exponential, logarithmic and other laws."""

from __future__ import annotations

import numpy as np

from dataworth.laws.base import Floats, Law, Parameter
from dataworth.laws.grids import ALABDULMOHSIN, FEW, MAHMOOD, MOHR, length
from dataworth.laws.registry import register_law

_NEWTON = 6
"""Newton steps after which the logit is exact to rounding for any right-hand side."""


def _m4(c: Floats, k: Floats, a: Floats, n: Floats) -> Floats:
    """Solve v / (1 - v)^a = (k / n)^c by Newton's method for t, the logit of v.

    In logarithms the equation is ``a softplus(t) - softplus(-t) = c log(k / n)``. The slope of the
    left side is monotone between 1 and a, so it is convex or concave and Newton's method converges.
    """
    target = c * np.log(k / n) + 0 * a
    t = np.where(target > 0, target / a, target)
    for _ in range(_NEWTON):
        share = 1 / (1 + np.exp(-t))
        off = a * np.logaddexp(0, t) - np.logaddexp(0, -t) - target
        t = t - off / (1 - share + a * share)
    value: Floats = 1 / (1 + np.exp(-t))
    return value


def _exponential(k: Floats, n: Floats) -> Floats:
    return np.exp(-n / k)


def _mmf(c: Floats, k: Floats, n: Floats) -> Floats:
    return 1 / (1 + (n / k) ** c)


def _weibull(c: Floats, k: Floats, n: Floats) -> Floats:
    return np.exp(-((n / k) ** c))


def _logarithmic(k: Floats, n: Floats) -> Floats:
    # Softplus in place of the line in log n near k, so that the loss stays positive.
    gap = np.log(k / n)
    return np.asarray(np.logaddexp(0, 4 * gap) / 4)


def _inverse_logarithmic(k: Floats, n: Floats) -> Floats:
    return 1 / np.log1p(n / k)


def _arctan(k: Floats, s: Floats, n: Floats) -> Floats:
    # 1 - (2 / pi) arctan(z) = (2 / pi) arctan(1 / z), which does not cancel for large z.
    return 2 / np.pi * np.arctan2(1.0, np.pi / 2 * n / k + s)


def _root(c: Floats, k: Floats, n: Floats) -> Floats:
    # 1 - z / (1 + z^c)^(1/c), in a form that does not cancel for large z.
    return -np.expm1(-np.log1p((n / k) ** -c) / c)


def _plateau(c: Floats, k: Floats, s: Floats, n: Floats) -> Floats:
    fall = (k / n) ** c + s
    return fall / np.hypot(1, fall)


M4 = register_law(
    Law(
        "m4",
        "e + b v, v / (1 - v)^a = (k/n)^c",
        f"{ALABDULMOHSIN}, M4",
        _m4,
        (
            Parameter("c", "exponent of the fall", (0.15, 0.25, 0.4, 0.65, 1.0, 1.6)),
            length("k", "size where the plateau at e + b ends", 0.01, 0.03, 0.1, 0.3, 1.0),
            Parameter("a", "sharpness of the turn from the plateau", (0.4, 2.0)),
        ),
    )
)
EXPONENTIAL = register_law(
    Law(
        "exponential",
        "e + b exp(-n/k)",
        f"{MOHR}, exp3",
        _exponential,
        (length("k", "scale of the fall", *np.geomspace(0.05, 20, 30)),),
        baseline=True,
    )
)
MMF = register_law(
    Law(
        "mmf",
        "e + b / (1 + (n/k)^c)",
        f"{MOHR}, mmf4 (Morgan, Mercer, Flodin 1975)",
        _mmf,
        (FEW, length("k", "size where half of b is gone", *np.geomspace(0.002, 4, 11))),
    )
)
WEIBULL = register_law(
    Law(
        "weibull",
        "e + b exp(-(n/k)^c)",
        f"{MOHR}, wbl4",
        _weibull,
        (
            Parameter("c", "stretch", (0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.75, 1.0)),
            length("k", "size where b has fallen to b/2.7", 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
        ),
    )
)
LOGARITHMIC = register_law(
    Law(
        "logarithmic",
        "b log(1 + (k/n)^4) / 4, which is b log(k/n) while n is below k",
        f"{MAHMOOD}; {MOHR}, log2; bent to stay positive",
        _logarithmic,
        (length("k", "size where the line in log n meets zero", *np.geomspace(2, 1e9, 28)),),
        floor=False,
        baseline=True,
    )
)
INVERSE_LOGARITHMIC = register_law(
    Law(
        "inverse-logarithmic",
        "e + b / log(1 + n/k)",
        f"{MOHR}, ilog2, with its unit of n free",
        _inverse_logarithmic,
        (length("k", "size that log n counts from", *np.geomspace(1e-9, 3, 30)),),
    )
)
ARCTAN = register_law(
    Law(
        "arctan",
        "e + b (1 - (2/pi) arctan(pi n / (2 k) + s))",
        MAHMOOD,
        _arctan,
        (
            length("k", "scale of the fall", 0.01, 0.03, 0.1, 0.2, 0.4, 0.7, 1.2, 2.5, 5, 10),
            Parameter("s", "how far along the fall n = 0 lies", (0.0, 0.5, 1.5)),
        ),
    )
)
ROOT = register_law(
    Law(
        "algebraic-root",
        "e + b (1 - (n/k) / (1 + (n/k)^c)^(1/c))",
        MAHMOOD,
        _root,
        (
            Parameter("c", "sharpness of the turn", (0.1, 0.15, 0.2, 0.3, 0.45, 0.7, 1.0, 1.5)),
            length("k", "scale of the fall", 0.001, 0.01, 0.03, 0.1, 0.3, 1, 3),
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
            length(
                "k", "size where the plateau ends", 1e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1, 3
            ),
            Parameter("s", "irreducible part of z", (0.0, 0.03, 0.1, 0.2, 0.4)),
        ),
        floor=False,
        from_chance=True,
    )
)
