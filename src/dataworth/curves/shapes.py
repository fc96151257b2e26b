"""Tables that are not a row for each run: a column for each seed, a row for each metric."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from shlex import quote
from typing import Any

from dataworth.curves import names
from dataworth.curves.cells import is_missing, may_be_numbers, mostly_numbers
from dataworth.curves.spread import split_cells
from dataworth.curves.table import Table, distinct, listed
from dataworth.errors import DataError
from dataworth.metrics.registry import canonical, find, is_held_out

_TRACKED = re.compile(r"(?P<run>.+) - (?P<metric>.+?)(?P<stat>__MIN|__MAX)?")
"""How Weights & Biases names the columns of a chart."""
_NUMBER = re.compile(r"(?<!\d)\d+(?=[)\]]*\Z)")
"""At the end of the name of a column of one run: 3 of "loss_seed_3" and of "loss (3)"."""
_WORD = re.compile(
    r"(seed|run|rep|repeat|repetition|trial|fold|replicate)[\s_\-.#=]*\Z", re.IGNORECASE
)
_SIZE = re.compile(
    r"(?:(?:n|size|samples)\s*=\s*)?"
    r"(\d[\d.,' ]*+(?:e\d+)?\s*+(?:k|m|b|%|thousand|million|billion)?)",
    re.IGNORECASE,
)
"""A size as the name of a column: 1000, 1,000, n=1000, 10k, 25%."""
_LABELS = "metric"
_RUN = "run"
_FEWEST = 2


def long_form(table: Table, metric: str | None, sizes: str | None) -> Table:
    """The table with a row for each run and a column for each metric.

    Parameters
    ----------
    table : Table
    metric : str, optional
        The metric that is wanted, where the columns hold several.
    sizes : str, optional
        The column of sizes, where it is known.
    """
    table = _one_measure(split_cells(table if sizes else _turned(table)), metric)
    tracked = _tracked(table, metric)
    if tracked is not None:
        return tracked
    return _numbered(table, sizes)


def _size_of(name: str) -> float:
    digits = re.sub(r"[^\d.]", "", name)
    # Several points are those of thousands.
    return float(digits if digits.count(".") < 2 else digits.replace(".", ""))


def _turned(table: Table) -> Table:
    """A table with the sizes across, in the names of columns, with a row for each of them."""
    sizes = {name: _SIZE.fullmatch(name.strip()) for name in table.names}
    across = [name for name, match in sizes.items() if match]
    numbers = [_size_of(name) for name in across]
    shared = [name for name in table.names if name not in across]
    if len(across) <= _FEWEST or any(
        names.sizes_group(name) is not None and mostly_numbers(table.columns[name], whole=True)
        for name in shared
    ):
        return table
    if numbers != sorted(set(numbers)) and not any(name[-1:].isalpha() for name in across):
        return table
    labels = next((n for n in shared if names.sizes_group(n) is not None or n == _LABELS), None)
    called = {name: _LABELS if name == labels else name for name in shared}
    if {"samples", "value"} & {*called.values()}:
        return table
    columns: dict[str, list[Any]] = {name: [] for name in (*called.values(), "samples", "value")}
    rows = []
    for row in range(len(table)):
        for name in across:
            for each in shared:
                columns[called[each]].append(table.columns[each][row])
            match = sizes[name]
            columns["samples"].append(match[1] if match else name)
            columns["value"].append(table.columns[name][row])
            rows.append(table.rows[row])
    note = "each row is a series over the sizes in the first row"
    if labels is None:
        return replace(table, columns=columns, rows=rows).noted(note)
    kinds = [str(cell).strip() for cell in table.columns[labels]]
    if len(shared) == 1 and len(set(kinds)) == len(kinds):
        wide = {"samples": [m[1] for m in sizes.values() if m]}
        wide |= {
            kind: [table.columns[name][row] for name in across] for row, kind in enumerate(kinds)
        }
        return replace(table, columns=wide, rows=[0] * len(across)).noted(note)
    return replace(table, columns=columns, rows=rows).noted(note)


def _one_measure(table: Table, metric: str | None) -> Table:
    """Of a table with a row for each metric, the rows of one."""
    for name in table.names:
        if names.key(name) not in names.MEASURE:
            continue
        kinds = distinct(table.columns[name])
        if not kinds or not all(find(kind) for kind in kinds):
            continue
        chosen = main_metric(kinds, metric, table.place, name)
        rows = [row for row, cell in enumerate(table.columns[name]) if str(cell).strip() == chosen]
        part = table.take(rows)
        value = next((each for each in part.names if names.key(each) in names.VALUE), None)
        if value is None:
            return table
        columns = {
            (chosen if each == value else each): cells
            for each, cells in part.columns.items()
            if each != name
        }
        part = replace(part, columns=columns)
        return part if len(kinds) == 1 else part.noted(f"of {name!r} the rows of {chosen!r}")
    return table


def main_metric(kinds: Sequence[str], metric: str | None, place: str, column: str = "") -> str:
    """The metric that a curve is of, among several: the requested one, or the loss.

    Raises
    ------
    DataError
        If none is requested, and neither is one alone measured on held-out rows nor is one the
        loss; or if there is none of the name.
    """
    if metric is not None:
        same = [kind for kind in kinds if kind == metric]
        same = same or [kind for kind in kinds if canonical(kind) == canonical(metric)]
        if len(same) == 1:
            return same[0]
    held_out = [kind for kind in kinds if not _is_training(kind, kinds)] or list(kinds)
    if metric is None:
        losses = [kind for kind in held_out if canonical(kind) == "loss"]
        if len(held_out) == 1 or len(losses) == 1:
            return held_out[0] if len(held_out) == 1 else losses[0]
    one = len(kinds) == 1
    what = f"column {column!r} has" if column else "there is" if one else "there are"
    asked = "" if metric is None else f"no metric is called {metric!r}; "
    raise DataError(
        f"{place}: {asked}{what} the metric{'' if one else 's'} {listed(list(kinds))}. Say which "
        f"one: --metric "
        f"{quote(held_out[0])}, metric={held_out[0]!r}; or the column: --value, value=.",
        code="metric-unclear" if metric is None else "unknown-metric",
    )


def _is_training(kind: str, kinds: Sequence[str]) -> bool:
    """Whether a metric is of training rows: by its name, or as "loss" is beside "val_loss"."""
    if canonical(kind).startswith("train "):
        return True
    return not is_held_out(kind) and any(
        is_held_out(other) and canonical(other) == canonical(kind) for other in kinds
    )


def _tracked(table: Table, metric: str | None) -> Table | None:
    """A chart of Weights & Biases: a column for each run, with its least and largest value."""
    # A metric's own name may hold the sign, as "1 - accuracy" does.
    found = [
        (name, match)
        for name in table.names
        if (match := _TRACKED.fullmatch(name)) and find(name) is None
    ]
    if not found or len(found) < len(table.names) - 2:
        return None
    tracked = [(n, m) for n, m in found if not m["stat"] and not m["metric"].startswith("_")]
    if not tracked:
        return None
    metrics = list(dict.fromkeys(match["metric"] for _, match in tracked))
    chosen = metrics[0] if len(metrics) == 1 else main_metric(metrics, metric, table.place)
    runs = {match["run"]: name for name, match in tracked if match["metric"] == chosen}
    left_out = [name for name, match in found if match["stat"] and not name.startswith("_")]
    shared = [name for name in table.names if name not in {name for name, _ in found}]
    note = f"each column is a run of its own: {listed(list(runs), 6)}"
    if left_out:
        note += "; columns of minima and maxima are left out"
    return _stacked(table, shared, runs, chosen).noted(note)


def _numbered(table: Table, sizes: str | None) -> Table:
    """A table with a column for each seed: names that differ in a number alone."""
    groups: dict[tuple[str, str], dict[str, str]] = {}
    for name in table.names:
        number = _NUMBER.search(name.strip())
        if number is None or name == sizes or not may_be_numbers(table.columns[name]):
            continue
        before = name.strip()[: number.start()]
        said = _WORD.search(before)
        word = said[1].casefold() if said else ""
        stem = (before[: said.start()] if said else before).strip(" _-./#([=")
        if (not stem or word or names.key(stem) in names.VALUE) or find(stem):
            # Names such as f1 and acc5 have a number of their own.
            groups.setdefault((stem, word), {})[number[0]] = name
    groups = {group: runs for group, runs in groups.items() if len(runs) >= _FEWEST}
    groups = {
        (stem, word): runs
        for (stem, word), runs in groups.items()
        if word or stem == "" or names.key(stem) in names.VALUE or not _are_metrics(runs)
    }
    single = [name for name in table.names if names.key(name) in names.VALUE]
    if len(groups) != 1 or single:
        return table
    (stem, _), runs = next(iter(groups.items()))
    taken = set(runs.values())
    shared = [name for name in table.names if name not in taken]
    if any(names.key(name) in names.SEED for name in shared):
        return table
    value = stem if stem and find(stem) else "value"
    columns = listed(list(runs.values()), 6)
    return _stacked(table, shared, runs, value).noted(
        f"each of the columns {columns} is a run of its own"
    )


def _are_metrics(runs: dict[str, str]) -> bool:
    """Whether names that differ in a number are metrics of different ranks: acc1 and acc5."""
    means = {canonical(name) for name in runs.values() if find(name)}
    return len(means) == len(runs)


def _stacked(table: Table, shared: Sequence[str], runs: dict[str, str], value: str) -> Table:
    """A table of a row for each figure, with the run's name in a column and the figure in another.

    Raises
    ------
    DataError
        If a column of the table has the name of one of the two.
    """
    taken = next((name for name in shared if name in (_RUN, value)), None)
    if taken is not None:
        raise DataError(
            f"{table.place}: the figures of {listed(list(runs.values()), 3)} are taken for those "
            f"of runs, whose column would be called {taken!r} as well. Rename or remove the column "
            f"{taken!r}.",
            code="named-twice",
            column=taken,
        )
    columns: dict[str, list[Any]] = {name: [] for name in (*shared, _RUN, value)}
    rows: list[int] = []
    for run, name in runs.items():
        for row, cell in enumerate(table.columns[name]):
            # A run without a figure here was not measured here.
            if is_missing(cell):
                continue
            for each in shared:
                columns[each].append(table.columns[each][row])
            columns[_RUN].append(run)
            columns[value].append(cell)
            rows.append(table.rows[row])
    return replace(table, columns=columns, rows=rows)
