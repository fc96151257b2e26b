"""The built-in networks, as builders of Keras models that end in logits or values."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from dataworth._util.machine import available_memory
from dataworth.errors import StudyError
from dataworth.learners.keras.backend import load_keras
from dataworth.learners.keras.network import Build

DEFAULT_HIDDEN = (128,)
CNN_DROPOUT = 0.5
_BYTES = 4
"""Of a weight."""
_MOST_LAYERS = 100
_MOST_DIGITS = 12


def linear(shape: tuple[int, ...], classes: int) -> Any:
    """Build softmax regression, or linear regression."""
    return mlp(shape, classes, hidden=())


def mlp(shape: tuple[int, ...], classes: int, hidden: tuple[int, ...] = DEFAULT_HIDDEN) -> Any:
    """Build dense layers with ReLU between them.

    Raises
    ------
    StudyError
        If its weights, their gradients and Adam's two averages of these take more memory than
        there is.
    """
    _check_memory(hidden, math.prod(shape), classes)
    keras = load_keras()
    layers = [keras.layers.Dense(units, activation="relu") for units in hidden]
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Flatten(),
            *layers,
            keras.layers.Dense(classes),
        ]
    )


def _check_memory(hidden: Sequence[int], features: int, classes: int) -> None:
    weights = sum(before * after for before, after in pairwise([features, *hidden, classes]))
    needed, free = 4 * _BYTES * weights, available_memory()
    if free is not None and needed > free:
        raise StudyError(
            f"model mlp: the widths {', '.join(map(str, hidden[:8]))} make {weights:,} weights, "
            f"whose training takes {needed / 1e9:,.1f} GB of memory; there are {free / 1e9:,.1f} "
            "GB. Choose smaller widths.",
            code="out-of-memory",
        )


def cnn(shape: tuple[int, ...], classes: int) -> Any:
    """Build 32C3-P-64C3-P-128: two 3x3 convolutions, each with 2x2 max-pooling, and a dense layer.

    Borders are padded with zeros (Keras' "same"), so 28x28 images give 7x7 positions. A dropout of
    one half follows, as in Keras' example of such a network; on real EMNIST images it is more
    accurate than without (benchmarks/RESULTS.md).

    Raises
    ------
    StudyError
        If the samples are not images of at least 4x4 pixels.
    """
    keras = load_keras()
    if len(shape) not in (2, 3) or min(shape[:2]) < 4:
        raise StudyError(
            f'model "cnn" needs images of at least 4x4 pixels; the samples have shape {shape}. '
            'Reshape them to (samples, height, width), or choose "mlp".',
            code="not-images",
        )
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(shape if len(shape) == 3 else (*shape, 1)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(CNN_DROPOUT),
            layers.Dense(128, activation="relu"),
            layers.Dense(classes),
        ]
    )


def preset(name: str) -> tuple[Build, dict[str, Any]] | None:
    """Look up a preset by its name.

    Parameters
    ----------
    name : str
        "linear", "mlp", "mlp:512,512" (widths of the hidden layers) or "cnn".

    Returns
    -------
    (builder, identity) or None
        None if `name` is not a preset. The identity has the type and widths of the network.

    Raises
    ------
    StudyError
        If the widths after "mlp:" are not positive whole numbers.
    """
    if name == "linear":
        return linear, {"preset": "linear"}
    if name == "cnn":
        network = {"network": "32C3-P-64C3-P-128", "padding": "same", "dropout": CNN_DROPOUT}
        return cnn, {"preset": "cnn", **network}
    family, colon, widths = name.partition(":")
    if family != "mlp":
        return None
    if colon and not re.fullmatch(r"\s*[1-9]\d*\s*(,\s*[1-9]\d*\s*)*", widths):
        raise StudyError(
            f'model "{name}": what follows "mlp:" must be the widths of the hidden layers, '
            'separated by commas, as in "mlp:512,512".',
            code="unknown-model",
        )
    # Python reads no number of more than 4,300 digits.
    if any(len(width.strip()) > _MOST_DIGITS for width in widths.split(",")):
        raise StudyError(
            f'model "{name[:40]}...": a width of more than {_MOST_DIGITS} digits is too large.',
            code="value-out-of-range",
        )
    hidden = tuple(int(width) for width in widths.split(",")) if colon else DEFAULT_HIDDEN
    if len(hidden) > _MOST_LAYERS:
        raise StudyError(
            f'model "{name[:40]}...": {len(hidden):,} hidden layers; expected at most '
            f"{_MOST_LAYERS}, which dense layers in a row do not learn with either.",
            code="value-out-of-range",
        )
    return partial(mlp, hidden=hidden), {"preset": "mlp", "hidden": list(hidden)}
