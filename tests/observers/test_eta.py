import pytest

from dataworth.observers.eta import EtaEstimator
from dataworth.records.record import RunKey

RUNS = [RunKey("m", 100, 0, "a"), RunKey("m", 100, 1, "b"), RunKey("m", 300, 0, "c")]
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


def _train(eta: EtaEstimator, clocked: Clock, run: RunKey, first: int, last: int) -> None:
    """Train some epochs at 100 samples a second."""
    for number in range(first, last + 1):
        clocked.now += run.size / 100
        eta.step(run, number, EPOCHS)


def test_time_and_share_of_a_study_that_runs_through(clocked: Clock) -> None:
    eta = EtaEstimator(RUNS, [], WORK)
    assert (eta.share, eta.seconds_left, eta.waiting) == (0.0, None, 3)
    _train(eta, clocked, RUNS[0], 1, 5)
    assert eta.share == pytest.approx(0.1)
    assert eta.seconds_left == pytest.approx(45)
    for run, first in zip(RUNS, (6, 1, 1), strict=True):
        _train(eta, clocked, run, first, EPOCHS)
        eta.finished(run)
    assert (eta.share, eta.seconds_left, eta.waiting) == (1.0, 0.0, 0)


def test_what_was_trained_before_counts_neither_as_done_nor_as_left(clocked: Clock) -> None:
    eta = EtaEstimator(RUNS, [RUNS[0]], WORK)
    assert eta.left == 4_000
    _train(eta, clocked, RUNS[1], 9, 10)
    eta.finished(RUNS[1])
    assert eta.done == pytest.approx(200)
    assert eta.left == pytest.approx(3_000)
    assert eta.seconds_left == pytest.approx(30)


def test_runs_to_come_are_expected_to_stop_as_early_as_those_that_ended(clocked: Clock) -> None:
    eta = EtaEstimator(RUNS, [], WORK)
    _train(eta, clocked, RUNS[0], 1, 4)
    eta.finished(RUNS[0])
    assert eta.left == pytest.approx(0.4 * 4_000)
    assert eta.seconds_left == pytest.approx(16)
    assert eta.share == pytest.approx(0.2)
    _train(eta, clocked, RUNS[1], 1, 6)
    assert eta.left == pytest.approx(0.4 * 3_000)
    eta.finished(RUNS[1])
    assert eta.left == pytest.approx(0.5 * 3_000)
    _train(eta, clocked, RUNS[2], 1, 3)
    eta.finished(RUNS[2])
    assert (eta.share, eta.left) == (1.0, 0.0)


def test_the_speed_is_that_of_the_last_half_minute(clocked: Clock) -> None:
    eta = EtaEstimator(RUNS, [], WORK)
    clocked.now += 100
    _train(eta, clocked, RUNS[2], 1, 10)
    _train(eta, clocked, RUNS[0], 1, 10)
    assert eta.seconds_left == pytest.approx(10)


def test_a_learner_that_tells_of_no_epochs(clocked: Clock) -> None:
    eta = EtaEstimator(RUNS, [], WORK)
    clocked.now += 10
    eta.finished(RUNS[0])
    assert eta.share == pytest.approx(0.2)
    assert eta.seconds_left == pytest.approx(40)


def test_the_first_step_says_nothing_of_the_speed(clocked: Clock) -> None:
    eta = EtaEstimator(RUNS, [], WORK)
    clocked.now += 60
    _train(eta, clocked, RUNS[0], 1, 1)
    assert eta.seconds_left is None
    _train(eta, clocked, RUNS[0], 2, 2)
    assert eta.seconds_left == pytest.approx(48)
