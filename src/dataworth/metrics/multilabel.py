"""Metrics of multilabel classification on held-out rows, from log-odds, without clipping."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def score(logits: Floats, y: NDArray[np.uint8]) -> dict[str, float]:
    """Score the log-odds of labels.

    Parameters
    ----------
    logits : ndarray of float64, shape (n, n_labels)
        A label is predicted where its log-odds are above 0.
    y : ndarray of uint8, shape (n, n_labels)
        0 or 1.

    Returns
    -------
    dict
        "loss": mean binary cross-entropy over rows and labels, nats; "accuracy": share of rows of
        which every label is right; "macro_f1": mean F1 of the labels that occur in targets or
        predictions; "micro_f1": F1 over all entries; "hamming_loss": share of entries that are
        wrong. The loss is NaN where a prediction is NaN.
    """
    predicted, true = logits > 0, y == 1
    # log(1 + exp(z)) - y z, without overflow.
    losses = np.maximum(logits, 0) + np.log1p(np.exp(-np.abs(logits))) - logits * true
    hits = (predicted & true).sum(axis=0)
    mentions = predicted.sum(axis=0) + true.sum(axis=0)
    occurs = mentions > 0
    return {
        "loss": float(losses.mean()),
        "accuracy": float((predicted == true).all(axis=1).mean()),
        "macro_f1": float(np.mean(2 * hits[occurs] / mentions[occurs])) if occurs.any() else 1.0,
        "micro_f1": float(2 * hits.sum() / mentions.sum()) if occurs.any() else 1.0,
        "hamming_loss": float((predicted != true).mean()),
    }


def chance(y: NDArray[np.uint8]) -> dict[str, float]:
    """The figures of the best prediction that is the same for all rows.

    Parameters
    ----------
    y : ndarray of uint8, shape (n, n_labels)
    """
    shares = y.mean(axis=0)
    of_both = np.stack([shares, 1 - shares])
    entropy = -np.where(of_both > 0, of_both * np.log(np.where(of_both > 0, of_both, 1)), 0)
    counts = np.unique(y, axis=0, return_counts=True)[1]
    return {
        "loss": abs(float(entropy.sum(axis=0).mean())),
        "accuracy": float(counts.max() / len(y)),
        "hamming_loss": float(of_both.min(axis=0).mean()),
    }
