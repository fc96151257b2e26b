from __future__ import annotations

import pickle

from dataworth.records.record import run_key
from dataworth.testing.stores import example, failed


def test_the_digest_changes_with_anything_that_determines_the_run() -> None:
    keys = {run_key({"a": a}, size, seed) for a in (1, 2) for size in (1, 2) for seed in (1, 2)}
    assert len(keys) == 8
    assert run_key({"a": 1, "b": 2}, 1, 1) == run_key({"b": 2, "a": 1}, 1, 1)


def test_the_digest_never_changes() -> None:
    assert run_key({"a": [1, 2.5, "é"]}, 40, 1) == "317e7d66a80c360be261da277b7843b8"


def test_a_record_with_a_failure_has_failed() -> None:
    assert failed(10, 0).status == "failed"
    assert example(10, 0).status == "finished"


def test_records_are_handed_between_processes() -> None:
    original = example(10, 0)
    back = pickle.loads(pickle.dumps(original))
    assert back.key == original.key
    assert back.history["loss"].tobytes() == original.history["loss"].tobytes()
