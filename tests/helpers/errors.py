"""Errors and warnings expected by the kind of fault, and by the values that they name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from dataworth.errors import DataworthError, DataworthWarning

E = TypeVar("E", bound=DataworthError)


@contextmanager
def raises(code: str, kind: type[E], match: str = "") -> Iterator[pytest.ExceptionInfo[E]]:
    """Expect an error of `kind` and `code`.

    Parameters
    ----------
    code : str
    kind : type
    match : str
        A regular expression for the values that the message must name: a file, a row, an option.
        It does not repeat the prose, which may be reworded.
    """
    with pytest.raises(kind, match=match or None) as caught:
        yield caught
    assert caught.value.code == code, str(caught.value)


@contextmanager
def warns(code: str, match: str = "") -> Iterator[None]:
    """Expect a warning of `code`; `match` as in `raises`."""
    with pytest.warns(DataworthWarning) as caught:
        yield
    found = [each.message for each in caught if isinstance(each.message, DataworthWarning)]
    assert any(each.code == code and re.search(match, str(each)) for each in found), found
