"""Estimators of scikit-learn, LightGBM, XGBoost and CatBoost as learners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.datasets import load_diabetes
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from dataworth.data.dataset import Dataset
from dataworth.learners import resolve
from dataworth.testing.learners import LEARNER_CHECKS, LearnerCase, LearnerCheck


class NearestMean:
    """An own class with fit and predict, and nothing else of scikit-learn."""

    def __init__(self, power: float = 2.0) -> None:
        self.power = power

    def fit(self, x: Any, y: Any) -> NearestMean:
        self.classes = np.unique(y)
        self.means = np.array([x[y == each].mean(axis=0) for each in self.classes])
        return self

    def predict(self, x: Any) -> Any:
        away = np.abs(x[:, None] - self.means) ** self.power
        return self.classes[away.sum(axis=2).argmin(axis=1)]


CLASSIFIERS: dict[str, Callable[..., Any]] = {
    "logistic regression": lambda C=1.0: LogisticRegression(C=C, max_iter=200),  # noqa: N803
    "forest": lambda n=20: RandomForestClassifier(n, n_jobs=-1),
    "pipeline": lambda C=1.0: make_pipeline(StandardScaler(), LogisticRegression(C=C)),  # noqa: N803
    "histograms": lambda n=8: HistGradientBoostingClassifier(max_iter=n),
    "LightGBM": lambda n=8: LGBMClassifier(
        n_estimators=n, n_jobs=1, subsample=0.5, subsample_freq=1
    ),
    # Large packages, which the test extra does not install.
    "XGBoost": lambda n=8: pytest.importorskip("xgboost").XGBClassifier(
        n_estimators=n, subsample=0.5
    ),
    "CatBoost": lambda n=12: pytest.importorskip("catboost").CatBoostClassifier(
        iterations=n, depth=3
    ),
    "SVC": lambda C=1.0: SVC(C=C),  # noqa: N803
    "own class": lambda power=2.0: NearestMean(power),
}
REGRESSORS: dict[str, Callable[..., Any]] = {
    "ridge": lambda alpha=1.0: Ridge(alpha),
    "LightGBM regressor": lambda n=8: LGBMRegressor(n_estimators=n, n_jobs=1),
}
OTHER = {"own class": 1.0, "ridge": 2.0, "pipeline": 0.5, "logistic regression": 0.5, "SVC": 0.5}


@pytest.fixture(scope="module")
def diabetes() -> Dataset:
    x, y = load_diabetes(return_X_y=True)
    return Dataset(x, y, task="regression", name="diabetes")


@pytest.fixture(scope="module", params=[*CLASSIFIERS, *REGRESSORS])
def case(request: pytest.FixtureRequest, learner_data: Dataset, diabetes: Dataset) -> LearnerCase:
    name = request.param
    make = {**CLASSIFIERS, **REGRESSORS}[name]
    data, other = learner_data, diabetes
    if name in REGRESSORS:
        data, other = other, data
    return LearnerCase(
        lambda: resolve(make()),  # type: ignore[arg-type, return-value]
        data,
        other_task=None if name == "own class" else other,
        make_other=lambda: resolve(make(OTHER.get(name, 5))),  # type: ignore[arg-type, return-value]
        size=200,
    )


@pytest.mark.parametrize("check", LEARNER_CHECKS, ids=lambda check: check.__name__)
def test_conformance(case: LearnerCase, check: LearnerCheck) -> None:
    check(case)
