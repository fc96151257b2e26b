"""Fingerprint of a model: its configuration, and what its configuration leaves out."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from types import FunctionType
from typing import Any

from dataworth.learners.keras.backend import load_keras
from dataworth.learners.source_hash import is_own, own_code, plain_values


def fingerprint(model: Any, module: str = "") -> str:
    """Hash a model's classes, configuration and own code, apart from names that Keras made up.

    Such names count the layers made in the process ("dense_3"), so that the same model would get
    another fingerprint in the next process.

    Parameters
    ----------
    model : keras.Model
    module : str
        Source of the module that builds it; matters only to a model with code of its own.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    parts = [part for layer in model._flatten_layers() for part in _code_parts(layer)]
    code, config = own_code(parts), _config(model)
    if not code and "config" in config:
        return _hash(config)
    return _hash([config, layer_configs(model), code, module])


def _code_parts(layer: Any) -> list[Any]:
    """A layer's class, and the functions and classes among its attributes that hold code."""
    keras = load_keras()
    kinds = (
        keras.initializers.Initializer,
        keras.regularizers.Regularizer,
        keras.constraints.Constraint,
    )
    values = [inspect.unwrap(v) if callable(v) else v for v in vars(layer).values()]
    functions = [value for value in values if isinstance(value, FunctionType)]
    return [type(layer), *functions, *(type(value) for value in values if isinstance(value, kinds))]


def layer_configs(model: Any) -> list[Any]:
    """All layers, and the numbers that those of own classes hold, without names made up.

    Keras takes the configuration of a model's own class from its arguments, if it can at all, and
    knows nothing of the layers in it.
    """
    layers = model._flatten_layers(include_self=False)
    held = [plain_values(vars(each)) for each in (model, *layers) if is_own(type(each))]
    for values in held:
        values.pop("built", None)
    return list(_without_made_up_names([*map(_config, layers), *held]))


def _config(thing: Any) -> Any:
    keras = load_keras()
    try:
        config = keras.saving.serialize_keras_object(thing)
    except Exception:
        # Own classes may have no configuration; their code and layers then tell them apart.
        return {"class_name": type(thing).__name__}
    return json.loads(json.dumps(config, default=repr))


def _hash(value: Any) -> str:
    text = json.dumps(_without_made_up_names(value), sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _without_made_up_names(config: Any) -> Any:
    names: dict[str, str] = {}
    _collect_made_up_names(config, names)
    return _renamed(config, names)


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
