"""Whether rows are repeats of one experiment: columns that distinguish curves are named."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from shlex import quote
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from dataworth.curves import names
from dataworth.curves.cells import is_missing, may_be_numbers
from dataworth.curves.table import Table, distinct, label, listed
from dataworth.errors import DataError
from dataworth.metrics.registry import find

Floats = NDArray[np.float64]
_APART = 1.25
"""Runs whose means lie this factor apart may be of different models."""
_SURE = 0.001
_FEWEST = 3
"""Sizes at which runs are compared, at least."""
_TEST_ROWS = ("test", "val", "valid", "validation", "heldout", "held-out", "dev", "eval")


def check_one_curve(
    table: Table,
    samples: str,
    sizes: Floats,
    seed_columns: Sequence[str],
    seeds: Any,
    metrics: Collection[str],
) -> None:
    """Refuse rows of several curves; the message names the column that distinguishes them.

    Raises
    ------
    DataError
        If a column that is not a size, metric or seed makes rows of one size different experiments.
    """
    keys = list(
        zip(sizes.tolist(), [0] * len(sizes) if seeds is None else list(seeds), strict=True)
    )
    repeated = len(set(keys)) < len(keys)
    known = set(seed_columns) | {samples}
    for name in table.names:
        key = names.key(name)
        if name in known or key in names.ANNOTATIONS or name.startswith(("_", "tags.")):
            continue
        by_name = key in names.EXPERIMENT
        if not by_name and (find(name) is not None or names.key(name) in names.VALUE):
            continue
        if name in metrics and not by_name and not _is_factor(table.columns[name], sizes):
            continue
        cells = table.columns[name]
        kinds = [kind for kind in distinct(cells) if not is_missing(kind)]
        if len(kinds) < 2:
            continue
        differs = _differs_within_a_size(cells, sizes)
        if by_name:
            # A setting that follows from the size, as epochs may, makes no other curve; a name
            # of a learner or a data set always does.
            apart = differs or not may_be_numbers(cells)
        else:
            apart = differs and repeated and _is_factor(cells, sizes)
        if apart:
            raise _several(table, name, kinds, repeated)


def _is_factor(cells: Sequence[Any], sizes: Floats) -> bool:
    """Whether a few values come again at several sizes, as those of a setting do."""
    seen: dict[str, set[float]] = defaultdict(set)
    for cell, size in zip(cells, sizes.tolist(), strict=True):
        seen[label(cell)].add(size)
    return (
        len(seen) > 1
        and sum(len(at) > 1 for at in seen.values()) >= 2
        and (2 * len(seen) <= len(cells))
    )


def _differs_within_a_size(cells: Sequence[Any], sizes: Floats) -> bool:
    first: dict[float, str] = {}
    return any(
        first.setdefault(size, label(cell)) != label(cell)
        for cell, size in zip(cells, sizes.tolist(), strict=True)
    )


def _several(table: Table, name: str, kinds: Sequence[str], repeated: bool) -> DataError:
    held_out = [kind for kind in kinds if kind.casefold() in _TEST_ROWS]
    one = held_out[0] if held_out else kinds[0]
    option, row = quote(name), quote(f"{name}={one}")
    ways = f"--by {option} forecasts each, --where {row} takes one"
    if not held_out:
        ways += f", and --seed {option} says that they are repeats"
    return DataError(
        f"{table.place}: the rows are of several curves: column {name!r} holds {listed(kinds, 6)}. "
        f"They are not pooled: {ways} (in Python by=, where=, seed=).",
        code="several-curves",
        column=name,
        kinds=list(kinds),
    )


def check_runs_alike(
    table: Table, seed_columns: Sequence[str], sizes: Floats, values: Floats, best: float | None
) -> None:
    """Refuse named runs that differ much at every size: they may be of different models.

    Runs that only have numbers are repeats by that; names such as "resnet" and "vit" may not be,
    in a column of seeds or in one of notes. An analysis of variance of the log values, and of
    what they lack to the best value, compares the runs with the noise within them.

    Raises
    ------
    DataError
        If the runs lie a factor of 1.25 apart at some size, and noise explains their levels and
        slopes with a probability below 0.001.
    """
    notes = [name for name in table.names if names.key(name) in names.ANNOTATIONS]
    measures = [values, *([] if best is None or not np.isfinite(best) else [abs(best - values)])]
    for name in [*seed_columns[:1], *notes] if len(seed_columns) < 2 else notes:
        cells = table.columns[name]
        if may_be_numbers(cells) or _are_numbered(cells):
            continue
        run = np.unique([label(cell) for cell in cells], return_inverse=True)[1]
        if any(_differ(run, sizes, each) for each in measures):
            raise _several(table, name, distinct(cells), repeated=True)

    passes = _passes(sizes)
    if not seed_columns and passes.any() and any(_differ(passes, sizes, each) for each in measures):
        raise DataError(
            f"{table.place}: the rows are of several curves: the sizes come {passes.max() + 1} "
            "times, one pass after another, and the passes differ by more than noise. Add a column "
            "that names them (--by COLUMN, by='COLUMN'), or a column seed if they are repeats.",
            code="several-curves",
        )


def _passes(sizes: Floats) -> NDArray[np.int64]:
    """Which pass over the sizes each row is of; zeros where rows of one size stand together."""
    seen: dict[float, int] = defaultdict(int)
    number = np.zeros(len(sizes), np.int64)
    for row, size in enumerate(sizes.tolist()):
        number[row] = seen[size]
        seen[size] += 1
    return number if (np.diff(number) >= 0).all() else np.zeros_like(number)


def _are_numbered(cells: Sequence[Any]) -> bool:
    """Whether runs have numbers, behind a word that says so: seed-1, run 2."""
    stems = {re.sub(r"[\s\d_.#-]+", "", label(cell)).casefold() for cell in cells}
    return stems <= names.SEED


def _differ(run: Any, sizes: Floats, values: Floats) -> bool:
    """Whether runs that measured the same sizes differ by more than their noise."""
    ok = np.isfinite(values) & (values > 0)
    runs, run = np.unique(run[ok], return_inverse=True)
    at, size = np.unique(sizes[ok], return_inverse=True)
    cells = run * len(at) + size
    # Runs of one size that a column does not tell apart are averaged.
    count = np.bincount(cells, minlength=len(runs) * len(at)).reshape(len(runs), len(at))
    if len(runs) < 2 or len(at) < _FEWEST or not count.all():
        return False
    logs = np.bincount(cells, np.log(values[ok])).reshape(count.shape) / count
    off = logs - logs.mean(axis=0)
    u = np.log(at) - np.log(at).mean()
    # Each run may have a level and a slope of its own; of three sizes, a level.
    slopes = off @ u / (u @ u) if len(at) > _FEWEST else np.zeros(len(runs))
    fitted = off.mean(axis=1)[:, None] + slopes[:, None] * u
    each = 2 if len(at) > _FEWEST else 1
    between, within = (len(runs) - 1) * each, (len(runs) - 1) * (len(at) - each)
    squares = max(float(((off - fitted) ** 2).sum()), 1e-300)
    ratio = float((fitted**2).sum()) / squares
    # The upper tail of Fisher's F, as a regularised incomplete beta function.
    chance = float(betainc(within / 2, between / 2, 1 / (1 + ratio)))
    return float(np.exp(np.ptp(fitted, axis=0).max())) > _APART and chance < _SURE
