"""What a release states of itself agrees."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import dataworth

ROOT = Path(__file__).parents[1]


def test_all_files_name_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == dataworth.__version__
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"\nversion: {dataworth.__version__}\n" in citation
    (date,) = re.findall(r'\ndate-released: "(\S+)"\n', citation)
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert f"\n## [{dataworth.__version__}] - {date}\n" in changes


def test_changes_have_the_standard_heads() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    heads = re.findall(r"^### (.*)$", changes, re.M)
    assert set(heads) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    lines = re.findall(r"^- .*", changes, re.M)
    assert len(lines) == len(set(lines))
