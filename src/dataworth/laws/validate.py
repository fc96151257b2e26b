"""Checks that a user's law can be fitted to any curve."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import numpy as np

from dataworth._util.validation import is_real
from dataworth.errors import ForecastError
from dataworth.laws.base import Floats, Law, Parameter

_KINDS = ("number", "length")
_SMALLEST = 1e-150
"""Smallest value of a basis at the largest measured size: fits divide by its square."""


def check_law(law: Law) -> Law:
    """Check that a law can be fitted to any curve, and return it.

    Raises
    ------
    ForecastError
        If it is not a `Law`, the name or a grid is malformed, or the basis is not finite, positive
        and falling on every cell of the grid.
    """
    _check_form(law)
    sizes = np.geomspace(1e-4, 1e4, 33)
    values = _computed(law, law.shapes(), sizes)
    if not np.isfinite(values).all() or (values < 0).any():
        raise ForecastError(
            f"law {law.name!r}: its basis must be finite and not negative, from 1e-4 to 1e4 times "
            "the largest measured size.",
            code="basis-out-of-range",
        )
    if (values[:, 16] < _SMALLEST).any():
        raise ForecastError(
            f"law {law.name!r}: its basis is zero, or nearly, at the largest measured size; leave "
            "out the shapes that fall so early.",
            code="basis-zero",
        )
    if (np.diff(values, axis=1) > 1e-9 * values[:, :-1]).any():
        raise ForecastError(
            f"law {law.name!r}: its basis must not rise with n.", code="basis-rising"
        )
    _check_unit(law, sizes[8:25], values[:, 8:25])
    return law


def _computed(law: Law, shapes: Floats, sizes: Floats) -> Floats:
    try:
        values = np.asarray(law.evaluate(shapes, sizes))
    except Exception as error:
        # A user's function may raise anything.
        raise ForecastError(
            f"law {law.name!r}: its basis cannot be computed: {error}", code="basis-fails"
        ) from error
    if values.dtype.kind != "f":
        raise ForecastError(
            f"law {law.name!r}: its basis must give an array of float numbers.", code="not-numeric"
        )
    return values


def _check_unit(law: Law, sizes: Floats, values: Floats) -> None:
    lengths = np.array([parameter.kind == "length" for parameter in law.shape], bool)
    shapes = np.where(lengths, 8 * law.shapes(), law.shapes())
    ratio = _computed(law, shapes, 8 * sizes) / np.maximum(values, _SMALLEST)
    if (np.abs(ratio / ratio[:, 8:9] - 1)[values > _SMALLEST] > 1e-6).any():
        raise ForecastError(
            f"law {law.name!r}: with n counted in another unit its basis has another form. "
            'Parameters that are numbers of samples are of kind "length".',
            code="basis-depends-on-unit",
        )


def _check_form(law: Law) -> None:
    if not isinstance(law, Law):
        raise ForecastError(f"{law!r} is not a law; expected a Law object.", code="wrong-type")
    if not (isinstance(law.name, str) and re.fullmatch(r"[a-z][a-z0-9-]*", law.name)):
        raise ForecastError(
            f"law name {law.name!r}: expected lower-case letters, digits, hyphens.",
            code="invalid-name",
        )
    shape = law.shape
    if not (isinstance(shape, tuple) and all(isinstance(one, Parameter) for one in shape)):
        raise ForecastError(
            f"law {law.name!r}: shape is {shape!r}; expected a tuple of Parameter.",
            code="invalid-parameter",
        )
    if not (isinstance(law.floor, bool) and callable(law.basis)):
        raise ForecastError(
            f"law {law.name!r}: expected a function as basis, a bool as floor.", code="wrong-type"
        )
    names = [parameter.name for parameter in shape]
    for parameter in shape:
        named = isinstance(parameter.name, str) and names.count(parameter.name) == 1
        known = named and parameter.name not in ("e", "b") and parameter.kind in _KINDS
        if not (known and _rises(parameter.grid)):
            raise ForecastError(
                f"law {law.name!r}, parameter {parameter.name!r}: expected a name of its own other "
                "than e and b, a grid that is a tuple of rising, finite numbers, and the kind "
                '"number" or "length".',
                code="invalid-parameter",
            )


def _rises(grid: object) -> bool:
    if not (isinstance(grid, tuple) and grid):
        return False
    numbers = all(is_real(value) and math.isfinite(value) for value in grid)
    return numbers and all(low < high for low, high in pairwise(grid))
