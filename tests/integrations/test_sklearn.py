import inspect
import warnings
from typing import Any

import numpy as np
import pytest
from errors import raises
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.model_selection import ShuffleSplit
from sklearn.model_selection import learning_curve as of_sklearn
from sklearn.naive_bayes import GaussianNB
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


@pytest.mark.parametrize(
    ("y", "options", "code", "said"),
    [
        (Y, {"seeds": 2, "shuffle": True}, "options-conflict", "shuffle.*seeds"),
        (Y, {"seeds": []}, "nothing-given", "seeds"),
        (Y / 2, {"seeds": 2}, "no-classes", "float64"),
        (Y, {"return_curve": True, "scoring": lambda *_: 0.0}, "metric-unclear", "scoring"),
    ],
)
def test_what_cannot_be_asked(y: np.ndarray, options: dict[str, Any], code: str, said: str) -> None:
    with raises(code, StudyError, said):
        dw.learning_curve(GaussianNB(), X, y, **options)
