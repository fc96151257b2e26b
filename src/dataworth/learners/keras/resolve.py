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
from dataworth.learners.keras.presets import preset


def keras_learner(
    model: Any, name: str | None, learning_rate: float, standardize: bool | None = None
) -> KerasLearner | None:
    """The learner of a Keras model, or None if `model` is nothing that Keras knows.

    Parameters
    ----------
    model : str, path, keras.Model or callable
        A preset, a ``.keras`` file, a model, or a function that builds one.
    name : str, optional
        What tables call the learner; the model's own name by default.
    learning_rate : float
        Of Adam.
    standardize : bool, optional
        Whether features are standardised on each subset; by default the presets standardise
        real-valued ones.

    Raises
    ------
    StudyError
        If `learning_rate` is not positive, or the model cannot be read or built.
    """
    if not 0 < learning_rate < float("inf"):
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
        require(library, f"models such as {own_name}")
    again = partial(keras_learner, model, name, learning_rate, standardize)
    return KerasLearner(
        name or own_name, build, describe, learning_rate, again, standardize=standardize
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
