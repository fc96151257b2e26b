"""Make the pictures of the README and the pages again.

python docs/make_pictures.py                          # the quickstart study and its forecast
python docs/make_pictures.py --mistake as-published   # and the as-published study, run before
python docs/make_pictures.py --browser chromium       # and the pages, in this browser
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import dataworth as dw
from dataworth.cli.server import StudyServer
from dataworth.curves.curve import Curve
from dataworth.curves.read import load_curve
from dataworth.plots.forecast import draw_forecast, forecast_plot_data
from dataworth.plots.style import BLUE, GREY, ORANGE, label_log_axes, new_axes, tidy
from dataworth.reproductions.emnist_paper import PUBLISHED
from dataworth.study.toml import read_studies

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from playwright.sync_api import FloatRect, Page, ViewportSize

PICTURES = Path(__file__).with_name("pictures")
DOTS_PER_INCH = 200
LARGEST_BYTES = 100_000
FLOAT32_FLOOR = 1.1920929e-07
WIDE = (5.0, 3.0)
WINDOW: ViewportSize = {"width": 900, "height": 720}
MARGIN = 12.0
WAIT = 60_000
"""Milliseconds."""
STUDY = (
    *(str(Path(sys.executable).with_name("dataworth")), "run", "--data", "digits"),
    *("--model", "mlp", "--sizes", "40,80,160,320,640,1280", "--seeds", "4", "--epochs", "800"),
    *("--workers", "1"),
)


def main() -> None:
    """Draw the pictures asked for."""
    parser = argparse.ArgumentParser(description="Make the pictures of the pages again.")
    parser.add_argument("--mistake", type=Path, metavar="DIR", help="of dataworth run as-published")
    parser.add_argument("--browser", metavar="PROGRAM", help="Chromium; needs the extra browser")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (study,) = read_studies("quickstart")
        forecast = dw.forecast(study.run(Path(folder) / "quickstart"))
    _save("quickstart", draw_forecast(forecast_plot_data(forecast), new_axes(WIDE)))
    if options.mistake:
        wrong, right = load_curve(options.mistake), load_curve(options.mistake / "done-right")
        _save("as-published", _draw_mistake(wrong, right))
    if options.browser:
        _show_pages(shutil.which(options.browser) or options.browser)


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


def _show_pages(browser: str) -> None:
    """The page of `dataworth ui` while a study runs, and then the report of that study."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = Path(folder) / "runs"
        root.mkdir()
        study = [*STUDY, "--out", str(root / "digits")]
        page = playwright.chromium.launch(executable_path=browser).new_page(viewport=WINDOW)
        with StudyServer(root) as server, _started(study) as run:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            page.goto(server.address)
            page.get_by_role("button", name="digits").click(timeout=WAIT)
            page.get_by_text(re.compile(r"(1[6-9]|2\d) of 24 runs; running")).wait_for(timeout=WAIT)
            _save_shrunk("ui", page.screenshot(full_page=True, clip=_around(page, "#study")))
            run.wait()
            server.shutdown()
        page.goto((root / "digits" / "report.html").as_uri())
        page.wait_for_selector("html[data-ready]", timeout=WAIT)
        _save_shrunk("report", page.screenshot())


def _started(study: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(study, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _around(page: Page, selector: str) -> FloatRect:
    """Where an element is, with a margin."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    return {
        "x": max(0, box["x"] - MARGIN),
        "y": box["y"] - MARGIN,
        "width": box["width"] + 2 * MARGIN,
        "height": box["height"] + 2 * MARGIN,
    }


def _save_shrunk(name: str, content: bytes) -> None:
    """Save a picture of a page with as many colours as it needs at most."""
    from PIL import Image

    with io.BytesIO() as shrunk:
        Image.open(io.BytesIO(content)).convert("RGB").quantize(64).save(shrunk, "png")
        _write(name, shrunk.getvalue())


def _save(name: str, axes: Axes) -> None:
    figure = axes.get_figure(root=True)
    assert figure is not None
    with io.BytesIO() as picture:
        figure.savefig(picture, format="png", dpi=DOTS_PER_INCH)
        content = picture.getvalue()
    _write(name, content)


def _write(name: str, content: bytes) -> None:
    if len(content) > LARGEST_BYTES:
        raise SystemExit(f"{name}.png has {len(content):,} bytes; at most {LARGEST_BYTES:,}.")
    (PICTURES / f"{name}.png").write_bytes(content)
    print(f"{PICTURES / name}.png, {len(content):,} bytes")


if __name__ == "__main__":
    main()
