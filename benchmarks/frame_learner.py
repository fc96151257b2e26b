"""A small learner for tables of numbers and texts, for `shared_memory.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction import FeatureHasher
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from dataworth.data.dataset import Dataset
from dataworth.learners.base import FitRequest
from dataworth.records.run import RunContext
from dataworth.tasks.base import Task


class HashedLinear:
    """Logistic regression on the numbers and on hashed texts of a frame of `shared_memory`."""

    name = "hashed-linear"

    def identity(self, data: Dataset, task: Task) -> Mapping[str, Any]:
        """The learner has no settings."""
        return {"learner": self.name}

    def fit(self, request: FitRequest, context: RunContext) -> Fitted:
        """Fit on the frame of the run's rows."""
        model = make_pipeline(
            make_column_transformer(
                (FunctionTransformer(), _numbers),
                (
                    make_pipeline(
                        FunctionTransformer(_words), FeatureHasher(256, input_type="string")
                    ),
                    _texts,
                ),
            ),
            SGDClassifier(loss="log_loss", random_state=request.seed),
        )
        model.fit(request.train.x, request.train.y)
        return Fitted(model)


def _numbers(frame: Any) -> list[str]:
    return [name for name in frame.columns if name.startswith("number")]


def _texts(frame: Any) -> list[str]:
    return [name for name in frame.columns if name.startswith("text")]


def _words(frame: Any) -> list[list[str]]:
    return [[f"{place}={cell}" for place, cell in enumerate(row)] for row in frame.to_numpy()]


class Fitted:
    """The fitted pipeline."""

    facts: Mapping[str, float] = {}
    history: Mapping[str, NDArray[Any]] = {}

    def __init__(self, model: Any) -> None:
        self._model = model

    def predict(self, x: Any) -> NDArray[Any]:
        """Logarithms of the probabilities of the classes."""
        return np.asarray(np.log(np.maximum(self._model.predict_proba(x), 1e-7)))
