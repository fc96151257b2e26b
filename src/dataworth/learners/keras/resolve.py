"""Keras learners from what names or holds a Keras model."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

from dataworth._util.extras import require
from dataworth.errors import StudyError
from dataworth.learners.keras.backend import load_keras
from dataworth.learners.keras.from_user import from_function, from_model, load_model
from dataworth.learners.keras.learner import Describe, Description, KerasLearner
from dataworth.learners.keras.network import Build
from dataworth.learners.keras.optimizer import DEFAULT, Recipe, recipe_of
from dataworth.learners.keras.presets import preset

ADAM, DEFAULT_LEARNING_RATE = DEFAULT, 1e-3


def keras_learner(
    model: Any,
    name: str | None,
    learning_rate: float | None,
    standardize: bool | None = None,
    optimizer: Any = None,
) -> KerasLearner | None:
    """The learner of a Keras model, or None if `model` is nothing that Keras knows.

    Parameters
    ----------
    model : str, path, keras.Model or callable
        A preset, a ``.keras`` file, a model, or a function that builds one.
    name : str, optional
        What tables call the learner; the model's own name by default.
    learning_rate : float, optional
        Of Adam (0.001), or of an optimizer that is given by its name.
    standardize : bool, optional
        Whether features are standardised on each subset; by default the presets standardise
        real-valued ones.
    optimizer : str, keras.optimizers.Optimizer or Recipe, optional
        In place of Adam.

    Raises
    ------
    StudyError
        If `learning_rate` is not positive, the optimizer cannot be used, or the model cannot be
        read or built.
    """
    if learning_rate is not None and not 0 < learning_rate < float("inf"):
        raise StudyError(
            f"learning_rate is {learning_rate}; it must be a positive number.",
            code="value-out-of-range",
        )
    found = _described(model)
    if found is None:
        return None
    own_name, build, describe = found
    # Before data are loaded and runs are begun.
    for library in ("keras", "jax"):
        require(
            library,
            f"models such as {own_name}",
            "Or choose another model, as --model sklearn.ensemble:RandomForestClassifier.",
        )
    recipe = optimizer
    if not isinstance(optimizer, Recipe):
        recipe = recipe_of(optimizer, learning_rate)
    if recipe is not None:
        learning_rate = None
    return KerasLearner(
        name or own_name,
        build,
        describe,
        recipe or learning_rate or DEFAULT_LEARNING_RATE,
        partial(keras_learner, model, name, learning_rate, standardize, recipe),
        standardize=standardize,
    )


def _described(model: Any) -> tuple[str, Build, Describe] | None:
    """A model's name, how to build it, and how to describe it."""
    if isinstance(model, str | os.PathLike):
        text = os.fspath(model)
        known = preset(text)
        if known is not None:
            build, identity = known
            description = Description(identity, {}, standardizes=True)
            return text, build, lambda *_: description
        if text.endswith(".keras"):
            return Path(text).stem, *from_model(load_model(Path(text)))
        return None
    if "keras" in sys.modules and isinstance(model, load_keras().Model):
        return str(model.name), *from_model(model)
    if callable(model):
        return getattr(model, "__name__", type(model).__name__), *from_function(model)
    return None
