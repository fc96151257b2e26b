from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from dataworth.dataset import Dataset


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
    bunch = load_digits()
    return Dataset(bunch.images.astype(np.uint8), bunch.target, name="digits", scale=1 / 16)
