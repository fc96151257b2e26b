"""Columns of sizes by their names: units, shares, logarithms, and names of what is counted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from errors import raises

from dataworth.curves.read import as_curve
from dataworth.errors import DataError

VALUES = [0.62, 0.71, 0.78]


def written(folder: Path, name: str, sizes: Sequence[object] = (1, 3, 9)) -> Path:
    path = folder / "a.csv"
    rows = zip(sizes, VALUES, strict=True)
    path.write_text("\n".join([f"{name};accuracy", *(f"{size};{value}" for size, value in rows)]))
    return path


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("samples (k)", 1e3),
        ("samples ('000)", 1e3),
        ("n (x1000)", 1e3),
        ("N (\u00d710^3)", 1e3),
        ("training samples [in thousands]", 1e3),
        ("thousands of samples", 1e3),
        ("samplesK", 1e3),
        ("samples/1000", 1e3),
        ("tokens (M)", 1e6),
        ("tokens_B", 1e9),
        ("samples", 1),
        ("samples (train)", 1),
        ("num_sequences", 1),
        ("train/num_samples", 1),
    ],
)
def test_units_in_the_name(tmp_path: Path, name: str, unit: float) -> None:
    curve = as_curve(written(tmp_path, name))
    assert curve.samples.tolist() == [unit, 3 * unit, 9 * unit]
    assert any("multiples" in note for note in curve.assumed) == (unit != 1)


@pytest.mark.parametrize(
    "name", ["size (MB)", "size [GiB]", "dataset size/kB", "size in GB", "data size (megabytes)"]
)
def test_bytes_are_no_numbers_of_samples(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name, [10, 30, 90])
    with raises("column-missing", DataError, "count no samples.*--samples COLUMN"):
        as_curve(path)
    assert as_curve(path, samples=name).samples.tolist() == [10, 30, 90]


def test_a_table_without_any_numbers_of_samples_asks_for_a_column(tmp_path: Path) -> None:
    path = tmp_path / "evals.json"
    path.write_text('{"train": {"rmse": [0.9, 0.8]}, "valid": {"rmse": [1.0, 0.9]}}')
    with raises("column-missing", DataError, "Add a column samples"):
        as_curve(path)


def test_only_what_was_assumed_is_said(tmp_path: Path) -> None:
    assert as_curve(written(tmp_path, "samples")).assumed == ("cells are separated by semicolons",)
    path = tmp_path / "b.csv"
    rows = "".join(f"{10 * 3**k},{0.6 + k / 10},{0.5 + k / 10}\n" for k in range(3))
    path.write_text(f"samples,accuracy,loss\n{rows}")
    assert as_curve(path).assumed == ("'loss' is taken for the metric",)
    assert as_curve(path, "accuracy").assumed == ()
    path.write_text(
        f"share of data,accuracy,std\n{rows}".replace("30,", "50,").replace("90,", "100,")
    )
    assert as_curve(path, total=600).assumed[0].startswith("'share of data' holds per cent of 600")


def test_units_in_cells(tmp_path: Path) -> None:
    for sizes in (["1k", "3K", "9 k"], ["0.001M", "0.003 million", "9k"]):
        for name in ("tokens", "samples (k)"):
            curve = as_curve(written(tmp_path, name, sizes))
            assert curve.samples.tolist() == [1_000, 3_000, 9_000]


def test_shares_ask_for_their_total(tmp_path: Path) -> None:
    for name, sizes in (
        ("data", ["1/16", "1/4", "1"]),
        ("ratio", ["1:16", "1:4", "1:1"]),
        ("share of labels", [0.1, 0.5, 1]),
        ("percentage of training data", [10, 50, 100]),
        ("frac_train", [0.1, 0.5, 1]),
        ("data used (%)", [10, 50, 100]),
    ):
        with raises("option-missing", DataError, "--total"):
            as_curve(written(tmp_path, name, sizes))
    with raises("options-conflict", DataError, "with total 2"):
        as_curve(tmp_path / "a.csv", total=2)
    assert as_curve(tmp_path / "a.csv", total=200).samples.tolist() == [20, 100, 200]


def test_logarithms_are_no_sizes(tmp_path: Path) -> None:
    with raises("value-unclear", DataError, "logarithms"):
        as_curve(written(tmp_path, "log10_samples", [3, 4, 5]), samples="log10_samples")


def test_a_bad_cell_is_named(tmp_path: Path) -> None:
    with raises("not-numeric", DataError, "row 4, column 'n_train': 'all'"):
        as_curve(written(tmp_path, "n_train", [10, 20, "all"]))
    path = tmp_path / "b.csv"
    path.write_text("n,accuracy\n10,.5\n20,.6\n40,.7\n80,ca. 0.8\n")
    with raises("not-numeric", DataError, "row 5, column 'accuracy'"):
        as_curve(path)


def test_a_log_of_epochs_is_told_apart(tmp_path: Path) -> None:
    with raises("column-missing", DataError, "'epoch' counts passes"):
        as_curve(written(tmp_path, "epoch"))
