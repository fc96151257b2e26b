"""The studies that come with dataworth."""

from __future__ import annotations

from pathlib import Path

from dataworth.records.layout import STUDY_FILE

_FOLDER = Path(__file__).parents[1] / "studies"


def shipped_studies() -> tuple[str, ...]:
    """Names of the studies that come with dataworth."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.toml")))


def shipped_text(name: str) -> str:
    """The TOML document of a study that comes with dataworth."""
    return (_FOLDER / f"{name}.toml").read_text("utf-8")


def is_study(where: str) -> bool:
    """Whether `where` is a shipped study's name, a TOML file or a run directory."""
    path = Path(where)
    return (
        where in shipped_studies()
        or (path.suffix == ".toml" and path.is_file())
        or (path / STUDY_FILE).is_file()
    )
