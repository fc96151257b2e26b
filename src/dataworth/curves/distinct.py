"""Whether rows are repeats of one experiment: columns that distinguish curves are named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
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
    ways = f"--by {name} forecasts each, --where {name}={one} takes one"
    if not held_out:
        ways += f", and --seed {name} says that they are repeats"
    return DataError(
        f"{table.place}: the rows are of several curves: column {name!r} holds {listed(kinds, 6)}. "
        f"They are not pooled: {ways} (in Python by=, where=, seed=).",
        code="several-curves",
        column=name,
        kinds=list(kinds),
    )


def check_runs_alike(
    table: Table, seed_columns: Sequence[str], sizes: Floats, values: Floats, seeds: Any
) -> None:
    """Refuse named runs that differ much at every size: they may be of different models.

    Runs that only have numbers are repeats by that; names such as "resnet" and "vit" may not be.
    An analysis of variance of the log values compares the runs with the noise within them.

    Raises
    ------
    DataError
        If the means of the runs lie a factor of 1.25 apart, which the noise explains with a
        probability below 0.001.
    """
    name = seed_columns[0]
    cells = table.columns[name]
    if may_be_numbers(cells) or len(seed_columns) > 1:
        return
    ok = np.isfinite(values) & (values > 0)
    runs, run = np.unique(np.asarray(seeds)[ok], return_inverse=True)
    at, size = np.unique(sizes[ok], return_inverse=True)
    if len(runs) < 2 or len(at) < 3 or len(run) != len(runs) * len(at):
        return
    logs = np.zeros((len(runs), len(at)))
    logs[run, size] = np.log(values[ok])
    off = logs - logs.mean(axis=0)
    of_runs = off.mean(axis=1)
    left = off - of_runs[:, None]
    between = float((of_runs**2).sum()) * len(at) / (len(runs) - 1)
    freedom = (len(runs) - 1) * (len(at) - 1)
    within = float((left**2).sum()) / freedom
    ratio = between / max(within, 1e-300)
    # The upper tail of Fisher's F, as a regularised incomplete beta function.
    chance = float(
        betainc(freedom / 2, (len(runs) - 1) / 2, freedom / (freedom + (len(runs) - 1) * ratio))
    )
    # Different slopes show as noise within a run: then only the last sizes are compared.
    spread = float(np.exp(np.ptp(of_runs)))
    if spread > _APART and chance < _SURE:
        raise _several(table, name, distinct(cells), repeated=True)
