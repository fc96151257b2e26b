"""What a list of studies shows of each run directory, read in about a millisecond."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from dataworth._util.toml import MOST_CHARACTERS, parse_toml
from dataworth.errors import StudyError
from dataworth.records.database import connect, format_of, open_for_reading, translate_errors
from dataworth.records.layout import LOCK_FILE, RESULTS_FILE, STUDY_FILE
from dataworth.records.meta import ASKED_ENTRY, PLAN_ENTRY
from dataworth.records.rows import status_of
from dataworth.records.schema import FORMAT

DEEPEST = 4
MOST = 5_000
"""Folders are searched so deep, and so many directories listed at most."""

_TEXTS = "SELECT name, substr(value, 1, 200) FROM meta WHERE name IN ('name', 'model', 'data')"
_RUNS = "SELECT status, COUNT(*), MAX(id) FROM runs GROUP BY status"
_STOP = f"SELECT json_extract(value, '$.stop.message') FROM meta WHERE name = '{PLAN_ENTRY}'"
_LEASES = (
    "SELECT MAX(json_extract(run.value, '$.until')) FROM meta, json_each(meta.value) AS run "
    f"WHERE meta.name = '{ASKED_ENTRY}'"
)


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
    last : int
        Number of the run that was stored last; 0 where there is none.
    expected : int or None
        All runs of the study, as far as its file says.
    stop : str
        Why its plan has ended; empty where it has not, or there is no plan.
    reserved_until : float
        The latest end of the lease of a run that was given out, in seconds since 1970.
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
    last: int = 0
    expected: int | None = None
    stop: str = ""
    reserved_until: float = 0.0
    changed: float = 0.0
    problem: str = ""

    @property
    def is_done(self) -> bool:
        """Whether all runs have ended, or the plan has."""
        ended = self.finished + self.failed
        return bool(self.stop) or (self.expected is not None and ended >= self.expected)


class Grid(NamedTuple):
    """The runs of a study without a plan: each model at each size with each seed.

    Attributes
    ----------
    models : tuple of str
        Names; empty where the study has a single model.
    sizes, seeds : tuple of int
    """

    models: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    seeds: tuple[int, ...] = ()


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
            with closing(_opened(path)) as connection:
                found = _read(connection)
    except StudyError as error:
        return Overview(directory, directory.name, problem=str(error))
    grid = grid_of(directory)
    models = max(1, len(grid.models))
    expected = len(grid.sizes) * len(grid.seeds) * models or None
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


def grid_of(directory: Path) -> Grid:
    """The models, sizes and seeds that the study's file names; none where it cannot be read."""
    path = directory / STUDY_FILE
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_CHARACTERS:
            return Grid()
        study = parse_toml(path.read_text("utf-8"))
        model = study.get("model")
        models = tuple(model) if isinstance(model, dict) else ()
        sizes, seeds = study.get("sizes", ()), study.get("seeds", ())
        seeds = range(seeds) if isinstance(seeds, int) else seeds
        return Grid(models, tuple(map(int, sizes)), tuple(map(int, seeds)))
    except (OSError, ValueError, TypeError):
        return Grid()


def is_running(each: Overview) -> bool:
    """Whether a process holds the lock of a directory, or a run that was given out is reserved.

    The lock ends with its process, however that ended. Its file is opened for reading and not
    changed. False where the system or the file system has no such locks.
    """
    return time.time() < each.reserved_until or _is_locked(each.directory)


def _is_locked(directory: Path) -> bool:
    try:
        import fcntl  # not on every system
    except ImportError:
        return False
    # The directory may come from anywhere: neither a link is followed nor a pipe waited for.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        descriptor = os.open(f"{directory}/{LOCK_FILE}", flags)
    except OSError:
        return False
    try:
        # Closing the file gives the lock back.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def _opened(path: Path) -> sqlite3.Connection:
    """A results file as it is, or one of an older format brought up to date in memory."""
    connection = connect(path, "ro")
    try:
        version = format_of(connection)
    except BaseException:
        connection.close()
        raise
    if version == FORMAT:
        return connection
    connection.close()
    if version is None:
        raise StudyError("it holds no results.", code="file-damaged")
    return open_for_reading(path)


def _read(connection: sqlite3.Connection) -> dict[str, Any]:
    texts = {name: value.strip('"') for name, value in connection.execute(_TEXTS)}
    counts: dict[Any, int] = {}
    last = 0
    for status, count, largest in connection.execute(_RUNS):
        counts[status_of(status)], last = count, max(last, largest)
    stops = [stop for (stop,) in connection.execute(_STOP) if isinstance(stop, str)]
    ends = [end for (end,) in connection.execute(_LEASES) if isinstance(end, float | int)]
    return {
        "name": str(texts.get("name", "")),
        "model": str(texts.get("model", "")),
        "data": str(texts.get("data", "")),
        "finished": int(counts.get("finished", 0)),
        "failed": int(counts.get("failed", 0)),
        "last": last,
        "stop": stops[0] if stops else "",
        "reserved_until": float(ends[0]) if ends else 0.0,
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
