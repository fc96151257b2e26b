from __future__ import annotations

import json
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dataworth.errors import StudyError
from dataworth.records.codec import PackedArrays, is_intact, pack, unpack

TYPES = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="<"),
    hnp.unsigned_integer_dtypes(endianness="<"),
    hnp.floating_dtypes(sizes=(16, 32, 64), endianness="<"),
)


@given(hnp.arrays(TYPES, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6)))
def test_every_array_reads_back_to_the_bit(array: np.ndarray[Any, Any]) -> None:
    (back,) = unpack(pack({"a": array})).values()
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()


@given(st.lists(st.integers(-(10**9), 10**9)), st.sampled_from([1.0, 1e6]))
def test_whole_numbers_and_microseconds_read_back_to_the_bit(
    numbers: list[int], scale: float
) -> None:
    array = np.array(numbers, np.float64) / scale
    assert unpack(pack({"a": array}))["a"].tobytes() == array.tobytes()


@pytest.mark.parametrize(
    "values",
    [[-0.0, 1.0], [np.nan, 1.0], [np.inf, 2.0], [1e300, 1.0], [0.1, 2.0**53], [2.0**60], [1e-7]],
)
def test_what_no_integer_holds_reads_back_to_the_bit(values: list[float]) -> None:
    array = np.array(values)
    assert unpack(pack({"a": array}))["a"].tobytes() == array.tobytes()


def test_a_history_is_small() -> None:
    random = np.random.default_rng(0)
    epochs = 300
    losses = 2.3 * np.arange(1, epochs + 1) ** -0.3 * np.exp(random.normal(0, 0.01, epochs))
    history = {
        "steps": np.full(epochs, 2.0),
        "samples": np.full(epochs, 160.0),
        "loss": losses,
        "seconds": np.round(np.abs(random.normal(8e-4, 1e-4, epochs)), 6),
        "validation_loss": np.full(epochs, np.nan),
    }
    # The digits of the losses, two bytes an epoch for the seconds, and 100 bytes of names.
    assert len(pack(history)) < 7 * epochs + 2 * epochs + 100
    rounded = {"loss": losses.astype(np.float32).astype(np.float64)}
    assert len(pack(rounded)) < 4 * epochs + 100


def test_big_endian_arrays_keep_their_values() -> None:
    array = np.array([1.5, 2.25], ">f8")
    assert unpack(pack({"a": array}))["a"].tolist() == [1.5, 2.25]


def test_only_numbers_are_packed() -> None:
    with pytest.raises(TypeError, match="names is an array of <U1"):
        pack({"names": np.array(["a"])})


def test_any_changed_byte_is_found() -> None:
    blob = pack({"a": np.arange(40) / 7, "b": np.arange(5)})
    assert is_intact(blob)
    for place in range(len(blob)):
        changed = blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]
        assert not is_intact(changed)
        with pytest.raises(StudyError, match="damaged"):
            unpack(changed)
    for length in range(len(blob)):
        assert not is_intact(blob[:length])


@pytest.mark.parametrize(
    "entries",
    [
        [["a", "f8", [10**12], "f8", 0]],
        [["a", "f8", [-1], "f8", 0]],
        [["a", "O8", [1], "f8", 0]],
        [["a", "f8", [1], "S1", 0]],
        [["a", "f8", "no", "f8", 0]],
        [["a", "f8", [1.5], "f8", 0]],
        [[1, "f8", [1], "f8", 0]],
        [["a"]],
        {"a": 1},
        7,
    ],
)
def test_forged_headers_are_refused(entries: object) -> None:
    header = json.dumps(entries).encode()
    packed = zlib.compress(len(header).to_bytes(4, "little") + header + bytes(8))
    blob = zlib.crc32(packed).to_bytes(4, "little") + packed
    with pytest.raises(StudyError, match="damaged"):
        unpack(blob)


def test_arrays_are_unpacked_when_they_are_asked_for() -> None:
    arrays = PackedArrays(pack({"loss": np.array([0.5]), "steps": np.array([3])}))
    assert list(arrays) == ["loss", "steps"]
    assert arrays["steps"].tolist() == [3]
    assert "none" not in arrays
    late = PackedArrays(b"no blob at all")
    with pytest.raises(StudyError, match="damaged"):
        late["loss"]
