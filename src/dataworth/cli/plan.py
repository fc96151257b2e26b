"""``dataworth plan``: which runs would be next, what they cost, and what they are worth."""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path
from typing import Any

from dataworth._util.printable import new_console
from dataworth.cli.goal import add_goal_options, budget_of, given_options, goal_of
from dataworth.cli.options import add_output_options


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "plan",
        help="explain which runs would be next",
        description="Show which runs of a study would be next, what each costs, and how wide the "
        "interval is expected to be after it. Nothing is run.",
    )
    parser.add_argument("directory", type=Path, metavar="DIR", help="a run directory")
    add_goal_options(parser)
    add_output_options(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Print the next runs of a run directory."""
    from dataworth.cli.show.plan import show_plan
    from dataworth.plan.explain import explain
    from dataworth.records.meta import checked_entry
    from dataworth.records.reader import models
    from dataworth.records.store import Store

    with Store(options.directory) as store:
        meta, where = store.meta(), str(store.path)
        entry = checked_entry({"metric": None, **meta}, "metric", dict | None, where) or {}
        goal = goal_of(options, len(models(meta, where)), entry.get("name"))
        explanation = explain(store, goal, budget_of(options))
    if options.json:
        print(json.dumps(explanation.to_dict(), allow_nan=False))
    else:
        command = ["dataworth", "run", str(options.directory), *given_options(options)]
        show_plan(new_console(), explanation, shlex.join(command))
    return 0
