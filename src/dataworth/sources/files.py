"""Files on disk and members of zip archives, read as decompressed bytes."""

from __future__ import annotations

import errno
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from dataworth._util import fence
from dataworth.errors import DataError

_BUFFER_BYTES = 1 << 20
_DAMAGE = (
    *(EOFError, zlib.error, lzma.LZMAError),
    *(zipfile.BadZipFile, NotImplementedError, OverflowError, struct.error),
)
"""What damaged bytes make the readers of gzip and zip raise."""


@dataclass(frozen=True)
class Entry:
    """A stored file: on disk, or a member of a zip archive on disk.

    Attributes
    ----------
    path : Path
        The file on disk.
    member : str
        The member's name, where `path` is a zip archive; else empty.
    shown : str
        What messages and results call the file, if not by its path.
    """

    path: Path
    member: str = ""
    shown: str = ""

    @property
    def name(self) -> str:
        """File name without folders."""
        return (self.member or self.path.name).rsplit("/", 1)[-1]

    @property
    def stem(self) -> str:
        """`name` in lower case, without ``.gz``."""
        return self.name.lower().removesuffix(".gz")

    def __str__(self) -> str:
        path = self.shown or str(self.path)
        # A name within an archive may be anything.
        member = self.member.replace("\n", "\N{SYMBOL FOR LINE FEED}")
        return f"{path} ({member})" if member else path

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open for reading, decompressed from the archive and from gzip.

        Raises
        ------
        DataError
            If the file is missing, unreadable, empty, truncated or damaged; the message names it.
        """
        try:
            with self._raw() as raw:
                peeked = raw.peek(2)[:2]
                if not peeked:
                    raise DataError(
                        f"{self} is empty (0 bytes). Copy or download it again.",
                        code="file-damaged",
                    )
                if peeked == b"\x1f\x8b":
                    with gzip.GzipFile(fileobj=raw) as unpacked:
                        yield cast(BinaryIO, io.BufferedReader(unpacked, _BUFFER_BYTES))
                else:
                    yield cast(BinaryIO, raw)
        except FileNotFoundError:
            raise DataError(f"{self} does not exist.", code="file-not-found") from None
        except PermissionError:
            raise DataError(
                f"{self} may not be read by this user; check its permissions.",
                code="file-unreadable",
            ) from None
        except IsADirectoryError:
            raise DataError(
                f"{self} is a folder, and a file was expected.", code="not-a-file"
            ) from None
        except (*_DAMAGE, gzip.BadGzipFile, OSError) as error:
            # A damaged archive makes readers seek to places that do not exist.
            if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
                raise
            raise DataError(
                f"{self} is cut short or damaged ({error}). Copy or download it again.",
                code="file-damaged",
            ) from None

    @contextmanager
    def _raw(self) -> Iterator[io.BufferedReader]:
        if not self.member:
            with self.path.open("rb", buffering=0) as file:
                yield io.BufferedReader(file, _BUFFER_BYTES)
            return
        with opened_archive(self.path) as archive:
            try:
                member = archive.open(self.member)
            except (RuntimeError, ValueError, KeyError) as error:
                # A password is missing, or the names of the member differ.
                raise DataError(
                    f"{self} cannot be unpacked: {error}. Unpack it first.",
                    code="file-unreadable",
                ) from None
            with member:
                yield io.BufferedReader(cast(io.RawIOBase, member), _BUFFER_BYTES)


def read_fenced(entry: Entry, function: str, what: str, **arguments: Any) -> Any:
    """Call a reader in a process of its own, which a damaged file may crash.

    Parameters
    ----------
    entry : Entry
    function : str
        As ``"module:name"``; called with the path and the member of `entry` as texts, and with
        `arguments`. Returns JSON values.
    what : str
        Such as "a MATLAB file".

    Raises
    ------
    DataError
        If the file is damaged; the message names it.
    """
    with entry.open():
        pass
    keywords = {"path": str(entry.path.absolute()), "member": entry.member, **arguments}
    try:
        return fence.call(function, keywords, entry.path.stat().st_size)
    except fence.FenceError as error:
        if error.kind == "memory":
            raise DataError(
                f"{entry}: its content takes too much memory: {error}. Close other programs, or "
                "give a smaller file; if it should be small, it is damaged.",
                code="out-of-memory",
            ) from None
        ended = f"its reader ended with {error}" if error.kind == "crash" else str(error)
        raise DataError(
            f"{entry} is not {what}, or it is cut short or damaged ({ended}). Copy or download "
            "it again.",
            code="file-damaged",
        ) from None


def read_exactly(file: BinaryIO, count: int) -> bytes:
    """So many bytes, or as many as there are: no memory is taken for more than the file has."""
    blocks = []
    while count > 0 and (block := file.read(min(count, _BUFFER_BYTES))):
        blocks.append(block)
        count -= len(block)
    return b"".join(blocks)


def listing(place: Path) -> list[Entry]:
    """List the files of a folder and its direct subfolders, and the members of its zip archives.

    Files on disk come before members, so unpacked files are preferred. A damaged archive in a
    folder is listed without members: see `refuse_damaged`.

    Raises
    ------
    DataError
        If `place` itself is a damaged archive.
    """
    if place.is_file():
        is_archive = place.name.lower().endswith(".zip") or zipfile.is_zipfile(place)
        return _members(place) if is_archive else [Entry(place)]
    if not place.is_dir():
        return []
    files = [file for pattern in ("*", "*/*") for file in sorted(place.glob(pattern))]
    entries = [Entry(file) for file in files if file.is_file() and not _is_hidden(file, place)]
    for archive in [entry.path for entry in entries if entry.stem.endswith(".zip")]:
        with suppress(DataError):
            entries += _members(archive)
    return entries


def refuse_damaged(place: Path) -> None:
    """Refuse a folder or archive with a damaged zip archive, which may have the missing files.

    Raises
    ------
    DataError
        For the first archive that cannot be opened.
    """
    for entry in listing(place):
        if not entry.member and entry.stem.endswith(".zip"):
            _members(entry.path)


def opened_archive(path: Path) -> zipfile.ZipFile:
    """A zip archive, open for reading.

    Raises
    ------
    DataError
        If it is damaged, or cannot be read.
    """
    try:
        return zipfile.ZipFile(path)
    except (*_DAMAGE, ValueError) as error:
        # Its names may be no text.
        raise DataError(
            f"{path} is cut short or damaged, or no zip archive ({error}). Copy or download it "
            "again.",
            code="file-damaged",
        ) from None
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EACCES, errno.EISDIR):
            raise
        raise DataError(
            f"{path} cannot be read ({error.strerror or error}).", code="file-unreadable"
        ) from None


def _is_hidden(file: Path, place: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(place).parts)


def _members(archive: Path) -> list[Entry]:
    with opened_archive(archive) as opened:
        names = [name for name in opened.namelist() if name and not name.endswith("/")]
    return [Entry(archive, name) for name in names if not name.startswith("__MACOSX")]
