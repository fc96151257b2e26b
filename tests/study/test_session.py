"""Ask and tell: leases, several askers, figures that are refused, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from errors import raises

import dataworth as dw
from dataworth.errors import StudyError
from dataworth.records.store import Store
from dataworth.study.session import Session, fail, tell
from dataworth.study.spec import Study


def train(run: dw.Run) -> dict[str, float]:
    return {"error_rate": 2 * run.size**-0.4 + 0.002 * run.seed}


def study(**options: Any) -> Study:
    options = {"sizes": [40, 80, 160], "seeds": 2, "metric": "error_rate", **options}
    return Study(data=1_000, model=train, name="asked", **options)


def table(directory: Path) -> dict[tuple[int, int], float]:
    with Store(directory) as store:
        found = store.table(["error_rate"])
    pairs = zip(found.samples.tolist(), found.seeds.tolist(), strict=True)
    return dict(zip(pairs, found.values["error_rate"].tolist(), strict=True))


def test_asked_and_told_a_study_gives_the_same_curve_as_run(tmp_path: Path) -> None:
    with study().open(tmp_path / "asked") as session:
        while (run := session.ask()) is not None:
            assert len(run.rows) == run.size
            assert not set(run.rows) & set(run.held_out)
            session.tell(run, train(run))
    study().run(tmp_path / "run", progress=False)
    files = [tmp_path / name / "curve.csv" for name in ("asked", "run")]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert not (tmp_path / "asked" / "work").exists()


def test_each_session_brings_the_curve_and_its_picture_up_to_date(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("curve.csv", "curve.png")]
    contents = []
    for _ in range(2):
        with study().open(tmp_path) as session:
            for run in session.offer(3).runs:
                session.tell(run, train(run))
        contents.append([path.read_bytes() for path in files])
    assert all(before != after for before, after in zip(*contents, strict=True))


def test_a_session_does_not_wait_for_its_own_runs(tmp_path: Path) -> None:
    with study().open(tmp_path) as session:
        runs = session.offer(100).runs
        assert session.ask() is None
        session.fail(runs[0], "out of memory")
        assert session.ask() is None
        assert {record.failure is None for record in Store(tmp_path).records(None)} == {False}


def test_a_run_is_reserved_and_comes_back_after_its_lease(tmp_path: Path) -> None:
    one, other = study().open(tmp_path, lease=60), study().open(tmp_path, lease=60)
    keys = [session.offer(3).runs for session in (one, other)]
    assert len({run.key for runs in keys for run in runs}) == 6
    assert other.ask(wait=False) is None
    assert not other.offer(1).is_done
    # Leases that ended in the past.
    late = study().open(tmp_path, lease=1e-6)
    with Store(tmp_path, write=True) as store:
        entry = store.meta()["asked"]
        store.set_meta({"asked": {key: each | {"until": 0.0} for key, each in entry.items()}})
    again = late.offer(9).runs
    assert {run.key for run in again} == {run.key for runs in keys for run in runs}
    # The first one who tells counts, even after its lease.
    one.tell(keys[0][0], train(keys[0][0]))
    with raises("run-ended", StudyError, match=keys[0][0].key):
        late.tell(keys[0][0].key, {"error_rate": 0.9})
    assert table(tmp_path)[keys[0][0].size, keys[0][0].seed] == train(keys[0][0])["error_rate"]


def test_of_two_who_tell_of_one_run_at_once_one_is_stored(tmp_path: Path) -> None:
    run = study().open(tmp_path).ask()
    assert run is not None

    def told(error_rate: float) -> StudyError | float:
        try:
            tell(tmp_path, run.key, {"error_rate": error_rate})
        except StudyError as error:
            return error
        return error_rate

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(told, [0.1, 0.2, 0.3, 0.4]))
    refused = [each.code for each in answers if isinstance(each, StudyError)]
    assert refused == ["run-ended"] * 3
    assert list(table(tmp_path).values()) == [each for each in answers if isinstance(each, float)]


def test_reporting_extends_the_lease_and_becomes_the_history(tmp_path: Path) -> None:
    session = study().open(tmp_path, lease=100)
    run = session.ask()
    assert run is not None

    def until() -> float:
        with Store(tmp_path) as store:
            return float(store.meta()["asked"][run.key]["until"])

    with Store(tmp_path, write=True) as store:
        entry = store.meta()["asked"]
        store.set_meta({"asked": {run.key: entry[run.key] | {"until": time.time() + 10}}})
    run.report(1, loss=0.5)
    assert until() > time.time() + 90
    before = until()
    run.report(2, loss=0.4)
    assert until() == before  # Not written again before half of it is over.
    session.tell(run, train(run))
    with Store(tmp_path) as store:
        (record,) = store.records()
        assert record.history["loss"].tolist() == [0.5, 0.4]


def test_a_run_that_failed_is_recorded_with_its_reason_and_retried_by_run(tmp_path: Path) -> None:
    with study(sizes=[40, 80, 160]).open(tmp_path) as session:
        run = session.ask()
        assert run is not None
        session.fail(run, "the node was shut down")
        with raises("run-ended", StudyError, match="the node was shut down"):
            session.tell(run, train(run))
        while (each := session.ask()) is not None:
            session.tell(each, train(each))
    with Store(tmp_path) as store:
        (record,) = store.records("failed")
        assert record.failure is not None
        assert record.failure.message == "the node was shut down"
    study().run(tmp_path, progress=False, retry_failed=True)
    assert len(table(tmp_path)) == 6


@pytest.mark.parametrize(
    ("scores", "code"),
    [
        ({"error_rate": float("nan")}, "invalid-scores"),
        ({"error_rate": "low"}, "invalid-scores"),
        ({}, "invalid-scores"),
        ({"accuracy": 0.9}, "unknown-metric"),
    ],
)
def test_figures_that_are_refused_leave_the_run_reserved(
    tmp_path: Path, scores: dict[str, Any], code: str
) -> None:
    session = study().open(tmp_path)
    run = session.ask()
    assert run is not None
    with raises(code, StudyError):
        session.tell(run, scores)
    session.tell(run, train(run))
    assert len(table(tmp_path)) == 1


def test_without_a_metric_several_figures_are_refused(tmp_path: Path) -> None:
    session = study(metric=None).open(tmp_path)
    run = session.ask()
    assert run is not None
    with raises("metric-unclear", StudyError):
        session.tell(run, {"a": 1.0, "b": 2.0})


def test_a_run_that_nobody_asked_for_is_refused(tmp_path: Path) -> None:
    with raises("no-results", StudyError):
        tell(tmp_path, "0" * 32, {"error_rate": 0.1})
    assert list(tmp_path.iterdir()) == []
    study().open(tmp_path)
    with raises("unknown-run", StudyError):
        tell(tmp_path, "0" * 32, {"error_rate": 1.0})
    with raises("unknown-run", StudyError):
        fail(tmp_path, "x", "")


def test_what_dataworth_trains_itself_is_not_asked_for(tmp_path: Path) -> None:
    with raises("wrong-type", StudyError):
        Study(data="digits", model="linear", sizes=[40], seeds=1).open(tmp_path / "d")
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("lease", [0, -1, "soon", "5 runs"])
def test_a_lease_is_a_time(tmp_path: Path, lease: Any) -> None:
    with raises("value-out-of-range", StudyError):
        study().open(tmp_path, lease=lease)


def test_a_goal_plans_what_is_asked_for(tmp_path: Path) -> None:
    options = {"sizes": None, "seeds": None}
    goal, budget = dw.Goal(at=5_000, within=0.5), dw.Budget(runs=4)
    with study(**options).open(tmp_path, goal=goal, budget=budget) as session:
        sizes = []
        while (run := session.ask()) is not None:
            sizes.append(run.size)
            session.tell(run, train(run))
        offer = session.offer()
    assert 3 <= len(sizes) <= 4
    assert offer.is_done
    assert offer.stop is not None


def test_several_askers_at_once_share_the_runs(tmp_path: Path) -> None:
    def work(_: int) -> list[str]:
        keys = []
        with Session(study(sizes=[20, 40, 80, 160]).resolve(), tmp_path) as session:
            while (run := session.ask()) is not None:
                session.tell(run, train(run))
                keys.append(run.key)
        return keys

    with ThreadPoolExecutor(4) as pool:
        done = [key for keys in pool.map(work, range(4)) for key in keys]
    assert len(done) == len(set(done)) == 8
    assert len(table(tmp_path)) == 8


_ASKER = """
import os, sys, time
sys.path[:0] = {folders!r}
from test_session import study, train
from pathlib import Path

with study().open({directory!r}, lease=2.0) as session:
    while (run := session.ask()) is not None:
        print(run.key, flush=True)
        if sys.argv[1] == "silent":
            break
        time.sleep(60.0 if sys.argv[1] == "slow" else 0.0)
        session.tell(run, train(run))
"""


@pytest.mark.slow
def test_askers_that_are_killed_or_silent_lose_nothing(tmp_path: Path) -> None:
    here = Path(__file__).parent
    folders = [str(here), str(here.parent / "helpers")]
    code = _ASKER.format(folders=folders, directory=str(tmp_path / "runs"))

    def start(kind: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, kind]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    first = [start("slow"), start("slow"), start("silent")]
    for asker in first:
        assert asker.stdout is not None
        assert len(asker.stdout.readline().strip()) == 32
    askers = first + [start("quick") for _ in range(5)]
    for asker in askers[:2]:
        os.kill(asker.pid, signal.SIGKILL)
    for asker in askers:
        asker.wait(timeout=120)
    assert [asker.returncode for asker in askers] == [-9, -9, *[0] * 6]
    study().run(tmp_path / "alone", progress=False)
    assert table(tmp_path / "runs") == table(tmp_path / "alone")
