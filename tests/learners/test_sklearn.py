"""Estimators of scikit-learn, and boosters with the same interface."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises, warns
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

import dataworth as dw
from dataworth.cli.main import main
from dataworth.data.base import View
from dataworth.data.splits import split
from dataworth.errors import StudyError
from dataworth.learners.base import FitRequest, TrainingOptions
from dataworth.learners.registry import resolve
from dataworth.learners.sklearn import SklearnLearner
from dataworth.testing.contexts import MemoryContext


def lightgbm(**parameters: Any) -> Any:
    library = pytest.importorskip("lightgbm", reason="LightGBM is not installed")
    return library.LGBMClassifier(n_estimators=10, n_jobs=1, min_child_samples=2, **parameters)


def xgboost(**parameters: Any) -> Any:
    library = pytest.importorskip("xgboost", reason="XGBoost is not installed")
    return library.XGBClassifier(n_estimators=10, n_jobs=1, subsample=0.8, **parameters)


@pytest.fixture(scope="module")
def quantities() -> dw.Dataset:
    random = np.random.default_rng(0)
    x = random.normal(size=(500, 4))
    y = x @ [1.0, -2.0, 0.5, 0.0] + 0.1 * random.normal(size=500)
    return dw.Dataset(x, y, task="regression", name="quantities")


def fitted(data: dw.Dataset, estimator: Any, size: int, seed: int = 0, **options: Any) -> Any:
    rows = split(data).pool.rows[:size]
    validation = View(data, split(data).pool.rows[size : size + 60]) if options else None
    request = FitRequest(View(data, rows), data.task, seed, validation, TrainingOptions(**options))
    return SklearnLearner(estimator).fit(request, MemoryContext())


def test_the_loss_is_that_of_scikit_learn(digits: dw.Dataset) -> None:
    predictor = fitted(digits, RandomForestClassifier(20), 200)
    held_out = split(digits).held_out
    features = held_out.x.reshape(len(held_out), -1) * np.float32(digits.scale)
    given = predictor.estimator.predict_proba(features)
    expected = log_loss(held_out.y, given, labels=np.arange(10))
    loss = digits.task.score(predictor.predict(held_out.x), held_out.y).scores["loss"]
    np.testing.assert_allclose(loss, expected, rtol=1e-12)


class Constant:
    """Predicts one value for each row, or for fewer rows than asked."""

    def __init__(self, value: Any = 9, missing: int = 0) -> None:
        self.value, self.missing = value, missing

    def fit(self, x: Any, y: Any) -> Constant:
        return self

    def predict(self, x: Any) -> Any:
        return np.full(len(x) - self.missing, self.value)


class Probable(Constant):
    def predict_proba(self, x: Any) -> Any:
        return np.full((len(x), 10), 0.1)


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        (Constant(11), r"predict returned .*11.* for row 0; .* from 0 to 9"),
        (Constant(0.5), r"predict returned .*0\.5"),
        (Constant("four"), "predict returned .*four"),
        (Constant(3, missing=2), "returned 48 predictions for 50 rows"),
        (Probable(), "no classes_"),
    ],
)
def test_predictions_that_mean_nothing_are_refused(
    digits: dw.Dataset, estimator: Any, said: str
) -> None:
    predictor = fitted(digits, estimator, 100)
    with raises("invalid-outputs", StudyError, said):
        predictor.predict(digits.x[:50])


def test_a_subset_of_one_class_predicts_that_class(digits: dw.Dataset) -> None:
    rows = np.flatnonzero(digits.y == 3)[:5].astype(np.int64)
    request = FitRequest(View(digits, rows), digits.task, 0)
    predictor = SklearnLearner(LogisticRegression()).fit(request, MemoryContext())
    assert set(predictor.predict(digits.x[:50]).argmax(axis=1)) == {3}


def test_every_seed_of_a_pipeline_comes_from_the_run(digits: dw.Dataset) -> None:
    forest = RandomForestClassifier(5, random_state=3)
    pipeline = make_pipeline(StandardScaler(), forest)
    one, two = (fitted(digits, pipeline, 100, seed).estimator[-1].random_state for seed in (0, 1))
    assert one != two
    assert forest.random_state == 3
    assert fitted(digits, pipeline, 100, 0).estimator[-1].random_state == one


def identity(estimator: Any, data: dw.Dataset) -> dict[str, Any]:
    return dict(SklearnLearner(estimator).identity(data, data.task))


def test_the_identity_follows_parameters_and_own_code(digits: dw.Dataset) -> None:
    def double(x: Any) -> Any:
        return 2 * x

    def triple(x: Any) -> Any:
        return 3 * x

    same = identity(LogisticRegression(), digits)
    assert identity(LogisticRegression(), digits) == same
    assert identity(LogisticRegression(C=2.0), digits) != same
    # Seeds are the run's.
    one, two = RandomForestClassifier(random_state=1), RandomForestClassifier(random_state=2)
    assert identity(one, digits) == identity(two, digits)
    steps = [
        make_pipeline(FunctionTransformer(function), LogisticRegression())
        for function in (double, triple)
    ]
    assert identity(steps[0], digits) != identity(steps[1], digits)
    nested = make_pipeline(StandardScaler(), LogisticRegression(C=2.0))
    assert identity(nested, digits) != identity(
        make_pipeline(StandardScaler(), LogisticRegression()), digits
    )


def test_what_does_not_fit_the_task_is_refused_before_training(
    digits: dw.Dataset, quantities: dw.Dataset
) -> None:
    with raises("task-not-supported", StudyError, match="Ridge"):
        dw.Study(digits, Ridge()).resolve().runs()
    with raises("task-not-supported", StudyError, match="LogisticRegression"):
        dw.Study(quantities, LogisticRegression()).resolve().runs()


@pytest.mark.parametrize("estimator", [SVC(), RidgeClassifier()])
def test_labels_without_probabilities_have_an_accuracy_alone(
    digits: dw.Dataset, estimator: Any, tmp_path: Path
) -> None:
    with raises("unknown-metric", StudyError, match="without probabilities"):
        dw.Study(digits, estimator, metric="loss").resolve()
    with warns("metric-chosen", "of accuracy, not of loss"):
        curve = dw.Study(digits, estimator, sizes=[50, 100, 200], seeds=1).run(tmp_path)
    assert curve.metric.name == "accuracy"
    assert set(curve.others) == {"macro_f1"}
    assert 0.5 < curve.values[-1] <= 1


def test_models_are_compared_by_a_metric_that_all_have(digits: dw.Dataset, tmp_path: Path) -> None:
    models = {"logistic": LogisticRegression(max_iter=500), "svc": SVC()}
    with warns("metric-chosen", "svc predicts labels"):
        curves = dw.Study(digits, models, sizes=[50, 100, 200], seeds=1).run(tmp_path)
    assert {curve.metric.name for curve in curves.values()} == {"accuracy"}
    assert "loss" in curves["logistic"].others
    assert not dw.audit(tmp_path)


def test_training_options_without_effect_are_refused(digits: dw.Dataset) -> None:
    with raises("option-without-effect", StudyError):
        dw.Study(digits, LogisticRegression(), epochs=3).resolve()
    # The forest ignores what the network takes, and stays the same model.
    models = {"forest": RandomForestClassifier(5), "mlp": "mlp"}
    one, two = (dw.Study(digits, models, steps=n).resolve().runs() for n in (10, 20))
    same = {a.learner: a.digest == b.digest for a, b in zip(one, two, strict=True)}
    assert same == {"forest": True, "mlp": False}


@pytest.mark.parametrize("make", [lightgbm, xgboost])
def test_a_booster_stops_early(digits: dw.Dataset, make: Callable[..., Any]) -> None:
    estimator = make(learning_rate=1.0).set_params(n_estimators=200)
    predictor = fitted(digits, estimator, 300, patience=3)
    assert 0 < predictor.facts["iterations"] < 150


def test_a_regression_from_end_to_end(quantities: dw.Dataset, tmp_path: Path) -> None:
    models = {"ridge": Ridge(), "mean": DummyRegressor()}
    study = dw.Study(quantities, models, sizes=[20, 50, 100, 200], seeds=2)
    curves = study.run(tmp_path, progress=False)
    assert curves["ridge"].metric.name == "rmse"
    assert set(curves["ridge"].others) == {"mse", "mae", "r2"}
    assert curves["ridge"].values[-1] < 0.15
    np.testing.assert_allclose(curves["mean"].values[-1], curves["mean"].chance, rtol=0.2)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("sklearn.linear_model:LogisticRegression", "LogisticRegression"),
        ("own.py:build", "own"),
        ("own:build", "own"),
        ("own.py:forest", "forest"),
    ],
)
def test_an_estimator_by_its_name(
    model: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.py").write_text(
        "from sklearn.ensemble import RandomForestClassifier\n"
        "forest = RandomForestClassifier(7)\n"
        "def build():\n    return RandomForestClassifier(8)\n"
    )
    learner = resolve(model)
    assert isinstance(learner, SklearnLearner)
    assert learner.name == name


def test_a_class_that_needs_arguments_is_refused() -> None:
    from sklearn.multiclass import OneVsRestClassifier

    with raises("wrong-arguments", StudyError):
        resolve(OneVsRestClassifier)


@pytest.mark.usefixtures("no_forecast", "no_picture")
def test_the_command_line_sets_parameters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    forest = ["--model", "sklearn.ensemble:RandomForestClassifier"]
    sizes = ["--sizes", "50,100,200", "--seeds", "1"]
    values = ["--set", "n_estimators=5", "--set", "max_features=None", "--set", "criterion=entropy"]
    command = ["run", "--data", "digits", *forest, *sizes, *values, "--out", "run"]
    assert main(command) == 0
    assert main(["run", "run"]) == 0
    assert "3 of them done before" in capsys.readouterr().err
    assert main([*command, "--set", "max_depht=3"]) == 2
    assert "Did you mean max_depth?" in capsys.readouterr().err
    assert main(["run", "--data", "digits", "--model", "mlp", "--set", "depth=3"]) == 2
