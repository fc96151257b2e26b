"""What every source's Dataset must be, whatever it was read from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises
from numpy.typing import NDArray
from source_cases import CASES, Case
from source_files import emnist_of, write

import dataworth as dw
from dataworth.errors import DataError
from dataworth.sources import cache


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    return CASES[request.param](tmp_path)


def _equal(given: NDArray[Any] | None, expected: NDArray[Any] | None) -> None:
    assert (given is None) == (expected is None)
    if given is not None and expected is not None:
        np.testing.assert_array_equal(given, expected)


def test_samples_are_those_of_the_files(case: Case) -> None:
    data = dw.load(case.spec, **case.options)
    assert data.x.dtype == case.x.dtype
    _equal(data.x, case.x)
    _equal(data.y, case.y)
    _equal(data.x_test, case.x_test)
    _equal(data.y_test, case.y_test)
    assert data.x.flags.c_contiguous


def test_labels_are_indices_of_named_classes(case: Case) -> None:
    data = dw.load(case.spec, **case.options)
    assert data.y.dtype == np.int64
    assert data.y.min() >= 0
    assert data.y.max() < data.classes == len(set(data.class_names))
    json.dumps(dict(data.source))


def test_cached_data_are_the_same_and_mapped(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = dw.load(case.spec, **case.options)
    monkeypatch.setattr(cache, "CACHE_FROM_BYTES", 0)
    first = dw.load(case.spec, **case.options)
    monkeypatch.setattr(cache, "_fill", pytest.fail)
    again = dw.load(case.spec, **case.options)
    for data in (first, again):
        _equal(data.x, case.x)
        _equal(data.y, case.y)
        _equal(data.x_test, case.x_test)
        _equal(data.y_test, case.y_test)
        assert (data.class_names, data.scale) == (plain.class_names, plain.scale)
        assert data.fingerprint == plain.fingerprint
        fresh = dw.Dataset(
            np.array(data.x),
            data.y,
            data.x_test,
            data.y_test,
            class_names=data.class_names,
            scale=data.scale,
        )
        assert fresh.fingerprint == data.fingerprint
        if case.spec != "digits":
            mapped = data.x if isinstance(data.x, np.memmap) else data.x.base
            assert isinstance(mapped, np.memmap)
            assert mapped.offset % 64 == 0
            assert not data.x.flags.writeable


def test_unknown_options_are_refused_with_the_known_ones(case: Case) -> None:
    with raises("unknown-option", DataError, "'colour'; .*: "):
        dw.load(case.spec, **case.options, colour="red")


def test_all_forms_of_emnist_give_one_fingerprint(tmp_path: Path) -> None:
    write(emnist_of(), tmp_path, ["idx", "zip", "csv", "mat"])
    prints = {
        dw.load("emnist/digits", folder=tmp_path / form).fingerprint
        for form in ("idx", "zip", "csv", "mat")
    }
    places = [dw.load(tmp_path / form).fingerprint for form in ("idx", "zip/gzip.zip", "csv")]
    file = dw.load(tmp_path / "csv" / "emnist-digits-train.csv")
    assert prints == {file.fingerprint, *places}
    assert len(prints) == 1


def test_real_images_are_upright_from_all_forms(tmp_path: Path, real_data: Path) -> None:
    from emnist_files import real_images

    data = real_images(real_data, "byclass", samples=1_500)
    write(data, tmp_path, ["idx", "csv", "mat"])
    for form in ("idx", "csv", "mat"):
        loaded = dw.load("emnist/byclass", folder=tmp_path / form)
        _equal(loaded.x, data.train.images)
        _equal(loaded.x_test, data.test.images)
        assert [loaded.class_names[k] for k in loaded.y[:50]] == [
            chr(data.mapping[k]) for k in data.train.labels[:50]
        ]
