"""What a notebook shows while a study runs, in a real kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from report_runs import make_run

from dataworth.observers import notebook as notebook_observer
from dataworth.records.record import Record, RunKey

CELL = f"""
import sys

sys.path.append({str(Path(__file__).parents[1] / "helpers")!r})
from nearest_mean import NearestMean

import dataworth as dw

study = dw.Study(data="digits", model=NearestMean(), sizes=[40, 80], seeds=2)
curve = study.run("run")
"""
WRONG = """
from dataworth.reproductions.emnist_paper import Mistakes

mistakes = Mistakes(labels_divided_by_255=True)
dw.Study(data="digits", model=NearestMean(), sizes=[40], seeds=1, variant=mistakes).run("wrong")
"""
STOPPED = """
class Stops:
    name = "stops"

    def identity(self, data, task):
        return {"stops": True}

    def fit(self, request, context):
        raise KeyboardInterrupt


try:
    dw.Study(data="digits", model=Stops(), sizes=[40], seeds=1).run("stopped")
except KeyboardInterrupt:
    pass
"""


class Shown:
    """The output under a cell."""

    def __init__(self, content: dict[str, str]) -> None:
        self.pages = [content["text/html"]]

    def update(self, content: dict[str, str], raw: bool) -> None:
        assert raw
        self.pages.append(content["text/html"])


@pytest.mark.parametrize(("sizes", "is_forecast"), [([200], False), ([200, 600, 1_800], True)])
def test_the_curve_so_far_is_drawn_while_the_study_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: list[int], is_forecast: bool
) -> None:
    shown: list[Shown] = []

    def display(content: dict[str, str]) -> Any:
        shown.append(Shown(content))
        return shown[-1]

    monkeypatch.setattr(notebook_observer, "_display", display)
    directory = make_run(tmp_path / "run", sizes=sizes, seeds=1, pixels=None, name="<b>")
    keys = [RunKey("mlp", size, 0, f"{size}-0") for size in (100, 200, 5_400)]
    observer = notebook_observer.NotebookObserver()
    observer.on_directory(directory, {"model": "mlp"})
    observer.on_study_begin(keys, keys[:1], [key.size for key in keys])
    for key in keys[1:]:
        observer.on_record(Record(key, {"loss": 0.5}, seconds=1.0))
    observer.on_study_end()
    (output,) = shown
    first, drawn, unchanged, last = output.pages
    assert "<svg" not in first + last
    assert drawn.count("<svg") == unchanged.count("<svg") == 1
    assert ("forecast, median" in drawn) is is_forecast
    assert "<b>" not in drawn


@pytest.mark.slow
def test_a_study_shows_one_line_that_ends_with_its_runs(tmp_path: Path) -> None:
    why = "needs the extra: dataworth[notebook]"
    nbformat = pytest.importorskip("nbformat", reason=why)
    nbclient = pytest.importorskip("nbclient", reason=why)
    pytest.importorskip("ipykernel", reason=why)
    cells = [CELL, CELL, "study.run('other', progress=False)", STOPPED, WRONG]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(
        notebook, resources={"metadata": {"path": str(tmp_path)}}, kernel_name="python3"
    ).execute()
    first, again, silent, stopped, findings = (cell["outputs"] for cell in notebook.cells)
    (line,) = [each for each in first if "<progress" in str(each)]
    assert line["data"]["text/plain"].startswith("4 of 4 runs, ")
    assert line["data"]["text/plain"].endswith("done")
    assert 'value="1.0000"' in line["data"]["text/html"]
    assert "widget" not in str(first)
    assert "4 of 4 runs" in str(again)
    assert "<progress" not in str(silent)
    assert "0 of 1 runs" in str(stopped)
    assert "<progress" in str(findings)
    assert "labels-scaled" in str([each["data"]["text/html"] for each in findings])
    assert "stopped; finished runs" in str(stopped)
