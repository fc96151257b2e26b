"""The scrambled Sobol sequence of up to five dimensions, to the bit as SciPy makes it.

``scipy.stats.qmc.Sobol`` gives the same numbers, but importing ``scipy.stats`` takes longer than
everything else that a forecast does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BITS = 30
_POLYNOMIALS = ((1, 0, (1,)), (2, 1, (1, 3)), (3, 1, (1, 3, 1)), (3, 2, (1, 1, 1)))
"""Of the second dimension and those after it: degree and inner coefficients of the primitive
polynomial, and the first direction numbers (Joe and Kuo 2008, new-joe-kuo-6.21201)."""


def sobol_points(count: int, columns: int, random: np.random.Generator) -> NDArray[np.float64]:
    """The first points of a scrambled Sobol sequence.

    Scrambled by a random lower triangular matrix of bits per dimension, and a random digital shift
    (Sobol 1967, Matousek 1998).

    Parameters
    ----------
    count : int
        A power of 2, up to ``2**30``.
    columns : int
        Dimensions, 1 to 5.
    random : numpy.random.Generator
        A child of it draws the scrambling.

    Returns
    -------
    ndarray of float64, shape (count, columns)
        In the half-open interval [0, 1).
    """
    (random,) = random.spawn(1)
    powers = np.left_shift(np.uint32(1), np.arange(_BITS, dtype=np.uint32))
    shift = random.integers(2, size=(columns, _BITS), dtype=np.uint32) @ powers
    matrices = np.tril(random.integers(2, size=(columns, _BITS, _BITS), dtype=np.uint32))
    matrices |= np.eye(_BITS, dtype=np.uint32)
    used = count.bit_length() - 1
    points = shift[None]
    for vectors in _scrambled(matrices, used):
        # A reflected Gray code: the second half is the first one backwards, with one more bit.
        points = np.concatenate([points, points[::-1] ^ vectors])
    return points * np.float64(0.5**_BITS)


def _scrambled(matrices: NDArray[np.uint32], used: int) -> NDArray[np.uint32]:
    """The first direction vectors times the matrices modulo 2, shape (used, columns)."""
    down = np.arange(_BITS - 1, -1, -1, dtype=np.uint32)
    plain = np.array([_directions(column)[:used] for column in range(len(matrices))], np.uint32)
    bits = plain[:, None, :] >> down[:, None] & 1
    mixed = matrices @ bits & 1
    return np.asarray((mixed << down[:, None]).sum(axis=1, dtype=np.uint32).T)


def _directions(column: int) -> list[int]:
    """The direction numbers of a dimension as fractions of ``2**30``."""
    if column == 0:
        odd = [1] * _BITS
    else:
        degree, inner, first = _POLYNOMIALS[column - 1]
        odd = list(first)
        while len(odd) < _BITS:
            new = odd[-degree] ^ odd[-degree] << degree
            for back in range(1, degree):
                if inner >> (degree - 1 - back) & 1:
                    new ^= odd[-back] << back
            odd.append(new)
    return [number << (_BITS - 1 - place) for place, number in enumerate(odd)]
