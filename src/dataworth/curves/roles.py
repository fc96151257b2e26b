"""Which column of a table holds what: sizes, the metric, seeds, and the spread of means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from shlex import quote
from typing import Any

import numpy as np

from dataworth.curves import names
from dataworth.curves.cells import column_numbers, is_missing, may_be_numbers, mostly_numbers
from dataworth.curves.shapes import main_metric
from dataworth.curves.spread import spread_columns, spread_of
from dataworth.curves.table import Table, distinct, listed
from dataworth.errors import DataError
from dataworth.metrics.registry import canonical, find, scorer

_FEWEST = 3
"""Steps from which on a column shows that it counts."""
_ONE_PASS = 1
"""Epochs of one pass over the data; counted from 0 they go from 0 to 1 at its end."""


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

    def __post_init__(self) -> None:
        for option in ("samples", "value", "seed"):
            name = getattr(self, option)
            if name is not None:
                object.__setattr__(self, option, named_column(option, name))


def named_column(option: str, name: object) -> str:
    """The name of a column that an option gives; data frames may have numbers for names.

    Raises
    ------
    DataError
        If it is neither a text nor a whole number.
    """
    if isinstance(name, bool) or not isinstance(name, str | int | np.integer):
        raise DataError(
            f"{option} is {name!r}; expected the name of a column.",
            code="wrong-type",
            option=option,
        )
    return str(name)


@dataclass
class Roles:
    """The columns that are read: of sizes, of the metric, of seeds, and of the spread of means."""

    samples: str
    value: str
    seeds: list[str] = field(default_factory=list)
    spread: dict[str, str] = field(default_factory=dict)
    """Columns of the spread of means, by kind; see `spread_columns`."""


def roles_of(table: Table, columns: Columns, metric: str | None) -> Roles:
    """The columns that were named, and the others by their names.

    Raises
    ------
    DataError
        If no column holds sizes or a metric, or several might.
    """
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
    return Roles(samples, value, seeds, spread)


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
        _check_passes(table, varying[0])
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
    in_bytes = [name for name in table.names if names.are_bytes(name)]
    may_be = [
        name
        for name in table.names
        if name not in epochs
        and find(name) is None
        and mostly_numbers(table.columns[name], whole=True)
    ]
    raise DataError(
        f"{table.place}: column 'samples' is missing: none of the names is known for numbers of "
        f"training samples. The columns are {listed(table.names)}. "
        + (
            f"{epochs[0]!r} counts passes over the data: a log of one training run is not a "
            "learning curve, which has runs at several numbers of samples. "
            if epochs
            else ""
        )
        + (f"{in_bytes[0]!r} holds bytes, which count no samples. " if in_bytes else "")
        + (
            "Say which one holds them: --samples COLUMN, samples='COLUMN'; and which one the "
            "metric: --value COLUMN."
            if may_be
            else "Add a column samples with the number that each row was trained on."
        ),
        code="column-missing",
        column="samples",
    )


def _check_passes(table: Table, steps: str) -> None:
    """Refuse steps of a training that passes several times over its data, or that are counted."""
    if names.key(steps) not in names.STEPS:
        return
    counted = column_numbers(table, steps, None, strict=False).values
    counted = np.unique(counted[np.isfinite(counted)])
    if len(counted) >= _FEWEST and counted[0] <= 1 and (np.diff(counted) == 1).all():
        raise DataError(
            f"{table.place}: {steps!r} counts from {counted[0]:g} to {counted[-1]:g} by 1, as "
            "rounds of one training do: such a log is not a learning curve, which has runs at "
            "several numbers of samples. Name the column that holds these: --samples COLUMN, "
            "samples='COLUMN'.",
            code="column-unclear",
            column=steps,
        )
    for name in table.names:
        if names.key(name) not in ("epoch", "epochs"):
            continue
        passes = column_numbers(table, name, None, strict=False).values
        passes = passes[np.isfinite(passes)]
        if len(passes) and np.ptp(passes) > _ONE_PASS:
            raise DataError(
                f"{table.place}: {steps!r} counts updates of a training that passes several times "
                f"over its data ({name!r} runs from {passes.min():g} to {passes.max():g}): such a "
                "log is not a learning curve, which has runs at several numbers of samples. If "
                f"each row is a run of its own with so many samples: --samples {quote(steps)}, "
                f"samples={steps!r}.",
                code="column-unclear",
                column=steps,
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
            wanted = scorer(metric)[0].name
            found = any(canonical(name) == canonical(wanted) for name in known)
            base = wanted if found else metric
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
    called = [name for name in texts if find(name) and _first(table.columns[name]) != ""]
    if called:
        raise DataError(
            f"{table.place}: column {called[0]!r} holds {_first(table.columns[called[0]])!r}, "
            "which is not a number. Write one number in each cell, such as 0.62, 62 % or "
            "62.0 \u00b1 0.5, and numbers of runs in a column of their own.",
            code="not-numeric",
            column=called[0],
        )
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


def inferred(table: Table, roles: Roles, columns: Columns, metric: str | None) -> list[str]:
    """The columns whose part was inferred, in words."""
    said = []
    # Of shares of a total, the sizes are said with that.
    if columns.samples is None and roles.samples != "samples" and columns.total is None:
        what = "numbers of samples"
        if names.key(roles.samples) in names.STEPS:
            what = "numbers of samples (if steps are not samples, name the column: --samples)"
        said.append(f"{roles.samples!r} holds the {what}")
    if columns.value is None and roles.value != "value" and roles.value in table.columns:
        plain = metric is not None and canonical(roles.value) == canonical(metric)
        plain |= [name for name in table.names if find(name)] == [roles.value]
        if said:
            said.append(f"{roles.value!r} the metric")
        elif not plain:
            said.append(f"{roles.value!r} is taken for the metric")
    stacked = any("is a run of its own" in note for note in table.notes)
    if columns.seed is None and roles.seeds and roles.seeds != ["seed"] and not stacked:
        said.append(f"{' and '.join(map(repr, roles.seeds))} the seeds")
    return said


def unused(table: Table, roles: Roles) -> list[str]:
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
