"""Store: the SQLite file of a run directory, the only place where results are written."""

from __future__ import annotations

import json
import math
import sqlite3
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from types import TracebackType
from typing import Any, Self, TypeVar

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from dataworth._util.files import not_written
from dataworth.errors import DataworthWarning, StudyError
from dataworth.records.checksums import Scores, checkpoint_checksum, read_scores, record_checksums
from dataworth.records.codec import (
    PackedArrays,
    from_plain_bytes,
    pack,
    plain_bytes,
    unpack,
)
from dataworth.records.damage import DamagedRun, find_damaged
from dataworth.records.database import (
    close,
    open_for_reading,
    open_for_writing,
    roll_back,
    transaction,
    translate_errors,
)
from dataworth.records.entries import is_array_intact, read_entries, write_sums
from dataworth.records.layout import LOCK_FILE, RESULTS_FILE
from dataworth.records.meta import checked_entry
from dataworth.records.record import Arrays, Columns, Failure, Record, RunKey, Status
from dataworth.records.rows import RunRow, fetch_all, run_rows, stored_digest
from dataworth.records.schema import STATUSES

_T = TypeVar("_T")
_SECONDS = "seconds"
_MICROSECONDS = 6


@dataclass(frozen=True, eq=False)
class Table:
    """Metrics of all finished runs, one row per run, by size and seed.

    Attributes
    ----------
    learners : ndarray of str, shape (n,)
    samples, seeds : ndarray of int64, shape (n,)
    values : mapping of str to ndarray of float64, shape (n,)
        By metric, in the order in which the metrics were first stored; NaN where a run has no
        such metric.
    """

    learners: NDArray[np.str_]
    samples: NDArray[np.int64]
    seeds: NDArray[np.int64]
    values: Mapping[str, NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.samples)


class Store:
    """The results of one run directory.

    Every write is one transaction: a kill or a full disk loses at most the write under way.
    Reading changes nothing in the file, with one exception: a write that a killed process left
    half done is rolled back.

    Parameters
    ----------
    directory : path
        The run directory.
    write : bool
        Open for writing: creates the file, brings one of an older format up to date, and holds
        the directory's lock until closed, so that no second process writes. Reading needs no
        lock.
    wait : float
        Seconds to wait for the lock. `dataworth.records.overview.is_running` holds it for less
        than a millisecond.

    Attributes
    ----------
    changed_entries : set of str
        Names of entries of `meta`, and of arrays, that were found to be changed and left out.

    Raises
    ------
    StudyError
        If another process is writing, or the directory holds no results that this version can
        read.
    """

    def __init__(self, directory: str | Path, *, write: bool = False, wait: float = 0.2) -> None:
        self.directory = Path(directory)
        self.path = self.directory / RESULTS_FILE
        self._damaged: dict[int, DamagedRun] | None = None
        self.changed_entries: set[str] = set()
        # What was read last, and the state of the file then.
        self._state: int | None = None
        self._rows: list[RunRow] = []
        self._chosen: dict[tuple[Status | None, str | None], list[RunRow]] = {}
        self._raw_scores: Scores | None = None
        self._scores: Table | None = None
        # The numbers of all runs by what is stored of their digests, once a record is added.
        self._numbers: dict[Any, int] | None = None
        self._lock = FileLock(self.directory / LOCK_FILE) if write else None
        if self._lock is not None:
            self._take_lock(self._lock, wait)
        elif not self.path.is_file() or not self.path.stat().st_size:
            raise no_results_error(self.path)
        try:
            with translate_errors(self.path):
                self._connection = (open_for_writing if write else open_for_reading)(self.path)
        except StudyError:
            if self._lock is not None:
                self._lock.release()
            raise

    def _take_lock(self, lock: FileLock, wait: float) -> None:
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=wait)
        except Timeout:
            raise StudyError(
                f"{self.directory}: another process is running this study. Wait for it, stop it, "
                "or choose another --out.",
                code="study-locked",
            ) from None
        except OSError as error:
            advice = "Choose another --out, or free some space or set the rights there."
            raise not_written(self.directory, error, advice) from None

    def __fspath__(self) -> str:
        """The run directory, so that an open store can stand for it."""
        return str(self.directory)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and release the lock."""
        if self._lock is None:
            self._connection.close()
        else:
            close(self._connection)
            self._lock.release()

    @contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Iterator[sqlite3.Connection]:
        with translate_errors(self.path):
            if self._connection.in_transaction:
                yield self._connection
                return
            with transaction(self._connection, kind):
                yield self._connection

    @contextmanager
    def together(self) -> Iterator[None]:
        """All writes in it are one transaction, which takes the time of a single one."""
        with translate_errors(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            # Each write translates its own errors; others are not of the file.
            yield
            with translate_errors(self.path):
                self._connection.execute("COMMIT")
        except BaseException:
            roll_back(self._connection)
            self._state = self._numbers = None
            raise

    def meta(self) -> dict[str, Any]:
        """What all runs of the study have in common (JSON values)."""
        with self._transaction("DEFERRED") as connection:
            entries, changed = read_entries(connection)
        self._warn_of_entries(changed)
        return entries

    def require(self, name: str, kind: type[_T]) -> _T:
        """An entry of `meta` that has to be there; see `dataworth.records.meta.checked_entry`.

        Raises
        ------
        StudyError
            If it is missing or of another type than `kind`.
        """
        entry: _T = checked_entry(self.meta(), name, kind, str(self.path))
        return entry

    def set_meta(self, values: Mapping[str, Any]) -> None:
        """Set entries of `meta`; the others stay as they are."""
        rows = [(name, json.dumps(value)) for name, value in values.items()]
        with self._transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)
            write_sums(connection, "meta", rows)
        self.changed_entries.difference_update(values)

    def array(self, name: str) -> NDArray[Any] | None:
        """An array of the study as a whole, if there is one of this name that can be read."""
        with self._transaction("DEFERRED") as connection:
            query = "SELECT data FROM arrays WHERE name = ?"
            row = connection.execute(query, (name,)).fetchone()
            if row is None:
                return None
            if is_array_intact(connection, name, row[0]):
                return from_plain_bytes(row[0])
        self._warn_of_entries([name])
        return None

    def set_array(self, name: str, array: NDArray[Any]) -> None:
        """Store an array of the study as a whole."""
        with self._transaction() as connection:
            row = (name, plain_bytes(array))
            connection.execute("INSERT OR REPLACE INTO arrays VALUES (?, ?)", row)
            write_sums(connection, "arrays", [row])

    def add(self, record: Record) -> None:
        """Store a run that has ended, in place of an earlier record of it; drop its checkpoint.

        A failure counts its attempts: where it replaces another failure, it is stored with one
        attempt more than that one, or with its own number if that is higher. A failure never
        replaces the figures of a finished run.
        """
        key = record.key
        # Before the transaction: what cannot be packed is the caller's mistake, not the file's.
        history = _packed_history(record.history) if record.history else None
        arrays = pack(record.arrays) if record.arrays else None
        with self._transaction() as connection:
            damaged = self._damaged_rows()
            number = self._number_of(key.digest)
            attempt, replaced = record.attempt, []
            if number is not None:
                replaced.append(number)
                if number not in damaged:
                    (before,) = run_rows(connection, number)
                    if before.status == "finished" and record.status == "failed":
                        return
                    if before.status == "failed":
                        attempt = max(attempt, before.attempt + 1)
            # The digest itself may be what is damaged.
            this = (key.learner, key.size, key.seed)
            replaced += [number for number, run in damaged.items() if run[:3] == this]
            connection.executemany("DELETE FROM runs WHERE id = ?", [(n,) for n in replaced])
            run = self._insert(record, attempt)
            if history is not None:
                connection.execute("INSERT INTO histories VALUES (?, ?)", (run, history))
            if arrays is not None:
                connection.execute("INSERT INTO run_arrays VALUES (?, ?)", (run, arrays))
            connection.execute("DELETE FROM checkpoints WHERE digest = ?", (key.digest,))
            scores, rows = read_scores(connection, run), run_rows(connection, run)
            checksum = record_checksums(connection, scores, rows, run)[run]
            connection.execute("UPDATE runs SET checksum = ? WHERE id = ?", (checksum, run))
        for number in replaced:
            damaged.pop(number, None)
        if replaced:
            self._numbers = None
        elif self._numbers is not None:
            self._numbers[stored_digest(key.digest)] = run
        self._state = None

    def _insert(self, record: Record, attempt: int) -> int:
        """Insert all but a record's history and arrays; its number."""
        key, scores, failure = record.key, record.scores, record.failure
        execute, executemany = self._connection.execute, self._connection.executemany
        (learner,) = self._numbers_of("learners", [key.learner])
        run = execute(
            "INSERT INTO runs (digest, learner, size, seed, status, attempt, seconds) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(stored_digest(key.digest), learner, int(key.size), int(key.seed)),
                *(STATUSES.index(record.status), attempt, float(record.seconds)),
            ),
        ).lastrowid
        assert run is not None
        metrics = self._numbers_of("metrics", list(scores))
        errors = record.standard_errors
        executemany(
            "INSERT INTO scores VALUES (?, ?, ?, ?)",
            [
                (run, metric, float(value), float(errors[name]) if name in errors else None)
                for metric, (name, value) in zip(metrics, scores.items(), strict=True)
            ],
        )
        facts = [(run, name, float(value)) for name, value in record.facts.items()]
        executemany("INSERT INTO facts VALUES (?, ?, ?)", facts)
        if failure is not None:
            row = (run, failure.kind, failure.message, failure.traceback)
            execute("INSERT INTO failures VALUES (?, ?, ?, ?)", row)
        return run

    def _numbers_of(self, table: str, names: Sequence[str]) -> list[int]:
        """The numbers of names in the table ``learners`` or ``metrics``; new names are inserted."""
        execute = self._connection.execute
        known = dict(execute(f"SELECT name, id FROM {table}").fetchall())
        for name in names:
            if name not in known:
                insert = f"INSERT INTO {table} (name) VALUES (?)"
                known[name] = execute(insert, (name,)).lastrowid
        return [known[name] for name in names]

    def _number_of(self, digest: str) -> int | None:
        """The number of the run with a digest; None where there is none."""
        if self._numbers is None:
            rows = self._connection.execute("SELECT digest, id FROM runs")
            self._numbers = dict(rows.fetchall())
        return self._numbers.get(stored_digest(digest))

    @property
    def damaged(self) -> list[DamagedRun]:
        """The runs that cannot be read, by size and seed."""
        with self._transaction("DEFERRED"):
            return sorted(self._damaged_rows().values(), key=lambda run: run[1:3])

    def digests(self, status: Status | None = None) -> set[str]:
        """Digests of the runs that can be read: of all, or of those with one status."""
        with self._transaction("DEFERRED"):
            return {row.digest for row in self._runs(status)}

    def records(
        self,
        status: Status | None = "finished",
        learner: str | None = None,
        arrays: bool = False,
        most_seeds: int | None = None,
    ) -> list[Record]:
        """Records by size, then seed.

        Parameters
        ----------
        status : {"finished", "failed"} or None
            None gives both.
        learner : str, optional
            Only of this model.
        arrays : bool
            Whether to read `Record.arrays`, which may be large; see `run_arrays`.
        most_seeds : int, optional
            Only of the first so many seeds of each model and size.

        Notes
        -----
        Histories and arrays are unpacked when they are first looked at, and can be after the
        store is closed.
        """
        with self._transaction("DEFERRED") as connection:
            runs = self._runs(status, learner)
            where = ""
            numbers: tuple[Any, ...] = ()
            if most_seeds is not None:
                runs = _first_seeds(runs, most_seeds)
                where = " WHERE run IN (SELECT value FROM json_each(?))"
                numbers = (json.dumps([row.id for row in runs]),)
            if not runs:
                return []

            def read(columns: str, table: str) -> list[tuple[Any, ...]]:
                return fetch_all(connection, f"SELECT run, {columns} FROM {table}{where}", numbers)

            metrics = self._metrics()
            scores: defaultdict[int, dict[str, float]] = defaultdict(dict)
            errors: defaultdict[int, dict[str, float]] = defaultdict(dict)
            facts: defaultdict[int, dict[str, float]] = defaultdict(dict)
            for run, metric, value, error in read("metric, value, standard_error", "scores"):
                if metric not in metrics:
                    continue  # Of a damaged run, which is left out.
                scores[run][metrics[metric]] = _number(value)
                if error is not None:
                    errors[run][metrics[metric]] = error
            for run, name, value in read("name, value", "facts"):
                facts[run][name] = _number(value)
            failures = {
                run: Failure(*failure)
                for run, *failure in read("kind, message, traceback", "failures")
            }
            histories = dict(read("data", "histories"))
            details = dict(read("data", "run_arrays")) if arrays else {}
        return [
            Record(
                RunKey(row.learner, row.size, row.seed, row.digest),
                scores[row.id],
                history=_lazily(histories.get(row.id)),
                facts=facts[row.id],
                standard_errors=errors[row.id],
                arrays=_lazily(details.get(row.id)),
                seconds=_number(row.seconds),
                failure=failures.get(row.id),
                attempt=row.attempt,
            )
            for row in runs
        ]

    def run_arrays(self, digest: str) -> dict[str, NDArray[Any]]:
        """The arrays of one run; none where it has none, or there is no such run."""
        with self._transaction("DEFERRED") as connection:
            row = connection.execute(
                "SELECT data FROM run_arrays JOIN runs ON id = run WHERE digest = ?",
                (stored_digest(digest),),
            ).fetchone()
            return {} if row is None else unpack(row[0])

    def table(self, metrics: Sequence[str] | None = None, learner: str | None = None) -> Table:
        """The metrics of all finished runs, by size, then seed.

        Parameters
        ----------
        metrics : sequence of str, optional
            Which; all that any run has by default. NaN where a run, or every run, has no such
            metric.
        learner : str, optional
            Only of this model.
        """
        with self._transaction("DEFERRED"):
            runs = self._runs("finished")
            if self._scores is None:
                self._scores = self._table_of(runs)
                self._raw_scores = None
            whole = self._scores
        names = list(whole.values) if metrics is None else list(metrics)
        nothing = np.full(len(whole), np.nan)
        chosen = slice(None) if learner is None else whole.learners == learner
        return Table(
            whole.learners[chosen],
            whole.samples[chosen],
            whole.seeds[chosen],
            {name: whole.values.get(name, nothing)[chosen] for name in names},
        )

    def _table_of(self, runs: Sequence[RunRow]) -> Table:
        """All metrics of the given runs, which are in their order; the arrays are read-only."""
        names = self._metrics()
        values = np.full((len(names), len(runs)), np.nan)
        if runs:
            scores = self._read_raw_scores()
            numbers = np.array([row.id for row in runs], np.int64)
            order = np.argsort(numbers)
            place = np.searchsorted(numbers, scores.runs, sorter=order).clip(max=len(runs) - 1)
            is_of_run = numbers[order[place]] == scores.runs
            for row, metric in zip(values, names, strict=True):
                chosen = is_of_run & (scores.metrics == metric)
                row[order[place[chosen]]] = scores.values[chosen]
        table = Table(
            np.array([row.learner for row in runs], np.str_),
            np.array([row.size for row in runs], np.int64),
            np.array([row.seed for row in runs], np.int64),
            dict(zip(names.values(), values, strict=True)),
        )
        for array in (values, table.learners, table.samples, table.seeds, *table.values.values()):
            array.flags.writeable = False
        return table

    def save_checkpoint(self, digest: str, history: Columns, state: Arrays) -> None:
        """Store a run's state, in place of an earlier one.

        Parameters
        ----------
        digest : str
            Of the run.
        history : mapping of str to ndarray
            The columns of `Record.history` so far.
        state : mapping of str to ndarray
            All that the learner needs to continue.
        """
        arrays = [(digest, name, plain_bytes(array)) for name, array in state.items()]
        packed = _packed_history(history)
        checksum = checkpoint_checksum(packed, ((name, data) for _, name, data in arrays))
        with self._transaction() as connection:
            connection.execute("DELETE FROM checkpoints WHERE digest = ?", (digest,))
            row = (digest, packed, checksum)
            connection.execute("INSERT INTO checkpoints VALUES (?, ?, ?)", row)
            connection.executemany("INSERT INTO checkpoint_arrays VALUES (?, ?, ?)", arrays)

    def load_checkpoint(
        self, digest: str
    ) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[Any]]] | None:
        """The state that was stored for a run; None if there is none that can be read."""
        with self._transaction("DEFERRED") as connection:
            row = connection.execute(
                "SELECT history, checksum FROM checkpoints WHERE digest = ?", (digest,)
            ).fetchone()
            arrays = connection.execute(
                "SELECT name, data FROM checkpoint_arrays WHERE digest = ?", (digest,)
            ).fetchall()
        if row is None:
            return None
        history, checksum = row
        try:
            if checkpoint_checksum(history, arrays) != checksum:
                return None
            return unpack(history), {name: from_plain_bytes(data) for name, data in arrays}
        except Exception:
            # Values of wrong types raise nearly anything. The run begins again.
            return None

    def _runs(self, status: Status | None, learner: str | None = None) -> Sequence[RunRow]:
        """The rows of the table ``runs`` that can be read, by size, then seed."""
        # Changes by others; while there are none, and no run was added here, nothing is read twice.
        (state,) = self._connection.execute("PRAGMA data_version").fetchone()
        if state != self._state:
            self._rows = run_rows(self._connection)
            self._raw_scores = self._scores = None
            self._chosen = {}
            self._state = state
        damaged = self._damaged_rows(self._rows)
        if (status, learner) not in self._chosen:
            self._chosen[status, learner] = [
                row
                for row in self._rows
                if row.id not in damaged
                and status in (None, row.status)
                and learner in (None, row.learner)
            ]
        return self._chosen[status, learner]

    def _read_raw_scores(self) -> Scores:
        """The table ``scores``, which is read once for the checksums and for the figures."""
        if self._raw_scores is None:
            self._raw_scores = read_scores(self._connection)
        return self._raw_scores

    def _metrics(self) -> dict[int, str]:
        """The names of all metrics, in the order in which they were first stored.

        Without those that cannot be read, of which every run is damaged.
        """
        rows = self._connection.execute("SELECT id, name FROM metrics ORDER BY id")
        return {number: name for number, name in rows if isinstance(name, str)}

    def _warn_of_entries(self, changed: Sequence[str]) -> None:
        if new := [name for name in changed if name not in self.changed_entries]:
            self.changed_entries.update(new)
            message = (
                f"{self.path}: what is stored of the study as a whole has been changed since it "
                f"was written ({', '.join(new)}). It is left out; "
                f"`dataworth run {quote(str(self.directory))}` writes it again."
            )
            warnings.warn(DataworthWarning(message, code="entries-damaged"), stacklevel=3)

    def _damaged_rows(self, rows: Sequence[RunRow] | None = None) -> dict[int, DamagedRun]:
        """The runs that cannot be read, looked for once and warned of."""
        if self._damaged is None:
            rows = run_rows(self._connection) if rows is None else rows
            scores = self._read_raw_scores()
            self._damaged = find_damaged(self._connection, rows, scores)
            if self._damaged:
                first = min(self._damaged.values(), key=lambda run: run[1:3])
                message = (
                    f"{self.path}: {len(self._damaged)} of the runs cannot be read, the first of "
                    f"size {first.size:,} and seed {first.seed} ({first.reason}). They are left "
                    f"out; `dataworth run {quote(str(self.directory))}` runs them again."
                )
                warnings.warn(DataworthWarning(message, code="runs-damaged"), stacklevel=4)
        return self._damaged


def _first_seeds(runs: Sequence[RunRow], most: int) -> list[RunRow]:
    """Of runs by size, then seed: the first of each model and size."""
    seen: Counter[tuple[str, int]] = Counter()
    chosen = []
    for row in runs:
        seen[row.learner, row.size] += 1
        if seen[row.learner, row.size] <= most:
            chosen.append(row)
    return chosen


def _packed_history(history: Columns) -> bytes:
    columns = {name: np.asarray(column) for name, column in history.items()}
    if _SECONDS in columns:
        # Half the room, and no clock of a training loop is finer.
        columns[_SECONDS] = np.round(columns[_SECONDS], _MICROSECONDS)
    return pack(columns)


def _lazily(blob: bytes | None) -> Mapping[str, NDArray[Any]]:
    return {} if blob is None else PackedArrays(blob)


def _number(value: float | None) -> float:
    """SQLite stores NaN as NULL."""
    return math.nan if value is None else value


def no_results_error(path: Path) -> StudyError:
    """Why there are no results at `path`, the results file of a run directory."""
    directory = path.parent
    give = "Give the directory of a study that was run (`dataworth run STUDY --out DIR`)."
    if not directory.exists():
        return StudyError(f"{directory}: there is no such directory. {give}", code="file-not-found")
    if not directory.is_dir():
        return StudyError(
            f"{directory}: a file, not a run directory. {give} A file of measurements goes to "
            "`dataworth forecast`, `compare` or `audit`.",
            code="not-a-file",
        )
    what = f"{path.name} is empty" if path.is_file() else f"no {path.name} here"
    tables = sorted(directory.glob("*.csv"))
    if tables:
        give += f" If {tables[0]} holds measurements, give that file."
    return StudyError(
        f"{directory}: {what}. {give} If study.toml is there, "
        f"`dataworth run {quote(str(directory))}` runs that study again.",
        code="no-results",
    )
