"""Folds of scikit-learn, each once per seed, with its training rows in the order of the seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth._util.validation import check_count_or_ints
from dataworth.data.shuffle import SUBSET_STREAM, shuffled
from dataworth.errors import StudyError

Rows = NDArray[np.int64]
Seeds = int | np.integer[Any] | Sequence[int] | NDArray[np.integer[Any]] | None


class SeededFolds:
    """A splitter that repeats each fold of another one once per seed.

    scikit-learn trains on the first rows of a fold. In the order of a seed the subsets are
    therefore nested, and stratified where there are classes.

    Parameters
    ----------
    folds : splitter
        With the methods of scikit-learn's splitters.
    classes : ndarray of int64, shape (n,), optional
        The class of each row of the data.
    seeds : tuple of int
    """

    def __init__(self, folds: Any, classes: Rows | None, seeds: tuple[int, ...]) -> None:
        self._folds = folds
        self._classes = classes
        self._seeds = seeds

    def split(
        self,
        X: Any,  # noqa: N803
        y: Any = None,
        groups: Any = None,
        **metadata: Any,
    ) -> Iterator[tuple[Rows, Rows]]:
        """Yield the training rows and the held-out rows, all seeds of the first fold first."""
        if groups is not None:
            metadata["groups"] = groups
        for train, test in self._folds.split(X, y, **metadata):
            rows = np.asarray(train)
            if rows.dtype == bool:
                # A mask has no order.
                rows = np.flatnonzero(rows)
            for seed in self._seeds:
                yield shuffled(rows, self._classes, (SUBSET_STREAM, seed)), test

    def get_n_splits(
        self,
        X: Any = None,  # noqa: N803
        y: Any = None,
        groups: Any = None,
    ) -> int:
        """The number of folds times the number of seeds."""
        return len(self._seeds) * int(self._folds.get_n_splits(X, y, groups))

    def get_metadata_routing(self) -> Any:
        """What the folds ask for: scikit-learn's metadata routing."""
        return self._folds.get_metadata_routing()


def with_seeds(estimator: Any, y: Any, seeds: Seeds, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of scikit-learn's ``learning_curve`` whose folds are repeated for each seed.

    Parameters
    ----------
    estimator, y
        As those of ``learning_curve``.
    seeds : int, sequence of int or None
        How many seeds, or which; None leaves the options as they are.
    options : mapping

    Raises
    ------
    StudyError
        If `seeds` is empty, or given together with ``shuffle``.
    """
    if seeds is None:
        return dict(options)
    chosen = check_count_or_ints("seeds", seeds)
    if options.get("shuffle"):
        raise StudyError(
            "shuffle would undo the order of seeds; leave one of them out.", code="options-conflict"
        )
    from sklearn.base import is_classifier
    from sklearn.model_selection import check_cv

    classifies = is_classifier(estimator)
    folds = check_cv(options.get("cv"), y, classifier=classifies)
    classes = _classes(y) if classifies else None
    return {**options, "cv": SeededFolds(folds, classes, chosen)}


def _classes(y: Any) -> Rows | None:
    """The class of each row; None where scikit-learn stratifies no folds either."""
    from sklearn.utils.multiclass import type_of_target

    if y is None or type_of_target(y) not in ("binary", "multiclass"):
        return None
    return np.unique(np.ravel(y), return_inverse=True)[1].astype(np.int64)
