"""Atomic writes: a file or folder is at any moment the old one or the complete new one."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dataworth._util.machine import is_alive
from dataworth.errors import StudyError

_ABANDONED_SECONDS = 3_600.0
_TEMPORARY = "dataworth-"
DISK_FULL = "disk-full"
"""The code of errors that say that there is no space left."""
NOT_WRITTEN = (DISK_FULL, "file-not-writable")
"""The codes of errors of which the file alone is lost."""


@contextmanager
def atomic_directory(folder: Path) -> Iterator[Path]:
    """A hidden folder beside `folder`, to be filled and renamed to it; removed if it was not."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(folder.parent)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def remove_abandoned(parent: Path) -> None:
    """Remove what killed processes left: drafts in which nothing was written for an hour."""
    for draft in parent.glob(".draft-*"):
        try:
            newest = max(file.stat().st_mtime for file in (draft, *draft.iterdir()))
        except OSError:
            continue
        if time.time() - newest > _ABANDONED_SECONDS:
            shutil.rmtree(draft, ignore_errors=True)


def atomic_write(path: Path, content: str | bytes, advice: str) -> Path:
    """Write a file under another name first, so that a kill or a full disk leaves no half of it.

    Parameters
    ----------
    path : Path
    content : str or bytes
        Text is written in UTF-8.
    advice : str
        What a person should do if it cannot be written; ends the message.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    StudyError
        If the file cannot be written, or the disk is full; `paths` among its values has the file.
    """
    if path.is_dir():
        raise StudyError(
            f"{path}: a folder; expected the name of a file to write.", code="not-a-file"
        )
    partial = path.with_name(path.name + ".partial")
    try:
        partial.unlink(missing_ok=True)
        # A new file: the folder may come from anywhere, with a link or a pipe of this name in it.
        with partial.open("xb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise not_written(path, error, advice) from None
    return path


def not_written(path: Path, error: OSError, advice: str) -> StudyError:
    """The error of a file or folder that cannot be written, or for which there is no space left.

    Parameters
    ----------
    path : Path
    error : OSError
        What the system says.
    advice : str
        What a person should do; ends the message.
    """
    full = is_disk_full(error)
    return StudyError(
        f"{path}: cannot be written ({'the disk is full' if full else error.strerror}). {advice}",
        code=DISK_FULL if full else "file-not-writable",
        paths=[str(path)],
    )


def is_disk_full(error: BaseException) -> bool:
    """Whether an error says that there is no space left, or that a quota of it is used up."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def has_room(path: Path) -> bool:
    """Whether the file system of a file or folder takes more bytes and files, as far as is known.

    For libraries that do not tell why they could not write.
    """
    try:
        state = os.statvfs(path if path.exists() else path.parent)
    except (AttributeError, OSError):
        # Windows has none.
        return True
    return state.f_bavail > 0 and (state.f_favail > 0 or not state.f_files)


class Unwritten:
    """Files that could not be written, collected so that the others still are."""

    def __init__(self) -> None:
        self._errors: list[StudyError] = []

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Keep an error of a file that cannot be written."""
        try:
            yield
        except StudyError as error:
            if error.code not in NOT_WRITTEN:
                raise
            self._errors.append(error)

    def add(self, error: StudyError | None) -> None:
        """Keep an error, if it is one."""
        if error is not None:
            self._errors.append(error)

    def error(self) -> StudyError | None:
        """All of them as one: the first, with the names of further files; None without any."""
        if not self._errors:
            return None
        first, *others = self._errors
        paths = [path for error in others for path in error.values.get("paths", [])]
        names = ", ".join(Path(path).name for path in paths)
        said = f"{first} Not written either: {names}." if names else str(first)
        values = first.values | {"paths": [*first.values.get("paths", []), *paths]}
        return StudyError(said, code=first.code, **values)


def temporary_folder() -> Path:
    """A new folder, named after this process; those of processes that are gone are removed.

    Raises
    ------
    OSError
        If there is no room for it.
    """
    remove_temporary_folders()
    return Path(tempfile.mkdtemp(prefix=f"{_TEMPORARY}{os.getpid()}-"))


def remove_temporary_folders() -> None:
    """Remove the folders of `temporary_folder` of which the process is gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_TEMPORARY}*-*"):
        owner = folder.name.removeprefix(_TEMPORARY).partition("-")[0]
        if owner.isdigit() and not is_alive(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
