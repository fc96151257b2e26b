"""Every law passes the conformance suite; laws of users, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from errors import raises
from law_curves import SIZES, curve_of

import dataworth as dw
from dataworth.errors import ForecastError
from dataworth.laws.base import Law, Parameter
from dataworth.laws.registry import all_laws, find_law, register_law, unregister_law
from dataworth.testing.laws import LAW_CHECKS, LawCheck


@pytest.mark.parametrize("check", LAW_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("law", all_laws(), ids=lambda law: law.name)
def test_conformance(law: Law, check: LawCheck) -> None:
    check(law)


FAULTY: dict[str, Law] = {
    "check_forecasts_accept_it": Law("rising", "b n", "mine", lambda n: n),
    "check_has_a_name_a_formula_and_a_source": Law("power", "n^-1", "mine", lambda n: 1 / n),
    "check_falls_and_stays_positive_over_its_whole_grid": Law(
        "hump", "e + b f", "mine", lambda n: np.minimum(n, 1 / n)
    ),
    "check_many_shapes_at_once_give_what_each_gives": Law(
        "mixed",
        "e + b (k / n)",
        "mine",
        lambda k, n: np.mean(k) / n,
        (Parameter("k", "scale", (1.0, 2.0, 4.0)),),
    ),
    "check_another_unit_of_samples_changes_nothing": Law(
        "bound",
        "e + b / (1 + n/k)",
        "mine",
        lambda k, n: 1 / (1 + n / k),
        (Parameter("k", "scale", (1.0, 2.0)),),
    ),
}


@pytest.mark.parametrize("name", FAULTY)
def test_the_suite_finds_a_fault(name: str) -> None:
    (check,) = (check for check in LAW_CHECKS if check.__name__ == name)
    with pytest.raises((AssertionError, ForecastError)):
        check(FAULTY[name])


def test_a_user_can_add_a_law() -> None:
    length = Parameter("k", "half-life", (0.1, 0.3, 1.0, 3.0), "length")
    law = Law("halving", "e + b 2^(-n/k)", "a user's own", lambda k, n: 2 ** (-n / k), (length,))
    register_law(law)
    try:
        assert find_law("halving") is law
        with raises("named-twice", ForecastError):
            register_law(law)
    finally:
        unregister_law("halving")
    with raises("unknown-choice", ForecastError, "'halving'"):
        find_law("halving")


def test_a_rising_law_is_refused() -> None:
    law = Law("rising", "b n", "none", lambda n: n)
    with raises("invalid-law", ForecastError):
        register_law(law)


def test_a_malformed_name_is_refused() -> None:
    with raises("invalid-name", ForecastError):
        register_law(Law("My Law", "b", "none", lambda n: np.ones_like(n)))


SHAPE = (Parameter("k", "scale", (0.5, 1.0), "length"),)


@pytest.mark.parametrize(
    ("law", "code", "fault"),
    [
        (
            Law("holes", "b f", "mine", lambda n: np.where(n < 1, np.nan, 1 / n)),
            "invalid-law",
            "range",
        ),
        (Law("pole", "b f", "mine", lambda n: 1 / np.maximum(n - 0.5, 0)), "invalid-law", "range"),
        (Law("hump", "b f", "mine", lambda n: np.minimum(n, 1 / n)), "invalid-law", "rising"),
        (Law("nothing", "b f", "mine", lambda n: 0 * n), "invalid-law", "zero"),
        (Law("raises", "b f", "mine", lambda n: n.no_such_thing), "invalid-law", "error"),
        (Law("arity", "b f", "mine", lambda n: 1 / n, SHAPE), "invalid-law", "error"),
        (Law("listed", "b f", "mine", lambda k, n: k / n, [*SHAPE]), "invalid-law", "parameter"),  # type: ignore[arg-type]
        (
            Law("down", "b f", "mine", lambda k, n: k / n, (Parameter("k", "k", (2.0, 1.0)),)),
            "invalid-law",
            "parameter",
        ),
        (
            Law("taken", "b f", "mine", lambda e, n: e / n, (Parameter("e", "e", (1.0, 2.0)),)),
            "invalid-law",
            "parameter",
        ),
        (Law("text", "b f", "mine", lambda n: np.full_like(n, "x", "U1")), "not-numeric", None),
        (Law("complex", "b f", "mine", lambda n: 1j / n), "not-numeric", None),
        (Law("strings", "b f", "mine", lambda k, n: k / n, ("k",)), "invalid-law", "parameter"),  # type: ignore[arg-type]
        (Law("floored", "b f", "mine", lambda n: 1 / n, floor="no"), "wrong-type", None),  # type: ignore[arg-type]
        (
            Law(
                "endless", "b f", "mine", lambda k, n: k / n, (Parameter("k", "k", (1, math.inf)),)
            ),
            "invalid-law",
            "parameter",
        ),
        (Law("twins", "b f", "mine", lambda j, k, n: k / n, SHAPE * 2), "invalid-law", "parameter"),
        (
            Law(
                "bound", "b f", "mine", lambda k, n: 1 / (1 + n / k), (Parameter("k", "k", (1, 2)),)
            ),
            "invalid-law",
            "unit",
        ),
    ],
    ids=lambda case: case.name if isinstance(case, Law) else None,
)
def test_a_law_that_cannot_be_fitted_is_refused_wherever_it_comes_from(
    law: Law, code: str, fault: str | None
) -> None:
    with raises(code, ForecastError, law.name) as caught:
        register_law(law)
    assert caught.value.values.get("fault") == fault
    with raises(code, ForecastError, law.name):
        dw.forecast(curve_of(SIZES, 1 / SIZES), laws=[law])
    assert law.name not in [known.name for known in all_laws()]


@pytest.mark.parametrize("law", ["x", None, 3, []])
def test_what_is_no_law_is_not_registered(law: Any) -> None:
    with raises("wrong-type", ForecastError):
        register_law(law)


def test_two_laws_of_one_name_are_refused() -> None:
    other = Law("power-3", "b f", "mine", lambda n: 1 / n)
    with raises("named-twice", ForecastError):
        dw.forecast(curve_of(SIZES, 1 / SIZES), laws=["power-3", other])


@pytest.mark.parametrize("laws", [[], [3], 3, "power-3"])
def test_what_names_no_laws_is_refused(laws: object) -> None:
    with pytest.raises(ForecastError, match="laws"):
        dw.forecast(curve_of(SIZES, 1 / SIZES), laws=laws)  # type: ignore[arg-type]
