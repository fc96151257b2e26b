"""Names of metrics: which improve by rising, and what scikit-learn's scorers measure."""

from __future__ import annotations

import reprlib
from typing import Any, NamedTuple

from dataworth.errors import DataError

_AVERAGED = ("f1", "jaccard", "precision", "recall")
_AVERAGES = ("", "_macro", "_micro", "_samples", "_weighted")

HIGHER_IS_BETTER = frozenset(
    {
        *("accuracy", "auc", "macro_f1", "score"),
        *(metric + average for metric in _AVERAGED for average in _AVERAGES),
        *("average_precision", "balanced_accuracy", "matthews_corrcoef", "top_k_accuracy"),
        *("roc_auc", "roc_auc_ovo", "roc_auc_ovo_weighted", "roc_auc_ovr", "roc_auc_ovr_weighted"),
        *("d2_absolute_error_score", "d2_brier_score", "d2_log_loss_score"),
        *("explained_variance", "positive_likelihood_ratio", "r2"),
        *("adjusted_mutual_info_score", "adjusted_rand_score", "completeness_score"),
        *("fowlkes_mallows_score", "homogeneity_score", "mutual_info_score"),
        *("normalized_mutual_info_score", "rand_score", "v_measure_score"),
    }
)
"""Metrics that improve by rising; every other is taken to improve by falling."""

MAY_BE_NEGATIVE = frozenset(
    {
        *("adjusted_mutual_info_score", "adjusted_rand_score", "matthews_corrcoef", "score"),
        *("d2_absolute_error_score", "d2_brier_score", "d2_log_loss_score"),
        *("explained_variance", "r2"),
    }
)
"""Those of them that fall below 0 where guessing is worse than none."""

_OURS = {"log_loss": "loss", "f1_macro": "macro_f1"}


class Scorer(NamedTuple):
    """What a name says of its values."""

    metric: str
    """The metric's name here."""
    sign: int
    """-1 where values are losses with their sign turned, as scikit-learn's ``neg_`` scores."""


def checked_metric(value: Any) -> str:
    """The name of a metric, if it is one.

    Raises
    ------
    DataError
        If it is no text.
    """
    if not isinstance(value, str):
        raise DataError(
            f"metric is {reprlib.repr(value)}; expected a name, such as 'accuracy'.",
            code="not-text",
        )
    return value


def scorer_named(name: str) -> Scorer:
    """The metric behind a name: one of ours, or that of a scikit-learn scorer.

    ``neg_log_loss`` is "loss" with its sign turned, ``f1_macro`` is "macro_f1", and every other
    ``neg_x`` is "x" with its sign turned (scikit-learn, "The scoring parameter").

    Raises
    ------
    DataError
        If the name is no text.
    """
    metric, sign = (name[4:], -1) if checked_metric(name).startswith("neg_") else (name, 1)
    return Scorer(_OURS.get(metric, metric), sign)
