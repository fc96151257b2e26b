"""Lazy import of Keras on its JAX backend, and seeding of what Keras draws."""

from __future__ import annotations

import importlib
import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from dataworth._util.extras import require
from dataworth._util.lazy import collector_paused
from dataworth.errors import StudyError
from dataworth.learners.keras.data_parallel import offer_cores
from dataworth.learners.keras.stored_programs import store_programs


def load_keras() -> Any:
    """Import Keras on its JAX backend.

    Returns
    -------
    module
        ``keras``.

    Raises
    ------
    StudyError
        If Keras has been imported with another backend, or uses another float type.
    """
    require("keras", "Keras models")
    require("jax", "Keras models")
    if "keras" not in sys.modules:
        # Keras reads this when it is first imported; dataworth supports no other backend.
        os.environ["KERAS_BACKEND"] = "jax"
        # JAX would take three quarters of the memory of every GPU that it sees, also of those of
        # other workers.
        os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
        with collector_paused():
            offer_cores()
            store_programs()
            importlib.import_module("keras")
    keras = importlib.import_module("keras")
    backend = keras.backend.backend()
    if backend != "jax":
        raise StudyError(
            f"Keras was imported on its {backend} backend before dataworth needed it, and a "
            "process has one backend only. Set the environment variable KERAS_BACKEND=jax, or "
            'write os.environ["KERAS_BACKEND"] = "jax" above the first import of keras.',
            code="keras-settings",
        )
    floats = keras.config.floatx()
    if floats != "float32":
        raise StudyError(
            f"Keras is set to compute in {floats}; dataworth trains in float32. "
            'Set "floatx": "float32" in keras.json, or call keras.config.set_floatx("float32").',
            code="keras-settings",
        )
    return keras


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed everything that Keras draws while it builds a model.

    Keras seeds initializers, dropout and seed generators from Python's global ``random``; a
    user's builder may use NumPy's. The states of both are restored afterwards.
    """
    # The import draws from these generators, so it must come before they are seeded.
    load_keras()
    python_state = random.getstate()
    numpy_state = np.random.get_state()  # noqa: NPY002
    words = np.random.SeedSequence([seed, 0]).generate_state(2)
    random.seed(int(words[0]))
    np.random.seed(int(words[1]))  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002
