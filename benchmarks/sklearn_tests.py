"""Run scikit-learn's own tests of its learning curves with those of dataworth in their place.

    python benchmarks/sklearn_tests.py

While the tests of the installed scikit-learn are imported, `dataworth.learning_curve` and
`dataworth.LearningCurveDisplay` stand in `sklearn.model_selection`. Then every test of
`model_selection/tests/test_validation.py` and `model_selection/tests/test_plot.py` runs that refers
to one of the two. Prints how many passed of how many run, and the name of each that did not, with
the reason. The exit code is 1 if a test failed.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import sys
import tempfile
from unittest.mock import patch

import matplotlib as mpl
import pytest
import sklearn
import sklearn.model_selection

import dataworth as dw

MODULES = (
    "sklearn.model_selection.tests.test_validation",
    "sklearn.model_selection.tests.test_plot",
)
OURS = {
    "learning_curve": dw.learning_curve,
    "LearningCurveDisplay": dw.LearningCurveDisplay,
}
NOT_RUN = {
    "sklearn/tests/test_public_functions.py::test_function_param_validation"
    "[sklearn.model_selection.learning_curve]": "it makes invalid arguments from a private "
    "attribute that a decorator of scikit-learn gives its functions (_skl_parameter_constraints)"
}


class Chosen:
    """A plug-in of pytest: leaves out tests that refer to neither, and counts the others."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.failed: dict[str, str] = {}
        self.skipped: dict[str, str] = {}
        self._replaced = contextlib.ExitStack()

    def pytest_collection(self) -> None:
        for name, ours in OURS.items():
            self._replaced.enter_context(patch.object(sklearn.model_selection, name, ours))

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        # What the tests have imported stays; ours calls scikit-learn's again.
        self._replaced.close()
        items[:] = [item for item in items if _refers(item)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.rpartition("::")[2]
        if report.failed:
            self.failed[name] = str(report.longrepr).strip().splitlines()[-1]
        elif report.skipped:
            self.skipped[name] = str(report.longrepr)
        elif report.when == "call":
            self.passed.append(name)


def _refers(item: pytest.Item) -> bool:
    """Whether a test has one of the two as a parameter, or calls one."""
    assert isinstance(item, pytest.Function)
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    if any(each is ours for each in parameters for ours in OURS.values()):
        return True
    text = inspect.getsource(item.function)
    # Without the decorators, which name the parameters of all cases.
    text = text[text.index("def ") :]
    return any(
        (f"{name}(" in text or f"{name}." in text) and item.function.__globals__.get(name) is ours
        for name, ours in OURS.items()
    )


def main() -> int:
    mpl.use("Agg")
    found, output = Chosen(), io.StringIO()
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(output):
        os.chdir(folder)
        options = ("-q", "-p", "no:cacheprovider", "-c", os.devnull, "-W", "ignore")
        pytest.main(["--pyargs", *MODULES, *options], plugins=[found])
        os.chdir(before)
    run = len(found.passed) + len(found.failed)
    print(f"scikit-learn {sklearn.__version__}: {len(found.passed)} passed of {run} run")
    for what, names in (
        ("failed", found.failed),
        ("skipped", found.skipped),
        ("not run", NOT_RUN),
    ):
        for name, reason in names.items():
            print(f"{what}: {name}: {reason}")
    if not run:
        print(output.getvalue())
    return int(not run or bool(found.failed))


if __name__ == "__main__":
    sys.exit(main())
