"""What a list of studies shows of each run directory, read in about a millisecond."""

from __future__ import annotations

import os
import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataworth._util.toml import parse_toml
from dataworth.errors import StudyError
from dataworth.records.database import connect, format_of, translate_errors
from dataworth.records.layout import RESULTS_FILE, STUDY_FILE
from dataworth.records.schema import FORMAT

DEEPEST = 4
MOST = 5_000
"""Folders are searched so deep, and so many directories listed at most."""


@dataclass(frozen=True)
class Overview:
    """One run directory.

    Attributes
    ----------
    directory : Path
    name : str
    model, data : str
        The first model, and the data; empty where they are not known.
    models : int
        Number of models, as far as the study's file says.
    finished, failed : int
        Numbers of runs.
    expected : int or None
        All runs of the study, as far as its file says.
    changed : float
        When the results were last written, in seconds since 1970.
    problem : str
        Why it cannot be read; empty if it can be.
    """

    directory: Path
    name: str
    model: str = ""
    data: str = ""
    models: int = 1
    finished: int = 0
    failed: int = 0
    expected: int | None = None
    changed: float = 0.0
    problem: str = ""


def run_directories(root: Path) -> Iterator[Path]:
    """The run directories at and below a folder, in the order of their names; no links are taken.

    Folders that cannot be read are left out.
    """
    waiting = deque([(root, 0)])
    found = 0
    while waiting and found < MOST:
        folder, depth = waiting.popleft()
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            continue
        if any(entry.name == RESULTS_FILE and _is_file(entry) for entry in listed):
            found += 1
            yield folder
        if depth < DEEPEST:
            waiting.extend((Path(entry.path), depth + 1) for entry in listed if _is_folder(entry))


def overview(directory: Path) -> Overview:
    """Read what a list shows of a directory; one that cannot be read has a `problem`."""
    path = directory / RESULTS_FILE
    try:
        with translate_errors(path):
            path.stat()
            changed = max(time for time, _ in stamp(directory)[:2]) / 1e9
            with closing(connect(path, "ro")) as connection:
                found = _read(connection)
    except StudyError as error:
        return Overview(directory, directory.name, problem=str(error))
    models, expected = _planned(directory)
    return Overview(directory, changed=changed, models=models, expected=expected, **found)


def stamp(directory: Path) -> tuple[tuple[int, int], ...]:
    """Time and size of the files that an overview is read from: it changes where they do."""
    stamps = []
    # What was written last may be in the log beside the file until SQLite moves it there.
    for name in (RESULTS_FILE, f"{RESULTS_FILE}-wal", STUDY_FILE):
        try:
            found = os.stat(f"{directory}/{name}")
        except OSError:
            stamps.append((0, 0))
        else:
            stamps.append((found.st_mtime_ns, found.st_size))
    return tuple(stamps)


def _planned(directory: Path) -> tuple[int, int | None]:
    """How many models the study's file names, and how many runs: models x sizes x seeds."""
    models = 1
    try:
        study = parse_toml((directory / STUDY_FILE).read_text("utf-8"))
        model = study.get("model")
        models = len(model) if isinstance(model, dict | list) else 1
        sizes, seeds = study["sizes"], study["seeds"]
        count = seeds if isinstance(seeds, int) else len(seeds)
        return models, len(sizes) * count * models
    except (OSError, ValueError, KeyError, TypeError):
        return models, None


def _read(connection: sqlite3.Connection) -> dict[str, Any]:
    version = format_of(connection)
    if version != FORMAT:
        raise StudyError(f"its format is {version}, not {FORMAT}.", code="file-damaged")
    query = "SELECT name, substr(value, 1, 200) FROM meta WHERE name IN ('name', 'model', 'data')"
    texts = {name: value.strip('"') for name, value in connection.execute(query)}
    counts = dict(connection.execute("SELECT status, COUNT(*) FROM runs GROUP BY status"))
    return {
        "name": str(texts.get("name", "")),
        "model": str(texts.get("model", "")),
        "data": str(texts.get("data", "")),
        "finished": int(counts.get("finished", 0)),
        "failed": int(counts.get("failed", 0)),
    }


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file(follow_symlinks=False)
    except OSError:
        return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
    except OSError:
        return False
