"""Errors and warnings: codes, values, pickling, and the page that lists the codes."""

from __future__ import annotations

import ast
import copy
import pickle
import re
from pathlib import Path

import numpy as np
import pytest

from dataworth.errors import (
    DataError,
    DataNotFoundError,
    DataworthError,
    DataworthWarning,
    ForecastError,
    LabelError,
    MissingDependencyError,
    StudyError,
)

ROOT = Path(__file__).parents[1]

_ERRORS = [
    DataworthError("Wrong.", code="some-code"),
    DataError("a.csv, row 7: wrong.", code="some-code", row=7, file="a.csv"),
    DataNotFoundError("Absent.", code="some-code", name="mnist"),
    LabelError("Wrong.", code="some-code", labels=np.array([0.5, 1.0]), row=1),
    StudyError("Wrong.", code="some-code", option="sizes", value=[0]),
    ForecastError("Wrong.", code="some-code"),
    MissingDependencyError("Install it.", code="missing-extra", extra="kaggle"),
    DataworthWarning("Odd.", code="some-code", row=3),
]


@pytest.mark.parametrize("copied", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy])
@pytest.mark.parametrize("error", _ERRORS, ids=lambda error: type(error).__name__)
def test_copies_and_pickles_hold_everything(error: DataworthError, copied: object) -> None:
    assert callable(copied)
    error.add_note("while testing")
    again = copied(error)
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.code == error.code
    assert again.values.keys() == error.values.keys()
    for name, value in error.values.items():
        np.testing.assert_array_equal(again.values[name], value)
        if name in ("labels", "extra"):
            np.testing.assert_array_equal(getattr(again, name), value)
    assert again.__notes__ == error.__notes__


def test_an_error_without_a_code_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="code"):
        DataError("Wrong.")  # type: ignore[call-arg]


def test_errors_are_the_builtin_ones_that_callers_may_expect() -> None:
    for kind in (DataError, StudyError, ForecastError):
        assert issubclass(kind, ValueError)
    assert issubclass(MissingDependencyError, ImportError)
    assert issubclass(DataworthWarning, UserWarning)
    assert not issubclass(DataworthWarning, DataworthError)


def _codes_in(call: ast.Call) -> set[str]:
    """Codes that a call which makes an error gives, except another error's own."""
    (code,) = (keyword.value for keyword in call.keywords if keyword.arg == "code")
    constants = {node.value for node in ast.walk(code) if isinstance(node, ast.Constant)}
    assert constants or isinstance(code, ast.Attribute), ast.unparse(call)
    return {value for value in constants if isinstance(value, str)}


def test_the_page_lists_every_code_that_is_raised_and_no_other() -> None:
    names = {kind.__name__ for kind in map(type, _ERRORS)}
    raised = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
                raised |= _codes_in(node)
    page = (ROOT / "docs" / "api" / "errors.md").read_text("utf-8")
    assert set(re.findall(r"^\| `([^`]*)` \|", page, re.MULTILINE)) == raised
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code) for code in raised)
