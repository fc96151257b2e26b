"""Errors and warnings expected by the kind of fault, and by what their messages must name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from dataworth.errors import DataworthError, DataworthWarning

E = TypeVar("E", bound=DataworthError)


@contextmanager
def raises(code: str, kind: type[E], *parts: str) -> Iterator[pytest.ExceptionInfo[E]]:
    """Expect an error of `kind` and `code`, whose message has all `parts`.

    Parts are values that a reader of the message needs, such as a file, a row or an option.
    """
    with pytest.raises(kind) as caught:
        yield caught
    assert caught.value.code == code, str(caught.value)
    assert [part for part in parts if part not in str(caught.value)] == [], str(caught.value)


@contextmanager
def warns(code: str, *parts: str) -> Iterator[None]:
    """Expect a warning of `code`, whose message has all `parts`."""
    with pytest.warns(DataworthWarning) as caught:
        yield
    found = [
        str(warning.message)
        for warning in caught
        if isinstance(warning.message, DataworthWarning) and warning.message.code == code
    ]
    assert any(all(part in message for part in parts) for message in found), found
