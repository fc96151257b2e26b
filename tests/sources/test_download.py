"""Downloads, against a server of our own on this machine."""

from __future__ import annotations

import hashlib
import re
import socket
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from errors import raises
from source_files import emnist_of, write

import dataworth as dw
from dataworth.errors import DataError, MissingDependencyError
from dataworth.sources import download
from dataworth.sources.download import Archive, fetch_official


class Server(HTTPServer):
    """Serves `content` under any path, and cuts the connection after `cuts` bytes, one by one."""

    content = b""
    cuts: list[int]
    ranges: list[str]
    knows_ranges = True


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        self.server.ranges.append(asked)
        found = re.match(r"bytes=(\d+)-", asked) if self.server.knows_ranges else None
        start = int(found[1]) if found else 0
        content = self.server.content[start:]
        if self.path == "/gone" or (found and not content):
            self.send_error(404 if self.path == "/gone" else 416)
            return
        self.send_response(206 if found else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        cut = self.server.cuts.pop(0) if self.server.cuts else len(content)
        self.wfile.write(content[:cut])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("DATAWORTH_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("DATAWORTH_OFFLINE", raising=False)
    monkeypatch.setattr(download, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(download, "_PIECE_BYTES", 500)
    write(emnist_of(), tmp_path, ["zip"])
    with Server(("127.0.0.1", 0), _Handler) as running:
        running.content = (tmp_path / "zip" / "gzip.zip").read_bytes()
        running.cuts, running.ranges = [], []
        thread = Thread(target=running.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join(timeout=10)


def _archive(server: Server, path: str = "/gzip.zip", content: bytes | None = None) -> Archive:
    digest = hashlib.md5(server.content if content is None else content).hexdigest()
    url = f"http://127.0.0.1:{server.server_port}{path}"
    return Archive(url, "gzip.zip", f"md5:{digest}")


def test_what_was_fetched_is_loaded(server: Server) -> None:
    place = fetch_official(_archive(server))
    assert place.read_bytes() == server.content
    assert dw.load("emnist/digits").samples == 40
    fetch_official(_archive(server))
    assert len(server.ranges) == 1


def test_a_cut_download_is_continued_at_once(server: Server) -> None:
    server.cuts = [3_000, 2_000]
    place = fetch_official(_archive(server))
    assert place.read_bytes() == server.content
    assert server.ranges == ["", "bytes=3000-", "bytes=5000-"]


def test_a_server_without_ranges_starts_again(server: Server) -> None:
    server.knows_ranges = False
    server.cuts = [3_000]
    assert fetch_official(_archive(server)).read_bytes() == server.content


def test_a_dead_connection_keeps_what_came_for_the_next_time(
    server: Server, tmp_path: Path
) -> None:
    server.cuts = [3_000, 0, 0, 0, 0, 0]
    with raises("download-failed", DataError, "3,000 bytes.*by hand"):
        fetch_official(_archive(server))
    assert not (tmp_path / "data" / "emnist" / "gzip.zip").exists()
    server.cuts.clear()
    server.ranges.clear()
    assert fetch_official(_archive(server)).read_bytes() == server.content
    assert server.ranges == ["bytes=3000-"]


def test_a_wrong_hash_is_refused_and_deleted(server: Server, tmp_path: Path) -> None:
    with raises("download-failed", DataError, "deleted"):
        fetch_official(_archive(server, content=b"something else"))
    assert list((tmp_path / "data" / "emnist").iterdir()) == []


def test_a_complete_part_needs_no_byte_more(server: Server, tmp_path: Path) -> None:
    (tmp_path / "data" / "emnist").mkdir(parents=True)
    (tmp_path / "data" / "emnist" / "gzip.zip.part").write_bytes(server.content)
    assert fetch_official(_archive(server)).read_bytes() == server.content


def test_the_server_has_no_such_file(server: Server) -> None:
    with raises("download-failed", DataError, r"\(404.*by hand"):
        fetch_official(_archive(server, "/gone"))


def test_no_network(server: Server) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/gzip.zip"
    with raises("download-failed", DataError, "no connection.*by hand"):
        fetch_official(Archive(address, "gzip.zip", "md5:0"))


def test_offline_forbids_every_download(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAWORTH_OFFLINE", "1")
    with raises("offline", DataError, "DATAWORTH_OFFLINE.*by hand"):
        fetch_official(_archive(server))
    with raises("offline", DataError, "DATAWORTH_OFFLINE.*by hand"):
        download.fetch_kaggle()
    assert server.ranges == []


def test_kaggle_without_its_extra(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with raises("missing-extra", MissingDependencyError, r"'dataworth\[kaggle\]'"):
        download.fetch_kaggle()
