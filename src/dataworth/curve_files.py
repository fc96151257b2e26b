"""Curves from files: a run directory, or a CSV of measurements."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Sequence
from pathlib import Path

from dataworth.curve import Curve
from dataworth.errors import DataError, StudyError
from dataworth.record import METRICS
from dataworth.scorers import scorer_named
from dataworth.store import Store

_SAMPLES, _VALUE, _SEED = "samples", "value", "seed"


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
        raise DataError(f"{str(place)!r}: a path cannot hold a NUL character.")
    # Path.is_dir would raise where a name is too long for the file system.
    if os.path.isdir(place):
        with Store(place) as store:
            return curve_of(store)
    try:
        text = place.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(
            f"{place}: cannot be read ({error.strerror}). Give a run directory, or a CSV with the "
            "columns samples,value and optionally seed."
        ) from None
    except UnicodeDecodeError:
        raise DataError(f"{place}: not a text file; expected CSV in UTF-8.") from None
    return _from_csv(text, place, metric)


def curve_of(store: Store) -> Curve:
    """The curve of all records of a store: loss, and the other metrics beside it.

    Raises
    ------
    StudyError
        If the store holds no finished run.
    """
    records, meta = store.records(), store.meta()
    if not records:
        raise StudyError(
            f"{store.directory}: no run is finished yet. Go on with: "
            f"dataworth run {store.directory}"
        )
    others = {name: [getattr(r.scores, name) for r in records] for name in METRICS[1:]}
    others["train_loss"] = [record.train_loss for record in records]
    return Curve(
        [record.run.size for record in records],
        [record.scores.loss for record in records],
        [record.run.seed for record in records],
        # Of one class, every guess is right: there is no level to compare with.
        chance=math.log(meta["classes"]) or None,
        name=meta["name"],
        others=others,
    )


def _from_csv(text: str, place: Path, metric: str | None) -> Curve:
    wanted = () if metric is None else (metric, scorer_named(metric).metric)
    try:
        # Blank rows count: whoever looks for a row in an editor counts them too.
        numbered = [
            (number, row)
            for number, row in enumerate(csv.reader(io.StringIO(text)), start=1)
            if any(map(str.strip, row))
        ]
    except csv.Error as error:
        raise DataError(f"{place}: not a CSV of measurements ({error}).") from None
    first = numbered[0][1] if numbered else []
    header = [name.strip() for name in first]
    missing = [name for name in (_SAMPLES, _VALUE) if name not in header]
    if missing or len(numbered) < 2:
        what = f"column {missing[0]!r} is missing" if missing else "there are no measurements"
        raise DataError(
            f"{place}: {what}; expected a first row samples,value[,seed] and a row per "
            f"measurement. The first row is {first or 'empty'}."
        )
    twice = [name for name in header if name and header.count(name) > 1]
    if twice:
        raise DataError(
            f"{place}: {header.count(twice[0])} columns are called {twice[0]!r}; rename all but "
            "one."
        )
    # Columns without a name are numbers of rows, or what a spreadsheet leaves behind.
    columns: dict[str, list[float]] = {name: [] for name in header if name}
    for number, row in numbered[1:]:
        if len(row) != len(header):
            raise DataError(
                f"{place}, row {number}: {len(row)} fields; the header has {len(header)}."
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
                raise DataError(f"{place}, row {number}: {reason}") from None
        raise DataError(f"{place}: {error}") from None


def _number(field: str, column: str, row: int, place: Path, wanted: Sequence[str]) -> float:
    try:
        return float(field)
    except ValueError:
        needed = column in wanted and field.strip()
        if not needed and column not in (_SAMPLES, _VALUE, _SEED):
            return math.nan
        raise DataError(
            f"{place}, row {row}, column {column!r}: {field!r} is not a number. Correct it, or "
            "remove the row."
        ) from None
