"""Atomic writes: a file or folder is at any moment the old one or the complete new one."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dataworth.errors import StudyError

_ABANDONED_SECONDS = 3_600.0
_TEMPORARY = "dataworth-"


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
        If the file cannot be written.
    """
    if path.is_dir():
        raise StudyError(
            f"{path}: a folder; expected the name of a file to write.", code="not-a-file"
        )
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StudyError(
            f"{path}: cannot be written ({error.strerror}). {advice}", code="file-not-writable"
        ) from None
    return path


def temporary_folder() -> Path:
    """A new folder, named after this process; those of processes that are gone are removed.

    Raises
    ------
    OSError
        If there is no room for it.
    """
    parent = Path(tempfile.gettempdir())
    for folder in parent.glob(f"{_TEMPORARY}*-*"):
        owner = folder.name.removeprefix(_TEMPORARY).partition("-")[0]
        if owner.isdigit() and not _is_alive(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_TEMPORARY}{os.getpid()}-"))


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
