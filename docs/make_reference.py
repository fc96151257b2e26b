"""Write the page of commands from their help texts.

python docs/make_reference.py            # write docs/command-line.md again
python docs/make_reference.py --check    # exit code 1 if the page is not current
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).with_name("command-line.md")
_WIDTH = 100
_HEAD = """\
# Commands and options

This page is made from the help of the commands (`dataworth COMMAND --help`).

Lists are written with commas or spaces: `40,80`, `40 80` or `1k`. A share may be in per cent:
`95%`. `~` is the home folder. Options are written in full; an unknown one is refused with the one
that was probably meant.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | the audit found an error |
| 2 | the command was refused, with the reason on stderr |
| 3 | runs of the study failed; the others are finished |
| 130 | stopped by Ctrl-C; finished runs are stored |

With `--json` a command prints one JSON document on stdout and nothing else there; notices go to
stderr, and `--quiet` leaves them out. Colours are used in a terminal alone; the variable
`NO_COLOR=1` turns them off.
"""


def page() -> str:
    """The page's text."""
    from dataworth.cli.main import all_commands

    return "\n".join([_HEAD, *map(_section, _leaves(all_commands()))])


def _section(parser: argparse.ArgumentParser) -> str:
    actions = [action for action in parser._actions if action.dest != "help"]
    rows = [
        f"| {_written(action)} | {_cell(parser._get_formatter()._expand_help(action))} |"
        for action in actions
    ]
    text = textwrap.fill(parser.description or "", _WIDTH, break_on_hyphens=False)
    description = f"{text}\n\n" if text else ""
    table = "\n".join(["| argument or option | meaning |", "|---|---|", *rows])
    return f"## {parser.prog}\n\n{description}{table}\n"


def _written(action: argparse.Action) -> str:
    """An option as it is typed, in code."""
    value = action.metavar or (
        f"{{{','.join(map(str, action.choices))}}}" if action.choices else ""
    )
    if not action.option_strings:
        return f"`{value or action.dest}`"
    takes = f" {value}" if value and action.nargs != 0 else ""
    more = " ..." if action.nargs == "+" else ""
    names = [f"`{name}`" for name in action.option_strings[:-1]]
    return ", ".join([*names, f"`{action.option_strings[-1]}{takes}{more}`"])


def _cell(text: str) -> str:
    """Text in a cell of a table: what Markdown would read is written as it is."""
    for sign in "\\|<>*_{}":
        text = text.replace(sign, f"\\{sign}")
    return text


def _leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parsers of all commands that have none below them, in their order."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield parser
    for action in below:
        for each in action.choices.values():
            yield from _leaves(each)


def main() -> int:
    """Write or check the page."""
    parser = argparse.ArgumentParser(description="Write the page of commands.")
    parser.add_argument("--check", action="store_true", help="only check that it is current")
    options = parser.parse_args()
    if options.check:
        return 0 if PAGE.read_text("utf-8") == page() else 1
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
