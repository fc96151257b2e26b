"""``dataworth ask``: the next runs of a study, for any scheduler and language."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataworth.errors import StudyError

if TYPE_CHECKING:
    from dataworth.study.spec import Study

NOTHING_LEFT = 4
"""The exit code where no run is left, which ends a loop of a shell."""


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "ask",
        help="give the next runs of a study to another scheduler, as JSON",
        description="Print the next runs of a study as a JSON document: key, size, seed, the files "
        "of row numbers, and the command. Each is reserved for the time of the lease. The exit "
        f"code is {NOTHING_LEFT} where no run is left.",
    )
    parser.add_argument(
        "study",
        metavar="STUDY",
        help="a run directory, or a TOML file whose model is a command or a function",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="run directory of a TOML file (default: runs/NAME)"
    )
    parser.add_argument(
        "--count", type=int, default=1, metavar="K", help="at most so many runs (default: 1)"
    )
    parser.add_argument(
        "--lease",
        default="1h",
        metavar="TIME",
        help="a run that is not reported within this time is given out again (default: 1h)",
    )
    parser.add_argument(
        "--wait",
        action="store_true",
        help="where all other runs are given out, wait until one of them ends or its lease does",
    )
    parser.add_argument("--json", action="store_true", help="as always: the output is JSON")
    parser.add_argument("--quiet", action="store_true", help="print errors only, on stderr")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Print the next runs; `NOTHING_LEFT` where there is none."""
    from dataworth._util.validation import check_int
    from dataworth.study.shipped import is_run_directory

    count = check_int("count", options.count)
    study = _study(options.study)
    if is_run_directory(options.study):
        if options.out is not None:
            raise StudyError(
                f"--out: {options.study} is a run directory itself; omit --out.",
                code="options-conflict",
                option="out",
            )
        directory = Path(options.study)
    else:
        directory = options.out or Path("runs") / study.name
    session = study.open(directory, lease=options.lease)
    offer = session.offer(count, wait=options.wait)
    if offer.is_done:
        session.write_curves()
    document = {
        "directory": str(directory),
        "runs": [session.to_dict(run) for run in offer.runs],
        "running": offer.running,
        "done": offer.is_done,
        "stop": None if offer.stop is None else offer.stop.to_dict(),
    }
    print(json.dumps(document))
    return 0 if offer.runs else NOTHING_LEFT


def _study(where: str) -> Study:
    from dataworth.study.toml import read_studies

    studies = read_studies(where)
    if len(studies) > 1:
        raise StudyError(
            f"{where}: it holds {len(studies)} studies, one for each data set; ask for the runs of "
            "one.",
            code="options-conflict",
        )
    return studies[0]
