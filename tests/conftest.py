from __future__ import annotations

import os
import platform
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray
from platformdirs import user_cache_path

from dataworth.data.base import View
from dataworth.data.dataset import Dataset
from dataworth.learners.base import FitRequest, TrainingOptions
from dataworth.learners.keras.data_parallel import offer_cores

pytest_plugins = ["report_fixtures"]

# No test asserts seconds: on a busy machine, an example may take any time.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


def pytest_configure(config: pytest.Config) -> None:
    """Spare the processes of the tests what makes them slow and proves nothing."""
    # Two threads of a numerical library that share a core wait for each other without rest.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # Processes that may not keep what they compile take a quarter of a second more to start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # JAX reads these variables when it is imported, here and in the processes that tests start.
    if "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return
    # The same programs come back often: what is compiled is kept for the next run of the tests.
    # A home folder may be that of several machines, whose processors differ.
    folder = user_cache_path("dataworth-tests") / platform.node() / "compiled"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        os.environ["JAX_COMPILATION_CACHE_DIR"] = str(folder)
        os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"


@pytest.fixture(scope="session", autouse=True)
def _all_cores() -> None:
    """JAX has one device per core; it must be configured before any test uses it."""
    offer_cores()


@pytest.fixture(scope="session", autouse=True)
def _data_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads or fills the user's own data folder."""
    os.environ["DATAWORTH_DATA"] = str(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real data, named by DATAWORTH_REAL_DATA."""
    folder = os.environ.get("DATAWORTH_REAL_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("DATAWORTH_REAL_DATA names no folder with the real data")
    return Path(folder)


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """Real handwritten digits as arrays, without a split."""
    from sklearn.datasets import load_digits

    bunch: Any = load_digits()
    return Dataset(bunch.images.astype(np.uint8), bunch.target, name="digits", scale=1 / 16)


@pytest.fixture(scope="session")
def real_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    from sklearn.datasets import load_digits

    bunch: Any = load_digits()
    return (bunch.images * 255 / 16).astype(np.uint8), bunch.target.astype(np.int64)


@pytest.fixture(scope="session")
def learner_data(real_digits: tuple[NDArray[np.uint8], NDArray[np.int64]]) -> Dataset:
    """The first 1,300 digits to train on and the last 497 as the official held-out samples."""
    x, y = real_digits
    return Dataset(x[:1300], y[:1300], x[1300:], y[1300:], name="digits", scale=1 / 255)


@pytest.fixture(scope="session")
def fit_request(learner_data: Dataset) -> FitRequest:
    """The first 320 digits, three epochs."""
    train = View(learner_data, np.arange(320))
    return FitRequest(
        train, learner_data.task, seed=1, options=TrainingOptions(epochs=3, batch_size=32)
    )
