"""Metrics of classification on held-out rows, from logits, without clipping."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

CALIBRATION_BINS = 15
_BLOCK = 16_384


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
    confusion : ndarray of int64, shape (n_classes, n_classes)
        Counts; rows are the true classes, columns the predicted ones.
    class_losses : ndarray of float64, shape (n_classes,)
        Mean cross-entropy of each true class, nats; NaN for a class without samples.
    """

    loss: float
    accuracy: float
    macro_f1: float
    brier: float
    ece: float
    confusion: NDArray[np.int64]
    class_losses: NDArray[np.float64]

    @property
    def class_errors(self) -> NDArray[np.float64]:
        """Share of each true class's samples that are misclassified; NaN without samples."""
        return class_errors(self.confusion)

    @property
    def samples(self) -> int:
        """Number of samples scored."""
        return int(self.confusion.sum())


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
    confusion = np.bincount(labels * classes + predicted, minlength=classes * classes)
    confusion = confusion.reshape(classes, classes).astype(np.int64)
    correct = predicted == labels
    return Scores(
        loss=float(losses.mean()),
        accuracy=float(correct.mean()),
        macro_f1=_macro_f1(confusion),
        brier=float(squares.mean()),
        ece=_calibration_error(confidence, correct),
        confusion=confusion,
        class_losses=_ratio(np.bincount(labels, losses, minlength=classes), confusion.sum(axis=1)),
    )


def class_errors(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of each true class's samples that are misclassified; NaN without samples.

    Parameters
    ----------
    confusion : ndarray of int64, shape (n_classes, n_classes)
        Counts; rows are the true classes, columns the predicted ones.
    """
    return 1.0 - _ratio(np.diagonal(confusion), confusion.sum(axis=1))


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Log-probabilities in float64, by subtracting the largest logit first."""
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(axis=1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return np.asarray(shifted)


def _macro_f1(confusion: NDArray[np.int64]) -> float:
    hits = np.diagonal(confusion)
    mentions = confusion.sum(axis=0) + confusion.sum(axis=1)
    return float(np.nanmean(_ratio(2 * hits, mentions)))


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
