"""Entries of a store's ``meta``, checked where they are read: the file may come from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

from dataworth.errors import StudyError

ASKED_ENTRY = "asked"
"""The runs that were given out and have not ended."""
PLAN_ENTRY = "plan"

_WORDS: Mapping[Any, str] = {
    str: "text",
    bool: "true or false",
    int: "a whole number, 0 or more",
    float: "a number",
    dict: "a mapping",
    list: "a list",
    NoneType: "null",
}


def checked_entry(
    meta: Mapping[str, Any], path: str | tuple[str, ...], kind: Any, where: str
) -> Any:
    """An entry that has to be there.

    Parameters
    ----------
    meta : mapping
        As `Store.meta` gives it.
    path : str or tuple of str
        Name of the entry; ``("machine", "cores")``, or "machine.cores", is the entry "cores" of
        the mapping "machine". A name that a user chose may contain a point: it needs a tuple.
    kind : type
        str, bool, int (0 or more), float (an integer too), dict, list, a list of one of them
        (``list[str]``), or one of several (``int | None``).
    where : str
        What a message calls the file.

    Raises
    ------
    StudyError
        If the entry is missing or of another type.
    """
    value: Any = meta
    keys = path.split(".") if isinstance(path, str) else path
    name = ".".join(keys)
    for key in keys:
        if not isinstance(value, Mapping) or key not in value:
            raise StudyError(
                f"{where}: the entry {name!r} of the table meta is missing; expected "
                f"{_in_words(kind)}. Restore the file from a copy, or run the study again.",
                code="entry-invalid",
                entry=name,
            )
        value = value[key]
    if not _is(value, kind):
        raise StudyError(
            f"{where}: the entry {name!r} of the table meta is {str(value)[:60]!r}; expected "
            f"{_in_words(kind)}. Restore the file from a copy, or run the study again.",
            code="entry-invalid",
            entry=name,
        )
    return value


def _is(value: Any, kind: Any) -> bool:
    if isinstance(kind, UnionType):
        return any(_is(value, each) for each in get_args(kind))
    if get_origin(kind) is list:
        return isinstance(value, list) and all(_is(item, get_args(kind)[0]) for item in value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if kind is float:
        return isinstance(value, float | int) and not isinstance(value, bool)
    return isinstance(value, kind)


def _in_words(kind: Any) -> str:
    if isinstance(kind, UnionType):
        return " or ".join(map(_in_words, get_args(kind)))
    if get_origin(kind) is list:
        return f"a list, each item {_in_words(get_args(kind)[0])}"
    return _WORDS[kind]
