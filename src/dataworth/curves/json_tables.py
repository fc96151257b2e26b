"""Tables in JSON: lists of objects, columns, and objects by size, as programs write them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dataworth.curves import names
from dataworth.curves.table import Table, check_names
from dataworth.errors import DataError

Row = dict[str, Any]
_CURVE = "curve"
_MOST_CELLS = 20_000_000
_FEWEST = 2
"""Curves of a document that holds several."""


def json_table(text: str, place: str, notes: tuple[str, ...]) -> Table:
    """The table in a JSON document, or in JSON lines.

    Raises
    ------
    DataError
        If it is not JSON, or holds something else than measurements.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = _lines(text, place)
    rows = _rows(found)
    if not rows:
        what = "a notebook" if isinstance(found, dict) and "nbformat" in found else "other data"
        raise DataError(
            f"{place}: JSON of {what}, not of measurements; expected objects such as "
            '{"samples": 1000, "value": 0.5}.',
            code="file-malformed",
        )
    columns = list(dict.fromkeys(name for row in rows for name in row))
    check_names(columns, place)
    if len(columns) * len(rows) > _MOST_CELLS:
        # Each object may have names of its own.
        raise DataError(
            f"{place}: {len(rows):,} objects with {len(columns):,} names are more than "
            f"{_MOST_CELLS:,} cells; expected the same few names in each.",
            code="value-out-of-range",
        )
    numbers: list[int] = []
    cells: dict[str, list[Any]] = {name: [] for name in columns}
    for number, row in enumerate(rows, start=1):
        for each in _runs(row):
            for name in columns:
                cells.setdefault(name, []).append(each.get(name))
            if "run" in each and "run" not in columns:
                cells.setdefault("run", []).append(each["run"])
            numbers.append(number)
    return Table(
        place, {k: v for k, v in cells.items() if len(v) == len(numbers)}, numbers, notes=notes
    )


def _lines(text: str, place: str) -> list[Any]:
    entries = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entries.append(json.loads(line))
        except (ValueError, RecursionError):
            raise DataError(
                f"{place}, row {number}: not JSON; expected one JSON object a line, or one list "
                "of objects.",
                code="file-malformed",
                row=number,
            ) from None
    return entries


def _rows(found: Any) -> list[Row]:
    """A row for each entry of a document; none where it holds no measurements."""
    if isinstance(found, list):
        if found and all(isinstance(entry, dict) for entry in found):
            return [_flat(entry) for entry in found]
        return _of_lists(found)
    if not isinstance(found, dict) or "nbformat" in found:
        return []
    if isinstance(found.get("columns"), list) and isinstance(found.get("data"), list):
        return _of_lists([found["columns"], *found["data"]])
    lists = [each for each in found.values() if _of_objects(each)]
    if len(lists) == 1:
        return _rows(lists[0])
    if curves := _of_curves(found):
        return curves
    columns = {name: cells for name, cells in _flat(found).items() if isinstance(cells, list)}
    if columns and len({len(cells) for cells in columns.values()}) == 1 and not _by_size(found):
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return _of_keys(found) or [_flat(found)]


def _of_curves(found: Mapping[str, Any]) -> list[Row]:
    """Rows of a document with an object of columns, one of them of sizes, for each curve."""
    parts = {name: value for name, value in found.items() if isinstance(value, dict)}
    if len(parts) < len(found) or len(parts) < _FEWEST:
        return []
    if any(all(names.sizes_group(name) is None for name in part) for part in parts.values()):
        return []
    return [{_CURVE: name, **row} for name, part in parts.items() for row in _rows(part)]


def _of_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(e, dict) for e in value)


def _of_lists(found: Sequence[Any]) -> list[Row]:
    """Rows that are lists: below a list of names, or TensorBoard's time, step and value."""
    if not all(isinstance(entry, list) for entry in found) or not found:
        return []
    header, body = ["Wall time", "Step", "Value"], found
    if all(isinstance(name, str) for name in found[0]):
        header, body = found[0], found[1:]
    if any(len(entry) != len(header) for entry in body):
        return []
    return [dict(zip(header, entry, strict=True)) for entry in body]


def _of_keys(found: Mapping[str, Any]) -> list[Row]:
    """Objects by size, and columns or curves that are objects by size or by row."""
    if _by_size(found):
        return [
            {"samples": size, **(_flat(value) if isinstance(value, dict) else {"value": value})}
            for size, value in found.items()
        ]
    tables = {name: value for name, value in found.items() if isinstance(value, dict)}
    if not tables or not all(_by_size(value) for value in tables.values()):
        return []
    keys = list(dict.fromkeys(key for value in tables.values() for key in value))
    rows = [{name: value.get(key) for name, value in tables.items()} for key in keys]
    if any(names.sizes_group(name) is not None for name in tables):
        return rows
    return [{"samples": key, **row} for key, row in zip(keys, rows, strict=True)]


def _by_size(value: Mapping[str, Any]) -> bool:
    """Whether all keys are numbers."""
    try:
        return len(value) > 1 and all(float(key) >= 0 for key in value)
    except ValueError:
        return False


def _runs(row: Row) -> list[Row]:
    """A row for each run, where cells are lists of figures of several runs."""
    lists = {
        name: cell
        for name, cell in row.items()
        if isinstance(cell, list) and cell and all(isinstance(n, int | float) for n in cell)
    }
    counts = {len(cell) for cell in lists.values()}
    if len(counts) != 1:
        return [row]
    return [
        {"run": run, **row, **{name: cell[run] for name, cell in lists.items()}}
        for run in range(counts.pop())
    ]


def _flat(entry: Mapping[str, Any], prefix: str = "") -> Row:
    flat: Row = {}
    for name, value in entry.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
