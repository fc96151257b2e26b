"""Entries of a store's table ``meta`` are checked where they are read."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import pytest
from errors import raises
from hypothesis import given
from hypothesis import strategies as st

from dataworth.errors import StudyError
from dataworth.records.meta import checked_entry

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
KINDS: dict[Any, Any] = {
    str: lambda value: type(value) is str,
    bool: lambda value: type(value) is bool,
    int: lambda value: type(value) is int and value >= 0,
    float: lambda value: type(value) in (int, float),
    dict: lambda value: type(value) is dict,
    list: lambda value: type(value) is list,
    list[str]: lambda value: type(value) is list and all(type(item) is str for item in value),
    int | None: lambda value: value is None or (type(value) is int and value >= 0),
}


@given(JSON, st.text(), st.sampled_from(list(KINDS)))
def test_a_value_is_given_or_refused_by_its_name(value: Any, name: str, kind: Any) -> None:
    meta = {name: value}
    if KINDS[kind](value):
        assert checked_entry(meta, (name,), kind, "here") is value
        return
    with raises("entry-invalid", StudyError) as caught:
        checked_entry(meta, (name,), kind, "here")
    assert caught.value.values["entry"] == name
    assert repr(name) in str(caught.value)
    assert len(str(caught.value)) < 500 + 10 * len(name)


@given(JSON, st.lists(st.text(), min_size=2, max_size=4))
def test_any_path_is_followed_or_refused(value: Any, path: list[str]) -> None:
    # Nothing but a StudyError leaves it.
    with suppress(StudyError):
        assert type(checked_entry({path[0]: value}, tuple(path), dict, "here")) is dict


def test_an_entry_of_an_entry() -> None:
    meta = {"machine": {"cores": 2}, "chance": {"map@0.5": 0.1}, "a.b": 1}
    assert checked_entry(meta, "machine.cores", int, "here") == 2
    assert checked_entry(meta, ("machine", "cores"), int, "here") == 2
    # A name that a user chose is not taken apart.
    assert checked_entry(meta, ("chance", "map@0.5"), float, "here") == 0.1
    assert checked_entry(meta, ("a.b",), int, "here") == 1
    with raises("entry-invalid", StudyError, "here: .*'machine.memory'.*a number"):
        checked_entry(meta, "machine.memory", float, "here")


@pytest.mark.parametrize("value", [math.inf, math.nan, 2])
def test_a_number_may_be_infinite(value: float) -> None:
    assert checked_entry({"lower": value}, "lower", float | None, "here") is value
