import inspect
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from errors import raises
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import make_scorer, mean_absolute_error, r2_score
from sklearn.model_selection import GroupKFold, ShuffleSplit
from sklearn.model_selection import LearningCurveDisplay as DisplayOfSklearn
from sklearn.model_selection import learning_curve as of_sklearn
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KernelDensity
from sklearn.tree import DecisionTreeClassifier

import dataworth as dw
from dataworth.curves.curve import Curve
from dataworth.errors import StudyError

X, Y = load_digits(return_X_y=True)
SIZES = [40, 100, 300]


class Recorder(GaussianNB):  # type: ignore[misc]
    """Remembers the rows that it is fitted to; a row's own number is its first column."""

    seen: list[np.ndarray] = []  # noqa: RUF012

    def fit(self, X: np.ndarray, y: np.ndarray) -> Any:  # noqa: N803
        self.seen.append(X[:, 0].astype(int))
        return super().fit(X[:, 1:] + 0.0, y)

    def predict(self, X: np.ndarray) -> np.ndarray:  # noqa: N803
        return np.asarray(super().predict(X[:, 1:]))


class RegressionRecorder(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Remembers the rows that it is fitted to, as `Recorder`, and predicts the mean."""

    seen: list[np.ndarray] = []  # noqa: RUF012

    def fit(self, X: np.ndarray, y: np.ndarray) -> Any:  # noqa: N803
        self.seen.append(X[:, 0].astype(int))
        self.mean_ = y.mean()
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:  # noqa: N803
        return np.full(len(X), self.mean_)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"train_sizes": SIZES, "cv": 3, "scoring": "neg_log_loss"},
        {"shuffle": True, "random_state": 7, "cv": ShuffleSplit(2, random_state=1)},
        {"exploit_incremental_learning": True, "train_sizes": [0.2, 0.7], "cv": 3},
    ],
)
def test_the_same_arguments_give_the_same_bits(options: dict[str, Any]) -> None:
    ours, theirs = (f(GaussianNB(), X, Y, **options) for f in (dw.learning_curve, of_sklearn))
    assert isinstance(ours, tuple)
    for mine, reference in zip(ours, theirs, strict=True):
        assert (mine.dtype, mine.shape) == (reference.dtype, reference.shape)
        assert mine.tobytes() == reference.tobytes()


def test_times_are_returned_where_asked_for() -> None:
    options: dict[str, Any] = {"train_sizes": SIZES, "cv": 2, "return_times": True}
    result = dw.learning_curve(GaussianNB(), X, Y, **options)
    assert [part.shape for part in result] == [(3,), *[(3, 2)] * 4]
    assert isinstance(dw.learning_curve(GaussianNB(), X, Y, return_curve=True, **options), Curve)


def test_our_keywords_are_none_of_scikit_learns() -> None:
    theirs = inspect.signature(of_sklearn).parameters
    assert not {"seeds", "return_curve"} & set(theirs)
    assert list(theirs)[:3] == list(inspect.signature(dw.learning_curve).parameters)[:3]


def test_seeds_draw_nested_stratified_subsets_of_each_fold() -> None:
    numbered = np.column_stack([np.arange(len(X)), X])
    Recorder.seen.clear()
    result = dw.learning_curve(Recorder(), numbered, Y, train_sizes=SIZES, cv=2, seeds=[3, 8])
    assert result[2].shape == (3, 4)
    subsets = [Recorder.seen[start : start + 3] for start in range(0, 12, 3)]
    shares = np.bincount(Y) / len(Y)
    for small, middle, large in subsets:
        assert set(small) < set(middle) < set(large)
        for rows in (small, middle, large):
            assert (abs(np.bincount(Y[rows], minlength=10) - shares * len(rows)) < 2).all()
    assert set(subsets[0][0]) != set(subsets[1][0])
    assert not set(subsets[0][2]) & set(subsets[2][2]), "the two folds train on other rows"
    again = dw.learning_curve(Recorder(), numbered, Y, train_sizes=SIZES, cv=2, seeds=[3, 8])
    assert (again[2] == result[2]).all()


def test_sorted_labels_are_no_trouble_with_seeds() -> None:
    order = np.argsort(Y, kind="stable")
    tree = DecisionTreeClassifier(random_state=0)
    options: dict[str, Any] = {"train_sizes": [60], "cv": 3, "scoring": "accuracy"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = dw.learning_curve(tree, X[order], Y[order], **options)
    seeded = dw.learning_curve(tree, X[order], Y[order], seeds=1, **options)
    assert plain[2].mean() < 0.3 < seeded[2].mean()


@pytest.mark.parametrize(
    ("estimator", "scoring", "metric"),
    [
        (DummyClassifier(), None, "accuracy"),
        (DummyRegressor(), None, "r2"),
        (DummyRegressor(), "neg_mean_squared_error", "mean_squared_error"),
        (DummyClassifier(strategy="prior"), "neg_log_loss", "loss"),
    ],
)
def test_a_curve_knows_its_metric(estimator: Any, scoring: str | None, metric: str) -> None:
    options: dict[str, Any] = {"train_sizes": SIZES, "cv": 3, "scoring": scoring}
    curve = dw.learning_curve(estimator, X, Y, return_curve=True, **options)
    scores = of_sklearn(estimator, X, Y, **options)[2]
    assert curve.metric.name == metric
    assert (abs(curve.values) == abs(scores.ravel())).all()
    assert curve.higher_is_better or (curve.values >= 0).all()


def test_regression_with_seeds_draws_nested_subsets() -> None:
    targets = Y + np.linspace(0.0, 0.5, len(Y))
    numbered = np.column_stack([np.arange(len(X)), X])
    RegressionRecorder.seen.clear()
    options: dict[str, Any] = {"train_sizes": SIZES, "cv": 2, "scoring": "neg_mean_absolute_error"}
    _, _, scores = dw.learning_curve(RegressionRecorder(), numbered, targets, seeds=2, **options)
    assert scores.shape == (3, 4)
    subsets = [RegressionRecorder.seen[start : start + 3] for start in range(0, 12, 3)]
    for small, middle, large in subsets:
        assert set(small) < set(middle) < set(large)
    assert set(subsets[0][0]) != set(subsets[1][0])


def test_integers_of_numpy_are_seeds() -> None:
    options: dict[str, Any] = {"train_sizes": SIZES, "cv": 2}
    plain = dw.learning_curve(GaussianNB(), X, Y, seeds=[0, 1], **options)
    given: list[Any] = [np.int64(2), np.arange(2), [np.int32(1), np.uint8(0)]]
    for seeds in given:
        same = dw.learning_curve(GaussianNB(), X, Y, seeds=seeds, **options)
        assert (same[2] == plain[2]).all()


@pytest.mark.parametrize(
    "labels",
    [
        Y.astype(float),
        Y.astype(np.float32),
        np.array(list("abcdefghij"))[Y],
        np.array(list("abcdefghij"), object)[Y],
        pd.Series(list("abcdefghij"))[Y].reset_index(drop=True),
        pd.Series(pd.Categorical(np.array(list("abcdefghij"))[Y])),
        list(map(int, Y)),
    ],
)
def test_labels_of_any_type_are_stratified(labels: Any) -> None:
    options: dict[str, Any] = {"train_sizes": SIZES, "cv": 2, "seeds": 2}
    expected = dw.learning_curve(GaussianNB(), X, Y, **options)
    assert (dw.learning_curve(GaussianNB(), X, labels, **options)[2] == expected[2]).all()


def test_no_targets_and_masks_of_rows() -> None:
    result = dw.learning_curve(KernelDensity(), X, None, train_sizes=[50, 100], cv=2, seeds=2)
    assert result[2].shape == (2, 4)
    mask = np.arange(len(X)) % 2 == 0
    rows = [(np.flatnonzero(mask), np.flatnonzero(~mask))]
    options: dict[str, Any] = {"train_sizes": SIZES, "seeds": 2}
    as_rows, as_masks = (
        dw.learning_curve(GaussianNB(), X, Y, cv=cv, **options) for cv in (rows, [(mask, ~mask)])
    )
    assert (as_rows[2] == as_masks[2]).all()


def test_groups_and_routed_metadata_reach_the_splitter() -> None:
    groups = np.arange(len(X)) // 3
    options: dict[str, Any] = {"train_sizes": SIZES, "cv": GroupKFold(3), "seeds": 2}
    plain = dw.learning_curve(GaussianNB(), X, Y, groups=groups, **options)
    with config_context(enable_metadata_routing=True):
        routed = dw.learning_curve(GaussianNB(), X, Y, params={"groups": groups}, **options)
    assert (plain[2] == routed[2]).all()


def _fitness(estimator: Any, x: np.ndarray, y: np.ndarray) -> float:
    return float(-abs(estimator.predict(x) - y).mean())


@pytest.mark.parametrize(
    ("scoring", "name", "rises"),
    [
        (_fitness, "_fitness", True),
        (make_scorer(mean_absolute_error, greater_is_better=False), "mean_absolute_error", False),
        (make_scorer(r2_score), "r2_score", True),
    ],
)
def test_a_callable_scores_and_names_the_curve(scoring: Any, name: str, rises: bool) -> None:
    options: dict[str, Any] = {"train_sizes": SIZES, "cv": 3, "scoring": scoring}
    curve = dw.learning_curve(DummyRegressor(), X, Y, return_curve=True, **options)
    scores = of_sklearn(DummyRegressor(), X, Y, **options)[2].ravel()
    assert (curve.metric.name, curve.higher_is_better) == (name, rises)
    assert (curve.values == (scores if rises else -scores)).all()


@pytest.mark.parametrize("sign", [1, -1])
def test_a_function_called_like_a_loss_gives_its_curve(sign: int) -> None:
    def mean_error(estimator: Any, x: np.ndarray, y: np.ndarray) -> float:
        return -sign * _fitness(estimator, x, y)

    options: dict[str, Any] = {"train_sizes": SIZES, "cv": 3, "scoring": mean_error}
    curve = dw.learning_curve(DummyRegressor(), X, Y, return_curve=True, **options)
    assert not curve.higher_is_better
    assert (curve.values == abs(of_sklearn(DummyRegressor(), X, Y, **options)[2].ravel())).all()


def test_a_function_called_like_a_loss_of_both_signs_is_refused() -> None:
    def mean_error(estimator: Any, x: np.ndarray, y: np.ndarray) -> float:
        return float(len(x) - 600.5)

    sizes, cv = [5, 50], [(np.arange(100), np.arange(n)) for n in (600, 601)]
    with raises("metric-unclear", StudyError, "mean_error"):
        dw.learning_curve(
            DummyRegressor(),
            X,
            Y,
            train_sizes=sizes,
            cv=cv,
            scoring=mean_error,
            return_curve=True,
        )


def test_the_display_is_that_of_scikit_learn_with_seeds() -> None:
    options: dict[str, Any] = {"train_sizes": SIZES, "cv": 2, "score_type": "both"}
    drawn = dw.LearningCurveDisplay.from_estimator(GaussianNB(), X, Y, seeds=2, **options)
    assert isinstance(drawn, dw.LearningCurveDisplay)
    assert isinstance(drawn, DisplayOfSklearn)
    del options["score_type"]
    expected = dw.learning_curve(GaussianNB(), X, Y, seeds=2, **options)
    assert (drawn.test_scores == expected[2]).all()
    assert (drawn.lines_[1].get_ydata() == expected[2].mean(axis=1)).all()
    plain = dw.LearningCurveDisplay.from_estimator(GaussianNB(), X, Y, **options)
    assert (plain.test_scores == of_sklearn(GaussianNB(), X, Y, **options)[2]).all()
    with raises("value-out-of-range", StudyError, "seeds"):
        dw.LearningCurveDisplay.from_estimator(GaussianNB(), X, Y, seeds=[])


@pytest.mark.parametrize(
    ("estimator", "options", "code", "said"),
    [
        (GaussianNB(), {"seeds": 2, "shuffle": True}, "options-conflict", "shuffle.*seeds"),
        (GaussianNB(), {"seeds": []}, "value-out-of-range", "seeds"),
        (GaussianNB(), {"seeds": 0}, "value-out-of-range", "seeds"),
        (GaussianNB(), {"seeds": [-1]}, "value-out-of-range", "seeds"),
        (GaussianNB(), {"seeds": 1.5}, "wrong-type", "seeds"),
        (KernelDensity(), {"return_curve": True}, "metric-unclear", "scoring"),
        (GaussianNB(), {"return_curve": True, "scoring": ["f1"]}, "metric-unclear", "scoring"),
    ],
)
def test_what_cannot_be_asked(
    estimator: Any, options: dict[str, Any], code: str, said: str
) -> None:
    with raises(code, StudyError, said):
        dw.learning_curve(estimator, X, Y, **options)
