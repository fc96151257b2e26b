"""Files on object stores and servers, through fsspec: copied once into the cache folder."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dataworth._util.extras import require
from dataworth._util.files import atomic_write, is_disk_full
from dataworth._util.words import first_line
from dataworth.errors import DataError, DataworthError, MissingDependencyError
from dataworth.sources.files import Entry
from dataworth.sources.location import cache_folder, offline
from dataworth.sources.shards import has_wildcards, refuse_others

_BLOCK_BYTES = 4 << 20
_ABOUT = "about.json"


def copies(address: str) -> list[Entry]:
    """Copies of the files of an address, which may be a pattern, sorted by their names.

    A file is copied once, and again when the store says that it has changed. A copy that was cut
    off is continued. Credentials are those that the library of the store finds in the environment
    or in fsspec's configuration; none are stored here.

    Parameters
    ----------
    address : str

    Returns
    -------
    list of Entry
        With the address as the name that messages and results have.

    Raises
    ------
    DataError
        If the address holds credentials, or a file cannot be found, read or stored.
    MissingDependencyError
        If fsspec, or the library of the store, is not installed.
    """
    _refuse_credentials(address)
    require("fsspec", "files on stores and servers")
    if offline():
        raise DataError(
            f"{address}: DATAWORTH_OFFLINE forbids reading from a store. Copy the files to this "
            "machine, and give their path.",
            code="offline",
        )
    import fsspec

    with _explained(address):
        system, path = fsspec.core.url_to_fs(address)
        system.invalidate_cache()
        found = sorted(system.glob(path)) if has_wildcards(path) else [path]
        files = [_File(system, each) for each in found]
    if has_wildcards(path):
        refuse_others([file.address for file in files])
    return [_copy(file) for file in files]


@dataclass(frozen=True)
class _File:
    """A file of a file system of fsspec."""

    system: Any
    path: str

    @property
    def address(self) -> str:
        return str(self.system.unstrip_protocol(self.path))

    @property
    def folder(self) -> Path:
        """Where its copy is stored."""
        digest = hashlib.sha256(self.address.encode()).hexdigest()[:16]
        return cache_folder() / f"copy-{digest}"

    def version(self) -> dict[str, Any]:
        """Size, if the store says it, and a text that changes when the file does."""
        size = self.system.info(self.path).get("size")
        return {"size": size, "version": str(self.system.ukey(self.path))}


def _copy(file: _File) -> Entry:
    from filelock import FileLock

    folder, name = file.folder, file.path.rsplit("/", 1)[-1]
    entry = Entry(folder / name, shown=file.address)
    with _explained(file.address):
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock"):
            version = file.version()
            if _stored(folder / name) == version:
                return entry
            _download(file, folder / name, version)
    return entry


def _stored(path: Path) -> dict[str, Any] | None:
    """The version that a whole copy is of; None where there is none."""
    try:
        about = json.loads((path.parent / _ABOUT).read_text())
        return dict(about["version"]) if path.stat().st_size == about["bytes"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _download(file: _File, path: Path, version: dict[str, Any]) -> None:
    """Copy a file beside its place, from where an earlier copy of this version was cut off."""
    name = hashlib.sha256(json.dumps(version).encode()).hexdigest()[:16]
    part = path.parent / f"{name}.part"
    for other in path.parent.glob("*.part"):
        if other != part:
            other.unlink()
    digest = hashlib.sha256()
    with part.open("ab+") as target, file.system.open(file.path, "rb") as source:
        target.seek(0)
        while block := target.read(_BLOCK_BYTES):
            digest.update(block)
        if target.tell():
            source.seek(target.tell())
        while block := source.read(_BLOCK_BYTES):
            target.write(block)
            digest.update(block)
        size = target.tell()
    file.system.invalidate_cache()
    if file.version() != version or version["size"] not in (None, size):
        part.unlink()
        raise DataError(
            f"{file.address} changed while it was copied, or its copy of {size:,} bytes is not "
            "whole. Try again.",
            code="files-changed",
        )
    part.replace(path)
    about = {
        "address": file.address,
        "version": version,
        "bytes": size,
        "sha256": digest.hexdigest(),
    }
    atomic_write(path.parent / _ABOUT, json.dumps(about, indent=1), "Free some space.")


def _refuse_credentials(address: str) -> None:
    """Refuse what must not be stored with the results, and addresses of several file systems."""
    if "::" in address:
        raise DataError(
            f"{_without_secrets(address)}: addresses that are chained with :: are not read. Give "
            "the address of the files themselves.",
            code="unsupported-format",
        )
    scheme, place = urlsplit(address)[:2]
    user, at, _ = place.rpartition("@")
    if (at and ":" in user) or (scheme in ("http", "https") and "?" in address):
        raise DataError(
            f"{_without_secrets(address)}: the address holds a password, or what follows a ?, "
            "which may be a key; it would be stored with the results. Give credentials as the "
            "library of the store expects them in the environment, such as AWS_ACCESS_KEY_ID, or "
            "in a file of fsspec's configuration.",
            code="credentials-in-address",
        )


@contextmanager
def _explained(address: str) -> Iterator[None]:
    """Turn what file systems of many libraries raise into errors that say what to do."""
    try:
        yield
    except DataworthError:
        raise
    except ImportError as error:
        raise MissingDependencyError(
            f"{address} cannot be read: {first_line(error)}. Install it by pip.",
            code="missing-extra",
            extra="remote",
        ) from None
    except FileNotFoundError:
        raise DataError(f"{address} does not exist.", code="file-not-found") from None
    except Exception as error:
        if isinstance(error, OSError) and is_disk_full(error):
            raise DataError(
                f"{address}: the disk of {cache_folder()} is full. Free some space and try again: "
                "the copy continues where it stopped. Or set DATAWORTH_DATA to a folder on another "
                "disk.",
                code="disk-full",
            ) from None
        raise DataError(
            f"{address} cannot be read ({type(error).__name__}: "
            f"{_without_secrets(first_line(error))}). Check the address, the network and the "
            "credentials; what was copied is stored, and continued when it is tried again.",
            code="download-failed",
        ) from None


def _without_secrets(text: str) -> str:
    """A text without passwords and without what follows a ? in addresses."""
    return re.sub(r"\?\S*", "", re.sub(r"//[^/\s]*:[^/\s]*@", "//", text))
