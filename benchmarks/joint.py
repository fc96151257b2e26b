"""Joint laws of data size and model size on public tables: fit the small, predict the large.

    python benchmarks/joint.py --data FOLDER [--chinchilla FILE]

FOLDER holds two tables of separately trained language models from the benchmark of arXiv
2604.22753, each with a part to fit and a part beyond: Farseer (arXiv 2506.10972; 411 models, loss
by model size and tokens) and data-constrained (Muennighoff et al. 2023; 182 models that see some of
their tokens several times). Printed are R2, the median relative error and the coverage of 90 % in
the part beyond, beside the additive law by least squares. Repeated tokens are forecast by the
number of tokens seen, and by the effective number of Muennighoff et al. 2023, eq. 5 with their
constant.

``--chinchilla`` is ``svg_extracted_data.csv`` of github.com/epoch-research/analyzing-chinchilla:
the points of figure 4 of Hoffmann et al. 2022, read from the figure by Besiroglu et al. 2024. The
parameters of the law are printed beside the two published estimates.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import nnls

import dataworth as dw
from markdown_table import table

Floats = NDArray[np.float64]
_REUSE = 15.387756
"""How many repetitions are worth something: R*_D of Muennighoff et al. 2023, table 8."""
PUBLISHED = {
    "Hoffmann et al. 2022": {"E": 1.69, "A": 406.4, "B": 410.7, "a": 0.34, "b": 0.28},
    "Besiroglu et al. 2024": {"E": 1.8172, "A": 482.01, "B": 2085.43, "a": 0.3478, "b": 0.3658},
}
"""Approach 3 of the paper, and the replication."""
_DROPPED = 5
"""Besiroglu et al. leave the five points of the highest loss out, of barely trained models."""


def columns(path: Path, form: str) -> tuple[Floats, Floats, Floats]:
    """Tokens, parameters and losses of one part of a table."""
    rows = pl.read_parquet(path)
    names = ("D", "N") if "N" in rows.columns else ("tokens", "params")
    tokens, parameters, loss = (rows[name].to_numpy() for name in (*names, "loss"))
    if form == "effective":
        unique = np.minimum(rows["unique_tokens"].to_numpy(), tokens)
        tokens = unique * (1 + _REUSE * (1 - np.exp(-(tokens / unique - 1) / _REUSE)))
    return tokens, parameters, loss


def plain_law(
    tokens: Floats, parameters: Floats, loss: Floats, at: tuple[Floats, Floats]
) -> Floats:
    """The additive law by least squares over a grid of exponents, without robust weights."""
    best, found = np.inf, np.zeros(len(at[0]))
    for a in np.geomspace(0.05, 1.5, 40):
        for b in np.geomspace(0.05, 1.5, 40):
            basis = np.stack([np.ones_like(loss), parameters**-a, tokens**-b], axis=1)
            scale = basis.max(axis=0)
            solved, error = nnls(basis / scale, loss)
            if error < best:
                best = error
                ahead = np.stack([np.ones_like(at[0]), at[1] ** -a, at[0] ** -b], axis=1)
                found = ahead / scale @ solved
    return found


def judged(name: str, form: str, folder: Path) -> list[list[str | float]]:
    """R2, error and coverage beyond what was fitted."""
    tokens, parameters, loss = columns(folder / f"{name}.train.parquet", form)
    at_tokens, at_parameters, truth = columns(folder / f"{name}.test.parquet", form)
    started = time.process_time()
    forecast = dw.forecast_joint(tokens, parameters, loss)
    said = forecast.predict(at_tokens, at_parameters)
    seconds = time.process_time() - started
    held = (said.lower <= truth) & (truth <= said.upper)
    width = np.median(np.log(said.upper / said.lower))
    label = f"{name}, {form} tokens" if "constrained" in name else name
    plain = plain_law(tokens, parameters, loss, (at_tokens, at_parameters))
    rows: list[list[str | float]] = [
        [label, "dataworth", *scores(said.median, truth), f"{held.mean():.2f}", f"{width:.4f}"]
    ]
    rows[0].append(f"{seconds:.1f}")
    rows.append([label, "least squares", *scores(plain, truth), "", "", ""])
    return rows


def scores(said: Floats, truth: Floats) -> list[str]:
    """R2 of the loss, and the median absolute relative error."""
    r2 = 1 - ((said - truth) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()
    return [f"{r2:.3f}", f"{np.median(np.abs(np.log(said / truth))):.4f}"]


def chinchilla(path: Path) -> str:
    """The parameters of the law beside the published ones."""
    rows = pl.read_csv(path).sort("loss")
    rows = rows.head(len(rows) - _DROPPED)
    parameters, flop, loss = (
        rows[name].to_numpy() for name in ("Model Size", "Training FLOP", "loss")
    )
    tokens = flop / (6 * parameters)
    forecast = dw.forecast_joint(tokens, parameters, loss, form="additive")
    chosen = dw.forecast_joint(tokens, parameters, loss)
    out = []
    for name, found in forecast.law.items():
        published = [values[name] for values in PUBLISHED.values()]
        inside = ["yes" if found.lower <= value <= found.upper else "no" for value in published]
        cells = [f"{value:.4g} ({held})" for value, held in zip(published, inside, strict=True)]
        out.append([name, f"{found.value:.4g}", f"{found.lower:.4g} to {found.upper:.4g}", *cells])
    said = ""
    for each in (forecast, chosen):
        split = each.allocate(5.76e23)
        ratio = split.samples.value / split.parameters.value
        said += (
            f"Chinchilla's budget of 5.76e23 operations by the {each.fit.form} law: "
            f"{split.parameters.value:.3g} parameters ({split.parameters.lower:.3g} to "
            f"{split.parameters.upper:.3g}), {ratio:.0f} tokens for each; its makers chose 70e9, "
            "20 for each.\n"
        )
    said += f"The form that is chosen without being told: {chosen.fit.form}.\n"
    head = ["parameter", "dataworth", "90 %", *(f"{name} (inside)" for name in PUBLISHED)]
    return table(out, head) + "\n" + said


def main() -> None:
    """Print both tables."""
    raw = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--data", type=Path, required=True, help="folder of the Parquet files")
    parser.add_argument("--chinchilla", type=Path, help="svg_extracted_data.csv")
    options = parser.parse_args()
    rows = []
    for name, form in (
        ("farseer", "all"),
        ("data_constrained", "seen"),
        ("data_constrained", "effective"),
    ):
        rows += judged(name, form, options.data)
    print(table(rows, ["table", "by", "R2", "error", "90 %", "width", "CPU s"]))
    if options.chinchilla:
        print(chinchilla(options.chinchilla))


if __name__ == "__main__":
    main()
