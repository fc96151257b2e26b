"""The server of ``dataworth ui``: on the loopback address, with a token, read-only."""

from __future__ import annotations

import json
import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from dataworth.errors import DataworthError
from dataworth.records.layout import REPORT_FILE, RESULTS_FILE

if TYPE_CHECKING:
    from dataworth.records.overview import Overview

HOST = "127.0.0.1"
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; "
    "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
Stamp = tuple[tuple[int, int], ...]
Shown = tuple[Path, int, int, int]
"""A directory with the number of its last run and its counts of runs: other runs, other numbers."""
_REPORT_POLICY = "sandbox allow-scripts allow-downloads; frame-ancestors 'none'"
"""A report may be of unknown origin: it has no access to the other studies."""


class StudyServer(ThreadingHTTPServer):
    """Serves the list of studies under a folder, their state and their reports.

    Parameters
    ----------
    root : Path
        The folder.
    port : int
        0 for one that is free.
    """

    daemon_threads = True

    def __init__(self, root: Path, port: int = 0) -> None:
        self.root = root.resolve()
        self.token = secrets.token_urlsafe(24)
        # The page asks every two seconds: only directories that have changed are read again.
        self.overviews: dict[Path, tuple[Stamp, Overview]] = {}
        # Of the study that was shown last; a forecast takes a part of a second.
        self.details: tuple[Shown, dict[str, Any]] | None = None
        super().__init__((HOST, port), _Handler)

    @property
    def cookie(self) -> str:
        """The name of the cookie: a browser sends those of a host to servers at all its ports."""
        return f"dataworth-token-{self.server_port}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """What a browser may call this server: another name would be that of a foreign page."""
        return (f"{HOST}:{self.server_port}", f"localhost:{self.server_port}")

    @property
    def address(self) -> str:
        """The address of the list, with the token."""
        return f"http://{HOST}:{self.server_port}/?token={self.token}"


class _Handler(BaseHTTPRequestHandler):
    server: StudyServer

    def do_GET(self) -> None:
        """Answer a request that has the token."""
        url = urlsplit(self.path)
        asked = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if self.headers.get("Host") not in self.server.hosts:
            self._refuse(HTTPStatus.FORBIDDEN, "This server answers 127.0.0.1 alone.")
        elif not self._has_token(asked):
            self._refuse(
                HTTPStatus.FORBIDDEN, "The token is missing: open the address that was printed."
            )
        else:
            try:
                self._answer(url.path, asked)
            except DataworthError as error:
                self._refuse(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing for each request."""

    def _answer(self, path: str, asked: dict[str, str]) -> None:
        if path == "/":
            nonce = secrets.token_urlsafe(12)
            page = (resources.files("dataworth.report") / "assets" / "ui.html").read_text("utf-8")
            policy = _PAGE_POLICY.format(nonce=nonce)
            cookie = f"{self.server.cookie}={self.server.token}; HttpOnly; SameSite=Strict; Path=/"
            self._send(
                page.replace("NONCE", nonce).encode(),
                "text/html; charset=utf-8",
                {"Content-Security-Policy": policy, "Set-Cookie": cookie},
            )
        elif path == "/studies":
            self._send_json(self._studies())
        elif path in ("/study", "/report"):
            directory = self._directory(asked.get("path", ""))
            if directory is None:
                self._refuse(HTTPStatus.NOT_FOUND, "There is no run directory of this name.")
            elif path == "/report":
                self._send_report(directory)
            else:
                self._send_json(self._study(directory))
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "There is no such page.")

    def _studies(self) -> dict[str, Any]:
        from dataworth.records.overview import overview, run_directories, stamp

        root, before = self.server.root, self.server.overviews
        found = {}
        for directory in run_directories(root):
            now, known = stamp(directory), before.get(directory)
            is_same = known is not None and known[0] == now
            found[directory] = known if known and is_same else (now, overview(directory))
        self.server.overviews = found
        return {"folder": str(root), "studies": [_listed(each, root) for _, each in found.values()]}

    def _study(self, directory: Path) -> dict[str, Any]:
        from dataworth.records.overview import overview
        from dataworth.report.live import details

        each = overview(directory)
        state = _listed(each, self.server.root)
        if each.problem:
            return state
        shown = (directory, each.last, each.finished, each.failed)
        before = self.server.details
        found = before[1] if before and before[0] == shown else details(directory)
        self.server.details = (shown, found)
        return state | found

    def _directory(self, name: str) -> Path | None:
        """A run directory below the folder, by its relative path; links out of it are refused."""
        try:
            path = (self.server.root / name).resolve()
        except (OSError, ValueError):
            return None
        return path if self._is_inside(path / RESULTS_FILE) else None

    def _is_inside(self, path: Path) -> bool:
        """Whether there is a file of this name, below the folder also where it is a link."""
        try:
            return path.is_file() and path.resolve().is_relative_to(self.server.root)
        except (OSError, ValueError):
            return False

    def _send_report(self, directory: Path) -> None:
        """The report that is there, or a new one if runs were finished since; none is written."""
        from dataworth.records.overview import stamp

        path = directory / REPORT_FILE
        changed = max(time for time, _ in stamp(directory))
        if self._is_inside(path) and path.stat().st_mtime_ns >= changed:
            content = path.read_bytes()
        else:
            from dataworth.report.page import page_html
            from dataworth.report.study_report import read_runs

            content = page_html(read_runs(directory)).encode()
        self._send(content, "text/html; charset=utf-8", {"Content-Security-Policy": _REPORT_POLICY})

    def _has_token(self, asked: dict[str, str]) -> bool:
        cookies = (
            part.strip().partition("=") for part in self.headers.get("Cookie", "").split(";")
        )
        tokens = [value for name, _, value in cookies if name == self.server.cookie]
        tokens.append(asked.get("token", ""))
        return any(
            secrets.compare_digest(each.encode(), self.server.token.encode()) for each in tokens
        )

    def _send_json(self, document: dict[str, Any]) -> None:
        self._send(json.dumps(document, allow_nan=False).encode(), "application/json", {})

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        self._send(reason.encode(), "text/plain; charset=utf-8", {}, status)

    def _send(
        self,
        content: bytes,
        kind: str,
        headers: dict[str, str],
        status: HTTPStatus = HTTPStatus.OK,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in {
            **headers,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            # The browser has left.
            self.close_connection = True


def _listed(each: Overview, root: Path) -> dict[str, Any]:
    """A row of the list of studies, as JSON values; paths are relative to `root`."""
    from dataworth.records.overview import is_running

    others = f" and {each.models - 1} more" if each.models > 1 else ""
    if each.problem:
        state = "cannot be read"
    elif is_running(each):
        state = "running"
    elif each.is_done:
        state = "done"
    else:
        state = "not running" if each.expected is None else "not finished"
    return {
        "path": each.directory.relative_to(root).as_posix(),
        "name": each.name,
        "what": f"{each.model}{others} on {each.data}" if each.model and each.data else "",
        "finished": each.finished,
        "failed": each.failed,
        "expected": each.expected,
        "changed": each.changed,
        "state": state,
        "problem": each.problem,
    }
