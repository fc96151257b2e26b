"""The README's and the pages' code runs and prints what they show; the pages build."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import make_reference
import pytest
from run_pages import Block, PageError, blocks, check, differences, pages

import dataworth as dw
from dataworth.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BUILDS = all(map(importlib.util.find_spec, ("sphinx", "furo", "myst_parser", "sphinx_copybutton")))


# Pages that take 3 seconds or more.
TRAINING = (
    "README", "quickstart", "reading-a-curve", "is-my-loss-real", "bring-your-own", "glyphs",
    "command", "comparisons", "forecasting", "gallery", "planning", "protocol", "schedulers",
    "estimator", "function", "images", "table", "texts", "torch", "tracking", "keras", "pixels",
)  # fmt: skip


def _blocks(page: Path) -> list[Block]:
    return blocks(page.read_text("utf-8"))


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.stem, marks=[pytest.mark.slow] * (page.stem in TRAINING))
        for page in pages()
    ],
)
def test_the_code_of_a_page_runs_and_prints_what_is_shown(page: Path) -> None:
    check(page)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_code_that_is_not_run_says_why(page: Path) -> None:
    for block in _blocks(page):
        why = re.match(r"no-run: \w+|needs \w+", block.note)
        assert block.runs or why, f"line {block.line}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_no_code_escapes_the_collector(page: Path) -> None:
    languages = "python|bash|sh|shell|console|pycon|py|csv|r file|toml file"
    fences = re.findall(rf"^```(?:{languages})", page.read_text("utf-8"), re.M)
    assert len(fences) == len(_blocks(page))


def test_the_readme_and_ci_pass_the_tests_by_the_same_command() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    commands = [line for line in lines if "-m pytest" in line]
    (command,) = commands
    assert command in [block.code.strip() for block in _blocks(ROOT / "README.md")]
    arguments = command.partition("-m pytest")[2]
    for other in ("CONTRIBUTING.md", ".ci/wheel"):
        assert f"-m pytest{arguments}" in (ROOT / other).read_text("utf-8")
    # The slow tests are a job of their own.
    slow = f"-m pytest{arguments} -m slow"
    for other in ("CONTRIBUTING.md", ".github/workflows/tests.yml"):
        assert slow in (ROOT / other).read_text("utf-8")


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *sorted(DOCS.rglob("*.md"))], ids=str)
def test_every_link_to_a_file_finds_it(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_every_public_name_is_in_the_reference() -> None:
    reference = "".join(page.read_text("utf-8") for page in (DOCS / "api").glob("*.md"))
    documented = set(re.findall(r"auto(?:class|function|module):: ([\w.]+)", reference))
    assert {f"dataworth.{name}" for name in dw.__all__} <= documented


def test_the_reference_lists_what_draws_and_what_writes_a_value() -> None:
    reference = "".join(page.read_text("utf-8") for page in (DOCS / "api").glob("*.md"))
    for name in ("Curve", "Forecast", "Comparison", "Dataset"):
        value = getattr(dw, name)
        shown = re.findall(rf"autoclass:: dataworth\.{name}\n   :members:(.*)\n", reference)
        listed = "".join(shown).replace(",", " ").split()
        asked = {each for each in vars(value) if re.match(r"plot|to_", each)}
        assert asked <= set(listed), name


def test_the_page_of_commands_is_current() -> None:
    # Made again by: python docs/make_reference.py
    assert make_reference.PAGE.read_text("utf-8") == make_reference.page()
    for command in COMMANDS:
        assert f"## dataworth {command}" in make_reference.page()


def test_pictures_are_small() -> None:
    assert all(path.stat().st_size < 100_000 for path in (DOCS / "pictures").glob("*.png"))


@pytest.mark.slow
@pytest.mark.skipif(not BUILDS, reason="needs the extra: pip install 'dataworth[docs]'")
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "sphinx",
            "-q",
            "-W",
            "--keep-going",
            "-E",
            str(DOCS),
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "forecast" in (tmp_path / "api" / "forecast.html").read_text("utf-8")


def test_a_page_that_fails_or_shows_another_figure_is_told(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(2 / 3)\n```\n\n```text\n0.7\n```\n", "utf-8")
    check(page)
    page.write_text("```python\nprint(2 / 3)\n```\n\n```text\n0.95\n```\n", "utf-8")
    with pytest.raises(PageError, match=r"line 1: shown: 0\.95, printed: 0\.666"):
        check(page)
    page.write_text("```bash\ndataworth audit nothing-here\n```\n", "utf-8")
    with pytest.raises(PageError, match="exit code 2"):
        check(page)


@pytest.mark.parametrize(
    ("shown", "printed", "agree"),
    [
        ("loss 0.50 nats", "loss  0.51 nats\n", True),
        ("loss 0.50 nats", "loss 0.90 nats", False),
        ("loss 0.50 nats", "loss 0.50 bits", False),
        ("gain 0.006", "gain 0.001", True),
        ("gain 0.016", "gain 0.001", False),
        ("1,280 samples", "1,281 samples", True),
        ("1.19e-07", "1.20e-07", True),
        ("1.19e-07", "1.20e-05", False),
        ("to inf", "to 4", False),
    ],
)
def test_words_must_agree_and_numbers_nearly(shown: str, printed: str, agree: bool) -> None:
    assert (not list(differences(shown, printed))) is agree
