"""Curves from paths, results of scikit-learn's learning_curve, and data frames."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dataworth._util.lazy import lazy_function
from dataworth.curves.curve import Curve, real_numbers
from dataworth.curves.measurements import curve_of_table
from dataworth.curves.roles import Columns, named_column
from dataworth.curves.shapes import long_form
from dataworth.curves.table import Table, label, refuse_repeated
from dataworth.curves.text_files import read_table
from dataworth.errors import DataError, StudyError
from dataworth.metrics.metric import Metric, in_percent
from dataworth.metrics.registry import canonical, find, scorer

_MISSING = ("NAType", "NaTType")
_MODEL = "model"
"""What distinguishes the curves of a run directory."""
_run_columns = lazy_function("dataworth.records.reader:run_columns")
"""Reads a run directory; resolved at its first use, so that curves need no database."""


def load_curve(path: str | os.PathLike[str]) -> Curve:
    """Read a curve from a run directory, or from a file of measurements.

    The file is a CSV with any separator, JSON, JSON lines or an XLSX workbook: a column with the
    numbers of samples, one with a metric, and one with the seed where there are several runs.
    Further columns of numbers become further metrics of the same runs. What was inferred is
    in ``curve.assumed``; see `as_curve` for options that say it.

    Raises
    ------
    DataError
        If the file cannot be read as a curve; the message names file, row and column.
    StudyError
        If the directory holds no finished run.
    """
    return _load(path, Columns(), None)


def _load(path: str | os.PathLike[str], columns: Columns, metric: str | None) -> Curve:
    place = _place(path)
    # Path.is_dir would raise where a name is too long for the file system.
    if os.path.isdir(place):
        conditions = dict(columns.where)
        model = conditions.pop(_MODEL, None)
        _no_columns(replace(columns, where=tuple(conditions.items())), "a run directory")
        return _of_metric(_only(run_curves(path, model), place), metric)
    return _of_table(read_table(place), columns, metric, _stem(place))


def _of_table(table: Table, columns: Columns, metric: str | None, name: str = "") -> Curve:
    """The curve in a table; a metric is what a column is called, or what its values are."""
    curve = curve_of_table(table, columns, metric, name=name)
    if metric is None:
        return curve
    known = curve.named and find(curve.metric.name)
    # A column that is named by the user, and one called "score", may hold anything.
    by_name = known and columns.value is None and canonical(curve.metric.name) != "score"
    return _of_metric(curve, metric, named=bool(by_name))


def _place(path: str | os.PathLike[str]) -> Path:
    place = Path(path)
    if "\0" in str(place):
        raise DataError(f"{str(place)!r}: a path cannot hold a NUL character.", code="wrong-type")
    return place


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
            f"{place}: the runs are of the models {', '.join(curves)}. Choose one with "
            f"where={{'model': ...}} (--where model=NAME), forecast each with --by model, or "
            f"compare them: dataworth compare {quote(str(place))}",
            code="several-curves",
            models=list(curves),
        )
    return next(iter(curves.values()))


def _stem(place: Path) -> str:
    return Path(place.stem).stem if place.suffix == ".gz" else place.stem


def _no_columns(columns: Columns, what: str) -> None:
    if columns != Columns():
        raise DataError(
            f"{what} has no columns to name: leave samples, value, seed, where and total out.",
            code="options-conflict",
        )


def curve_from_frame(
    frame: Any,
    *,
    samples: str | None = None,
    value: str | None = None,
    seed: str | None = None,
    metric: str | None = None,
    name: str = "",
    where: Conditions = None,
    total: float | None = None,
) -> Curve:
    """The curve in a pandas or polars data frame, or in a mapping of names to columns.

    Parameters
    ----------
    frame : data frame, or mapping of str to array_like
        One row for each run.
    samples, value, seed : str, optional
        The columns with the number of training samples, the metric and the seed; found by their
        usual names without.
    metric : str, optional
        What `value` holds, if its name does not say it; scikit-learn's names of scorers are known.
    name : str
        What tables call the curve.
    where, total : optional
        See `as_curve`.

    Raises
    ------
    DataError
        If a column is missing or holds no numbers, several match, rows belong to several
        curves, or the frame is lazy.
    """
    columns = Columns(samples, value, seed, conditions_of(where), total)
    return _of_table(_frame_table(frame), columns, metric, name)


def curves_from_frame(
    frame: Any,
    by: str | Sequence[str],
    *,
    samples: str | None = None,
    value: str | None = None,
    seed: str | None = None,
    metric: str | None = None,
    where: Conditions = None,
    total: float | None = None,
) -> dict[Any, Curve]:
    """The curves in a frame that holds several, as one of LCDB: a curve for each group of rows.

    Parameters
    ----------
    frame, samples, value, seed, metric, where, total
        See `curve_from_frame`.
    by : str or sequence of str
        The columns that distinguish the curves, as ``["openmlid", "learner"]``.

    Returns
    -------
    dict
        The curves by the group's value, or by the tuple of its values where `by` is a list.

    Raises
    ------
    DataError
        See `curve_from_frame`.
    """
    columns = Columns(samples, value, seed, conditions_of(where), total)
    return _groups(_frame_table(frame), by, columns, metric)


def as_curves(
    thing: Any,
    by: str | Sequence[str],
    metric: str | None = None,
    *,
    higher_is_better: bool | None = None,
    best: float | None = None,
    samples: str | None = None,
    value: str | None = None,
    seed: str | None = None,
    where: Conditions = None,
    total: float | None = None,
) -> dict[Any, Curve]:
    """Read the curves in a file or a data frame that holds several.

    Parameters
    ----------
    thing : path or data frame
        A file of measurements, or a frame; see `as_curve`.
    by : str or sequence of str
        The columns that distinguish the curves, such as ``"learner"``; of a run directory "model".
    metric, higher_is_better, best, samples, value, seed, where, total : optional
        See `as_curve`.

    Returns
    -------
    dict
        The curves by the group's value, or by the tuple of its values where `by` is a list.

    Raises
    ------
    DataError
        See `as_curve`.
    """
    columns = Columns(samples, value, seed, conditions_of(where), total)
    is_path = isinstance(thing, (str, os.PathLike))
    if is_path and os.path.isdir(_place(thing)):
        if by not in (_MODEL, [_MODEL]):
            raise DataError(
                f"{thing}: a run directory holds a curve for each model; expected by='model', not "
                f"{by!r}.",
                code="options-conflict",
            )
        _no_columns(columns, "a run directory")
        return {
            name: _directed(_of_metric(curve, metric), higher_is_better, best)
            for name, curve in run_curves(_place(thing)).items()
        }
    table = read_table(_place(thing)) if is_path else _frame_table(_as_frame(thing))
    curves = _groups(table, by, columns, metric)
    return {key: _directed(curve, higher_is_better, best) for key, curve in curves.items()}


def _groups(
    table: Table, by: str | Sequence[str], columns: Columns, metric: str | None
) -> dict[Any, Curve]:
    table = long_form(table, metric, columns.samples)
    several = list(by) if isinstance(by, list | tuple) else [by]
    names = [table.column(named_column("by", each)) for each in several]
    if not names:
        raise DataError(
            "by is empty; expected a column that distinguishes the curves.",
            code="nothing-given",
            option="by",
        )
    table = table.filtered(dict(columns.where))
    keys = list(zip(*(map(_plain, table.columns[name]) for name in names), strict=True))
    rows: dict[tuple[Any, ...], list[int]] = {}
    for row, key in enumerate(keys):
        rows.setdefault(key, []).append(row)
    rest = {name: cells for name, cells in table.columns.items() if name not in names}
    table = replace(table, columns=rest)
    columns = replace(columns, where=())
    return {
        key if isinstance(by, list | tuple) else key[0]: _of_table(
            table.take(taken), columns, metric, " ".join(map(str, key))
        )
        for key, taken in rows.items()
    }


def _plain(cell: Any) -> Any:
    return cell.item() if isinstance(cell, np.generic) else cell


def _frame_table(frame: Any) -> Table:
    """The table in a data frame or a mapping, its numbers as they are."""
    if hasattr(frame, "collect"):
        raise DataError(
            f"a {type(frame).__name__} holds no values yet; call .collect() and give the data "
            "frame that it returns.",
            code="wrong-type",
        )
    names = list(
        frame.column_names
        if hasattr(frame, "column_names")
        else frame.columns
        if hasattr(frame, "columns")
        else frame
    )
    called = [_in_one(name) for name in names]
    refuse_repeated(called, "the frame")
    columns = _index_columns(frame, called)
    columns |= {one: _cells(frame[name]) for one, name in zip(called, names, strict=True)}
    lengths = {len(cells) for cells in columns.values()}
    if len(lengths) > 1:
        raise DataError(
            "the columns have different lengths: "
            f"{ {name: len(cells) for name, cells in columns.items()} }; give one cell a row each.",
            code="shape-mismatch",
        )
    count = lengths.pop() if lengths else 0
    # Rows of a frame have no numbers that a reader would search for.
    return Table("the frame", columns, [0] * count)


def _in_one(name: Any) -> str:
    """The name of a column; of several levels, as pandas makes for means and deviations, in one."""
    if isinstance(name, tuple):
        return " ".join(str(part) for part in name if str(part)) or str(name)
    return str(name)


def _index_columns(frame: Any, called: Sequence[str]) -> dict[str, list[Any]]:
    """The index of a pandas frame where it has names, as that of means over groups has."""
    index: Any = getattr(frame, "index", None)
    if not hasattr(index, "get_level_values"):
        return {}
    return {
        str(name): _cells(index.get_level_values(level))
        for level, name in enumerate(index.names)
        if name is not None and str(name) not in called
    }


def _cells(column: Any) -> list[Any]:
    if hasattr(column, "to_pylist"):
        return list(column.to_pylist())
    if isinstance(column, np.ma.MaskedArray):
        return list(column.tolist())
    cells = np.asarray(column)
    if cells.ndim != 1:
        cells = np.atleast_1d(cells).ravel()
    # The missing value of pandas equals nothing, itself not either.
    return [None if type(cell).__name__ in _MISSING else cell for cell in cells.tolist()]


Conditions = Mapping[str, Any] | Sequence[str] | str | None
"""Conditions on rows: values by column, or texts such as ``"split=test"``."""


def conditions_of(where: Conditions) -> tuple[tuple[str, str], ...]:
    """Conditions as pairs of a column and a value.

    Raises
    ------
    DataError
        If a text has no "=".
    """
    if where is None:
        return ()
    if isinstance(where, Mapping):
        return tuple((str(name), label(value)) for name, value in where.items())
    if not isinstance(where, str | list | tuple):
        raise DataError(
            f"where is {where!r}; expected conditions such as {{'split': 'test'}} or 'split=test'.",
            code="wrong-type",
            option="where",
        )
    texts = [where] if isinstance(where, str) else list(where)
    pairs = [str(text).partition("=") for text in texts]
    for name, sign, _ in pairs:
        if not sign or not name.strip():
            raise DataError(
                f"where holds {name!r}; expected COLUMN=VALUE, such as split=test.",
                code="value-out-of-range",
                option="where",
            )
    return tuple((name.strip(), label(value)) for name, _, value in pairs)


_EXPECTED = (
    "expected a Curve, a run directory, a file of measurements, the result of scikit-learn's "
    "learning_curve, or a data frame. Two lists make a curve: "
    "dataworth.Curve(samples, values, metric='accuracy')"
)
_RESULT = ("train_sizes", "train_scores", "test_scores")
"""What scikit-learn's LearningCurveDisplay holds, in the order of learning_curve's result."""


def as_curve(
    thing: Any,
    metric: str | None = None,
    *,
    higher_is_better: bool | None = None,
    best: float | None = None,
    samples: str | None = None,
    value: str | None = None,
    seed: str | None = None,
    where: Conditions = None,
    total: float | None = None,
) -> Curve:
    """Read a learning curve from a path, an array of results or a data frame.

    Parameters
    ----------
    thing : Curve, path, tuple or data frame
        A `Curve`; a run directory or a file of measurements (see `load_curve`); what
        scikit-learn's ``learning_curve`` returned (see `curve_from_scores`) or its
        ``LearningCurveDisplay``; a pandas, polars or pyarrow table (of pandas also a named index
        and a Series), a mapping of names to columns, or a list of mappings.
    metric : str, optional
        Which metric: one that the curve holds beside its first, or what its values are ("loss" by
        default, "score" for scikit-learn's result). Names of scikit-learn's scorers are known:
        with "neg_log_loss" the values are losses with their sign turned.
    higher_is_better, best : optional
        See `Curve`.
    samples, value, seed : str, optional
        Columns of a file or a frame: the number of training samples, the metric, the seed. Found
        by their usual names by default; what was inferred is in ``curve.assumed``.
    where : mapping, str or sequence of str, optional
        Which rows of a file or a frame: ``{"split": "test"}`` or ``"split=test"``.
    total : float, optional
        The number of samples that fractions or per cent in the column of sizes are of.

    Raises
    ------
    DataError
        If nothing here is a learning curve, it has no such metric, or its rows are of several
        curves; see `as_curves` for these.
    StudyError
        If a run directory holds no finished run.
    """
    columns = Columns(samples, value, seed, conditions_of(where), total)
    return _directed(_read(thing, metric, columns), higher_is_better, best)


def _directed(curve: Curve, higher_is_better: bool | None, best: float | None) -> Curve:
    """The curve with the direction and the best value that are given."""
    if higher_is_better is None and best is None:
        return curve
    return curve.with_values(
        curve.values,
        curve.metric,
        others=curve.others,
        higher_is_better=higher_is_better,
        best=best,
        chance=curve.chance,
    )


def _read(thing: Any, metric: str | None, columns: Columns) -> Curve:
    """The curve in an object; see `as_curve`."""
    if isinstance(thing, Curve):
        _no_columns(columns, "a Curve")
        return _of_metric(thing, metric)
    if isinstance(thing, (str, os.PathLike)):
        return _load(thing, columns, metric)
    if isinstance(thing, tuple):
        _no_columns(columns, "the result of learning_curve")
        return curve_from_scores(thing, metric or "score")
    if all(hasattr(thing, name) for name in _RESULT):
        _no_columns(columns, "a LearningCurveDisplay")
        return curve_from_scores([getattr(thing, name) for name in _RESULT], metric or "score")
    return _of_table(_frame_table(_as_frame(thing)), columns, metric)


def _as_frame(thing: Any) -> Any:
    """A frame, or a mapping of names to columns, as which a table in memory is read.

    Raises
    ------
    DataError
        If it is none.
    """
    # A LazyFrame warns when its columns are read.
    if hasattr(thing, "collect") or hasattr(thing, "columns") or isinstance(thing, Mapping):
        return thing
    if hasattr(thing, "to_frame"):
        # A pandas Series by size.
        return thing.to_frame()
    if isinstance(thing, list) and thing and all(isinstance(row, Mapping) for row in thing):
        names = dict.fromkeys(name for row in thing for name in row)
        return {name: [row.get(name) for row in thing] for name in names}
    raise DataError(
        f"{type(thing).__name__} is not a learning curve; {_EXPECTED}.", code="wrong-type"
    )


def curve_from_scores(result: Sequence[ArrayLike], metric: str | Metric = "score") -> Curve:
    """The curve in what scikit-learn's ``learning_curve`` returned: its scores on held-out rows.

    Parameters
    ----------
    result : tuple
        ``(train_sizes_abs (m,), train_scores (m, folds), test_scores (m, folds), ...)``; folds
        become seeds 0, 1, ...
    metric : str or Metric
        The ``scoring`` that it was made with, as "accuracy" or "neg_log_loss"; or what the scores
        are, with no sign turned.

    Raises
    ------
    DataError
        If it is not such a result, or the scores are losses that no name says are negated.
    """
    if len(result) < 3:
        raise DataError(
            f"a tuple of {len(result)} is not a result of learning_curve; {_EXPECTED}.",
            code="wrong-type",
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
    known, sign = (metric, 1) if isinstance(metric, Metric) else scorer(metric)
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
    percent = chosen.metric.unit == "%" and known.upper == 1
    others = {key: values for key, values in chosen.others.items() if key != known.name}
    return chosen.with_values(
        sign * chosen.values, in_percent(known) if percent else known, others=others
    )


def _check_known(metric: str, curve: Curve) -> None:
    """Where columns have names, an unknown one is misspelt rather than the values' own."""
    columns = [name for name, values in curve.others.items() if np.isfinite(values).any()]
    if columns and find(metric) is None:
        raise DataError(
            f"{curve.name}: no metric is called {metric!r}; its columns beside value are "
            f"{', '.join(columns)}. Name one of these, or the metric in value, "
            "or no metric for a loss; for any other name, leave the further columns out.",
            code="unknown-metric",
        )
