"""The scrambled Sobol sequence: the bits of SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats.qmc import Sobol

from dataworth.forecast.sobol import sobol_points


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


@pytest.mark.parametrize("seed", [0, 1, 2, 77, 2**40])
@pytest.mark.parametrize(("count", "columns"), [(4096, 5), (1, 5), (2, 1), (64, 3), (1 << 15, 4)])
def test_gives_the_bits_of_scipy(seed: int, count: int, columns: int) -> None:
    expected = Sobol(columns, rng=generator(seed)).random(count)
    assert sobol_points(count, columns, generator(seed)).tobytes() == expected.tobytes()


def test_every_column_has_one_point_in_each_of_equal_intervals() -> None:
    points = sobol_points(1024, 5, generator(3))
    cells = np.sort((points * 1024).astype(int), axis=0)
    assert (cells == np.arange(1024)[:, None]).all()
