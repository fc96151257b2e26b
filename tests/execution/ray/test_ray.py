"""Runs on Ray clusters: one on this machine, and one of several nodes of which one is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises
from nearest_mean import NearestMean

from dataworth.data.dataset import Dataset
from dataworth.errors import StudyError
from dataworth.execution.base import CheckpointStore, Executor, Objective, StepListener
from dataworth.execution.ray import Ray
from dataworth.records.record import Record, RunKey
from dataworth.records.run import RunContext
from dataworth.study.spec import Study
from dataworth.testing.executors import (
    EXECUTOR_CHECKS,
    ExecutorCase,
    ExecutorCheck,
    MemoryCheckpoints,
    dying,
    keys_of,
    plain,
    waiting,
)

ray = pytest.importorskip("ray", reason="needs the extra ray")


@pytest.fixture(scope="module")
def local() -> Iterator[None]:
    """A cluster on this machine, which all executors of a test use."""
    path = os.pathsep.join(sys.path)
    os.environ["PYTHONPATH"] = path
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def executor(
    objective: Objective,
    checkpoints: CheckpointStore,
    on_step: StepListener,
    folder: Path,
    time_limit: float | None = None,
    **options: Any,
) -> Executor:
    settings = Ray(**{"retries": 1, **options})
    return settings.executor(objective, checkpoints, on_step, folder, time_limit)


@pytest.mark.parametrize("check", EXECUTOR_CHECKS, ids=lambda check: check.__name__)
def test_conformance(check: ExecutorCheck, local: None, tmp_path: Path) -> None:
    check(ExecutorCase(executor, tmp_path / "work", isolates=True))


def test_a_run_that_ends_its_process_is_tried_as_often_as_asked(
    local: None, tmp_path: Path
) -> None:
    case = ExecutorCase(partial(executor, retries=2), tmp_path)
    (record,) = case.outcomes(dying, keys_of(2))
    assert record.failure is not None
    assert record.failure.kind == "killed"
    assert "3 times" in record.failure.message


def test_a_run_over_the_time_limit_is_cancelled(local: None, tmp_path: Path) -> None:
    case = ExecutorCase(partial(executor, time_limit=3.0), tmp_path)
    records = {each.key.size: each for each in case.outcomes(waiting, keys_of(1, 2))}
    failure = records[1].failure
    assert failure is not None
    assert failure.kind == "timeout"
    assert records[2].status == "finished"


def test_many_steps_arrive_in_order_and_checkpoints_are_stored(local: None, tmp_path: Path) -> None:
    steps: list[int] = []
    checkpoints = MemoryCheckpoints()
    case = ExecutorCase(executor, tmp_path)
    case.outcomes(
        stepping,
        keys_of(1),
        checkpoints=checkpoints,
        listener=lambda key, step, *_: steps.append(step),
    )
    assert steps == list(range(1, 61))
    ((_, state),) = checkpoints.stored.values()
    assert state["step"].tolist() == [60.0]


def stepping(key: RunKey, context: RunContext) -> Record:
    """An objective of 60 steps in six seconds."""
    for step in range(1, 61):
        time.sleep(0.1)
        context.report(step, 60)
        context.save_checkpoint({}, {"step": np.array([60.0])})
    return Record(key, {"loss": 1.0})


def test_a_study_has_the_same_figures_as_in_this_process(
    local: None, digits: Dataset, tmp_path: Path
) -> None:
    study = Study(digits, NearestMean(), sizes=[200, 500, 900], seeds=2)
    here = study.run(tmp_path / "here", workers=1)
    for name, there in {"store": Ray(), "shared": Ray(shared=tmp_path)}.items():
        study.run(tmp_path / name, executor=there)
        table = (tmp_path / name / "curve.csv").read_bytes()
        assert table == (tmp_path / "here" / "curve.csv").read_bytes()
    assert len(here) == 6
    assert not list(tmp_path.glob("dataworth-*"))


def test_data_are_mapped_from_the_object_store(local: None, tmp_path: Path) -> None:
    case = ExecutorCase(executor, tmp_path)
    records = case.outcomes(Holding(np.ones((1 << 20, 4))), keys_of(1, 2))
    assert [record.scores["writeable"] for record in records] == [0.0, 0.0]


class Holding:
    """An objective with an array; one that is shared cannot be written to."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __call__(self, key: RunKey, context: RunContext) -> Record:
        return Record(key, {"writeable": float(self.array.flags.writeable)})


def test_what_cannot_be_sent_or_loaded_is_refused(
    local: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = ExecutorCase(executor, tmp_path)
    handle = (tmp_path / "file").open("w")
    with raises("not-picklable", StudyError):
        case.outcomes(partial(_with, handle), keys_of(1))
    handle.close()
    (tmp_path / "objective_of_the_driver.py").write_text(
        f"import os\nassert os.getpid() == {os.getpid()}\n\n\ndef run(key, context):\n    pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import objective_of_the_driver as module  # type: ignore[import-not-found]

    with raises("not-picklable", StudyError, "working_dir"):
        case.outcomes(module.run, keys_of(1))


def _with(handle: Any, key: RunKey, context: RunContext) -> Record:
    return plain(key, context)


def test_more_than_a_node_has_is_refused(local: None, tmp_path: Path) -> None:
    for settings, named in (
        ({"cores": 99}, "99 cores"),
        ({"gpus": 1}, "1 GPUs"),
        ({"memory": 10**18}, "1,000,000,000,000,000,000 bytes"),
    ):
        with raises("cluster-too-small", StudyError, named):
            executor(plain, MemoryCheckpoints(), print, tmp_path, **settings)
    with raises("value-out-of-range", StudyError, "cores"):
        Ray(cores=-1)
    with raises("value-out-of-range", StudyError, "runs"):
        Ray(runs=0)


def test_a_shared_folder_that_is_not_there_is_named(local: None, tmp_path: Path) -> None:
    with raises("file-not-writable", StudyError, "absent"):
        executor(plain, MemoryCheckpoints(), print, tmp_path, shared=tmp_path / "absent")


NODES = """
import os, signal, sys, threading
from pathlib import Path
import numpy as np
import ray
from ray.cluster_utils import Cluster
import dataworth as dw
from dataworth.observers.base import Observer
from slow_mean import SlowMean

folder = Path(sys.argv[1])
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
cluster.wait_for_nodes()
ray.init(cluster.address, log_to_driver=False, logging_level="fatal")


class Killing(Observer):
    steps = done = 0

    def on_step(self, key, step, of, values):
        self.steps += 1
        if self.steps == 3:
            # Without leave, in the middle of a run.
            here = ray.get_runtime_context().get_node_id()
            lost = next(node for node in nodes if node.node_id != here)
            cluster.remove_node(lost, allow_graceful=False)

    def on_record(self, record):
        self.done += 1


observer = Killing()
study = dw.Study("digits", SlowMean(), sizes=[100, 300, 900], seeds=3)
curve = study.run(folder / "cluster", executor=dw.Ray("auto"), progress=observer)
alive = sum(node["Alive"] for node in ray.nodes())
print("RESULT", observer.done, alive, len(curve))
ray.shutdown()
cluster.shutdown()
"""

SLOW = """
import time
from nearest_mean import NearestMean


class SlowMean(NearestMean):
    def fit(self, request, context):
        for step in range(1, 5):
            context.report(step, 4)
            time.sleep(0.5)
        return super().fit(request, context)
"""


@pytest.mark.slow
def test_a_node_that_is_killed_costs_no_run(tmp_path: Path) -> None:
    (tmp_path / "slow_mean.py").write_text(SLOW)
    (tmp_path / "nodes.py").write_text(NODES)
    helpers = Path(__file__).parents[2] / "helpers"
    path = os.pathsep.join([str(tmp_path), str(helpers), *sys.path])
    done = subprocess.run(
        [sys.executable, str(tmp_path / "nodes.py"), str(tmp_path)],
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    assert line.split()[1:] == ["9", "2", "9"]
    here = Study("digits", NearestMean(), sizes=[100, 300, 900], seeds=3)
    here.run(tmp_path / "here", workers=1)
    table = (tmp_path / "cluster" / "curve.csv").read_bytes()
    assert table == (tmp_path / "here" / "curve.csv").read_bytes()


@pytest.mark.slow
def test_ctrl_c_stops_the_cluster_of_a_study(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dataworth.cli.main", "run", "--data", "digits"]
    command += ["--model", "linear", "--sizes", "1000", "--seeds", "2", "--epochs", "1000000"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    study = subprocess.Popen(
        [*command, "--ray", "local", "--out", str(tmp_path / "run"), "--log", str(tmp_path / "l")],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 300
    while not (tmp_path / "l").exists() or '"step"' not in (tmp_path / "l").read_text():
        assert time.monotonic() < until
        assert study.poll() is None
        time.sleep(0.2)
    study.send_signal(signal.SIGINT)
    _, errors = study.communicate(timeout=200)
    assert study.returncode == 130
    assert "Traceback" not in errors
    assert "--ray local" in errors
