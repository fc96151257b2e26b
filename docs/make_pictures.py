"""Make the pictures of the README and the pages again.

python docs/make_pictures.py                          # the quickstart study and its forecast
python docs/make_pictures.py --mistake as-published   # and the as-published study, run before
"""

from __future__ import annotations

import argparse
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import dataworth as dw
from dataworth.curves.curve import Curve
from dataworth.curves.read import load_curve
from dataworth.plots.forecast import draw_forecast, forecast_plot_data
from dataworth.plots.style import BLUE, GREY, ORANGE, label_log_axes, new_axes, tidy
from dataworth.reproductions.emnist_paper import PUBLISHED
from dataworth.study.toml import read_studies

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURES = Path(__file__).with_name("pictures")
DOTS_PER_INCH = 200
LARGEST_BYTES = 100_000
FLOAT32_FLOOR = 1.1920929e-07
WIDE = (5.0, 3.0)


def main() -> None:
    """Draw the pictures asked for."""
    parser = argparse.ArgumentParser(description="Make the pictures of the pages again.")
    parser.add_argument("--mistake", type=Path, metavar="DIR", help="of dataworth run as-published")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (study,) = read_studies("quickstart")
        forecast = dw.forecast(study.run(Path(folder) / "quickstart"))
    _save("quickstart", draw_forecast(forecast_plot_data(forecast), new_axes(WIDE)))
    if options.mistake:
        wrong, right = load_curve(options.mistake), load_curve(options.mistake / "done-right")
        _save("as-published", _draw_mistake(wrong, right))


def _draw_mistake(wrong: Curve, right: Curve) -> Axes:
    """The published figures, the same mistakes made again, and the same study without them."""
    axes = new_axes(WIDE)
    axes.plot(right.sizes, right.values, "s-", color=BLUE, ms=4, label="done right, held out")
    axes.plot(list(PUBLISHED), list(PUBLISHED.values()), "o", color=ORANGE, label="published")
    axes.plot(wrong.sizes, wrong.values, "x--", color=GREY, ms=6, lw=1, label="mistakes made again")
    axes.axhline(FLOAT32_FLOOR, color=GREY, lw=1, ls=":")
    axes.annotate(
        "float32's floor, 1.19e-07", (9_000, FLOAT32_FLOOR * 0.8), fontsize=7, color=GREY, va="top"
    )
    axes.set(xscale="log", yscale="log", xlabel="training samples", ylabel="loss (nats)")
    axes.set_ylim(2e-8, 20)
    label_log_axes(axes)
    axes.legend(fontsize=8, frameon=False, loc="center right")
    tidy(axes)
    return axes


def _save(name: str, axes: Axes) -> None:
    figure = axes.get_figure(root=True)
    assert figure is not None
    with io.BytesIO() as picture:
        figure.savefig(picture, format="png", dpi=DOTS_PER_INCH)
        content = picture.getvalue()
    if len(content) > LARGEST_BYTES:
        raise SystemExit(f"{name}.png has {len(content):,} bytes; at most {LARGEST_BYTES:,}.")
    (PICTURES / f"{name}.png").write_bytes(content)
    print(f"{PICTURES / name}.png, {len(content):,} bytes")


if __name__ == "__main__":
    main()
