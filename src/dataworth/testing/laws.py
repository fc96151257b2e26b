"""The conformance suite of laws."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dataworth.curves.curve import Curve
from dataworth.errors import ForecastError
from dataworth.forecast.prepare import prepare
from dataworth.laws.base import Law
from dataworth.laws.fit import fit_law
from dataworth.laws.validate import check_law

Floats = NDArray[np.float64]
LawCheck = Callable[[Law], None]

_SIZES = 1000 * np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
_LARGEST = 20_000.0
_FAR = np.geomspace(0.05, 1e4, 60)
"""Sizes in units of the largest measured one."""


def check_forecasts_accept_it(law: Law) -> None:
    """`check_law`, which every law passes before it is registered or fitted, refuses nothing."""
    assert check_law(law) is law


def check_has_a_name_a_formula_and_a_source(law: Law) -> None:
    """The name is in lower case, the source is given, and the formula names every parameter."""
    assert law.name
    assert law.name == law.name.lower()
    assert law.source
    for name, meaning in law.parameters.items():
        assert name in law.formula, name
        assert meaning, name


def check_grids_rise(law: Law) -> None:
    """The grid of each shape parameter rises, and its ends are the bounds of a fit."""
    for parameter in law.shape:
        assert (np.diff(parameter.grid) > 0).all(), parameter.name
        assert parameter.bounds == (parameter.grid[0], parameter.grid[-1])


def check_falls_and_stays_positive_over_its_whole_grid(law: Law) -> None:
    """For every shape, from a twentieth to 10,000 times the largest size."""
    values = law.evaluate(law.shapes(), _FAR)
    assert values.shape == (len(law.shapes()), len(_FAR))
    assert np.isfinite(values).all()
    assert (values >= 0).all()
    assert (np.diff(values, axis=1) <= 1e-9 * values[:, :-1]).all()


def check_many_shapes_at_once_give_what_each_gives(law: Law) -> None:
    """The basis broadcasts: shapes that are evaluated together do not affect each other."""
    shapes = law.shapes()
    some = shapes[:: max(1, len(shapes) // 7)]
    alone = np.concatenate([law.evaluate(shape[None], _FAR) for shape in some])
    np.testing.assert_allclose(law.evaluate(some, _FAR), alone, rtol=1e-12)


def check_another_unit_of_samples_changes_nothing(law: Law) -> None:
    """Parameters of sizes in units of the largest one describe the same curve in samples."""
    shape = _middle(law)
    n = np.geomspace(0.1, 10, 9)
    for unit in (1e-3, 50_000.0):
        params = law.in_samples(shape, 0.2, 3.0, unit)
        expected = (0.2 if law.floor else 0.0) + 3.0 * law.evaluate(np.array([shape]), n)[0]
        np.testing.assert_allclose(law.predict(params, n * unit), expected, rtol=1e-9)


def check_its_own_curve_is_fitted(law: Law) -> None:
    """A fit to a curve of the law is that curve, and its parameters give it too."""
    params = law.in_samples(_middle(law), 0.1, 1.0, _LARGEST)
    losses = law.predict(params, _SIZES)
    fit = fit_law(law, prepare(Curve(_SIZES, losses, metric="loss")))
    np.testing.assert_allclose(fit.predict(_SIZES), losses, rtol=0.02)
    np.testing.assert_allclose(law.predict(fit.parameters, _SIZES), fit.predict(_SIZES), rtol=1e-8)


def check_a_fit_has_no_negative_part(law: Law) -> None:
    """A curve that rises is fitted too: irreducible loss and amplitude are not below 0."""
    rising = prepare(Curve(_SIZES, np.linspace(0.5, 1.0, len(_SIZES)), metric="loss"))
    fit = fit_law(law, rising)
    assert fit.e >= 0
    assert fit.b >= 0
    assert np.isfinite(fit.predict(_FAR * 1000)).all()


def check_a_missing_parameter_is_refused(law: Law) -> None:
    """`predict` without a parameter raises a `ForecastError` that names it."""
    message = ""
    try:
        law.predict({}, [1.0])
    except ForecastError as error:
        message = str(error)
    assert all(name in message for name in law.parameters)


def _middle(law: Law) -> tuple[float, ...]:
    """A shape from the middle of every grid."""
    return tuple(parameter.grid[len(parameter.grid) // 2] for parameter in law.shape)


LAW_CHECKS: tuple[LawCheck, ...] = (
    check_forecasts_accept_it,
    check_has_a_name_a_formula_and_a_source,
    check_grids_rise,
    check_falls_and_stays_positive_over_its_whole_grid,
    check_many_shapes_at_once_give_what_each_gives,
    check_another_unit_of_samples_changes_nothing,
    check_its_own_curve_is_fitted,
    check_a_fit_has_no_negative_part,
    check_a_missing_parameter_is_refused,
)
"""What every law must pass."""
