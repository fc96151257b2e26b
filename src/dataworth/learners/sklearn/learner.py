"""`SklearnLearner`: anything with scikit-learn's ``fit`` and ``predict`` as a learner."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth._util.extras import require
from dataworth.data import frames
from dataworth.data.base import View
from dataworth.data.dataset import Dataset
from dataworth.data.features import length
from dataworth.errors import StudyError
from dataworth.learners.base import FitRequest
from dataworth.learners.sklearn.boosting import (
    can_stop_early,
    fit_with_validation,
    iterations_of,
    last_step,
)
from dataworth.learners.sklearn.columns import BoosterColumns, check_columns, text_columns
from dataworth.learners.sklearn.fitting import fit_problem
from dataworth.learners.sklearn.nested import (
    Estimators,
    estimators_in,
    parameters_of,
    predict_in_one_thread,
    seeded,
    set_resources,
    set_seeds,
)
from dataworth.learners.sklearn.targets import ClassColumns, LabelColumns, as_features
from dataworth.learners.values import described
from dataworth.records.run import History, RunContext
from dataworth.tasks.base import Task

_OF_LABELS = ("accuracy", "macro_f1")
"""The metrics of a classifier that gives labels without probabilities."""


def is_estimator(model: Any) -> bool:
    """Whether an object, or a class, has ``fit`` and ``predict`` and is not a Keras model."""
    kind = model if isinstance(model, type) else type(model)
    packages = {base.__module__.partition(".")[0] for base in kind.__mro__}
    if packages & {"keras", "torch"}:
        return False
    # What a pipeline has depends on its steps, so the object is asked and not its class.
    return all(callable(getattr(model, name, None)) for name in ("fit", "predict"))


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted estimator.

    Attributes
    ----------
    estimator : estimator or None
        None for a subset of one class, which is predicted for every row.
    columns : ClassColumns, LabelColumns or None
        The classes or the labels of the subset; None of other tasks.
    scale : float
        What array features are multiplied by.
    name : str
    frames : BoosterColumns, optional
        What makes the frames that a booster gets.
    facts : mapping of str to float
        "iterations", where early stopping chose their number.
    history : mapping
        Empty: estimators report no epochs.
    """

    estimator: Any
    columns: ClassColumns | LabelColumns | None
    scale: float
    name: str
    frames: BoosterColumns | None = None
    facts: Mapping[str, float] = field(default_factory=dict)
    history: History = field(default_factory=dict)

    @property
    def has_probabilities(self) -> bool:
        """Whether `predict` gives more than which class it is."""
        return self.estimator is None or hasattr(self.estimator, "predict_proba")

    def predict(self, x: Any) -> NDArray[np.float64]:
        """Values; log-probabilities, shape (n, n_classes); or log-odds, shape (n, n_labels).

        Labels without probabilities become log-probabilities of 0 and 1.
        """
        features = self._features(x)
        rows = length(features)
        predicted = self._predict(features, rows)
        if len(predicted) != rows:
            raise StudyError(
                f"{self.name} returned {len(predicted):,} predictions for {rows:,} rows.",
                code="invalid-outputs",
            )
        return predicted

    def _predict(self, features: Any, rows: int) -> NDArray[np.float64]:
        if isinstance(self.columns, LabelColumns):
            return self.columns.log_odds(self.estimator, features)
        if self.columns is None:
            return np.asarray(self.estimator.predict(features), np.float64)
        if self.estimator is None:
            return self.columns.log_probabilities(np.ones((rows, 1)), [0], self.name)
        if not self.has_probabilities:
            return self.columns.of_labels(self.estimator.predict(features), self.name)
        shares = self.estimator.predict_proba(features)
        if not hasattr(self.estimator, "classes_"):
            raise StudyError(
                f"{self.name} has predict_proba and no classes_, which names the class of each "
                "column. Set classes_ in fit, as scikit-learn's classifiers do.",
                code="invalid-outputs",
            )
        return self.columns.log_probabilities(shares, self.estimator.classes_, self.name)

    def decide(self, x: Any) -> NDArray[np.float64]:
        """The estimator's ``decision_function``: shape (n,) of two classes, else (n, n_classes).

        A class that the subset lacks has the lowest value.
        """
        if not isinstance(self.columns, ClassColumns) or self.estimator is None:
            return _difference(self.predict(x))
        found = np.asarray(self.estimator.decision_function(self._features(x)), float)
        if found.ndim == 1:
            found = np.stack([-found / 2, found / 2], axis=1)
        return _difference(self.columns.every(found, self.estimator.classes_, found.min() - 1.0))

    def _features(self, x: Any) -> Any:
        return as_features(x, self.scale) if self.frames is None else self.frames(x)


def _difference(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """One column for two classes, as scikit-learn has it: the second less the first."""
    return columns[:, 1] - columns[:, 0] if columns.shape[1] == 2 else columns


class SklearnLearner:
    """Fits a clone of an estimator on the rows of each run.

    Every ``random_state`` of the clone, also of estimators within it, is set from the run's seed,
    and no estimator uses more cores than the process has. Features go to the estimator in their
    own form; arrays of more than two dimensions are flattened, and ``uint8`` features are
    multiplied by the data's scale. Classes are numbers from 0 on.

    Parameters
    ----------
    estimator : estimator
        With ``fit`` and ``predict``; a pattern, which is never fitted itself.
    name : str, optional
        What tables call the model; by default the name of the class, of a pipeline that of its
        last step.
    fit_params : mapping, optional
        Further arguments of ``fit``, passed on as scikit-learn does. Of what has one entry for
        each row of the data, such as sample weights, a run gets those of its rows.
    """

    def __init__(
        self, estimator: Any, name: str = "", fit_params: Mapping[str, Any] | None = None
    ) -> None:
        self.estimator = estimator
        self.name = name or type(last_step(estimator)).__name__
        self.fit_params = dict(fit_params or {})
        # A worker process has settings of its own.
        sklearn = sys.modules.get("sklearn")
        settings = {} if sklearn is None else sklearn.get_config()
        self._routes_metadata = bool(settings.get("enable_metadata_routing", False))

    @property
    def takes(self) -> frozenset[str]:
        """The training options with an effect: boosters take ``patience``."""
        return frozenset({"patience"} if can_stop_early(self.estimator) else ())

    def metrics(self, task: Task) -> tuple[str, ...]:
        """The task's metrics that the estimator can have, in the task's order.

        A classifier without ``predict_proba`` has no loss: its scores are of its labels.
        """
        if hasattr(self.estimator, "predict_proba"):
            return task.metrics
        if task.kind == "multilabel":
            return tuple(name for name in task.metrics if name != "loss")
        if task.kind != "classification":
            return task.metrics
        return tuple(name for name in task.metrics if name in _OF_LABELS)

    def identity(self, data: Dataset, task: Task) -> Mapping[str, Any]:
        """Class, version and parameters of the estimator and of all within it, but the seeds.

        Raises
        ------
        StudyError
            If the estimator does not fit the task, or cannot be cloned or fitted.
        DataError
            If it does not take the columns of the data.
        """
        require("sklearn", "estimators")
        problem = fit_problem(self.estimator, self.name, task)
        if problem is not None:
            raise problem
        check_columns(self.estimator, self.name, data)
        self._check_fit_params(len(data))
        options = {"fit_params": described(self.fit_params)} if self.fit_params else {}
        return self._described | options

    def assumption(self, data: Dataset) -> str | None:
        """What is assumed of the data's columns, in a sentence; None for nothing."""
        texts = text_columns(self.estimator, data)
        if not texts:
            return None
        return (
            f"{self.name} gets these columns of text as categories: {frames.listed(texts)}. Leave "
            f"out free text and identifiers (--drop {texts[0]}, or drop= in Python)."
        )

    @cached_property
    def _described(self) -> dict[str, Any]:
        routing = {"routes_metadata": True} if self._routes_metadata else {}
        return {"learner": "estimator", **described(self.estimator), **routing}

    def _check_fit_params(self, rows: int) -> None:
        for name, value in self.fit_params.items():
            if name.endswith("sample_weight") and _length(value) != rows:
                raise StudyError(
                    f"fit_params: {name} has {_length(value):,} entries; expected one for each of "
                    f"the data's {rows:,} rows.",
                    code="shape-mismatch",
                )

    def fit(self, request: FitRequest, context: RunContext) -> Fitted:
        """Fit a clone on ``request.train``.

        Raises
        ------
        StudyError
            If the estimator gives something that is not a prediction.
        """
        import sklearn

        with (
            seeded(request.seed),
            sklearn.config_context(enable_metadata_routing=self._routes_metadata),
        ):
            return self._fitted(request)

    def _fitted(self, request: FitRequest) -> Fitted:
        from sklearn.base import clone

        train, task = request.train, request.task
        scale = float(getattr(train.data, "scale", 1.0))
        columns: ClassColumns | LabelColumns | None = None
        y = train.y
        if task.output == "logits":
            found, y = np.unique(train.y, return_inverse=True)
            columns = ClassColumns(found, _classes(task))
            if len(found) == 1:
                # Most classifiers refuse a single class.
                return Fitted(None, columns, scale, self.name)
        if task.kind == "multilabel":
            columns = LabelColumns.of(train.y)
            y = train.y[:, columns.varying]
            if not len(columns.varying):
                return Fitted(None, columns, scale, self.name)
        estimator = clone(self.estimator, safe=False)
        within = estimators_in(estimator)
        set_seeds(within, request.seed)
        set_resources(within)
        if isinstance(columns, ClassColumns):
            _set_class_weights(within, task, columns)
        x, parameters = as_features(train.x, scale), self._of_rows(train)
        validation = _validation(request, columns, scale)
        made = BoosterColumns.of(estimator, x)
        if made is not None:
            x = made(x)
            parameters = made.set_parameters(estimator, x) | parameters
            validation = validation and (made(validation[0]), validation[1])
        facts: dict[str, float] = {}
        if validation is None or request.options.patience is None:
            estimator.fit(x, y, **parameters)
        else:
            patience = request.options.patience
            fit_with_validation(estimator, x, y, validation, patience, parameters)
            iterations = iterations_of(estimator)
            facts = {} if iterations is None else {"iterations": float(iterations)}
        # What a grid search or a stacked model has fitted is not what was there before.
        predict_in_one_thread(within if len(within) == 1 else estimators_in(estimator))
        return Fitted(estimator, columns, scale, self.name, made, facts)

    def _of_rows(self, view: View) -> dict[str, Any]:
        """The arguments of ``fit`` for the rows of a run."""
        rows = len(view.data)
        return {
            name: np.asarray(value)[view.rows] if _length(value) == rows else value
            for name, value in self.fit_params.items()
        }


def _validation(
    request: FitRequest, columns: ClassColumns | LabelColumns | None, scale: float
) -> tuple[Any, NDArray[Any]] | None:
    """Features and targets of the validation part, without classes that the subset lacks."""
    view = request.validation
    if view is None:
        return None
    y = view.y
    if isinstance(columns, LabelColumns):
        y = y[:, columns.varying]
    if isinstance(columns, ClassColumns):
        known = np.isin(y, columns.found)
        if not known.any():
            return None
        view = View(view.data, view.rows[known])
        y = np.searchsorted(columns.found, view.y)
    return as_features(view.x, scale), y


def _set_class_weights(within: Estimators, task: Task, columns: ClassColumns) -> None:
    """Give class weights the numbers that stand for the classes; they may be given by name."""
    names = list(getattr(task, "class_names", ()))
    for _, each in within:
        weights = parameters_of(each).get("class_weight")
        if not isinstance(weights, Mapping) or not {str(key) for key in weights} <= set(names):
            continue
        indices = {names.index(str(key)): weight for key, weight in weights.items()}
        found = columns.found.tolist()
        each.set_params(
            class_weight={
                found.index(index): weight for index, weight in indices.items() if index in found
            }
        )


def _classes(task: Task) -> int:
    return len(getattr(task, "class_names", ()))


def _length(value: Any) -> int:
    if isinstance(value, str | bytes) or not (hasattr(value, "__len__")):
        return -1
    shape = getattr(value, "shape", None)
    return int(shape[0]) if shape else len(value)
