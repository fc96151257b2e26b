"""A study on a disk that is full; `benchmarks/faults/disk_full.py` does it at every write."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
from errors import raises
from small_disk import small_disk

import dataworth as dw
from dataworth.cli.main import main
from dataworth.errors import StudyError
from dataworth.records.layout import CURVE_FILE, CURVE_PICTURE, REPORT_FILE
from dataworth.records.run import Run
from dataworth.records.store import Store
from dataworth.study.checkpoints import OptionalCheckpoints
from dataworth.testing.stores import example

ROOM = 1 << 26


def train(run: Run) -> dict[str, float]:
    return {"loss": 3 * run.size**-0.4 + 1e-3 * run.seed}


def _study() -> dw.Study:
    return dw.Study(data=5_000, model=train, metric="loss", sizes=[100, 200, 400, 800], seeds=12)


def test_a_run_without_room_is_named_and_done_again_once_there_is_some(tmp_path: Path) -> None:
    whole = _study().run(tmp_path / "whole").to_csv()
    with small_disk(tmp_path / "disk", 80 * 4_096) as set_size:
        directory = tmp_path / "disk" / "study"
        with raises("disk-full", StudyError, r"train, \d+ samples, seed"):
            _study().run(directory)
        with Store(directory) as store:
            assert 0 < len(store.records()) < 48
            assert not store.records("failed")
        set_size(ROOM)
        assert _study().run(directory).to_csv() == whole
        curve = (directory / CURVE_FILE).read_bytes()
        assert curve == (tmp_path / "whole" / CURVE_FILE).read_bytes()


def test_table_and_forecast_are_printed_without_room_for_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "model_without_room.py").write_text(
        "def train(run):\n    return {'loss': 3 * run.size**-0.4 + 1e-3 * run.seed}\n"
    )
    model = [*("--data", "5000", "--model", "model_without_room:train")]
    sizes = [*("--metric", "loss", "--sizes", "100,200,400,800", "--seeds", "2")]
    with small_disk(tmp_path / "disk", 120 * 4_096) as set_size:
        directory = tmp_path / "disk" / "study"
        command = ["run", *model, *sizes, "--out", str(directory)]
        assert main(command) == 2
        told = capsys.readouterr()
        assert "Dataset_Size" in told.out
        assert "Forecast of loss" in told.out
        assert "disk is full" in told.err.splitlines()[-1]
        assert REPORT_FILE in told.err.splitlines()[-1]
        assert not list(directory.glob("*.partial"))
        set_size(ROOM)
        assert main(command) == 0
        assert (directory / REPORT_FILE).is_file()


def test_a_run_that_finds_no_room_ends_the_study_and_is_no_failed_run(tmp_path: Path) -> None:
    def writes(run: Run) -> dict[str, float]:
        if run.size == 200:
            raise OSError(errno.ENOSPC, "No space left on device", "/elsewhere")
        return train(run)

    study = dw.Study(data=5_000, model=writes, metric="loss", sizes=[100, 200, 400], seeds=1)
    with raises("disk-full", StudyError, "200 samples"):
        study.run(tmp_path, workers=1)
    with Store(tmp_path) as store:
        assert 200 not in [record.key.size for record in store.records(None)]


def test_a_run_continues_without_the_checkpoint_for_which_there_is_no_room(tmp_path: Path) -> None:
    told: list[str] = []
    big = example(100, 0, epochs=200_000)
    with small_disk(tmp_path / "disk", 3 << 17), Store(tmp_path / "disk", write=True) as store:
        checkpoints = OptionalCheckpoints(store, told.append)
        checkpoints.save_checkpoint("a", {}, {"weights": np.zeros(3)})
        for _ in range(2):
            checkpoints.save_checkpoint("a", big.history, dict(big.history))
        found = checkpoints.load_checkpoint("a")
        assert found is not None
        assert list(found[1]) == ["weights"]
        store.add(example(100, 1))
    assert len(told) == 1


def test_a_curve_of_before_is_written_again_although_nothing_is_left_to_run(tmp_path: Path) -> None:
    _study().run(tmp_path)
    curve = (tmp_path / CURVE_FILE).read_bytes()
    picture = (tmp_path / CURVE_PICTURE).stat().st_mtime_ns
    (tmp_path / CURVE_FILE).write_bytes(b"".join(curve.splitlines(keepends=True)[:9]))
    _study().run(tmp_path)
    assert (tmp_path / CURVE_FILE).read_bytes() == curve
    assert (tmp_path / CURVE_PICTURE).stat().st_mtime_ns > picture
