"""How fast glyphs are made, what they look like, and whether more of them still help.

python benchmarks/glyphs.py                       images per second, peak memory
python benchmarks/glyphs.py --curve RUN_FOLDER    and held-out loss against samples
python benchmarks/glyphs.py --picture FILE.png    and a sheet of samples of every class
python benchmarks/glyphs.py --real FOLDER         and the pixels beside those of real EMNIST
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import dataworth as dw
from dataworth.sources import glyphs

_COUNT = 262_144
_ROUNDS = 3
_PER_CLASS = 9
_SIZES = (3_000, 9_000, 27_000, 80_000, 240_000, 697_000)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--curve", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=_SIZES)
    parser.add_argument("--model", default="mlp")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--real", default=os.environ.get("DATAWORTH_REAL_DATA"))
    options = parser.parse_args()
    print(f"{date.today()}, {os.cpu_count()} cores")
    images = _speed()
    if options.real:
        _beside_real(images, Path(options.real) / "emnist" / "byclass_test.npz")
    if options.picture:
        _picture(options.picture)
    if options.curve:
        _curve(options.curve, options.model, options.sizes)


def _speed() -> NDArray[np.uint8]:
    started = time.perf_counter()
    glyphs.render(0, 1)
    print(f"first image, compilation included: {time.perf_counter() - started:.1f} s")
    for _ in range(_ROUNDS):
        started, worked = time.perf_counter(), time.process_time()
        images, _ = glyphs.render(0, _COUNT)
        seconds, cpu = time.perf_counter() - started, time.process_time() - worked
        print(
            f"{_COUNT:,} images in {seconds:.2f} s: {_COUNT / seconds:,.0f} images/s "
            f"({cpu / _COUNT * 1e6:.1f} us of processor time each)"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:,.0f} MiB, of which the images {images.nbytes / 2**20:,.0f} MiB")
    return images


def _beside_real(images: NDArray[np.uint8], file: Path) -> None:
    real: NDArray[np.uint8] = np.load(file)["images"]
    for name, pixels in (("glyphs", images[:100_000]), ("EMNIST byclass test", real)):
        shares = [(pixels > level).mean() for level in (0, 127, 249)]
        print(
            f"{name}: mean {pixels.mean():.1f}; share of pixels with ink {shares[0]:.3f}, above "
            f"127 {shares[1]:.3f}, at 250 or more {shares[2]:.3f}"
        )


def _picture(file: Path) -> None:
    from PIL import Image

    images, labels = glyphs.render(0, 62 * 4 * _PER_CLASS)
    rows = [np.hstack(images[labels == label][:_PER_CLASS]) for label in range(62)]
    gap = np.full((28, 6), 128, np.uint8)
    sheet = np.vstack([np.hstack([rows[i], gap, rows[i + 31]]) for i in range(31)])
    picture = Image.fromarray(15 - sheet // 16, mode="P")  # 16 greys: a small file
    picture.putpalette([17 * grey for grey in range(16) for _ in "rgb"])
    picture.save(file, bits=4, optimize=True)
    print(f"{file}: {file.stat().st_size / 1024:.0f} KiB")


def _curve(run: Path, model: str, sizes: list[int]) -> None:
    started = time.perf_counter()
    curve = dw.Study(data="glyphs", model=model, sizes=sizes, seeds=1, epochs=10).run(run)
    before = None
    for size, loss in zip(curve.samples, curve.values, strict=True):
        ratio = "" if before is None else f", {loss / before:.3f} of the size before"
        print(f"{int(size):>9,} samples: {loss:.4f} nats{ratio}")
        before = loss
    print(f"study with the data made: {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
