"""`learning_curve` with the interface of scikit-learn, which can also return a `Curve`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth._util.extras import require
from dataworth.curves.read import curve_from_scores
from dataworth.data.shuffle import SUBSET_STREAM, shuffled
from dataworth.errors import StudyError

Rows = NDArray[np.int64]


def learning_curve(
    estimator: Any,
    X: Any,  # noqa: N803
    y: Any,
    *,
    seeds: int | Sequence[int] | None = None,
    return_curve: bool = False,
    **options: Any,
) -> Any:
    """Train a scikit-learn estimator on growing subsets and score it on held-out rows.

    The arguments and results are those of ``sklearn.model_selection.learning_curve``, identical to
    the bit. Two keywords are added.

    Parameters
    ----------
    estimator, X, y, **options
        As scikit-learn's: ``groups``, ``train_sizes``, ``cv``, ``scoring``, ``n_jobs``, ...
    seeds : int or sequence of int, optional
        Draw the subsets of each fold once per seed, stratified and nested: each has every class of
        `y` in proportion to its share, to within one row, and is contained in the larger ones of
        the seed (see `dataworth.data.subsets.NestedSampler`). An int is a number of seeds. Scores
        then have ``folds * seeds`` columns, all seeds of the first fold first. By default the
        subsets are scikit-learn's: the first rows of the fold, in its order or shuffled.
    return_curve : bool
        Return a `Curve` of the scores on held-out rows instead of the tuple. Scores that are
        negated losses, as "neg_log_loss", become losses; folds and seeds become the curve's seeds.

    Returns
    -------
    tuple or Curve
        ``(train_sizes_abs, train_scores, test_scores)`` and, with ``return_times``,
        ``(fit_times, score_times)``; or the curve.

    Raises
    ------
    StudyError
        If `seeds` is given for labels that are not classes or with ``shuffle``, or if a curve is
        returned and `scoring` has no name.
    """
    require("sklearn", "learning curves of estimators")
    from sklearn.model_selection import learning_curve as learning_curve_of_sklearn

    metric = _metric(estimator, options.get("scoring")) if return_curve else ""
    if seeds is not None:
        chosen = tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds)
        options = {**options, "cv": _seeded(estimator, X, y, chosen, options)}
    result = learning_curve_of_sklearn(estimator, X, y, **options)
    return curve_from_scores(result, metric) if return_curve else result


def _seeded(
    estimator: Any,
    X: Any,  # noqa: N803
    y: Any,
    seeds: tuple[int, ...],
    options: Mapping[str, Any],
) -> list[tuple[Rows, Rows]]:
    """Repeat each fold once per seed, with its training rows in the order of the seed.

    scikit-learn uses the first rows, so its subsets are stratified and nested.
    """
    from sklearn.base import is_classifier
    from sklearn.model_selection import check_cv

    if not seeds:
        raise StudyError(
            "seeds is empty; expected at least one.", code="nothing-given", option="seeds"
        )
    if options.get("shuffle"):
        raise StudyError(
            "shuffle would undo the order of seeds; leave one of them out.", code="options-conflict"
        )
    labels = np.asarray(y)
    if labels.ndim != 1 or labels.dtype.kind == "f":
        raise StudyError(
            f"seeds draws stratified subsets, but y has shape {labels.shape} and dtype "
            f"{labels.dtype}; expected one class per row. Use shuffle=True instead.",
            code="no-classes",
        )
    classes = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    folds = check_cv(options.get("cv"), y, classifier=is_classifier(estimator))
    return [
        (shuffled(train, classes, (SUBSET_STREAM, seed)), test)
        for train, test in folds.split(X, y, options.get("groups"))
        for seed in seeds
    ]


def _metric(estimator: Any, scoring: Any) -> str:
    """The name of the metric: that of `scoring`, or of the estimator's ``score``."""
    from sklearn.base import is_classifier, is_regressor

    if isinstance(scoring, str):
        return scoring
    if scoring is None and is_classifier(estimator):
        return "accuracy"
    if scoring is None and is_regressor(estimator):
        return "r2"
    raise StudyError(
        "scoring has no name that says what the scores are; give one of scikit-learn's, or read "
        "the tuple with as_curve(result, metric=...).",
        code="metric-unclear",
    )
