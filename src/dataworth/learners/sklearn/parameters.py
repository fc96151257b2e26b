"""Making an estimator of its class, and setting the parameters of those of a study."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from dataworth._util.user_code import user_code
from dataworth.errors import StudyError
from dataworth.learners.sklearn.learner import SklearnLearner


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
            code="wrong-arguments",
        ) from None
    with user_code(f"the class {kind.__name__}"):
        return kind()


def with_parameters(models: Sequence[Any], parameters: Mapping[str, Any]) -> list[Any]:
    """Models of which every estimator has those of the parameters set that it knows.

    Parameters
    ----------
    models : sequence of Learner or RunModel
    parameters : mapping of str to object
        The text "None" stands for None, which a study file cannot hold.

    Raises
    ------
    StudyError
        If no estimator knows a parameter, or one refuses a value.
    """
    values = {name: None if value == "None" else value for name, value in parameters.items()}
    estimators = [model for model in models if isinstance(model, SklearnLearner)]
    known = {model.name: _known(model.estimator) for model in estimators}
    for name in values:
        if not any(_knows(model.estimator, name) for model in estimators):
            raise StudyError(
                f"parameters: no model has a parameter {name!r}.{_nearest(name, known)}",
                code="unknown-option",
                option=name,
            )
    return [_with(model, values) if model in estimators else model for model in models]


def _with(model: SklearnLearner, values: Mapping[str, Any]) -> SklearnLearner:
    from sklearn.base import clone

    own = {name: value for name, value in values.items() if _knows(model.estimator, name)}
    if not own:
        return model
    estimator = clone(model.estimator)
    with user_code(f"the model {model.name}"):
        estimator.set_params(**own)
    return SklearnLearner(estimator, model.name, model.fit_params)


def _known(estimator: Any) -> set[str]:
    """The parameters that an estimator lists, and those that its class takes by name."""
    if not hasattr(estimator, "set_params"):
        return set()
    arguments = inspect.signature(type(estimator)).parameters.values()
    named = {each.name for each in arguments if each.kind is each.POSITIONAL_OR_KEYWORD}
    return named | set(estimator.get_params(deep=True))


def _knows(estimator: Any, name: str) -> bool:
    known = _known(estimator)
    arguments = inspect.signature(type(estimator)).parameters.values()
    # LightGBM and XGBoost take parameters that they do not list; a misspelt one is none of them.
    takes_all = any(each.kind is each.VAR_KEYWORD for each in arguments)
    is_misspelt = bool(difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.8))
    return name in known or (takes_all and bool(known) and not is_misspelt)


def _nearest(name: str, known: Mapping[str, set[str]]) -> str:
    names = sorted({each for every in known.values() for each in every})
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f" Did you mean {close[0]}?"
    return f" Those of {', '.join(known)} are {', '.join(names)}." if known else ""
