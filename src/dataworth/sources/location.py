"""Folders of data on this machine, and whether downloads are allowed."""

from __future__ import annotations

import os
from pathlib import Path


def data_folder() -> Path:
    """The folder of downloaded and cached data: ``DATAWORTH_DATA``, or the user's cache folder."""
    chosen = os.environ.get("DATAWORTH_DATA")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("dataworth")


def cache_folder() -> Path:
    """The folder of the memory-mapped arrays that the first read of a file writes."""
    return data_folder() / "cache"


def offline() -> bool:
    """Whether ``DATAWORTH_OFFLINE`` forbids downloads."""
    return os.environ.get("DATAWORTH_OFFLINE", "").strip().lower() not in ("", "0", "false", "no")
