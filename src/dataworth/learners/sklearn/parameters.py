"""Making an estimator of its class, and setting the parameters of those of a study."""

from __future__ import annotations

import difflib
import inspect
import warnings
from collections.abc import Mapping
from typing import Any

from dataworth._util.user_code import user_code
from dataworth._util.words import did_you_mean
from dataworth.errors import DataworthWarning, StudyError
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


def with_parameters(models: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Models of which every estimator has those of the parameters set that it knows.

    Parameters
    ----------
    models : mapping of str to Learner or RunModel
        By their names in the study.
    parameters : mapping of str to object
        The text "None" stands for None, which a study file cannot hold.

    Raises
    ------
    StudyError
        If no estimator knows a parameter, or one refuses a value.

    Warns
    -----
    DataworthWarning
        Of the models that do not know a parameter.
    """
    values = {name: None if value == "None" else value for name, value in parameters.items()}
    estimators = {name: each for name, each in models.items() if isinstance(each, SklearnLearner)}
    known = {each.name: _known(each.estimator) for each in estimators.values()}
    for name in values:
        knowing = [key for key, each in estimators.items() if _knows(each.estimator, name)]
        if not knowing:
            raise StudyError(
                f"parameters: no model has a parameter {name!r}.{_nearest(name, known)}",
                code="unknown-option",
                option=name,
            )
        others = [key for key in models if key not in knowing]
        if others:
            verb = "has" if len(others) == 1 else "have"
            message = f"parameters: {', '.join(others)} {verb} no {name!r}; it is set for the rest."
            warnings.warn(DataworthWarning(message, code="option-of-some-models"), stacklevel=2)
    return {
        name: _with(model, values) if name in estimators else model
        for name, model in models.items()
    }


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
    others = f" Those of {', '.join(known)} are {', '.join(names)}." if known else ""
    return did_you_mean(name, names, str) or others
