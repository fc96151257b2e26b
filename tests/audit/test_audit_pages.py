"""Every code has a page, and the page's example raises it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(path for path in (ROOT / "docs" / "audit").glob("*.md") if path.stem != "index")


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    package = ROOT / "src" / "dataworth" / "audit"
    text = "".join(path.read_text("utf-8") for path in package.rglob("*.py"))
    known = set(re.findall(r'Finding\(\s*code="([a-z-]+)"', text))
    assert known == {path.stem for path in PAGES}
    index = (ROOT / "docs" / "audit" / "index.md").read_text("utf-8")
    assert all(f"({code}.md)" in index for code in known)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_example_of_a_page_raises_its_finding(page: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), flags=re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(example, str(page), "exec"), names)
    found = {finding.code: finding.severity for finding in names["findings"]}
    assert page.stem in found
    severities = page.read_text("utf-8").partition("Severity: ")[2].partition("\n")[0]
    assert found[page.stem] in severities


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_says_what_is_needed(page: Path) -> None:
    headings = re.findall(r"^## (.*)$", page.read_text("utf-8"), flags=re.MULTILINE)
    assert headings == ["What it means", "How it is detected", "Example", "What to do"]
