"""The studies that come with dataworth."""

from __future__ import annotations

import os
from pathlib import Path

from dataworth.records.layout import STUDY_FILE

_FOLDER = Path(__file__).parents[1] / "studies"


def shipped_studies() -> tuple[str, ...]:
    """Names of the studies that come with dataworth."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.toml")))


def shipped_text(name: str) -> str:
    """The TOML document of a study that comes with dataworth."""
    return (_FOLDER / f"{name}.toml").read_text("utf-8")


def is_run_directory(where: str | os.PathLike[str]) -> bool:
    """Whether `where` means a run directory; the name of a shipped study never does.

    ``./quickstart`` is a folder, whatever ``quickstart`` is.
    """
    return str(where) not in shipped_studies() and (Path(where) / STUDY_FILE).is_file()


def is_study(where: str) -> bool:
    """Whether `where` is a shipped study's name, a TOML file or a run directory."""
    path = Path(where)
    is_file = path.suffix == ".toml" and path.is_file()
    return where in shipped_studies() or is_file or is_run_directory(where)
