"""Names of models and the families that they say."""

import numpy as np
import pytest

import dataworth as dw
from dataworth.forecast.families import FAMILIES, family_of


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("mlp:512,512", "mlp"),
        ("MLPClassifier", "mlp"),
        ("cnn", "cnn"),
        ("RandomForestClassifier", "forest"),
        ("ExtraTreesRegressor", "forest"),
        ("ExtraTreeClassifier", "tree"),
        ("HistGradientBoostingClassifier", "boosting"),
        ("LGBMClassifier", "boosting"),
        ("SVC", "kernel-svm"),
        ("LinearSVC", "linear"),
        ("LinearDiscriminantAnalysis", "discriminant"),
        ("LogisticRegression", "linear"),
        ("GaussianNB", "naive-bayes"),
        ("KNeighborsRegressor", "knn"),
        ("TabPFNClassifier", "pretrained"),
        ("RealMLP", "deep-tabular"),
        ("vision-transformer", "transformer"),
        ("train", None),
        ("", None),
    ],
)
def test_family_is_read_from_the_name_of_a_model(model: str, family: str | None) -> None:
    assert family_of(model) == family
    assert family is None or family in FAMILIES


def test_forecast_takes_the_family_from_the_model_of_the_curve() -> None:
    sizes = np.array([100, 200, 400, 800])
    losses = 1 / np.sqrt(sizes)
    named = dw.forecast(dw.Curve(sizes, losses, np.zeros(4), model="MLPClassifier"))
    told = dw.forecast(dw.Curve(sizes, losses, np.zeros(4), model="MLPClassifier"), family="linear")

    assert named.family == "mlp"
    assert told.family == "linear"
    assert named.curve.model == "MLPClassifier"
