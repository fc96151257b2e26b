"""The short notebooks are stored without outputs, and run from top to bottom in an empty folder."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "examples"
_WHY = "needs the extra: pip install 'dataworth[notebook]'"
_NEEDS = {"figures": [], "table": ["lightgbm", "pandas"], "torch": ["torch"]}
nbformat = pytest.importorskip("nbformat", reason=_WHY)
nbclient = pytest.importorskip("nbclient", reason=_WHY)


def _read(name: str) -> Any:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def _run(name: str, folder: Path) -> list[str]:
    """The outputs of the code cells, as text."""
    for module in ("ipykernel", *_NEEDS[name]):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"needs {module}")
    notebook = _read(name)
    nbclient.NotebookClient(
        notebook, resources={"metadata": {"path": str(folder)}}, kernel_name="python3"
    ).execute()
    return [str(cell["outputs"]) for cell in notebook.cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.ipynb")))
def test_it_is_valid_and_stored_without_outputs(name: str) -> None:
    notebook = _read(name)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell["cell_type"] == "code"]
    assert code
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
    assert (FOLDER / f"{name}.ipynb").stat().st_size < 50_000


@pytest.mark.slow
def test_figures_are_read_in_per_cent_and_forecast(tmp_path: Path) -> None:
    text = "".join(_run("figures", tmp_path))
    assert "8 runs at 4 sizes" in text
    # A picture of its own, beside those within the HTML of values.
    assert "'image/png': " in text
    assert "reachable with probability 0." in text
    assert "last-value" in text


@pytest.mark.slow
def test_two_models_learn_from_a_table(tmp_path: Path) -> None:
    text = "".join(_run("table", tmp_path))
    assert "20 of 20 runs" in text
    assert "the best with probability" in text
    assert "logistic: from 4,000 to 20,000 rows" in text
    assert (tmp_path / "runs" / "churn" / "curve.csv").exists()


@pytest.mark.slow
def test_torch_modules_are_compared_and_reported(tmp_path: Path) -> None:
    text = "".join(_run("torch", tmp_path))
    assert "16 of 16 runs" in text
    assert "report.html" in text
    assert (tmp_path / "runs" / "torch" / "report.html").exists()
