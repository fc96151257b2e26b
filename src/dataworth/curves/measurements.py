"""From a table to a curve: which column is what, and notes on what was inferred."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from shlex import quote
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
    mostly_numbers,
    whole_labels,
)
from dataworth.curves.curve import Curve, counts_of
from dataworth.curves.distinct import check_one_curve, check_runs_alike
from dataworth.curves.shapes import long_form, main_metric
from dataworth.curves.spread import split_cells, spread_columns, spread_of, standard_deviations
from dataworth.curves.table import Table, distinct, label, listed
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


@dataclass(frozen=True)
class Columns:
    """The columns that the user names: of sizes, of the metric, of seeds; and conditions on rows.

    Attributes
    ----------
    samples, value, seed : str, optional
        Names of columns; inferred by default.
    where : tuple of (str, str)
        Columns and the value that the rows have there.
    total : float, optional
        The number of samples that shares and per cent are of.
    """

    samples: str | None = None
    value: str | None = None
    seed: str | None = None
    where: tuple[tuple[str, str], ...] = ()
    total: float | None = None


@dataclass
class _Roles:
    samples: str
    value: str
    seeds: list[str] = field(default_factory=list)
    spread: dict[str, str] = field(default_factory=dict)
    """Columns of the spread of means, by kind; see `spread_columns`."""


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
    table = long_form(split_cells(table), wanted, columns.samples).filtered(later)
    roles = _roles(table, columns, wanted)
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
    notes = [*table.notes, *_said(table, roles, columns), *notes, *spread_notes]
    notes += _not_used(table, roles)
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


def _roles(table: Table, columns: Columns, metric: str | None) -> _Roles:
    samples = _samples_column(table, columns)
    found = spread_columns(table, samples)
    value = _value_column(table, columns, metric, [samples, *found])
    spread = spread_of({name: kind for name, kind in found.items() if name != value}, value)
    if not {"lower", "upper"} <= set(spread):
        spread = {kind: name for kind, name in spread.items() if kind not in ("lower", "upper")}
    if set(spread) <= {"runs"}:
        spread = {}
    if columns.seed is not None:
        seeds = [table.column(columns.seed)]
    else:
        seeds = [
            name
            for name in table.names
            if names.key(name) in names.SEED
            and name not in (samples, value, spread.get("runs"))
            and not all(is_missing(cell) for cell in table.columns[name])
        ]
        seeds.sort(key=lambda name: (not names.key(name).endswith("seed"), table.names.index(name)))
    return _Roles(samples, value, seeds, spread)


def _samples_column(table: Table, columns: Columns) -> str:
    if columns.samples is not None:
        return table.column(columns.samples)
    if "samples" in table.columns:
        return "samples"
    groups: dict[int, list[str]] = {}
    for name in table.names:
        group = names.sizes_group(name)
        if group is not None and mostly_numbers(table.columns[name], whole=True):
            groups.setdefault(group, []).append(name)
    for _, found in sorted(groups.items()):
        # A column that is the same in every row holds no sizes.
        varying = [name for name in found if len(distinct(table.columns[name])) > 1] or found
        if len(varying) > 1 and len({tuple(distinct(table.columns[n])) for n in varying}) > 1:
            option = quote(varying[0])
            raise DataError(
                f"{table.place}: the columns {listed(varying)} may each hold the numbers of "
                f"samples; say which: --samples {option}, samples={varying[0]!r}.",
                code="column-unclear",
            )
        return varying[0]
    if not any(mostly_numbers(cells, whole=True) for cells in table.columns.values()):
        raise DataError(
            f"{table.place}: is not a table of measurements: no column holds numbers. It starts "
            f"with {listed(table.names)!r}; column 'samples' is missing. Expected a first row such "
            "as samples,value and a row for each run.",
            code="column-missing",
            column="samples",
        )
    epochs = [name for name in table.names if names.key(name) in ("epoch", "epochs")]
    raise DataError(
        f"{table.place}: column 'samples' is missing: none of the names is known for numbers of "
        f"training samples. The columns are {listed(table.names)}. "
        + (
            f"{epochs[0]!r} counts passes over the data: a log of one training run is not a "
            "learning curve, which has runs at several numbers of samples. "
            if epochs
            else ""
        )
        + "Say which one holds them: --samples COLUMN, samples='COLUMN'; and which one the metric: "
        "--value COLUMN.",
        code="column-missing",
        column="samples",
    )


def _value_column(table: Table, columns: Columns, metric: str | None, taken: Sequence[str]) -> str:
    if columns.value is not None:
        return table.column(columns.value)
    plain = [name for name in table.names if names.key(name) in names.VALUE and name not in taken]
    if len(plain) == 1:
        return plain[0]
    others = [
        name
        for name in table.names
        if name not in taken
        and names.key(name) not in names.SEED | names.ANNOTATIONS | names.EXPERIMENT
        and not name.startswith(("_", "tags."))
    ]
    free = [name for name in others if may_be_numbers(table.columns[name])]
    known = [name for name in others if find(name) and mostly_numbers(table.columns[name])]
    asked = [name for name in others if name == metric]
    if asked:
        return asked[0]
    if known:
        base = metric
        if metric is not None and not any(canonical(n) == canonical(metric) for n in known):
            base = scorer(metric)[0].name
        return main_metric(known, base, table.place)
    means = [name for name in free if names.key(name) in names.MEAN]
    if means or len(free) == 1:
        return (means or free)[0]
    if free:
        raise DataError(
            f"{table.place}: none of the columns {listed(free)} is a metric by its name; say which "
            f"one is forecast: --value {quote(free[0])}, value={free[0]!r}, and what it is: "
            "--metric.",
            code="column-unclear",
        )
    texts = [name for name in table.names if name not in taken]
    raise DataError(
        f"{table.place}: column 'value' is missing: no column of numbers holds a metric. The "
        f"columns are {listed(table.names)}"
        + (f"; {texts[0]!r} holds {_first(table.columns[texts[0]])!r}" if texts else "")
        + ". Name the one that holds it: --value COLUMN, value='COLUMN'.",
        code="column-missing",
        column="value",
    )


def _first(cells: Sequence[Any]) -> Any:
    return next((cell for cell in cells if not is_missing(cell)), "")


def _without_blank_rows(table: Table, roles: _Roles) -> Table:
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


def _texts(table: Table, roles: _Roles) -> list[str]:
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
    table: Table, roles: _Roles, sizes: Floats, explicit: bool
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
    table: Table, roles: _Roles, mark: Mark | None, metric: str | None
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
        finite = np.isfinite(values.values)
        rises = (
            bool(np.polyfit(np.log(sizes[finite]), values.values[finite], 1)[0] > 0)
            if (len(np.unique(sizes[finite])) > 1)
            else True
        )
        return in_percent(Metric("accuracy" if rises else "error_rate", rises, 0.0, 1.0)), False
    known = find(name)
    if values.percent and known is not None:
        return replace(percentage_of(known), name=name), True
    return name, True


def _said(table: Table, roles: _Roles, columns: Columns) -> list[str]:
    """The columns whose part was inferred, in words."""
    said = []
    if columns.samples is None and roles.samples != "samples":
        what = "numbers of samples"
        if names.key(roles.samples) in names.STEPS:
            what = "numbers of samples (if steps are not samples, name the column: --samples)"
        said.append(f"{roles.samples!r} holds the {what}")
    if columns.value is None and roles.value != "value" and roles.value in table.columns:
        said.append(f"{roles.value!r} the metric")
    stacked = any("is a run of its own" in note for note in table.notes)
    if columns.seed is None and roles.seeds and roles.seeds != ["seed"] and not stacked:
        said.append(f"{' and '.join(map(repr, roles.seeds))} the seeds")
    return said


def _not_used(table: Table, roles: _Roles) -> list[str]:
    """Columns of numbers whose names say neither a metric nor what describes a run."""
    described = names.ANNOTATIONS | names.EXPERIMENT | names.SEED | names.STEPS | names.SAMPLES
    used = {roles.samples, roles.value, *roles.seeds, *roles.spread.values()}
    left = [
        name
        for name in table.names
        if name not in used
        and names.key(name) not in described
        and not name.startswith(("_", "tags."))
        and find(name) is None
        and may_be_numbers(table.columns[name])
        and len(distinct(table.columns[name])) > 1
    ]
    return [f"not used: {listed(left, 6)}"] if left else []


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
