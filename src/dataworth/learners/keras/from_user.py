"""Builders from the user's models: an object, a file, or a function that builds a model."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dataworth._util.user_code import one_line, user_code
from dataworth.errors import StudyError
from dataworth.learners.keras.backend import load_keras, seeded
from dataworth.learners.keras.fingerprint import fingerprint, layer_configs
from dataworth.learners.keras.learner import Describe, Description
from dataworth.learners.keras.network import Build, Network, input_scales
from dataworth.learners.source_hash import is_own, module_source


def from_model(model: Any) -> tuple[Build, Describe]:
    """Make a builder from the configuration of a ``keras.Model``, without its weights."""
    try:
        config = model.get_config()
        anew = type(model).from_config(config)
    except Exception as error:
        raise _not_built_anew(model, one_line(error)) from None
    if not is_own(type(model).get_config) and layer_configs(anew) != layer_configs(model):
        raise _not_built_anew(model, "Keras does not know what its class was given: other layers")
    _refuse_adapted(model)
    identity = {"model": fingerprint(model)}

    def build(shape: tuple[int, ...], outputs: int) -> Any:
        return type(model).from_config(config)

    def describe(shape: tuple[int, ...], outputs: int, values: bool) -> Description:
        return _description(identity, _example(build, shape, outputs, values))

    return build, describe


def from_function(function: Callable[..., Any]) -> tuple[Build, Describe]:
    """Make a builder from a function of shape and classes, or of one or none of them."""
    arguments = _arguments(function)
    name = getattr(function, "__name__", type(function).__name__)

    def build(shape: tuple[int, ...], outputs: int) -> Any:
        given = arguments(shape, outputs)
        with user_code(f"the model's builder {name}"):
            return function(*given)

    def describe(shape: tuple[int, ...], outputs: int, values: bool) -> Description:
        network = _example(build, shape, outputs, values)
        identity = {"model": fingerprint(network.model, module_source(function))}
        return _description(identity, network)

    return build, describe


def load_model(path: Path) -> Any:
    """Read a ``.keras`` file."""
    if not path.is_file():
        raise StudyError(
            f"there is no file {path}; expected a model saved by Keras (.keras).",
            code="file-not-found",
        )
    keras = load_keras()
    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        raise StudyError(
            f"{path} cannot be read as a Keras model ({one_line(error)}). A model with layers of "
            'your own needs the "module:function" form, which imports them.',
            code="file-damaged",
        ) from None


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
            "arguments; it is called with two: the shape of one sample, and the number of classes.",
            code="wrong-arguments",
        )
    if len(needed) == 2 or any(p.kind == p.VAR_POSITIONAL for p in parameters):
        return lambda shape, outputs: (shape, outputs)
    if len(needed) == 1:
        only_shape = "shape" in needed[0].name
        return lambda shape, outputs: (shape,) if only_shape else (outputs,)
    return lambda shape, outputs: ()


def _example(build: Build, shape: tuple[int, ...], outputs: int, values: bool) -> Network:
    with seeded(0):
        return Network(build, shape, outputs, values=values)


def _description(identity: Mapping[str, Any], network: Network) -> Description:
    constrained = bool(network.constraints)
    return Description(identity, input_scales(network.model), is_constrained=constrained)


def _refuse_adapted(model: Any) -> None:
    """Refuse a model with statistics from ``adapt``, which are not in its configuration."""
    normalization = load_keras().layers.Normalization
    for layer in model._flatten_layers():
        if not (isinstance(layer, normalization) and layer.built and layer.input_mean is None):
            continue
        mean, variance = np.asarray(layer.adapt_mean), np.asarray(layer.adapt_variance)
        if (mean != 0).any() or (variance != 1).any():
            raise StudyError(
                f"the layer {layer.name!r} of the model {model.name!r} was adapted to data, which "
                "a model that is rebuilt for every run forgets. Give the layer its mean= and "
                "variance=, or give a function that builds the model and adapts it.",
                code="model-not-rebuildable",
            )


def _not_built_anew(model: Any, why: str) -> StudyError:
    return StudyError(
        f"the model {model.name!r} cannot be rebuilt from its configuration, which every run "
        f"needs ({why}). Give a function that builds it instead, or write get_config and "
        "from_config.",
        code="model-not-rebuildable",
    )
