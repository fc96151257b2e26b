"""EMNIST from Kaggle, with the user's own account (``kaggle.json``)."""

from __future__ import annotations

from pathlib import Path

from dataworth.errors import DataError, MissingDependencyError
from dataworth.sources.fetch import OFFICIAL, by_hand
from dataworth.sources.location import data_folder, offline

HANDLE = "crawford/emnist"


def fetch() -> Path:
    """Download Kaggle's copy of EMNIST (CSV files) into the data folder.

    Returns
    -------
    Path
        The folder that holds the files.

    Raises
    ------
    MissingDependencyError
        Without the extra ``kaggle``.
    DataError
        If downloads are forbidden, or Kaggle refuses or is out of reach.
    """
    folder = data_folder() / "emnist"
    target = folder / "kaggle"
    if offline():
        raise DataError(f"DATAWORTH_OFFLINE forbids downloading. {by_hand(OFFICIAL, folder)}")
    try:
        import kagglehub
    except ImportError:
        raise MissingDependencyError(
            "Downloading from Kaggle needs kagglehub: pip install 'dataworth[kaggle]'."
        ) from None
    try:
        try:
            place = kagglehub.dataset_download(HANDLE, output_dir=str(target))
        except FileExistsError:
            # What an earlier download that was cut short left there.
            place = kagglehub.dataset_download(HANDLE, output_dir=str(target), force_download=True)
        return Path(place)
    except Exception as error:
        # kagglehub and what it calls raise errors of many libraries, and none is our caller's.
        reason = str(error).split("\n")[0][:200]
        raise DataError(
            f"Kaggle's {HANDLE} could not be downloaded ({type(error).__name__}: {reason}). Is "
            "kaggle.json in ~/.kaggle (kaggle.com, Settings, API, Create New Token)? "
            f"{by_hand(OFFICIAL, folder)}"
        ) from None
