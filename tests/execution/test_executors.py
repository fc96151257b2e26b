import contextlib
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises
from nearest_mean import NearestMean
from sklearn.linear_model import LogisticRegression

from dataworth.data.dataset import Dataset
from dataworth.errors import StudyError
from dataworth.execution.base import Context, Executor
from dataworth.execution.processes import LocalProcesses
from dataworth.execution.serial import Serial
from dataworth.execution.shares import shares_of_cores
from dataworth.execution.sharing import dump_sharing_arrays
from dataworth.learners.keras.backend import load_keras
from dataworth.records.record import RunKey
from dataworth.study.resolved import ResolvedStudy
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

EXECUTORS: dict[str, tuple[Callable[..., Executor], bool]] = {
    "serial": (Serial, False),
    "one process": (partial(LocalProcesses, workers=1), True),
    "two processes": (partial(LocalProcesses, workers=2), True),
}


@pytest.fixture(scope="module")
def resolved(digits: Dataset) -> ResolvedStudy:
    return Study(data=digits, model="mlp:16", sizes=[50], seeds=2, epochs=2).resolve()


@pytest.fixture(scope="module")
def quick(digits: Dataset) -> ResolvedStudy:
    """Runs that need no heavy library, where processes are looked at and not figures."""
    return Study(data=digits, model=NearestMean(), sizes=[500, 900], seeds=2).resolve()


@pytest.mark.parametrize("check", EXECUTOR_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", EXECUTORS)
def test_conformance(name: str, check: ExecutorCheck, tmp_path: Path) -> None:
    make, isolates = EXECUTORS[name]
    check(ExecutorCase(make, tmp_path / "work", isolates))


def perform(make: Callable[..., Executor], study: ResolvedStudy, folder: Path) -> dict[RunKey, Any]:
    steps: list[tuple[RunKey, int]] = []
    executor = make(
        study.objective,
        MemoryCheckpoints(),
        lambda key, step, *_: steps.append((key, step)),
        folder,
    )
    try:
        for key in study.runs():
            executor.submit(key)
        scores = {record.key: record.scores for record in executor.outcomes()}
    finally:
        executor.close()
    # A network reports step 0 before it is compiled.
    done = [(key, number) for key, number in steps if number]
    assert set(done) == {(key, number) for key in scores for number in (1, 2)}
    assert len(done) == 2 * len(scores)
    return scores


@pytest.mark.slow
def test_all_executors_give_the_same_figures_to_the_bit(
    resolved: ResolvedStudy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    alone = perform(Serial, resolved, tmp_path)
    # The workers compile the programs again, for their share of the cores.
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    assert set(alone) == set(resolved.runs())
    assert perform(partial(LocalProcesses, workers=2), resolved, tmp_path) == alone


@pytest.mark.slow
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
    asked = own.resolve()
    assert "KERAS_BACKEND" not in os.environ
    one = perform(partial(LocalProcesses, workers=1), asked, tmp_path / "work")
    assert one == perform(Serial, asked, tmp_path / "work")


def test_modules_of_the_current_folder_do_not_shadow_the_standard_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("queue", "random", "shutil", "numbers"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    case = ExecutorCase(partial(LocalProcesses, workers=2), tmp_path / "work")
    records = case.outcomes(plain, keys_of(1, 2))
    assert [record.status for record in records] == ["finished", "finished"]
    assert not (tmp_path / "imported").exists()


def test_closing_ends_the_processes(quick: ResolvedStudy, tmp_path: Path) -> None:
    before = set(_children())
    executor = LocalProcesses(quick.objective, MemoryCheckpoints(), _ignore, tmp_path, 2)
    for key in quick.runs():
        executor.submit(key)
    next(executor.outcomes())
    workers = set(_children()) - before
    assert len(workers) == 2
    executor.close()
    assert not workers & set(_children())


def test_a_killed_process_is_named_replaced_and_costs_its_run(tmp_path: Path) -> None:
    before = set(_children())

    def kill(key: RunKey, *_: Any) -> None:
        if key.size == 1:
            for child in set(_children()) - before:
                os.kill(child, signal.SIGKILL)

    case = ExecutorCase(partial(LocalProcesses, workers=1), tmp_path)
    records = {r.key.size: r for r in case.outcomes(waiting, keys_of(1, 2), listener=kill)}
    failure = records[1].failure
    assert failure is not None
    assert failure.kind == "killed"
    assert "SIGKILL" in failure.message
    assert records[2].status == "finished"


@pytest.mark.parametrize(("kills", "code"), [(2, ""), (3, "worker-did-not-start")])
def test_a_process_that_is_killed_before_its_first_run_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kills: int, code: str
) -> None:
    started = LocalProcesses._started
    count = 0

    def killed(self: LocalProcesses, cores: list[int]) -> Any:
        nonlocal count
        worker = started(self, cores)
        count += 1
        if count <= kills:
            worker.process.kill()
        return worker

    monkeypatch.setattr(LocalProcesses, "_started", killed)
    case = ExecutorCase(partial(LocalProcesses, workers=1), tmp_path)
    with raises(code, StudyError, "SIGKILL") if code else nullcontext():
        assert [record.status for record in case.outcomes(plain, keys_of(1, 2))] == ["finished"] * 2


def test_each_death_is_told_apart(tmp_path: Path) -> None:
    case = ExecutorCase(partial(LocalProcesses, workers=1), tmp_path)
    records = case.outcomes(dying, keys_of(2, 2, 1))
    assert [record.status for record in records] == ["failed", "failed", "finished"]
    failures = [record.failure.message for record in records if record.failure is not None]
    assert all("exit code 7" in message for message in failures)


@pytest.mark.parametrize("model", ["function", pytest.param("linear", marks=pytest.mark.slow)])
def test_workers_end_with_a_killed_main_process_and_leave_nothing(
    model: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "dataworth.cli.main", "run", "--data", "digits"]
    command += ["--sizes", "1000", "--seeds", "2", "--workers", "2", "--out", "run"]
    if model == "function":
        (tmp_path / "waiting_to_be_killed.py").write_text(
            "import time\n\n\ndef train(run):\n    time.sleep(600)\n"
        )
        command += ["--model", "waiting_to_be_killed:train", "--metric", "loss"]
    else:
        command += ["--model", model, "--epochs", "1000000"]
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = os.environ | {"TMPDIR": str(temporary)}
    main = subprocess.Popen(command, env=environment, cwd=tmp_path)
    _wait_for(lambda: len(_children(main.pid)) == 2)
    workers = _children(main.pid)
    assert list(temporary.iterdir())
    main.kill()
    main.wait()
    _wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    _wait_for(lambda: not list(temporary.iterdir()))


def test_folders_of_processes_that_are_gone_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / f"dataworth-{gone.pid}-abc").mkdir()
    (tmp_path / f"dataworth-{os.getpid()}-abc").mkdir()
    LocalProcesses(plain, MemoryCheckpoints(), _ignore, tmp_path / "work", 1).close()
    assert [path.name for path in tmp_path.iterdir()] == [f"dataworth-{os.getpid()}-abc"]


def test_no_place_for_temporary_files_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    with raises("disk-full", StudyError, "TMPDIR"):
        LocalProcesses(plain, MemoryCheckpoints(), _ignore, tmp_path, 2)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="cores cannot be chosen here")
def test_cores_are_divided_without_rest_or_overlap() -> None:
    cores = sorted(os.sched_getaffinity(0))
    for workers in range(1, len(cores) + 1):
        shares = shares_of_cores(workers)
        assert sorted(core for share in shares for core in share) == cores
        assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert all(len(share) == 1 for share in shares_of_cores(3 * len(cores)))


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="cores cannot be chosen here")
@pytest.mark.parametrize("lends_cores", [True, False])
def test_the_last_run_has_all_cores_where_they_may_be_lent(
    lends_cores: bool, quick: ResolvedStudy, tmp_path: Path
) -> None:
    before = set(_children())
    shares: list[list[int]] = []

    def look(*_: Any) -> None:
        for child in set(_children()) - before:
            threads = Path(f"/proc/{child}/task").iterdir()
            shares.extend(sorted(os.sched_getaffinity(int(each.name))) for each in threads)

    make = partial(LocalProcesses, workers=2, lends_cores=lends_cores)
    executor = make(quick.objective, MemoryCheckpoints(), look, tmp_path)
    executor.submit(quick.runs()[-1])
    list(executor.outcomes())
    executor.close()
    expected = shares_of_cores(1 if lends_cores else 2)[0]
    assert {tuple(share) for share in shares} == {tuple(expected)}


def test_more_processes_than_cores_do_all_runs(tmp_path: Path) -> None:
    case = ExecutorCase(partial(LocalProcesses, workers=5), tmp_path / "work")
    records = case.outcomes(plain, keys_of(*range(1, 9)))
    assert sorted(record.key.size for record in records) == list(range(1, 9))


@pytest.mark.slow
@pytest.mark.parametrize("model", ["mlp:512", "cnn", "estimator"])
def test_figures_do_not_depend_on_the_share_of_the_cores(
    model: str, digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A user who sets no number of threads.
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    given = LogisticRegression(tol=0.01) if model == "estimator" else model
    epochs = None if model == "estimator" else 2
    study = Study(data=digits, model=given, sizes=[600, 1000], seeds=1, epochs=epochs).resolve()
    alone = _scores(Serial, study, tmp_path)
    fixed = partial(LocalProcesses, workers=2, lends_cores=False)
    assert _scores(fixed, study, tmp_path) == alone


def _scores(make: Callable[..., Executor], study: ResolvedStudy, folder: Path) -> dict[int, Any]:
    case = ExecutorCase(make, folder)
    return {each.key.size: each.scores for each in case.outcomes(study.objective, study.runs())}


def test_large_arrays_are_mapped_not_copied(tmp_path: Path) -> None:
    big = np.arange(1 << 20, dtype=np.uint8).reshape(-1, 1024)
    np.save(tmp_path / "big.npy", big)
    mapped = np.load(tmp_path / "big.npy", mmap_mode="r")
    dump_sharing_arrays({"mapped": mapped, "held": big, "small": np.ones(3)}, tmp_path / "p")
    assert (tmp_path / "p").stat().st_size < 20_000
    with (tmp_path / "p").open("rb") as file:
        assert pickle.load(file) == sys.path
        back = pickle.load(file)
    assert isinstance(back["mapped"], np.memmap)
    assert isinstance(back["held"], np.memmap)
    assert (back["mapped"] == big).all()
    assert (back["held"] == big).all()
    assert back["small"].tolist() == [1, 1, 1]


def test_what_is_defined_in_the_script_cannot_be_handed_over(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(shape: tuple[int, ...], classes: int) -> Any:
        keras = load_keras()
        return keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(classes, "softmax")])

    monkeypatch.setattr(build, "__module__", "__main__")
    objective = Study(data=digits, model=build, sizes=[50], seeds=1).resolve().objective
    with raises("not-picklable", StudyError, "(script|notebook)"):
        LocalProcesses(objective, MemoryCheckpoints(), _ignore, tmp_path, 2)


def test_checkpoints_are_stored_every_few_seconds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    stored: list[int] = []
    context = Context(
        tmp_path, None, lambda history, state: stored.append(int(history["n"][0])), print
    )
    for number in range(1, 13):
        now[0] += 1.0
        context.save_checkpoint({"n": np.array([float(number)])}, {})
    assert stored == [5, 10]


def test_reported_figures_become_columns(tmp_path: Path) -> None:
    context = Context(tmp_path, None, lambda *_: None, lambda *_: None)
    context.report(1, loss=1.0)
    context.report(2, loss=0.5, accuracy=0.9)
    context.report(3, accuracy=0.95)
    columns = {name: column.tolist() for name, column in context.history().items()}
    np.testing.assert_equal(
        columns,
        {"step": [1, 2, 3], "loss": [1.0, 0.5, np.nan], "accuracy": [np.nan, 0.9, 0.95]},
    )


def _ignore(*_: Any) -> None:
    pass


def _wait_for(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < until, "it did not happen within a minute"
        time.sleep(0.05)


def _children(parent: int | None = None) -> list[int]:
    task = Path(f"/proc/{parent or os.getpid()}/task")
    if not task.is_dir():
        pytest.skip("the children of a process cannot be listed here")
    children: list[int] = []
    for thread in task.iterdir():
        # A thread may end in between.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            children += map(int, (thread / "children").read_text().split())
    return children
