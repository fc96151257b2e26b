"""The reader of run directories: the columns of a learning curve."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from dataworth.errors import StudyError
from dataworth.metrics import Metric, find, register
from dataworth.records.meta import checked_entry
from dataworth.records.store import Store
from dataworth.tasks.classification import chance_of_counts

_NUMBER = float | None
_OF_A_MODEL: Mapping[str, Any] = {
    **dict.fromkeys(["model", "measured_on"], str),
    **dict.fromkeys(["learner", "identity", "scoring", "chance", "mistakes"], dict),
    "metrics": list[str],
}
"""What a store says of each model, with the types."""


def run_columns(
    directory: str | os.PathLike[str], model: str | None = None
) -> dict[str, dict[str, Any]]:
    """The columns of the learning curves in a run directory, by model; see `curve_columns`.

    Models without a finished run are left out. The directory may be a `Store` that is open.

    Raises
    ------
    StudyError
        If the directory holds no finished run of the model, or of any, or cannot be read.
    """
    place: AbstractContextManager[Store]
    place = nullcontext(directory) if isinstance(directory, Store) else Store(os.fspath(directory))
    with place as store:
        finished = set(store.table([]).learners.tolist())
        names = [name for name in models(store.meta(), str(store.path)) if name in finished]
        chosen: list[str] | list[None] = [model] if model is not None else names or [None]
        return {name or "": curve_columns(store, name) for name in chosen}


def models(meta: Mapping[str, Any], where: str) -> dict[str, dict[str, Any]]:
    """What all runs of one model have in common, by the model's name; see `Store.meta`.

    Empty where the store does not say what its models are.
    """
    if "models" in meta:
        several = checked_entry(meta, "models", dict, where)
        return {name: _checked_model(meta, ("models", name), where) for name in several}
    if "model" not in meta:
        return {}
    name = checked_entry(meta, "model", str, where)
    return {name: _checked_model(meta, (), where)}


def _checked_model(meta: Mapping[str, Any], path: tuple[str, ...], where: str) -> dict[str, Any]:
    """The entries of one model, those that are there, at `path`."""
    entries = checked_entry(meta, path, dict, where)
    return {
        name: checked_entry(meta, (*path, name), kind, where)
        for name, kind in _OF_A_MODEL.items()
        if name in entries
    }


def meta_of(store: Store, model: str | None) -> dict[str, Any]:
    """`Store.meta` with the entries of one model."""
    meta = store.meta()
    return meta if model is None else meta | models(meta, str(store.path)).get(model, {})


def curve_columns(store: Store, model: str | None = None) -> dict[str, Any]:
    """The columns of the learning curve of all finished runs, under the names that `Curve` takes.

    Parameters
    ----------
    store : Store
    model : str, optional
        Which of several.

    Returns
    -------
    dict
        ``samples``, ``values`` and ``seeds``, one entry per run; ``metric``, what the values are;
        ``others``, further metrics by name; ``chance``, ``name``, ``model``, ``data`` and
        ``counted``, what a size counts.

    Raises
    ------
    StudyError
        If the store holds no finished run, the runs have several metrics and the study names none
        of them, or it holds several models and none was chosen.
    """
    meta = meta_of(store, model)
    known = models(meta, str(store.path))
    several = len(known) > 1
    if several and model is None:
        raise StudyError(
            f"{store.directory}: the runs are of the models {', '.join(known)}. Say which one the "
            "curve is of.",
            code="several-curves",
            models=list(known),
        )
    if model is not None and known and model not in known:
        raise StudyError(
            f"{store.directory}: no run is of the model {model!r}; there are {', '.join(known)}.",
            code="unknown-model",
        )
    table = store.table(learner=model if several else None)
    if not len(table):
        raise StudyError(
            f"{store.directory}: no run is finished yet. Resume with: dataworth "
            f"run {store.directory}",
            code="no-results",
        )
    # Other models may have metrics that this one has not.
    where = str(store.path)
    own = checked_entry({"metrics": [], **meta}, "metrics", list, where)
    columns = {
        name: values
        for name, values in table.values.items()
        if not several or name in own or not np.isnan(values).all()
    }
    # The study's own scorers, of which the names alone do not say which way they improve.
    for scorer, rises in checked_entry({"scoring": {}, **meta}, "scoring", dict, where).items():
        if find(scorer) is None:
            register(Metric(scorer, rises))
    metric = _metric(store, meta, list(columns))
    others = {name: values for name, values in columns.items() if name != metric["name"]}
    name = checked_entry({"name": store.directory.name, **meta}, "name", str, str(store.path))
    return {
        "samples": table.samples,
        "values": columns[metric["name"]],
        "seeds": table.seeds,
        "metric": metric["name"],
        "higher_is_better": metric.get("higher_is_better"),
        "best": metric.get("upper" if metric.get("higher_is_better") else "lower"),
        "chance": chance_of(store, meta, metric["name"]),
        "name": model if several else name,
        "model": model or checked_entry({"model": "", **meta}, "model", str, str(store.path)),
        "data": checked_entry({"data": "", **meta}, "data", str, where),
        "counted": counted(meta, where),
        "others": others,
    }


def counted(meta: Mapping[str, Any], where: str) -> str:
    """What the sizes of the study count, in the plural: "samples", or such as "customers"."""
    if not counts_groups(meta, where):
        return "samples"
    word: str = checked_entry({"counted": "groups", **meta}, "counted", str, where)
    return word


def counts_groups(meta: Mapping[str, Any], where: str) -> bool:
    """Whether the sizes of the study are numbers of groups."""
    identity = checked_entry({"identity": {}, **meta}, "identity", dict, where)
    return bool(identity.get("count") == "groups")


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
            code="unknown-metric",
        )
    metric: Mapping[str, Any] = chosen
    return metric


def chance_of(store: Store, meta: Mapping[str, Any], metric: str) -> float | None:
    """The metric of the best constant prediction; None where it is unknown, or 0 as for one class.

    Parameters
    ----------
    store : Store
    meta : mapping
        As `meta_of` gives it: of one model.
    metric : str

    Raises
    ------
    StudyError
        If the entries that say it are of another type.
    """
    chance: float | None = None
    where = str(store.path)
    if "chance" in meta:
        levels = checked_entry(meta, "chance", dict, where)
        chance = checked_entry(
            {"chance": {metric: None, **levels}}, ("chance", metric), _NUMBER, where
        )
    elif "class_counts" in meta:
        counts = checked_entry(meta, "class_counts", list[int], where)
        chance = chance_of_counts(counts).get(metric) if any(counts) else None
    return chance or None
