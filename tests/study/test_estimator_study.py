"""Estimators as the model of a study, from end to end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from errors import raises, warns
from lightgbm import LGBMClassifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

import dataworth as dw
from dataworth.data.dataset import Dataset
from dataworth.data.splits import split
from dataworth.data.subsets import NestedSampler
from dataworth.errors import StudyError
from dataworth.records.store import Store
from dataworth.report.write import write_report

pytestmark = pytest.mark.usefixtures("no_picture")

SIZES: dict[str, Any] = {"sizes": [100, 400], "seeds": 2}


def test_the_loss_is_that_of_scikit_learn(digits: Dataset, tmp_path: Path) -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression())
    curve = dw.Study(data=digits, model=model, **SIZES).run(tmp_path)
    assert curve.metric.name == "loss"
    parts = split(digits)
    for size, seed, loss in zip(curve.samples, curve.seeds, curve.values, strict=True):
        rows = NestedSampler().order(digits, parts.pool.rows, seed)[:size]
        x = digits.x.reshape(len(digits), -1) * np.float32(digits.scale)
        model.fit(x[rows], digits.y[rows])
        shares = model.predict_proba(x[parts.held_out.rows])
        assert loss == pytest.approx(log_loss(parts.held_out.y, shares), rel=1e-4)


@pytest.mark.slow
def test_a_regressor_gives_rmse_and_workers_the_same_figures(tmp_path: Path) -> None:
    x, y = load_diabetes(return_X_y=True)
    data = Dataset(x, y, task="regression", name="diabetes")
    study = dw.Study(data=data, model=Ridge(), sizes=[50, 200], seeds=2)
    curve = study.run(tmp_path / "one")
    assert curve.metric.name == "rmse"
    assert curve["r2"].values.mean() > 0.2
    assert study.run(tmp_path / "two", workers=2).values.tolist() == curve.values.tolist()


def test_without_probabilities_the_curve_is_of_accuracy(digits: Dataset, tmp_path: Path) -> None:
    study = dw.Study(data=digits, model=SVC(), **SIZES)
    with warns("metric-chosen", "SVC predicts labels.*of accuracy, not of loss"):
        curve = study.run(tmp_path)
    assert curve.metric.name == "accuracy"
    assert curve.values.min() > 0.8
    with Store(tmp_path) as store:
        assert list(store.records("finished")[0].scores) == ["accuracy", "macro_f1"]


def test_a_loss_without_probabilities_is_refused(digits: Dataset, tmp_path: Path) -> None:
    study = dw.Study(data=digits, model=SVC(), metric="loss", **SIZES)
    with raises("unknown-metric", StudyError, "SVC gives accuracy, macro_f1.*labels"):
        study.run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_models_with_and_without_probabilities_share_a_metric(
    digits: Dataset, tmp_path: Path
) -> None:
    study = dw.Study(data=digits, model=[LogisticRegression(), SVC()], **SIZES)
    with warns("metric-chosen", "of accuracy"):
        curves = study.run(tmp_path)
    assert {curve.metric.name for curve in curves.values()} == {"accuracy"}


@pytest.mark.parametrize(
    ("model", "code", "message"),
    [
        (Ridge(), "task-not-supported", "Ridge.*not a classifier"),
        (KMeans(), "task-not-supported", "KMeans.*not a classifier"),
        (
            CalibratedClassifierCV(LogisticRegression(), cv="prefit"),
            "model-not-rebuildable",
            'cv="prefit".*FrozenEstimator',
        ),
    ],
    ids=["regressor", "clusterer", "prefit"],
)
def test_what_does_not_fit_is_refused_before_training(
    model: Any, code: str, message: str, digits: Dataset, tmp_path: Path
) -> None:
    with raises(code, StudyError, message):
        dw.Study(data=digits, model=model, **SIZES).run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("no_forecast")
def test_early_stopping_uses_a_part_of_the_subset(digits: Dataset, tmp_path: Path) -> None:
    booster = LGBMClassifier(n_estimators=60, n_jobs=1)
    model = make_pipeline(StandardScaler(), booster)
    dw.Study(data=digits, model=model, patience=2, **SIZES).run(tmp_path / "stopped")
    with Store(tmp_path / "stopped") as store:
        trees = [record.facts["iterations"] for record in store.records("finished")]
    assert max(trees) < 60
    assert not hasattr(booster, "booster_")
    page = write_report(tmp_path / "stopped").read_text()
    assert "after 2 iterations without a lower loss" in page


@pytest.mark.parametrize("option", ["patience", "epochs", "learning_rate"])
def test_training_options_are_refused(option: str, digits: Dataset) -> None:
    options: dict[str, Any] = {option: 3}
    study = dw.Study(data=digits, model=LogisticRegression(), **options, **SIZES)
    with raises("option-without-effect", StudyError, f"{option} = 3.*LogisticRegression"):
        study.resolve()


def test_sample_weights_are_those_of_the_rows(digits: Dataset, tmp_path: Path) -> None:
    weights = np.where(digits.y == 3, 1e-6, 1.0)
    study = dw.Study(
        data=digits,
        model=LogisticRegression(max_iter=500),
        fit_params={"sample_weight": weights},
        sizes=[400],
        seeds=1,
    )
    study.run(tmp_path / "run")
    with Store(tmp_path / "run") as store:
        confusion = store.records(arrays=True)[0].arrays["confusion"]
    assert confusion[:, 3].sum() == 0
    short = dw.Study(
        data=digits, model=LogisticRegression(), fit_params={"sample_weight": weights[1:]}
    )
    with raises("shape-mismatch", StudyError, "1,796 entries.*1,797 rows"):
        short.run(tmp_path / "short")


def test_class_weights_are_given_by_name(tmp_path: Path, digits: Dataset) -> None:
    names = np.array(["no", "yes"])[(digits.y == 3).astype(int)]
    data = Dataset(digits.x, names, name="threes", scale=digits.scale)
    recalls = []
    for weight in (1e-3, 1.0):
        model = LogisticRegression(class_weight={"yes": weight, "no": 1.0})
        dw.Study(data=data, model=model, sizes=[400], seeds=1).run(tmp_path / str(weight))
        with Store(tmp_path / str(weight)) as store:
            confusion = store.records(arrays=True)[0].arrays["confusion"]
        recalls.append(confusion[1, 1] / confusion[1].sum())
    assert recalls[0] < recalls[1]


def test_frames_and_texts_reach_a_pipeline_as_they_are(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    colour = random.choice(np.array(["red", "blue", "grey"]), 600)
    width = random.normal(size=600)
    y = np.where(width + (colour == "red") > 0.3, "yes", "no")
    width[::20] = np.nan
    frame = pd.DataFrame({"colour": colour, "width": width})
    columns = make_column_transformer((OneHotEncoder(), ["colour"]), (SimpleImputer(), ["width"]))
    table = Dataset(frame, y, name="table")
    study = dw.Study(
        table,
        make_pipeline(columns, LGBMClassifier(n_estimators=20, n_jobs=1)),
        patience=2,
        sizes=[100, 400],
        seeds=1,
    )
    assert study.run(tmp_path / "table").values[-1] < 0.5
    texts = Dataset([f"a {word} thing" for word in colour], y, name="texts")
    words = make_pipeline(TfidfVectorizer(), LogisticRegression())
    curve = dw.Study(texts, words, sizes=[100, 400], seeds=1).run(tmp_path / "texts")
    assert curve["accuracy"].values[-1] > 0.6


def test_sizes_beyond_the_memory_are_refused_before_any_run(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An estimator gets all rows at once; networks read them in pieces."""
    np.save(tmp_path / "x.npy", (np.asarray(digits.x) * 15).astype(np.uint8))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    data = Dataset(mapped, digits.y, name="mapped")
    # 64 bytes for each row as stored, and 256 as it is scaled.
    monkeypatch.setattr("dataworth.study.objectives.available_memory", lambda: 320 * (400 + 359))
    dw.Study(data, LogisticRegression(), **SIZES).resolve()
    monkeypatch.setattr("dataworth.study.objectives.available_memory", lambda: 320 * 759 - 1)
    with raises("out-of-memory", StudyError, r"size 400: LogisticRegression .* below 399"):
        dw.Study(data, LogisticRegression(), **SIZES).run(tmp_path / "run")
    assert not (tmp_path / "run").exists()
    dw.Study(data, "linear", **SIZES).resolve()
    in_memory = Dataset(np.array(mapped), digits.y)
    dw.Study(in_memory, LogisticRegression(), **SIZES).resolve()
