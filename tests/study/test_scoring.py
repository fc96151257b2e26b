"""scikit-learn's scorers and callables as metrics of a study."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score, get_scorer, make_scorer, mean_pinball_loss
from sklearn.svm import SVC

import dataworth as dw
from dataworth.data.dataset import Dataset
from dataworth.data.splits import split
from dataworth.data.subsets import NestedSampler
from dataworth.errors import StudyError
from dataworth.learners.sklearn.scoring import sign_of_loss
from dataworth.metrics import find

pytestmark = pytest.mark.usefixtures("no_picture")

SIZES: dict[str, Any] = {"sizes": [100, 400], "seeds": 1}
NAMES = ["roc_auc_ovr", "neg_log_loss", "f1_macro", "balanced_accuracy", "top_k_accuracy"]


def logistic() -> Any:
    return LogisticRegression(max_iter=300)


def test_several_scorers_are_scikit_learns_of_one_training(digits: Dataset, tmp_path: Path) -> None:
    curve = dw.Study(data=digits, model=logistic(), scoring=NAMES, **SIZES).run(tmp_path)
    assert curve.metric.name == "roc_auc_ovr"
    assert curve.metric.higher_is_better
    parts = split(digits)
    rows = NestedSampler().order(digits, parts.pool.rows, 0)[:400]
    x = digits.x.reshape(len(digits), -1) * np.float32(digits.scale)
    model = logistic().fit(x[rows], digits.y[rows])
    held_out = x[parts.held_out.rows], parts.held_out.y
    given = ["roc_auc_ovr", "loss", "macro_f1", "balanced_accuracy", "top_k_accuracy"]
    for name, scorer in zip(given, NAMES, strict=True):
        expected = get_scorer(scorer)(model, *held_out)
        expected *= -1 if scorer.startswith("neg") else 1
        each = curve if name == curve.metric.name else curve[name]
        assert each.values[-1] == pytest.approx(expected, rel=1e-4), name
        assert each.metric.higher_is_better == (name != "loss")


def test_a_network_is_scored_too(digits: Dataset, tmp_path: Path) -> None:
    study = dw.Study(
        data=digits, model="linear", learning_rate=0.01, steps=60, scoring="roc_auc_ovr", **SIZES
    )
    curve = study.run(tmp_path)
    assert curve.values[-1] > 0.9
    assert study.run_in(tmp_path).trained == 0


def share_of_threes(model: Any, x: Any, y: Any) -> float:
    return float((model.predict(x)[y == 3] == 3).mean())


def test_callables_know_which_way_they_improve(digits: Dataset, tmp_path: Path) -> None:
    scoring = {
        "threes": share_of_threes,
        "balance": make_scorer(balanced_accuracy_score),
        "imbalance": make_scorer(
            lambda y, p: 1 - balanced_accuracy_score(y, p), greater_is_better=False
        ),
    }
    curve = dw.Study(data=digits, model=logistic(), scoring=scoring, **SIZES).run(tmp_path)
    assert (curve.metric.name, curve.metric.higher_is_better) == ("threes", True)
    np.testing.assert_allclose(curve["imbalance"].values, 1 - curve["balance"].values)
    # Another process knows it from the run directory.
    script = (
        "import dataworth as dw; curve = dw.as_curve('.')\n"
        "print([curve[n].metric.higher_is_better for n in ('balance', 'imbalance')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[True, False]", done.stderr


def test_losses_of_quantities(tmp_path: Path) -> None:
    x, y = load_diabetes(return_X_y=True)
    data = Dataset(x, y, task="regression", name="diabetes")
    scoring = ["neg_median_absolute_error", make_scorer(mean_pinball_loss, greater_is_better=False)]
    curve = dw.Study(data=data, model=Ridge(), scoring=scoring, sizes=[50, 200], seeds=1).run(
        tmp_path
    )
    assert (curve.metric.name, curve.metric.higher_is_better) == ("median_absolute_error", False)
    assert curve.values.min() > 0
    assert not curve["mean_pinball_loss"].metric.higher_is_better


def test_a_decision_function_is_enough_for_an_area(tmp_path: Path, digits: Dataset) -> None:
    data = Dataset(digits.x, digits.y == 3, name="threes", scale=digits.scale)
    curve = dw.Study(data=data, model=SVC(), scoring="roc_auc", **SIZES).run(tmp_path)
    assert curve.values[-1] > 0.98


@pytest.mark.parametrize(
    ("model", "scoring", "code", "message"),
    [
        (SVC(), "neg_log_loss", "unknown-metric", "loss needs predict_proba.*accuracy, macro_f1"),
        (logistic(), "roc_auc", "unknown-metric", "roc_auc cannot score.*roc_auc_ovr"),
        (logistic(), "r2", "unknown-metric", "metric of quantities"),
        (logistic(), "rocauc", "unknown-metric", "no scorer 'rocauc'"),
        (logistic(), 3, "wrong-type", "scoring = 3"),
        (logistic(), [3], "wrong-type", "scoring: 3"),
        (logistic(), ["accuracy", "accuracy"], "named-twice", "accuracy"),
        (lambda run: {"a": 1.0}, "accuracy", "option-without-effect", "its own figures"),
    ],
    ids=["probabilities", "classes", "task", "name", "number", "entry", "twice", "function"],
)
def test_scorers_that_cannot_be_are_refused_before_training(
    model: Any, scoring: Any, code: str, message: str, digits: Dataset, tmp_path: Path
) -> None:
    with raises(code, StudyError, message):
        dw.Study(data=digits, model=model, scoring=scoring, **SIZES).run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def log_loss(model: Any, x: Any, y: Any) -> float:
    return float(get_scorer("neg_log_loss")(model, x, y))


def positive_log_loss(model: Any, x: Any, y: Any) -> float:
    return -log_loss(model, x, y)


def test_a_function_called_like_a_loss_gives_the_loss(digits: Dataset, tmp_path: Path) -> None:
    """Whether it returns the loss or its negative, as `dw.learning_curve` has it."""
    curves = [
        dw.Study(digits, logistic(), scoring={"log_loss": each}, **SIZES).run(tmp_path / name)
        for name, each in {"negative": log_loss, "positive": positive_log_loss}.items()
    ]
    assert not curves[0].higher_is_better
    assert curves[0].values.tolist() == curves[1].values.tolist()
    assert (curves[0].values > 0).all()


def test_a_function_called_like_a_loss_of_both_signs_is_refused() -> None:
    with raises("metric-unclear", StudyError, "loss.*-0.3"):
        sign_of_loss(find("loss"), [0.2, -0.3])  # type: ignore[arg-type]
