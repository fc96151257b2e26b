"""Curves from whatever holds one: a path, scikit-learn's learning_curve result, a data frame."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth._util.lazy import lazy_function
from dataworth.curves.curve import Curve, real_numbers
from dataworth.errors import DataError, StudyError
from dataworth.metrics.registry import canonical, find, scorer

_SAMPLES, _VALUE, _SEED = "samples", "value", "seed"
_run_columns = lazy_function("dataworth.records.reader:run_columns")
"""Reads a run directory; resolved at its first use, so that curves need no database."""


def load_curve(path: str | os.PathLike[str]) -> Curve:
    """Read a curve from a run directory, or from a CSV with columns ``samples,value[,seed]``.

    Further columns of numbers become further metrics of the same runs.

    Raises
    ------
    DataError
        If the file cannot be read as a curve; the message names file, row and column.
    StudyError
        If the directory holds no finished run.
    """
    return load_curve_for(path, None)


def load_curve_for(path: str | os.PathLike[str], metric: str | None) -> Curve:
    """Read a curve of which one metric is wanted; see `load_curve`.

    A further column may hold text, as the name of a learner, but not if it is the one wanted.
    """
    place = Path(path)
    if "\0" in str(place):
        raise DataError(f"{str(place)!r}: a path cannot hold a NUL character.", code="not-a-path")
    # Path.is_dir would raise where a name is too long for the file system.
    if os.path.isdir(place):
        return _only(run_curves(place), place)
    try:
        text = place.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(
            f"{place}: cannot be read ({error.strerror}). Give a run directory, or a CSV with the "
            "columns samples,value and optionally seed.",
            code="file-unreadable",
        ) from None
    except UnicodeDecodeError:
        raise DataError(
            f"{place}: not a text file; expected CSV in UTF-8.", code="not-utf-8"
        ) from None
    return _from_csv(text, place, metric)


def run_curves(directory: str | os.PathLike[str], model: str | None = None) -> dict[str, Curve]:
    """The curves in a run directory, by model.

    Parameters
    ----------
    directory : path
    model : str, optional
        The one that is wanted; all by default.

    Raises
    ------
    StudyError
        If the directory holds no finished run, or no such model.
    """
    found = _run_columns(directory, model)
    return {name: Curve(**columns) for name, columns in found.items()}


def _only(curves: Mapping[str, Curve], place: Path) -> Curve:
    """The curve of a run directory of one model."""
    if len(curves) > 1:
        raise StudyError(
            f"{place}: the runs are of the models {', '.join(curves)}. Choose one, as "
            f"dataworth.run_curves({str(place)!r})[{next(iter(curves))!r}] or with --model, or "
            f"compare them: dataworth compare {place}",
            code="model-unclear",
            models=list(curves),
        )
    return next(iter(curves.values()))


def _from_csv(text: str, place: Path, metric: str | None) -> Curve:
    wanted = () if metric is None else (canonical(metric), canonical(scorer(metric)[0].name))
    try:
        # Blank rows count: whoever looks for a row in an editor counts them too.
        numbered = [
            (number, row)
            for number, row in enumerate(csv.reader(io.StringIO(text)), start=1)
            if any(map(str.strip, row))
        ]
    except csv.Error as error:
        raise DataError(
            f"{place}: not a CSV of measurements ({error}).", code="csv-malformed"
        ) from None
    first = numbered[0][1] if numbered else []
    header = [name.strip() for name in first]
    missing = [name for name in (_SAMPLES, _VALUE) if name not in header]
    if missing or len(numbered) < 2:
        what = f"column {missing[0]!r} is missing" if missing else "there are no measurements"
        raise DataError(
            f"{place}: {what}; expected a first row samples,value[,seed] and a row per "
            f"measurement. The first row is {first or 'empty'}.",
            code="column-missing" if missing else "no-rows",
        )
    twice = [name for name in header if name and header.count(name) > 1]
    if twice:
        raise DataError(
            f"{place}: {header.count(twice[0])} columns are called {twice[0]!r}; rename all but "
            "one.",
            code="duplicate-column",
        )
    # Columns without a name are numbers of rows, or what a spreadsheet leaves behind.
    columns: dict[str, list[float]] = {name: [] for name in header if name}
    for number, row in numbered[1:]:
        if len(row) != len(header):
            raise DataError(
                f"{place}, row {number}: {len(row)} fields; the header has {len(header)}.",
                code="wrong-field-count",
                row=number,
            )
        for name, field in zip(header, row, strict=True):
            if name:
                columns[name].append(_number(field, name, number, place, wanted))
    samples, values = columns.pop(_SAMPLES), columns.pop(_VALUE)
    seeds = columns.pop(_SEED, None)
    try:
        return Curve(samples, values, seeds, name=place.stem, others=columns)
    except DataError as error:
        # The row that is no curve by itself either is the one to look at.
        for at, (number, _) in enumerate(numbered[1:]):
            one = slice(at, at + 1)
            try:
                Curve(samples[one], values[one], None if seeds is None else seeds[one])
            except DataError as reason:
                raise DataError(
                    f"{place}, row {number}: {reason}", code=reason.code, row=number
                ) from None
        raise DataError(f"{place}: {error}", code=error.code) from None


def _number(field: str, column: str, row: int, place: Path, wanted: Sequence[str]) -> float:
    try:
        return float(field)
    except ValueError:
        needed = canonical(column) in wanted and field.strip()
        if not needed and column not in (_SAMPLES, _VALUE, _SEED):
            return math.nan
        raise DataError(
            f"{place}, row {row}, column {column!r}: {field!r} is not a number. Correct it, or "
            "remove the row.",
            code="not-a-number",
            row=row,
        ) from None


def curve_from_frame(
    frame: Any,
    *,
    samples: str = "samples",
    value: str = "value",
    seed: str | None = None,
    metric: str = "loss",
    name: str = "",
) -> Curve:
    """The curve in a pandas or polars data frame, or in a mapping of names to columns.

    Parameters
    ----------
    frame : DataFrame or mapping
        One row per run.
    samples, value : str
        The columns with the number of training samples and the metric.
    seed : str, optional
        The column with the seed; ``"seed"`` where there is one, else runs are numbered.
    metric : str
        What `value` holds; scikit-learn's names of scorers are known.
    name : str
        What tables call the curve.

    Raises
    ------
    DataError
        If a column is missing or holds no numbers, or the frame is lazy.
    """
    columns = _columns(frame)
    chosen = "seed" if seed is None and "seed" in columns else seed
    known, sign = scorer(metric)
    return Curve(
        _numbers(frame, samples, columns),
        sign * _numbers(frame, value, columns),
        None if chosen is None else _numbers(frame, chosen, columns),
        known,
        name=name,
    )


def curves_from_frame(
    frame: Any,
    by: str | Sequence[str],
    *,
    samples: str = "samples",
    value: str = "value",
    seed: str | None = None,
    metric: str = "loss",
) -> dict[Any, Curve]:
    """The curves in a frame that holds several, as one of LCDB: a curve for each group of rows.

    Parameters
    ----------
    frame, samples, value, seed, metric
        See `curve_from_frame`.
    by : str or sequence of str
        The columns that tell the curves apart, as ``["openmlid", "learner"]``.

    Returns
    -------
    dict
        The curves by the group's value, or by the tuple of its values where `by` is a list.

    Raises
    ------
    DataError
        If a column is missing or holds no numbers, or the frame is lazy.
    """
    names, columns = [by] if isinstance(by, str) else list(by), _columns(frame)
    keys = list(zip(*(_column(frame, each, columns).tolist() for each in names), strict=True))
    rows: dict[tuple[Any, ...], list[int]] = {}
    for row, key in enumerate(keys):
        rows.setdefault(key, []).append(row)
    chosen = "seed" if seed is None and "seed" in columns else seed
    wanted = [samples, value] + ([] if chosen is None else [chosen])
    table = {each: _numbers(frame, each, columns) for each in wanted}
    return {
        key[0] if isinstance(by, str) else key: curve_from_frame(
            {each: column[taken] for each, column in table.items()},
            samples=samples,
            value=value,
            seed=chosen,
            metric=metric,
            name=" ".join(map(str, key)),
        )
        for key, taken in rows.items()
    }


def _columns(frame: Any) -> list[str]:
    if hasattr(frame, "collect"):
        raise DataError(
            f"a {type(frame).__name__} holds no values yet; call .collect() and hand over the "
            "data frame that it returns.",
            code="not-collected",
        )
    return list(frame.columns if hasattr(frame, "columns") else frame)


def _column(frame: Any, name: str, columns: list[str]) -> NDArray[Any]:
    if name not in columns:
        raise DataError(
            f"column {name!r} is missing; the frame has {', '.join(map(str, columns))}.",
            code="column-missing",
        )
    return np.asarray(frame[name])


def _numbers(frame: Any, name: str, columns: list[str]) -> NDArray[np.float64]:
    return real_numbers(_column(frame, name, columns), f"column {name!r}")


_EXPECTED = (
    "expected a Curve, a run directory, a CSV with the columns samples,value[,seed], the result "
    "of scikit-learn's learning_curve, or a data frame"
)


def as_curve(
    thing: Any,
    metric: str | None = None,
    *,
    higher_is_better: bool | None = None,
    best: float | None = None,
) -> Curve:
    """Read a learning curve from whatever holds one.

    Parameters
    ----------
    thing : Curve, path, tuple or data frame
        A `Curve`; a run directory or a CSV (see `load_curve`); what scikit-learn's
        ``learning_curve`` returned (see `curve_from_scores`); a frame with the columns samples,
        value and optionally seed (see `curve_from_frame` for other columns).
    metric : str, optional
        Which metric: one that the curve holds beside its first, or what its values are ("loss" by
        default, "score" for scikit-learn's result). Names of scikit-learn's scorers are known:
        with "neg_log_loss" the values are losses with their sign turned.
    higher_is_better, best : optional
        See `Curve`.

    Raises
    ------
    DataError
        If nothing here is a learning curve, or it has no such metric.
    StudyError
        If a run directory holds no finished run.
    """
    curve = _read(thing, metric)
    if higher_is_better is None and best is None:
        return curve
    return Curve(
        curve.samples,
        curve.values,
        curve.seeds if curve.seeded else None,
        curve.metric,
        higher_is_better=higher_is_better,
        best=best,
        chance=curve.chance,
        name=curve.name,
        others=curve.others,
    )


def _read(thing: Any, metric: str | None) -> Curve:
    """The curve in whatever holds one; see `as_curve`."""
    if isinstance(thing, Curve):
        return _of_metric(thing, metric)
    if isinstance(thing, (str, os.PathLike)):
        return _of_metric(load_curve_for(thing, metric), metric, named=os.path.isdir(thing))
    if isinstance(thing, tuple):
        return curve_from_scores(thing, metric or "score")
    # A LazyFrame warns when it is asked for its columns.
    if hasattr(thing, "collect") or hasattr(thing, "columns") or isinstance(thing, Mapping):
        return curve_from_frame(thing, metric=metric or "loss")
    raise DataError(
        f"{type(thing).__name__} is no learning curve; {_EXPECTED}.", code="not-a-curve"
    )


def curve_from_scores(result: Sequence[ArrayLike], metric: str = "score") -> Curve:
    """The curve in what scikit-learn's ``learning_curve`` returned: its scores on held-out rows.

    Parameters
    ----------
    result : tuple
        ``(train_sizes_abs (m,), train_scores (m, folds), test_scores (m, folds), ...)``; folds
        become seeds 0, 1, ...
    metric : str
        The ``scoring`` that it was made with, as "accuracy" or "neg_log_loss".

    Raises
    ------
    DataError
        If it is not such a result, or the scores are losses that no name says are negated.
    """
    if len(result) < 3:
        raise DataError(
            f"a tuple of {len(result)} is no result of learning_curve; {_EXPECTED}.",
            code="not-a-curve",
        )
    sizes = real_numbers(result[0], "train_sizes_abs")
    scores = real_numbers(result[2], "test_scores")
    if scores.ndim != 2 or sizes.shape != scores.shape[:1]:
        raise DataError(
            f"train_sizes_abs has shape {sizes.shape} and test_scores {scores.shape}; expected "
            "(sizes,) and (sizes, folds), as learning_curve returns them.",
            code="shape-mismatch",
        )
    finite = scores[np.isfinite(scores)]
    if metric == "score" and len(finite) and (finite < 0).all():
        raise DataError(
            "every score is negative, as those of a loss with its sign turned; say which with "
            "metric, the name given as scoring: 'neg_log_loss', 'neg_mean_squared_error', ...",
            code="metric-unclear",
        )
    folds = np.tile(np.arange(scores.shape[1]), len(sizes))
    known, sign = scorer(metric)
    return Curve(np.repeat(sizes, scores.shape[1]), sign * scores.ravel(), folds, known)


def _of_metric(curve: Curve, metric: str | None, *, named: bool = True) -> Curve:
    """The curve of one metric; what no name is given for is what the caller says it is."""
    if metric is None:
        return curve
    known, sign = scorer(metric)
    column = curve.column(metric)
    asked = column if column in curve.others else None
    plain = curve.column(known.name)
    if plain in curve.others or (named and asked is None):
        return curve[known.name]
    if asked is None:
        _check_known(metric, curve)
    chosen = curve if asked is None else curve[asked]
    return Curve(
        chosen.samples,
        sign * chosen.values,
        chosen.seeds if chosen.seeded else None,
        known,
        name=chosen.name,
        others={key: values for key, values in chosen.others.items() if key != known.name},
    )


def _check_known(metric: str, curve: Curve) -> None:
    """Where columns have names, one that nobody knows is misspelt rather than the values' own."""
    columns = [name for name, values in curve.others.items() if np.isfinite(values).any()]
    if columns and find(metric) is None:
        raise DataError(
            f"{curve.name}: no metric is called {metric!r}; its columns beside value are "
            f"{', '.join(columns)}. Name one of these, or the metric in value, "
            "or no metric for a loss; for any other name, leave the further columns out.",
            code="unknown-metric",
        )
