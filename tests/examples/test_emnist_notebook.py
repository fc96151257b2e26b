"""The notebook runs from top to bottom on a machine with neither a Kaggle token nor EMNIST."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).parents[2] / "examples" / "emnist.ipynb"
_WHY = "needs the extra: pip install 'dataworth[notebook]'"
nbformat = pytest.importorskip("nbformat", reason=_WHY)
nbclient = pytest.importorskip("nbclient", reason=_WHY)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The text of every code cell's outputs."""
    if importlib.util.find_spec("ipykernel") is None:
        pytest.skip(_WHY)
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("HOME", str(home))
        environment.setenv("DATAWORTH_DATA", str(home / "data"))
        environment.setenv("DATAWORTH_OFFLINE", "1")
        environment.setenv("DATAWORTH_QUICK", "1")
        notebook = _read()
        nbclient.NotebookClient(
            notebook, resources={"metadata": {"path": str(home)}}, kernel_name="python3"
        ).execute()
    return [str(cell["outputs"]) for cell in notebook.cells if cell["cell_type"] == "code"]


def _read() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.mark.slow
def test_it_falls_back_to_glyphs_and_shows_them(outputs: list[str]) -> None:
    assert any("uses glyphs" in output for output in outputs)
    assert any("image/png" in output for output in outputs)


@pytest.mark.slow
def test_it_shows_progress_the_mistake_and_the_forecast(outputs: list[str]) -> None:
    text = "".join(outputs)
    assert "6 of 6 runs" in text
    assert "labels-scaled" in text
    assert "reachable at all" in text
    assert "3x the data (5,400 samples)" in text


@pytest.mark.slow
def test_the_report_is_inline(outputs: list[str]) -> None:
    assert "iframe srcdoc=" in outputs[-1]
    assert "report.html" in outputs[-1]
