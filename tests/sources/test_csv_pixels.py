from __future__ import annotations

import io
import threading
from itertools import islice

import numpy as np
import pytest
from errors import raises
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dataworth.errors import DataError
from dataworth.sources.csv import pixels as pixel_rows
from dataworth.sources.csv.pixels import LEAD, Pixels, read_rows
from dataworth.sources.plan import Block

TABLES = st.tuples(st.integers(1, 9), st.integers(2, 7)).flatmap(
    lambda shape: arrays(np.uint8, shape, elements=st.integers(0, 255))
)


def parse(text: bytes, columns: int) -> Pixels | None:
    return pixel_rows.parse(LEAD + text, columns)


def _text(table: Pixels) -> bytes:
    return "".join(",".join(map(str, row)) + "\n" for row in table.tolist()).encode()


def _reference(text: bytes, columns: int) -> Pixels | None:
    rows = [line.split(b",") for line in text.split(b"\n")[:-1]]
    plain = all(
        field.isdigit() and len(field) <= 3 and int(field) <= 255 for row in rows for field in row
    )
    if not plain or not text.endswith(b"\n") or {len(row) for row in rows} != {columns}:
        return None
    return np.array([[int(field) for field in row] for row in rows], np.uint8)


@settings(deadline=None)
@given(TABLES)
def test_what_was_written_is_read(table: Pixels) -> None:
    np.testing.assert_array_equal(parse(_text(table), table.shape[1]), table)


@settings(deadline=None)
@given(TABLES, st.data())
def test_a_changed_byte_is_read_right_or_refused(table: Pixels, data: st.DataObject) -> None:
    text = bytearray(_text(table))
    position = data.draw(st.integers(0, len(text) - 1))
    text[position : position + data.draw(st.integers(0, 1))] = data.draw(
        st.sampled_from([b"0", b"9", b",", b"\n", b"\r", b"-", b".", b" ", b"x", b"\xff", b"99"])
    )
    expected = _reference(bytes(text), table.shape[1])
    found = parse(bytes(text), table.shape[1])
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("value", [256, 299, 300, 355, 511, 999, 1000, 1255])
def test_values_above_255_are_refused(value: int) -> None:
    assert parse(f"1,{value},3\n".encode(), 3) is None
    assert parse(f"1,2,{value}\n".encode(), 3) is None
    assert parse(f"{value},2,3\n".encode(), 3) is None


@settings(deadline=None)
@given(st.lists(st.text("0123456789,\n", max_size=12), max_size=6))
def test_any_digits_and_separators_are_read_right_or_refused(parts: list[str]) -> None:
    text = ",".join(["1", *parts, "2\n"]).encode()
    columns = text[: text.index(b"\n")].count(b",") + 1
    expected, found = _reference(text, columns), parse(text, columns)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("field", ["", "1234", "00001", "0255", "12345678"])
@pytest.mark.parametrize("place", [0, 1, 2, 3, 5])
def test_a_field_of_no_or_too_many_digits_is_refused(field: str, place: int) -> None:
    fields = ["10", "200", "0", "7", "255", "30"]
    fields[place] = field
    assert parse((",".join(fields[:3]) + "\n" + ",".join(fields[3:]) + "\n").encode(), 3) is None


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("blank", [0, 1, 4])
@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\n\n\n\n"])
def test_a_chunk_may_end_at_any_byte(
    monkeypatch: pytest.MonkeyPatch, newline: str, blank: int, end: str
) -> None:
    text = ("\n" * blank + "1,2\n30,40\n\n255,0\n7,8" + end).replace("\n", newline).encode()
    found: list[list[int]] = []

    def split(rows: Pixels) -> Block:
        found.extend(rows.tolist())
        return Block(rows[:, 1:], rows[:, 0])

    def lines(text: bytes, row: int) -> Block:
        assert row == len(found) + 1
        rows = [[int(field) for field in line.split(b",") if field] for line in text.splitlines()]
        found.extend(rows)
        return Block(np.zeros((len(rows), 1)), np.zeros(len(rows)))

    for size in range(1, len(text) + 2):
        monkeypatch.setattr(pixel_rows, "_CHUNK_BYTES", size)
        found.clear()
        list(read_rows(io.BytesIO(text), 2, split, lines, first_row=1))
        # A blank line before others is a row that `careful` sees; blank lines at the end are none.
        assert found == [[]] * blank + [[1, 2], [30, 40], [], [255, 0], [7, 8]]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "\n", "\n\n\n"])
@pytest.mark.parametrize("chunk", [7, 64, 1 << 18])
def test_chunks_of_any_size_give_all_rows_in_order(
    monkeypatch: pytest.MonkeyPatch, newline: str, end: str, chunk: int
) -> None:
    table = np.random.Generator(np.random.Philox(1)).integers(0, 256, (500, 5)).astype(np.uint8)
    text = _text(table).decode().rstrip("\n") + end
    monkeypatch.setattr(pixel_rows, "_CHUNK_BYTES", chunk)
    stream = io.BytesIO(text.replace("\n", newline).encode())

    def refuse(text: bytes, row: int) -> Block:
        pytest.fail(f"row {row} was not plain: {text!r}")

    def split(rows: Pixels) -> Block:
        return Block(rows[:, 1:], rows[:, 0])

    blocks = list(read_rows(stream, 5, split, refuse, first_row=1))
    np.testing.assert_array_equal(np.concatenate([block.x for block in blocks]), table[:, 1:])
    np.testing.assert_array_equal(np.concatenate([block.y for block in blocks]), table[:, 0])


def test_blocks_before_an_error_come_first_and_no_thread_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pixel_rows, "_CHUNK_BYTES", 8)
    before = threading.active_count()

    def split(rows: Pixels) -> Block:
        return Block(rows[:, 1:], rows[:, 0])

    def refuse(text: bytes, row: int) -> Block:
        raise DataError(f"row {row}: {text!r}", code="not-numeric")

    text = b"1,2,3,4\n" * 20 + b"1,2,x,4\n" + b"1,2,3,4\n" * 20
    blocks = read_rows(io.BytesIO(text), 4, split, refuse, first_row=1)
    assert sum(len(block.y) for block in islice(blocks, 20)) == 20
    with raises("not-numeric", DataError, "row 21: b'1,2,x,4"):
        next(blocks)
    stopped = read_rows(io.BytesIO(text), 4, split, refuse, first_row=1)
    next(stopped)
    del stopped
    assert threading.active_count() == before
