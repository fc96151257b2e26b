"""Estimators with the interface of scikit-learn as learners, LightGBM and XGBoost among them."""

from __future__ import annotations

import difflib
import hashlib
import inspect
import math
import pickle
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth._util.extras import require
from dataworth.data.base import View
from dataworth.data.dataset import Dataset
from dataworth.errors import StudyError
from dataworth.learners.base import FitRequest, Predictor
from dataworth.learners.source_hash import own_code
from dataworth.records.run import RunContext
from dataworth.tasks.base import Task

_OF_LABELS = ("accuracy", "macro_f1")
"""The metrics of a classifier that gives labels without probabilities."""
_SEEDS = ("random_state", "random_seed")
_QUIET: Mapping[str, Mapping[str, Any]] = {
    "lightgbm": {"verbose": -1},
    "catboost": {"verbose": False, "allow_writing_files": False},
}
"""Parameters, where they are not set, that keep a library from printing every iteration."""
_BOOSTERS = ("lightgbm", "xgboost", "catboost")


def is_estimator(model: Any) -> bool:
    """Whether `model` is an estimator (an object, not a class) with the interface that is needed.

    That is ``fit``, ``get_params`` and one of ``predict``, ``predict_proba`` and
    ``decision_function``.
    """
    if isinstance(model, type):
        return False
    predicts = any(hasattr(model, name) for name in ("predict", "predict_proba"))
    return predicts and hasattr(model, "fit") and hasattr(model, "get_params")


class SklearnLearner:
    """Fits a clone of an estimator on the rows of each run.

    Every parameter ``random_state``, also of nested estimators, is derived from the run's seed.
    Features go to the estimator in their own form; arrays of more than two dimensions are
    flattened, and ``uint8`` features are multiplied by the data's scale.

    Parameters
    ----------
    estimator : estimator
        A classifier or a regressor; it is not changed.
    name : str, optional
        What tables call the model; by default the name of the class, of a pipeline that of its
        last step.
    """

    def __init__(self, estimator: Any, name: str = "") -> None:
        self.estimator = estimator
        self.name = name or type(_last_step(estimator)).__name__

    @property
    def takes(self) -> frozenset[str]:
        """The training options with an effect: boosters take ``patience``."""
        return frozenset({"patience"} if _library(self.estimator) in _BOOSTERS else ())

    def metrics(self, task: Task) -> tuple[str, ...]:
        """The task's metrics that the estimator can have, in the task's order.

        A classifier without ``predict_proba`` has no loss: its scores are of its labels.
        """
        if task.kind != "classification" or hasattr(self.estimator, "predict_proba"):
            return task.metrics
        return tuple(name for name in task.metrics if name in _OF_LABELS)

    def identity(self, data: Dataset, task: Task) -> Mapping[str, Any]:
        """Class, version of the library, parameters but the seeds, and the user's own code.

        Raises
        ------
        StudyError
            If the estimator is not for the task.
        """
        require("sklearn", "estimators")
        from sklearn.base import is_classifier, is_regressor

        fits = {"classification": is_classifier, "regression": is_regressor}
        if task.kind in fits and not fits[task.kind](self.estimator):
            kind = "classifier" if task.kind == "classification" else "regressor"
            raise StudyError(
                f"model {self.name}: {type(self.estimator).__name__} is not a {kind}, and the "
                f"targets of {data.name} are for {task.kind}. Give a {kind}, or say the task "
                "(task=..., --task).",
                code="task-not-supported",
            )
        return {"learner": "estimator", **_described(self.estimator)}

    def fit(self, request: FitRequest, context: RunContext) -> Predictor:
        """Fit a clone on ``request.train``."""
        from sklearn.base import clone

        estimator = clone(self.estimator)
        _set_seeds(estimator, request.seed)
        quiet = _QUIET.get(_library(estimator), {})
        unset = {
            name: value
            for name, value in quiet.items()
            if estimator.get_params(deep=False).get(name) is None
        }
        if unset:
            estimator.set_params(**unset)
        scale = getattr(request.train.data, "scale", 1.0)
        x, y = _features(request.train, scale), request.train.y
        if request.task.kind != "classification":
            _fit(estimator, request, x, y, lambda targets: targets)
            return Fitted(estimator, request.task, scale)
        # Libraries differ in whether classes may be missing; consecutive labels suit them all.
        present = np.unique(y)
        if len(present) == 1:
            return Fitted(None, request.task, scale, present)
        _fit(estimator, request, x, np.searchsorted(present, y), _position(present))
        return Fitted(estimator, request.task, scale, present)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted estimator.

    Attributes
    ----------
    estimator : estimator or None
        None for a subset of one class, which is predicted for every row.
    task : Task
    scale : float
        What ``uint8`` features are multiplied by.
    present : ndarray of int64, shape (n_present,)
        The classes of the subset; class ``k`` of the estimator is class ``present[k]``.
    """

    estimator: Any
    task: Task
    scale: float
    present: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def facts(self) -> Mapping[str, float]:
        """The number of iterations, where early stopping chose it."""
        best = getattr(self.estimator, "best_iteration_", None)
        if best is None:
            best = getattr(self.estimator, "best_iteration", None)
        return {} if best is None else {"iterations": float(best)}

    @property
    def history(self) -> Mapping[str, NDArray[Any]]:
        """Empty: estimators report no epochs."""
        return {}

    def predict(self, x: Any) -> NDArray[Any]:
        """Values, or log-probabilities, shape (n, n_classes).

        Probabilities are clipped at the machine epsilon of their dtype, as
        ``sklearn.metrics.log_loss`` does; those of classes that the subset lacks are 0 before.
        Labels without probabilities become log-probabilities of 0 and 1.
        """
        features = _flat(x, self.scale)
        if self.task.kind != "classification":
            return np.asarray(self.estimator.predict(features), np.float64)
        classes = len(getattr(self.task, "class_names", ()))
        rows = features.shape[0] if hasattr(features, "shape") else len(features)
        probabilities = np.zeros((rows, classes))
        epsilon = float(np.finfo(np.float64).eps)
        if self.estimator is None:
            probabilities[:, self.present[0]] = 1.0
        elif hasattr(self.estimator, "predict_proba"):
            given = np.asarray(self.estimator.predict_proba(features))
            if given.dtype == np.float32:
                epsilon = float(np.finfo(np.float32).eps)
            probabilities[:, self.present[np.asarray(self.estimator.classes_, np.int64)]] = given
        else:
            labels = np.asarray(self.estimator.predict(features)).astype(np.int64).reshape(-1)
            probabilities[np.arange(rows), self.present[labels]] = 1.0
        return np.asarray(np.log(np.clip(probabilities, epsilon, 1.0 - epsilon)))


def _fit(
    estimator: Any,
    request: FitRequest,
    x: Any,
    y: NDArray[Any],
    position: Callable[[NDArray[Any]], NDArray[Any]],
) -> None:
    """Fit, with early stopping where validation samples were asked for."""
    library, validation = _library(estimator), request.validation
    if validation is None or library not in _BOOSTERS or request.options.patience is None:
        estimator.fit(x, y)
        return
    targets = position(validation.y)
    known = np.flatnonzero(targets >= 0) if targets.dtype.kind == "i" else np.arange(len(targets))
    held = View(validation.data, validation.rows[known])
    pair = (_features(held, getattr(held.data, "scale", 1.0)), targets[known])
    patience = request.options.patience
    if library == "lightgbm":
        from lightgbm import early_stopping  # type: ignore[import-not-found,unused-ignore]

        estimator.fit(x, y, eval_set=[pair], callbacks=[early_stopping(patience, verbose=False)])
    elif library == "xgboost":
        estimator.set_params(early_stopping_rounds=patience)
        estimator.fit(x, y, eval_set=[pair], verbose=False)
    else:
        estimator.fit(x, y, eval_set=pair, early_stopping_rounds=patience)


def _position(present: NDArray[np.int64]) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """From class indices to their places in `present`; -1 for classes that are not there."""

    def position(y: NDArray[Any]) -> NDArray[Any]:
        found = np.searchsorted(present, y)
        inside = present[np.minimum(found, len(present) - 1)] == y
        return np.where(inside, found, -1)

    return position


def _features(view: View, scale: float) -> Any:
    return _flat(view.x, scale)


def _flat(x: Any, scale: float) -> Any:
    """Features as estimators take them: an array gets two dimensions, anything else stays."""
    if not isinstance(x, np.ndarray):
        return x
    flat = x.reshape(len(x), -1) if x.ndim > 2 else x
    return flat * np.float32(scale) if scale != 1.0 else flat


def _set_seeds(estimator: Any, seed: int) -> None:
    """Derive every parameter that is a seed from the run's, in the order of their names."""
    parameters = estimator.get_params(deep=True)
    names = sorted(name for name in parameters if name.rpartition("__")[2] in _SEEDS)
    if _library(estimator) == "catboost":
        # It lists only the parameters that were given.
        names = names or ["random_seed"]
    words = np.random.SeedSequence((seed, len(names))).generate_state(max(1, len(names)))
    values = (words >> 1).tolist()
    if names:
        estimator.set_params(**dict(zip(names, values, strict=True)))


def _library(estimator: Any) -> str:
    return type(estimator).__module__.partition(".")[0]


def _last_step(estimator: Any) -> Any:
    steps = getattr(estimator, "steps", None)
    return steps[-1][1] if steps else estimator


def _described(value: Any) -> Any:
    """A parameter as JSON values that change when it does."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, np.generic):
        return _described(value.item())
    if isinstance(value, Mapping):
        return {str(key): _described(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_described(each) for each in value]
    if hasattr(value, "get_params") and not isinstance(value, type):
        return _described_estimator(value)
    if isinstance(value, FunctionType | type):
        return {"code": f"{value.__module__}.{value.__qualname__}", **_own(value)}
    if isinstance(value, np.ndarray) and value.dtype != object:
        return {"array": _hash(value.tobytes() + str((value.shape, value.dtype)).encode())}
    try:
        return {"type": f"{type(value).__module__}.{type(value).__qualname__}"} | {
            "pickle": _hash(pickle.dumps(value, protocol=4))
        }
    except Exception:
        # Nothing else is known of an object that cannot be stored.
        return {"type": f"{type(value).__module__}.{type(value).__qualname__}"}


def _described_estimator(estimator: Any) -> dict[str, Any]:
    kind, library = type(estimator), sys.modules.get(_library(estimator))
    parameters = estimator.get_params(deep=False)
    return {
        "class": f"{kind.__module__}.{kind.__qualname__}",
        "version": str(getattr(library, "__version__", "")),
        "parameters": {
            name: _described(value)
            for name, value in sorted(parameters.items())
            if name not in _SEEDS
        },
        **_own(kind),
    }


def _own(thing: Any) -> dict[str, str]:
    """A hash of the user's own code; empty for that of installed packages."""
    code = own_code([thing], installed=False)
    return {"source": _hash("\n".join(code).encode())} if code else {}


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def with_parameters(models: Sequence[Any], parameters: Mapping[str, Any]) -> list[Any]:
    """Models of which every estimator has those of the parameters set that it knows.

    Parameters
    ----------
    models : sequence of Learner or FunctionModel
    parameters : mapping of str to object
        The text "None" stands for None, which a study file cannot hold.

    Raises
    ------
    StudyError
        If no estimator knows a parameter, or one refuses a value.
    """
    values = {name: None if value == "None" else value for name, value in parameters.items()}
    estimators = [model for model in models if isinstance(model, SklearnLearner)]
    known = {
        name: set(model.estimator.get_params(deep=True))
        for model in estimators
        for name in [model.name]
    }
    for name in values:
        # Boosters take parameters that they do not list.
        if not any(name in names for names in known.values()) and not any(
            model.takes for model in estimators
        ):
            raise StudyError(
                f"parameters: no model has a parameter {name!r}.{_nearest(name, known)}",
                code="unknown-option",
                option=name,
            )
    return [model if model not in estimators else _with(model, values) for model in models]


def _with(model: SklearnLearner, values: Mapping[str, Any]) -> SklearnLearner:
    from sklearn.base import clone

    estimator = clone(model.estimator)
    names = set(estimator.get_params(deep=True))
    own = {name: value for name, value in values.items() if name in names or model.takes}
    return SklearnLearner(estimator.set_params(**own), model.name) if own else model


def _nearest(name: str, known: Mapping[str, set[str]]) -> str:
    names = sorted({each for every in known.values() for each in every})
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f" Did you mean {close[0]}?"
    return f" Those of {', '.join(known)} are {', '.join(names)}." if known else ""


def instance_of(kind: type) -> Any:
    """An estimator of a class, made without arguments.

    Raises
    ------
    StudyError
        If the class needs arguments.
    """
    try:
        inspect.signature(kind).bind()
    except TypeError as error:
        raise StudyError(
            f"model {kind.__name__}: the class cannot be made without arguments ({error}). Give "
            "an instance, or a function without arguments that returns one.",
            code="model-needs-arguments",
        ) from None
    return kind()
