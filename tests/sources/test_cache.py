from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from errors import raises, warns
from source_files import digit_images

import dataworth as dw
from dataworth.errors import DataError
from dataworth.sources import cache
from dataworth.sources.cache import NpyWriter

READ = "import sys, dataworth as dw; print(dw.load(sys.argv[1]).fingerprint)"


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATAWORTH_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(cache, "CACHE_FROM_BYTES", 0)
    return tmp_path / "data"


def _write(path: Path, count: int = 60, repeat: int = 1) -> Path:
    images, labels = digit_images(count)
    rows = [
        ",".join(map(str, [label, *image.reshape(-1)]))
        for image, label in zip(images, labels, strict=True)
    ]
    path.write_text("\n".join(rows * repeat) + "\n")
    return path


def _left(data_folder: Path) -> list[str]:
    return sorted(path.name for path in (data_folder / "cache").iterdir())


def test_a_changed_file_is_read_again(tmp_path: Path, data_folder: Path) -> None:
    path = _write(tmp_path / "a.csv")
    before = dw.load(path).fingerprint
    path.write_text(path.read_text().replace(",0,", ",1,", 1))
    assert dw.load(path).fingerprint != before
    assert len(_left(data_folder)) == 1


def test_a_touched_file_is_read_again_and_is_the_same(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.csv")
    before = dw.load(path).fingerprint
    os.utime(path, (1, 1))
    assert dw.load(path).fingerprint == before


def test_options_have_caches_of_their_own(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.csv")
    assert dw.load(path).samples == 60
    assert dw.load(path, header=True).samples == 59
    assert dw.load(path, scale=0.5).scale == 0.5
    assert dw.load(path).scale == 1 / 255


def test_a_full_disk_is_said_and_leaves_nothing(
    tmp_path: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(NpyWriter, "append", full)
    with raises("disk-full", DataError, "DATAWORTH_DATA"):
        dw.load(_write(tmp_path / "a.csv"))
    assert _left(data_folder) == []


def test_a_bad_row_leaves_nothing(tmp_path: Path, data_folder: Path) -> None:
    path = _write(tmp_path / "a.csv", repeat=100)
    with path.open("a") as file:
        file.write("1,2\n")
    with raises("file-malformed", DataError, "row 6001 has 2 "):
        dw.load(path)
    assert _left(data_folder) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("DATAWORTH_DATA", str(tmp_path / "file"))
    with warns("file-not-writable"):
        data = dw.load(_write(tmp_path / "a.csv"))
    np.testing.assert_array_equal(data.x, digit_images()[0])


@pytest.mark.parametrize("name", ["about.json", "x_train.npy", "y_train.npy"])
def test_a_damaged_cache_is_made_anew(tmp_path: Path, data_folder: Path, name: str) -> None:
    path = _write(tmp_path / "a.csv")
    before = dw.load(path).fingerprint
    damaged = data_folder / "cache" / _left(data_folder)[0] / name
    damaged.write_bytes(damaged.read_bytes()[:-9])
    data = dw.load(path)
    assert data.fingerprint == before
    np.testing.assert_array_equal(data.x, digit_images()[0])


def test_killed_at_any_moment_nothing_is_broken(tmp_path: Path, data_folder: Path) -> None:
    path = _write(tmp_path / "a.csv", repeat=4_000)
    for patience in (0.0, 0.05, 0.1):
        reader = subprocess.Popen([sys.executable, "-c", READ, str(path)])
        deadline = time.monotonic() + 30
        while not list(data_folder.glob("cache/.draft-*/x_train.npy")):
            if reader.poll() is not None or time.monotonic() > deadline:
                break
            time.sleep(0.002)
        time.sleep(patience)
        reader.send_signal(signal.SIGKILL)
        reader.wait()
    drafts = list(data_folder.glob("cache/.draft-*"))
    for draft in drafts:
        for file in (*draft.iterdir(), draft):
            os.utime(file, (1, 1))
    data = dw.load(path)
    assert data.samples == 240_000
    np.testing.assert_array_equal(data.x[-60:], digit_images()[0])
    assert [name for name in _left(data_folder) if name.startswith(".draft")] == []


def test_readers_side_by_side_agree(tmp_path: Path, data_folder: Path) -> None:
    path = _write(tmp_path / "a.csv", repeat=2_500)
    readers = [
        subprocess.Popen([sys.executable, "-c", READ, str(path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    prints = {reader.communicate(timeout=60)[0] for reader in readers}
    assert len(prints) == 1
    assert prints != {""}
    assert len(_left(data_folder)) == 1
