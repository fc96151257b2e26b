"""The 1,797 real 8 x 8 digits that come with scikit-learn."""

from __future__ import annotations

import numpy as np

from dataworth._util.extras import require
from dataworth.data.dataset import Dataset


def load() -> Dataset:
    """Load the digits: 43 writers, 8 x 8 pixels of 0..16, 10 classes, no official test split.

    The test set of "Optical Recognition of Handwritten Digits" (E. Alpaydin and C. Kaynak, UCI
    Machine Learning Repository, 1998), as distributed with scikit-learn.
    """
    require("sklearn", "the digits")
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return Dataset(
        bunch.images.astype(np.uint8),
        bunch.target,
        class_names=tuple("0123456789"),
        name="digits",
        scale=1.0 / 16.0,
        source={"package": "scikit-learn", "function": "load_digits"},
    )
