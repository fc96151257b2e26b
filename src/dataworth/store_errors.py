"""What is wrong with a results file, in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dataworth.errors import StudyError


@contextmanager
def errors_for_people(path: Path) -> Iterator[None]:
    """Say what reading or writing the results file at `path` ran into.

    Raises
    ------
    StudyError
        In place of any error.
    """
    try:
        yield
    except Exception as error:
        if _needs_room_or_rights(error):
            raise StudyError(
                f"{path}: {error}. What was finished before is kept; make room or set the "
                "rights, then run the same command again."
            ) from None
        # Damaged bytes make SQLite, JSON and numpy's reader raise nearly anything.
        raise StudyError(
            f"{path}: not a readable results file ({error}). Restore it from a copy, or move it "
            "away and run the study again."
        ) from None


def nothing_to_read(path: Path) -> StudyError:
    """Why there are no results at `path`, the results file of a run directory."""
    directory = path.parent
    give = "Give the directory of a study that was run (`dataworth run STUDY --out DIR`)."
    if not directory.exists():
        return StudyError(f"{directory}: there is no such directory. {give}")
    if not directory.is_dir():
        return StudyError(f"{directory}: a file, not a run directory. {give}")
    what = f"{path.name} is empty" if path.is_file() else f"no {path.name} here"
    return StudyError(
        f"{directory}: {what}. {give} If study.toml is kept there, `dataworth run {directory}` "
        "runs that study again."
    )


def _needs_room_or_rights(error: Exception) -> bool:
    """Whether the file may be whole; a table or column that is not there is of another error."""
    if not isinstance(error, sqlite3.OperationalError):
        return False
    return error.sqlite_errorcode != sqlite3.SQLITE_ERROR
