"""What a run directory knows of how its figures were made."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.study.resolved import Experiment
from dataworth.study.spec import Study

_LIBRARIES = ("dataworth", "keras", "jax", "jaxlib", "numpy", "scikit-learn")
_IMAGES_PER_CLASS = 4


def describe(study: Study, experiment: Experiment) -> Mapping[str, Any]:
    """What all runs of a study have in common, as JSON values."""
    dataset, split = experiment.dataset, experiment.split
    return {
        "name": study.name,
        "data": dataset.name,
        "source": dict(dataset.source),
        "fingerprint": dataset.fingerprint,
        "samples": len(split.pool),
        "held_out": len(split.held_out),
        "held_out_official": split.official,
        "classes": dataset.classes,
        "class_names": list(dataset.class_names),
        "class_counts": np.bincount(split.pool.y, minlength=dataset.classes).tolist(),
        "shape": list(dataset.shape),
        "dtype": str(dataset.x.dtype),
        "model": experiment.learner.name,
        "learner": dict(experiment.learner.identity(dataset.shape, dataset.classes)),
        "subset": experiment.subset,
        "mistakes": study.mistakes.to_dict(),
        "machine": {
            "system": platform.platform(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
        "versions": {library: version(library) for library in _LIBRARIES},
    }


def sample_images(experiment: Experiment) -> NDArray[np.uint8] | None:
    """A few held-out images of each class, for reports.

    Returns
    -------
    ndarray of uint8, shape (n_classes, 4, height, width), or None if the samples are no images
        Blank where a class has fewer.
    """
    shape, dataset, split = experiment.dataset.shape, experiment.dataset, experiment.split
    if len(shape) == 3 and shape[-1] == 1:
        shape = shape[:2]
    if len(shape) != 2 or dataset.x.dtype != np.uint8:
        return None
    images = np.zeros((dataset.classes, _IMAGES_PER_CLASS, *shape), np.uint8)
    brightness = 255.0 * (dataset.scale or 1.0)
    for index in range(dataset.classes):
        rows = np.flatnonzero(split.held_out.y == index)[:_IMAGES_PER_CLASS]
        shown = split.held_out.x[rows].reshape(-1, *shape) * brightness
        images[index, : len(rows)] = np.clip(shown, 0, 255)
    return images
