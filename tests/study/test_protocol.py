"""The protocol in the researcher's hands: sizes as shares, seeds apart, settings by size."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn
from errors import raises
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

import dataworth as dw
from dataworth.errors import StudyError
from dataworth.learners.source_hash import own_code
from dataworth.learners.values import code_digest
from dataworth.records.store import Store
from dataworth.report.method import method_items
from dataworth.report.study_report import read_runs

pytestmark = pytest.mark.usefixtures("no_picture")

X, Y = load_digits(return_X_y=True)


def train(run: dw.Run) -> dict[str, float]:
    return {"accuracy": 1 - 1 / run.size + run.seed / 1e6}


def seen(tmp_path: Path, **options: Any) -> list[dw.Run]:
    runs: list[dw.Run] = []

    def note(run: dw.Run) -> dict[str, float]:
        # A function within another one runs in this process.
        runs.append(run)
        return train(run)

    dw.Study(1_000, note, metric="accuracy", **{"sizes": [50, 100], **options}).run(tmp_path)
    return runs


def digits() -> dw.Dataset:
    return dw.Dataset(X, Y, name="digits")


def digests(study: dw.Study) -> dict[tuple[str, int, int], str]:
    return {(key.learner, key.size, key.seed): key.digest for key in study.resolve().runs()}


def methods(directory: Path) -> str:
    items = method_items(read_runs(directory)[0])
    return "\n".join(f"{each.name}: {each.text}" for group in items.values() for each in group)


def test_sizes_as_shares_of_the_rows_that_may_be_trained_on() -> None:
    study = dw.Study(1_000, train, metric="accuracy", sizes=[1.0, 0.1, 0.5])
    assert study.resolve().sizes == (80, 400, 800)
    assert digests(study) == digests(
        dw.Study(1_000, train, metric="accuracy", sizes=[80, 400, 800])
    )
    for wrong in ([0.5, 100], [0.0, 0.5], [1.5], [float("nan")]):
        with raises("value-out-of-range", StudyError, "sizes"):
            dw.Study(1_000, train, sizes=wrong)


def test_the_subset_of_one_seed_and_the_weights_of_each(tmp_path: Path) -> None:
    runs = seen(tmp_path, seeds=2, subset_seed=7)
    assert {run.seed for run in runs} == {0, 1}
    large = [set(run.rows) for run in runs if run.size == 100]
    assert large[0] == large[1]
    (alone,) = (run for run in seen(tmp_path / "7", seeds=[7], sizes=[100]))
    assert set(alone.rows) == large[0]


def test_the_weights_of_one_seed_and_the_subset_of_each(tmp_path: Path) -> None:
    runs = seen(tmp_path, seeds=2, model_seed=7)
    assert {run.seed for run in runs} == {7}
    large = [set(run.rows) for run in runs if run.size == 100]
    assert large[0] != large[1]


@pytest.mark.usefixtures("no_forecast")
def test_seeds_apart_for_a_learner(tmp_path: Path) -> None:
    forest = RandomForestClassifier(3)
    options: dict[str, Any] = {"metric": "accuracy", "sizes": [60, 100], "seeds": 2}
    apart: list[dict[str, Any]] = [{"subset_seed": 3}, {"model_seed": 3}]
    both = [
        dw.Study(digits(), forest, **options, **each).run(tmp_path / next(iter(each)))
        for each in apart
    ]
    plain = dw.Study(digits(), forest, **options).run(tmp_path / "plain")
    values = [tuple(curve.values) for curve in (*both, plain)]
    assert len(set(values)) == 3
    assert "every run of a size has the subset of seed 3" in methods(tmp_path / "subset_seed")
    assert "the training of every run are of seed 3" in methods(tmp_path / "model_seed")
    with raises("options-conflict", StudyError, "subset_seed.*model_seed"):
        dw.Study(digits(), forest, subset_seed=1, model_seed=2)


def test_own_validation_rows_are_in_no_subset(tmp_path: Path) -> None:
    rows = np.arange(0, 1_000, 10)
    for run in seen(tmp_path, validation=rows, held_out=np.arange(1, 1_000, 10), seeds=1):
        assert (run.validation == rows).all()
        assert not set(run.rows) & (set(rows) | set(run.held_out))
    free = dw.Study(1_000, train, metric="accuracy", sizes=[1.0], held_out=list(rows))
    assert free.resolve().sizes == (900,)
    with raises("options-conflict", StudyError, "row 0 .*held out"):
        dw.Study(1_000, train, held_out=[0, 1], validation=[0, 2]).resolve()
    with raises("value-out-of-range", StudyError, "row 1,000"):
        dw.Study(1_000, train, validation=[1_000]).resolve()
    with raises("option-without-effect", StudyError, "validation"):
        dw.Study(digits(), LogisticRegression(), validation=[1, 2]).resolve()


@pytest.mark.usefixtures("no_forecast")
def test_validation_rows_of_a_learner_beside_an_official_split(tmp_path: Path) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    data = dw.Dataset(X[:1_500], Y[:1_500], X[1_500:], Y[1_500:], name="official")
    model = lightgbm.LGBMClassifier(
        n_estimators=50, learning_rate=0.5, verbose=-1, num_leaves=4, n_jobs=1
    )
    options: dict[str, Any] = {"sizes": [100], "seeds": 1, "patience": 5}
    own = dw.Study(data, model, validation=np.arange(1_000, 1_500), **options)
    theirs = dw.Study(data, model, **options)
    assert set(digests(own).values()) != set(digests(theirs).values())
    assert own.resolve().first.split.official
    curve = own.run(tmp_path)
    assert curve.values[0] < 2.3
    assert "500 samples that were set aside" in methods(tmp_path)


@pytest.mark.usefixtures("no_forecast")
def test_a_parameter_by_size_gives_the_runs_of_its_values(tmp_path: Path) -> None:
    options: dict[str, Any] = {"metric": "accuracy", "sizes": [60, 200], "seeds": 1}
    model = LogisticRegression(max_iter=50)
    strength = dw.BySize(lambda n: 10.0 / n)
    study = dw.Study(digits(), model, parameters={"C": strength}, **options)
    assert digests(study) == {
        key: digest
        for size in (60, 200)
        for key, digest in digests(
            dw.Study(digits(), model, parameters={"C": 10.0 / size}, **options)
        ).items()
        if key[1] == size
    }
    study.run(tmp_path)
    assert "C by size: 0.16666666666666666 at 60, 0.05 at 200" in methods(tmp_path)
    more = dw.Study(digits(), model, parameters={"C": strength}, **{**options, "sizes": [60, 400]})
    more.run(tmp_path)
    with Store(tmp_path) as store:
        assert store.table().samples.tolist() == [60, 200, 400]
    other = dw.BySize(lambda n: 20.0 / n)
    with raises("study-differs", StudyError, "by_size|C"):
        dw.Study(digits(), model, parameters={"C": other}, **options).run(tmp_path)


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_model_by_size(workers: int, tmp_path: Path) -> None:
    models = {
        "forest": dw.BySize(lambda n: RandomForestClassifier(n // 20)),
        "plain": LogisticRegression(max_iter=50),
    }
    options: dict[str, Any] = {"metric": "accuracy", "sizes": [60, 200], "seeds": 1}
    study = dw.Study(digits(), models, **options)
    found = digests(study)
    for size, trees in ((60, 3), (200, 10)):
        alone = dw.Study(digits(), {"forest": RandomForestClassifier(trees)}, **options)
        assert found["forest", size, 0] == digests(alone)["forest", size, 0]
    curves = study.run(tmp_path, workers=workers)
    assert set(curves) == {"forest", "plain"}


def test_training_options_by_size() -> None:
    options: dict[str, Any] = {"sizes": [60, 200], "seeds": 1}
    fixed = {
        size: dw.Study(digits(), "linear", epochs=epochs, learning_rate=1 / size, **options)
        for size, epochs in ((60, 5), (200, 2))
    }
    study = dw.Study(
        digits(), "linear", epochs={60: 5, 200: 2}, learning_rate=lambda n: 1 / n, **options
    )
    assert digests(study) == {
        ("linear", size, 0): digests(each)["linear", size, 0] for size, each in fixed.items()
    }
    refused: list[tuple[Any, str]] = [
        ({60: 5}, "option-missing"),
        ({60: 5, 200: 0}, "value-out-of-range"),
        ({"60": 5}, "wrong-type"),
        (lambda n: None, "wrong-type"),
    ]
    for wrong, code in refused:
        with raises(code, StudyError):
            dw.Study(digits(), "linear", epochs=wrong, **options).resolve()


def test_a_function_by_size_is_described_without_the_code_of_libraries() -> None:
    def own(size: int) -> float:
        return float(np.linalg.norm(train_test_split(np.ones(size))[0]))

    described = dw.BySize(own).identity()
    assert described == dw.BySize(own).identity()
    assert set(described) == {"function", "code"}
    (text,) = own_code([own], installed=False)
    assert "train_test_split" in text
    assert described["code"] == code_digest([own])
    library = dw.BySize(train_test_split).identity()
    assert library["version"] == sklearn.__version__
    assert dw.BySize(functools.partial(own, size=3)).identity()["keywords"] == {"size": 3}
