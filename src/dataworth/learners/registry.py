"""Resolve: from what a person calls a model to a learner."""

from __future__ import annotations

import difflib
import os
import re
import sys
from functools import partial
from pathlib import Path
from typing import Any

from dataworth.errors import StudyError
from dataworth.learners.base import Learner
from dataworth.learners.keras import from_user as given
from dataworth.learners.keras.backend import load_keras
from dataworth.learners.keras.learner import Describe, Description, KerasLearner
from dataworth.learners.keras.network import Build
from dataworth.learners.keras.presets import CHOICES, preset


def resolve(model: Any, *, learning_rate: float = 1e-3) -> Learner:
    """Turn what a person calls a model into a learner.

    Parameters
    ----------
    model : str, keras.Model, callable or Learner
        A preset ("linear", "mlp", "mlp:512,512", "cnn"); "module:function"; the path of a
        ``.keras`` file; a ``keras.Model``; or a function that is given the shape of one sample
        and the number of classes and returns a ``keras.Model``. A model given whole is a pattern:
        every run builds it anew from its configuration and initialises it from the run's seed,
        so its own weights are not used. A Learner is returned as it is.
    learning_rate : float
        Of Adam.

    Returns
    -------
    Learner

    Raises
    ------
    StudyError
        If `model` is none of these.
    """
    if hasattr(model, "train") and hasattr(model, "identity"):
        learner: Learner = model
        return learner
    if not 0 < learning_rate < float("inf"):
        raise StudyError(
            f"learning_rate is {learning_rate}; it must be a positive number.", code="not-positive"
        )
    again = partial(resolve, model, learning_rate=learning_rate)
    known = preset(os.fspath(model)) if isinstance(model, str | os.PathLike) else None
    if known is not None:
        build, identity = known
        what = Description(identity, {})
        return KerasLearner(os.fspath(model), build, lambda *_: what, learning_rate, again)
    name, build, describe = _given(model)
    return KerasLearner(name, build, describe, learning_rate, again)


def _given(model: Any) -> tuple[str, Build, Describe]:
    """Name a model that is no preset, and say how to build it and what it is."""
    if isinstance(model, str | os.PathLike):
        text = os.fspath(model)
        if text.endswith(".keras"):
            return Path(text).stem, *given.from_model(given.load_model(Path(text)))
        if re.fullmatch(r"[\w.]+:\w+", text):
            return text, *given.from_function(given.import_function(text))
        raise StudyError(_unknown(text), code="unknown-model")
    if "keras" in sys.modules and isinstance(model, load_keras().Model):
        return str(model.name), *given.from_model(model)
    if callable(model):
        return getattr(model, "__name__", type(model).__name__), *given.from_function(model)
    raise StudyError(_unknown(repr(model)), code="unknown-model")


def _unknown(text: str) -> str:
    close = difflib.get_close_matches(text.lower(), CHOICES, n=1, cutoff=0.5)
    hint = f' Did you mean "{close[0]}"?' if close else ""
    return (
        f'model "{text}" is not known.{hint} Choose one of {", ".join(CHOICES)}; or give '
        '"module:function" (a function that returns a keras.Model), the path of a .keras file, '
        "or in Python a keras.Model."
    )
