"""The readers of data files that are fuzzed: tables, arrays, images, archives, texts."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from target import Target

import dataworth as dw
from dataworth.data.images import ImageFiles, read_headers
from dataworth.sources import parquet

_X = np.arange(240, dtype=np.uint8).reshape(30, 8) % 7
_Y = np.arange(30) % 3
_FEW_BYTES = 512
"""Of a block of rows of a Parquet file, so that a small one has several."""


def _load(name: str) -> Callable[[bytes, Path], None]:
    def read(content: bytes, folder: Path) -> None:
        (folder / name).write_bytes(content)
        dw.load(folder / name)

    return read


def _csv() -> list[bytes]:
    rows = "".join(f"{a},{b},{c}\n" for a, b, c in zip(_X[:, 0], _X[:, 1], _Y, strict=True))
    text = "".join(f"{a}.5;word {b};{c}\n" for a, b, c in zip(_X[:, 0], _X[:, 1], _Y, strict=True))
    names = ",".join(f"pixel{place}" for place in range(16))
    pixels = "".join(",".join(map(str, [3, *row, *row])) + "\n" for row in _X)
    dates = "".join(f"2026-01-{day:02},,{day % 2},a b\n" for day in range(1, 29))
    quoted = '"a ""b""",label\n"1,5\n",x\n' + '"two",y\n"",x\n' * 8
    return [
        f"a,b,label\n{rows}".encode(),
        f"a;b;label\n{text}".encode(),
        f"a,b,label\n{rows}".replace("\n", "\r").encode(),
        f"label,{names}\n{pixels}".encode(),
        gzip.compress(f"a,b,label\n{rows}".encode(), mtime=0),
        f"date,gap,label,word\n{dates}".encode(),
        quoted.encode(),
        f"a\tb\tlabel\n{text}".replace(";", "\t").encode("utf-8-sig"),
    ]


def _npz() -> list[bytes]:
    found = []
    for save in (np.savez, np.savez_compressed):
        file = io.BytesIO()
        save(file, x_train=_X, y_train=_Y, x_test=_X, y_test=_Y, class_names=np.array(list("abc")))
        found.append(file.getvalue())
    file = io.BytesIO()
    np.savez(file, images=_X.reshape(30, 2, 4), labels=_Y, mapping=np.array([65, 66, 67]))
    return [*found, file.getvalue()]


def _mat() -> list[bytes]:
    import scipy.io

    found = []
    for compressed in (False, True):
        file = io.BytesIO()
        scipy.io.savemat(file, {"x": _X.astype(float), "y": _Y}, do_compression=compressed)
        found.append(file.getvalue())
    half = {"images": _X, "labels": _Y[:, None]}
    file = io.BytesIO()
    scipy.io.savemat(file, {"dataset": {"train": half, "test": half}})
    return [*found, file.getvalue()]


def _parquet() -> list[bytes]:
    import polars as pl

    words = [f"word {number}" for number in _Y]
    mixed = pl.DataFrame({"a": _X[:, 0], "b": _X[:, 1] / 3, "c": words, "label": _Y})
    numbers = pl.DataFrame({**{f"x{place}": _X[:, place] for place in range(8)}, "label": _Y})
    days = pl.date_range(pl.date(2026, 1, 1), pl.date(2026, 1, 30), eager=True)
    typed = pl.DataFrame({"day": days, "c": words, "gap": [None, 1.5] * 15, "label": _Y})
    typed = typed.with_columns(pl.col("c").cast(pl.Categorical))
    found = []
    for frame, options in (
        (mixed, {}),
        # Several row groups, which are read in blocks of rows.
        (numbers, {"row_group_size": 7, "compression": "uncompressed"}),
        (numbers, {"row_group_size": 11, "compression": "snappy", "statistics": False}),
        (typed, {"row_group_size": 10, "compression": "gzip"}),
    ):
        file = io.BytesIO()
        frame.write_parquet(file, **options)  # type: ignore[arg-type]
        found.append(file.getvalue())
    return found


def _read_parquet(content: bytes, folder: Path) -> None:
    before = parquet._BLOCK_BYTES
    parquet._BLOCK_BYTES = _FEW_BYTES
    try:
        _load("a.parquet")(content, folder)
    finally:
        parquet._BLOCK_BYTES = before


_IDX_HEAD = b"\0\0\x08\3\0\0\0\x1e\0\0\0\2\0\0\0\4"
_IDX_LABELS = b"\0\0\x08\1\0\0\0\x1e" + _Y.astype(np.uint8).tobytes()


def _idx_seeds() -> list[bytes]:
    images = _IDX_HEAD + _X.tobytes()
    return [images, gzip.compress(images, mtime=0)]


def _idx(content: bytes, folder: Path) -> None:
    (folder / "train-images-idx3-ubyte").write_bytes(content)
    (folder / "train-labels-idx1-ubyte").write_bytes(_IDX_LABELS)
    dw.load(folder / "train-images-idx3-ubyte")


def _idx_labels(content: bytes, folder: Path) -> None:
    (folder / "train-images-idx3-ubyte").write_bytes(_IDX_HEAD + _X.tobytes())
    (folder / "train-labels-idx1-ubyte").write_bytes(content)
    dw.load(folder / "train-labels-idx1-ubyte")


def _zip() -> list[bytes]:
    found = []
    for names in (["../train.csv"], ["train.csv", "test.csv", "notes.txt"]):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                archive.writestr(name, _csv()[0])
        found.append(file.getvalue())
    return found


def _images() -> list[bytes]:
    from PIL import Image

    found = []
    image = Image.fromarray(
        np.random.Generator(np.random.Philox(0)).integers(0, 256, (12, 12, 3), np.uint8)
    )
    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"):
        file = io.BytesIO()
        image.save(file, kind)
        found.append(file.getvalue())
    turned = Image.Exif()
    turned[0x0112] = 6
    for kind, shown in (("JPEG", image), ("PNG", image.convert("I;16")), ("TIFF", image)):
        file = io.BytesIO()
        options = {"compression": "tiff_lzw"} if kind == "TIFF" else {"exif": turned}
        shown.save(file, kind, **options)
        found.append(file.getvalue())
    return found


def _image(content: bytes, folder: Path) -> None:
    path = folder / "a.png"
    path.write_bytes(content)
    ImageFiles([path], False)[0]
    read_headers({str(path): str(path)})


def _texts() -> list[bytes]:
    return [b"a text of some words\n", "\ufeffWörter\n".encode()]


def _text(content: bytes, folder: Path) -> None:
    for name in ("a", "b"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "one.txt").write_bytes(content)
    dw.load(folder)


TARGETS: Mapping[str, Target] = {
    "csv": Target(_csv, _load("train.csv")),
    "idx": Target(_idx_seeds, _idx),
    "idx-labels": Target(lambda: [_IDX_LABELS, gzip.compress(_IDX_LABELS, mtime=0)], _idx_labels),
    "npz": Target(_npz, _load("a.npz")),
    "zip": Target(_zip, _load("a.zip")),
    "mat": Target(_mat, _load("a.mat")),
    "parquet": Target(_parquet, _read_parquet),
    "image": Target(_images, _image),
    "text": Target(_texts, _text),
}
