"""Features: their scale, and labels among them; raised by the fault, and by nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from audit_data import codes, emnist, images, needs_emnist
from hypothesis import given, settings
from hypothesis import strategies as st

from dataworth import Dataset
from dataworth.audit import audit, audit_dataset


@needs_emnist
def test_no_pixel_of_two_real_digits_is_taken_for_their_label() -> None:
    data = emnist("byclass_test")
    for pair in ([0, 1], [1, 7], [3, 5], [4, 9]):
        rows = np.isin(data.y, pair)
        assert audit((data.x[rows], (data.y[rows] == pair[1]).astype(int))) == []


def test_pixels_not_scaled() -> None:
    data = images()
    (finding,) = audit((data.x.astype(float), data.y))
    assert (finding.code, finding.severity) == ("features-not-scaled", "warning")
    assert "pixels" in finding.message
    assert audit((data.x / 255, data.y)) == []
    incomes = np.random.default_rng(0).lognormal(10, 1, (400, 5))
    assert codes(audit((incomes, data.y))) == {"features-not-scaled": "warning"}
    assert audit(((incomes - incomes.mean(0)) / incomes.std(0), data.y)) == []


def test_pixels_scaled_twice() -> None:
    data = images()
    twice = data.x / 255 / 255
    assert codes(audit((twice, data.y))) == {"features-scaled-twice": "warning"}
    assert codes(audit(Dataset(data.x / 255, data.y, scale=1 / 255))) == {
        "features-scaled-twice": "warning"
    }
    cut = (data.x / 255).astype(np.uint8)
    assert codes(audit((cut, data.y)))["features-scaled-twice"] == "warning"


@pytest.mark.parametrize("scale", [1 / 255, 1 / 127.5, 1 / 80])
def test_pixels_scaled_again_within_the_model(scale: float) -> None:
    data = images()
    (finding,) = audit_dataset(data, model_scales={"rescaling": scale})
    assert (finding.code, finding.severity) == ("features-scaled-twice", "warning")
    assert finding.evidence["model_scales"] == {"rescaling": scale}
    assert "rescaling" in finding.advice
    assert "scale=1" in finding.advice
    fractions = Dataset(data.x / 255, data.y)
    (finding,) = audit_dataset(fractions, model_scales={"rescaling": scale})
    assert "rescaling" in finding.advice
    assert "scale=1" not in finding.advice
    for unscaled in (Dataset(data.x, data.y, scale=1), data.x.astype(float)):
        whole = unscaled if isinstance(unscaled, Dataset) else Dataset(unscaled, data.y)
        assert audit_dataset(whole, model_scales={"rescaling": scale}) == []


def test_whole_numbers_that_are_taken_for_pixels() -> None:
    data = images()
    grey = (data.x // 16).astype(np.uint8)
    (finding,) = audit((grey, data.y))
    assert (finding.code, finding.severity) == ("features-dim", "warning")
    assert "scale=1/15" in finding.advice
    assert audit(Dataset(grey, data.y, scale=1 / 15)) == []
    assert audit(Dataset(grey.astype(float), data.y)) == []


@pytest.mark.parametrize("kind", ["pixel", "noisy", "exact"])
def test_label_in_a_feature(kind: str) -> None:
    data, random = images(2_000), np.random.default_rng(0)
    if kind == "pixel":
        pixels = data.x.copy()
        pixels[:, 3, 5] = data.y
        (finding,) = audit((pixels, data.y))
        assert finding.where == "data, feature [3, 5]"
    else:
        features = random.normal(size=(2_000, 6))
        noise = random.normal(size=2_000) * 0.01
        features[:, 2] = np.exp(data.y / 10) + (noise if kind == "noisy" else 0)
        (finding,) = audit((features, data.y))
        assert finding.evidence["feature"] == 2
    assert (finding.code, finding.severity) == ("label-in-feature", "error")


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), features=st.integers(1, 200), rare=st.floats(0.002, 0.5))
def test_no_label_is_seen_in_noise(seed: int, features: int, rare: float) -> None:
    random = np.random.default_rng(seed)
    x = random.normal(size=(600, features))
    y = (random.random(600) < rare).astype(int)
    assert "label-in-feature" not in codes(audit((x, y)))
