from __future__ import annotations

import os

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from dataworth._util.threads import threads_limited, threads_of_run


def threads() -> set[int]:
    assert np.ones((2, 2)) @ np.ones(2) is not None
    return {library["num_threads"] for library in threadpool_info()}


def test_libraries_compute_with_one_thread_in_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "7")
    with threadpool_limits(3):
        before = threads()
        with threads_limited():
            assert threads() == {1}
            assert os.environ["OPENBLAS_NUM_THREADS"] == os.environ["MKL_NUM_THREADS"] == "1"
        assert threads() == before
    assert "OMP_NUM_THREADS" not in os.environ
    assert os.environ["MKL_NUM_THREADS"] == "7"


@pytest.mark.parametrize(("value", "expected"), [("2", 2), ("3,1", 3), ("", 1), ("x", 1)])
def test_a_number_in_the_environment_is_taken(
    value: str, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert threads_of_run() == expected
    with threads_limited():
        assert threads() == {expected}
    assert os.environ["OMP_NUM_THREADS"] == value
