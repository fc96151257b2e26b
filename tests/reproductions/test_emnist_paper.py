"""The published mistakes: each switch does what it says, and nothing else."""

from __future__ import annotations

import math

import numpy as np
import pytest
from errors import raises

from dataworth import Dataset
from dataworth.errors import StudyError
from dataworth.learners.keras.backend import load_keras
from dataworth.reproductions.emnist_paper import PUBLISHED, Mistakes, clipped_loss

FLOOR = 1.1920930376163597e-07


@pytest.fixture
def data() -> Dataset:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (124, 4, 4), dtype=np.uint8)
    return Dataset(pixels, np.arange(124) % 62, pixels[:10], np.arange(10), name="letters")


def test_none_by_default(data: Dataset) -> None:
    assert not Mistakes()
    assert Mistakes().apply(data) is data
    assert Mistakes().to_dict() == {}


def test_dict_and_back() -> None:
    published = Mistakes.as_published()
    assert Mistakes.from_dict(published.to_dict()) == published
    assert Mistakes.from_dict({"outputs": 47}) == Mistakes(outputs=47)
    assert all(published.to_dict().values())


@pytest.mark.parametrize(
    ("values", "code", "message"),
    [
        ({"label_divided": True}, "unknown-option", "label_divided"),
        ({"clipped_loss": 1}, "wrong-type", "clipped_loss = 1"),
        ({"outputs": True}, "value-out-of-range", "outputs = True"),
        ({"outputs": 0}, "value-out-of-range", "outputs = 0"),
    ],
)
def test_bad_sections_are_refused(values: dict[str, object], code: str, message: str) -> None:
    with raises(code, StudyError, message):
        Mistakes.from_dict(values)


def test_as_published(data: Dataset) -> None:
    got = Mistakes.as_published().apply(data)
    assert got.samples == 123
    assert got.classes == 47
    assert not got.y.any()
    assert got.y_test is not None
    assert not got.y_test.any()
    assert np.shares_memory(got.x, data.x)
    assert np.array_equal(got.x, data.x[1:])
    assert got.source["rows_in_file"] == 124
    assert got.source["classes_in_file"] == 62
    assert got.source["labels_as_read"]["maximum"] == 61 / 255


def test_each_switch_alone(data: Dataset) -> None:
    scaled = Mistakes(labels_divided_by_255=True).apply(data)
    assert (scaled.samples, scaled.classes) == (124, 62)
    assert not scaled.y.any()
    short = Mistakes(first_row_lost=True).apply(data)
    assert np.array_equal(short.y, data.y[1:])
    assert short.source["labels_as_read"]["whole"]
    wide = Mistakes(outputs=64).apply(data)
    assert wide.class_names[-3:] == ("61", "unused 62", "unused 63")
    assert np.array_equal(wide.y, data.y)


def test_labels_without_a_column_are_refused(data: Dataset) -> None:
    with raises("label-not-a-class", StudyError, "62 outputs"):
        Mistakes(outputs=47).apply(data)
    one = Dataset(np.zeros((1, 2)), [0])
    with raises("no-rows", StudyError, "first_row_lost"):
        Mistakes(first_row_lost=True).apply(one)


def test_every_set_of_mistakes_has_its_own_fingerprint(data: Dataset) -> None:
    sets = [Mistakes(), Mistakes(first_row_lost=True), Mistakes(outputs=63)]
    sets += [Mistakes(clipped_loss=True), Mistakes.as_published()]
    assert len({mistakes.apply(data).fingerprint for mistakes in sets}) == len(sets)
    assert sets[4].apply(data).fingerprint == sets[4].apply(data).fingerprint


def test_the_clipped_loss_is_that_of_keras() -> None:
    keras = load_keras()
    random = np.random.default_rng(0)
    logits = (random.normal(size=(200, 47)) * 12).astype(np.float32)
    labels = random.integers(0, 47, 200)
    probabilities = keras.ops.softmax(logits)
    expected = keras.losses.categorical_crossentropy(np.eye(47)[labels], probabilities)
    assert clipped_loss(logits, labels) == pytest.approx(float(np.mean(expected)), rel=1e-5)


def test_the_clipped_loss_has_a_floor_and_a_ceiling() -> None:
    logits = np.array([[90.0, 0.0]], np.float32)
    assert clipped_loss(logits, np.array([0])) == FLOOR
    assert clipped_loss(logits, np.array([1])) == pytest.approx(-math.log(1e-7), rel=1e-6)


def test_the_published_figures_fall_to_the_floor() -> None:
    losses = list(PUBLISHED.values())
    assert losses == sorted(losses, reverse=True)
    assert FLOOR < losses[-1] < 1.001 * FLOOR
