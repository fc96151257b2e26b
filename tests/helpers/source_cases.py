"""One case per source: files, how to load them, and what must come out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import scipy.io
from numpy.typing import NDArray
from source_files import digit_images, emnist_of, write, write_idx


class Case(NamedTuple):
    """Files that were written, how to load them, and what must come out."""

    spec: str
    options: dict[str, Any]
    x: NDArray[Any]
    y: NDArray[Any]
    x_test: NDArray[Any] | None = None
    y_test: NDArray[Any] | None = None


def _emnist(form: str) -> Callable[[Path], Case]:
    def make(folder: Path) -> Case:
        data = emnist_of()
        write(data, folder, [form])
        return Case(
            "emnist/digits",
            {"folder": str(folder / form)},
            data.train.images,
            data.train.labels,
            data.test.images,
            data.test.labels,
        )

    return make


def _rows(x: NDArray[Any], y: Any) -> list[str]:
    flat = x.reshape(len(x), -1).tolist()
    return [",".join(map(str, [label, *row])) for label, row in zip(y, flat, strict=True)]


def _csv_headerless(folder: Path) -> Case:
    x, y = digit_images()
    (folder / "a-train.csv").write_text("\n".join(_rows(x[:40], y[:40])) + "\n")
    (folder / "a-test.csv").write_text("\n".join(_rows(x[40:], y[40:])) + "\n")
    return Case(str(folder / "a-train.csv"), {}, x[:40], y[:40], x[40:], y[40:])


def _csv_header(folder: Path) -> Case:
    x, y = digit_images()
    header = ",".join(["label", *(f"pixel{i}" for i in range(64))])
    (folder / "a.csv").write_text("\n".join([header, *_rows(x, y)]))
    return Case(str(folder), {}, x, y)


def _csv_text(folder: Path) -> Case:
    x, y = digit_images()
    (folder / "a.csv").write_text("\n".join(_rows(x, [f"digit {label}" for label in y])))
    return Case(str(folder / "a.csv"), {}, x, y)


def _csv_real(folder: Path) -> Case:
    x, y = digit_images()
    x = (x.reshape(len(x), -1)[:, 20:30] / 7).astype(np.float32)
    (folder / "a.csv").write_text("\n".join(_rows(x, y)))
    return Case(str(folder / "a.csv"), {"label": 0}, x, y)


def _parquet(folder: Path) -> Case:
    x, y = digit_images()
    columns = {f"p{i}": column for i, column in enumerate(x.reshape(len(x), -1).T.astype(int))}
    pl.DataFrame({**columns, "label": y}).write_parquet(folder / "a.parquet")
    return Case(str(folder / "a.parquet"), {}, x, y)


def _npz(folder: Path) -> Case:
    x, y = digit_images()
    np.savez(folder / "a.npz", x_train=x[:40], y_train=y[:40], x_test=x[40:], y_test=y[40:])
    return Case(str(folder / "a.npz"), {}, x[:40], y[:40], x[40:], y[40:])


def _mat(folder: Path) -> Case:
    x, y = digit_images()
    scipy.io.savemat(folder / "a.mat", {"X": x.reshape(len(x), -1).astype(float) / 8, "y": y})
    return Case(str(folder / "a.mat"), {}, (x.reshape(len(x), -1) / 8).astype(np.float32), y)


def _idx(folder: Path) -> Case:
    x, y = digit_images()
    for split, rows in (("train", slice(40)), ("t10k", slice(40, None))):
        write_idx(folder / f"{split}-images-idx3-ubyte.gz", x[rows])
        write_idx(folder / f"{split}-labels-idx1-ubyte", y[rows])
    return Case(str(folder), {}, x[:40], y[:40], x[40:], y[40:])


def _digits(folder: Path) -> Case:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return Case("digits", {}, bunch.images.astype(np.uint8), bunch.target)


CASES = {
    **{f"emnist-{form}": _emnist(form) for form in ("idx", "zip", "csv", "mat")},
    "csv-headerless": _csv_headerless,
    "csv-header": _csv_header,
    "csv-text-labels": _csv_text,
    "csv-real": _csv_real,
    "parquet": _parquet,
    "npz": _npz,
    "mat": _mat,
    "idx": _idx,
    "digits": _digits,
}
