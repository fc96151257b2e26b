"""Skeletons as arrays: the points of every glyph, and the deformations of its strokes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from dataworth.sources.glyphs.strokes import SKELETONS, WRITTEN_SMALL

POINTS = 36
STROKES = 4
WAVES = 6
BENDS = 5 * STROKES + WAVES
"""Columns of `Skeletons.bends`: per stroke shift, x, y, start, end; then cosines along the ink."""

_DENSE = 24

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Skeletons:
    """All glyphs (hand-drawn skeletons) of all classes, one row each.

    Attributes
    ----------
    points : ndarray of float32, shape (glyphs, POINTS, 2)
        The ink's path, x and y, centred, the box's height from -1 to 1; y downwards.
    pen_up : ndarray of bool, shape (glyphs, POINTS - 1)
        Whether the segment from point p to p + 1 is not drawn.
    bends : ndarray of float32, shape (glyphs, POINTS, BENDS)
        Displacement patterns: a linear combination, one for x and one for y, deforms the path.
    small : ndarray of float32, shape (glyphs,)
        1 for a character that is written small, else 0.
    slots : ndarray of int32, shape (classes, 64)
        The glyph behind each 64th of a class: how often each skeleton is drawn.
    """

    points: Floats
    pen_up: NDArray[np.bool_]
    bends: Floats
    small: Floats
    slots: NDArray[np.int32]


@cache
def skeletons() -> Skeletons:
    """Build the arrays from the stroke font."""
    points: list[NDArray[np.float64]] = []
    pen_up: list[NDArray[np.bool_]] = []
    bends: list[NDArray[np.float64]] = []
    small: list[bool] = []
    slots: list[list[int]] = []
    for name, variants in SKELETONS.items():
        slots.append(
            [len(points) + v for v, (parts, _) in enumerate(variants) for _ in range(parts)]
        )
        for _, text in variants:
            path, stroke = _resample([_sections(part) for part in text.split(";")])
            points.append(path)
            pen_up.append(stroke[1:] != stroke[:-1])
            bends.append(_bends(path, stroke))
            small.append(name in WRITTEN_SMALL)
    return Skeletons(
        np.array(points, np.float32),
        np.array(pen_up),
        np.array(bends, np.float32),
        np.array(small, np.float32),
        np.array(slots, np.int32),
    )


def _sections(stroke: str) -> list[NDArray[np.float64]]:
    """The smooth sections of a stroke, each as a dense polyline; a corner ends a section."""
    sections, knots = [], []
    for token in stroke.split():
        if token.startswith("@"):
            knots += _arc(*map(float, token[1:].split(",")))
            continue
        knot = tuple(map(float, token.rstrip("!").split(",")))
        knots.append(knot)
        if token.endswith("!"):
            sections.append(_smooth(np.array(knots)))
            knots = [knot]
    return [*sections, _smooth(np.array(knots))]


def _arc(
    cx: float, cy: float, rx: float, ry: float, start: float, stop: float
) -> list[tuple[float, ...]]:
    angles = np.radians(np.linspace(start, stop, 2 + int(abs(stop - start) // 30)))
    return list(zip(cx + rx * np.cos(angles), cy + ry * np.sin(angles), strict=True))


def _smooth(knots: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centripetal parameter, natural cubic spline: no loops between uneven knots."""
    from scipy.interpolate import CubicSpline

    if len(knots) == 2:
        return np.linspace(knots[0], knots[1], _DENSE)
    gaps = np.sqrt(np.linalg.norm(np.diff(knots, axis=0), axis=1))
    parameter = np.concatenate([[0.0], np.cumsum(gaps)])
    dense = np.linspace(0.0, parameter[-1], _DENSE * (len(knots) - 1))
    return np.asarray(CubicSpline(parameter, knots, bc_type="natural")(dense))


def _resample(
    strokes: list[list[NDArray[np.float64]]],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Place POINTS points evenly on the ink, with ends and corners; also return the strokes."""
    flat = [(number, section) for number, stroke in enumerate(strokes) for section in stroke]
    lengths = np.array([np.linalg.norm(np.diff(s, axis=0), axis=1).sum() for _, s in flat])
    counts = np.ones(len(flat), int)
    for _ in range(POINTS - len(strokes) - len(flat)):
        counts[np.argmax(lengths / counts)] += 1
    path: list[NDArray[np.float64]] = []
    owner: list[int] = []
    for (number, section), count in zip(flat, counts, strict=True):
        first = number not in owner
        arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(section, axis=0), axis=1))])
        at = np.linspace(0.0, arc[-1], count + 1)[0 if first else 1 :]
        path += list(np.stack([np.interp(at, arc, section[:, axis]) for axis in (0, 1)], axis=1))
        owner += [number] * len(at)
    points = np.array(path)
    low, high = points.min(axis=0), points.max(axis=0)
    return (points - (low + high) / 2) / 50.0, np.array(owner)


def _bends(path: NDArray[np.float64], stroke: NDArray[np.int64]) -> NDArray[np.float64]:
    columns = np.zeros((POINTS, BENDS))
    for number in range(stroke.max() + 1):
        mine = stroke == number
        along = np.linspace(0.0, 1.0, mine.sum())
        centred = path[mine] - path[mine].mean(axis=0)
        ends = [np.maximum(0.0, 1 - 2 * along) ** 2, np.maximum(0.0, 2 * along - 1) ** 2]
        patterns = [np.ones(mine.sum()), centred[:, 0], centred[:, 1], *ends]
        columns[mine, 5 * number : 5 * number + 5] = np.stack(patterns, axis=1)
    along = np.linspace(0.0, 1.0, POINTS)
    for wave in range(WAVES):
        columns[:, 5 * STROKES + wave] = np.cos(np.pi * (wave + 1) * along)
    return columns
