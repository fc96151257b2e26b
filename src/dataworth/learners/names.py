"""The names of presets, checked without loading a library of learners."""

from __future__ import annotations

import os
from typing import Any

from dataworth._util.words import did_you_mean
from dataworth.errors import StudyError

CHOICES = ("linear", "mlp", "mlp:512,512", "cnn")


def check_name(model: str) -> None:
    """Refuse a name that is not a preset, and has the form of nothing else.

    Other models are an object in a module ("module:name"), a file or a command; they are checked
    when they are loaded.

    Raises
    ------
    StudyError
        If it is one word without a preset of that name.
    """
    if model.replace("-", "").replace("_", "").isalnum() and model not in CHOICES:
        raise unknown_model(model)


def unknown_model(model: Any) -> StudyError:
    """The error for something that is not a model, with the nearest preset."""
    text = os.fspath(model) if isinstance(model, str | os.PathLike) else repr(model)
    hint = did_you_mean(text.lower(), CHOICES, '"{}"'.format)
    return StudyError(
        f'model "{text}" is not known.{hint} Choose one of {", ".join(CHOICES)}; or give '
        '"module:name" or "file.py:name" (an estimator or its class, such as '
        "sklearn.ensemble:RandomForestClassifier; a function that returns an estimator or a "
        "keras.Model, or that trains by itself: train(run)), the path of a .keras file, or in "
        "Python one of these objects.",
        code="unknown-model",
    )
