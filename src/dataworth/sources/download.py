"""Downloads of EMNIST: the official archive, and Kaggle's copy with the user's account."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataworth._util.extras import require
from dataworth._util.files import is_disk_full
from dataworth.errors import DataError
from dataworth.sources.location import data_folder, offline

_TIMEOUT_SECONDS = 30.0
_PAUSE_SECONDS = 1.0
_ATTEMPTS = 5
_PIECE_BYTES = 1 << 16


@dataclass(frozen=True)
class Archive:
    """A file to download: its URL, its local name, and its hash in pooch's format."""

    url: str
    name: str
    known_hash: str


OFFICIAL = Archive(
    url="https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",
    name="gzip.zip",
    known_hash="md5:58c8d27c78d21e728a6bc7b3cc06412e",
)


def by_hand(archive: Archive, folder: Path) -> str:
    """The advice for a machine without a network."""
    return (
        f"To do it by hand: download {archive.url} in a browser (about 540 MB; or the CSV files of "
        f"https://www.kaggle.com/datasets/crawford/emnist), and put it into {folder} as it is."
    )


def fetch_official(archive: Archive | None = None) -> Path:
    """Download EMNIST's official archive to the data folder; an interrupted download resumes.

    Returns
    -------
    Path
        The archive, after a check of its hash.

    Raises
    ------
    DataError
        If downloads are forbidden, the server is not reachable, the disk is full, or the file is
        not the official archive.
    """
    for library in ("pooch", "requests", "tqdm"):
        require(library, "downloads")
    import pooch  # type: ignore[import-untyped]
    import requests

    archive = archive or OFFICIAL
    folder = data_folder() / "emnist"
    if offline():
        raise DataError(
            f"DATAWORTH_OFFLINE forbids downloading. {by_hand(archive, folder)}", code="offline"
        )
    pooch.get_logger().setLevel("WARNING")
    part = folder / f"{archive.name}.part"
    try:
        return Path(
            pooch.retrieve(
                archive.url,
                known_hash=archive.known_hash,
                fname=archive.name,
                path=folder,
                downloader=ResumingDownloader(part),
            )
        )
    except requests.exceptions.RequestException as error:
        hint = ""
        if part.exists() and part.stat().st_size:
            hint = (
                f" The {part.stat().st_size:,} bytes that came are stored: run it again to resume."
            )
        raise DataError(
            f"{archive.url} could not be downloaded ({_reason(error)}).{hint} "
            f"{by_hand(archive, folder)}",
            code="download-failed",
        ) from None
    except ValueError:
        raise DataError(
            f"What came from {archive.url} is not the official archive (its hash differs), and was "
            f"deleted. Try again later. {by_hand(archive, folder)}",
            code="download-failed",
        ) from None
    except OSError as error:
        if is_disk_full(error):
            raise DataError(
                f"The disk of {folder} is full. Free some space and run the command again: it "
                "resumes where it stopped. Or set DATAWORTH_DATA to a folder on another disk.",
                code="disk-full",
            ) from None
        raise DataError(
            f"{folder} cannot be written: {error.strerror or error}.", code="file-not-writable"
        ) from None


class ResumingDownloader:
    """A downloader for pooch that stores a partial download in a separate file, and resumes it."""

    def __init__(self, part: Path) -> None:
        self.part = part

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        """Download `url` to `output_file`; reconnect as long as bytes arrive."""
        import requests

        for attempt in range(_ATTEMPTS):
            before = self._size()
            try:
                self._download(url)
                break
            except requests.exceptions.HTTPError:
                raise
            except requests.exceptions.RequestException:
                if attempt == _ATTEMPTS - 1 or self._size() <= before:
                    raise
                time.sleep(_PAUSE_SECONDS)
        self.part.replace(output_file)

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _download(self, url: str) -> None:
        import requests
        from tqdm import tqdm  # type: ignore[import-untyped]

        start = self._size()
        headers = {"Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT_SECONDS) as answer:
            # 416: the server has no further bytes; the check of the hash follows.
            if answer.status_code == requests.codes.requested_range_not_satisfiable:
                return
            answer.raise_for_status()
            resumed = answer.status_code == requests.codes.partial_content
            length = int(answer.headers.get("Content-Length", 0))
            bar = tqdm(
                desc=self.part.name.removesuffix(".part"),
                total=(start if resumed else 0) + length or None,
                initial=start if resumed else 0,
                unit="B",
                unit_scale=True,
                disable=None,
            )
            with self.part.open("ab" if resumed else "wb") as file, bar:
                for piece in answer.iter_content(_PIECE_BYTES):
                    file.write(piece)
                    bar.update(len(piece))


def _reason(error: Exception) -> str:
    text = str(error)
    if "Max retries" in text:
        return "no connection"
    return "the connection was cut" if "broken" in text else text.split("\n")[0][:200]


HANDLE = "crawford/emnist"


def fetch_kaggle() -> Path:
    """Download Kaggle's copy of EMNIST (CSV files) to the data folder.

    Returns
    -------
    Path
        The folder that holds the files.

    Raises
    ------
    MissingDependencyError
        Without the extra ``kaggle``.
    DataError
        If downloads are forbidden, or Kaggle refuses or is not reachable.
    """
    folder = data_folder() / "emnist"
    target = folder / "kaggle"
    if offline():
        raise DataError(
            f"DATAWORTH_OFFLINE forbids downloading. {by_hand(OFFICIAL, folder)}", code="offline"
        )
    require("kagglehub", "downloads from Kaggle")
    import kagglehub

    try:
        try:
            place = kagglehub.dataset_download(HANDLE, output_dir=str(target))
        except FileExistsError:
            # Remove the files of an interrupted download.
            place = kagglehub.dataset_download(HANDLE, output_dir=str(target), force_download=True)
        return Path(place)
    except Exception as error:
        # kagglehub and its dependencies raise errors of many libraries.
        reason = str(error).split("\n")[0][:200]
        raise DataError(
            f"Kaggle's {HANDLE} could not be downloaded ({type(error).__name__}: {reason}). Is "
            "kaggle.json in ~/.kaggle (kaggle.com, Settings, API, Create New Token)? "
            f"{by_hand(OFFICIAL, folder)}",
            code="download-failed",
        ) from None
