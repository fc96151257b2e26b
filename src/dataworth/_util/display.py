"""The one seam between values and what draws them.

A value object draws itself, as ``curve.plot()``, and yet imports nothing that draws: it calls one
of the functions here. The package that draws registers a function for the value's class by the
class's name, and is imported at the first call.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from dataworth.errors import DataworthWarning, MissingDependencyError

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes  # for the annotations of what draws itself

Function = TypeVar("Function", bound=Callable[..., Any])


class Renderer:
    """A function whose implementation depends on the class of its first argument.

    Parameters
    ----------
    module : str
        The module whose import registers the implementations.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._functions: dict[str, Callable[..., Any]] = {}

    def register(self, name: str) -> Callable[[Function], Function]:
        """Register the decorated function for values of the class `name` and of its subclasses."""

        def decorator(function: Function) -> Function:
            self._functions[name] = function
            return function

        return decorator

    def __call__(self, value: object, *arguments: Any, **options: Any) -> Any:
        """Call the function that is registered for the class of `value`.

        Raises
        ------
        TypeError
            If there is none.
        """
        import_module(self._module)
        for kind in type(value).__mro__:
            if kind.__name__ in self._functions:
                return self._functions[kind.__name__](value, *arguments, **options)
        raise TypeError(f"{self._module} cannot show a {type(value).__name__}.")


draw = Renderer("dataworth.plots")
"""Draw a value on matplotlib axes: ``draw(value, axes, **options)`` returns the axes."""
html = Renderer("dataworth.report.notebook")
"""The HTML of a value in a notebook: ``html(value)`` returns a string."""


def html_or_none(value: object) -> str | None:
    """The HTML of a value in a notebook, which shows its text in place of None.

    None where a library that draws is not installed; a warning says which.
    """
    try:
        return str(html(value))
    except MissingDependencyError as error:
        warnings.warn(DataworthWarning(f"shown as text: {error}", code="no-picture"), stacklevel=3)
        return None
