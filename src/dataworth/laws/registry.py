"""Registry: the laws that forecasts choose from."""

from __future__ import annotations

from dataworth.errors import ForecastError
from dataworth.laws.base import Law
from dataworth.laws.check import check_law

_REGISTRY: dict[str, Law] = {}


def register_law(law: Law) -> Law:
    """Add a law to those that forecasts choose from.

    Raises
    ------
    ForecastError
        If the name is taken, or `check_law` refuses the law.
    """
    if law.name in _REGISTRY:
        raise ForecastError(f"a law named {law.name!r} exists already; choose another name.")
    _REGISTRY[law.name] = check_law(law)
    return law


def unregister_law(name: str) -> None:
    """Take a law out of the registry again."""
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
        raise ForecastError(f"no law named {name!r}; known: {', '.join(_REGISTRY)}.")
    return _REGISTRY[name]
