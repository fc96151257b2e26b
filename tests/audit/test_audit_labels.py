"""Targets and classes: each finding is raised by data that have the fault, and by no others."""

from __future__ import annotations

import numpy as np
import pytest
from audit_data import codes, digits, images
from errors import raises
from hypothesis import given
from hypothesis import strategies as st

from dataworth import Dataset
from dataworth.audit import audit, audit_dataset
from dataworth.errors import DataError
from dataworth.reproductions.emnist_paper import Mistakes
from dataworth.tasks.labels import LabelColumn


def test_labels_divided_by_255_are_told_from_raw_arrays() -> None:
    data = digits()
    (finding,) = audit((data.x / 16, data.y / 255))
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
    x, y = digits().x, digits().y
    (finding,) = audit((x / 16, (y - y.mean()) / y.std()))
    assert finding.code == "labels-scaled"
    assert "in steps of" in finding.message
    (finding,) = audit((x / 16, np.random.default_rng(0).choice([0.1, 0.25, np.pi], len(y))))
    assert "not classes" in finding.message


def test_a_table_of_one_label_column_is_read_like_the_column() -> None:
    x, y = digits().x / 16, digits().y[:, None] / 255
    assert audit((x, y)) == audit((x, y[:, 0]))
    assert audit(x=x[:900], y=y[:900], x_test=x[900:], y_test=y[900:])
    assert audit((x, digits().y[:, None])) == []


def test_whole_labels_as_floats_are_in_order() -> None:
    data = digits()
    assert audit((data.x / 16, data.y.astype(float))) == []


def test_one_class() -> None:
    data = images()
    constant = Dataset(data.x, np.zeros(400, int), class_names=data.class_names)
    assert codes(audit(constant)) == {"one-class-targets": "error"}
    one_hot = np.eye(10)[np.zeros(400, int)]
    assert codes(audit((data.x, one_hot)))["one-class-targets"] == "error"


def test_outputs_against_classes() -> None:
    data = images(1_240, classes=62)
    assert codes(audit_dataset(data, outputs=62)) == {}
    (finding,) = audit_dataset(data, outputs=47)
    assert (finding.code, finding.severity) == ("outputs-against-classes", "error")
    assert "bymerge" in finding.message
    assert finding.evidence == {"outputs": 47, "classes": 62}
    assert codes(audit(images(), outputs=12)) == {"outputs-against-classes": "warning"}


def test_columns_of_one_hot_labels_are_outputs() -> None:
    data = images(1_240, classes=26)
    (finding,) = audit((data.x, np.eye(47)[data.y]))
    assert (finding.code, finding.severity) == ("outputs-against-classes", "warning")
    assert finding.evidence == {"outputs": 47, "classes": 26}
    assert audit((data.x, np.eye(26)[data.y])) == []
    assert audit((data.x, np.eye(47)[data.y]), outputs=26) == []


def test_missing_classes() -> None:
    data = images(classes=26)
    assert audit(Dataset(data.x, data.y + 1)) == []
    shifted = Dataset(data.x, data.y + 1, class_names=[f"{index}" for index in range(27)])
    (finding,) = audit(shifted)
    assert (finding.code, finding.severity) == ("classes-missing", "warning")
    assert finding.evidence["class_indices"] == [0]
    tested = Dataset(data.x, data.y, data.x[:3] ^ 1, [26, 26, 0])
    (finding,) = audit(tested)
    assert finding.evidence["held_out_samples_of_these"] == 2


def test_the_published_mistakes_are_found() -> None:
    data = Mistakes.as_published().apply(images(1_240, classes=62))
    assert codes(audit(data)) == {
        "labels-scaled": "error",
        "one-class-targets": "error",
        "outputs-against-classes": "error",
        "first-row-as-header": "warning",
    }


def test_what_can_not_be_looked_at() -> None:
    with raises("nothing-given", DataError):
        audit()
    with raises("wrong-type", DataError, "int"):
        audit(3)
    with raises("shape-mismatch", DataError, "10.*y.*9"):
        audit(x=np.zeros((10, 2)), y=np.arange(9))
    one = audit((np.full((1, 3), 0.5), [0]))
    assert codes(one) == {"one-class-targets": "error"}


def test_a_class_of_one_row_is_named() -> None:
    labels = np.repeat(["none", "mild", "severe", "unclear"], [960, 30, 9, 1])
    x = np.random.default_rng(0).normal(size=(1_000, 4))
    findings = {finding.code: finding for finding in audit((x, labels))}
    finding = findings["class-of-one-row"]
    assert "unclear" in finding.message
    assert finding.evidence["class_indices"] == [3]
    assert "class-of-one-row" not in codes(audit(Dataset(x, labels, x[:1] + 1, ["unclear"])))


def test_numbers_that_look_like_a_quantity_are_audited_as_what_they_are() -> None:
    random = np.random.default_rng(0)
    x, ages = random.normal(size=(600, 4)), np.resize(np.arange(91), 600)
    with raises("target-unclear", DataError, "91"):
        audit((x, ages))
    assert audit((x, ages), task="regression") == []
    assert audit(x=x, y=ages / 7, x_test=x + 1, y_test=ages, task="regression") == []
    shared = audit(x=x, y=ages, x_test=x, y_test=ages, task="regression")
    assert codes(shared) == {"held-out-in-training": "warning"}


def test_a_missing_label_is_no_class() -> None:
    with raises("value-missing", DataError, "row 2"):
        audit((np.ones((4, 2)), ["a", "b", float("nan"), "a"]))
