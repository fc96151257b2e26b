"""Prose: one line length, plain words, and a page on laws that lists every law."""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataworth.laws.registry import all_laws

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "dataworth"
WIDTH = 100
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "benchmarks" / "RESULTS.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
NOTEBOOK = ROOT / "examples" / "emnist.ipynb"
PLAIN = sorted(
    str(path.relative_to(PACKAGE))
    for path in PACKAGE.iterdir()
    if path.suffix == ".py" or (path / "__init__.py").is_file()
)
"""The folders and modules of the package: all are checked."""

# Words and idioms that a reader cannot look up, with what to write instead.
INSTEAD = {
    r"\btold\b": "given, reported, distinguished",
    r"\btells who\b": "notifies the observers",
    r"\bwhoever\b|\bwhosoever\b": "name the user, the caller, the observer",
    r"\banew\b": "again, from the start",
    r"\blest\b": "so that ... not",
    r"\bshall\b": "must, or the present tense",
    r"\bone's own\b": "your own, the user's",
    r"\bkept\b": "stored, reused, unchanged",
    r"\bfalls? on\b": "keeps falling",
    r"\btaken for looks\b|\blooks (?:at|of) a (?:single )?(?:training )?run\b": "checkpoints",
    r"(?<!there )\bis no (?:classes|law|list|loss|number)\b": "is not a ...",
    r"\b(?:come|comes|came) to (?:about )?[\d.]+": "is, was",
    r"\bmend(?:s|ed)?\b": "correct, fix",
    r"\bsomebody\b|\bnobody\b": "name who, or use the passive",
    r"\bat hand\b|\bhands? over\b|\bhanded over\b": "available; give, pass",
    r"\bin silence\b": "without a message",
    r"\bof the world\b": "in practice",
    r"\bits kin\b": "similar ones",
    r"\basked for\b": "given, requested, named",
    r"\bis no (?:Metric|pixel|placeholder|share|feature|category|text|table|mapping)\b": "is not a",
    r"\b(?:is|are) no (?:images|learning curve|failure|prediction|plain)\b": "is not a ...",
    r"\bgo(?:es)? on (?:with|where)\b|\bstudy goes on\b": "continue, resume",
    r"\b(?:people|nobody) (?:speak|knows?)\b": "name who, or use the passive",
    r"\bleft aside\b": "ignored, not used",
    r"\bsway\b|\bstray(?:s|ed)?\b": "deviate",
}
DIALECT = [(re.compile(pattern, re.IGNORECASE), plain) for pattern, plain in INSTEAD.items()]


def _prose(markdown: str) -> Iterator[tuple[int, str]]:
    """The numbered lines of a page that are neither code nor tables nor pictures."""
    fenced = False
    for number, line in enumerate(markdown.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced and not line.startswith(("|", "![")):
            yield number, line


def _breakable(line: str) -> bool:
    """Whether a line could be broken: a long link or a long code span is one word."""
    words = re.sub(r"`[^`]*`", "code", line.strip())
    return " " in re.sub(r"^(?:[-*]|\d+\.|#+)\s+", "", words)


def _too_long(markdown: str) -> list[int]:
    return [n for n, line in _prose(markdown) if len(line) > WIDTH and _breakable(line)]


def _without_code(markdown: str) -> str:
    text = "\n".join(line for _, line in _prose(markdown))
    return re.sub(r"`[^`]*`", "`code`", text)


def _dialect(text: str) -> list[str]:
    joined = " ".join(text.split())
    return [
        f"{found[0]!r} (write: {plain})"
        for pattern, plain in DIALECT
        for found in pattern.finditer(joined)
    ]


def _cells() -> list[str]:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]


def _explanations(source: str) -> str:
    """All docstrings, messages and comments of a module: every text of two words or more."""
    strings = [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
    ]
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    strings += [token.string for token in tokens if token.type == tokenize.COMMENT]
    return re.sub(r"`[^`]*`", "`code`", "\n".join(strings))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_prose_is_wrapped_at_one_length(page: Path) -> None:
    assert _too_long(page.read_text("utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_use_plain_words(page: Path) -> None:
    assert _dialect(_without_code(page.read_text("utf-8"))) == []


def test_the_notebook_is_wrapped_and_uses_plain_words() -> None:
    for cell in _cells():
        assert _too_long(cell) == []
        assert _dialect(_without_code(cell)) == []


@pytest.mark.parametrize("place", PLAIN)
def test_docstrings_messages_and_comments_use_plain_words(place: str) -> None:
    path = PACKAGE / place
    modules = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    assert modules
    found = {str(path): _dialect(_explanations(path.read_text("utf-8"))) for path in modules}
    assert {path: words for path, words in found.items() if words} == {}


def test_the_page_on_laws_lists_every_law_with_its_formula() -> None:
    page = (ROOT / "docs" / "laws.md").read_text("utf-8")
    for law in all_laws():
        assert f"| `{law.name}` | `{law.formula}` | {law.free} | " in page


def test_the_changelog_uses_the_standard_headings() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    standard = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security", "Known limits"}
    assert set(re.findall(r"^### (.+)$", text, re.MULTILINE)) <= standard
    assert not re.search(r"^- \*\*", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Nobody is told.", 2),
        ("The loss falls\non where this one bends.", 1),
        ("There is no number.", 0),
        ("It says so in `told`.", 0),
    ],
)
def test_the_check_of_words_finds_what_it_looks_for(text: str, words: int) -> None:
    assert len(_dialect(_without_code(text))) == words


def test_the_check_of_lengths_excepts_code_tables_and_single_words() -> None:
    long = "word " * 30
    assert _too_long(f"{long}\n") == [1]
    assert _too_long(f"| {long}|\n```text\n{long}\n```\n- [link]({'x' * 120})\n") == []
