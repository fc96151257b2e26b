"""A run directory whose entries were changed by hand, or by another program, is gone on with."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from nearest_mean import NearestMean

import dataworth as dw
from dataworth.errors import DataworthError

pytestmark = pytest.mark.usefixtures("no_picture")

UNREADABLE = ["", "{", "[" * 5_000]
VALUES = ["null", "-1", '"text"', "[]", "{}", "true", '{"a": {}, "b": {"x": 3}}', '"["']
ENTRIES = ("identity", "learner", "study", "model", "models", "chance", "begun")


class OtherMean(NearestMean):
    name = "other"


@pytest.mark.slow
def test_any_value_of_any_entry_is_written_anew_or_named(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    data = dw.Dataset(random.normal(size=(60, 2)), np.arange(60) % 2)
    study = dw.Study(data, {"a": NearestMean(), "b": OtherMean()}, sizes=[20], seeds=1)
    study.run_in(tmp_path)
    connection = sqlite3.connect(tmp_path / "results.sqlite", isolation_level=None)
    connection.execute("DELETE FROM meta WHERE name = 'checksums'")
    whole = connection.execute("SELECT name, value FROM meta").fetchall()
    refused: list[tuple[str, str, DataworthError]] = []
    for name in ENTRIES:
        for value in VALUES + UNREADABLE:
            row = (name, value)
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", row)
            try:
                study.run_in(tmp_path)
            except DataworthError as error:
                refused.append((name, value, error))
            connection.execute("DELETE FROM meta")
            connection.executemany("INSERT INTO meta VALUES (?, ?)", whole)
    connection.close()
    assert len(refused) > 30
    for name, value, refusal in refused:
        if value in UNREADABLE:
            assert refusal.code == "file-damaged"
        elif refusal.code != "study-differs":
            assert f"'{name}" in str(refusal), (name, value, str(refusal))
    assert study.run_in(tmp_path).trained == 0
