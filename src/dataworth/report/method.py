"""How it was measured: what a reader needs to trust a curve, and to measure it again.

The items are those of the checklist of Li, Kudugunta, Zettlemoyer 2025, (Mis)Fitting: a survey of
scaling laws (arXiv:2502.18969): hypothesis, training, data points, fit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from dataworth._util.numbers import format_percent, format_share
from dataworth.metrics.labels import format_value

if TYPE_CHECKING:
    from dataworth.curves.curve import Curve
    from dataworth.forecast.forecast import Forecast
    from dataworth.report.study_report import RunReport


class Item(NamedTuple):
    """One thing that is known of a study."""

    name: str
    text: str


def method_items(report: RunReport) -> dict[str, list[Item]]:
    """All items by group."""
    ahead = report.ahead[report.curve.metric.name]
    if report.meta:
        groups = {
            "Data": _data(report.meta),
            "Training": _training(report),
            "Data points": _points(report),
            "Machine": _machine(report),
        }
    else:
        groups = {"Data points": _points_alone(report.curve)}
    if ahead.forecast is not None:
        groups["Law and fit"] = _fit(ahead.forecast)
    return groups


def citation(report: RunReport) -> str:
    """One line that says which figures were used."""
    meta = report.meta
    study = f"figures of {report.name!r}"
    if meta:
        study = (
            f"study {meta['name']!r}: {meta['model']} on {meta['data']} "
            f"(data fingerprint {meta['fingerprint']})"
        )
    sizes = len(report.curve.sizes)
    return f"dataworth {report.version}, {study}, {len(report.curve)} runs, {sizes} sizes."


def _data(meta: Mapping[str, Any]) -> list[Item]:
    held_out = "the official split" if meta["held_out_official"] else "split off by this study"
    items = [
        Item("Data set", str(meta["data"])),
        Item("Source", _listed(meta.get("source", {})) or "given as objects in memory"),
        Item("Fingerprint", str(meta["fingerprint"])),
        Item("Samples to train on", f"{meta['samples']:,}"),
        Item("Held-out samples", f"{meta['held_out']:,}, {held_out}; the same for every run"),
    ]
    if "classes" in meta:
        items.append(Item("Classes", f"{meta['classes']:,}"))
    if "shape" in meta:
        shape = " x ".join(map(str, meta["shape"]))
        items.append(Item("One sample", f"{shape}, {meta['dtype']}"))
    return items


def _training(report: RunReport) -> list[Item]:
    meta = report.meta
    items = [
        Item("Model", str(meta["model"])),
        *_parameters(report),
        Item("Learner", _listed(meta["learner"])),
        *_budget(meta["identity"].get("budget")),
        *_stopping(meta["identity"].get("options")),
        *_hyperparameters(meta),
    ]
    if "validation_rows" in meta:
        text = f"{meta['validation_rows']:,} samples that were set aside; no subset holds them"
        items.append(Item("Validated on", text))
    if "mistakes" in meta:
        items.append(Item("Mistakes made on purpose", _listed(meta["mistakes"]) or "none"))
    return items


def _hyperparameters(meta: Mapping[str, Any]) -> list[Item]:
    """Those that change with the size, with their values, and what holds of the others."""
    settings = meta.get("settings")
    if not settings:
        return [Item("Hyperparameters", "the same for every size; none was tuned within the study")]
    items = [
        Item(
            f"{name} by size",
            ", ".join(f"{value} at {int(size):,}" for size, value in values.items()),
        )
        for name, values in settings.items()
    ]
    text = "the same for every size; none was tuned within the study"
    return [*items, Item("Other hyperparameters", text)]


def _parameters(report: RunReport) -> list[Item]:
    parameters = report.records[-1].facts.get("parameters", math.nan)
    if not math.isfinite(parameters):
        return []
    return [Item("Trainable weights, all layers", f"{parameters:,.0f}")]


def _budget(budget: Mapping[str, Any] | None) -> list[Item]:
    """How long a learner trains; nothing is known of a function."""
    if budget is None:
        return []
    until = budget.get("until")
    if until is not None:
        length = _to_the_end(until)
    elif budget["steps"] is not None:
        length = f"{budget['steps']:,} optimizer steps for every size"
    else:
        length = f"{budget['epochs']} epochs for every size; larger sizes take more optimizer steps"
    if budget["patience"] is not None:
        length += (
            f"; stopped early after {budget['patience']} epochs without a lower validation loss"
        )
    return [Item("Length", length), Item("Batch size", f"{budget['batch_size']:,}")]


def _stopping(options: Mapping[str, Any] | None) -> list[Item]:
    """The options of a learner without epochs: early stopping, where that was used."""
    patience = None if options is None else options.get("patience")
    if patience is None:
        return []
    text = f"after {patience} iterations without a lower loss on a tenth of the subset"
    return [Item("Stopped early", text)]


def _to_the_end(until: Mapping[str, Any]) -> str:
    return (
        "until the validation loss stopped falling, then again on the whole subset for as many "
        f"optimizer steps as had the lowest one. Up to {until['folded']:,} samples it is the mean "
        f"of {until['folds']} folds, beyond that of {format_share(until['part'])} of the subset. "
        f"The loss has stopped when {until['least']:,} steps, {until['patience']} epochs and "
        f"{format_share(until['share'])} of all steps brought none lower; the ceiling is "
        f"{until['ceiling_steps']:,} steps or {until['ceiling_epochs']} epochs, whichever is more"
    )


def _points(report: RunReport) -> list[Item]:
    seeds = sorted({record.key.seed for record in report.records})
    sizes = ", ".join(f"{size:,}" for size in report.curve.sizes)
    subsets = {
        "nested": "nested and stratified by class; a permutation per seed",
        "prefix": "the first rows of the file",
    }
    items = [
        Item(f"Sizes (training {report.curve.counted})", sizes),
        Item("Seeds", ", ".join(map(str, seeds)) + _fixed(report.meta)),
        Item("Subsets", subsets.get(report.meta["subset"], report.meta["subset"])),
        Item("Runs", f"{len(report.records)}; all are shown, none was left out"),
        Item("Scored", "once per run, at its end, on all held-out samples"),
    ]
    if "classes" in report.meta and "loss" in report.records[-1].scores:
        text = "mean cross-entropy in nats, from logits in float64, without a clip"
        items.append(Item("Loss", text))
    return items


def _points_alone(curve: Curve) -> list[Item]:
    """What a curve says of itself, where nothing is known of its study."""
    sizes = ", ".join(f"{size:,}" for size in curve.sizes)
    items = [
        Item(f"Sizes (training {curve.counted})", sizes),
        Item("Runs", f"{len(curve)}; all are shown, none was left out"),
    ]
    if curve.assumed:
        items.append(Item("Read", "; ".join(curve.assumed)))
    return items


def _fixed(meta: Mapping[str, Any]) -> str:
    """Which part of a run another seed than its own decides."""
    if "subset_seed" in meta:
        return (
            f", of the initial weights and the training; every run of a size has the subset of "
            f"seed {meta['subset_seed']}"
        )
    if "model_seed" in meta:
        return (
            f", of the subset; the initial weights and the training of every run are of seed "
            f"{meta['model_seed']}"
        )
    return ""


def _machine(report: RunReport) -> list[Item]:
    machine = report.meta["machine"]
    seconds = sum(record.seconds for record in report.records if record.seconds >= 0)
    samples = [record.history.get("samples") for record in report.records]
    trained = sum(int(column.sum()) for column in samples if column is not None)
    items = [
        Item("System", f"{machine['system']}, {machine['processor']}, {machine['cores']} cores"),
        Item("Python", str(machine["python"])),
        Item("Versions", _listed(report.meta["versions"])),
        Item("Training time", f"{seconds:,.1f} s in all, compilation included"),
    ]
    if trained:
        items.append(Item("Samples trained on", f"{trained:,} in all, repeats counted"))
    return items


def _fit(forecast: Forecast) -> list[Item]:
    law = forecast.law
    values = ", ".join(
        f"{name} = {format_value(e.value)} ({format_value(e.lower)} to {format_value(e.upper)})"
        for name, e in law.parameters.items()
    )
    weights = ", ".join(
        f"{name} {format_percent(weight)}"
        for name, weight in forecast.weights.items()
        if weight >= 0.01
    )
    return [
        Item("Law of largest weight", f"{law.name}: loss(n) = {law.formula}"),
        Item("Its source", law.source),
        Item("Its parameters, 90 % intervals", values),
        Item("Weights of all laws in the forecast", weights),
        Item(
            "Points",
            f"the mean over seeds of each of {len(forecast.observations)} sizes; all are used",
        ),
        Item(
            "Fit",
            "residuals of the log loss, weighted by the noise of seeds; every law and shape on a "
            "grid is weighed, linear parameters are integrated out, so that no start point matters",
        ),
        Item(
            "Intervals",
            "quantiles of curves drawn from the weighted laws, for the mean over seeds, with how "
            "far public curves deviate from their laws ahead",
        ),
    ]


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {_plain(value)}" for key, value in values.items())


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"({_listed(value)})"
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)
