"""Folders that appear whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ABANDONED_SECONDS = 3_600.0


@contextmanager
def draft_beside(folder: Path) -> Iterator[Path]:
    """A hidden folder beside `folder`, gone at the end whatever happens."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    sweep(folder.parent)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def sweep(parent: Path) -> None:
    """Remove what killed processes left: drafts in which nothing was written for an hour."""
    for draft in parent.glob(".draft-*"):
        try:
            newest = max(file.stat().st_mtime for file in (draft, *draft.iterdir()))
        except OSError:
            continue
        if time.time() - newest > _ABANDONED_SECONDS:
            shutil.rmtree(draft, ignore_errors=True)
