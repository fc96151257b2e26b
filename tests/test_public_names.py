"""The public names: those of the package, and those of each folder."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dataworth

PUBLIC = {
    "Budget",
    "BySize",
    "Command",
    "Comparison",
    "Curve",
    "Dataset",
    "Finding",
    "Forecast",
    "Goal",
    "JointForecast",
    "LearningCurveDisplay",
    "Metric",
    "Ray",
    "Rows",
    "Run",
    "Study",
    "Torch",
    "as_curve",
    "as_curves",
    "audit",
    "compare",
    "curves_from_frame",
    "forecast",
    "forecast_joint",
    "learning_curve",
    "load",
    "metrics",
    "next_joint_runs",
    "observers",
    "read_runs",
    "run_curves",
}
FOLDERS = {
    "audit": {
        "ReportedRun",
        "audit",
        "audit_arrays",
        "audit_curve",
        "audit_dataset",
        "audit_figures",
        "audit_models",
        "audit_run",
        "reported_runs",
    },
    "laws": {
        "Fit",
        "Law",
        "Parameter",
        "all_laws",
        "find_law",
        "fit_law",
        "register_law",
        "unregister_law",
    },
    "learners": {"FitRequest", "Learner", "Predictor", "TrainingOptions", "resolve"},
    "metrics": {"Metric", "find", "known", "register"},
    "observers": {"JsonLines", "MLflow", "Observer"},
    "plots": {
        "plot_classes",
        "plot_curve",
        "plot_forecast",
        "plot_images",
        "plot_joint",
        "write_forecast_picture",
    },
    "tasks": {"Classification", "Multilabel", "Regression", "Scored", "Task"},
    "report": {"write_comparison", "write_report"},
}
"""Folders that export names; every other folder's names are reached through its modules."""


def test_the_package_exports_its_public_names() -> None:
    assert set(dataworth.__all__) == PUBLIC
    assert set(dir(dataworth)) >= PUBLIC


EACH_NAME = """
import os, sys
import numpy, scipy.optimize, scipy.special, scipy.stats  # Once for all names.
import dataworth as dw
for name in sys.argv[1:]:
    child = os.fork()
    if not child:
        before = len(sys.modules)
        getattr(dw, name)
        os._exit(len(sys.modules) == before)
    assert os.waitpid(child, 0)[1] == 0, name
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
def test_each_name_is_imported_when_it_is_first_used() -> None:
    subprocess.run([sys.executable, "-c", EACH_NAME, *sorted(PUBLIC)], check=True)


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys, dataworth; print(*(m for m in sys.modules if m.startswith('dataworth.')))"
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert shown.stdout.split() == ["dataworth._util", "dataworth._util.lazy"]


def test_a_function_goes_before_the_folder_of_its_name() -> None:
    importlib.import_module("dataworth.forecast.prior")
    importlib.import_module("dataworth.audit.view")
    assert callable(dataworth.forecast)
    assert callable(dataworth.audit)


def test_each_folder_exports_what_it_says() -> None:
    found = {}
    for folder in pkgutil.iter_modules(dataworth.__path__):
        module = importlib.import_module(f"dataworth.{folder.name}")
        if folder.ispkg and hasattr(module, "__all__"):
            found[folder.name] = set(module.__all__)
            assert all(hasattr(module, name) for name in module.__all__), folder.name
    assert found == FOLDERS


@pytest.mark.parametrize("folder", sorted(FOLDERS))
def test_what_a_folder_exports_is_in_the_reference(folder: str) -> None:
    pages = (Path(__file__).parents[1] / "docs" / "api").glob("*.md")
    documented = re.findall(
        r"auto(?:class|function):: ([\w.]+)", "".join(page.read_text("utf-8") for page in pages)
    )
    inside = [each for each in documented if each.startswith(f"dataworth.{folder}.")]
    at_the_top = [each for each in documented if each.count(".") == 1]
    names = {each.rpartition(".")[2] for each in (*inside, *at_the_top)}
    assert names >= FOLDERS[folder]
