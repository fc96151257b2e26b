"""A Python function as a model: ``train(run) -> {"accuracy": 0.93}``."""

from __future__ import annotations

import hashlib
import inspect
import math
import reprlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from importlib.machinery import PathFinder
from types import FunctionType
from typing import Any

import numpy as np

from dataworth._util.printable import short_name
from dataworth.errors import StudyError
from dataworth.learners.source_hash import own_code
from dataworth.records.run import Run

TrainFunction = Callable[[Run], Mapping[str, float]]


class RunModel(ABC):
    """A model that does a whole run: it trains, scores, and returns its figures by name.

    Attributes
    ----------
    name : str
        What tables call the model.
    """

    name: str

    @property
    @abstractmethod
    def is_importable(self) -> bool:
        """Whether another process can do the run."""

    @abstractmethod
    def identity(self) -> Mapping[str, Any]:
        """All that determines the figures besides the run (JSON values)."""

    @abstractmethod
    def __call__(self, run: Run) -> dict[str, float]:
        """Train, score, and return finite numbers by name."""


class FunctionModel(RunModel):
    """A function that trains, scores, and returns its figures by name.

    Parameters
    ----------
    function : callable
        Called with a `dataworth.Run`; returns a mapping from names of metrics to numbers.
    name : str, optional
        What tables call the model; the function's name by default.
    """

    def __init__(self, function: TrainFunction, name: str | None = None) -> None:
        self.function = function
        self.name = str(name or getattr(function, "__name__", type(function).__name__))

    def identity(self) -> Mapping[str, Any]:
        """The function's name and a hash of its code and of the user's code that it calls."""
        code = "\n".join(own_code([_python_function(self.function)], installed=False))
        digest = hashlib.blake2b(code.encode(), digest_size=16).hexdigest()
        return {"learner": "function", "function": self.name, "code": digest}

    @property
    def is_importable(self) -> bool:
        """Whether another process can import the function by its name."""
        function = _python_function(self.function)
        module, name = function.__module__, function.__qualname__
        if function is not self.function or "." in name or module == "__main__":
            return False
        return PathFinder.find_spec(module.partition(".")[0]) is not None

    def __call__(self, run: Run) -> dict[str, float]:
        """Call the function and check what it returns.

        Raises
        ------
        StudyError
            If it returns no mapping from names to finite numbers.
        """
        return checked_scores(self.function(run), f"the function {self.name}")


def is_train_function(model: Any, *, any_name: bool = False) -> bool:
    """Whether `model` is a function of one argument, ``run`` by name or by its annotation.

    A function that builds a Keras model takes the shape of a sample, the number of classes, or
    both. With `any_name`, the argument may be called anything.
    """
    if not callable(model) or isinstance(model, type):
        return False
    try:
        parameters = list(inspect.signature(model).parameters.values())
    except (TypeError, ValueError):
        return False
    needed = [
        p
        for p in parameters
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if len(needed) != 1:
        return False
    annotation = needed[0].annotation
    annotated = annotation is Run or str(annotation).rpartition(".")[2] == "Run"
    return any_name or annotated or needed[0].name in ("run", "_run")


def checked_scores(returned: Any, source: str) -> dict[str, float]:
    """The figures that a model returned, as floats by name.

    Parameters
    ----------
    returned : object
    source : str
        What the message calls the model.

    Raises
    ------
    StudyError
        If it is not a mapping from names to finite numbers; the message shows what it is.
    """
    expected = 'expected figures by name, as {"accuracy": 0.93}'
    if not isinstance(returned, Mapping) or not returned:
        raise StudyError(
            f"{source} returned {reprlib.repr(returned)}; {expected}.", code="invalid-scores"
        )
    scores: dict[str, float] = {}
    for name, value in returned.items():
        if not isinstance(name, str) or not name.strip():
            raise StudyError(
                f"{source} returned a figure named {reprlib.repr(name)}; {expected}.",
                code="invalid-scores",
            )
        number = value.item() if hasattr(value, "item") and np.ndim(value) == 0 else value
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise StudyError(
                f"{source} returned {short_name(name)} = {reprlib.repr(value)}, which is not a "
                f"number; {expected}.",
                code="invalid-scores",
            )
        try:
            scores[name] = float(number)
        except OverflowError:
            # A whole number of Python may have any number of digits.
            scores[name] = math.inf
        if not math.isfinite(scores[name]):
            raise StudyError(
                f"{source} returned {short_name(name)} = {scores[name]}; expected a finite number.",
                code="invalid-scores",
            )
    return scores


def _python_function(function: Any) -> Any:
    """The plain function whose code is hashed: of a partial, a method or a callable object."""
    while True:
        if hasattr(function, "func"):
            function = function.func
        elif hasattr(function, "__func__"):
            function = function.__func__
        elif hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        else:
            break
    return function if isinstance(function, FunctionType) else type(function)
