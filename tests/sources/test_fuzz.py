"""A little of `benchmarks/faults/fuzz.py`: changed files are errors with a code, or are read."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "faults"))

from fuzz import changed
from study_targets import edit_store, stored
from target import try_input
from targets import TARGETS

_COUNT, _OF_STORES = 25, 6
"""A store is opened, read whole and audited."""


@pytest.mark.parametrize("name", [name for name in TARGETS if name not in ("mat", "parquet")])
def test_changed_files_are_errors_or_are_read(name: str, tmp_path: Path) -> None:
    target, chance = TARGETS[name], random.Random(name)
    seeds = list(target.seeds())
    count = _OF_STORES if name == "store" else _COUNT
    for content in [*seeds, *(changed(chance, seeds) for _ in range(count))]:
        try_input(target, content, tmp_path)


@pytest.mark.parametrize("value", [None, -1, 1e400, "", "[]", '"a"', "{", b"\xff", 2**62])
def test_values_of_wrong_types_in_a_results_file_are_errors(value: object, tmp_path: Path) -> None:
    (content,) = stored()
    for table, column in (("meta", "value"), ("scores", "value"), ("runs", "size")):
        edit_store(content, tmp_path, table, column, value)
