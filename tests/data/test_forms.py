"""Data sets of every form: what they hold, what they give, and how their fingerprints change."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from errors import raises
from numpy.testing import assert_array_equal

from dataworth.data.base import View
from dataworth.data.dataset import Dataset
from dataworth.data.forms import check_numbers, form, numbers
from dataworth.errors import DataError

ROWS = 12
LABELS = ["yes", "no", "no"] * 4


def columns() -> dict[str, Any]:
    return {
        "age": [20.5 + row for row in range(ROWS)],
        "city": ["Rome", None, "Köln"] * 4,
        "visits": list(range(ROWS)),
        "member": [True, False] * 6,
        "since": [date(2024, 1, 1 + row) for row in range(ROWS)],
    }


def pandas_frame(**changed: Any) -> Any:
    frame = pd.DataFrame(columns() | changed)
    frame["since"] = pd.to_datetime(frame["since"])
    return frame.assign(plan=pd.Categorical(["a", "b", "a"] * 4, categories=["a", "b", "c"]))


def polars_frame(**changed: Any) -> Any:
    frame = pl.DataFrame(columns() | changed)
    return frame.with_columns(plan=pl.Series(["a", "b", "a"] * 4, dtype=pl.Enum(["a", "b", "c"])))


def arrow_table(**changed: Any) -> Any:
    return pytest.importorskip("pyarrow").table(columns() | changed)


FRAMES = [pandas_frame, polars_frame, arrow_table]


@pytest.mark.parametrize("make", FRAMES)
def test_a_view_of_a_frame_is_a_frame_of_its_library(make: Callable[..., Any]) -> None:
    frame = make()
    data = Dataset(frame, LABELS)
    assert data.form == "frame"
    assert len(data) == data.samples == ROWS
    view = View(data, np.array([5, 0, 4]))
    assert type(view.x) is type(frame)
    assert list(view.x["visits"].to_numpy()) == [5, 0, 4]
    assert view.y.tolist() == [0, 1, 0]
    assert View(data, np.arange(ROWS)).x is frame
    kinds = data.schema.columns
    assert kinds["city"] == "text"
    assert kinds["since"] == "date"
    assert (kinds["age"], kinds["visits"], kinds["member"]) == ("number", "number", "bool")
    assert kinds.get("plan", "category") == "category"
    assert data.shape == (len(kinds),)
    assert data.schema.dtype is None


@pytest.mark.parametrize("make", FRAMES)
@pytest.mark.parametrize(
    "changed",
    [
        {"age": [21.5, *(20.5 + row for row in range(1, ROWS))]},
        {"city": ["Rome", "", "Köln"] * 4},
        {"city": [None, "Rome", "Köln", *["Rome", None, "Köln"] * 3]},
        {"visits": [float(row) for row in range(ROWS)]},
        {"member": [True, True] * 6},
        {"since": [date(2024, 1, 2 + row) for row in range(ROWS)]},
    ],
    ids=["number", "gap", "order", "type", "flag", "date"],
)
def test_a_fingerprint_changes_with_every_cell_and_type(
    make: Callable[..., Any], changed: dict[str, Any]
) -> None:
    known = Dataset(make(), LABELS).fingerprint
    assert Dataset(make(), LABELS).fingerprint == known
    assert Dataset(make(**changed), LABELS).fingerprint != known


def test_a_fingerprint_changes_with_names_categories_and_neighbours() -> None:
    frame = pandas_frame()
    prints = [
        Dataset(each, LABELS).fingerprint
        for each in (
            frame,
            frame.rename(columns={"age": "years"}),
            frame[list(reversed(frame.columns))],
            frame.assign(plan=frame["plan"].cat.remove_categories("c")),
            frame.assign(plan=frame["plan"].cat.as_ordered()),
            frame.assign(city=frame["city"].astype("category")),
            # The same letters in other cells.
            frame.assign(city=["Rom", "eK", "öln"] * 4),
            frame.assign(city=["RomeK", "öln", ""] * 4),
        )
    ]
    assert len(set(prints)) == len(prints)


def test_cells_of_any_type_are_held_and_hashed() -> None:
    cells: list[Any] = [1, "1", 1.0, None, [1, 2], {"a": 1}, np.arange(3), (1,), {2, 1}, b"1"]
    other = [*cells[:6], np.arange(1, 4), *cells[7:]]
    labels = [0, 1] * 5
    first, again, changed = (
        Dataset(pd.DataFrame({"a": pd.Series(each, dtype=object)}), labels)
        for each in (cells, list(cells), other)
    )
    assert first.schema.columns == {"a": "other"}
    assert first.fingerprint == again.fingerprint != changed.fingerprint
    assert first.take(np.array([4]))[0]["a"].tolist() == [[1, 2]]
    odd = pd.DataFrame({"a": pd.Series([lambda: 1] * 10, dtype=object)})
    with raises("wrong-type", DataError, "lambda"):
        _ = Dataset(odd, labels).fingerprint


@pytest.mark.parametrize("make", FRAMES)
def test_columns_have_roles(make: Callable[..., Any]) -> None:
    frame = make(churned=LABELS, customer=[f"c{row // 2}" for row in range(ROWS)])
    data = Dataset(frame, label="churned", groups="customer", time="since", drop=["visits"])
    assert data.class_names == ("no", "yes")
    assert data.groups is not None
    assert data.groups[:3].tolist() == ["c0", "c0", "c1"]
    assert data.time is not None
    assert data.time[0] < data.time[1]
    assert {*data.schema.columns} - {"plan"} == {"age", "city", "member"}
    chosen = Dataset(frame, label="churned", features=["member", "age"], groups="customer")
    assert [*chosen.schema.columns] == ["member", "age"]


def test_columns_that_cannot_have_their_roles_are_named() -> None:
    frame = pandas_frame(churned=LABELS, customer=[None, *["c"] * 11])
    with raises("column-missing", DataError, "churnd.*churned"):
        Dataset(frame, label="churnd")
    with raises("column-missing", DataError, "drop.*'x'"):
        Dataset(frame, label="churned", drop="x")
    with raises("value-missing", DataError, "customer.*row 0"):
        Dataset(frame, label="churned", groups="customer")
    with raises("value-missing", DataError, "city.*row 1"):
        Dataset(frame, label="churned", groups="city")
    with raises("options-conflict", DataError, "churned"):
        Dataset(frame, label="churned", features=["age", "churned"])
    with raises("options-conflict", DataError, "age"):
        Dataset(frame, label="churned", features=["age"], drop="age")
    with raises("options-conflict", DataError, "label"):
        Dataset(frame, LABELS, label="churned")
    with raises("options-conflict", DataError, "label.*ndarray"):
        Dataset(np.zeros((3, 2)), label="churned")
    with raises("option-missing", DataError, "label=.*churned"):
        Dataset(frame)
    with raises("named-twice", DataError, "'age'"):
        Dataset(frame.rename(columns={"visits": "age"}), LABELS)
    with raises("no-rows", DataError):
        Dataset(frame[["churned"]], label="churned")
    with raises("wrong-type", DataError, "collect"):
        Dataset(pl.DataFrame(columns()).lazy(), LABELS)


def test_times_must_sort() -> None:
    frame = pandas_frame(churned=LABELS, day=["3 May 2024", *["2024-05-03"] * 11])
    with raises("value-unclear", DataError, "day.*row 0.*3 May 2024"):
        Dataset(frame, label="churned", time="day")
    ordered = frame.assign(day=[f"2024-05-{row + 10}" for row in range(ROWS)])
    assert Dataset(ordered, label="churned", time="day").time is not None


@pytest.mark.parametrize("make", FRAMES)
def test_a_test_half_has_the_columns_of_the_other(make: Callable[..., Any]) -> None:
    frame = make(churned=LABELS)
    reordered = make(churned=LABELS)
    names = [*reversed(list(columns())), "churned"]
    reordered = reordered[names] if make is pandas_frame else reordered.select(names)
    plain = (
        frame[[*columns(), "churned"]]
        if make is pandas_frame
        else frame.select([*columns(), "churned"])
    )
    data = Dataset(plain, x_test=reordered, label="churned")
    assert data.official_test is not None
    assert data.official_test.schema.columns == data.schema.columns
    less = (
        reordered.drop(columns="city")
        if make is pandas_frame
        else (reordered.select([name for name in names if name != "city"]))
    )
    with raises("column-missing", DataError, "x_test.*city"):
        Dataset(plain, x_test=less, label="churned")
    with raises("column-missing", DataError, "label of x_test"):
        Dataset(plain, x_test=make(), label="churned")


def test_a_column_of_numbers_is_no_column_of_texts_in_the_test_half() -> None:
    frame = pandas_frame()
    with raises("shape-mismatch", DataError, "'age'.*number.*text"):
        Dataset(frame, LABELS, frame.assign(age="old"), LABELS)
    with raises("shape-mismatch", DataError, "pandas.*polars"):
        Dataset(frame, LABELS, polars_frame(), LABELS)
    with raises("shape-mismatch", DataError, "12.*11"):
        Dataset(frame, LABELS[1:])


@pytest.mark.parametrize("make", FRAMES)
def test_numbers_of_a_frame(make: Callable[..., Any]) -> None:
    data = Dataset(make(churned=LABELS), label="churned", features=["age", "visits", "member"])
    array = numbers(View(data, np.array([1, 2])).x, "the model")
    assert array.dtype == np.float32
    assert array.tolist() == [[21.5, 1, 0], [22.5, 2, 1]]
    arrays = data.as_arrays("the model")
    assert arrays.form == "array"
    assert arrays.shape == (3,)
    assert arrays.fingerprint == data.fingerprint
    assert_array_equal(arrays.y, data.y)


def test_what_is_not_a_number_is_named_with_two_ways_out() -> None:
    with raises("not-numeric", DataError, "the model mlp.*city.*--drop.*pipeline") as caught:
        check_numbers(pandas_frame(), "the model mlp")
    assert caught.value.values["columns"] == ["city", "since", "plan"]
    gap = pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, np.nan]})
    with raises("value-missing", DataError, "row 1.*b.*--drop b"):
        numbers(gap, "the model")
    with raises("not-numeric", DataError, "texts"):
        numbers(["a", "b"], "the model")
    with raises("not-numeric", DataError, "--size"):
        numbers([np.zeros((2, 3)), np.zeros((3, 3))], "the model")
    same = numbers([np.ones((2, 3)), np.zeros((2, 3))], "the model")
    assert same.shape == (2, 2, 3)


def test_sparse_matrices_stay_sparse() -> None:
    random = np.random.default_rng(0)
    matrix = sp.random(20, 6, 0.3, format="coo", rng=random)
    data = Dataset(matrix, [0, 1] * 10)
    assert data.form == "sparse"
    assert data.shape == (6,)
    x, _ = data.take(np.array([3, 1]))
    assert x.format == "csr"
    assert_array_equal(x.toarray(), matrix.toarray()[[3, 1]])
    assert_array_equal(numbers(x, "m"), matrix.toarray()[[3, 1]].astype(np.float32))
    assert Dataset(matrix.tocsc(), [0, 1] * 10).fingerprint == data.fingerprint
    moved = matrix.toarray()
    moved[0, 0] += 1
    assert Dataset(sp.csr_array(moved), [0, 1] * 10).fingerprint != data.fingerprint
    broken = matrix.tocsr().astype(np.float64)
    broken.data[-1] = np.nan
    last = int(np.flatnonzero(np.diff(broken.indptr))[-1])
    with raises("not-finite", DataError, f"row {last};"):
        Dataset(broken, [0, 1] * 10)
    with raises("not-numeric", DataError, "complex"):
        Dataset(matrix.astype(complex), [0, 1] * 10)


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, pl.Series])
def test_texts(kind: Callable[[Any], Any]) -> None:
    texts = ["good", "", "schön, wirklich", "no\nline"] * 3
    data = Dataset(kind(texts), LABELS)
    assert data.form == "texts"
    assert data.shape == ()
    assert View(data, np.array([2, 1, 0])).x == ["schön, wirklich", "", "good"]
    assert View(data, np.arange(ROWS)).x == texts
    assert Dataset(texts, LABELS).fingerprint == data.fingerprint
    assert Dataset([*texts[:-1], "x"], LABELS).fingerprint != data.fingerprint
    again = pickle.loads(pickle.dumps(data))
    assert again.take(np.array([2]))[0] == ["schön, wirklich"]


def test_an_entry_that_is_no_text_is_named() -> None:
    with raises("wrong-type", DataError, "row 1.*None"):
        Dataset(np.array(["a", None, "b"], object), [0, 1, 0])


def test_arrays_of_different_size_are_items() -> None:
    images = [np.full((2 + row % 3, 4), row, np.uint8) for row in range(ROWS)]
    data = Dataset(images, LABELS)
    assert data.form == "items"
    assert [each.shape for each in View(data, np.array([2, 0])).x] == [(4, 4), (2, 4)]
    again = pickle.loads(pickle.dumps(data))
    assert again.fingerprint == data.fingerprint
    assert_array_equal(again.take(np.array([7]))[0][0], images[7])
    changed = [*images[:-1], images[-1] + 1]
    assert Dataset(changed, LABELS).fingerprint != data.fingerprint
    with raises("not-finite", DataError, "row 1;"):
        Dataset([np.zeros((2, 2)), np.full((1, 2), np.nan)], [0, 1])
    assert Dataset(np.stack([np.zeros((2, 2))] * 4), [0, 1] * 2).form == "array"


def test_a_memory_mapped_array_is_neither_copied_nor_changed(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(ROWS, 3))
    np.save(tmp_path / "x.npy", values)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    data = Dataset(mapped, LABELS)
    assert data.x is mapped
    x, _ = data.take(np.array([3, 1]))
    assert x.dtype == np.float32
    assert data.schema.dtype == np.float32
    assert_array_equal(x, values[[3, 1]].astype(np.float32))
    assert data.fingerprint == Dataset(values, LABELS).fingerprint
    values[5, 1] = np.inf
    np.save(tmp_path / "y.npy", values)
    with raises("not-finite", DataError, "1 samples.*row 5;"):
        Dataset(np.load(tmp_path / "y.npy", mmap_mode="r"), LABELS)


class Pairs:
    """A map-style data set as torch has them, without torch."""

    def __init__(self, targets: list[int]) -> None:
        self.values = [(np.full((2, 2), row, np.float32), y) for row, y in enumerate(targets)]
        self.decoded: list[int] = []

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, row: int) -> tuple[Any, int]:
        self.decoded.append(row)
        return self.values[row]


def test_a_map_style_data_set_gives_its_items() -> None:
    pairs = Pairs([0, 1, 1, 0])
    data = Dataset(pairs)
    assert data.form == "items"
    assert data.y.tolist() == [0, 1, 1, 0]
    pairs.decoded.clear()
    x, y = data.take(np.array([2, 0]))
    assert pairs.decoded == [2, 0]
    assert [float(each[0, 0]) for each in x] == [2.0, 0.0]
    assert y.tolist() == [1, 0]


def test_a_data_set_of_torch() -> None:
    torch = pytest.importorskip("torch")
    x, y = torch.arange(12.0).reshape(6, 2), torch.tensor([0, 1, 2, 0, 1, 2])
    data = Dataset(torch.utils.data.TensorDataset(x, y))
    assert data.y.tolist() == y.tolist()
    taken, _ = data.take(np.array([5, 1]))
    assert [each.tolist() for each in taken] == [[10.0, 11.0], [2.0, 3.0]]
    other = Dataset(torch.utils.data.TensorDataset(x + 1, y))
    assert len({data.fingerprint, other.fingerprint}) == 2
    assert Dataset(x, y).form == "array"


def test_a_data_set_of_hugging_face() -> None:
    datasets = pytest.importorskip("datasets")
    rows = {"text": ["good", "bad"] * 6, "label": [1, 0] * 6, "stars": list(range(ROWS))}
    table = datasets.Dataset.from_dict(rows).cast_column(
        "label", datasets.ClassLabel(names=["neg", "pos"])
    )
    data = Dataset(table, label="label", drop="stars")
    assert data.form == "texts"
    assert data.class_names == ("neg", "pos")
    assert data.take(np.array([1, 0]))[0] == ["bad", "good"]
    frame = Dataset(table, label="label")
    assert frame.form == "frame"
    assert frame.schema.columns == {"text": "text", "stars": "number"}
    assert frame.take(np.array([2]))[0].to_pylist() == [{"text": "good", "stars": 2}]
    changed = datasets.Dataset.from_dict(rows | {"stars": [*range(ROWS - 1), 99]})
    assert Dataset(changed, label="label").fingerprint != frame.fingerprint
    with raises("column-missing", DataError, "'labl'.*text, label"):
        Dataset(table, label="labl")
    with raises("options-conflict", DataError, "DatasetDict.*'train'"):
        Dataset(datasets.DatasetDict({"train": table}), label="label")


def test_lists_of_numbers_of_hugging_face() -> None:
    datasets = pytest.importorskip("datasets")
    labels = [0, 1] * 6
    equal = {"x": [[float(row), 1.0] for row in range(ROWS)], "label": labels}
    table = datasets.Dataset.from_dict(equal).with_format("torch")
    data = Dataset(table.select(range(1, ROWS)), label="label")
    assert data.form == "array"
    assert data.x[:2].tolist() == [[1.0, 1.0], [2.0, 1.0]]
    lengths = {"x": [[1.0] * (1 + row % 2) for row in range(ROWS)], "label": labels}
    assert Dataset(datasets.Dataset.from_dict(lengths), label="label").form == "items"
    several = datasets.Dataset.from_dict(equal | {"text": ["a"] * ROWS})
    items = Dataset(several, label="label")
    assert items.form == "items"
    assert items.take(np.array([2]))[0] == [{"x": [2.0, 1.0], "text": "a"}]


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (np.zeros((2, 2)), "array"),
        ([[1, 2], [3, 4]], "array"),
        (["a", "b"], "texts"),
        ([{"a": 1}, {"a": 2}], "items"),
        ([np.zeros(2), np.zeros(3)], "items"),
        (sp.csr_array(np.eye(2)), "sparse"),
        (pd.DataFrame({"a": [1]}), "frame"),
    ],
)
def test_forms(x: Any, expected: str) -> None:
    assert form(x) == expected


@pytest.mark.parametrize("option", ["groups", "time"])
def test_the_label_has_no_other_role(option: str) -> None:
    frame = pl.DataFrame({"a": [1.0, 2.0, 3.0], "label": [0, 1, 0]})
    with raises("options-conflict", DataError, f"{option}: 'label'"):
        Dataset(
            frame,
            label="label",
            groups="label" if option == "groups" else None,
            time="label" if option == "time" else None,
        )
