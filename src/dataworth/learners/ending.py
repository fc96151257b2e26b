"""Ending: how a model's output columns become logits."""

from __future__ import annotations

from typing import Any

import numpy as np

from dataworth.errors import StudyError
from dataworth.learners.backend import load_keras
from dataworth.learners.own_code import is_own

_PROBED = 16
_SCALES = (1.0, 30.0, 1000.0)


def with_logits(model: Any, shape: tuple[int, ...]) -> tuple[Any, bool]:
    """Take a final softmax off, exactly; else say whether the outputs are logits already.

    Parameters
    ----------
    model : keras.Model
        Built.
    shape : tuple of int
        Of the samples that it takes.

    Returns
    -------
    (keras.Model, bool)
        Where the bool is False, outputs are probabilities.

    Raises
    ------
    StudyError
        If the columns are not one distribution over the classes.
    """
    keras = load_keras()
    last = _last_layer(model)
    if last is None or is_own(type(last)):
        return model, not _gives_probabilities(model, shape)
    if isinstance(last, keras.layers.Softmax) and last in model.layers:
        return keras.Model(model.inputs, last.input), True
    activation = getattr(last, "activation", None)
    if activation is keras.activations.softmax:
        last.activation = keras.activations.linear
        return model, True
    if activation is keras.activations.sigmoid:
        raise _sigmoid("the model ends with a sigmoid")
    if isinstance(last, keras.layers.Dense) and activation is keras.activations.linear:
        return model, True
    return model, not _gives_probabilities(model, shape)


def _last_layer(model: Any) -> Any:
    """Find the layer that makes the output, also within nested models; None if hidden in code."""
    keras = load_keras()
    outputs = getattr(model, "outputs", None)
    if not outputs or _has_own_call(model):
        return None
    layer = outputs[0]._keras_history.operation
    return _last_layer(layer) if isinstance(layer, keras.Model) else layer


def _has_own_call(model: Any) -> bool:
    """Whether code of the user's own stands between a model's graph of layers and its output."""
    return is_own(type(model).call)


def _gives_probabilities(model: Any, shape: tuple[int, ...]) -> bool:
    """Tell by the outputs for noise, of all sizes and signs lest logits pass for a sigmoid's."""
    random = np.random.Generator(np.random.Philox(0))
    noise = [random.random((_PROBED, *shape))]
    noise += [scale * random.standard_normal((_PROBED, *shape)) for scale in _SCALES]
    samples = load_keras().ops.convert_to_tensor(np.concatenate(noise).astype(np.float32))
    output = np.asarray(model(samples, training=False), np.float64)
    # Features that a model takes for indices of a table are beyond it in places.
    output = output[np.isfinite(output).all(axis=1)]
    if not len(output):
        raise StudyError(
            "the model's outputs are not finite numbers before any training; look at what it "
            "makes of its inputs."
        )
    if (output < 0).any() or (output == 0).all() or (output > 1 + 1e-4).any():
        return False
    if not np.allclose(output.sum(axis=1), 1.0, atol=1e-4):
        raise _sigmoid("the model's outputs lie between 0 and 1 like those of a sigmoid")
    return True


def _sigmoid(seen: str) -> StudyError:
    return StudyError(
        f"{seen}, whose columns are not one distribution over the classes; end it with a softmax, "
        "or with no activation."
    )
