"""Tables and arrays whose labels are quantities: the task is asked for, and then obeyed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import scipy.io
from errors import raises
from source_files import write_idx

import dataworth as dw
from dataworth.errors import DataError, LabelError
from dataworth.sources import cache
from dataworth.tasks.regression import Regression

RANDOM = np.random.default_rng(0)
ROWS = 300
FEATURES = RANDOM.normal(size=(ROWS, 3)).astype(np.float32)
AGES = RANDOM.permutation(np.resize(np.arange(91), ROWS))
PRICES = np.round(RANDOM.lognormal(3, 1, ROWS), 2)


def csv(path: Path, target: Any, decimals: int = 3) -> Path:
    rows = [
        ",".join([*(f"{value:.{decimals}f}" for value in features), str(label)])
        for features, label in zip(FEATURES, target, strict=True)
    ]
    path.write_text("\n".join(["f0,f1,f2,target", *rows]))
    return path


def table(folder: Path, form: str, target: Any) -> Path:
    path = folder / f"ages{form}"
    if form == ".csv":
        return csv(path, target)
    if form == ".parquet":
        columns = {f"f{k}": FEATURES[:, k] for k in range(3)}
        pl.DataFrame({**columns, "target": target}).write_parquet(path)
    elif form == ".npz":
        np.savez(path, x=FEATURES, y=target)
    elif form == ".mat":
        scipy.io.savemat(path, {"x": FEATURES, "y": target})
    return path


@pytest.mark.parametrize("form", [".csv", ".parquet", ".npz", ".mat"])
def test_whole_numbers_that_look_like_a_quantity_need_a_task(tmp_path: Path, form: str) -> None:
    path = table(tmp_path, form, AGES)
    with raises("target-unclear", LabelError, rf"ages\{form}.*91 distinct.*300 rows.*--task"):
        dw.load(path)
    classes = dw.load(path, task="classification")
    assert classes.classes == 91
    assert classes.source["task"] == "classification"
    numbers = dw.load(path, task="regression")
    assert numbers.y.tolist() == AGES.tolist()
    assert numbers.classes == 0


@pytest.mark.parametrize("form", [".csv", ".parquet", ".npz", ".mat"])
def test_fractions_are_targets_of_regression(tmp_path: Path, form: str) -> None:
    path = table(tmp_path, form, PRICES)
    with raises("label-not-a-class", LabelError, rf"ages\{form}, row .*regression"):
        dw.load(path)
    data = dw.load(path, task="regression")
    assert data.y.tolist() == PRICES.tolist()
    json.dumps(dict(data.source))


def test_labels_of_idx_files_may_be_quantities(tmp_path: Path) -> None:
    write_idx(tmp_path / "train-images-idx3-ubyte", np.zeros((ROWS, 4, 4), np.uint8))
    write_idx(tmp_path / "train-labels-idx1-ubyte", AGES.astype(np.uint8))
    assert dw.load(tmp_path, task="regression").y.tolist() == AGES.tolist()


def test_a_task_with_options_is_obeyed(tmp_path: Path) -> None:
    data = dw.load(csv(tmp_path / "a.csv", PRICES), task=Regression((0.1, 0.9)))
    assert data.task == Regression((0.1, 0.9))
    assert data.source["task"] == {"kind": "regression", "quantiles": [0.1, 0.9]}


@pytest.mark.parametrize("form", [".csv", ".npz"])
def test_each_task_has_a_cache_of_its_own(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "CACHE_FROM_BYTES", 0)
    path = table(tmp_path, form, AGES)
    tasks = ("regression", "classification", "regression")
    plain = [dw.load(path, task=task) for task in tasks]
    monkeypatch.setattr(cache, "_fill", pytest.fail)
    for task, data in zip(tasks, plain, strict=True):
        again = dw.load(path, task=task)
        assert again.y.tolist() == data.y.tolist()
        assert again.y.dtype == data.y.dtype
        assert again.fingerprint == data.fingerprint
    assert plain[0].fingerprint != plain[1].fingerprint


@pytest.mark.parametrize(
    ("value", "code"), [("x", "not-numeric"), ("nan", "not-finite"), ("1e999", "not-finite")]
)
def test_a_target_that_is_no_number_is_refused_with_its_row(
    tmp_path: Path, value: str, code: str
) -> None:
    target = [*PRICES[:40], value, *PRICES[41:]]
    with raises(code, DataError, r"a\.csv, row 42.*"):
        dw.load(csv(tmp_path / "a.csv", target), task="regression")


def test_a_missing_target_of_arrays_is_refused_with_its_row(tmp_path: Path) -> None:
    target = np.where(np.arange(ROWS) == 7, np.nan, PRICES)
    with raises("not-finite", DataError, r"ages\.npz, row 8"):
        dw.load(table(tmp_path, ".npz", target), task="regression")
    with raises("value-missing", DataError, r"ages\.parquet, row 8"):
        dw.load(table(tmp_path, ".parquet", pl.Series([*PRICES[:7], None, *PRICES[8:]])))


def test_sources_with_official_classes_take_no_task() -> None:
    with raises("unknown-option", DataError, "'task'"):
        dw.load("digits", task="regression")
