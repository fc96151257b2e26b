"""The registry of models: from what a person calls a model to what a study fits."""

from __future__ import annotations

import difflib
import os
import re
from typing import Any

from dataworth._util.user_code import import_object
from dataworth.errors import StudyError
from dataworth.learners.base import Learner
from dataworth.learners.function import FunctionModel, is_train_function
from dataworth.learners.keras.presets import CHOICES
from dataworth.learners.keras.resolve import keras_learner

DEFAULT_LEARNING_RATE = 1e-3


def resolve(model: Any, *, learning_rate: float = DEFAULT_LEARNING_RATE) -> Learner | FunctionModel:
    """Turn what a person calls a model into a learner, or into a function that does a whole run.

    Parameters
    ----------
    model : str, path, keras.Model, callable or Learner
        A preset ("linear", "mlp", "mlp:512,512", "cnn"); the path of a ``.keras`` file; a
        ``keras.Model``; a function of one argument ``run``, which trains by itself; a function
        that is given the shape of one sample, the number of classes, or both, and returns a
        ``keras.Model``; or "module:name" for an object of these kinds. A Keras model is a pattern:
        every run builds it again from its configuration and initialises it from the run's seed, so
        that its own weights are not used. A Learner is returned as it is.
    learning_rate : float
        Of Adam, for Keras models.

    Returns
    -------
    Learner or FunctionModel

    Raises
    ------
    StudyError
        If `model` is none of these.
    """
    name = None
    if isinstance(model, str) and re.fullmatch(r"[\w.]+:[A-Za-z_]\w*", model):
        name, model = model, import_object(model)
    if isinstance(model, FunctionModel):
        return model
    if is_train_function(model):
        return FunctionModel(model)
    if hasattr(model, "fit") and hasattr(model, "identity") and not isinstance(model, type):
        learner: Learner = model
        return learner
    found = keras_learner(model, name, learning_rate)
    if found is None:
        raise StudyError(_unknown(model), code="unknown-model")
    return found


def _unknown(model: Any) -> str:
    text = os.fspath(model) if isinstance(model, str | os.PathLike) else repr(model)
    close = difflib.get_close_matches(text.lower(), CHOICES, n=1, cutoff=0.5)
    hint = f' Did you mean "{close[0]}"?' if close else ""
    return (
        f'model "{text}" is not known.{hint} Choose one of {", ".join(CHOICES)}; or give '
        '"module:function" (a function that returns a keras.Model, or that trains by itself: '
        "train(run)), the path of a .keras file, or in Python a keras.Model or a function."
    )
