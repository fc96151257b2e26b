from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dataworth.plots.classes import ClassPlotData, class_plot_data, draw_classes
from dataworth.records.record import Record, RunKey
from dataworth.report.tables import class_rows, confused_rows


def _record(size: int, seed: int, confusion: list[list[int]]) -> Record:
    counts = np.array(confusion, np.int64)
    losses = np.array([1.0, 2.0, np.nan]) / size
    key = RunKey("mlp", size, seed, f"{size}{seed}")
    return Record(key, {"loss": 1.0}, arrays={"confusion": counts, "class_losses": losses})


@pytest.fixture
def figure() -> ClassPlotData:
    """Two classes, and a third without held-out samples; the first class halves its error."""
    records = [
        _record(100, 0, [[6, 4, 0], [1, 9, 0], [0, 0, 0]]),
        _record(100, 1, [[6, 2, 2], [0, 9, 1], [0, 0, 0]]),
        _record(200, 0, [[8, 2, 0], [1, 9, 0], [0, 0, 0]]),
        _record(200, 1, [[8, 1, 1], [1, 9, 0], [0, 0, 0]]),
    ]
    return class_plot_data(records, ["a", "b", "never"])


def test_errors_and_losses_are_means_over_seeds(figure: ClassPlotData) -> None:
    np.testing.assert_allclose(figure.errors, [[0.4, 0.2], [0.1, 0.1], [np.nan, np.nan]])
    np.testing.assert_allclose(figure.losses[:2], [[0.01, 0.005], [0.02, 0.01]])


def test_gain_is_what_a_doubling_saves(figure: ClassPlotData) -> None:
    np.testing.assert_allclose(figure.gain, [0.2, 0.0, np.nan], atol=1e-12)


def test_pairs_are_counted_at_the_largest_size(figure: ClassPlotData) -> None:
    first = figure.confused[0]
    assert (first.true, first.predicted) == (0, 1)
    assert first.samples == 1.5
    assert first.share == pytest.approx(0.15)
    assert len(figure.confused) == 3
    assert confused_rows(figure)[0].text == "15.0 % of the class, 1.5 samples"


def test_rows_show_the_highest_error_first_and_no_class_without_samples(
    figure: ClassPlotData,
) -> None:
    rows = class_rows(figure)
    assert [row.name for row in rows] == ["a", "b"]
    assert [cell.text for cell in rows[0].cells] == ["40.0", "20.0"]
    assert [cell.heat for cell in rows[0].cells] == [1.0, 0.5]
    assert rows[0].gain_text == "+20.0"


def test_one_size_has_no_gain(figure: ClassPlotData) -> None:
    alone = class_plot_data(
        [_record(100, 0, [[6, 4, 0], [1, 9, 0], [0, 0, 0]])], ["a", "b", "never"]
    )
    assert np.isnan(alone.gain).all()
    assert class_rows(alone)[0].gain_text == ""


def test_of_many_classes_the_worst_are_listed_and_the_others_counted() -> None:
    errors = np.linspace(0.0, 1.0, 3_000)
    records = [
        Record(
            RunKey("mlp", size, 0, f"{size}"),
            {"loss": 1.0},
            arrays={"class_errors": errors * scale, "class_losses": errors},
        )
        for size, scale in ((100, 1.0), (200, 0.5))
    ]
    figure = class_plot_data(records, [f"class {index}" for index in range(3_000)])
    assert figure.listed == list(range(2_999, 2_899, -1))
    assert figure.confused == ()
    np.testing.assert_allclose(figure.gain, errors / 2)
    assert len(class_rows(figure)) == 100
    axes = draw_classes(figure)
    assert len(axes.lines) <= 1_000


def test_a_long_name_is_cut_on_the_picture(figure: ClassPlotData) -> None:
    named = replace(figure, names=("a" * 5_000, "b", "never"))
    texts = [text.get_text() for text in draw_classes(named).texts]
    assert "a" * 39 + "…" in texts
    assert max(map(len, texts)) == 40


def test_long_names_of_classes_are_cut() -> None:
    arrays = {"confusion": np.eye(4, dtype=np.int64), "class_losses": np.ones(4)}
    records = [
        Record(RunKey("tree", size, 0, f"{size}"), {"loss": 1.0}, arrays=arrays)
        for size in (100, 200)
    ]
    names = ["x" * 1_000_000, "b", "c", "d"]
    assert [len(name) for name in class_plot_data(records, names).names] == [4_000, 1, 1, 1]
