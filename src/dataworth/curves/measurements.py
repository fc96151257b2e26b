"""From a table to a curve: which column is what, and notes on what was inferred."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from dataworth.curves.shapes import long_form, main_metric
from dataworth.curves.table import Table, distinct, label, listed
from dataworth.errors import DataError
from dataworth.metrics.metric import Metric, in_percent
from dataworth.metrics.registry import canonical, find, scorer

Floats = NDArray[np.float64]
_NORMAL = {"68": 1.0, "90": 1.645, "95": 1.96, "99": 2.576}
"""Half the width of an interval of a mean, in standard errors."""


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
    std: str | None = None
    se: str | None = None
    half: str | None = None
    ends: tuple[str, str] | None = None
    runs: str | None = None

    @property
    def spread(self) -> list[str]:
        ends = self.ends or (None, None)
        return [name for name in (self.std, self.se, self.half, *ends, self.runs) if name]


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
    roles = _roles(table, columns, wanted)
    table = _without_blank_rows(table, roles)
    mark = decimal_mark(table, _texts(table, roles))
    sizes, notes = _sizes(table, roles.samples, mark, columns.total)
    values = column_numbers(table, roles.value, mark)
    explicit = columns.seed is not None
    seeds = _seeds(table, roles, sizes, explicit)
    further = _further(table, roles, mark, wanted)
    check_one_curve(table, roles.samples, sizes, roles.seeds, seeds, [roles.value, *further])
    if seeds is not None and not explicit:
        check_runs_alike(table, roles.seeds, sizes, values.values, seeds)
    stds, runs, spread_notes = _spread(table, roles, mark)
    chosen, given = _metric_of(table, roles.value, values, sizes)
    if values.comma:
        notes.append("decimal commas")
    notes = [*table.notes, *_said(table, roles, columns), *notes, *spread_notes]
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
    spread = _spread_columns(table, samples)
    value = _value_column(table, columns, metric, [samples, *spread.values()])
    taken = {samples, value}
    std, se, half, runs = (spread.get(each) for each in ("std", "se", "half", "runs"))
    ends = (spread["lower"], spread["upper"]) if {"lower", "upper"} <= set(spread) else None
    has_spread = bool(std or se or half or ends)
    if columns.seed is not None:
        seeds = [table.column(columns.seed)]
    else:
        seeds = [
            name
            for name in table.names
            if names.key(name) in names.SEED
            and name not in taken
            and not all(is_missing(cell) for cell in table.columns[name])
        ]
        seeds.sort(key=lambda name: (not names.key(name).endswith("seed"), table.names.index(name)))
    if not has_spread:
        runs = None
    if runs is not None and columns.seed is None:
        seeds = [name for name in seeds if name != runs]
    return _Roles(samples, value, seeds, std, se, half, ends, runs)


def _samples_column(table: Table, columns: Columns) -> str:
    if columns.samples is not None:
        return table.column(columns.samples)
    if "samples" in table.columns:
        return "samples"
    for group in (names.SAMPLES - {"n"}, {"n"}, names.SHARES, names.STEPS):
        found = [
            name
            for name in table.names
            if names.key(name) in group and may_be_numbers(table.columns[name])
        ]
        # A column that is the same in every row holds no sizes.
        varying = [name for name in found if len(distinct(table.columns[name])) > 1] or found
        if len(varying) > 1 and len({tuple(distinct(table.columns[n])) for n in varying}) > 1:
            raise DataError(
                f"{table.place}: the columns {listed(varying)} may each hold the numbers of "
                f"samples; say which: --samples {varying[0]}, samples={varying[0]!r}.",
                code="column-unclear",
            )
        if varying:
            return varying[0]
    raise DataError(
        f"{table.place}: column 'samples' is missing: none of the names is known for numbers of "
        f"training samples. The columns are {listed(table.names)}. Say which one holds them: "
        "--samples COLUMN, samples='COLUMN'; and which one the metric: --value COLUMN.",
        code="column-missing",
        column="samples",
    )


def _spread_columns(table: Table, samples: str) -> dict[str, str]:
    """Columns of the spread of means, by kind; the metric's name may come before or after."""
    groups = {
        "std": names.STD,
        "se": names.SE,
        "half": names.HALF,
        "lower": names.LOWER,
        "upper": names.UPPER,
        "runs": names.RUNS,
    }
    found: dict[str, str] = {}
    for name in table.names:
        if name == samples or not may_be_numbers(table.columns[name]):
            continue
        kind = _spread_kind(name, groups)
        if kind is not None:
            found.setdefault(kind, name)
    return found


def _spread_kind(name: str, groups: Mapping[str, Collection[str]]) -> str | None:
    """What kind of spread a column holds: a name of it, alone or beside that of a metric."""
    words = names.words(name)
    for kind, group in groups.items():
        if "".join(words) in group:
            return kind
    for kind, group in groups.items():
        for at in range(1, len(words)) if kind != "runs" else ():
            first, last = words[:at], words[at:]
            for spread, rest in ((first, last), (last, first)):
                if "".join(spread) in group and _is_value(" ".join(rest)):
                    return kind
    return None


def _is_value(text: str) -> bool:
    return text in names.VALUE or text == "mean" or (bool(text) and find(text) is not None)


def _value_column(table: Table, columns: Columns, metric: str | None, taken: Sequence[str]) -> str:
    if columns.value is not None:
        return table.column(columns.value)
    plain = [name for name in table.names if names.key(name) in names.VALUE and name not in taken]
    if len(plain) == 1:
        return plain[0]
    free = [
        name
        for name in table.names
        if name not in taken
        and names.key(name) not in names.SEED | names.ANNOTATIONS | names.EXPERIMENT
        and not name.startswith(("_", "tags."))
        and may_be_numbers(table.columns[name])
    ]
    known = [name for name in free if find(name) is not None]
    asked = [name for name in free if name == metric]
    if asked:
        return asked[0]
    if known:
        base = metric
        if metric is not None and not any(canonical(n) == canonical(metric) for n in known):
            base = scorer(metric)[0].name
        return main_metric(known, base, table.place)
    means = [name for name in free if names.key(name) in ("mean", "average", "avg")]
    if means or len(free) == 1:
        return (means or free)[0]
    if free:
        raise DataError(
            f"{table.place}: none of the columns {listed(free)} is a metric by its name; say which "
            f"one is forecast: --value {free[0]}, value={free[0]!r}, and what it is: --metric.",
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
    """Without rows that have neither a size nor a figure, as spreadsheets leave them."""
    sizes, values = table.columns[roles.samples], table.columns[roles.value]
    keep = [
        row for row in range(len(table)) if not (is_missing(sizes[row]) and is_missing(values[row]))
    ]
    if len(keep) == len(table):
        return table
    return table.take(keep)


def _texts(table: Table, roles: _Roles) -> list[str]:
    return [roles.samples, roles.value, *roles.spread]


def _sizes(
    table: Table, name: str, mark: Mark | None, total: float | None
) -> tuple[Floats, list[str]]:
    """The numbers of samples: counts, or shares and per cent of a total."""
    numbers = column_numbers(table, name, mark, whole=True)
    sizes, notes = numbers.values, []
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
    percent = numbers.percent or names.is_percent(name)
    by_name = names.key(name) in names.SHARES and names.key(name) not in names.SAMPLES
    fraction = bool(len(sizes)) and sizes.max() <= 1 and sizes.min() > 0 and (sizes < 1).any()
    if not (percent or by_name or fraction):
        if total is None:
            return sizes, notes
        percent = True
    if not fraction and not numbers.percent:
        percent = True
    unit = "per cent" if percent else "fractions"
    if total is None:
        raise DataError(
            f"{table.place}: {name!r} holds {unit}, {label(float(sizes.min()))} to "
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
    notes.append(f"{name!r} holds {unit} of {total:,.12g} samples")
    return counts_of(sizes / 100 if percent else sizes, total).astype(np.float64), notes


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
    taken = {roles.samples, roles.value, *roles.seeds, *roles.spread}
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
    if names.key(name) in names.VALUE or names.key(name) in ("mean", "average", "avg"):
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
    percent = values.percent or (names.is_percent(name) and _fits_percent(values.values))
    if percent and known is not None and known.upper == 1:
        return replace(in_percent(known), name=name), True
    return name, True


def _fits_percent(values: Floats) -> bool:
    finite = values[np.isfinite(values)]
    return bool(len(finite)) and float(finite.max()) > 1


def _spread(
    table: Table, roles: _Roles, mark: Mark | None
) -> tuple[Floats | None, Floats | None, list[str]]:
    """Standard deviations over runs and numbers of runs, from the given measure of spread."""
    if not roles.spread:
        return None, None, []
    runs = None if roles.runs is None else column_numbers(table, roles.runs, mark).values
    notes = []
    if roles.std is not None:
        stds = column_numbers(table, roles.std, mark).values
        notes.append(f"{roles.std!r} is the standard deviation over runs")
    elif roles.se is not None:
        stds = column_numbers(table, roles.se, mark).values
        notes.append(f"{roles.se!r} is the standard error of the mean")
    else:
        level = "95"
        if roles.half is not None:
            level = next((each for each in _NORMAL if each in names.key(roles.half)), "95")
            half = column_numbers(table, roles.half, mark).values
            said = repr(roles.half)
        elif roles.ends is not None:
            low, high = (column_numbers(table, name, mark).values for name in roles.ends)
            half, said = (high - low) / 2, " and ".join(map(repr, roles.ends))
        else:
            return None, None, []
        stds = half / _NORMAL[level]
        notes.append(f"{said} gives {level} % intervals of the mean")
    if roles.runs is not None:
        notes.append(f"{roles.runs!r} is the number of runs in a mean")
    if roles.std is None and runs is not None:
        stds = stds * np.sqrt(runs)
    return stds, runs, notes


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
