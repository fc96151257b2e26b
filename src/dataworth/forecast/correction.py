"""The learned correction: where draws of the laws should lie, given what is seen of the curve.

Laws misjudge whole classes of curves in the same way: learners that need many samples are forecast
too high, quiet seeds make intervals too narrow. Small neural networks have learned from public
curves how the truth lies among the draws (benchmarks/learn_correction.py). They shift and stretch
the draws at each distance by a rising function, so that every answer is still one of the same
draws. Where a curve is unlike all that they were learned on, the correction fades away.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NODES = np.log([1.0, 1.41, 2.0, 2.83, 4.0, 5.66, 8.0, 11.3, 16.0, 22.6, 32.0])
"""Distances ``log(n / N)`` at which the networks are asked; in between they are interpolated."""
LOG_STRETCH, POWER = 1.6, 0.5
"""Bounds of the logarithm of a stretch, and of the distance of the power from 1."""
SHIFT = 4.0
"""Bound of a shift, in spreads of the draws."""
PRODUCTS = ("distance", "bounded")
"""Features whose effect differs between families."""


@dataclass(frozen=True, eq=False)
class Adjustment:
    """A correction of one curve: what is done to its draws at each distance.

    With ``z`` the distance of a draw from the middle of all, in units of their spread, the draw
    becomes ``middle + shift + spread * stretch * sign(z) |z|^power``, where the stretch is `below`
    or `above`.

    Attributes
    ----------
    shift : ndarray, shape (k,)
        Of the log loss at each of `NODES`, constant beyond the last.
    below, above, power : ndarray, shape (k,)
        Of draws below and above the middle.
    """

    shift: Floats
    below: Floats
    above: Floats
    power: Floats

    def apply(self, u: Floats, logs: Floats, middle: Floats, spread: Floats) -> Floats:
        """Correct draws, shape (d, m), at distances u of 0 or more."""
        shift, below, above, power = (
            np.interp(u, NODES, values)
            for values in (self.shift, self.below, self.above, self.power)
        )
        z = (logs - middle) / np.maximum(spread, 1e-12)
        stretched = np.abs(z) ** power * np.where(z < 0, -below, above)
        return np.asarray(middle + shift + spread * stretched)


@dataclass(frozen=True, eq=False)
class Correction:
    """Small networks, and the range of the curves that they were learned on.

    Attributes
    ----------
    features : tuple of str
        Their names, as in `dataworth.forecast.features.NAMES`.
    centre, scale : ndarray, shape (f,)
        Each feature is standardised by them.
    low, high : ndarray, shape (f,)
        The range of each standardised feature in what was learned from.
    families : tuple of str
        The families that were learned, in the order of the networks' inputs.
    networks : tuple
        Of weights and biases of each layer, ``[(weights, biases), ...]``.
    fade : float
        How fast the correction fades outside the range.
    """

    features: tuple[str, ...]
    centre: Floats
    scale: Floats
    low: Floats
    high: Floats
    families: tuple[str, ...]
    networks: tuple[tuple[tuple[Floats, Floats], ...], ...]
    fade: float

    def adjustment(
        self, rows: Floats, family: str | None, middle: Floats, spread: Floats
    ) -> Adjustment:
        """The adjustment of a curve.

        Parameters
        ----------
        rows : ndarray, shape (k, f)
            The features at each of `NODES`.
        family : str or None
            The learner's family; one that was not learned counts as unknown.
        middle, spread : ndarray, shape (k,)
            Of the draws there.
        """
        z = (rows - self.centre) / self.scale
        outside = np.maximum(self.low - z, 0) + np.maximum(z - self.high, 0)
        trust = float(np.exp(-self.fade * outside.max(axis=0).sum()))
        z = np.clip(z, self.low, self.high)
        is_family = np.tile([float(family == name) for name in self.families], (len(z), 1))
        inputs = network_inputs(z, is_family, self.features)
        out = trust * np.mean([_network(layers, inputs) for layers in self.networks], axis=0)
        shift = bounded(out[:, 0], SHIFT) * spread
        # More samples never make the median worse.
        shift = np.minimum.accumulate(middle + shift) - middle
        below, above = (np.exp(bounded(out[:, i], LOG_STRETCH)) for i in (1, 2))
        return Adjustment(shift, below, above, 1 + bounded(out[:, 3], POWER))

    @staticmethod
    def from_json(text: str) -> Correction:
        """Read what `to_json` wrote."""
        told: dict[str, Any] = json.loads(text)
        networks = tuple(
            tuple((np.array(weights), np.array(biases)) for weights, biases in layers)
            for layers in told["networks"]
        )
        centre, scale, low, high = (
            np.array(told[name]) for name in ("centre", "scale", "low", "high")
        )
        names, families = tuple(told["features"]), tuple(told["families"])
        return Correction(names, centre, scale, low, high, families, networks, told["fade"])

    def to_json(self) -> str:
        """As JSON text, rounded to four digits."""
        values = {
            "features": self.features,
            "families": self.families,
            "centre": _rounded(self.centre),
            "scale": _rounded(self.scale),
            "low": _rounded(self.low),
            "high": _rounded(self.high),
            "fade": self.fade,
            "networks": [
                [[_rounded(weights), _rounded(biases)] for weights, biases in layers]
                for layers in self.networks
            ],
        }
        lines = (f'"{name}": {json.dumps(value)}' for name, value in values.items())
        return "{\n" + ",\n".join(lines) + "\n}\n"


def network_inputs(z: Floats, is_family: Floats, names: tuple[str, ...]) -> Floats:
    """The inputs of the networks: features, the family, and its products with `PRODUCTS`.

    Parameters
    ----------
    z : ndarray, shape (k, f)
        Standardised features, called `names`.
    is_family : ndarray, shape (k, g)
        1 for the learner's family, 0 for the others and where it is not known.
    """
    products = [is_family * z[:, [names.index(name)]] for name in PRODUCTS]
    return np.concatenate([z, is_family, *products], axis=1)


def bounded(values: Floats, most: float) -> Floats:
    """Squash values into -most..most, smoothly."""
    return np.asarray(most * np.tanh(values / most))


def _network(layers: tuple[tuple[Floats, Floats], ...], inputs: Floats) -> Floats:
    for weights, biases in layers[:-1]:
        inputs = np.tanh(inputs @ weights + biases)
    weights, biases = layers[-1]
    return np.asarray(inputs @ weights + biases)


def _rounded(values: Floats) -> Any:
    text = np.vectorize(lambda value: float(f"{value:.4g}"))(values)
    return text.tolist()


@lru_cache(maxsize=1)
def shipped_correction() -> Correction:
    """The correction learned on all data sets."""
    return Correction.from_json(
        resources.files(__package__).joinpath("correction.json").read_text("utf-8")
    )
