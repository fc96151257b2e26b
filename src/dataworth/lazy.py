"""Names of a package whose rooms are imported when one of them is first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def lazily(package: str, rooms: Mapping[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package, so that importing it is fast.

    Parameters
    ----------
    package : str
        Its ``__name__``.
    rooms : mapping of str to str
        The module of each name.
    """

    def get(name: str) -> Any:
        if name not in rooms:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(rooms[name]), name)

    return get
