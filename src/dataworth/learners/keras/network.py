"""A Keras model as pure functions of its weights, adapted to the shape of the data."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dataworth._util.user_code import one_line, place, user_code
from dataworth.errors import StudyError
from dataworth.learners.keras.backend import load_keras
from dataworth.learners.source_hash import is_own

_PROBED = 16
_SCALES = (1.0, 30.0, 1000.0)


def with_logits(model: Any, shape: tuple[int, ...]) -> tuple[Any, bool]:
    """Remove a final softmax, exactly; otherwise find out whether the outputs are logits.

    Parameters
    ----------
    model : keras.Model
        Built.
    shape : tuple of int
        Shape of the samples that it takes.

    Returns
    -------
    (keras.Model, bool)
        If the bool is False, the outputs are probabilities.

    Raises
    ------
    StudyError
        If the columns are not a distribution over the classes.
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
    """Find the layer that makes the output, also in nested models; None if code computes it."""
    keras = load_keras()
    outputs = getattr(model, "outputs", None)
    if not outputs or _has_own_call(model):
        return None
    layer = outputs[0]._keras_history.operation
    return _last_layer(layer) if isinstance(layer, keras.Model) else layer


def _has_own_call(model: Any) -> bool:
    """Whether the user's code is between a model's graph of layers and its output."""
    return is_own(type(model).call)


def _gives_probabilities(model: Any, shape: tuple[int, ...]) -> bool:
    """Detect probabilities from the outputs for noise of several scales and both signs.

    With noise of one scale, logits could all lie between 0 and 1 like the outputs of a sigmoid.
    """
    random = np.random.Generator(np.random.Philox(0))
    noise = [random.random((_PROBED, *shape))]
    noise += [scale * random.standard_normal((_PROBED, *shape)) for scale in _SCALES]
    samples = load_keras().ops.convert_to_tensor(np.concatenate(noise).astype(np.float32))
    output = np.asarray(model(samples, training=False), np.float64)
    # Features that a model uses as indices of an embedding can be out of range.
    output = output[np.isfinite(output).all(axis=1)]
    if not len(output):
        raise StudyError(
            "the model's outputs are not finite numbers before any training; check its layers and "
            "initial weights.",
            code="invalid-outputs",
        )
    if (output < 0).any() or (output == 0).all() or (output > 1 + 1e-4).any():
        return False
    if not np.allclose(output.sum(axis=1), 1.0, atol=1e-4):
        raise _sigmoid("the model's outputs lie between 0 and 1 like those of a sigmoid")
    return True


def _sigmoid(seen: str) -> StudyError:
    return StudyError(
        f"{seen}, whose columns are not one distribution over the classes; end it with a softmax, "
        "or with no activation.",
        code="invalid-outputs",
    )


_STRONG = 1 / 32
"""Layers that scale inside a network, such as before a sum, rarely have smaller factors."""


def input_scales(model: Any) -> dict[str, float]:
    """Factors below 1/32 of ``Rescaling`` and ``Normalization`` layers, by their names."""
    found = {layer.name: _factor(layer) for layer in model._flatten_layers()}
    return {name: factor for name, factor in found.items() if 0 < factor < _STRONG}


def _factor(layer: Any) -> float:
    layers = load_keras().layers
    if isinstance(layer, layers.Rescaling):
        return float(np.abs(layer.scale).max())
    variance = getattr(layer, "variance", None)
    if isinstance(layer, layers.Normalization) and not layer.invert and variance is not None:
        return 1.0 / math.sqrt(np.mean(variance))
    return 1.0


def with_any_values(model: Any) -> Any:
    """A model of a regression, whose outputs are any numbers.

    Raises
    ------
    StudyError
        If it ends with an activation: the targets that it is trained on are standardised.
    """
    layers, last = load_keras().layers, _last_layer(model)
    if last is None or is_own(type(last)):
        return model
    activation = getattr(last, "activation", None)
    linear = load_keras().activations.linear
    is_activation = isinstance(last, layers.Softmax | layers.ReLU)
    if is_activation or (activation is not None and activation is not linear):
        raise StudyError(
            f"the model of a regression ends with {_name_of(last if is_activation else activation)}"
            "; it is trained on targets with zero mean and unit variance, which are any numbers. "
            "End it with keras.layers.Dense(1), without an activation.",
            code="invalid-outputs",
        )
    return model


def _name_of(activation: Any) -> str:
    return str(getattr(activation, "__name__", type(activation).__name__)).lower()


Build = Callable[[tuple[int, ...], int], Any]
"""Called with the shape of one sample and the number of classes (of a regression: of columns);
returns a ``keras.Model``."""


class Network:
    """A built Keras model that takes samples of `shape` and gives `outputs` columns of logits.

    Those of a regression are values.

    Parameters
    ----------
    build : callable
        Called with `shape` and `outputs`; returns a fresh ``keras.Model``.
    shape : tuple of int
        Shape of one sample in the data.
    outputs : int
        Number of classes; of a regression, of columns.
    values : bool
        Whether the outputs are values of a regression.

    Raises
    ------
    StudyError
        If the model cannot take such samples, or does not end in `outputs` columns.
    """

    def __init__(
        self, build: Build, shape: tuple[int, ...], outputs: int, *, values: bool = False
    ) -> None:
        self.shape = shape
        needs = f"need {outputs} outputs" if values else f"{outputs} classes"
        self.model, self.input_shape = _fitted(build, shape, outputs, needs)
        if values:
            self.model, self.gives_logits = with_any_values(self.model), True
        else:
            self.model, self.gives_logits = with_logits(self.model, self.input_shape)

    @property
    def trainable(self) -> list[Any]:
        """Values of the trainable weights, in the order of Keras."""
        return [variable.value for variable in self.model.trainable_variables]

    @property
    def state(self) -> list[Any]:
        """Values of the other variables that a step may change: statistics, seeds of dropout."""
        return [variable.value for variable in self.model.non_trainable_variables]

    @property
    def constraints(self) -> tuple[Callable[[Any], Any] | None, ...]:
        """The constraint of each of the trainable weights; empty if none has one."""
        found = tuple(variable.constraint for variable in self.model.trainable_variables)
        return () if all(each is None for each in found) else found

    @property
    def has_only_seeds(self) -> bool:
        """Whether `state` has only seeds: no statistics, no frozen weights."""
        return not self.model.non_trainable_weights

    def __call__(
        self, trainable: Sequence[Any], state: Sequence[Any], x: Any, *, training: bool
    ) -> tuple[Any, list[Any], Any]:
        """Apply the model to a batch.

        Returns
        -------
        (logits, state, penalty)
            float32 logits or values, shape (batch, outputs); the new state; the sum of the
            model's additional losses, such as weight decay.
        """
        import jax.numpy as jnp

        keywords = {"training": training} if self.model._call_has_training_arg else {}
        with user_code(f"the model {self.model.name!r}, compiled by JAX,"):
            output, after, losses = self.model.stateless_call(
                list(trainable),
                list(state),
                x.reshape(x.shape[0], *self.input_shape),
                return_losses=True,
                **keywords,
            )
        output = output.astype(jnp.float32)
        if not self.gives_logits:
            output = jnp.log(jnp.maximum(output, np.finfo(np.float32).tiny))
        return output, after, sum(losses, jnp.float32(0.0))


def _fitted(
    build: Build, shape: tuple[int, ...], outputs: int, needs: str
) -> tuple[Any, tuple[int, ...]]:
    """Build the model for the first possible shape of a sample that it accepts."""
    keras = load_keras()
    model = build(shape, outputs)
    if not isinstance(model, keras.Model):
        raise StudyError(
            f"the model's builder returned a {type(model).__name__}; expected a keras.Model. A "
            "function that trains by itself has one argument, named run: train(run).",
            code="not-a-model",
        )
    wanted = _wanted(model)
    failures = []
    for candidate in _candidates(shape, wanted):
        if not _takes(wanted, candidate):
            continue
        try:
            produced = _built(model, candidate)
            failure = f"its output has shape {produced}"
        except Exception as error:
            # Keras raises many types of exceptions for a shape that does not fit.
            produced, failure = None, one_line(error) + place(error)
        if isinstance(produced, tuple) and len(produced) == 2 and produced[1] == outputs:
            return model, candidate
        failures.append(f"given samples of shape {candidate}, {failure}")
        model = build(shape, outputs)
    raise StudyError(
        f"the model does not fit the data, which have samples of shape {shape} and {needs}: "
        f"{'; '.join(failures) or f'it takes samples of shape {wanted}'}. "
        f"It must take one batch of samples and end in {outputs} columns.",
        code="model-does-not-fit-data",
    )


def _built(model: Any, shape: tuple[int, ...]) -> Any:
    """Build the weights of a model for samples of `shape`; return the shape of its output."""
    sample = load_keras().ops.zeros((1, *shape))
    try:
        produced = model.compute_output_shape((None, *shape))
    except NotImplementedError:
        # A custom class may not define it; its output has the shape.
        return tuple(model(sample).shape)
    if not model.built or not model.variables:
        model(sample)
    return produced


def _wanted(model: Any) -> tuple[int | None, ...] | None:
    """Return the shape of samples that the model requires, or None if it accepts any."""
    shape = getattr(model, "input_shape", None) if model.built else None
    return tuple(shape[1:]) if isinstance(shape, tuple) else None


def _takes(wanted: tuple[int | None, ...] | None, candidate: tuple[int, ...]) -> bool:
    if wanted is None:
        return True
    return len(wanted) == len(candidate) and all(
        size in (None, have) for size, have in zip(wanted, candidate, strict=True)
    )


def _candidates(shape: tuple[int, ...], wanted: Any) -> list[tuple[int, ...]]:
    """List the equivalent shapes of a sample: with or without a channel, or flat."""
    shapes = [shape]
    if len(shape) > 1 and shape[-1] == 1:
        shapes.append(shape[:-1])
    elif len(shape) == 2:
        shapes.append((*shape, 1))
    if len(shape) > 1:
        shapes.append((math.prod(shape),))
    elif isinstance(wanted, tuple) and None not in wanted and math.prod(wanted) == shape[0]:
        shapes.append(wanted)
    return shapes
