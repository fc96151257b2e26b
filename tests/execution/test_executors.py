import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from errors import raises
from nearest_mean import NearestMean

from dataworth.data.dataset import Dataset
from dataworth.errors import StudyError
from dataworth.execution.base import Executor, RunCheckpoints
from dataworth.execution.processes import LocalProcesses, dump_sharing_arrays, shares_of_cores
from dataworth.execution.serial import InProcess
from dataworth.learners.base import Arrays, Epoch
from dataworth.learners.keras.backend import load_keras
from dataworth.records.record import Run
from dataworth.study.resolved import Experiment
from dataworth.study.run import prepare
from dataworth.study.spec import Study


class Memory:
    """Checkpoints in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[Sequence[Epoch], Arrays]] = {}

    def load_checkpoint(self, key: str) -> tuple[Sequence[Epoch], Arrays] | None:
        return self.kept.get(key)

    def save_checkpoint(self, key: str, history: Sequence[Epoch], state: Arrays) -> None:
        self.kept[key] = (history, state)


@pytest.fixture(scope="module")
def experiment(digits: Dataset) -> Experiment:
    return prepare(Study(data=digits, model="mlp:16", sizes=[50, 90], seeds=2, epochs=2))


@pytest.fixture(scope="module")
def quick(digits: Dataset) -> Experiment:
    """Runs that need no heavy library, where processes are looked at and not figures."""
    return prepare(Study(data=digits, model=NearestMean(), sizes=[500, 900], seeds=2))


def perform(executor: Executor, experiment: Experiment) -> dict[Run, float]:
    epochs: list[tuple[Run, int]] = []
    records = executor.perform(
        experiment,
        experiment.runs(),
        Memory(),
        lambda run, epoch, _: epochs.append((run, epoch.number)),
    )
    losses = {record.run: record.scores.loss for record in records}
    assert set(epochs) == {(run, number) for run in losses for number in (1, 2)}
    assert len(epochs) == 2 * len(losses)
    return losses


def test_all_executors_give_the_same_figures_to_the_bit(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = perform(InProcess(), experiment)
    # The workers compile anew, for their share of the cores.
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    assert set(alone) == set(experiment.runs())
    assert perform(LocalProcesses(2), experiment) == alone


def test_a_builder_whose_module_imports_keras_works_in_other_processes(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "networks_of_builders.py").write_text(
        "import keras\n\n\ndef net(shape, classes):\n    return keras.Sequential("
        "[keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(classes)])\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    load_keras()
    # As where Keras is told its backend by keras.json, or by a variable that is gone since.
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    own = Study(data=digits, model="networks_of_builders:net", sizes=[50], seeds=1, epochs=2)
    asked = prepare(own)
    assert "KERAS_BACKEND" not in os.environ
    assert perform(LocalProcesses(1), asked) == perform(InProcess(), asked)


def test_closing_ends_the_processes(quick: Experiment) -> None:
    before = set(_children())
    records = LocalProcesses(2).perform(quick, quick.runs(), Memory(), lambda *_: None)
    next(records)
    workers = set(_children()) - before
    assert len(workers) == 2
    records.close()  # type: ignore[attr-defined]
    assert not workers & set(_children())


def test_a_killed_worker_is_named_with_its_run(quick: Experiment) -> None:
    before = set(_children())

    def kill(run: Run, epoch: Epoch, epochs: int) -> None:
        for child in set(_children()) - before:
            os.kill(child, signal.SIGKILL)

    with raises("worker-died", StudyError, "signal 9"):
        list(LocalProcesses(1).perform(quick, quick.runs(), Memory(), kill))


def test_workers_end_with_a_killed_main_process_and_leave_nothing(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "dataworth.cli.main",
        "run",
        "--data",
        "digits",
        "--model",
        "linear",
    ]
    command += ["--sizes", "1000", "--seeds", "2", "--epochs", "1000000", "--workers", "2"]
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = os.environ | {"TMPDIR": str(temporary)}
    main = subprocess.Popen([*command, "--out", str(tmp_path / "run")], env=environment)
    _wait_for(lambda: len(_children(main.pid)) == 2)
    workers = _children(main.pid)
    assert list(temporary.iterdir())
    main.kill()
    main.wait()
    _wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    _wait_for(lambda: not list(temporary.iterdir()))


def test_no_place_for_temporary_files_is_named(
    experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    with raises("file-not-writable", StudyError, "TMPDIR"):
        perform(LocalProcesses(2), experiment)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="cores cannot be chosen here")
def test_cores_are_divided_without_rest_or_overlap() -> None:
    cores = sorted(os.sched_getaffinity(0))
    for workers in range(1, len(cores) + 1):
        shares = shares_of_cores(workers)
        assert sorted(core for share in shares for core in share) == cores
        assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert all(len(share) == 1 for share in shares_of_cores(3 * len(cores)))


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="cores cannot be chosen here")
def test_the_last_run_of_a_stopped_study_has_the_cores_it_would_have_had(
    quick: Experiment,
) -> None:
    before = set(_children())
    shares: list[list[int]] = []

    def look(run: Run, epoch: Epoch, epochs: int) -> None:
        shares.extend(sorted(os.sched_getaffinity(child)) for child in set(_children()) - before)

    list(LocalProcesses(2).perform(quick, quick.runs()[-1:], Memory(), look))
    assert shares == shares_of_cores(2)[:1]


def test_large_arrays_are_mapped_not_copied(tmp_path: Path) -> None:
    import pickle

    big = np.arange(1 << 20, dtype=np.uint8).reshape(-1, 1024)
    np.save(tmp_path / "big.npy", big)
    mapped = np.load(tmp_path / "big.npy", mmap_mode="r")
    dump_sharing_arrays({"mapped": mapped, "held": big, "small": np.ones(3)}, tmp_path / "p")
    assert (tmp_path / "p").stat().st_size < 2_000
    back = pickle.loads((tmp_path / "p").read_bytes())
    assert isinstance(back["mapped"], np.memmap)
    assert isinstance(back["held"], np.memmap)
    assert (back["mapped"] == big).all()
    assert (back["held"] == big).all()
    assert back["small"].tolist() == [1, 1, 1]


def test_what_lives_in_the_script_cannot_be_handed_over(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build() -> None: ...

    monkeypatch.setattr(build, "__module__", "__main__")
    broken = Study(data=experiment.dataset, model=build, sizes=[50], seeds=1)
    with raises("not-picklable", StudyError, "workers.*(script|notebook)"):
        next(LocalProcesses(2).perform(prepare(broken), experiment.runs(), Memory(), print))


def test_checkpoints_are_kept_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    kept: list[int] = []
    checkpoints = RunCheckpoints(None, lambda history, state: kept.append(len(history)))
    for number in range(1, 13):
        now[0] += 1.0
        checkpoints.save([Epoch(1, 1, 1, 1.0, 1.0)] * number, {})
    assert kept == [5, 10]


def _wait_for(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < until, "it did not happen within a minute"
        time.sleep(0.05)


def _children(parent: int | None = None) -> list[int]:
    task = Path(f"/proc/{parent or os.getpid()}/task")
    if not task.is_dir():
        pytest.skip("the children of a process cannot be listed here")
    texts = [(each / "children").read_text() for each in task.iterdir()]
    return [int(pid) for text in texts for pid in text.split()]
