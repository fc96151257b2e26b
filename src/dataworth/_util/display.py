"""The one seam between values and what draws them.

A value object draws itself, as ``curve.plot()``, and yet imports nothing that draws: it calls one
of the functions here. The package that draws registers a function for the value's class by the
class's name, and is imported at the first call.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

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
