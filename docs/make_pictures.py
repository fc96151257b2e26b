"""Make the pictures of the README and the pages again: python docs/make_pictures.py."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import dataworth as dw
from dataworth.curve import Curve
from dataworth.report import curve_figure, draw_curve
from dataworth.study_file import read_studies

PICTURES = Path(__file__).with_name("pictures")
DOTS_PER_INCH = 200
LARGEST_BYTES = 100_000


def main() -> None:
    """Run the quickstart study in a folder that is thrown away, and draw its curve."""
    with tempfile.TemporaryDirectory() as folder:
        (study,) = read_studies("quickstart")
        _save("quickstart", study.run(Path(folder) / "quickstart"))


def _save(name: str, curve: Curve) -> None:
    axes = draw_curve(curve_figure(curve))
    with io.BytesIO() as picture:
        axes.get_figure(root=True).savefig(picture, format="png", dpi=DOTS_PER_INCH)
        content = picture.getvalue()
    if len(content) > LARGEST_BYTES:
        raise SystemExit(f"{name}.png has {len(content):,} bytes; at most {LARGEST_BYTES:,}.")
    (PICTURES / f"{name}.png").write_bytes(content)
    print(f"{PICTURES / name}.png, {len(content):,} bytes, by dataworth {dw.__version__}")


if __name__ == "__main__":
    main()
