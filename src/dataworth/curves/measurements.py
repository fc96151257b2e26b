"""From a table to a curve: which column is what, and notes on what was inferred."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.curves import names
from dataworth.curves.cells import (
    Mark,
    Numbers,
    column_numbers,
    decimal_mark,
    is_missing,
    may_be_numbers,
    whole_labels,
)
from dataworth.curves.curve import Curve, counts_of
from dataworth.curves.distinct import check_one_curve, check_runs_alike
from dataworth.curves.roles import Columns, Roles, inferred, roles_of, unused
from dataworth.curves.shapes import long_form
from dataworth.curves.spread import standard_deviations
from dataworth.curves.table import Table, label
from dataworth.errors import DataError
from dataworth.metrics.metric import Metric, fitted_to_unit, in_percent
from dataworth.metrics.registry import (
    canonical,
    find,
    named,
    percentage_of,
    says_percent,
    scorer,
)

Floats = NDArray[np.float64]


def curve_of_table(
    table: Table,
    columns: Columns,
    metric: str | Metric | None = None,
    *,
    name: str = "",
) -> Curve:
    """The curve in a table; see `as_curve` for the columns and the metric.

    Raises
    ------
    DataError
        If no column holds sizes or a metric, several might, rows belong to several curves, or a
        cell cannot be read.
    """
    table, later = _filtered(table, dict(columns.where))
    wanted = metric.name if isinstance(metric, Metric) else metric
    if not len(table) or not table.columns:
        raise DataError(
            f"{table.place}: there are no measurements; column 'samples' is missing or has no "
            "rows. Expected a first row such as samples,value[,seed] and a row per measurement.",
            code="no-rows" if table.columns else "column-missing",
        )
    table = long_form(table, wanted, columns.samples).filtered(later)
    roles = roles_of(table, columns, wanted)
    table = _without_blank_rows(table, roles)
    mark = decimal_mark(table, _texts(table, roles))
    sizes, notes = _sizes(table, roles.samples, mark, columns.total)
    values = column_numbers(table, roles.value, mark)
    explicit = columns.seed is not None
    seeds = _seeds(table, roles, sizes, explicit)
    further = _further(table, roles, mark, wanted)
    check_one_curve(table, roles.samples, sizes, roles.seeds, seeds, [roles.value, *further])
    stds, runs = None, None
    spread_notes: list[str] = []
    if roles.spread:
        stds, runs, spread_notes = standard_deviations(table, roles.spread, mark, values.values)
    chosen, given = _metric_of(table, roles.value, values, sizes)
    if not explicit:
        known = chosen if isinstance(chosen, Metric) else named(chosen)
        best = fitted_to_unit(known, values.values).best
        check_runs_alike(table, roles.seeds, sizes, values.values, best)
    if values.comma:
        notes.append("decimal commas")
    notes = [*table.notes, *inferred(table, roles, columns, wanted), *notes, *spread_notes]
    notes += unused(table, roles)
    if not given and values.percent:
        notes.append(f"{roles.value!r} is in per cent: read as {chosen} in per cent")
    try:
        return Curve(
            sizes if columns.total is None else sizes / columns.total,
            values.values,
            seeds,
            chosen if given or values.percent else None,
            name=name,
            others={each: numbers.values for each, numbers in further.items()},
            stds=stds,
            runs=runs,
            total=columns.total,
            assumed=tuple(dict.fromkeys(notes)),
        )
    except DataError as error:
        raise _of_its_row(error, table, sizes, values.values, seeds) from None


def _filtered(table: Table, conditions: dict[str, str]) -> tuple[Table, dict[str, str]]:
    """The rows that meet conditions on columns of the file; and the conditions on others."""
    names_here = {name.casefold() for name in table.names}
    here = {name: value for name, value in conditions.items() if name.casefold() in names_here}
    return table.filtered(here), {k: v for k, v in conditions.items() if k not in here}


def _without_blank_rows(table: Table, roles: Roles) -> Table:
    """Without rows that have no figure: blank ones, and those of a log with other metrics."""
    sizes, values = table.columns[roles.samples], table.columns[roles.value]
    found = {
        label(size) for size, value in zip(sizes, values, strict=True) if not is_missing(value)
    }
    keep = [
        row
        for row, (size, value) in enumerate(zip(sizes, values, strict=True))
        if not is_missing(value)
        or not (is_missing(size) or (not roles.seeds and label(size) in found))
    ]
    if len(keep) == len(table):
        return table
    return table.take(keep)


def _texts(table: Table, roles: Roles) -> list[str]:
    return [roles.samples, roles.value, *roles.spread.values()]


def _sizes(
    table: Table, name: str, mark: Mark | None, total: float | None
) -> tuple[Floats, list[str]]:
    """The numbers of samples: counts, or shares and per cent of a total."""
    numbers = column_numbers(table, name, mark, whole=True)
    unit = names.unit_of_sizes(name)[1]
    if any(isinstance(cell, str) and cell.strip()[-1:].isalpha() for cell in table.columns[name]):
        unit = 1.0
    sizes, notes = numbers.values * unit, []
    if unit != 1:
        notes.append(f"{name!r} holds multiples of {unit:,.0f}")
    if names.are_logarithms(name):
        raise DataError(
            f"{table.place}: {name!r} holds logarithms by its name; expected the numbers of "
            "samples themselves. Write these in a column, or rename it.",
            code="value-unclear",
        )
    gaps = np.flatnonzero(np.isnan(sizes))
    if len(gaps):
        raise DataError(
            f"{table.where(int(gaps[0]), name)}: the number of samples is missing. Fill it in, or "
            "remove the row.",
            code="value-missing",
            row=table.rows[int(gaps[0])],
        )
    if numbers.grouped:
        notes.append("separators of thousands are left out")
    percent = numbers.percent or says_percent(name)
    by_name = names.are_shares(name)
    fraction = bool(len(sizes)) and sizes.max() <= 1 and sizes.min() > 0 and (sizes < 1).any()
    if not (percent or by_name or fraction):
        if total is None:
            return sizes, notes
        percent = True
    if not fraction and not numbers.percent:
        percent = True
    kind = "per cent" if percent else "fractions"
    if total is None:
        raise DataError(
            f"{table.place}: {name!r} holds {kind}, {label(float(sizes.min()))} to "
            f"{label(float(sizes.max()))}, not numbers of samples. Give the number that they are "
            "of: --total N, total=N.",
            code="option-missing",
            option="total",
        )
    if sizes.max() > (100 if percent else 1):
        raise DataError(
            f"{table.place}: total is given, and {name!r} holds {sizes.max():g}, which is more "
            "than 100 per cent; omit total if the column holds numbers of samples.",
            code="options-conflict",
        )
    notes.append(f"{name!r} holds {kind} of {total:,.12g} samples")
    counted = counts_of(sizes / 100 if percent else sizes, total).astype(np.float64)
    if len(np.unique(counted)) < len(np.unique(sizes)):
        raise DataError(
            f"{table.place}: with total {total:g}, {name!r} from {sizes.min():g} to "
            f"{sizes.max():g} {kind} makes the same number of samples of different sizes: give "
            "the number of all samples, --total N, and correct the column.",
            code="options-conflict",
        )
    return counted, notes


def _seeds(
    table: Table, roles: Roles, sizes: Floats, explicit: bool
) -> NDArray[np.int64] | Floats | None:
    """The seed of each row: a whole number, or a number for each text."""
    if not roles.seeds:
        return None
    chosen = roles.seeds[:1]
    for further in roles.seeds[1:]:
        keys = list(zip(sizes.tolist(), *(table.columns[name] for name in chosen), strict=True))
        if len(set(keys)) == len(keys):
            break
        chosen.append(further)
    roles.seeds[:] = chosen
    if len(chosen) == 1:
        cells = table.columns[chosen[0]]
        whole = whole_labels(cells)
        if whole is not None:
            return whole
        if may_be_numbers(cells) and not explicit:
            return column_numbers(table, chosen[0], None).values
    rows = list(zip(*([label(c) for c in table.columns[name]] for name in chosen), strict=True))
    order = {key: number for number, key in enumerate(dict.fromkeys(rows))}
    return np.array([order[key] for key in rows], np.int64)


def _further(
    table: Table, roles: Roles, mark: Mark | None, metric: str | None
) -> dict[str, Numbers]:
    """Other columns of numbers: further metrics of the same runs."""
    taken = {roles.samples, roles.value, *roles.seeds, *roles.spread.values()}
    wanted = () if metric is None else (canonical(metric), canonical(scorer(metric)[0].name))
    found: dict[str, Numbers] = {}
    for name in table.names:
        if name in taken:
            continue
        asked = canonical(name) in wanted
        cells = table.columns[name]
        if not asked and not any(not is_missing(c) and may_be_numbers([c]) for c in cells):
            continue
        numbers = column_numbers(table, name, mark if asked else None, strict=asked)
        if np.isfinite(numbers.values).any():
            found[name] = numbers
    return found


def _metric_of(
    table: Table, name: str, values: Numbers, sizes: Floats
) -> tuple[str | Metric, bool]:
    """What the values are, by the name of their column; and whether that name says it."""
    if names.key(name) in names.VALUE or names.key(name) in names.MEAN:
        if not values.percent:
            return "loss", False
        rises = _rise(sizes, values.values)
        return in_percent(Metric("accuracy" if rises else "error_rate", rises, 0.0, 1.0)), False
    known = find(name)
    if values.percent and known is not None:
        return replace(percentage_of(known), name=name), True
    return name, True


def _of_its_row(
    error: DataError, table: Table, sizes: Floats, values: Floats, seeds: Any
) -> DataError:
    """The error with the row that is not a curve by itself either."""
    counts = Counter(table.rows)
    for row in range(len(table)):
        one = slice(row, row + 1)
        try:
            Curve(sizes[one], values[one], None if seeds is None else seeds[one])
        except DataError as reason:
            if not table.rows[row] or counts[table.rows[row]] > 1:
                break
            return DataError(
                f"{table.place}, row {table.rows[row]}: {reason}",
                code=reason.code,
                row=table.rows[row],
            )
    return DataError(f"{table.place}: {error}", code=error.code, **error.values)


def _rise(sizes: Floats, values: Floats) -> bool:
    """Whether values rise with the log of the size; also where all sizes are the same."""
    # A size that cannot be is refused later, by its row.
    usable = np.isfinite(values) & np.isfinite(sizes) & (sizes > 0)
    if len(np.unique(sizes[usable])) < 2:
        return True
    logs, shares = np.log(sizes[usable]), values[usable] / max(abs(values[usable]).max(), 1e-300)
    return bool((logs - logs.mean()) @ shares > 0)
