"""``dataworth completion``: the completion of commands and options for a shell."""

from __future__ import annotations

import argparse
from typing import Any

from dataworth._util.extras import require
from dataworth.cli.options import add_output_options

SHELLS = ("bash", "zsh", "tcsh")


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "completion",
        help="print a script that completes commands and options in a shell",
        description="Print a completion script. For bash: dataworth completion bash > "
        "~/.local/share/bash-completion/completions/dataworth",
    )
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    add_output_options(parser, json=False)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Print the script."""
    require("shtab", "completion scripts")
    import shtab

    from dataworth.cli.main import all_commands

    print(shtab.complete(all_commands(), shell=options.shell))
    return 0
