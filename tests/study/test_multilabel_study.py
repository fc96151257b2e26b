"""A study of several labels for each row, from end to end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises, warns
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import LinearSVC

import dataworth as dw
from dataworth.errors import StudyError
from dataworth.learners import resolve
from dataworth.report.write import write_report
from dataworth.testing.learners import LEARNER_CHECKS, LearnerCase, LearnerCheck

pytestmark = pytest.mark.usefixtures("no_picture")


@pytest.fixture(scope="module")
def labels() -> dw.Dataset:
    x, y = make_multilabel_classification(900, 20, n_classes=4, random_state=0)
    return dw.Dataset(x, y, task="multilabel", name="labels")


@pytest.mark.parametrize("check", LEARNER_CHECKS, ids=lambda check: check.__name__)
def test_conformance(check: LearnerCheck, labels: dw.Dataset) -> None:
    check(LearnerCase(lambda: resolve(RandomForestClassifier(30)), labels))  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(30),
        KNeighborsClassifier(3),
        MLPClassifier((32,), learning_rate_init=0.02, max_iter=150),
        MultiOutputClassifier(LogisticRegression(max_iter=500)),
    ],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.usefixtures("one_forecast")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_study_of_labels(model: Any, labels: dw.Dataset, tmp_path: Path) -> None:
    # At three rows, some labels do not vary.
    study = dw.Study(data=labels, model=model, sizes=[3, 300], seeds=2, scoring="roc_auc")
    curve = study.run(tmp_path)
    assert curve.values[-2:].min() > 0.7
    assert np.isfinite(curve["loss"].values).all()
    assert curve["hamming_loss"].values[-1] < 0.3
    assert set(curve.others) == {"loss", "accuracy", "macro_f1", "micro_f1", "hamming_loss"}
    if isinstance(model, RandomForestClassifier):
        write_report(tmp_path)


def test_labels_without_probabilities_have_no_loss(labels: dw.Dataset, tmp_path: Path) -> None:
    model = MultiOutputClassifier(LinearSVC())
    with warns("metric-chosen", "of accuracy, not of loss"):
        curve = dw.Study(data=labels, model=model, sizes=[300], seeds=1).run(tmp_path)
    assert curve.values[-1] > 0.3


@pytest.mark.parametrize("model", [LogisticRegression(), "mlp"])
def test_models_of_one_label_are_refused(model: Any, labels: dw.Dataset, tmp_path: Path) -> None:
    with raises("task-not-supported", StudyError, "multilabel"):
        dw.Study(data=labels, model=model, sizes=[300], seeds=1).run(tmp_path / "run")
    assert not (tmp_path / "run").exists()
