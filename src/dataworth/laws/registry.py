"""The registry of the laws that forecasts combine."""

from __future__ import annotations

from dataworth.errors import ForecastError
from dataworth.laws.base import Law
from dataworth.laws.validate import check_law

_REGISTRY: dict[str, Law] = {}


def register_law(law: Law) -> Law:
    """Add a law to the registry.

    Raises
    ------
    ForecastError
        If `check_law` refuses the law, or the name is taken.
    """
    name = check_law(law).name
    if name in _REGISTRY:
        raise ForecastError(
            f"a law named {name!r} exists already; choose another name.", code="named-twice"
        )
    _REGISTRY[name] = law
    return law


def unregister_law(name: str) -> None:
    """Remove a law from the registry."""
    del _REGISTRY[find_law(name).name]


def all_laws() -> tuple[Law, ...]:
    """Every registered law, in the order of registration."""
    return tuple(_REGISTRY.values())


def find_law(name: str) -> Law:
    """The registered law of that name.

    Raises
    ------
    ForecastError
        If there is none.
    """
    if name not in _REGISTRY:
        raise ForecastError(
            f"no law named {name!r}; known: {', '.join(_REGISTRY)}.", code="unknown-choice"
        )
    return _REGISTRY[name]
