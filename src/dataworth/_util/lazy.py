"""Imports: at first use (attributes of a package, PEP 562, and functions), and of much code."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


def lazy_attributes(package: str, modules: Mapping[str, str]) -> None:
    """Import public names of a package at their first use, so that importing it is fast.

    A name takes precedence over a submodule of the same name: ``dataworth.audit`` is the function,
    also once the package ``dataworth.audit`` has been imported.

    Parameters
    ----------
    package : str
        The package's ``__name__``.
    modules : mapping of str to str
        The module that defines each name; a name whose module is ``package.name`` is the module.
    """

    class LazyPackage(ModuleType):
        def __getattr__(self, name: str) -> Any:
            if name not in modules:
                raise AttributeError(f"module {package!r} has no attribute {name!r}")
            module = import_module(modules[name])
            value = module if modules[name] == f"{package}.{name}" else getattr(module, name)
            super().__setattr__(name, value)
            return value

        def __setattr__(self, name: str, value: Any) -> None:
            # The import system sets each imported submodule as an attribute of its package.
            if name not in modules or not isinstance(value, ModuleType):
                super().__setattr__(name, value)

        def __dir__(self) -> list[str]:
            return sorted({*super().__dir__(), *modules})

    sys.modules[package].__class__ = LazyPackage


def lazy_function(place: str) -> Callable[..., Any]:
    """A function whose module is imported when it is first called.

    Parameters
    ----------
    place : str
        As ``"module:function"``.
    """
    module, _, name = place.partition(":")

    def call(*arguments: Any, **options: Any) -> Any:
        return getattr(import_module(module), name)(*arguments, **options)

    return call


@contextmanager
def collector_paused() -> Iterator[None]:
    """Do not collect garbage: imports make many objects and free few of them.

    The collector would take a sixth of the time in which Keras and JAX are imported.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
