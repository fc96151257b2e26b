from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import dataworth as dw
from dataworth.data.dataset import Dataset
from dataworth.learners import resolve
from dataworth.learners.standardize import Standardization
from dataworth.study.toml import read_studies


def test_columns_of_a_table() -> None:
    x = np.random.default_rng(0).normal([3.0, 1e6, 0.0], [2.0, 1e3, 1e-9], (9_000, 3))
    x = x.astype(np.float32)
    rows = np.arange(0, 9_000, 2)
    standardized = Standardization.of(x, rows)(x[rows])
    assert standardized.dtype == np.float32
    np.testing.assert_allclose(standardized.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(standardized.std(axis=0), 1, rtol=1e-3)


def test_constant_columns_and_single_rows_are_only_centred() -> None:
    x = np.array([[0.1, 5.0], [0.1, 7.0], [0.1, 9.0]], np.float32)
    assert Standardization.of(x, np.arange(3))(x)[:, 0].tolist() == [0, 0, 0]
    one = Standardization.of(x, np.array([1]))
    assert one.factor.tolist() == [1, 1]
    assert one(x)[1].tolist() == [0, 0]


@pytest.mark.parametrize(("shape", "of"), [((6, 6), (1, 1)), ((6, 6, 3), (3,)), ((5,), (5,))])
def test_images_have_one_mean_for_each_channel(shape: tuple[int, ...], of: tuple[int]) -> None:
    x = np.random.default_rng(0).normal(2, 3, (50, *shape)).astype(np.float32)
    found = Standardization.of(x, np.arange(50))
    assert np.prod(found.mean.shape) == np.prod(of)
    assert found(x).std() == pytest.approx(1, rel=0.02)


def table(rows: int = 300) -> Dataset:
    random = np.random.default_rng(1)
    y = np.arange(rows) % 2
    x = random.normal([0, 5_000, 1], [1e-3, 700, 0], (rows, 3))
    x[:, 0] += y * 2e-3
    return Dataset(x, y, name="table")


@pytest.mark.slow
def test_presets_standardise_real_valued_features_unless_told_otherwise(tmp_path: Path) -> None:
    data = table()
    curve = dw.Study(data, "linear", sizes=[6, 200], seeds=1, name="default").run(tmp_path / "a")
    assert curve.summary()[-1].mean < 0.6
    raw = dw.Study(data, "linear", sizes=[6, 200], seeds=1, epochs=5, standardize=False)
    assert raw.run(tmp_path / "b").summary()[-1].mean > 5
    identity = dict(raw.resolve().objectives["linear"].identity["learner"])
    assert "standardize" not in identity
    assert "standardize = false" in (tmp_path / "b" / "study.toml").read_text()
    written = (tmp_path / "a" / "study.toml").read_text()
    assert "standardize = true" in written
    assert "patience = 5" in written
    assert "epochs" not in written


def test_a_run_directory_of_before_has_features_as_they_are(tmp_path: Path) -> None:
    text = 'data = "digits"\nmodel = "linear"\nepochs = 10\n'
    (tmp_path / "study.toml").write_text(text)
    (tmp_path / "results.sqlite").touch()
    (found,) = read_studies(tmp_path)
    assert found.standardize is False
    (tmp_path / "mine.toml").write_text(text)
    (found,) = read_studies(tmp_path / "mine.toml")
    assert found.standardize is None


def test_images_in_bytes_keep_their_scale(digits: Dataset) -> None:
    learner = resolve("linear")
    assert "standardize" not in learner.identity(digits, digits.task)  # type: ignore[call-arg]
