"""Curves from data frames: pandas, polars, or any mapping of names to columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.curve import Curve, real_numbers
from dataworth.errors import DataError
from dataworth.scorers import scorer_named


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
    known = scorer_named(metric)
    return Curve(
        _numbers(frame, samples, columns),
        known.sign * _numbers(frame, value, columns),
        None if chosen is None else _numbers(frame, chosen, columns),
        known.metric,
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
            "data frame that it returns."
        )
    return list(frame.columns if hasattr(frame, "columns") else frame)


def _column(frame: Any, name: str, columns: list[str]) -> NDArray[Any]:
    if name not in columns:
        raise DataError(
            f"column {name!r} is missing; the frame has {', '.join(map(str, columns))}."
        )
    return np.asarray(frame[name])


def _numbers(frame: Any, name: str, columns: list[str]) -> NDArray[np.float64]:
    return real_numbers(_column(frame, name, columns), f"column {name!r}")
