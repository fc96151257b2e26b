"""Run the code of the README and the pages, and hold what they print against what is shown.

    python docs/run_pages.py [PAGE ...]            # all pages without one; exit code 1 if one fails
    python docs/run_pages.py --write [PAGE ...]    # put what is printed now into the pages

A page is one script: its ``python`` blocks share their names, its ``bash`` blocks run line by line,
and everything happens in one temporary folder. In a ``console`` block the lines after ``$`` are the
commands. A ``csv`` block is a file, whose name follows the word ``csv``; so is a block of any
language that says ``file NAME``. A block that says ``needs NAME`` is run where the program or
the Python module is installed. A ``text`` block right after shows what was printed: words must
agree, and numbers to within a quarter, since another processor trains to slightly other figures. A
fence that says ``no-run: REASON`` is not run; ``exits-1`` expects that exit code of its command.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_FENCE = re.compile(
    r"^```(?P<language>python|bash|sh|console|csv|(?:r|toml)(?= file ))(?P<note>[^\n]*)\n"
    r"(?P<code>.*?)^```\n"
    r"(?:\n```text\n(?P<shown>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)
_NO_RUN, _NEEDS, _IS_FILE = "no-run", "needs ", "file "
_NUMBER = re.compile(r"[-+]?\d[\d,_]*(?:\.\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)
_LEFT_OUT = "..."
_SAME, _LAST_DIGITS = 0.25, 5
_MARK = "\x1e"


@dataclass(frozen=True)
class Block:
    """A piece of code of a page.

    Attributes
    ----------
    language, code : str
    note : str
        What follows the language in the fence.
    line : int
        Of the fence, counted from 1.
    shown : str or None
        What the page says is printed.
    span : (int, int)
        Where `shown` is in the page's text.
    """

    language: str
    code: str
    note: str
    line: int
    shown: str | None
    span: tuple[int, int]

    @property
    def runs(self) -> bool:
        """Whether the block is run."""
        needed = self.note.removeprefix(_NEEDS)
        is_missing = self.note.startswith(_NEEDS) and not _is_installed(needed)
        return not self.note.startswith(_NO_RUN) and not is_missing

    @property
    def kind(self) -> str:
        """What is done with the block: "file", or its language."""
        is_file = self.language == "csv" or self.note.startswith(_IS_FILE)
        return "file" if is_file else self.language


def _is_installed(name: str) -> bool:
    """Whether there is a program or a Python module of this name."""
    return shutil.which(name) is not None or importlib.util.find_spec(name) is not None


class PageError(Exception):
    """A page whose code fails, or that shows what is not printed."""


def pages() -> list[Path]:
    """README, CONTRIBUTING and the pages, except those of the audit, which have their own tests."""
    front = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    docs = ROOT / "docs"
    return [*front, *sorted(docs.glob("*.md")), *sorted((docs / "bring-your-own").glob("*.md"))]


def blocks(text: str) -> list[Block]:
    """All code of a page."""
    return [
        Block(
            match["language"],
            match["code"],
            match["note"].strip(),
            text.count("\n", 0, match.start()) + 1,
            match["shown"],
            match.span("shown"),
        )
        for match in _FENCE.finditer(text)
    ]


def run(page: Path, pictures: Path | None = None) -> dict[Block, str]:
    """Run a page's blocks; what each printed on stdout.

    Parameters
    ----------
    page : Path
    pictures : Path, optional
        The folder where the PNG files that the page writes are kept.

    Raises
    ------
    PageError
        If a block fails.
    """
    todo = [block for block in blocks(page.read_text(encoding="utf-8")) if block.runs]
    if not todo:
        return {}
    steps = [(block.kind, block.code, block.note, block.line) for block in todo]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", _SCRIPT, json.dumps(steps), page.name],
            cwd=folder,
            env={
                **os.environ,
                # Scripts of a page find the program of this environment, activated or not.
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
                "DATAWORTH_OFFLINE": "1",
                "COLUMNS": "100",
                "MPLBACKEND": "agg",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise PageError(f"{page.name}: {done.stderr[-2_000:]}")
        if pictures is not None:
            pictures.mkdir(exist_ok=True)
            for picture in Path(folder).glob("*.png"):
                shutil.copy(picture, pictures)
    return dict(zip(todo, done.stdout.split(_MARK)[1:], strict=True))


def differences(shown: str, printed: str) -> Iterator[str]:
    """Where a page's text and what is printed now disagree."""
    shown, printed = _as_far_as_shown(shown, printed)
    words = [_NUMBER.sub("#", text).split() for text in (shown, printed)]
    if words[0] != words[1]:
        yield f"shown:\n{shown}\nprinted:\n{printed}"
        return
    for said, is_ in zip(_NUMBER.findall(shown), _NUMBER.findall(printed), strict=True):
        old, new = (float(text.replace(",", "").replace("_", "")) for text in (said, is_))
        if abs(old - new) > max(_SAME * abs(new), _LAST_DIGITS * _unit(said)):
            yield f"shown: {said}, printed: {is_}"


def _unit(number: str) -> float:
    """What one more in the last digit of a number is worth."""
    digits, _, power = number.lower().partition("e")
    return 10.0 ** (int(power or 0) - len(digits.partition(".")[2]))


def check(page: Path) -> None:
    """Run a page, and hold what it prints against what it shows; see `PageError`."""
    for block, printed in run(page).items():
        if block.shown is not None:
            for difference in differences(block.shown, printed):
                raise PageError(f"{page.name}, line {block.line}: {difference}")


def rewrite(page: Path) -> None:
    """Put what is printed now where the page shows it."""
    text = page.read_text(encoding="utf-8")
    for block, printed in reversed(run(page).items()):
        if block.shown is not None:
            start, end = block.span
            shown, now = _as_far_as_shown(block.shown, printed)
            text = text[:start] + now + block.shown[len(shown) :] + text[end:]
    page.write_text(text, encoding="utf-8")


def _as_far_as_shown(shown: str, printed: str) -> tuple[str, str]:
    """Both texts without what the page leaves out, and without spaces at the ends of lines."""
    lines = [line.rstrip() for line in printed.splitlines()]
    while lines and not lines[0]:
        del lines[0]
    before, dots, _ = shown.partition(f"\n{_LEFT_OUT}\n")
    if dots:
        shown = before + "\n"
        lines = lines[: shown.count("\n")]
    return shown, "\n".join(lines).rstrip() + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check or rewrite pages."""
    parser = argparse.ArgumentParser(description="Run the code of the README and the pages.")
    parser.add_argument("pages", nargs="*", type=Path, metavar="PAGE")
    parser.add_argument("--write", action="store_true", help="put what is printed into the pages")
    options = parser.parse_args(arguments)
    failed = 0
    for page in options.pages or pages():
        try:
            (rewrite if options.write else check)(page)
            print(f"{page.name}: done")
        except PageError as error:
            print(error, file=sys.stderr)
            failed += 1
    return 1 if failed else 0


_SCRIPT = r"""
import json, shlex, subprocess, sys
from dataworth.cli.main import main

steps, page = json.loads(sys.argv[1]), sys.argv[2]
names = {"__name__": "__main__"}
sys.path.insert(0, "")


def command(line, note, where):
    words = shlex.split(line)
    expected = int(note.removeprefix("exits-")) if note.startswith("exits-") else 0
    # In this process, so that a page loads its libraries once.
    simple = words[0] == "dataworth" and not set("|><;&") & set(line)
    code = main(words[1:]) if simple else subprocess.run(line, shell=True).returncode
    if code != expected:
        sys.exit(f"{where}: {line}: exit code {code}, expected {expected}")


for language, code, note, line in steps:
    print("\x1e", end="", flush=True)
    where = f"{page}, line {line}"
    if language == "file":
        with open(note.removeprefix("file "), "w") as file:
            file.write(code)
    elif language == "python":
        exec(compile("\n" * line + code, page, "exec"), names)
    else:
        lines = code.replace("\\\n", " ").splitlines()
        if language == "console":
            lines = [each[2:] for each in lines if each.startswith("$ ")]
        for each in lines:
            if each.strip() and not each.startswith("#"):
                command(each, note, where)
    sys.stdout.flush()
"""

if __name__ == "__main__":
    sys.exit(main())
