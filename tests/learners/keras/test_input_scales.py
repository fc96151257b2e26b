from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataworth import Dataset, Study
from dataworth.learners.keras.backend import load_keras
from dataworth.learners.keras.learner import KerasLearner
from dataworth.learners.registry import resolve

DATA = Dataset(np.zeros((20, 8, 8), np.uint8), np.arange(20) % 10)


def rescaled(scale: float) -> Any:
    layers = load_keras().layers

    def build(shape: tuple[int, ...], classes: int) -> Any:
        first = layers.Rescaling(scale, name="first")
        return load_keras().Sequential([first, layers.Flatten(), layers.Dense(classes)])

    return build


def normalised(shape: tuple[int, ...], classes: int) -> Any:
    layers = load_keras().layers
    first = layers.Normalization(axis=None, mean=33.0, variance=6400.0, name="first")
    return load_keras().Sequential([first, layers.Flatten(), layers.Dense(classes)])


def test_layers_that_scale_pixels_are_told() -> None:
    assert scales_of(rescaled(1 / 255)) == {"first": pytest.approx(1 / 255)}
    assert scales_of(normalised) == {"first": pytest.approx(1 / 80)}


def scales_of(model: Any) -> Any:
    learner = resolve(model)
    assert isinstance(learner, KerasLearner)
    return learner.input_scales(DATA, DATA.task)


@pytest.mark.parametrize("model", ["mlp", rescaled(1.0), rescaled(0.1)])
def test_other_layers_are_not(model: Any) -> None:
    assert scales_of(model) == {}


def test_a_study_says_that_its_model_scales_pixels_again(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (200, 6, 6), dtype=np.uint8)
    data = Dataset(pixels, np.arange(200) % 2)
    study = Study(data, rescaled(1 / 255), sizes=[20], seeds=1, epochs=1)
    finding, *_ = study.run_in(tmp_path, progress=False).findings
    assert (finding.code, finding.severity) == ("features-scaled-twice", "warning")
    assert finding.evidence["model_scales"] == {"first": pytest.approx(1 / 255)}


def test_one_build_tells_all_that_is_asked_before_training() -> None:
    made = []

    def build(shape: tuple[int, ...], classes: int) -> Any:
        made.append(shape)
        return rescaled(1 / 255)(shape, classes)

    learner: Any = resolve(build)
    identity = learner.identity(DATA, DATA.task)
    builds = len(made)
    assert learner.input_scales(DATA, DATA.task)
    assert learner.identity(DATA, DATA.task) == identity
    assert len(made) == builds
