"""The spread of means in a table: columns that hold it, and cells such as 0.91 ± 0.02."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.curves import names
from dataworth.curves.cells import Mark, column_numbers, is_missing, may_be_numbers
from dataworth.curves.table import Table
from dataworth.errors import DataError
from dataworth.metrics.registry import canonical, find, says_percent

Floats = NDArray[np.float64]
_NORMAL = {"68": 1.0, "90": 1.645, "95": 1.96, "99": 2.576}
"""Half the width of an interval of a mean, in standard errors."""
_KINDS: dict[str, Collection[str]] = {
    "std": names.STD,
    "variance": names.VARIANCE,
    "se": names.SE,
    "half": names.HALF,
    "lower": names.LOWER,
    "upper": names.UPPER,
    "runs": names.RUNS,
}
_LONGEST = 200
"""Characters of a cell with a mean and its spread."""
_LEVEL = re.compile(r"(?:68|90|95|99)\s*%")
_PLUS_MINUS = r"\u00b1|\+\s*/\s*-|\+-|\\pm"
_NUMBER = r"[-+]?[\d.,]+(?:e[-+]?\d+)?\s*%?"
_WITH_STD = re.compile(
    rf"\s*({_NUMBER})\s*(?:(?:{_PLUS_MINUS})\s*({_NUMBER})|\(\s*(?:{_PLUS_MINUS})?\s*({_NUMBER})\))\s*",
    re.IGNORECASE,
)
_LAST_DIGITS = re.compile(r"[-+]?\d*[.,]\d+\(\d+\)%?")
"""62.0(5): a spread in units of the last digits, as in physics, or written without its point."""
_IN_NAME = re.compile(
    rf"(.+?)(?:\s*[(\[]\s*(?:{_PLUS_MINUS})?|\s*(?:{_PLUS_MINUS})|\s)\s*"
    r"(std|stdev|s\.?d\.?|sem?|std\.?\s*err(?:or)?|(?:(?:68|90|95|99)\s*%?\s*)?ci)\s*[)\]]?\s*",
    re.IGNORECASE,
)
"""What the name of a column of means says of the spread in its cells: acc (std), AUC ± 95% CI."""
_ENDS = rf"[\[(]\s*({_NUMBER})\s*(?:[,;]\s|\s-\s|[-\u2013]|to)\s*({_NUMBER})\s*[\])]"
_WITH_ENDS = re.compile(rf"\s*({_NUMBER})\s*{_ENDS}\s*", re.IGNORECASE)
_INTERVAL = re.compile(rf"\s*{_ENDS}\s*", re.IGNORECASE)


def split_cells(table: Table) -> Table:
    """The table with means and their spread in columns of their own, where cells hold both."""
    columns: dict[str, list[Any]] = {}
    notes = []
    for called, cells in table.columns.items():
        told = _IN_NAME.fullmatch(called) if len(called) <= _LONGEST else None
        # The spread is what the name of the column says, the mean has the rest of the name.
        name, kind = told.groups() if told else (called, "std")
        for pattern, parts in (
            (_WITH_STD, (name, f"{name} {kind}")),
            (_WITH_ENDS, (name, f"{called} lower", f"{called} upper")),
            (_INTERVAL, (f"{called} lower", f"{called} upper")),
        ):
            split = _matched(cells, pattern, len(parts), f"{table.place}, column {called!r}")
            new = [part for part in parts if part not in (name, called)]
            if split and not any(part in table.columns for part in new):
                columns |= dict(zip(parts, split, strict=True))
                if pattern is not _INTERVAL:
                    notes.append(f"cells of {called!r} hold a mean and its spread")
                break
        else:
            columns[called] = cells
    return (
        replace(table, columns=columns).noted(*notes) if len(columns) > len(table.names) else table
    )


def _matched(cells: list[Any], pattern: re.Pattern[str], count: int, where: str) -> list[list[Any]]:
    """The parts of all cells that match; nothing if one with a value does not."""
    split: list[list[Any]] = [[] for _ in range(count)]
    found = False
    for cell in cells:
        match = pattern.fullmatch(cell) if isinstance(cell, str) and len(cell) <= _LONGEST else None
        if match is None and not is_missing(cell):
            return []
        if match is not None and _LAST_DIGITS.fullmatch(match[0].strip()):
            raise DataError(
                f"{where}: {match[0].strip()!r} may hold a spread of so many units, or of its last "
                "digits; write it out, such as 62.0 \u00b1 0.5.",
                code="value-unclear",
            )
        found = found or match is not None
        texts = [text for text in match.groups() if text] if match else [""] * count
        percent = any("%" in text for text in texts)
        for column, text in zip(split, texts, strict=True):
            column.append(text + "%" * (percent and "%" not in text))
    return split if found else []


def spread_columns(table: Table, samples: str) -> dict[str, tuple[str, str]]:
    """Columns that hold a spread or numbers of runs: their kind, and of which metric they are."""
    found = {}
    keys = Counter(names.key(each) for each in table.names)
    all_keys = set(keys)
    for name in table.names:
        if name == samples or not may_be_numbers(table.columns[name]):
            continue
        own = names.key(name)
        kind = _kind(name, all_keys if keys[own] > 1 else all_keys - {own})
        if kind is not None:
            found[name] = kind
    return found


def _kind(name: str, others: Collection[str]) -> tuple[str, str] | None:
    """What kind of spread a name says, alone or before or behind that of a metric."""
    plain = re.sub(_PLUS_MINUS, " std ", name)
    for words in (names.words(plain), names.words(re.sub(r"[()\[\]]", " ", plain))):
        if not words:
            continue
        for kind, group in _KINDS.items():
            if "".join(words) in group:
                return kind, ""
        for kind, group in _KINDS.items():
            for at in range(1, len(words)) if kind != "runs" or words[-1] == "count" else ():
                first, last = words[:at], words[at:]
                for spread, rest in ((first, last), (last, first)):
                    if "".join(spread) in group and _is_value(rest, others):
                        return kind, " ".join(rest)
        # Errors beside a metric are its error bars, unless they are a metric by name.
        if words[-1:] in (["err"], ["error"]) and "".join(words[:-1]) in others and not find(name):
            return "std", " ".join(words[:-1])
    return None


def _is_value(words: list[str], others: Collection[str]) -> bool:
    text = "".join(words)
    is_name = text in names.MEAN or text in names.VALUE or text in others
    return is_name or find(" ".join(words)) is not None


def spread_of(found: dict[str, tuple[str, str]], value: str) -> dict[str, str]:
    """The columns of spread that belong to one column of means, by kind."""
    columns: dict[str, str] = {}
    for name, (kind, of) in found.items():
        key = names.key(of) if of else ""
        alike = key in names.MEAN | names.VALUE | {"", names.key(value)}
        if alike or canonical(of) == canonical(value):
            columns.setdefault(kind, name)
    return columns


def standard_deviations(
    table: Table, columns: dict[str, str], mark: Mark | None, values: Floats
) -> tuple[Floats, Floats | None, list[str]]:
    """Standard deviations over runs and numbers of runs, from the given measure of spread."""

    def numbers(kind: str) -> Floats:
        found = column_numbers(table, columns[kind], mark)
        # A share may have its spread in per cent.
        percent = found.percent or says_percent(_LEVEL.sub("", columns[kind]))
        return found.values / 100 if percent and not (values > 1).any() else found.values

    runs = numbers("runs") if "runs" in columns else None
    said = " and ".join(repr(name) for kind, name in columns.items() if kind != "runs")
    if "std" in columns:
        stds, note = numbers("std"), f"{columns['std']!r} is the standard deviation over runs"
    elif "variance" in columns:
        stds = np.sqrt(np.maximum(numbers("variance"), 0))
        note = f"{columns['variance']!r} is the variance over runs"
    elif "se" in columns:
        stds, note = numbers("se"), f"{columns['se']!r} is the standard error of the mean"
    else:
        half = numbers("half") if "half" in columns else (numbers("upper") - numbers("lower")) / 2
        level = next((each for each in _NORMAL if each in names.key(said)), "95")
        give = "gives" if "half" in columns else "give"
        stds, note = abs(half) / _NORMAL[level], f"{said} {give} {level} % intervals of the mean"
    notes = [note]
    if "runs" in columns:
        notes.append(f"{columns['runs']!r} is the number of runs in a mean")
    if runs is not None and not {"std", "variance"} & set(columns):
        stds = stds * np.sqrt(runs)
    return stds, runs, notes
