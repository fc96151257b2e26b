"""How long the runs that are left take, by those that were done."""

from __future__ import annotations

import pytest

from dataworth.execution.pace import Pace
from dataworth.records.record import Record, RunKey

SMALL, LARGE = RunKey("m", 10, 0, "small"), RunKey("m", 1_000, 0, "large")
AGAIN = RunKey("m", 10, 1, "again")


def pace(start: float = 2.0) -> Pace:
    return Pace([SMALL, AGAIN, LARGE], lambda key: key.size, start)


def ended(key: RunKey, seconds: float) -> Record:
    return Record(key, {"loss": 1.0}, seconds=seconds)


def test_nothing_is_known_before_a_run() -> None:
    assert pace().seconds_left == 0.0


def test_others_take_half_of_a_first_run_without_steps_or_more() -> None:
    found = pace()
    found.begin()
    found.end(ended(SMALL, 1.0))
    assert found.seconds_left == pytest.approx(2 * 0.5)
    # Of a long one no more than the start of a process is the start.
    found = pace()
    found.begin()
    found.end(ended(SMALL, 10.0))
    assert found.seconds_left == pytest.approx(2 * 8.0)


def test_a_first_run_with_steps_may_be_all_start() -> None:
    found = pace()
    found.begin()
    found.step(SMALL, 1, 10)
    found.end(ended(SMALL, 1.0))
    # 0.1 seconds for each of its 10 samples, less the start.
    assert found.seconds_left == pytest.approx(0.0 + (100.0 - 2.0))


def test_two_runs_tell_how_the_time_grows() -> None:
    found = pace()
    for key, seconds in ((SMALL, 1.0), (AGAIN, 0.2)):
        found.begin()
        found.end(ended(key, seconds))
    assert found.seconds_left == pytest.approx(0.02 * 1_000)
