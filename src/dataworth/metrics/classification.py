"""Metrics of classification on held-out rows, from logits, without clipping."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

CALIBRATION_BINS = 15
_BLOCK = 16_384
MOST_CONFUSED = 2_000
"""Number of classes up to which confusions are counted: the matrix of more would fill memory."""


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of a trained model on held-out samples.

    Attributes
    ----------
    loss : float
        Mean cross-entropy, nats per sample; natural log, from logits in float64, no clip.
    accuracy : float
        Share of samples whose largest logit is that of their class.
    macro_f1 : float
        Unweighted mean of F1 over the classes that occur (in labels or predictions).
    brier : float
        Mean squared distance of the probabilities from the one-hot label, summed over classes;
        0 to 2 (Brier 1950).
    ece : float
        Expected calibration error of the predicted class, 15 equal bins (Guo et al. 2017, eq. 3).
    class_losses : ndarray of float64, shape (n_classes,)
        Mean cross-entropy of each true class, nats; NaN for a class without samples.
    class_errors : ndarray of float64, shape (n_classes,)
        Share of each true class's samples that are misclassified; NaN without samples.
    confusion : ndarray of int64, shape (n_classes, n_classes), or None
        Counts; rows are the true classes, columns the predicted ones. None above `MOST_CONFUSED`
        classes.
    """

    loss: float
    accuracy: float
    macro_f1: float
    brier: float
    ece: float
    class_losses: NDArray[np.float64]
    class_errors: NDArray[np.float64]
    confusion: NDArray[np.int64] | None


def score(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> Scores:
    """Score logits against class indices.

    Parameters
    ----------
    logits : ndarray of float32, shape (n, n_classes)
        Unnormalised log-probabilities.
    labels : ndarray of int64, shape (n,)
        True class indices.

    Returns
    -------
    Scores
        For logits with NaN, as of a network that diverged, loss, brier and ece are NaN.
    """
    n, classes = logits.shape
    losses = np.empty(n)
    confidence = np.empty(n)
    squares = np.empty(n)
    predicted = np.empty(n, np.int64)
    for start in range(0, n, _BLOCK):
        block = slice(start, min(start + _BLOCK, n))
        log_p = log_softmax(logits[block])
        at_label = np.take_along_axis(log_p, labels[block, None], axis=1)[:, 0]
        p = np.exp(log_p)
        predicted[block] = log_p.argmax(axis=1)
        losses[block] = -at_label
        confidence[block] = p.max(axis=1)
        squares[block] = (p**2).sum(axis=1) - 2.0 * np.exp(at_label) + 1.0
    correct = predicted == labels
    true = np.bincount(labels, minlength=classes)
    hits = np.bincount(labels[correct], minlength=classes)
    mentions = true + np.bincount(predicted, minlength=classes)
    return Scores(
        loss=float(losses.mean()),
        accuracy=float(correct.mean()),
        macro_f1=float(np.nanmean(_ratio(2 * hits, mentions))),
        brier=float(squares.mean()),
        ece=_calibration_error(confidence, correct),
        class_losses=_ratio(np.bincount(labels, losses, minlength=classes), true),
        class_errors=1.0 - _ratio(hits, true),
        confusion=_confusion(labels, predicted, classes) if classes <= MOST_CONFUSED else None,
    )


def _confusion(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int
) -> NDArray[np.int64]:
    counts = np.bincount(labels * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Log-probabilities in float64, by subtracting the largest logit first."""
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(axis=1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return np.asarray(shifted)


def _calibration_error(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> float:
    if np.isnan(confidence).any():
        return math.nan  # The logits of a network that diverged have no bins.
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    gap = np.bincount(bins, confidence - correct, minlength=CALIBRATION_BINS)
    return float(np.abs(gap).sum() / len(confidence))


def _ratio(part: NDArray[Any], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    ratio = np.full(len(whole), np.nan)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio
