"""What a notebook shows while a study runs, in a real kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="needs the extra: dataworth[notebook]")
nbclient = pytest.importorskip("nbclient", reason="needs the extra: dataworth[notebook]")
pytest.importorskip("ipykernel", reason="needs the extra: dataworth[notebook]")

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


@pytest.mark.slow
def test_a_study_shows_one_line_that_ends_with_its_runs(tmp_path: Path) -> None:
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
