"""One data set in many Parquet files, on this machine and on a store."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import polars as pl
import pytest
from errors import raises

import dataworth as dw
from dataworth.errors import DataError, DataworthError
from dataworth.sources import cache, folder, remote
from dataworth.sources.shards import name_of
from dataworth.study.toml import read_studies

ROWS = 30


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAWORTH_DATA", str(tmp_path / "data"))


@pytest.fixture
def store() -> Iterator[Any]:
    system = fsspec.filesystem("memory")
    yield system
    system.store.clear()


def table(text: bool = False) -> pl.DataFrame:
    numbers = np.random.default_rng(0).normal(size=(ROWS, 3)).astype(np.float32)
    columns: dict[str, Any] = {f"f{column}": numbers[:, column] for column in range(3)}
    if text:
        columns["city"] = [f"city {row % 4}" for row in range(ROWS)]
    return pl.DataFrame({**columns, "label": [row % 3 for row in range(ROWS)]})


def write(folder: Path, frame: pl.DataFrame, name: str = "part", sizes: Any = (7, 0, 13)) -> None:
    """Write the rows in pieces of these sizes, and the rest; file names sort as their rows do."""
    folder.mkdir(exist_ok=True)
    starts = [0, *np.cumsum(sizes).tolist(), frame.height]
    for number, (start, stop) in enumerate(pairwise(starts)):
        rows = frame.slice(start, stop - start)
        rows.write_parquet(folder / f"{name}-{number:05}.parquet", row_group_size=5)


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("is_stored", [False, True])
def test_shards_are_the_table_that_they_are_parts_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: bool, is_stored: bool
) -> None:
    if is_stored:
        monkeypatch.setattr(cache, "CACHE_FROM_BYTES", 1)
    table(text).write_parquet(tmp_path / "whole.parquet")
    write(tmp_path / "shards", table(text))
    whole = dw.load(tmp_path / "whole.parquet")
    for _ in range(2):
        data = dw.load(f"{tmp_path}/shards/*.parquet")
        assert data.name == "shards"
        assert data.fingerprint == whole.fingerprint
        np.testing.assert_array_equal(data.y, whole.y)
        assert data.source["files"][0].endswith("part-00000.parquet")
        assert len(data.source["files"]) == 4


def test_test_shards_are_held_out(tmp_path: Path) -> None:
    write(tmp_path / "shards", table(), "train-a")
    write(tmp_path / "shards", table().head(9), "test-a", [4])
    for pattern in ("*.parquet", "train-*.parquet"):
        data = dw.load(str(tmp_path / "shards" / pattern))
        assert (data.samples, len(data.official_test or ())) == (ROWS, 9)
    assert dw.load(str(tmp_path / "shards" / "test-*.parquet")).samples == 9


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (
            lambda rows: rows.drop("f1"),
            "column-missing",
            r"-00003\.parquet, column 'f1': no column",
        ),
        (
            lambda rows: rows.cast({"f1": pl.String}),
            "shape-mismatch",
            r"-00003\.parquet, column 'f1'",
        ),
        (
            lambda rows: rows.with_columns(
                label=pl.when(pl.int_range(pl.len()) == 2).then(None).otherwise("label")
            ),
            "value-missing",
            r"-00003\.parquet, row 3",
        ),
        (
            lambda rows: rows.with_columns(f1=pl.lit(float("nan"))),
            "not-finite",
            r"-00003\.parquet, row 1: feature 2",
        ),
        (None, "file-damaged", r"-00003\.parquet"),
    ],
)
def test_errors_name_the_shard_and_its_row(
    tmp_path: Path, change: Any, code: str, message: str
) -> None:
    write(tmp_path / "shards", table())
    path = tmp_path / "shards" / "part-00003.parquet"
    if change is None:
        path.write_bytes(path.read_bytes()[:-20])
    else:
        change(pl.read_parquet(path)).write_parquet(path)
    with raises(code, DataError, message):
        dw.load(f"{tmp_path}/shards/*.parquet")


def test_patterns_that_match_nothing_or_other_files(tmp_path: Path) -> None:
    with raises("data-not-found", DataError, "no file matches"):
        dw.load(f"{tmp_path}/*.parquet")
    write(tmp_path, table())
    (tmp_path / "notes.txt").write_text("hello")
    with raises("file-name-unclear", DataError, r"notes\.txt"):
        dw.load(f"{tmp_path}/*")
    with raises("several-data-sets", DataError, r"\*\.parquet if they are parts of one"):
        dw.load(tmp_path)


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("a/b/*.parquet", "b"),
        ("a/train-*.parquet", "train"),
        ("a/part-[0-9]?.parquet", "part"),
        ("s3://bucket/*.parquet", "bucket"),
        ("*.parquet", "data"),
    ],
)
def test_the_name_is_what_the_pattern_says(spec: str, name: str) -> None:
    assert name_of(spec) == name


def test_a_study_of_shards_goes_on_from_its_run_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "shards", table())
    monkeypatch.chdir(tmp_path)
    study = dw.Study("shards/*.parquet", "linear", sizes=[8, 16], seeds=1, steps=2)
    curve = study.run("run")
    monkeypatch.chdir("/")
    (again,) = read_studies(tmp_path / "run")
    assert again.run(tmp_path / "run", progress=False).values.tolist() == curve.values.tolist()


def upload(store: Any, source: Path, place: str) -> None:
    for path in source.iterdir():
        store.pipe(f"{place}/{path.name}", path.read_bytes())


def test_shards_on_a_store_are_copied_once(
    tmp_path: Path, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "shards", table())
    upload(store, tmp_path / "shards", "/bucket/shards")
    local = dw.load(f"{tmp_path}/shards/*.parquet")
    downloads: list[Any] = []
    download = remote._download

    def counted(file: Any, *rest: Any) -> None:
        downloads.append(file)
        download(file, *rest)

    monkeypatch.setattr(remote, "_download", counted)
    address = "memory://bucket/shards/*.parquet"
    for _ in range(2):
        data = dw.load(address)
        assert data.fingerprint == local.fingerprint
        assert data.source["files"][3] == "memory:///bucket/shards/part-00003.parquet"
        assert len(downloads) == 4
    # A shard that has changed is copied again, and that one alone.
    store.pipe(
        "/bucket/shards/part-00003.parquet",
        (tmp_path / "shards" / "part-00000.parquet").read_bytes(),
    )
    assert dw.load(address).samples == 27
    assert len(downloads) == 5
    dw.load(f"file://{tmp_path}/shards/*.parquet")
    assert len(downloads) == 5


def test_a_copy_that_was_cut_off_is_continued(
    tmp_path: Path, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = np.random.default_rng(0).bytes(1000)
    store.pipe("/bucket/a.bin", content)
    monkeypatch.setattr(remote, "_BLOCK_BYTES", 100)
    opened, reads = store.open, []

    class Cut:
        """A connection that is cut after 300 bytes, the first time."""

        def __init__(self, file: Any) -> None:
            self.file = file

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *error: object) -> None:
            self.file.close()

        def seek(self, place: int) -> None:
            self.file.seek(place)

        def read(self, size: int) -> bytes:
            reads.append(self.file.tell())
            if len(reads) == 4:
                raise ConnectionError("https://key:secret@host/a?signature=secret was cut")
            return bytes(self.file.read(size))

    monkeypatch.setattr(type(store), "open", lambda self, *given: Cut(opened(*given)))
    with raises("download-failed", DataError, r"ConnectionError") as caught:
        remote.copies("memory://bucket/a.bin")
    assert "secret" not in str(caught.value)
    (copy,) = remote.copies("memory://bucket/a.bin")
    assert copy.path.read_bytes() == content
    assert reads[4] == 300
    # A copy that was cut short later is made again.
    copy.path.write_bytes(content[:5])
    assert remote.copies("memory://bucket/a.bin")[0].path.read_bytes() == content


@pytest.mark.parametrize(
    ("address", "code", "message"),
    [
        ("s3://key:secret@bucket/a.parquet", "credentials-in-address", "s3://bucket"),
        ("https://host/a.parquet?sig=secret", "credentials-in-address", "https://host/a.parquet:"),
        ("zip://a.parquet::s3://key:secret@b/c.zip", "unsupported-format", "chained"),
        ("nowhere://bucket/a.parquet", "download-failed", "Protocol not known"),
        ("memory://bucket/none.parquet", "file-not-found", "does not exist"),
        ("memory://bucket/none/*.parquet", "data-not-found", "no file matches"),
    ],
)
def test_addresses_that_cannot_be_read(store: Any, address: str, code: str, message: str) -> None:
    with raises(code, DataworthError, message) as caught:
        dw.load(address)
    assert "secret" not in str(caught.value)


def test_offline_means_no_store(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAWORTH_OFFLINE", "1")
    with raises("offline", DataError, "DATAWORTH_OFFLINE"):
        folder.resolve_address("memory://bucket/*.parquet")


def test_one_file_of_any_kind_on_a_store(store: Any) -> None:
    store.pipe("/bucket/a.csv", b"f,g,label\n" + b"0.5,1.5,a\n1.5,0.5,b\n" * 20)
    data = dw.load("memory://bucket/a.csv")
    assert data.samples == 40
    assert data.source["files"] == ["memory:///bucket/a.csv"]
