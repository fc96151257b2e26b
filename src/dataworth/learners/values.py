"""The values that a model was made with, as JSON values for its identity."""

from __future__ import annotations

import functools
import hashlib
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import numpy as np

from dataworth.errors import StudyError
from dataworth.learners.source_hash import is_installed, own_code

_MOST_NUMBERS = 64
"""Arrays of more elements than this are given by their digest."""
WITHOUT_EFFECT = frozenset(
    {"random_state", "random_seed", "n_jobs", "thread_count", "verbose", "verbosity", "memory"}
)
"""Parameters of estimators that a run sets itself, or that do not change what is fitted."""


def described(value: Any) -> Any:
    """A value as JSON: equal for equal values, different for values that act differently.

    Numbers, texts, lists and mappings stay what they are. Large arrays are given by a digest,
    estimators by class, version and parameters, the user's own functions and classes by a digest
    of their code, those of installed packages by name and version.

    Raises
    ------
    StudyError
        If an object can be described by none of these, and cannot be pickled either.
    """
    return _described(value, ())


def code_digest(roots: Iterable[Any]) -> str:
    """A digest of the user's own code that functions and classes consist of and call."""
    code = "\n".join(own_code(roots, installed=False))
    return hashlib.blake2b(code.encode(), digest_size=16).hexdigest()


def package_version(thing: Any) -> str:
    """Version of the package that a class or function is defined in; empty if it has none."""
    package = str(getattr(thing, "__module__", None) or "builtins").partition(".")[0]
    if package in sys.stdlib_module_names:
        return ""
    known = getattr(sys.modules.get(package), "__version__", None)
    if isinstance(known, str):
        return known
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def class_identity(kind: type) -> dict[str, str]:
    """A class by its path and its version, or the digest of its code if it is the user's own."""
    return {"class": f"{kind.__module__}.{kind.__qualname__}"} | _origin(kind)


def _origin(thing: Any) -> dict[str, str]:
    if not is_installed(thing) and thing.__module__ not in (None, "builtins"):
        return {"code": code_digest([thing])}
    found = package_version(thing)
    return {"version": found} if found else {}


def _described(value: Any, above: tuple[int, ...]) -> Any:
    if id(value) in above:
        return "(itself)"
    above = (*above, id(value))
    match value:
        case None | bool() | str():
            return value
        case int() | np.integer():
            return int(value)
        case float() | np.floating():
            return float(value) if math.isfinite(value) else repr(float(value))
        case np.bool_():
            return bool(value)
        case np.ndarray():
            return _array(value, above)
        case Mapping():
            named = {key if isinstance(key, str) else repr(key): value[key] for key in value}
            return {name: _described(named[name], above) for name in sorted(named)}
        case set() | frozenset():
            return sorted((_described(each, above) for each in value), key=json.dumps)
        case bytes() | bytearray():
            return {"bytes": _digest(bytes(value))}
        case list() | tuple() | range():
            return _sequence(value, above)
        case functools.partial():
            parts = {"function": value.func, "args": value.args, "keywords": value.keywords}
            return {name: _described(part, above) for name, part in parts.items()}
        case MethodType():
            return {
                "method": value.__name__,
                "of": _described(value.__self__, above),
            }
        case type():
            return class_identity(value)
        case FunctionType():
            name = f"{value.__module__}.{value.__qualname__}"
            return {"function": name} | _origin(value)
        case BuiltinFunctionType() | np.ufunc():
            return {"function": value.__name__}
    return _object(value, above)


def _sequence(values: Sequence[Any], above: tuple[int, ...]) -> Any:
    if len(values) > _MOST_NUMBERS and all(isinstance(each, int | float | str) for each in values):
        return {"items": len(values), "digest": _digest(json.dumps(list(values)).encode())}
    return [_described(each, above) for each in values]


def _array(array: np.ndarray[Any, Any], above: tuple[int, ...]) -> Any:
    if array.dtype.kind == "O":
        return _sequence(array.tolist(), above)
    if array.size <= _MOST_NUMBERS and array.dtype.kind in "biufUS":
        return _described(array.tolist(), above)
    digest = _digest(np.ascontiguousarray(array).tobytes())
    return {"array": str(array.dtype), "shape": list(array.shape), "digest": digest}


def _object(value: Any, above: tuple[int, ...]) -> Any:
    kind = type(value)
    identity: dict[str, Any] = dict(class_identity(kind))
    if hasattr(value, "get_params"):
        parameters = value.get_params(deep=False)
        identity["parameters"] = {
            name: _described(parameters[name], above)
            for name in sorted(parameters)
            if name not in WITHOUT_EFFECT
        }
        # What is cloned with what it has learned, such as a FrozenEstimator.
        clone = getattr(kind, "__sklearn_clone__", None)
        if clone is not None and clone.__qualname__ != "BaseEstimator.__sklearn_clone__":
            learned = [vars(each) for each in parameters.values() if hasattr(each, "fit")]
            identity["state"] = _described(learned, above)
        return identity
    state = getattr(value, "__dict__", None)
    if state is None:
        return identity | {"state": _described(_reduced(value), above)}
    attributes = {name: each for name, each in state.items() if name not in WITHOUT_EFFECT}
    return identity | {"state": _described(attributes, above)}


def _reduced(value: Any) -> list[Any]:
    """What an object without attributes would be made of again from its pickle."""
    try:
        reduced = value.__reduce_ex__(4)
        return [reduced] if isinstance(reduced, str) else list(reduced[1:3])
    except Exception as error:
        raise StudyError(
            f"{type(value).__name__}, which is a part of the model, cannot be distinguished from "
            f"others like it: it cannot be pickled ({error}). Give it parameters or attributes.",
            code="not-picklable",
        ) from None


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
