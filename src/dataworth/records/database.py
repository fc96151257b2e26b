"""Opening the SQLite file of a run directory: which format it has, and whether it can be trusted.

``PRAGMA application_id`` says that a file is a results file of dataworth, ``PRAGMA user_version``
in which format. Format 0, written before formats were numbered, has neither.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from dataworth._util.files import has_room
from dataworth.errors import StudyError
from dataworth.records.migrations import migrate
from dataworth.records.salvage import JOURNALS, is_whole, replace, salvage
from dataworth.records.schema import APPLICATION_ID, FORMAT, TABLES, check_tables, create_tables

_MOUNTS = Path("/proc/self/mounts")
_LOCAL = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "tmpfs", "overlay"})
"""File systems on which processes of one machine share memory of a mapped file."""
_PAGE_BYTES = 8_192
"""Two to three histories of a few hundred epochs share a page; of 4,096 bytes, each fills one."""


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Turn what reading or writing the results file at `path` raises into a clear error.

    Raises
    ------
    StudyError
        In place of any other exception.
    """
    try:
        yield
    except Warning:
        # Where a user set warnings to be errors.
        raise
    except StudyError as error:
        raise StudyError(f"{path}: {error}", code=error.code, **error.values) from None
    except Exception as error:
        if _is_disk_full(error, path):
            raise StudyError(
                f"{path}: cannot be written (the disk is full). Finished runs are stored; free "
                "some space, then run the same command again.",
                code="disk-full",
            ) from None
        if _needs_room_or_rights(error):
            raise StudyError(
                f"{path}: {error}. Finished runs are stored; free some space or set the rights, "
                "then run the same command again.",
                code="file-not-writable",
            ) from None
        # Damaged bytes make SQLite, JSON and NumPy's reader raise nearly anything.
        raise StudyError(
            f"{path}: not a readable results file ({error}). Restore it from a copy, or move it "
            "away and run the study again.",
            code="file-damaged",
        ) from None


def _is_disk_full(error: Exception, path: Path) -> bool:
    if not isinstance(error, sqlite3.OperationalError):
        return False
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    # A file beside it that cannot be made or made larger has these.
    other = code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
    return code == sqlite3.SQLITE_FULL or (other and not has_room(path))


def _needs_room_or_rights(error: Exception) -> bool:
    """Whether the file itself may be whole."""
    if not isinstance(error, sqlite3.OperationalError):
        return False
    # A missing table or column has SQLITE_ERROR; text that is not UTF-8 has no code at all.
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) != sqlite3.SQLITE_ERROR


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open a results file, create it if need be, and bring an older format up to date.

    Raises
    ------
    StudyError
        If the file is of another program or of a newer dataworth, or is damaged; nothing is
        written then.
    sqlite3.Error
        If the file cannot be opened or written.
    """
    is_new = not path.is_file() or not path.stat().st_size
    connection = connect(path, "rwc")
    try:
        if not is_new and not is_whole(connection):
            connection.close()
            with closing(_salvaged(path)) as whole:
                replace(path, whole)
            connection = connect(path, "rwc")
        if format_of(connection) is None:
            connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        _bring_up_to_date(connection)
        # Not before: a migration replaces the table of runs.
        connection.execute("PRAGMA foreign_keys = ON")
        if is_local(path):
            # A commit is in the log before it returns, so that a kill loses nothing; it is not
            # waited for until the disk has it. After a power failure the last commits may be
            # missing, and the file is whole.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
        else:
            # A write-ahead log is not safe on network file systems. The rollback journal stays
            # as a file whose header is zero: cheaper than to delete it and make it again.
            connection.execute("PRAGMA journal_mode = PERSIST")
        return connection
    except BaseException:
        close(connection)
        raise


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open a results file without changing it; an older format is migrated in memory.

    Only a write that a killed process left half done is rolled back in the file itself.

    Raises
    ------
    StudyError
        If the file is of another program or of a newer dataworth, or is damaged.
    sqlite3.Error
        If the file cannot be opened.
    """
    connection = connect(path, "ro")
    try:
        try:
            connection.execute("SELECT name FROM sqlite_master").fetchall()
        except sqlite3.OperationalError as error:
            if not _is_read_only(error):
                raise
            connection.close()
            connection = connect(path, "rw")
        except sqlite3.DatabaseError:
            # Damage, which is looked for below.
            pass
        if not is_whole(connection):
            connection.close()
            connection = _salvaged(path)
        if format_of(connection) != FORMAT:
            file, connection = connection, _configured(_in_memory())
            with closing(file):
                file.backup(connection)
        _bring_up_to_date(connection)
        return connection
    except BaseException:
        connection.close()
        raise


def _salvaged(path: Path) -> sqlite3.Connection:
    """A database in memory with what can be read of a damaged file."""
    whole = _configured(_in_memory())
    try:
        with closing(connect(path, "ro")) as broken:
            broken.execute("PRAGMA writable_schema = ON")
            format_of(broken)
            salvage(broken, whole, path)
    except BaseException:
        whole.close()
        raise
    return whole


def close(connection: sqlite3.Connection) -> None:
    """Close a file, and delete its journal or log: the file alone is then complete."""
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()


@contextmanager
def transaction(connection: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """All writes in it happen, or none does; all reads in it see the same state."""
    connection.execute(f"BEGIN {kind}")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


def roll_back(connection: sqlite3.Connection) -> None:
    """End a transaction that failed, and give back the room that its log has taken."""
    # SQLite may have rolled back already, as it does when the disk is full.
    if connection.in_transaction:
        connection.rollback()
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def is_local(path: Path) -> bool:
    """Whether a file is on a file system of this machine's own; False where that is not known."""
    try:
        mounts = [line.split() for line in _MOUNTS.read_text().splitlines()]
        place = str(path.resolve())
    except OSError:
        return False
    found = {
        mount.replace("\\040", " "): kind
        for _, mount, kind, *_ in mounts
        if place.startswith(mount.replace("\\040", " ").rstrip("/") + "/")
    }
    return bool(found) and found[max(found, key=len)] in _LOCAL


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection to a file as it is, in a mode of SQLite: "ro", "rw" or "rwc".

    Raises
    ------
    StudyError
        If a journal or log beside it is a pipe, a link or a device.
    """
    for end in JOURNALS:
        beside = path.with_name(path.name + end)
        if os.path.lexists(beside) and not stat.S_ISREG(os.lstat(beside).st_mode):
            raise StudyError(
                f"{beside.name} beside it is not a regular file. Do not use a directory that comes "
                "from a place you do not trust; else remove that file.",
                code="file-damaged",
            )
    place = f"{path.resolve().as_uri()}?mode={mode}"
    return _configured(sqlite3.connect(place, uri=True, isolation_level=None))


def _in_memory() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None)


def _configured(connection: sqlite3.Connection) -> sqlite3.Connection:
    # Text that is not UTF-8 stays bytes: a wrong type of one value, not the end of the query.
    connection.text_factory = _text
    # The file may come from an unknown source: no function in its schema is run.
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _text(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _is_read_only(error: sqlite3.OperationalError) -> bool:
    """Whether a journal has to be rolled back first, which a read-only connection cannot do."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_READONLY


def format_of(connection: sqlite3.Connection) -> int | None:
    """The format of a file; None of an empty one.

    Raises
    ------
    StudyError
        If this version cannot read the file.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application not in (0, APPLICATION_ID):
        raise StudyError(
            f"not a results file of dataworth, but of another program (application id "
            f"{application:#x}). Choose another directory.",
            code="file-damaged",
        )
    if version > FORMAT:
        raise StudyError(
            f"made by a newer dataworth (format {version}; this one reads up to {FORMAT}). "
            "Update dataworth (pip install --upgrade dataworth), or choose another directory.",
            code="unsupported-format",
            format=version,
        )
    # Views, triggers and virtual tables have no pages; results files never have any, and a view
    # could run without end.
    query = "SELECT name, type, rootpage FROM sqlite_master"
    objects = connection.execute(query).fetchall()
    strange = [name for name, kind, page in objects if not page or kind not in ("table", "index")]
    if strange:
        raise StudyError(
            f"not a results file of dataworth: {strange[0]!r} is not a plain table. Do not use a "
            "file that comes from a place you do not trust.",
            code="file-damaged",
        )
    return version if objects else None


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    if format_of(connection) == FORMAT:
        check_tables(connection, TABLES)
        return
    with transaction(connection):
        # Looked at again now that no other process can write.
        found = format_of(connection)
        if found is None:
            create_tables(connection)
        elif found < FORMAT:
            migrate(connection, found)
    if found is not None:
        # Gives back the room of the old tables; needs as much for a moment, and can be done
        # without.
        with suppress(sqlite3.Error):
            connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
            connection.execute("VACUUM")
