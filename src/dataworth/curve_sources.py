"""Curves from whatever holds one: a path, scikit-learn's learning_curve result, a data frame."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dataworth.curve import Curve, real_numbers
from dataworth.curve_files import load_curve_for
from dataworth.curve_frames import curve_from_frame
from dataworth.errors import DataError
from dataworth.record import METRICS
from dataworth.scorers import HIGHER_IS_BETTER, scorer_named

_EXPECTED = (
    "expected a Curve, a run directory, a CSV with the columns samples,value[,seed], the result "
    "of scikit-learn's learning_curve, or a data frame"
)


def as_curve(thing: Any, metric: str | None = None) -> Curve:
    """Read a learning curve from whatever holds one.

    Parameters
    ----------
    thing : Curve, path, tuple or data frame
        A `Curve`; a run directory or a CSV (see `load_curve`); what scikit-learn's
        ``learning_curve`` returned (see `curve_from_scores`); a frame with the columns samples,
        value and optionally seed (see `curve_from_frame` for other columns).
    metric : str, optional
        Which metric: one that the curve holds beside its first, or what its values are ("loss" by
        default, "score" for scikit-learn's result). Names of scikit-learn's scorers are known:
        with "neg_log_loss" the values are losses with their sign turned.

    Raises
    ------
    DataError
        If nothing here is a learning curve, or it has no such metric.
    StudyError
        If a run directory holds no finished run.
    """
    if isinstance(thing, Curve):
        return _of_metric(thing, metric)
    if isinstance(thing, (str, os.PathLike)):
        return _of_metric(load_curve_for(thing, metric), metric, named=os.path.isdir(thing))
    if isinstance(thing, tuple):
        return curve_from_scores(thing, metric or "score")
    # A LazyFrame warns when it is asked for its columns.
    if hasattr(thing, "collect") or hasattr(thing, "columns") or isinstance(thing, Mapping):
        return curve_from_frame(thing, metric=metric or "loss")
    raise DataError(f"{type(thing).__name__} is no learning curve; {_EXPECTED}.")


def curve_from_scores(result: Sequence[ArrayLike], metric: str = "score") -> Curve:
    """The curve in what scikit-learn's ``learning_curve`` returned: its scores on held-out rows.

    Parameters
    ----------
    result : tuple
        ``(train_sizes_abs (m,), train_scores (m, folds), test_scores (m, folds), ...)``; folds
        become seeds 0, 1, ...
    metric : str
        The ``scoring`` that it was made with, as "accuracy" or "neg_log_loss".

    Raises
    ------
    DataError
        If it is not such a result, or the scores are losses that no name says are negated.
    """
    if len(result) < 3:
        raise DataError(f"a tuple of {len(result)} is no result of learning_curve; {_EXPECTED}.")
    sizes = real_numbers(result[0], "train_sizes_abs")
    scores = real_numbers(result[2], "test_scores")
    if scores.ndim != 2 or sizes.shape != scores.shape[:1]:
        raise DataError(
            f"train_sizes_abs has shape {sizes.shape} and test_scores {scores.shape}; expected "
            "(sizes,) and (sizes, folds), as learning_curve returns them."
        )
    finite = scores[np.isfinite(scores)]
    if metric == "score" and len(finite) and (finite < 0).all():
        raise DataError(
            "every score is negative, as those of a loss with its sign turned; say which with "
            "metric, the name given as scoring: 'neg_log_loss', 'neg_mean_squared_error', ..."
        )
    folds = np.tile(np.arange(scores.shape[1]), len(sizes))
    known = scorer_named(metric)
    values = known.sign * scores.ravel()
    return Curve(np.repeat(sizes, scores.shape[1]), values, folds, known.metric)


def _of_metric(curve: Curve, metric: str | None, *, named: bool = True) -> Curve:
    """The curve of one metric; what no name is given for is what the caller says it is."""
    if metric is None:
        return curve
    known = scorer_named(metric)
    if known.metric in curve.others or (named and metric not in curve.others):
        return curve[known.metric]
    if metric not in curve.others:
        _check_known(metric, curve)
    chosen = curve[metric] if metric in curve.others else curve
    return Curve(
        chosen.samples,
        known.sign * chosen.values,
        chosen.seeds if chosen.seeded else None,
        known.metric,
        name=chosen.name,
        others={key: values for key, values in chosen.others.items() if key != known.metric},
    )


def _check_known(metric: str, curve: Curve) -> None:
    """Where columns have names, one that nobody knows is misspelt rather than the values' own."""
    columns = [name for name, values in curve.others.items() if np.isfinite(values).any()]
    if not columns or scorer_named(metric).metric in {*METRICS, *HIGHER_IS_BETTER}:
        return
    # Slow to load, and seldom needed: whoever names a metric mostly names a column.
    from sklearn.metrics import get_scorer_names

    names = get_scorer_names()
    if metric not in {*names, *(name.removeprefix("neg_") for name in names)}:
        raise DataError(
            f"{curve.name}: no metric is called {metric!r}; its columns beside value are "
            f"{', '.join(columns)}. Name one of these, or the scikit-learn scorer in value, "
            "or no metric for a loss; for any other name, leave the further columns out."
        )
