"""Curve: measurements of one metric against the number of training samples."""

from __future__ import annotations

import csv
import io
import math
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth._util import display
from dataworth._util.frames import frame_of, write_parquet
from dataworth.errors import DataError
from dataworth.metrics.metric import Metric, checked_metric, fitted_to_unit
from dataworth.metrics.registry import canonical, named

if TYPE_CHECKING:
    from dataworth._util.display import Axes

_INT64 = 2**63
_ROUNDING = 1e-6
"""A number of samples may be off a whole one by this share: it has been computed."""


_WIDEST = 2**-0.5
"""The standard deviation of two values at the ends of a range, as a share of it."""
_SHOWN = 8
"""Sizes, and other metrics, that `repr` names."""


class CurvePoint(NamedTuple):
    """Summary of all runs of one size."""

    samples: int
    mean: float
    std: float
    """Sample standard deviation over seeds (ddof 1); NaN with one run."""
    runs: int


_LATEX = {
    **{sign: rf"\{sign}" for sign in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


@dataclass(frozen=True, eq=False, repr=False)
class Curve:
    """A learning curve: values of a metric at numbers of training samples, one row per run.

    Parameters
    ----------
    samples : array_like, shape (n,)
        Numbers of training samples, in any order, repeated for several seeds.
    values : array_like, shape (n,)
        The metric, measured on held-out rows ("loss": cross-entropy in nats).
    seeds : array_like of int, shape (n,), optional
        The seed of each run. Without it the runs of one size are numbered, and forecasts may
        take many sizes close together for checkpoints of a single run.
    metric : str or Metric, optional
        The metric, or its name: `dataworth.metrics.find` says which names are known. Values of a
        metric between 0 and 1 may be given in per cent. Without it the values are losses;
        forecasts refuse values without a name that rise.
    higher_is_better : bool, optional
        Whether the metric improves by rising, where its name is not known or means another metric
        here.
    best : float, optional
        The value of a perfect model, where the metric has another one than is known of its name.
        Forecasts describe how much the values lack to it.
    chance : float, optional
        The metric of guessing at random (ln C nats for a loss over C classes).
    name : str
        What tables and pictures call the curve.
    model : str
        The name of the model that was trained, if known: forecasts take its family from it.
    data : str
        The name of the data, if known: titles of pictures hold it.
    counted : str
        What a size counts, in the plural: "samples", or "groups" such as patients.
    others : mapping of str to array_like, optional
        Further metrics of the same runs, reached as ``curve["accuracy"]``.
    stds : array_like, shape (n,), optional
        Where each value is a mean over several runs: their standard deviation.
    runs : int or array_like of int, shape (n,), optional
        How many runs each value is the mean of. With `stds` and without `runs`, the deviation is
        used as that of the mean itself, which gives the wider interval.
    total : float, optional
        The number of samples that `samples` are shares of, from 0 to 1, or per cent.
    assumed : sequence of str
        What a reader of files assumed, in sentences.

    Raises
    ------
    DataError
        If lengths disagree, a number of samples is not positive and whole, `metric` is neither a
        name nor a `Metric`, or values lie beyond `best`.
    """

    samples: NDArray[np.int64]
    values: NDArray[np.float64]
    seeds: NDArray[np.int64]
    metric: Metric
    chance: float | None = None
    name: str = ""
    model: str = ""
    data: str = ""
    counted: str = "samples"
    others: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    seeded: bool = False
    """Whether seeds were given: every row is then known to be a run of its own."""
    named: bool = True
    """Whether the metric was named; else the values are assumed to be losses."""
    stds: NDArray[np.float64] | None = None
    runs: NDArray[np.int64] | None = None
    total: float | None = None
    assumed: tuple[str, ...] = ()
    _known: Mapping[str, tuple[Metric, float | None]] = field(
        default_factory=dict, init=False, repr=False
    )
    """Metrics and chance levels of the columns that this curve was reached from."""

    def __init__(
        self,
        samples: ArrayLike,
        values: ArrayLike,
        seeds: ArrayLike | None = None,
        metric: str | Metric | None = None,
        *,
        higher_is_better: bool | None = None,
        best: float | None = None,
        chance: float | None = None,
        name: str = "",
        model: str = "",
        data: str = "",
        counted: str = "samples",
        others: Mapping[str, ArrayLike] | None = None,
        stds: ArrayLike | None = None,
        runs: ArrayLike | None = None,
        total: float | None = None,
        assumed: Sequence[str] = (),
    ) -> None:
        sizes = counts_of(samples, total)
        measured = real_numbers(values, "values")
        if sizes.shape != measured.shape or sizes.ndim != 1 or not len(sizes):
            raise DataError(
                f"samples has shape {sizes.shape} and values {measured.shape}; expected two lists "
                "of the same length, at least one measurement.",
                code="shape-mismatch",
            )
        numbers = _numbered(sizes) if seeds is None else _whole(seeds, "seeds", -_INT64)
        if numbers.shape != sizes.shape:
            raise DataError(
                f"seeds has shape {numbers.shape}, samples {sizes.shape}; give one each.",
                code="shape-mismatch",
            )
        spread, run_counts = _spread_of_means(stds, runs, sizes)
        if not (others is None or isinstance(others, Mapping)):
            raise DataError(
                f"others is {reprlib.repr(others)}; expected metrics by their names, such as "
                "{'accuracy': [0.5, 0.8]}.",
                code="wrong-type",
            )
        rest = {
            key: real_numbers(column, f"others[{key!r}]") for key, column in (others or {}).items()
        }
        for key, column in rest.items():
            if column.shape != sizes.shape:
                raise DataError(
                    f"others[{key!r}] has shape {column.shape}, samples {sizes.shape}; "
                    "give one each.",
                    code="shape-mismatch",
                )
        given = "loss" if metric is None else metric
        measure = _measure(given, measured, higher_is_better, best)
        _check_spread(spread, measure)
        # Guessing has no skill to some metrics that rise, such as R2; a loss by chance is positive.
        least = -math.inf if measure.higher_is_better else min(0.0, measure.lower or 0.0)
        if measure.lower is not None and measure.higher_is_better:
            least = math.nextafter(measure.lower, -math.inf)
        most = math.inf if measure.upper is None else measure.upper
        if chance is not None and not (_is_finite(chance) and least < chance <= most):
            lies = f" {measure.range}" if math.isfinite(most) else ""
            raise DataError(
                f"chance is {chance!r}; expected a positive, finite number{lies}, or None.",
                code="value-out-of-range",
                option="chance",
                value=chance,
            )
        order = np.lexsort((numbers, sizes))
        values_by_name = {
            "samples": sizes[order],
            "values": measured[order],
            "seeds": numbers[order],
            "metric": measure,
            "chance": chance,
            "name": name,
            "model": model,
            "data": data,
            "counted": counted,
            "others": {key: column[order] for key, column in rest.items()},
            "seeded": seeds is not None,
            "named": metric is not None or higher_is_better is not None or best is not None,
            "stds": None if spread is None else spread[order],
            "runs": None if run_counts is None else run_counts[order],
            "total": total,
            "assumed": tuple(assumed),
            "_known": {},
        }
        for key, value in values_by_name.items():
            object.__setattr__(self, key, value)

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, metric: str) -> Curve:
        """The curve of another metric of the same runs; see `column`."""
        column = self.column(metric)
        if column is None:
            known = ", ".join([self.metric.name, *self.others])
            raise DataError(
                f"this curve has no metric {str(metric)!r}; it has {known}.", code="unknown-metric"
            )
        if column == self.metric.name:
            return self
        rest = {key: values for key, values in self.others.items() if key != column}
        rest[self.metric.name] = self.values
        reached = {**self._known, self.metric.name: (self.metric, self.chance)}
        found: tuple[str | Metric, float | None] = reached.get(column, (column, None))
        curve = self.with_values(
            self.others[column], found[0], others=rest, chance=found[1], spread=False
        )
        object.__setattr__(curve, "_known", reached)
        # What was assumed of the metric before is not said of this one.
        kept = [note for note in self.assumed if repr(self.metric.name) not in note]
        object.__setattr__(curve, "assumed", tuple(kept))
        return curve

    def noted(self, note: str) -> Curve:
        """The same curve with one more sentence in `assumed`."""
        curve = copy(self)
        object.__setattr__(curve, "assumed", (*self.assumed, note))
        return curve

    def with_values(
        self,
        values: ArrayLike,
        metric: str | Metric,
        *,
        others: Mapping[str, ArrayLike],
        higher_is_better: bool | None = None,
        best: float | None = None,
        chance: float | None = None,
        spread: bool = True,
    ) -> Curve:
        """The curve of other values of the same runs; `spread` says whether `stds` are theirs."""
        curve = Curve(
            self.samples,
            values,
            self.seeds if self.seeded else None,
            metric,
            higher_is_better=higher_is_better,
            best=best,
            chance=chance,
            name=self.name,
            model=self.model,
            data=self.data,
            counted=self.counted,
            others=others,
            stds=self.stds if spread else None,
            runs=self.runs,
            assumed=self.assumed,
        )
        object.__setattr__(curve, "total", self.total)
        return curve

    def column(self, metric: str) -> str | None:
        """What a metric is called here: by this name, or by the only one that means the same."""
        names = [self.metric.name, *self.others]
        if checked_metric(metric) in names:
            return metric
        same = [name for name in names if canonical(name) == canonical(metric)]
        return same[0] if len(same) == 1 else None

    @property
    def higher_is_better(self) -> bool:
        """Whether the metric is known to improve by rising (accuracy, F1, AUC, R2)."""
        return bool(self.metric.higher_is_better)

    @property
    def best(self) -> float | None:
        """The value of a perfect model; infinite where there is none, None where not known."""
        return self.metric.best

    @property
    def sizes(self) -> NDArray[np.int64]:
        """The distinct numbers of samples, rising."""
        # The runs are sorted by size.
        first = np.ones(len(self.samples), bool)
        first[1:] = self.samples[1:] != self.samples[:-1]
        return self.samples[first]

    def summary(self) -> list[CurvePoint]:
        """Mean and standard deviation over the runs of each size, sizes rising."""
        sizes = self.sizes
        ends = [*np.searchsorted(self.samples, sizes).tolist(), len(self.samples)]
        return [
            self._point(size, slice(*rows))
            for size, rows in zip(sizes.tolist(), pairwise(ends), strict=True)
        ]

    def _point(self, size: int, rows: slice) -> CurvePoint:
        values = self.values[rows]
        # An infinite value has no deviation.
        with np.errstate(invalid="ignore"):
            std = float(np.std(values, ddof=1)) if len(values) > 1 else math.nan
        if std > 0 and np.ptp(values) == 0:
            # The mean of equal values may differ from them by a rounding.
            std = 0.0
        if len(values) == 1 and self.stds is not None:
            std = float(self.stds[rows][0])
        runs = len(values) if self.runs is None else int(self.runs[rows].sum())
        return CurvePoint(size, float(np.mean(values)), std, runs)

    def to_csv(self, path: str | Path | None = None) -> str:
        """The runs as CSV text, columns ``samples,seed,value`` and other metrics.

        The column of seeds is left out where none were given. Figures are written with the shortest
        digits that read back to the same float64.
        """
        text = curves_to_csv({"": self})
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def to_frame(self) -> Any:
        """The runs as a data frame, columns as `to_csv` has them.

        Returns
        -------
        polars.DataFrame or pandas.DataFrame
            Of the library that the program has imported, else of polars where it is installed.

        Raises
        ------
        MissingDependencyError
            If neither polars nor pandas is installed.
        """
        return frame_of(self._columns())

    def to_parquet(self, path: str | Path) -> None:
        """Write the runs to a Parquet file, columns as `to_csv` has them.

        Raises
        ------
        MissingDependencyError
            If neither polars nor pandas with pyarrow is installed.
        DataError
            If the file cannot be written.
        """
        write_parquet(self._columns(), path)

    def to_latex(self, path: str | Path | None = None) -> str:
        """Mean and standard deviation of each size as a LaTeX table (package ``booktabs``).

        Parameters
        ----------
        path : path, optional
            Write the table to this file too.
        """
        unit = f" ({self.metric.unit})" if self.metric.unit else ""
        lines = [
            r"\begin{tabular}{rrrr}",
            r"\toprule",
            f"samples & {latex_text(self.metric.name + unit)} & std & runs \\\\",
            r"\midrule",
        ]
        for point in self.summary():
            std = "--" if math.isnan(point.std) else f"{point.std:.4f}"
            lines.append(f"{point.samples:,} & {point.mean:.4f} & {std} & {point.runs} \\\\")
        text = "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def _columns(self) -> dict[str, list[int] | list[float]]:
        seeds = {"seed": self.seeds.tolist()} if self.seeded else {}
        others = {name: values.tolist() for name, values in self.others.items()}
        return {"samples": self.samples.tolist(), **seeds, "value": self.values.tolist(), **others}

    def __repr__(self) -> str:
        points = self.summary()
        unit = f" in {self.metric.unit}" if self.metric.unit else ""
        shown = points if len(points) <= _SHOWN else [*points[: _SHOWN - 1], points[-1]]
        means = [f"{point.samples:,}: {point.mean:.4g}" for point in shown]
        if len(points) > len(shown):
            means.insert(-1, "...")
        lines = [
            f"Curve({self.name!r}, {self.metric.name}{unit}, {len(self):,} runs at "
            f"{len(points):,} sizes)",
            f"  means at {', '.join(means)}",
        ]
        if self.chance is not None:
            lines.append(f"  by chance {self.chance:.4g}")
        if self.others:
            names = list(self.others)
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            lines.append(f"  also {', '.join(names[:_SHOWN])}{more}")
        return "\n".join(lines)

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the runs and their mean, on the given axes or on a new figure."""
        drawn: Axes = display.draw(self, axes)
        return drawn

    def _repr_html_(self) -> str | None:
        return display.html_or_none(self)


def latex_text(text: str) -> str:
    """Text as LaTeX prints it."""
    return "".join(_LATEX.get(sign, sign) for sign in text)


def curves_to_csv(curves: Mapping[str, Curve]) -> str:
    """The runs of one curve or of several as CSV text; see `Curve.to_csv`.

    Several curves get a first column ``model`` with their names. A metric that a curve does not
    have is an empty field.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    several = len(curves) > 1
    seeded = any(curve.seeded for curve in curves.values())
    others = list(dict.fromkeys(name for curve in curves.values() for name in curve.others))
    first = [*(["model"] if several else []), "samples", *(["seed"] if seeded else [])]
    stds = any(curve.stds is not None for curve in curves.values())
    runs = any(curve.runs is not None for curve in curves.values())
    names = map(_no_formula, others)
    writer.writerow([*first, "value", *["std"] * stds, *["runs"] * runs, *names])
    for name, curve in curves.items():
        spread = [*[curve.stds] * stds, *[curve.runs] * runs]
        figures = [curve.values, *spread, *(curve.others.get(each) for each in others)]
        columns: list[Iterable[str | int]] = [[_no_formula(name)] * len(curve)] * several
        columns += [curve.samples.tolist(), *[curve.seeds.tolist()] * seeded]
        columns += [[""] * len(curve) if c is None else map(repr, c.tolist()) for c in figures]
        writer.writerows(zip(*columns, strict=True))
    return text.getvalue()


def _no_formula(name: str) -> str:
    """A name that spreadsheets do not run as a formula: with an apostrophe before it."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@", "\t", "\r")) else name


def counts_of(samples: ArrayLike, total: float | None = None) -> NDArray[np.int64]:
    """Numbers of samples, given as such or as shares or per cent of a total.

    Raises
    ------
    DataError
        If they are shares without a total, or not positive and whole.
    """
    numbers = real_numbers(samples, "samples")
    finite = numbers[np.isfinite(numbers)]
    shares = bool(len(finite)) and finite.min() > 0 and finite.max() <= 1 and (finite < 1).any()
    if total is None:
        if shares and len(finite) == len(numbers) and len(numbers) > 1:
            raise DataError(
                f"samples holds {finite.min():g} to {finite.max():g}; expected positive whole "
                "numbers. If they are fractions of the training data, give the number of all: "
                "total=N, --total N.",
                code="value-out-of-range",
            )
        return _whole(samples, "samples", 1)
    if isinstance(total, bool) or not _is_finite(total) or total < 1:
        raise DataError(
            f"total is {total!r}; expected the number of samples that the sizes are shares of.",
            code="value-out-of-range",
            option="total",
            value=total,
        )
    if not len(finite) or finite.min() <= 0 or finite.max() > 100 or len(finite) < len(numbers):
        raise DataError(
            f"total is given, and samples holds {reprlib.repr(numbers.tolist())}; expected shares "
            "from 0 to 1, or per cent. Omit total if they are numbers of samples.",
            code="options-conflict",
            option="total",
        )
    wanted = (numbers if finite.max() <= 1 else numbers / 100) * total
    if wanted.min() < 1 - _ROUNDING:
        raise DataError(
            f"with total {total:g}, the smallest size is {wanted.min():g} samples; expected 1 or "
            "more. Give the number of all samples as total, and correct the sizes.",
            code="options-conflict",
            option="total",
        )
    return _whole(np.maximum(np.round(wanted), 1), "samples", 1)


def _spread_of_means(
    stds: ArrayLike | None, runs: ArrayLike | None, sizes: NDArray[np.int64]
) -> tuple[NDArray[np.float64] | None, NDArray[np.int64] | None]:
    """Standard deviations over runs and numbers of runs, checked, one for each value."""
    spread = counted = None
    if stds is not None:
        spread = real_numbers(stds, "stds")
        if spread.shape != sizes.shape or (spread < 0).any():
            raise DataError(
                f"stds is {reprlib.repr(spread.tolist())}; expected a standard deviation from 0 on "
                f"for each of the {len(sizes)} values.",
                code="shape-mismatch" if spread.shape != sizes.shape else "value-out-of-range",
            )
    if runs is not None:
        counted = _whole(
            np.broadcast_to(real_numbers(runs, "runs"), sizes.shape)
            if np.size(runs) == 1
            else runs,
            "runs",
            1,
        )
        if counted.shape != sizes.shape:
            raise DataError(
                f"runs has shape {counted.shape}, samples {sizes.shape}; give one each.",
                code="shape-mismatch",
            )
    return spread, counted


def _check_spread(stds: NDArray[np.float64] | None, metric: Metric) -> None:
    """Refuse standard deviations that no values within the range of the metric can have."""
    if stds is None or metric.lower is None or metric.upper is None:
        return
    most = (metric.upper - metric.lower) * _WIDEST
    if np.nanmax(stds, initial=0.0) > most * (1 + _ROUNDING):
        raise DataError(
            f"stds holds {np.nanmax(stds):g}, and {metric.name} lies {metric.range}: its standard "
            f"deviation is at most {most:.3g}. Give it in the unit of the values.",
            code="value-out-of-range",
        )


def finite_means(samples: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of each distinct size over its finite runs, as forecasts take it; NaN without any.

    Parameters
    ----------
    samples : ndarray of int, shape (n,)
        Numbers of training samples.
    values : ndarray, shape (n,)
        A figure of each run.

    Returns
    -------
    ndarray, shape (m,)
        Sizes rising.
    """
    finite = np.isfinite(values)
    sizes, which = np.unique(samples, return_inverse=True)
    runs = np.bincount(which[finite], minlength=len(sizes))
    total = np.bincount(which[finite], values[finite], minlength=len(sizes))
    return np.where(runs > 0, total / np.maximum(runs, 1), np.nan)


def real_numbers(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Real numbers as an array of at least one dimension; `name` is what a message calls them.

    Raises
    ------
    DataError
        If something among them is not a number, or too large for a float.
    """
    try:
        given = np.atleast_1d(np.asarray(_unmasked(values)))
        # NumPy would drop imaginary parts, and read dates as numbers of days.
        if given.dtype.kind in "cmM":
            raise TypeError
        return given.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        shown = reprlib.repr(values.tolist() if isinstance(values, np.ndarray) else values)
        raise DataError(
            f"{name} is {shown}; expected a list of numbers.", code="not-numeric"
        ) from None


def _unmasked(values: ArrayLike) -> ArrayLike:
    """Values with NaN in place of those that are masked; a plain array shows what a mask hides."""
    if isinstance(values, list | tuple) and any(value is np.ma.masked for value in values):
        return [np.nan if value is np.ma.masked else value for value in values]
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        return np.where(values.mask, np.nan, values.data)
    return values


def _measure(
    metric: str | Metric,
    values: NDArray[np.float64],
    higher_is_better: bool | None,
    best: float | None,
) -> Metric:
    """The metric with the direction and the best value that were given, or that are known."""
    if metric == "":
        raise DataError(
            "metric is empty; expected a name, such as 'accuracy', or None for a loss.",
            code="wrong-type",
        )
    chosen = metric if isinstance(metric, Metric) else named(metric)
    if higher_is_better is not None and higher_is_better != chosen.higher_is_better:
        # What improves by rising is not a loss: that name was given by default.
        name = "score" if higher_is_better and chosen.name == "loss" else chosen.name
        chosen = Metric(name, higher_is_better)
    if best is None:
        return fitted_to_unit(chosen, values)
    if not _is_finite(best):
        raise DataError(f"best is {best!r}; expected a finite number, or None.", code="not-numeric")
    finite = values[np.isfinite(values)]
    rises = chosen.higher_is_better
    if rises is None:
        rises = bool((finite <= best).all())
    beyond = finite[finite > best] if rises else finite[finite < best]
    if len(beyond):
        way = "lower" if rises else "higher"
        raise DataError(
            f"values hold {beyond[0]:g}, beyond best, which is {best:g}; correct one of them. If "
            f"{way} is better, pass higher_is_better={not rises}, --{way}-is-better.",
            code="value-out-of-range",
        )
    low, high = chosen.lower, chosen.upper
    if rises:
        low, high = None if low is None or low >= best else low, best
    else:
        low, high = best, None if high is None or high <= best else high
    return replace(chosen, higher_is_better=rises, lower=low, upper=high)


def _whole(values: ArrayLike, name: str, least: int) -> NDArray[np.int64]:
    numbers = real_numbers(values, name)
    whole = np.round(np.where(np.isfinite(numbers), numbers, 0.0))
    near = np.abs(numbers - whole) <= _ROUNDING * np.maximum(np.abs(whole), 1)
    broken = ~(near & (whole >= least) & (np.abs(whole) < _INT64))
    if broken.any():
        first = float(numbers[broken][0])
        expected = "positive whole numbers" if least == 1 else "whole numbers"
        if math.isfinite(first) and abs(first) >= _INT64:
            expected += " below 2^63" if least == 1 else " between -2^63 and 2^63"
        raise DataError(f"{name} holds {first:g}; expected {expected}.", code="value-out-of-range")
    # Large integers keep the digits that a float would round.
    given = np.atleast_1d(np.asarray(values))
    return (given if given.dtype.kind in "iu" else whole).astype(np.int64)


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float | np.number) and bool(np.isfinite(value))


def _numbered(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    seen: dict[int, int] = {}
    numbers = []
    for size in sizes.tolist():
        numbers.append(seen.get(size, 0))
        seen[size] = numbers[-1] + 1
    return np.array(numbers, dtype=np.int64)
