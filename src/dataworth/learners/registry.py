"""The registry of models: from what a person calls a model to what a study fits."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dataworth._util.user_code import import_object, user_code
from dataworth.errors import StudyError
from dataworth.learners.base import Learner
from dataworth.learners.command import PREFIX, Command
from dataworth.learners.function import FunctionModel, RunModel, is_train_function
from dataworth.learners.keras.resolve import keras_learner
from dataworth.learners.names import unknown_model
from dataworth.learners.sklearn import SklearnLearner, instance_of, is_estimator

_OBJECT = re.compile(r"(?:[\w.]+|.+\.py):[A-Za-z_]\w*")


def resolve(
    model: Any,
    *,
    learning_rate: float | None = None,
    standardize: bool | None = None,
    optimizer: Any = None,
    fit_params: Mapping[str, Any] | None = None,
    has_samples: bool = True,
) -> Learner | RunModel:
    """Turn what a person calls a model into a learner, or into a model that does a whole run.

    Parameters
    ----------
    model : str, path, keras.Model, estimator, callable or Learner
        An estimator with the interface of scikit-learn, its class, or a function without
        arguments that returns one; a preset ("linear", "mlp", "mlp:512,512", "cnn"); the path of a
        ``.keras`` file; a ``keras.Model``; a function of one argument ``run``, which trains by
        itself; a function that is given the shape of one sample, the number of classes, or
        both, and returns a ``keras.Model``; or "module:name" or "file.py:name" for an object of
        these kinds. A Keras model is a pattern: every run builds it again from its configuration
        and initialises it from the run's seed, so that its own weights are not used. A Learner is
        returned as it is.
    learning_rate : float, optional
        Of Adam (0.001) or of `optimizer`, for Keras models.
    standardize : bool, optional
        Whether Keras models get their features standardised on each subset; by default the
        presets standardise real-valued ones.
    optimizer : str or keras.optimizers.Optimizer, optional
        Of Keras models, in place of Adam.
    fit_params : mapping, optional
        Further arguments of ``fit``, for estimators.
    has_samples : bool
        False if the data are row numbers alone: any function of one argument trains by itself
        then, whatever the argument is called.

    Returns
    -------
    Learner or RunModel

    Raises
    ------
    StudyError
        If `model` is none of these.
    """
    name = None
    if isinstance(model, str) and _OBJECT.fullmatch(model):
        name, model = model, import_object(model)
    if isinstance(model, RunModel):
        return model
    if isinstance(model, str) and model.startswith(PREFIX):
        return Command(model.removeprefix(PREFIX))
    if is_train_function(model, any_name=not has_samples):
        return FunctionModel(model)
    if hasattr(model, "fit") and hasattr(model, "identity") and not isinstance(model, type):
        learner: Learner = model
        return learner
    estimator = _estimator(model)
    if estimator is not None:
        return SklearnLearner(estimator, "" if name is None else _short(name), fit_params)
    if "torch" in sys.modules and isinstance(model, sys.modules["torch"].nn.Module):
        raise StudyError(
            f"model {type(model).__name__}: every run builds its torch module again, from initial "
            "weights of its own. Give dw.Torch(build) with a function build(shape, outputs) that "
            "returns it.",
            code="model-not-rebuildable",
        )
    found = keras_learner(model, name, learning_rate, standardize, optimizer)
    if found is None:
        raise unknown_model(model)
    return found


def _estimator(model: Any) -> Any:
    """An estimator from itself, its class, or a function that returns one; else None."""
    if is_estimator(model):
        return instance_of(model) if isinstance(model, type) else model
    if inspect.isfunction(model) and not inspect.signature(model).parameters:
        with user_code(f"the model's function {model.__name__}"):
            made = model()
        if is_estimator(made):
            return made
    return None


def _short(name: str) -> str:
    """What tables call the object "module:name": the name, or the module of a builder."""
    module, _, short = name.rpartition(":")
    return Path(module).stem if short in ("build", "make", "model", "estimator") else short
