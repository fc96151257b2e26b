"""Scorers of scikit-learn, by name and as callables, for any fitted model."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth._util.extras import require
from dataworth._util.user_code import one_line, user_code
from dataworth.data.base import View
from dataworth.errors import StudyError
from dataworth.learners.base import Learner, Predictor, metrics_of
from dataworth.learners.values import described
from dataworth.metrics.classification import log_softmax
from dataworth.metrics.metric import Metric
from dataworth.metrics.registry import find, named, register, scorer
from dataworth.tasks.base import Task

Scorer = Callable[[Any, Any, Any], float]


@dataclass(frozen=True, eq=False)
class Scoring:
    """Scorers that are called with every fitted model, the held-out features and the targets.

    Attributes
    ----------
    scorers : mapping of str to callable
        By the name of the metric.
    metrics : mapping of str to Metric
        What each gives, with its direction.
    signs : mapping of str to int or None
        What its values are multiplied by: -1 of scikit-learn's ``neg_`` scorers, whose metrics
        become the losses that they are. None of a function that is called like a loss: its values
        decide, see `sign_of_loss`.
    """

    scorers: Mapping[str, Scorer]
    metrics: Mapping[str, Metric]
    signs: Mapping[str, int | None]
    _returned: dict[str, list[float]] = field(default_factory=dict)

    def identity(self) -> list[Any]:
        """The scorers, as JSON values that change when one does."""
        return [[name, described(each)] for name, each in self.scorers.items()]

    def check(self, learner: Learner, task: Task, held_out: View) -> None:
        """Refuse scorers that the learner or the held-out samples do not allow, before training.

        Raises
        ------
        StudyError
            If one needs probabilities that the learner does not give, or is not for the task.
        """
        methods = _methods_of(learner, task)
        constant = _Constant(task, methods, held_out.y)
        for name, each in self.scorers.items():
            response = getattr(each, "_response_method", None)
            if response is None:
                # Of a function nothing is known before it is called with a fitted model.
                continue
            needed = (response,) if isinstance(response, str) else tuple(response)
            if needed != ("default",) and not set(needed) & set(methods):
                possible = [other for other in self.scorers if other != name]
                raise StudyError(
                    f"scoring: {name} needs {' or '.join(needed)}, and the model {learner.name} "
                    f"has {', '.join(methods)}. It can have "
                    f"{', '.join(dict.fromkeys([*metrics_of(learner, task), *possible]))}.",
                    code="unknown-metric",
                )
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    module = getattr(each._score_func, "__module__", "")  # type: ignore[attr-defined]
                    if module == "sklearn.metrics._regression" and task.kind != "regression":
                        raise ValueError("it is a metric of quantities")
                    each(_adapted(constant, task, methods, held_out), held_out.x, held_out.y)
            except Exception as error:
                raise StudyError(
                    f"scoring: {name} cannot score {task.kind} of these targets "
                    f"({one_line(error)}). Choose another scorer, such as accuracy, f1_macro or "
                    "roc_auc_ovr for classes, r2 for quantities.",
                    code="unknown-metric",
                ) from None

    def __call__(
        self, learner: Learner, predictor: Predictor, task: Task, held_out: View
    ) -> dict[str, float]:
        """The figures of a fitted model by name."""
        model = _adapted(predictor, task, _methods_of(learner, task), held_out)
        scores = {}
        for name, each in self.scorers.items():
            with user_code(f"the scorer {name}"):
                value = each(model, held_out.x, held_out.y)
            number = value.item() if hasattr(value, "item") and np.ndim(value) == 0 else value
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise StudyError(
                    f"the scorer {name} returned {value!r}; expected a number.",
                    code="invalid-scores",
                )
            scores[name] = self._sign(name, float(number)) * float(number)
        return scores

    def _sign(self, name: str, value: float) -> int:
        sign = self.signs[name]
        if sign is not None:
            return sign
        before = self._returned.setdefault(name, [])
        before.append(value)
        return sign_of_loss(self.metrics[name], before)


def sign_of_loss(metric: Metric, scores: ArrayLike) -> int:
    """Whether a function that is called like a loss returns it, or its negative as scorers do.

    A loss that cannot be negative is turned where it is: -1, else 1.

    Raises
    ------
    StudyError
        If the function returns values of both signs.
    """
    values = np.asarray(scores, np.float64)
    finite = values[np.isfinite(values)]
    if metric.lower != 0 or not (finite < 0).any():
        return 1
    if (finite > 0).any():
        raise StudyError(
            f"scoring: {metric.name} is the name of a loss, and the function returns values of "
            f"both signs, from {finite.min():.4g} to {finite.max():.4g}. Rename it, or make a "
            "scorer of it with sklearn.metrics.make_scorer.",
            code="metric-unclear",
        )
    return -1


def scoring_of(given: Any) -> Scoring | None:
    """Scorers from what scikit-learn takes as ``scoring``; None for None.

    Parameters
    ----------
    given : str, callable, list or tuple of these, mapping of str to these, or None
        A name is one of scikit-learn's ("roc_auc_ovr", "neg_log_loss"). A callable is called with
        the fitted model, the held-out features and the targets (of classes the indices), and
        returns a number that is higher for a better model, unless its name in the mapping, or the
        function's own, is that of a loss, such as "rmse". Such a function may return the loss or
        its negative: the figures are of the loss.

    Raises
    ------
    StudyError
        If a name is not known, or something else is given.
    """
    if given is None:
        return None
    require("sklearn", "scorers")
    if isinstance(given, str) or callable(given):
        given = [given]
    if not isinstance(given, Sequence | Mapping) or not given:
        raise StudyError(
            f"scoring = {given!r}: expected a name such as 'roc_auc_ovr', a callable, a list of "
            "them, or a mapping of names to them.",
            code="wrong-type",
            option="scoring",
        )
    pairs = given.items() if isinstance(given, Mapping) else [(None, each) for each in given]
    scorers: dict[str, Scorer] = {}
    metrics: dict[str, Metric] = {}
    signs: dict[str, int | None] = {}
    for name, each in pairs:
        function, metric, sign = _scorer(name, each)
        if metric.name in scorers:
            raise StudyError(
                f"scoring: two of the scorers give {metric.name}. Omit one, or name them: "
                'scoring={"a": ..., "b": ...}.',
                code="named-twice",
                option="scoring",
            )
        scorers[metric.name], metrics[metric.name], signs[metric.name] = function, metric, sign
        if find(metric.name) is None:
            register(metric)
    return Scoring(scorers, metrics, signs)


def _scorer(name: str | None, given: Any) -> tuple[Scorer, Metric, int | None]:
    """A scorer, what it gives, and what its values are multiplied by."""
    from sklearn.metrics import get_scorer

    if isinstance(given, str):
        try:
            function = get_scorer(given)
        except (ValueError, KeyError):
            raise StudyError(
                f"scoring: scikit-learn has no scorer {given!r}. "
                "sklearn.metrics.get_scorer_names() lists them.",
                code="unknown-metric",
                option="scoring",
            ) from None
        metric, sign = scorer(given)
        rises = sign > 0
    elif callable(given):
        function = given
        of = getattr(given, "_score_func", given)
        own = str(name or getattr(of, "__name__", type(of).__name__))
        metric, sign = scorer(own)
        turned = getattr(given, "_sign", None)
        # Made by make_scorer: its values are turned where a smaller one is better.
        sign = turned if turned is not None else sign
        known = metric.higher_is_better
        rises = turned > 0 if turned is not None else (known is not False and sign > 0)
    else:
        raise StudyError(
            f"scoring: {given!r} is neither the name of a scorer nor a callable.",
            code="wrong-type",
            option="scoring",
        )
    chosen = metric if name is None else named(name)
    is_loss = chosen.higher_is_better is False and callable(given)
    if is_loss and sign > 0 and not hasattr(given, "_sign"):
        return function, chosen, None
    if chosen.higher_is_better is None or chosen.higher_is_better != rises:
        chosen = Metric(chosen.name, rises)
    return function, chosen, sign


def _methods_of(learner: Learner, task: Task) -> tuple[str, ...]:
    """What the fitted model of a learner answers."""
    if task.output == "values":
        return ("predict",)
    estimator = getattr(learner, "estimator", None)
    if estimator is None:
        return ("predict", "predict_proba")
    methods = ("predict", "predict_proba", "decision_function")
    return tuple(name for name in methods if hasattr(estimator, name))


@dataclass(frozen=True, eq=False)
class _Constant:
    """Stands for a fitted model before there is one: it predicts classes by turns."""

    task: Task
    methods: Sequence[str]
    y: NDArray[Any]

    def predict(self, x: Any) -> NDArray[np.float64]:
        """Logits, or values."""
        if self.task.output == "values":
            return np.full(self.y.shape, float(np.mean(self.y)))
        if self.y.ndim == 2:
            return np.tile(np.linspace(-1.0, 1.0, len(self.y))[:, None], self.y.shape[1])
        classes = len(getattr(self.task, "class_names", ())) or int(self.y.max()) + 1
        return np.eye(classes)[np.arange(len(self.y)) % classes]

    def decide(self, x: Any) -> NDArray[np.float64]:
        """The same as a decision function."""
        logits = self.predict(x)
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits


def _adapted(predictor: Any, task: Task, methods: Sequence[str], held_out: View) -> Any:
    """A fitted model as scikit-learn's scorers take it; each answer is computed once."""
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

    mixin = RegressorMixin if task.output == "values" else ClassifierMixin
    answers: dict[tuple[str, int], Any] = {}

    def once(method: str, x: Any) -> NDArray[Any]:
        key = (method, id(x))
        if key not in answers:
            answers[key] = getattr(predictor, method)(x)
        return np.asarray(answers[key])

    def predict(self: Any, x: Any) -> NDArray[Any]:
        found = once("predict", x)
        if task.output == "values":
            return found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found
        if task.kind == "multilabel":
            return np.asarray(found > 0, np.int64)
        return np.asarray(found.argmax(axis=1))

    def predict_proba(self: Any, x: Any) -> NDArray[np.float64]:
        found = once("predict", x)
        if task.kind == "multilabel":
            return np.asarray(1.0 / (1.0 + np.exp(-found)))
        return np.exp(log_softmax(found))

    def decision_function(self: Any, x: Any) -> NDArray[Any]:
        return once("decide", x)

    def otherwise(self: Any, name: str) -> Any:
        estimator = None if name.startswith("_") else getattr(predictor, "estimator", None)
        if estimator is None:
            raise AttributeError(name)
        return getattr(estimator, name)

    functions = {
        "predict": predict,
        "predict_proba": predict_proba,
        "decision_function": decision_function,
    }
    members = {name: functions[name] for name in methods} | {"__getattr__": otherwise}
    model = type("FittedModel", (mixin, BaseEstimator), members)()
    if task.kind == "multilabel":
        model.classes_ = [np.arange(2)] * held_out.y.shape[1]
    elif task.output != "values":
        model.classes_ = np.arange(len(getattr(task, "class_names", ())))
    model.is_fitted_ = True
    return model
