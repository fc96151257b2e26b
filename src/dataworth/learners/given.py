"""Models that a person brings: an object, a file, or a function that builds one."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dataworth.errors import StudyError
from dataworth.learners.backend import load_keras, seeded
from dataworth.learners.keras import Identify
from dataworth.learners.network import Build, Network


def from_model(model: Any) -> tuple[Build, Identify]:
    """Take a ``keras.Model`` as a pattern: its configuration without its weights."""
    try:
        config = model.get_config()
        type(model).from_config(config)
    except Exception as error:
        raise StudyError(
            f"the model {model.name!r} cannot be built anew from its configuration, which every "
            f"run needs ({_one_line(error)}). Give a function that builds it instead, or write "
            "get_config and from_config."
        ) from None
    identity = {"model": fingerprint(model)}

    def build(shape: tuple[int, ...], outputs: int) -> Any:
        return type(model).from_config(config)

    return build, lambda shape, outputs: identity


def from_function(function: Callable[..., Any]) -> tuple[Build, Identify]:
    """Take a function of (shape, classes), or of fewer of them, that returns a ``keras.Model``."""
    arguments = _arguments(function)

    def build(shape: tuple[int, ...], outputs: int) -> Any:
        return function(*arguments(shape, outputs))

    def identify(shape: tuple[int, ...], outputs: int) -> dict[str, Any]:
        with seeded(0):
            return {"model": fingerprint(Network(build, shape, outputs).model)}

    return build, identify


def load_model(path: Path) -> Any:
    """Read a ``.keras`` file."""
    if not path.is_file():
        raise StudyError(f"there is no file {path}; expected a model saved by Keras (.keras).")
    try:
        return load_keras().models.load_model(path, compile=False)
    except Exception as error:
        raise StudyError(
            f"{path} cannot be read as a Keras model ({_one_line(error)}). A model with layers of "
            'your own needs the "module:function" form, which imports them.'
        ) from None


def import_function(text: str) -> Callable[..., Any]:
    """Import what "module:function" names; modules in the working directory count."""
    # A module that imports Keras at its top must find it on the JAX backend.
    load_keras()
    module_name, _, name = text.partition(":")
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise StudyError(
            f'model "{text}": the module {module_name} cannot be imported ({_one_line(error)}). '
            f"Modules are looked for in {here} and on PYTHONPATH."
        ) from None
    function = getattr(module, name, None)
    if not callable(function):
        functions = [key for key, value in vars(module).items() if inspect.isfunction(value)]
        raise StudyError(
            f'model "{text}": {module_name} has no function {name}; '
            f"it has {', '.join(functions) or 'none'}."
        )
    found: Callable[..., Any] = function
    return found


def fingerprint(model: Any) -> str:
    """Hash a model's class and configuration, apart from the names that Keras made up.

    Such names count the layers made in the process ("dense_3"), so that the same model would get
    another fingerprint in the next process.
    """
    config = json.loads(json.dumps(load_keras().saving.serialize_keras_object(model), default=repr))
    names: dict[str, str] = {}
    _collect_made_up_names(config, names)
    text = json.dumps(_renamed(config, names), sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _collect_made_up_names(config: Any, names: dict[str, str]) -> None:
    if isinstance(config, dict):
        inner = config.get("config")
        name = inner.get("name") if isinstance(inner, dict) else None
        kind = str(config.get("class_name")).lower()
        if isinstance(name, str) and re.sub(r"_\d+$", "", name).replace("_", "") == kind:
            names.setdefault(name, f"{kind}#{len(names)}")
        config = list(config.values())
    if isinstance(config, list):
        for value in config:
            _collect_made_up_names(value, names)


def _renamed(config: Any, names: dict[str, str], key: str = "") -> Any:
    if isinstance(config, dict):
        return {k: _renamed(value, names, k) for k, value in config.items()}
    if isinstance(config, list):
        return [_renamed(value, names, key) for value in config]
    if isinstance(config, str) and "activation" not in key:
        return names.get(config, config)
    return config


def _arguments(function: Callable[..., Any]) -> Callable[[tuple[int, ...], int], tuple[Any, ...]]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return lambda shape, outputs: (shape, outputs)
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    needed = [p for p in positional if p.default is p.empty]
    if len(needed) > 2:
        raise StudyError(
            f"the function {getattr(function, '__name__', function)} needs {len(needed)} "
            "arguments; it is called with two: the shape of one sample, and the number of classes."
        )
    if len(needed) == 2 or any(p.kind == p.VAR_POSITIONAL for p in parameters):
        return lambda shape, outputs: (shape, outputs)
    if len(needed) == 1:
        only_shape = "shape" in needed[0].name
        return lambda shape, outputs: (shape,) if only_shape else (outputs,)
    return lambda shape, outputs: ()


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
