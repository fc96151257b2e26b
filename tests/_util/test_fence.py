"""Calls in a process of their own, which end here with an error whatever happens there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from dataworth._util import fence
from dataworth.errors import DataError


def test_it_returns_what_the_function_returns() -> None:
    assert fence.call("shlex:split", {"s": "a 'b c'"}, 0) == ["a", "b c"]


@pytest.mark.parametrize(
    ("function", "arguments", "kind", "reason"),
    [
        ("os:abort", {}, "crash", "SIGABRT"),
        ("os:_exit", {"status": 7}, "crash", "7"),
        ("os:listdir", {"path": "/none"}, "error", "none"),
        ("numpy:ones", {"shape": 10**11}, "memory", "GB"),
        ("subprocess:run", {"args": ["sleep", "60"]}, "time", "s"),
    ],
)
def test_what_ends_the_process_is_an_error(
    function: str,
    arguments: Mapping[str, Any],
    kind: str,
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if kind == "time":
        monkeypatch.setattr(fence, "_LEAST_SECONDS", 0.1)
    with pytest.raises(fence.FenceError, match=reason) as caught:
        fence.call(function, arguments, 0)
    assert caught.value.kind == kind


def test_an_error_of_dataworth_keeps_its_class_and_its_code() -> None:
    arguments = {"path": "/none.mat", "member": ""}
    with pytest.raises(DataError, match="none") as caught:
        fence.call("dataworth.sources.mat_arrays:names", arguments, 0)
    assert caught.value.code == "file-not-found"
