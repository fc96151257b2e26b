"""Entries of a store's ``meta``, checked where they are read: the file may come from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_origin

from dataworth.errors import StudyError

_T = TypeVar("_T")
_WORDS: Mapping[Any, str] = {
    str: "text",
    bool: "true or false",
    int: "a whole number, 0 or more",
    dict: "a mapping",
    list: "a list",
    list[str]: "a list of texts",
    list[int]: "a list of whole numbers, 0 or more",
}


def checked_entry(meta: Mapping[str, Any], name: str, kind: type[_T], where: str) -> _T:
    """An entry that has to be there.

    Parameters
    ----------
    meta : mapping
        As `Store.meta` gives it.
    name : str
    kind : type
        str, bool, int, dict, list, list[str] or list[int]; integers are 0 or more.
    where : str
        What a message calls the file.

    Raises
    ------
    StudyError
        If the entry is missing or of another type.
    """
    if name not in meta:
        raise StudyError(
            f"{where}: the entry {name!r} of the table meta is missing; expected {_WORDS[kind]}. "
            "Restore the file from a copy, or run the study again."
        )
    value: _T = meta[name]
    if not _is(value, kind):
        raise StudyError(
            f"{where}: the entry {name!r} of the table meta is {str(value)[:60]!r}; expected "
            f"{_WORDS[kind]}. Restore the file from a copy, or run the study again."
        )
    return value


def _is(value: Any, kind: Any) -> bool:
    if get_origin(kind) is list:
        (inner,) = get_args(kind)
        return isinstance(value, list) and all(_is(item, inner) for item in value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return isinstance(value, kind)
