"""A joint law in words, tables and a page: more data or a bigger model, and for which budget."""

from __future__ import annotations

import base64
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth._util.files import atomic_write
from dataworth._util.json import json_values
from dataworth._util.numbers import format_count, format_count_rounded, format_share
from dataworth.forecast.joint import JointForecast
from dataworth.forecast.loss_scale import LossScale
from dataworth.forecast.results import Estimate
from dataworth.metrics.metric import Metric
from dataworth.metrics.spoken import difference, name_of, unit_of, values
from dataworth.plots.joint import draw_joint, joint_plot_data
from dataworth.plots.style import image_bytes
from dataworth.report.page import rendered
from dataworth.report.tables import MeasuredTable

Floats = NDArray[np.float64]
FLOPS = 6.0
_TIMES = (2.0, 4.0, 10.0)
_BUDGETS = (1.0, 10.0, 100.0)
_SURE = 0.9
_MOST_CROSSINGS = 4


@dataclass(frozen=True, eq=False)
class JointAnswers:
    """What a joint law answers, in the metric of a file.

    Attributes
    ----------
    forecast : JointForecast
        Of losses.
    scale : LossScale
        From values of the metric to losses, and back.
    metric : Metric
    level : float
        Of the intervals of predictions.
    at, budgets : sequence of float
        Numbers of samples to predict, and budgets of compute in operations; empty for the usual
        multiples of what was measured.
    """

    forecast: JointForecast
    scale: LossScale
    metric: Metric
    level: float = 0.9
    at: Sequence[float] = ()
    budgets: Sequence[float] = ()

    def headline(self) -> str:
        """More data or a bigger model, in one sentence."""
        model, data = self._largest
        here = self.forecast.losses(
            np.array([data, 2 * data, data]), np.array([model, model, 2 * model])
        )
        worth = self._gain(here[:, 0], here[:, 1]), self._gain(here[:, 0], here[:, 2])
        share = float(np.mean(here[:, 2] < here[:, 1]))
        which = "not decided, more data or a bigger model"
        if share >= _SURE:
            which = "a bigger model first"
        elif share <= 1 - _SURE:
            which = "more data first"
        return (
            f"From the largest run ({format_count(data)} samples, a model of "
            f"{format_count(model)} parameters), twice the samples are expected to improve "
            f"{name_of(self.metric)} by {worth[0]}, a model twice as large by {worth[1]}: {which}."
        )

    def measured(self) -> str:
        """What the law was fitted to, in words."""
        models = np.unique(self.forecast.parameters)
        return f"{len(self.forecast.values)} runs of {len(models)} model sizes"

    def sentences(self) -> list[str]:
        """Where the balance lies, and where a larger model overtakes a smaller one."""
        model, _ = self._largest
        balance = self.forecast.balance(model)
        said = [
            f"At a model of {format_count(model)} parameters, a bigger model brings more than more "
            f"data beyond {_range(balance)} samples."
        ]
        for smaller, larger, compute in self.crossings():
            said.append(
                f"A model of {format_count(larger)} parameters overtakes one of "
                f"{format_count(smaller)} at {_range(compute)} operations."
            )
        return said

    def crossings(self) -> list[tuple[float, float, Estimate]]:
        """Neighbouring model sizes, the largest ones last, and the compute where they cross."""
        models = np.unique(self.forecast.parameters)[-_MOST_CROSSINGS - 1 :]
        return [
            (float(one), float(two), self.forecast.crossing(float(one), float(two)))
            for one, two in pairwise(models)
        ]

    def predictions(self) -> MeasuredTable:
        """The metric of the largest run's model at some numbers of samples."""
        model, _ = self._largest
        sizes = self._sizes
        said = self._predicted(sizes, [model] * len(sizes))
        rows = tuple((format_count(size), *each) for size, each in zip(sizes, said, strict=True))
        return MeasuredTable(("samples", *self._head), rows)

    def splits(self) -> MeasuredTable:
        """The best split of each budget."""
        rows = []
        for compute in self._computes:
            split = self.forecast.allocate(compute, FLOPS)
            model, data = split.parameters, split.samples
            ((value, interval),) = self._predicted([data.value], [model.value])
            row = f"{compute:.3g}", format_count_rounded(model.value), _ends(model)
            rows.append((*row, format_count_rounded(data.value), _ends(data), value, interval))
        head = "operations", "parameters", "90 % interval", "samples", "90 % interval"
        return MeasuredTable((*head, *self._head), tuple(rows))

    def document(self) -> dict[str, Any]:
        """All of it, for JSON."""
        model, _ = self._largest
        sizes = self._sizes
        low, middle, high = self._quantiles(sizes, [model] * len(sizes))
        splits = [self.forecast.allocate(compute, FLOPS) for compute in self._computes]
        found = {
            "answer": {"headline": self.headline(), "sentences": self.sentences()},
            "metric": self.metric.name,
            "measured": {
                "runs": len(self.forecast.values),
                "model_sizes": np.unique(self.forecast.parameters).tolist(),
                "largest_samples": self._largest[1],
            },
            "form": self.forecast.fit.form,
            "loss": self.scale.formula(self.metric.name),
            "law": {name: asdict(found) for name, found in self.forecast.law.items()},
            "level": self.level,
            "predictions": [
                {"samples": n, "parameters": model, "median": m, "lower": lo, "upper": hi}
                for n, m, lo, hi in zip(sizes, middle, low, high, strict=True)
            ],
            "budgets": [
                {"compute": c, "parameters": asdict(s.parameters), "samples": asdict(s.samples)}
                for c, s in zip(self._computes, splits, strict=True)
            ],
            "balance": asdict(self.forecast.balance(model)) | {"parameters": model},
            "crossings": [
                {"smaller": one, "larger": two, "compute": asdict(compute)}
                for one, two, compute in self.crossings()
            ],
        }
        return dict(json_values(found))

    @property
    def _largest(self) -> tuple[float, float]:
        """Model size and samples of the run with the most compute."""
        at = int(np.argmax(self.forecast.parameters * self.forecast.samples))
        return float(self.forecast.parameters[at]), float(self.forecast.samples[at])

    @property
    def _sizes(self) -> list[float]:
        return list(self.at) or [self._largest[1] * times for times in _TIMES]

    @property
    def _computes(self) -> list[float]:
        model, data = self._largest
        return list(self.budgets) or [FLOPS * model * data * times for times in _BUDGETS]

    @property
    def _head(self) -> tuple[str, str]:
        unit = unit_of(self.metric).strip()
        return (
            f"{name_of(self.metric)} ({unit})" if unit else name_of(self.metric),
            f"{format_share(self.level)} interval",
        )

    def _quantiles(self, samples: Sequence[float], models: Sequence[float]) -> list[list[float]]:
        said = self.forecast.predict(samples, models, self.level)
        found = [self.scale.values(part) for part in (said.lower, said.median, said.upper)]
        return [part.tolist() for part in (found[::-1] if self.scale.rises else found)]

    def _predicted(
        self, samples: Sequence[float], models: Sequence[float]
    ) -> list[tuple[str, str]]:
        low, middle, high = self._quantiles(samples, models)
        found = [values(self.metric, *each) for each in zip(middle, low, high, strict=True)]
        return [(value, f"{lower} to {upper}") for value, lower, upper in found]

    def _gain(self, before: Floats, after: Floats) -> str:
        low, middle, high = np.quantile(before - after, [0.05, 0.5, 0.95])
        said, least, most = difference(self.metric, float(middle), float(low), float(high))
        return f"{said}{unit_of(self.metric)} ({least} to {most})"


def write_joint_page(answers: JointAnswers, out: str | os.PathLike[str]) -> Path:
    """Write the answers with the contours of the law as one self-contained page.

    Raises
    ------
    StudyError
        If the file cannot be written.
    """
    picture = base64.b64encode(image_bytes(draw_joint(joint_plot_data(answers.forecast)))).decode()
    law = MeasuredTable(
        ("parameter", "fitted", "90 % interval"),
        tuple(
            (name, f"{found.value:.4g}", f"{found.lower:.4g} to {found.upper:.4g}")
            for name, found in answers.forecast.law.items()
        ),
    )
    page = rendered(
        "joint.html",
        headline=answers.headline(),
        sentences=[*answers.sentences(), f"Fitted to {answers.measured()}."],
        picture=f"data:image/png;base64,{picture}",
        tables={
            "The model of the largest run with more samples": answers.predictions(),
            "The best split of a budget": answers.splits(),
            f"The law ({answers.forecast.fit.form})": law,
        },
    )
    return atomic_write(Path(out), page, "Choose another place with --out.")


def _range(estimate: Estimate) -> str:
    """A number with its interval, in words."""
    if not math.isfinite(estimate.value):
        return "no known number of"
    return f"about {format_count_rounded(estimate.value)} ({_ends(estimate)})"


def _ends(estimate: Estimate) -> str:
    return f"{format_count_rounded(estimate.lower)} to {format_count_rounded(estimate.upper)}"
