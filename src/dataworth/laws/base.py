"""The classes `Law`, a parametric family of falling curves, and `Parameter`, one of its shapes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth.errors import ForecastError

Floats = NDArray[np.float64]
Basis = Callable[..., Floats]


@dataclass(frozen=True)
class Parameter:
    """One shape parameter of a law.

    Attributes
    ----------
    name : str
        As in the law's formula.
    meaning : str
        Its effect on the curve.
    grid : tuple of float
        The values that a fit tries, rising. A length is in units of the largest measured size, so
        that a change of the unit of n changes nothing.
    kind : {"number", "length"}
        A "length" is a number of samples; a "number" has no unit.
    """

    name: str
    meaning: str
    grid: tuple[float, ...]
    kind: Literal["number", "length"] = "number"

    @property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest value that a fit may return, lengths as in `grid`."""
        return self.grid[0], self.grid[-1]


@dataclass(frozen=True)
class Law:
    """A family of learning curves: ``loss(n) = e + b * basis(*shape, n)``.

    The loss is linear in the irreducible loss ``e >= 0`` and in the amplitude ``b >= 0``, so a fit
    solves both exactly (variable projection) and searches the shape parameters alone.

    Attributes
    ----------
    name : str
        Short, lower case, unique.
    formula : str
        As text, in terms of n, e, b and the shape parameters.
    source : str
        The paper, and the number of the equation or row of a table.
    basis : callable
        ``basis(*shape, n) -> array``: positive, not rising in n, and vectorised by broadcasting.
        A change of the unit of n and of all lengths may only multiply it by a constant.
    shape : tuple of Parameter
        The parameters that `basis` takes before n.
    floor : bool
        Whether the law has an irreducible loss e; without it e is 0.
    from_chance : bool
        Whether b is the loss of random guessing, so that the basis starts at 1.
    baseline : bool
        Whether the law is for comparison only. Forecasts use a baseline only if it is named.
    """

    name: str
    formula: str
    source: str
    basis: Basis
    shape: tuple[Parameter, ...] = ()
    floor: bool = True
    from_chance: bool = False
    baseline: bool = False

    @property
    def free(self) -> int:
        """The number of free parameters: shape, amplitude and irreducible loss."""
        return len(self.shape) + 1 + int(self.floor)

    @property
    def parameters(self) -> dict[str, str]:
        """The meaning of every parameter by name, linear ones first."""
        linear = {"e": "irreducible loss, as n goes to infinity"} if self.floor else {}
        linear["b"] = "amplitude of the part that falls"
        return linear | {parameter.name: parameter.meaning for parameter in self.shape}

    def predict(self, params: Mapping[str, float], n: ArrayLike) -> Floats:
        """The loss at n samples.

        Parameters
        ----------
        params : mapping of str to float
            A value for each of `parameters`, lengths in samples.
        n : array_like
            Numbers of training samples.
        """
        missing = [name for name in self.parameters if name not in params]
        if missing:
            raise ForecastError(
                f"law {self.name!r} needs a value for {', '.join(missing)}.",
                code="option-missing",
            )
        sizes = np.asarray(n, np.float64)
        shape = [params[parameter.name] for parameter in self.shape]
        with np.errstate(all="ignore"):
            return np.asarray(params.get("e", 0.0) + params["b"] * self.basis(*shape, sizes))

    def shapes(self) -> Floats:
        """Every combination of the shape grids, shape (k, number of shape parameters)."""
        grids = np.meshgrid(*[parameter.grid for parameter in self.shape], indexing="ij")
        if not grids:
            return np.zeros((1, 0))
        return np.stack([grid.ravel() for grid in grids], axis=1)

    def evaluate(self, shapes: Floats, n: Floats) -> Floats:
        """The basis for many shapes at once: (k, p) and (m,) give (k, m)."""
        columns = [shapes[:, index, None] for index in range(shapes.shape[1])]
        with np.errstate(all="ignore"):
            return np.broadcast_to(self.basis(*columns, n[None, :]), (len(shapes), len(n)))

    def in_samples(
        self, shape: Sequence[float], e: float, b: float, unit: float
    ) -> dict[str, float]:
        """Convert parameters fitted to sizes in units of `unit` samples for use in `predict`."""
        scaled = [
            value * unit if parameter.kind == "length" else value
            for parameter, value in zip(self.shape, shape, strict=True)
        ]
        one, same = np.float64(1.0), np.float64(unit)
        with np.errstate(all="ignore"):
            ratio = float(self.basis(*shape, one)) / float(self.basis(*scaled, same))
        values = {"e": e} if self.floor else {}
        values["b"] = b * ratio if math.isfinite(ratio) else math.nan
        return values | {p.name: v for p, v in zip(self.shape, scaled, strict=True)}
