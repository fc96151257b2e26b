"""What a run directory says of how its figures were made."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth._util.words import plural_of
from dataworth.data.base import View
from dataworth.data.dataset import Dataset
from dataworth.metrics.metric import Metric
from dataworth.study.objectives import LearnerObjective
from dataworth.study.resolved import ResolvedStudy

_LIBRARIES = ("dataworth", "keras", "jax", "jaxlib", "numpy", "scikit-learn")
_IMAGES_PER_CLASS = 4


def describe(study: ResolvedStudy) -> dict[str, Any]:
    """What all runs of a study have in common, as JSON values."""
    objective = study.first
    data, split = objective.data, objective.split
    described: dict[str, Any] = {
        "name": study.name,
        "data": data.name,
        "fingerprint": data.fingerprint,
        "samples": len(split.pool),
        "held_out": len(split.held_out),
        "held_out_official": split.official,
        "subset": objective.subset,
        **_of_protocol(study),
        "metric": _metric(study),
        "machine": {
            "system": platform.platform(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
        "versions": _versions(),
    }
    if objective.count == "groups":
        column = str(getattr(data, "source", {}).get("groups", ""))
        described["counted"] = plural_of(column, "groups")
    learners = [each for each in study.objectives.values() if isinstance(each, LearnerObjective)]
    return described | (_of_samples(learners[0]) if learners else {})


def _of_protocol(study: ResolvedStudy) -> dict[str, Any]:
    """Seeds and validation rows, where they are not the run's."""
    protocol = study.first.protocol
    found = {"subset_seed": protocol.subset_seed, "model_seed": protocol.model_seed}
    if protocol.validation is not None:
        found["validation_rows"] = len(protocol.validation)
    return {name: value for name, value in found.items() if value is not None}


def describe_models(study: ResolvedStudy) -> dict[str, dict[str, Any]]:
    """What all runs of one model have in common, by the model's name, as JSON values."""
    described: dict[str, dict[str, Any]] = {}
    for name, objective in study.objectives.items():
        described[name] = {
            "model": name,
            "learner": dict(objective.identity["learner"]),
            "identity": dict(objective.identity),
            "measured_on": "held-out",
            "chance": dict(objective.chance()),
        }
        if objective.protocol.settings:
            described[name]["settings"] = {
                each["name"]: each["values"] for each in objective.protocol.settings.values()
            }
        if isinstance(objective, LearnerObjective):
            if objective.scoring is not None:
                described[name]["scoring"] = {
                    metric.name: bool(metric.higher_is_better)
                    for metric in objective.scoring.metrics.values()
                }
            described[name] |= {
                "metrics": list(objective.metrics),
                "mistakes": dict(objective.variant),
                "measured_on": objective.measured_on,
            }
    return described


def _of_samples(objective: LearnerObjective) -> dict[str, Any]:
    data, split = objective.data, objective.split
    described: dict[str, Any] = {
        "source": dict(data.source),
        "shape": list(data.shape),
        "dtype": data.sample_type,
        "task": dict(objective.task.identity()),
    }
    if data.classes:
        counts = np.bincount(split.pool.y, minlength=data.classes)
        described |= {
            "classes": data.classes,
            "class_names": list(data.class_names),
            "class_counts": counts.tolist(),
        }
    return described


def _metric(study: ResolvedStudy) -> dict[str, Any] | None:
    """The metric that was chosen, with its direction where it is known."""
    metric = study.metric if study.metric is not None else _common_metric(study)
    if metric is None:
        return None
    if isinstance(metric, Metric):
        return {
            "name": metric.name,
            "higher_is_better": metric.higher_is_better,
            "lower": metric.lower,
            "upper": metric.upper,
            "unit": metric.unit,
        }
    return {"name": metric}


def _common_metric(study: ResolvedStudy) -> str | None:
    """The first metric that all learners have; None where all models are functions."""
    each = [o.metrics for o in study.objectives.values() if isinstance(o, LearnerObjective)]
    if not each:
        return None
    return next(name for name in each[0] if all(name in names for names in each))


def _versions() -> dict[str, str]:
    """The versions of the libraries that are installed."""
    found = {}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


def sample_images(study: ResolvedStudy) -> NDArray[np.uint8] | None:
    """A few held-out images of each class, for reports.

    Returns
    -------
    ndarray of uint8, shape (n_classes, 4, height, width), or None if the samples are not images
        Blank where a class has fewer.
    """
    objective = study.first
    if not isinstance(objective.data, Dataset) or not objective.data.classes:
        return None
    data, held_out = objective.data, objective.split.held_out
    shape = data.shape
    if len(shape) == 3 and shape[-1] == 1:
        shape = shape[:2]
    if len(shape) != 2 or getattr(data.x, "dtype", None) != np.uint8:
        return None
    images = np.zeros((data.classes, _IMAGES_PER_CLASS, *shape), np.uint8)
    brightness = 255.0 * (data.scale or 1.0)
    for index in range(data.classes):
        rows = np.flatnonzero(held_out.y == index)[:_IMAGES_PER_CLASS]
        shown = View(held_out.data, held_out.rows[rows]).x.reshape(-1, *shape) * brightness
        images[index, : len(rows)] = np.clip(shown, 0, 255)
    return images
