"""The studies that come with dataworth."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "studies"


def shipped_studies() -> tuple[str, ...]:
    """Names of the studies that come with dataworth."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.toml")))


def shipped_text(name: str) -> str:
    """The TOML document of a study that comes with dataworth."""
    return (_FOLDER / f"{name}.toml").read_text("utf-8")
