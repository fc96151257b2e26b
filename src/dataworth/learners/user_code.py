"""User code: what goes wrong in a user's own functions, said with its place."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dataworth.errors import DataworthError, StudyError

_LIBRARIES = (
    *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
    str(Path(__file__).parent),
    "<frozen",
)


@contextmanager
def user_code(what: str) -> Iterator[None]:
    """Turn whatever the user's code raises into a `StudyError` that says where it was raised.

    Parameters
    ----------
    what : str
        What the message calls the code.
    """
    try:
        yield
    except (DataworthError, MemoryError):
        raise
    except Exception as error:
        raise StudyError(
            f"{what} raised {one_line(error)}{place(error)}. Mend it, then run the same again.",
            code="user-code-failed",
        ) from error


def one_line(error: Exception) -> str:
    """Type and message of an exception, on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300].rstrip('.')}"


def place(error: Exception) -> str:
    """`` (FILE:LINE, in FUNCTION)`` of the last line outside libraries; empty if there is none."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if not f.filename.startswith(_LIBRARIES)]
    return f" ({own[-1].filename}:{own[-1].lineno}, in {own[-1].name})" if own else ""
