"""Input scales: layers of a model that make its features small."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dataworth.learners.backend import load_keras

_STRONG = 1 / 32
"""Layers that scale within a network, as before a sum, hardly do so by less than this."""


def input_scales(model: Any) -> dict[str, float]:
    """Factors below 1/32 of the ``Rescaling`` and ``Normalization`` layers, by the layer's name."""
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
