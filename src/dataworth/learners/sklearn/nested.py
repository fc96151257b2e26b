"""The estimators within an estimator, and the parameters that a run sets in each of them."""

from __future__ import annotations

import copy
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

_STREAM = 15
"""The random numbers of estimators: a stream of their own, apart from those of subsets."""
_MOST_SEEDS = 2**31
_SEED_NAMES = ("random_state", "random_seed")
_THREAD_NAMES = ("n_jobs", "thread_count")
Estimators = list[tuple[str, Any]]
"""An estimator and those within it, with their names; see `estimators_in`."""
_DEFAULTS = {
    "lightgbm": (
        # Otherwise it times two ways of summing at its start, and takes the faster one.
        (("deterministic",), True),
        (("force_row_wise", "force_col_wise"), True),
        (("verbosity", "verbose"), -1),
    ),
    "catboost": (
        (("verbose", "silent", "logging_level", "verbose_eval"), False),
        (("allow_writing_files", "train_dir"), False),
    ),
}
"""What boosters are given, unless one of the names is among their parameters."""


def parameters_of(estimator: Any) -> dict[str, Any]:
    """The estimator's own parameters, without those of estimators within it."""
    own: dict[str, Any] = {}
    return estimator.get_params(deep=False) if hasattr(estimator, "get_params") else own


def estimators_in(estimator: Any) -> Estimators:
    """An estimator and all estimators within it, each with the name of its parameter.

    The outermost comes first, under the name "".
    """
    if not hasattr(estimator, "get_params"):
        return [("", estimator)]
    nested = sorted(estimator.get_params(deep=True).items())
    return [("", estimator), *((name, each) for name, each in nested if _is_estimator(each))]


def package_of(estimator: Any) -> str:
    """The package of an estimator's class, or of the class of a library that it derives from."""
    packages = [kind.__module__.partition(".")[0] for kind in type(estimator).__mro__]
    known = [name for name in packages if name in ("lightgbm", "xgboost", "catboost")]
    return known[0] if known else packages[0]


def set_seeds(estimators: Estimators, seed: int) -> None:
    """Set every ``random_state``, of an estimator and of all within it, from the run's seed.

    What stands there before does not matter: a run's randomness is the run's alone.
    """
    drawn = np.random.default_rng([_STREAM, seed])
    for _, each in estimators:
        own = parameters_of(each)
        names = [name for name in _SEED_NAMES if name in own]
        if not names and package_of(each) == "catboost":
            # CatBoost names only the parameters that it was given.
            names = ["random_seed"]
        for name in names:
            each.set_params(**{name: int(drawn.integers(_MOST_SEEDS))})
        for name, value in sorted(own.items()):
            # Splitters, as in cv=KFold(shuffle=True), have a random_state and no get_params.
            if hasattr(value, "random_state") and not hasattr(value, "get_params"):
                seeded = copy.copy(value)
                if getattr(seeded, "shuffle", True):
                    seeded.random_state = int(drawn.integers(_MOST_SEEDS))
                each.set_params(**{name: seeded})


def set_resources(estimators: Estimators) -> None:
    """Let no estimator use more threads or processes than this process has cores.

    Boosters are also made to give the same figures at every start, to print nothing and to write
    no files, where their own parameters do not say otherwise.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cores = cores or 1
    for _, each in estimators:
        own = parameters_of(each)
        package = package_of(each)
        for name in _THREAD_NAMES:
            asked = own.get(name)
            # The boosters take all cores of the machine unless a number is set.
            takes_all = asked is None and (
                (name == "n_jobs" and package in ("lightgbm", "xgboost") and name in own)
                or (name == "thread_count" and package == "catboost")
            )
            if takes_all or (isinstance(asked, int) and (asked < 1 or asked > cores)):
                each.set_params(**{name: cores})
        wanted = {
            name: value
            for names, value in _DEFAULTS.get(package, ())
            for name in names[:1]
            if not set(names) & set(own)
        }
        if wanted:
            each.set_params(**wanted)


def predict_in_one_thread(estimators: Estimators) -> None:
    """Let forests sum the predictions of their trees in one thread, and so in one order."""
    for _, each in estimators:
        kinds = [kind.__module__ for kind in type(each).__mro__]
        if "sklearn.ensemble._forest" in kinds and each.n_jobs not in (None, 1):
            each.set_params(n_jobs=1)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the global generators of Python and NumPy, and restore their states afterwards."""
    python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    words = np.random.SeedSequence([_STREAM, seed]).generate_state(2)
    random.seed(int(words[0]))
    np.random.seed(int(words[1]))  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002


def _is_estimator(value: Any) -> bool:
    return hasattr(value, "get_params") and hasattr(value, "fit") and not isinstance(value, type)
