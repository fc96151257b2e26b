"""What more data would bring: a table of sizes ahead, and the time that a run takes there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dataworth._util.durations import format_about, format_duration
from dataworth._util.numbers import format_count
from dataworth.forecast.horizons import sizes_ahead
from dataworth.metrics.spoken import axis_label, difference, unit_of_difference, values
from dataworth.records.record import Record
from dataworth.report.sentences import TIMES
from dataworth.report.tables import heading

if TYPE_CHECKING:
    from dataworth.forecast.forecast import Forecast

STEP = 1_000
_STEEPEST = 1.5


class MoreTable(NamedTuple):
    """Headings, and a row of texts for each size ahead."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def more_data_table(forecast: Forecast, records: Sequence[Record]) -> MoreTable:
    """What the next thousand samples, and 2, 3, 4 and 10 times the data, are expected to bring."""
    largest = float(forecast.observations.sizes[-1])
    sizes = sorted({largest + STEP, largest * TIMES, *sizes_ahead(forecast)})
    time_at = _time_of_runs(records)
    metric, counted = forecast.curve.metric, forecast.curve.counted
    said = forecast.predict(sizes)
    rows = []
    for row, size in enumerate(sizes):
        middle, low, high = values(
            metric, *(float(part[row]) for part in (said.median, said.lower, said.upper))
        )
        gain = forecast.value_of(largest, size)
        gained, least, most = difference(metric, gain.median, gain.lower, gain.upper)
        rows.append(
            (
                format_count(size),
                f"{format_count(size - largest)} more",
                middle,
                f"{low} to {high}",
                gained,
                f"{least} to {most}",
                *([] if time_at is None else [format_about(time_at(size))]),
            )
        )
    points = unit_of_difference(metric, short=True).strip()
    gained = f"Gain ({points})" if points else "Gain"
    return MoreTable(
        (
            f"Training {counted}",
            "Than now",
            heading(axis_label(metric)),
            "90 % interval",
            gained,
            "90 % interval",
            *([] if time_at is None else ["Time of a run"]),
        ),
        tuple(rows),
    )


def _time_of_runs(records: Sequence[Record]) -> Callable[[float], float] | None:
    """About how many seconds a run of a size takes, by the medians of the measured sizes.

    None where no run says how long it took.
    """
    by_size: dict[int, list[float]] = {}
    for record in records:
        if record.training_seconds > 0:
            by_size.setdefault(record.key.size, []).append(record.training_seconds)
    if not by_size:
        return None
    sizes = sorted(by_size)
    medians = np.array([np.median(by_size[each]) for each in sizes])
    slope = 1.0
    if len(sizes) > 2:
        slope = float(np.polyfit(np.log(sizes[-3:]), np.log(medians[-3:]), 1)[0])
    slope = min(_STEEPEST, max(0.0, slope))
    return lambda size: float(medians[-1]) * (size / sizes[-1]) ** slope


def time_in_words(records: Sequence[Record]) -> str:
    """How long the runs took, in one sentence."""
    seconds = sum(record.seconds for record in records if record.seconds > 0)
    if not seconds:
        return ""
    compiling = sum(record.compile_seconds for record in records)
    some = f", {format_duration(compiling)} of it to compile" if compiling else ""
    return f"{len(records)} runs took {format_duration(seconds)}{some}."
