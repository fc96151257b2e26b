"""Every finding about data: raised by data that have the fault, and by no others."""

from __future__ import annotations

import io

import numpy as np
import polars as pl
import pytest
from audit_data import codes, digits, emnist, images, needs_emnist
from hypothesis import given, settings
from hypothesis import strategies as st

from dataworth import Dataset
from dataworth.audit import audit, audit_arrays, audit_dataset
from dataworth.audit.rows import class_changes, header_findings
from dataworth.errors import DataError
from dataworth.label_column import LabelColumn
from dataworth.mistakes import Mistakes


def test_nothing_is_found_in_clean_data() -> None:
    assert audit(digits()) == []
    assert audit(images()) == []


@needs_emnist
@pytest.mark.parametrize("part", ["byclass_test", "bymerge_test_minus_byclass_test"])
def test_nothing_is_found_in_real_emnist(part: str) -> None:
    data = emnist(part)
    assert audit_dataset(data, subset_method="prefix", sizes=[1_000, 9_000, 27_000]) == []


@needs_emnist
def test_no_pixel_of_two_real_digits_is_taken_for_their_label() -> None:
    data = emnist("byclass_test")
    for pair in ([0, 1], [1, 7], [3, 5], [4, 9]):
        rows = np.isin(data.y_train, pair)
        assert audit((data.x_train[rows], (data.y_train[rows] == pair[1]).astype(int))) == []


def test_labels_divided_by_255_are_told_from_raw_arrays() -> None:
    data = digits()
    (finding,) = audit((data.x_train / 16, data.y_train / 255))
    assert (finding.code, finding.severity) == ("labels-scaled", "error")
    assert finding.evidence["times_255_whole"]
    assert finding.evidence["classes_after_int"] == 1
    assert "divided by 255" in finding.message


@given(
    divisor=st.integers(2, 999),
    classes=st.lists(st.integers(0, 61), min_size=2, max_size=62, unique=True),
    single=st.booleans(),
)
def test_any_divisor_shows_in_the_label_column(
    divisor: int, classes: list[int], single: bool
) -> None:
    labels = np.array(classes) / divisor
    column = LabelColumn.of(labels.astype(np.float32) if single else labels)
    assert column.whole == all(label % divisor == 0 for label in classes)
    smallest = int(np.diff(np.sort(classes)).min())
    if all((label - min(classes)) % smallest == 0 for label in classes):
        assert column.step == pytest.approx(smallest / divisor, rel=1e-3)
    if divisor == 255:
        assert column.times_255_whole
    assert LabelColumn.from_mapping(column.to_mapping()) == column


def test_standardised_labels_and_labels_that_are_no_classes() -> None:
    x, y = digits().x_train, digits().y_train
    (finding,) = audit((x / 16, (y - y.mean()) / y.std()))
    assert finding.code == "labels-scaled"
    assert "in steps of" in finding.message
    (finding,) = audit((x / 16, np.random.default_rng(0).choice([0.1, 0.25, np.pi], len(y))))
    assert "no classes" in finding.message


def test_whole_labels_as_floats_are_in_order() -> None:
    data = digits()
    assert audit((data.x_train / 16, data.y_train.astype(float))) == []


def test_one_class() -> None:
    data = images()
    constant = Dataset(data.x_train, np.zeros(400, int), class_names=data.class_names)
    assert codes(audit(constant)) == {"one-class-targets": "error"}
    one_hot = np.eye(10)[np.zeros(400, int)]
    assert codes(audit((data.x_train, one_hot)))["one-class-targets"] == "error"


def test_outputs_against_classes() -> None:
    data = images(1_240, classes=62)
    assert codes(audit_dataset(data, outputs=62)) == {}
    (finding,) = audit_dataset(data, outputs=47)
    assert (finding.code, finding.severity) == ("outputs-against-classes", "error")
    assert "bymerge" in finding.message
    assert finding.evidence == {"outputs": 47, "classes": 62}
    assert codes(audit(images(), outputs=12)) == {"outputs-against-classes": "warning"}


def test_missing_classes() -> None:
    data = images(classes=26)
    shifted = Dataset(data.x_train, data.y_train + 1)
    (finding,) = audit(shifted)
    assert (finding.code, finding.severity) == ("classes-missing", "warning")
    assert finding.evidence["class_indices"] == [0]
    tested = Dataset(data.x_train, data.y_train, data.x_train[:3] ^ 1, [26, 26, 0])
    (finding,) = audit(tested)
    assert finding.evidence["held_out_samples_of_these"] == 2


def test_first_row_lost_by_known_row_counts() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (18_800, 784), dtype=np.uint8)
    labels = np.random.default_rng(1).integers(0, 47, 18_800)
    assert audit((pixels, labels)) == []
    (finding,) = audit((pixels[1:], labels[1:]))
    assert finding.code == "first-row-as-header"
    assert finding.evidence == {"rows": 18_799, "rows_expected": 18_800}


def test_first_row_lost_by_column_names() -> None:
    text = io.StringIO("7,0,0,0.5\n3,9,8,2\n7,1,1,1\n3,4,5,1\n")
    swallowed = pl.read_csv(text)
    found = audit_arrays(swallowed[:, 1:], swallowed[:, 0].to_numpy())
    assert codes(found)["first-row-as-header"] == "warning"
    text.seek(0)
    whole = pl.read_csv(text, has_header=False)
    assert "first-row-as-header" not in codes(audit_arrays(whole[:, 1:], whole[:, 0].to_numpy()))


@pytest.mark.parametrize(
    ("columns", "swallowed"),
    [
        (["35", "0", "0.1", "0.2", "0.5", "0.5.1"], True),
        (["35", "0", "0_duplicated_0", "0_duplicated_1"], True),
        (["0", "1", "2", "3"], False),
        (["label", "1x1", "1x2", "1x3"], False),
        (["label", "7", "a", "8"], False),
        ([], False),
    ],
)
def test_column_names_that_are_numbers(columns: list[str], swallowed: bool) -> None:
    assert bool(header_findings(columns, "data")) == swallowed


def test_pixels_not_scaled() -> None:
    data = images()
    (finding,) = audit((data.x_train.astype(float), data.y_train))
    assert (finding.code, finding.severity) == ("features-not-scaled", "warning")
    assert "pixels" in finding.message
    assert audit((data.x_train / 255, data.y_train)) == []
    incomes = np.random.default_rng(0).lognormal(10, 1, (400, 5))
    assert codes(audit((incomes, data.y_train))) == {"features-not-scaled": "warning"}
    assert audit(((incomes - incomes.mean(0)) / incomes.std(0), data.y_train)) == []


def test_pixels_scaled_twice() -> None:
    data = images()
    twice = data.x_train / 255 / 255
    assert codes(audit((twice, data.y_train))) == {"features-scaled-twice": "warning"}
    assert codes(audit(Dataset(data.x_train / 255, data.y_train, scale=1 / 255))) == {
        "features-scaled-twice": "warning"
    }
    cut = (data.x_train / 255).astype(np.uint8)
    assert codes(audit((cut, data.y_train)))["features-scaled-twice"] == "warning"


@pytest.mark.parametrize("kind", ["pixel", "noisy", "exact"])
def test_label_in_a_feature(kind: str) -> None:
    data, random = images(2_000), np.random.default_rng(0)
    if kind == "pixel":
        pixels = data.x_train.copy()
        pixels[:, 3, 5] = data.y_train
        (finding,) = audit((pixels, data.y_train))
        assert finding.where == "data, feature [3, 5]"
    else:
        features = random.normal(size=(2_000, 6))
        noise = random.normal(size=2_000) * 0.01
        features[:, 2] = np.exp(data.y_train / 10) + (noise if kind == "noisy" else 0)
        (finding,) = audit((features, data.y_train))
        assert finding.evidence["feature"] == 2
    assert (finding.code, finding.severity) == ("label-in-feature", "error")


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), features=st.integers(1, 200), rare=st.floats(0.002, 0.5))
def test_no_label_is_seen_in_noise(seed: int, features: int, rare: float) -> None:
    random = np.random.default_rng(seed)
    x = random.normal(size=(600, features))
    y = (random.random(600) < rare).astype(int)
    assert "label-in-feature" not in codes(audit((x, y)))


@pytest.mark.parametrize(
    ("shared", "severity"), [(0, None), (1, "warning"), (5, "error"), (100, "error")]
)
def test_held_out_in_training(shared: int, severity: str | None) -> None:
    data, test = images(1_000), images(100, seed=1)
    held = test.x_train.copy()
    held[:shared] = data.x_train[:shared]
    found = audit(Dataset(data.x_train, data.y_train, held, test.y_train))
    assert codes(found).get("held-out-in-training") == severity
    if severity:
        assert found[0].evidence["also_in_training"] == shared


def test_held_out_rows_are_also_compared_when_they_come_from_the_same_file() -> None:
    data = images(300)
    doubled = Dataset(
        np.concatenate([data.x_train, data.x_train]), np.tile(data.y_train, 2), name="doubled"
    )
    assert codes(audit(doubled)) == {"held-out-in-training": "error"}


def test_few_features_coincide_without_an_error() -> None:
    random = np.random.default_rng(0)
    x = random.integers(0, 4, (1_000, 3)).astype(float)
    assert codes(audit((x, random.integers(0, 2, 1_000)))) == {"held-out-in-training": "warning"}


def test_negative_zero_is_zero() -> None:
    x = np.random.default_rng(0).normal(size=(50, 70)).astype(np.float32)
    x[0, 0] = 0.0
    held = x[:1].copy()
    held[0, 0] = -0.0
    found = audit(Dataset(x, np.arange(50) % 2, held, [0]))
    assert "held-out-in-training" in codes(found)


def test_sorted_rows() -> None:
    data = images(1_000)
    order = np.argsort(data.y_train, kind="stable")
    rows = Dataset(data.x_train[order], data.y_train[order], data.x_train[:9] ^ 1, data.y_train[:9])
    assert codes(audit(rows)) == {"rows-sorted-by-class": "info"}
    assert codes(audit_dataset(rows, subset_method="prefix")) == {"rows-sorted-by-class": "warning"}
    (finding,) = audit_dataset(rows, subset_method="prefix", sizes=[200, 1_000])
    assert (finding.code, finding.severity) == ("rows-sorted-by-class", "error")
    assert finding.evidence["classes_missed_by_prefix"] == {"200": 8}


@settings(max_examples=20, deadline=None)
@given(
    counts=st.lists(st.integers(1, 40), min_size=2, max_size=6).filter(lambda c: sum(c) > 20),
    seed=st.integers(0, 2**32),
)
def test_class_changes_has_the_moments_of_random_order(counts: list[int], seed: int) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    random = np.random.default_rng(seed)
    seen = [class_changes(random.permutation(labels))[0] for _ in range(2_000)]
    _, expected, deviation = class_changes(labels)
    assert np.mean(seen) == pytest.approx(expected, abs=6 * deviation / np.sqrt(2_000) + 1e-9)
    assert np.std(seen) == pytest.approx(deviation, rel=0.2, abs=0.05)


def test_the_published_mistakes_are_found() -> None:
    data = Mistakes.as_published().apply(images(1_240, classes=62))
    assert codes(audit(data)) == {
        "labels-scaled": "error",
        "one-class-targets": "error",
        "outputs-against-classes": "error",
        "first-row-as-header": "warning",
    }


def test_what_can_not_be_looked_at() -> None:
    with pytest.raises(DataError, match="nothing to look at"):
        audit()
    with pytest.raises(DataError, match="can't look at int"):
        audit(3)
    with pytest.raises(DataError, match="10 samples and y_train 9"):
        audit(x=np.zeros((10, 2)), y=np.arange(9))
    one = audit((np.full((1, 3), 0.5), [0]))
    assert codes(one) == {"one-class-targets": "error"}
