"""The reader of run directories: the columns of a learning curve."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from dataworth.errors import StudyError
from dataworth.records.meta import checked_entry
from dataworth.records.store import Store
from dataworth.tasks.classification import chance_of_counts

_NUMBER = float | None


def run_columns(directory: str | os.PathLike[str]) -> dict[str, Any]:
    """The columns of the learning curve in a run directory; see `curve_columns`.

    Raises
    ------
    StudyError
        If the directory holds no finished run, or cannot be read.
    """
    with Store(os.fspath(directory)) as store:
        return curve_columns(store)


def curve_columns(store: Store) -> dict[str, Any]:
    """The columns of the learning curve of all finished runs, under the names that `Curve` takes.

    Returns
    -------
    dict
        ``samples``, ``values`` and ``seeds``, one entry per run; ``metric``, what the values are;
        ``others``, further metrics by name; ``chance`` and ``name``.

    Raises
    ------
    StudyError
        If the store holds no finished run, or the runs have several metrics and the study names
        none of them.
    """
    table, meta = store.table(), store.meta()
    if not len(table.samples):
        raise StudyError(
            f"{store.directory}: no run is finished yet. Go on with: "
            f"dataworth run {store.directory}",
            code="no-finished-run",
        )
    metric = _metric(store, meta, list(table.values))
    others = {name: values for name, values in table.values.items() if name != metric["name"]}
    return {
        "samples": table.samples,
        "values": table.values[metric["name"]],
        "seeds": table.seeds,
        "metric": metric["name"],
        "higher_is_better": metric.get("higher_is_better"),
        "best": metric.get("upper" if metric.get("higher_is_better") else "lower"),
        "chance": _chance(store, meta, metric["name"]),
        "name": checked_entry({"name": store.directory.name, **meta}, "name", str, str(store.path)),
        "others": others,
    }


def _metric(store: Store, meta: Mapping[str, Any], found: list[str]) -> Mapping[str, Any]:
    """The study's metric: the one that it names, or else the only one that there is."""
    where = str(store.path)
    chosen = checked_entry({"metric": None, **meta}, "metric", dict | None, where)
    if chosen is None and ("loss" in found or len(found) == 1):
        return {"name": "loss" if "loss" in found else found[0]}
    if chosen is None:
        raise StudyError(
            f"{store.directory}: the runs have the metrics {', '.join(found)}. Say which one the "
            "curve is of: Study(metric=...) or --metric.",
            code="metric-unclear",
        )
    types: dict[str, Any] = {"name": str, "higher_is_better": bool | None}
    types |= {"lower": float | None, "upper": float | None}
    filled = {"metric": {**dict.fromkeys(types), **chosen}}
    for entry, kind in types.items():
        checked_entry(filled, f"metric.{entry}", kind, where)
    if chosen["name"] not in found:
        raise StudyError(
            f"{store.directory}: no run has the study's metric {chosen['name']}; they have "
            f"{', '.join(found)}.",
            code="metric-missing",
        )
    metric: Mapping[str, Any] = chosen
    return metric


def _chance(store: Store, meta: Mapping[str, Any], metric: str) -> float | None:
    """The metric of a constant prediction; None where it is unknown, or 0 as for one class."""
    chance: float | None = None
    where = str(store.path)
    if "chance" in meta:
        levels = checked_entry(meta, "chance", dict, where)
        chance = checked_entry(
            {"chance": {metric: None, **levels}}, f"chance.{metric}", _NUMBER, where
        )
    elif metric == "loss" and "class_counts" in meta:
        counts = checked_entry(meta, "class_counts", list[int], where)
        chance = chance_of_counts(counts).get("loss") if any(counts) else None
    return chance or None
