import pytest

from dataworth.learners.base import Epoch
from dataworth.observers.eta import EtaEstimator, clock
from dataworth.records.record import Run

RUNS = [Run(100, 0, "a"), Run(100, 1, "b"), Run(300, 0, "c")]
WORK = [1_000, 1_000, 3_000]
EPOCHS = 10


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clocked(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("time.monotonic", made)
    return made


def _train(pace: EtaEstimator, clocked: Clock, run: Run, first: int, last: int) -> None:
    """Train some epochs at 100 samples a second."""
    for number in range(first, last + 1):
        clocked.now += run.size / 100
        pace.epoch(run, Epoch(number, 1, run.size, 0.5, 1.0), EPOCHS)


def test_time_and_share_of_a_study_that_runs_through(clocked: Clock) -> None:
    pace = EtaEstimator(RUNS, [], WORK)
    assert (pace.share, pace.seconds_left, pace.waiting) == (0.0, None, 3)
    _train(pace, clocked, RUNS[0], 1, 5)
    assert pace.share == pytest.approx(0.1)
    assert pace.seconds_left == pytest.approx(45)
    for run, first in zip(RUNS, (6, 1, 1), strict=True):
        _train(pace, clocked, run, first, EPOCHS)
        pace.finished(run)
    assert (pace.share, pace.seconds_left, pace.waiting) == (1.0, 0.0, 0)


def test_what_was_trained_before_counts_neither_as_done_nor_as_left(clocked: Clock) -> None:
    pace = EtaEstimator(RUNS, [RUNS[0]], WORK)
    assert pace.left == 4_000
    _train(pace, clocked, RUNS[1], 9, 10)
    pace.finished(RUNS[1])
    assert pace.done == pytest.approx(200)
    assert pace.left == pytest.approx(3_000)
    assert pace.seconds_left == pytest.approx(30)


def test_runs_to_come_are_expected_to_stop_as_early_as_those_that_ended(clocked: Clock) -> None:
    pace = EtaEstimator(RUNS, [], WORK)
    _train(pace, clocked, RUNS[0], 1, 4)
    pace.finished(RUNS[0])
    assert pace.left == pytest.approx(0.4 * 4_000)
    assert pace.seconds_left == pytest.approx(16)
    assert pace.share == pytest.approx(0.2)
    _train(pace, clocked, RUNS[1], 1, 6)
    assert pace.left == pytest.approx(0.4 * 3_000)
    pace.finished(RUNS[1])
    assert pace.left == pytest.approx(0.5 * 3_000)
    _train(pace, clocked, RUNS[2], 1, 3)
    pace.finished(RUNS[2])
    assert (pace.share, pace.left) == (1.0, 0.0)


def test_the_speed_is_that_of_the_last_half_minute(clocked: Clock) -> None:
    pace = EtaEstimator(RUNS, [], WORK)
    clocked.now += 100
    _train(pace, clocked, RUNS[2], 1, 10)
    _train(pace, clocked, RUNS[0], 1, 10)
    assert pace.seconds_left == pytest.approx(10)


def test_a_learner_that_tells_of_no_epochs(clocked: Clock) -> None:
    pace = EtaEstimator(RUNS, [], WORK)
    clocked.now += 10
    pace.finished(RUNS[0])
    assert pace.share == pytest.approx(0.2)
    assert pace.seconds_left == pytest.approx(40)


def test_clock() -> None:
    assert [clock(5.4), clock(60), clock(3_661)] == ["0:05", "1:00", "1:01:01"]
