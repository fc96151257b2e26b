"""``dataworth ui``: a local page that lists the studies under a folder and shows them live."""

from __future__ import annotations

import argparse
import json
import webbrowser
from pathlib import Path
from typing import Any

from dataworth._util.extras import require
from dataworth._util.printable import say
from dataworth.cli.options import add_output_options
from dataworth.errors import StudyError


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "ui",
        help="show the studies under a folder in a browser, live",
        description="Serve a page that lists the studies under a folder, shows a running one live "
        "and opens the report of each. It reads only, answers this machine alone (127.0.0.1), and "
        "needs the token of the printed address. Ctrl-C ends it.",
    )
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path("runs"),
        metavar="FOLDER",
        help="folder of run directories (default: runs)",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=0,
        metavar="P",
        help="number of the port (default: one that is free)",
    )
    parser.add_argument("--no-browser", action="store_true", help="print the address only")
    add_output_options(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    require("jinja2", "pages")
    from dataworth.cli.server import StudyServer

    if not options.folder.is_dir():
        raise StudyError(
            f"{options.folder}: no such folder; name one that holds run directories.",
            code="file-not-found",
        )
    try:
        server = StudyServer(options.folder, options.port)
    except (OSError, OverflowError) as error:
        raise StudyError(
            f"--port {options.port} cannot be used: {error}. Omit it, and a free one is taken.",
            code="value-out-of-range",
            option="port",
            value=options.port,
        ) from None
    with server:
        if options.json:
            print(json.dumps({"address": server.address}), flush=True)
        else:
            say(f"Studies under {options.folder}: {server.address}", "Ctrl-C ends it.")
        if not (options.no_browser or options.json):
            webbrowser.open(server.address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0
