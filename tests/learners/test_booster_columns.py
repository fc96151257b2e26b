"""Frames with columns of text: as categories for boosters, refused by name elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from errors import raises, warns
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import dataworth as dw
from dataworth.data.base import View
from dataworth.errors import DataError
from dataworth.learners.base import FitRequest, TrainingOptions
from dataworth.learners.sklearn import SklearnLearner
from dataworth.testing.contexts import MemoryContext

pd = pytest.importorskip("pandas", reason="pandas is not installed")

BOOSTERS = {
    "lightgbm": ("LGBMClassifier", "LGBMRegressor", {"n_estimators": 10, "n_jobs": 1}),
    "xgboost": ("XGBClassifier", "XGBRegressor", {"n_estimators": 10, "n_jobs": 1}),
    "catboost": ("CatBoostClassifier", "CatBoostRegressor", {"iterations": 10, "thread_count": 1}),
}


def booster(library: str, *, regressor: bool = False) -> Any:
    module = pytest.importorskip(library, reason=f"{library} is not installed")
    classifier, other, parameters = BOOSTERS[library]
    return getattr(module, other if regressor else classifier)(**parameters)


@pytest.fixture(scope="module")
def table() -> Any:
    random = np.random.default_rng(0)
    plan = random.choice(["basic", "plus", "pro"], 400)
    calls = random.normal(size=400)
    gaps = np.arange(400) % 9 == 0
    frame = pd.DataFrame({"plan": plan, "calls": calls, "bill [EUR]": random.normal(size=400)})
    frame.loc[gaps, ["plan", "bill [EUR]"]] = None
    frame["amount"] = calls + 2.0 * (plan == "basic")
    frame["left"] = np.where(frame["amount"] > 0.5, "yes", "no")
    return frame


def data_of(frame: Any, label: str = "left") -> dw.Dataset:
    other = "amount" if label == "left" else "left"
    task = "regression" if label == "amount" else None
    return dw.Dataset(frame, label=label, drop=other, task=task)


def scores(data: dw.Dataset, estimator: Any, rows: range, patience: int | None = None) -> Any:
    numbers = np.array(rows, np.int64)
    validation = View(data, np.arange(250, 300)) if patience else None
    options = TrainingOptions(patience=patience)
    request = FitRequest(View(data, numbers), data.task, 0, validation, options)
    predictor = SklearnLearner(estimator).fit(request, MemoryContext())
    held_out = View(data, np.arange(300, 400))
    return data.task.score(predictor.predict(held_out.x), held_out.y).scores


@pytest.mark.parametrize("library", BOOSTERS)
def test_a_booster_learns_from_text_with_gaps(table: Any, library: str) -> None:
    with_text = scores(data_of(table), booster(library), range(250))
    without = scores(data_of(table.drop(columns="plan")), booster(library), range(250))
    assert with_text["loss"] < without["loss"] - 0.05
    # Stopped early, the validation rows have the same codes as the rows of the subset.
    stopped = scores(data_of(table), booster(library), range(250), patience=3)
    assert stopped["loss"] < without["loss"]


@pytest.mark.parametrize("library", BOOSTERS)
def test_a_quantity_is_learned_from_text_too(table: Any, library: str) -> None:
    data = data_of(table, "amount")
    found = scores(data, booster(library, regressor=True), range(250))
    assert found["r2"] > 0.3


@pytest.mark.parametrize("library", BOOSTERS)
def test_a_value_that_the_subset_lacks_is_missing(table: Any, library: str) -> None:
    basic = np.flatnonzero(table["plan"].to_numpy() != "basic")
    subset = basic[basic < 300][:120]
    predictions = []
    for unseen in ("basic", None):
        frame = table.copy()
        frame.loc[300:, "plan"] = unseen
        data = data_of(frame)
        request = FitRequest(View(data, subset.astype(np.int64)), data.task, 0)
        predictor = SklearnLearner(booster(library)).fit(request, MemoryContext())
        predictions.append(predictor.predict(View(data, np.arange(300, 400)).x))
    np.testing.assert_array_equal(predictions[0], predictions[1])


@pytest.mark.parametrize("library", BOOSTERS)
def test_the_library_of_the_frame_makes_no_difference(table: Any, library: str) -> None:
    pl = pytest.importorskip("polars", reason="polars is not installed")
    columns = {
        name: table[name].astype(object).where(table[name].notna(), None).tolist()
        for name in table.columns
    }
    frames = [
        table,
        table.astype({"plan": object}),
        pl.DataFrame(columns),
        pl.DataFrame(columns).with_columns(pl.col("plan").cast(pl.Categorical)),
    ]
    found = [scores(data_of(frame), booster(library), range(250)) for frame in frames]
    assert all(each == found[0] for each in found)


def test_the_columns_that_become_categories_are_said(table: Any) -> None:
    with warns("columns-as-categories", "plan"):
        dw.Study(data_of(table), booster("lightgbm"), sizes=[50, 100]).resolve()


def test_what_a_booster_cannot_take_is_refused_by_name(table: Any) -> None:
    dates = table.assign(since=pd.Timestamp("2024-01-01"), tags=[[1, 2]] * 400)
    with raises("not-numeric", DataError, match=r"since \(date\), tags \(other\)"):
        dw.Study(data_of(dates), booster("lightgbm")).resolve()


def test_an_estimator_that_needs_numbers_refuses_text_and_gaps_by_name(table: Any) -> None:
    with raises("not-numeric", DataError, match=r"plan \(text\).*--drop plan"):
        dw.Study(data_of(table), LogisticRegression()).resolve()
    numbers = table.drop(columns="plan")
    with raises("value-missing", DataError, match=r"bill \[EUR\]"):
        dw.Study(data_of(numbers, "amount"), LinearRegression()).resolve()
    # This one takes gaps, and categories of pandas.
    categories = table.astype({"plan": "category"})
    assert scores(data_of(categories), HistGradientBoostingClassifier(), range(250))
    dw.Study(data_of(categories), HistGradientBoostingClassifier(), sizes=[50, 100]).resolve()


@pytest.mark.parametrize("estimator", [LogisticRegression(), HistGradientBoostingClassifier()])
def test_texts_and_images_of_many_sizes_are_refused_before_any_run(estimator: Any) -> None:
    labels = [0, 1] * 20
    texts = dw.Dataset([f"text {number}" for number in range(40)], labels)
    images = dw.Dataset([np.zeros((4 + n % 3, 5), np.uint8) for n in range(40)], labels)
    for data in (texts, images):
        with raises("not-numeric", DataError):
            dw.Study(data, estimator).resolve()


def test_a_pipeline_may_encode_what_it_likes(table: Any) -> None:
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["plan"]),
        (SimpleImputer(), make_column_selector(dtype_include="number")),
    )
    pipeline = make_pipeline(encode, LogisticRegression())
    dw.Study(data_of(table), pipeline, sizes=[50, 100]).resolve()
