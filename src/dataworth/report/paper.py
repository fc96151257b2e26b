"""What goes into a paper: the table in LaTeX and Markdown, a methods paragraph, its citations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from dataworth._util.numbers import format_count, format_digits
from dataworth.curves.curve import latex_text
from dataworth.forecast.horizons import sizes_ahead
from dataworth.metrics.spoken import name_of, shown_scale, unit_of, values

if TYPE_CHECKING:
    from dataworth.curves.curve import Curve
    from dataworth.forecast.forecast import Forecast
    from dataworth.report.study_report import RunReport


class PaperTable(NamedTuple):
    """Headings, measured rows, forecast rows; all as text."""

    columns: tuple[str, ...]
    measured: tuple[tuple[str, ...], ...]
    forecast: tuple[tuple[str, ...], ...]


def paper_table(curve: Curve, forecast: Forecast | None) -> PaperTable:
    """Mean and standard deviation of each size, then the forecast with its interval.

    Shares are in per cent.
    """
    unit = unit_of(curve.metric).strip()
    metric = name_of(curve.metric) + (f" ({unit})" if unit else "")
    scale = shown_scale(curve.metric)
    measured = []
    for point in curve.summary():
        std = "" if math.isnan(point.std) else format_digits(scale * point.std, 2)
        measured.append(
            (f"{point.samples:,}", str(point.runs), format_digits(scale * point.mean, 4), std, "")
        )
    ahead = []
    if forecast is not None:
        said = forecast.predict(sizes_ahead(forecast))
        for size, *parts in zip(said.samples, said.median, said.lower, said.upper, strict=True):
            middle, low, high = values(curve.metric, *map(float, parts))
            ahead.append((format_count(float(size)), "", middle, "", f"{low} to {high}"))
    columns = (curve.counted, "runs", metric, "std", "90 % interval")
    return PaperTable(columns, tuple(measured), tuple(ahead))


def markdown(table: PaperTable) -> str:
    """The table in Markdown."""
    lines = [
        f"| {' | '.join(part.replace('|', chr(92) + '|') for part in table.columns)} |",
        f"|{'---:|' * len(table.columns)}",
    ]
    for row in table.measured:
        lines.append(f"| {' | '.join(row)} |")
    for row in table.forecast:
        lines.append(f"| {' | '.join((row[0], 'forecast', *row[2:]))} |")
    return "\n".join(lines) + "\n"


def latex(table: PaperTable) -> str:
    """The table in LaTeX, for the package ``booktabs``."""
    lines = [
        rf"\begin{{tabular}}{{{'r' * len(table.columns)}}}",
        r"\toprule",
        rf"{' & '.join(map(latex_text, table.columns))} \\",
        r"\midrule",
        *(rf"{' & '.join(map(latex_text, row))} \\" for row in table.measured),
    ]
    if table.forecast:
        lines += [
            rf"\midrule \multicolumn{{{len(table.columns)}}}{{l}}{{forecast}} \\",
            *(rf"{' & '.join(map(latex_text, row))} \\" for row in table.forecast),
        ]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def methods(report: RunReport) -> str:
    """A paragraph that says how the curve was measured and forecast."""
    meta, curve = report.meta, report.curve
    points = curve.summary()
    runs = sorted({point.runs for point in points})
    seeds = f"{runs[0]}" if len(runs) == 1 else f"{runs[0]} to {runs[-1]}"
    ends = f"{points[0].samples:,} to {points[-1].samples:,} training {curve.counted}"
    if meta:
        split = "its official held-out split" if meta["held_out_official"] else "a held-out split"
        subsets = {
            "nested": "random subsets, nested across sizes",
            "prefix": "the first rows",
        }.get(meta["subset"], f"the {meta['subset']} rows")
        said = (
            f"We trained {meta['model']} on {len(points)} sizes of {meta['data']} "
            f"({ends}; {subsets}), {seeds} seed{'s' if runs[-1] > 1 else ''} each, and measured "
            f"{name_of(curve.metric)} on {split} of {meta['held_out']:,} samples that no run was "
            "trained on."
        )
    else:
        said = (
            f"We measured {name_of(curve.metric)} at {len(points)} sizes ({ends}), with {seeds} "
            f"run{'s' if runs[-1] > 1 else ''} of each."
        )
    ahead = report.ahead.get(curve.metric.name)
    if ahead is None or ahead.forecast is None:
        return said
    return (
        f"{said} Learning curves (Viering and Loog, 2023) were forecast with dataworth "
        f"{report.version}: curves are drawn from {len(ahead.forecast.weights)} "
        "parametric laws (among them those of Alabdulmohsin et al., 2022), weighted by fit and by "
        "a prior learned on public curves (Mohr et al., 2022). Intervals hold 90 % of the draws, "
        "for the mean over seeds."
    )


BIBTEX = """\
@software{dataworth,
  title = {dataworth: what is more data worth?},
  author = {{The dataworth developers}},
  version = {VERSION},
}
@article{viering2023shape,
  title = {The shape of learning curves: a review},
  author = {Viering, Tom and Loog, Marco},
  journal = {IEEE Transactions on Pattern Analysis and Machine Intelligence},
  volume = {45}, number = {6}, pages = {7799--7819}, year = {2023},
}
@inproceedings{alabdulmohsin2022revisiting,
  title = {Revisiting neural scaling laws in language and vision},
  author = {Alabdulmohsin, Ibrahim and Neyshabur, Behnam and Zhai, Xiaohua},
  booktitle = {Advances in Neural Information Processing Systems}, year = {2022},
}
@inproceedings{mohr2022lcdb,
  title = {{LCDB} 1.0: an extensive learning curves database for classification tasks},
  author = {Mohr, Felix and Viering, Tom J. and Loog, Marco and van Rijn, Jan N.},
  booktitle = {Machine Learning and Knowledge Discovery in Databases}, year = {2022},
}
"""
"""The works that the methods paragraph cites."""


def bibtex(report: RunReport) -> str:
    """The citations of the methods paragraph."""
    return BIBTEX.replace("VERSION", report.version)
