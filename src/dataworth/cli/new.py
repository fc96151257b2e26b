"""``dataworth new``: write a commented study file and a training script that runs as it is."""

from __future__ import annotations

import argparse
import json
from importlib import resources
from pathlib import Path
from shlex import quote
from typing import Any

from dataworth._util.files import atomic_write
from dataworth._util.printable import say
from dataworth.cli.options import add_output_options
from dataworth.errors import StudyError

FILES = ("study.toml", "train.py")


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "new",
        help="write a commented study file and a training script to start from",
        description="Write study.toml and train.py to a folder. Both run as they are: dataworth "
        "run FOLDER/study.toml. Existing files are not replaced.",
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path(), metavar="FOLDER", help="(default: here)"
    )
    add_output_options(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Write the files and print what to type next."""
    folder: Path = options.folder
    if folder.exists() and not folder.is_dir():
        raise StudyError(
            f"{folder} is a file; give a folder: dataworth new FOLDER.", code="file-exists"
        )
    there = [name for name in FILES if (folder / name).exists()]
    if there:
        raise StudyError(
            f"{folder / there[0]} exists already; choose another folder: dataworth new FOLDER.",
            code="file-exists",
        )
    folder.mkdir(parents=True, exist_ok=True)
    templates = resources.files("dataworth.cli") / "templates"
    for name in FILES:
        text = (templates / name).read_text("utf-8")
        atomic_write(folder / name, text, "Choose another folder.")
    if options.json:
        print(json.dumps({"files": [str(folder / name) for name in FILES]}))
    else:
        say(f"Wrote {quote(str(folder / FILES[0]))} and {folder / FILES[1]}. Run them with:")
        say(f"  dataworth run {quote(str(folder / FILES[0]))}")
    return 0
