"""Prior: what public learning curves say about curves in general, before one's own is seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.laws.library import Library

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Prior:
    """Beliefs held before a curve is seen, all free of units.

    Attributes
    ----------
    laws : mapping of str to float
        Weight of each law; a law that is not named gets the smallest weight.
    slopes, stays : ndarray
        Edges of the cells that `shape` counts in; see `Library.slope` and `Library.stays`.
    shape : ndarray, shape (len(slopes) + 1, len(stays) + 1)
        Weight of each cell.
    noise, drift : mapping of str to float
        Values on a grid, as text, and their weights. Noise: standard deviation of a measured log
        loss. Drift: how far, per unit of log n, curves stray from their law.
    kernel : mapping of str to float
        ``rough`` and ``smooth``: straying variance that grows with |u| and with |u|^3;
        ``ahead``: the power of u that it grows with beyond the measured sizes; ``bend``: standard
        deviation of the slope within a cell of the grid; ``tail``: degrees of freedom of the
        Student t that the straying follows ahead.
    """

    laws: Mapping[str, float]
    slopes: Floats
    stays: Floats
    shape: Floats
    noise: Mapping[str, float]
    drift: Mapping[str, float]
    kernel: Mapping[str, float]

    @staticmethod
    def from_json(text: str) -> Prior:
        """Read what `to_json` wrote."""
        raw: dict[str, Any] = json.loads(text)
        arrays = {key: np.array(raw[key], np.float64) for key in ("slopes", "stays", "shape")}
        return Prior(**{**{k: raw[k] for k in ("laws", "noise", "drift", "kernel")}, **arrays})

    def cells(self, shapes: Library) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The row and the column of `shape` that each candidate falls into."""
        return np.searchsorted(self.slopes, shapes.slope), np.searchsorted(self.stays, shapes.stays)

    def log_weights(self, shapes: Library) -> Floats:
        """Log prior weight of each candidate, shape (k,).

        A law's weight within a cell is shared by the candidates that it has there, so that a fine
        grid does not make a law more believable.
        """
        least = min(self.laws.values())
        row, column = self.cells(shapes)
        cell = (shapes.law * self.shape.shape[0] + row) * self.shape.shape[1] + column
        share = 1 / np.bincount(cell)[cell]
        law = np.array([self.laws.get(item.name, least) for item in shapes.laws])
        weights = law[shapes.law] * self.shape[row, column] * share
        return np.asarray(np.log(weights / weights.sum()))


@lru_cache(maxsize=1)
def shipped_prior() -> Prior:
    """The prior in prior.json, written by benchmarks/learn_prior.py."""
    return Prior.from_json(resources.files(__package__).joinpath("prior.json").read_text("utf-8"))
