"""Runs that begin in this process and go on in others."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dataworth.execution import automatic
from dataworth.execution.automatic import Automatic
from dataworth.execution.base import CheckpointStore, Executor, Objective, StepListener
from dataworth.execution.processes import LocalProcesses
from dataworth.execution.serial import Serial
from dataworth.records.record import Record, RunKey
from dataworth.records.run import RunContext
from dataworth.testing.executors import (
    EXECUTOR_CHECKS,
    ExecutorCase,
    ExecutorCheck,
    MemoryCheckpoints,
    keys_of,
)

RUNS = keys_of(*range(1, 9))
Make = Callable[..., Automatic]


def make(
    objective: Objective,
    checkpoints: CheckpointStore,
    on_step: StepListener,
    folder: Path,
    *,
    refill: Callable[[], None] = lambda: None,
    notify: Callable[[str], None] = print,
    ahead: Callable[[], Executor] | None = None,
    gpus: Sequence[str] = (),
) -> Automatic:
    return Automatic(
        lambda listener: Serial(objective, checkpoints, listener, folder),
        lambda workers: LocalProcesses(objective, checkpoints, on_step, folder, workers, gpus=gpus),
        on_step,
        RUNS,
        lambda key: 1,
        2,
        refill,
        notify,
        len(gpus),
        ahead,
    )


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the start of a process count as nothing."""
    monkeypatch.setattr(automatic, "_START", (0.0, 0.0))


@pytest.mark.parametrize("check", EXECUTOR_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("moves", [True, False])
def test_conformance(
    moves: bool, check: ExecutorCheck, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if moves:
        request.getfixturevalue("eager")
    check(ExecutorCase(make, tmp_path / "work"))


def where(key: RunKey, context: RunContext) -> Record:
    """An objective that takes long by its record, and says in which process it was done."""
    return Record(key, {"loss": float(os.getpid())}, seconds=60.0 * key.size)


def quick(key: RunKey, context: RunContext) -> Record:
    return Record(key, {"loss": float(os.getpid())}, seconds=0.01)


def stepping(key: RunKey, context: RunContext) -> Record:
    """An objective whose steps tell how long it takes: 100 of 0.1 seconds, in the first process."""
    here = os.environ.get("DATAWORTH_TEST_PROCESS") == str(os.getpid())
    for step in range(1, 101):
        time.sleep(0.1 if here else 0.0)
        context.report(step, 100)
    return Record(key, {"loss": float(os.getpid())}, seconds=10.0)


def processes(executor: Executor, keys: list[RunKey]) -> dict[int, int]:
    for key in keys:
        executor.submit(key)
    try:
        return {each.key.size: int(each.scores["loss"]) for each in executor.outcomes()}
    finally:
        executor.close()


def test_short_runs_stay(tmp_path: Path) -> None:
    done = processes(make(quick, MemoryCheckpoints(), _ignore, tmp_path), RUNS)
    assert set(done.values()) == {os.getpid()}


def test_long_runs_move_as_soon_as_one_has_told(tmp_path: Path) -> None:
    executor = make(where, MemoryCheckpoints(), _ignore, tmp_path)
    assert executor.slots == 1
    done = processes(executor, RUNS)
    assert executor.slots == 2
    assert [size for size, process in done.items() if process == os.getpid()] == [1]
    assert len(set(done.values())) == 3


@pytest.mark.parametrize("seconds", [60.0, 0.01], ids=["taken", "discarded"])
def test_a_process_is_made_ready_during_the_first_run(
    eager: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    made: list[LocalProcesses] = []
    checkpoints = MemoryCheckpoints()

    def slow(key: RunKey, context: RunContext) -> Record:
        until = time.monotonic() + (60 if key.size == 1 else 0)
        while not (made and made[0].processes) and time.monotonic() < until:
            time.sleep(0.01)
        return Record(key, {"loss": float(os.getpid())}, seconds=seconds)

    def ahead() -> LocalProcesses:
        made.append(LocalProcesses(where, checkpoints, _ignore, tmp_path, 2))
        made[-1].start_one()
        return made[-1]

    if seconds < 1:
        # The first run takes longer by the clock than by its record, which decides.
        monkeypatch.setattr(automatic, "_START", (0.2, 0.2))
    executor = make(slow, checkpoints, _ignore, tmp_path, ahead=ahead)
    done = processes(executor, RUNS)
    assert len(made) == 1
    here = [size for size, process in done.items() if process == os.getpid()]
    assert here == ([1] if seconds > 1 else [key.size for key in RUNS])
    assert not made[0].processes


def test_a_long_run_is_begun_again_elsewhere_and_more_runs_are_asked_for(
    eager: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAWORTH_TEST_PROCESS", str(os.getpid()))
    first, *others = RUNS
    executor: Automatic = make(
        stepping,
        MemoryCheckpoints(),
        _ignore,
        tmp_path,
        refill=lambda: list(map(executor.submit, others)).clear(),
    )
    done = processes(executor, [first])
    assert sorted(done) == [key.size for key in RUNS]
    assert os.getpid() not in done.values()


def test_what_cannot_be_handed_over_stays(eager: None, tmp_path: Path) -> None:
    notices: list[str] = []
    objective = lambda key, context: where(key, context)  # noqa: E731
    executor = make(objective, MemoryCheckpoints(), _ignore, tmp_path, notify=notices.append)
    done = processes(executor, RUNS)
    assert set(done.values()) == {os.getpid()}
    assert len(done) == len(RUNS)
    assert len(notices) == 1


def test_what_other_processes_cannot_load_stays(
    eager: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "objective_of_this_process.py").write_text(
        "import os\nfrom dataworth.records.record import Record\n"
        f"assert os.getpid() == {os.getpid()}\n\n\ndef run(key, context):\n"
        "    return Record(key, {'loss': float(os.getpid())}, seconds=60.0)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import objective_of_this_process as module  # type: ignore[import-not-found]

    notices: list[str] = []
    checkpoints = MemoryCheckpoints()
    executor = make(module.run, checkpoints, _ignore, tmp_path / "work", notify=notices.append)
    done = processes(executor, RUNS)
    assert set(done.values()) == {os.getpid()}
    assert len(done) == len(RUNS)
    assert len(notices) == 1
    assert executor.slots == 1


def test_runs_on_a_gpu_stay(eager: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automatic, "uses_gpu", lambda: True)
    notices: list[str] = []
    executor = make(where, MemoryCheckpoints(), _ignore, tmp_path, notify=notices.append)
    assert set(processes(executor, RUNS).values()) == {os.getpid()}
    assert len(notices) == 1


def visible_gpu(key: RunKey, context: RunContext) -> Record:
    """Takes the number of the visible GPU as its loss, and long enough for all processes."""
    time.sleep(0.5)
    return Record(key, {"loss": float(os.environ.get("CUDA_VISIBLE_DEVICES", -1))}, seconds=60.0)


def test_each_gpu_has_a_process(
    eager: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automatic, "uses_gpu", lambda: True)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    executor = make(visible_gpu, MemoryCheckpoints(), _ignore, tmp_path, gpus=("5", "6", "7"))
    seen = processes(executor, RUNS)
    assert executor.slots == 3
    assert seen[1] == -1
    assert {seen[size] for size in range(2, 9)} == {5, 6, 7}


def test_more_processes_than_gpus_share_them(tmp_path: Path) -> None:
    executor = LocalProcesses(
        visible_gpu, MemoryCheckpoints(), _ignore, tmp_path, 3, gpus=("1", "2")
    )
    seen = processes(executor, RUNS[:3])
    assert sorted(seen.values()) in ([1, 1, 2], [1, 2, 2])


@pytest.mark.skipif(not Path("/proc/meminfo").is_file(), reason="memory is not listed here")
def test_a_second_process_starts_once_the_memory_of_the_first_is_known_to_fit(
    tmp_path: Path,
) -> None:
    # More than any machine has.
    listed = partial(LocalProcesses, workers=2, memory=lambda: 1 << 60)
    executor = listed(lasting, MemoryCheckpoints(), _ignore, tmp_path)
    for key in RUNS:
        executor.submit(key)
    done = [int(record.scores["loss"]) for record in executor.outcomes()]
    executor.close()
    assert len(set(done)) == 2
    # A process that started with the first would have done one of the first two runs.
    assert len(set(done[:2])) == 1


def lasting(key: RunKey, context: RunContext) -> Record:
    """An objective that lasts longer than a process takes to start after two runs."""
    time.sleep(0.1 if key.size < 3 else 1.0)
    return quick(key, context)


def _ignore(*_: Any) -> None:
    pass
