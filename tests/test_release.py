"""What a release states of itself agrees."""

from __future__ import annotations

import tomllib
from pathlib import Path

import dataworth

ROOT = Path(__file__).parents[1]


def test_all_files_name_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == dataworth.__version__
    assert f"\nversion: {dataworth.__version__}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
