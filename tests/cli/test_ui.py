"""The local page of studies: who may read it, what it lists, and a live study in a browser."""

from __future__ import annotations

import json
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from report_runs import make_run

from dataworth.cli.main import main
from dataworth.cli.server import StudyServer
from dataworth.records.overview import overview, run_directories
from dataworth.records.record import Failure, Record, RunKey
from dataworth.records.store import Store

if TYPE_CHECKING:
    from playwright.sync_api import Browser

STUDY = 'data = "letters"\nmodel = "mlp"\nsizes = [200, 600, 1800, 5400]\nseeds = [0, 1, 2]\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that is done, one that runs, a damaged one, a foreign file, and a link outside."""
    root = tmp_path_factory.mktemp("studies")
    make_run(root / "done", sizes=[200, 600, 1_800, 5_400])
    make_run(root / "deep" / "running", name="<b>live</b>", sizes=[200, 600, 1_800], pixels=None)
    for name in ("done", "deep/running"):
        (root / name / "study.toml").write_text(STUDY)
    for name, content in (("damaged", b"SQLite format 3\0" + b"x" * 5_000), ("empty", b"")):
        (root / name).mkdir()
        (root / name / "results.sqlite").write_bytes(content)
    outside = make_run(tmp_path_factory.mktemp("outside") / "secret", sizes=[200, 600], seeds=1)
    (root / "link").symlink_to(outside)
    return root


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[StudyServer]:
    with StudyServer(folder) as started:
        threading.Thread(target=started.serve_forever, daemon=True).start()
        yield started
        started.shutdown()


def _get(server: StudyServer, path: str, *, token: bool = True, host: str = "") -> tuple[int, str]:
    address = server.address.partition("/?")[0]
    request = urllib.request.Request(address + path)
    if token:
        request.add_header("Cookie", f"{server.cookie}={server.token}")
    if host:
        request.add_header("Host", host)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_it_answers_this_machine_with_the_token_alone(server: StudyServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    assert _get(server, "/studies")[0] == 200
    for path in ("/", "/studies", "/study?path=done", "/report?path=done", "/studies?token=wrong"):
        assert _get(server, path, token=False)[0] == 403
    assert _get(server, "/studies", host="evil.example")[0] == 403
    address = server.address.partition("/?")[0]
    request = urllib.request.Request(f"{address}/study?path=done", method="POST", data=b"{}")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    assert refused.value.code == 501


@pytest.mark.parametrize("path", ["..", "/etc", "link", "nothing", "done/../../x", "%00", "damage"])
def test_nothing_outside_the_folder_is_read(server: StudyServer, path: str) -> None:
    for kind in ("study", "report"):
        assert _get(server, f"/{kind}?path={path}")[0] == 404


def test_it_lists_what_is_there_and_says_what_cannot_be_read(
    server: StudyServer, folder: Path
) -> None:
    found = {row["path"]: row for row in json.loads(_get(server, "/studies")[1])["studies"]}
    assert set(found) == {"done", "deep/running", "damaged", "empty"}
    assert (found["done"]["state"], found["done"]["finished"]) == ("done", 12)
    running = found["deep/running"]
    assert (running["expected"], running["finished"]) == (12, 9)
    assert running["state"] == "not finished"
    with Store(folder / "deep" / "running", write=True):
        found = {row["path"]: row for row in json.loads(_get(server, "/studies")[1])["studies"]}
        assert found["deep/running"]["state"] == "running"
    for name in ("damaged", "empty"):
        assert found[name]["state"] == "cannot be read"
        assert found[name]["problem"]
        assert json.loads(_get(server, f"/study?path={name}")[1])["problem"]
        assert _get(server, f"/report?path={name}")[0] == 422


@pytest.mark.usefixtures("no_forecast")
def test_a_report_that_is_a_link_out_of_the_folder_is_not_read(
    server: StudyServer, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    (folder / "done" / "report.html").symlink_to(tmp_path / "secret")
    assert _get(server, "/report?path=done")[1] != "secret"
    (folder / "done" / "report.html").unlink()


def test_two_servers_do_not_replace_the_cookie_of_each_other(
    server: StudyServer, folder: Path
) -> None:
    with StudyServer(folder) as other:
        assert other.cookie != server.cookie


@pytest.mark.usefixtures("no_forecast")
def test_a_report_is_made_without_writing_and_gets_no_access(
    server: StudyServer, folder: Path
) -> None:
    before = sorted(folder.rglob("*"))
    status, page = _get(server, "/report?path=done")
    assert status == 200
    assert page.startswith("<!doctype html>")
    assert sorted(folder.rglob("*")) == before


def test_a_thousand_directories_are_listed_fast(tmp_path: Path) -> None:
    first = make_run(tmp_path / "0", sizes=[200, 600], seeds=1, pixels=None)
    for number in range(1, 1_000):
        shutil.copytree(first, tmp_path / str(number))
    spent = time.process_time()
    rows = [overview(directory) for directory in run_directories(tmp_path)]
    assert len(rows) == 1_000
    assert all(row.finished == 2 for row in rows)
    # Seconds of this process alone, with a margin for slow machines; 0.3 s are usual.
    assert time.process_time() - spent < 3


def test_a_browser_shows_a_running_study_live(
    browser: Browser, server: StudyServer, folder: Path
) -> None:
    page = browser.new_page()
    complaints: list[Any] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(server.address)
    assert server.token not in page.url
    page.get_by_role("button", name="deep/running").click()
    study = page.locator("#study")
    study.get_by_text("9 of 12 runs; not finished").wait_for(timeout=60_000)
    assert "3 of 5,400 samples." in study.inner_text()
    assert "<b>live</b>" in study.inner_text()
    assert study.locator("circle.dot").count() == 9
    assert "3x the data (5,400 samples)" in study.locator(".answer").inner_text()
    with Store(folder / "deep" / "running", write=True) as store:
        key = RunKey("mlp", 5_400, 0, "5400-0")
        store.add(Record(key, {"loss": 0.45, "accuracy": 0.85}, arrays=_arrays(), seconds=1.0))
        study.get_by_text("10 of 12 runs; running").wait_for(timeout=60_000)
        assert study.locator("circle.dot").count() == 10
        assert "after 10 runs" in study.locator(".width").inner_text()
        assert "2 of 5,400 samples." in study.inner_text()
        failed = Record(replace(key, seed=1, digest="5400-1"), {}, failure=Failure("error", "<i>!"))
        store.add(failed)
        study.get_by_text("mlp, 5,400 samples, seed 1: <i>!").wait_for(timeout=60_000)
    page.fill("#search", "damaged")
    assert "1 of 4 studies" in page.locator("#count").inner_text()
    assert complaints == []
    page.close()


def _arrays() -> dict[str, Any]:
    return {"confusion": np.eye(5, dtype=np.int64) * 200, "class_losses": np.full(5, 0.45)}


def test_a_folder_that_is_missing_and_a_port_that_is_taken_are_refused(
    server: StudyServer, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ui", str(tmp_path / "nothing")]) == 2
    assert "no such folder" in capsys.readouterr().err
    for port in (str(server.server_port), "99999999"):
        assert main(["ui", str(folder), "--port", port, "--no-browser"]) == 2
        assert "cannot be used" in capsys.readouterr().err
