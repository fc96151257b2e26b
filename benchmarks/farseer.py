"""Forecasts of clean curves: 25 language models of Farseer, from five sizes.

    python benchmarks/farseer.py --data FOLDER

Each model size of Farseer (arXiv 2506.10972; 411 separately trained models) is a curve of 11 to 19
data sizes without seeds, as in ``joint/farseer.*.parquet``. From the last five sizes up to 1/4,
1/8 and 1/16 of the largest, the largest is forecast, beside a power law with a floor by least
squares. Printed are the median absolute log error, the coverage and the width of the 90 % interval,
and the width that would have held 90 % of the errors.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl

import dataworth as dw
from dataworth import Curve
from few_sizes_cases import Case
from few_sizes_fits import simple_fits
from markdown_table import table

_SIZES, _FEWEST = 5, 11
_CLOSE = 1.05
"""A size counts as a share of the largest if it exceeds that by at most 5 %."""


def judged(curves: list[pl.DataFrame], ahead: float) -> list[float]:
    """Our error, the power law's, whether 50 % and 90 % hold, and the width of 90 %."""
    rows = []
    for curve in curves:
        sizes, losses = curve["D"].to_numpy(), curve["loss"].to_numpy()
        seen = np.flatnonzero(sizes <= sizes[-1] / ahead * _CLOSE)[-_SIZES:]
        if len(seen) < _SIZES:
            continue
        forecast = dw.forecast(Curve(sizes[seen].astype(np.int64), losses[seen]))
        quantiles = np.log(forecast.quantiles([sizes[-1]], [0.05, 0.25, 0.5, 0.75, 0.95])[:, 0])
        truth = np.log(losses[-1])
        horizon = sizes[-1:] / sizes[seen[-1]]
        plain = simple_fits(
            Case(
                *("farseer", "loss", "", "", "transformer", 0, 0, sizes[seen], losses[seen, None]),
                *(horizon, horizon, losses[-1:], (), float(sizes[-1])),
            )
        )["power + floor"][0]
        rows.append(
            [
                quantiles[2] - truth,
                plain - truth,
                quantiles[1] <= truth <= quantiles[3],
                quantiles[0] <= truth <= quantiles[4],
                quantiles[4] - quantiles[0],
            ]
        )
    off, plain, half, most, width = np.array(rows, np.float64).T
    errors = [float(np.median(np.abs(each))) for each in (off, plain)]
    wanted = 2 * float(np.quantile(np.abs(off), 0.9))
    return [*errors, float(np.median(off)), half.mean(), most.mean(), np.median(width), wanted]


def main() -> None:
    """Print the table."""
    raw = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--data", type=Path, required=True, help="folder of the Parquet files")
    options = parser.parse_args()
    parts = [
        pl.read_parquet(options.data / f"farseer.{part}.parquet") for part in ("train", "test")
    ]
    rows = pl.concat([part.select("N", "D", "loss") for part in parts]).sort("N", "D")
    curves = [part for _, part in rows.group_by("N", maintain_order=True) if len(part) >= _FEWEST]
    out = []
    for ahead in (4.0, 8.0, 16.0):
        out.append([f"{ahead:g}x", *(f"{number:.4f}" for number in judged(curves, ahead))])
    head = ["ahead", "error", "power + floor", "bias", "50 %", "90 %", "width", "width needed"]
    print(table(out, head))


if __name__ == "__main__":
    main()
