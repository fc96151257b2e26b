"""Atomic writes: a file or folder is at any moment the old one or the complete new one."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dataworth.errors import StudyError

_ABANDONED_SECONDS = 3_600.0


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
