"""What is fuzzed: for each reader, files to begin with, and what is done with a changed one."""

from __future__ import annotations

import gzip
import io
import sqlite3
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import dataworth as dw
from dataworth.curves.read import load_curve
from dataworth.data.images import ImageFiles
from dataworth.errors import DataworthError
from dataworth.records.layout import RESULTS_FILE
from dataworth.records.overview import overview
from dataworth.records.reader import run_columns
from dataworth.records.store import Store
from dataworth.study.toml import read_studies
from dataworth.testing.stores import example, failed


@dataclass(frozen=True)
class Target:
    """A reader.

    Attributes
    ----------
    seeds : callable
        Makes the valid files that the changes begin with.
    read : callable
        Reads a changed file, which it is given with a folder of its own.
    """

    seeds: Callable[[], Sequence[bytes]]
    read: Callable[[bytes, Path], None]


@contextmanager
def only_errors_of_dataworth() -> Iterator[None]:
    """Leave nothing but an exception that is not an error of dataworth with a code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except DataworthError as error:
            if not error.code or not str(error):
                raise RuntimeError(f"an error without a code or a message: {error!r}") from error


def try_input(target: Target, content: bytes, folder: Path) -> None:
    """Read an input.

    Raises
    ------
    BaseException
        Whatever is not an error of dataworth.
    """
    with only_errors_of_dataworth():
        target.read(content, folder)


def _load(name: str) -> Callable[[bytes, Path], None]:
    def read(content: bytes, folder: Path) -> None:
        (folder / name).write_bytes(content)
        dw.load(folder / name)

    return read


_X = np.arange(240, dtype=np.uint8).reshape(30, 8) % 7
_Y = np.arange(30) % 3


def _csv() -> list[bytes]:
    rows = "".join(f"{a},{b},{c}\n" for a, b, c in zip(_X[:, 0], _X[:, 1], _Y, strict=True))
    text = "".join(f"{a}.5;word {b};{c}\n" for a, b, c in zip(_X[:, 0], _X[:, 1], _Y, strict=True))
    pixels = "".join(",".join(map(str, [*row, *row, 3])) + "\n" for row in _X)
    return [
        f"a,b,label\n{rows}".encode(),
        f"a;b;label\n{text}".encode(),
        f"a,b,label\n{rows}".replace("\n", "\r").encode(),
        pixels.encode(),
        gzip.compress(f"a,b,label\n{rows}".encode(), mtime=0),
    ]


def _npz() -> list[bytes]:
    found = []
    for save in (np.savez, np.savez_compressed):
        file = io.BytesIO()
        save(file, x_train=_X, y_train=_Y, x_test=_X, y_test=_Y, class_names=np.array(list("abc")))
        found.append(file.getvalue())
    return found


def _mat() -> list[bytes]:
    import scipy.io

    found = []
    for compressed in (False, True):
        file = io.BytesIO()
        scipy.io.savemat(file, {"x": _X.astype(float), "y": _Y}, do_compression=compressed)
        found.append(file.getvalue())
    return found


def _parquet() -> list[bytes]:
    import polars as pl

    file = io.BytesIO()
    words = [f"word {number}" for number in _Y]
    pl.DataFrame({"a": _X[:, 0], "b": _X[:, 1] / 3, "c": words, "label": _Y}).write_parquet(file)
    return [file.getvalue()]


def _idx(content: bytes, folder: Path) -> None:
    (folder / "train-images-idx3-ubyte").write_bytes(content)
    labels = b"\0\0\x08\1\0\0\0\x1e" + _Y.astype(np.uint8).tobytes()
    (folder / "train-labels-idx1-ubyte").write_bytes(labels)
    dw.load(folder / "train-images-idx3-ubyte")


def _idx_seeds() -> list[bytes]:
    head = b"\0\0\x08\3\0\0\0\x1e\0\0\0\2\0\0\0\4"
    return [head + _X.tobytes(), gzip.compress(head + _X.tobytes(), mtime=0)]


def _zip() -> list[bytes]:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../train.csv", _csv()[0])
    return [file.getvalue()]


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
    return found


def _image(content: bytes, folder: Path) -> None:
    (folder / "a.png").write_bytes(content)
    ImageFiles([folder / "a.png"], False)[0]


def _curve(name: str) -> Callable[[bytes, Path], None]:
    def read(content: bytes, folder: Path) -> None:
        (folder / name).write_bytes(content)
        load_curve(folder / name).to_csv()

    return read


_SIZES = (100, 200, 400, 800)


def _curves() -> list[bytes]:
    rows = [f"{size},{seed},{3 * size**-0.4:.4f}" for size in _SIZES for seed in range(2)]
    lines = [f'{{"samples": {size}, "loss": {3 * size**-0.4:.4f}}}' for size in _SIZES]
    return [
        ("samples,seed,loss\n" + "\n".join(rows)).encode(),
        ("samples,seed,loss\n" + "\n".join(rows)).replace(",", ";").replace(".", ",").encode(),
        "\n".join(lines).encode(),
        f"[{', '.join(lines)}]".encode(),
        ("samples,seed,loss\n" + "\n".join(rows)).encode("utf-16"),
    ]


def _workbooks() -> list[bytes]:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rows = "".join(
        f'<row r="{number}"><c r="A{number}"><v>{size}</v></c>'
        f'<c r="B{number}"><v>{3 * size**-0.4}</v></c></row>'
        for number, size in enumerate(_SIZES, 2)
    )
    head = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>samples</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>loss</t></is></c></row>'
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{main}"><sheets><sheet/></sheets></workbook>'
        )
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{main}"><sheetData>{head}{rows}</sheetData></worksheet>',
        )
    return [file.getvalue()]


def _stores() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        with Store(folder, write=True) as store:
            store.set_meta({"name": "a", "model": "tree", "metrics": ["loss"], "classes": 4})
            store.set_array("sample_images", _X)
            for size in _SIZES:
                store.add(example(size, 0))
            store.add(failed(300, 0))
        return [(Path(folder) / RESULTS_FILE).read_bytes()]


def _store(content: bytes, folder: Path) -> None:
    (folder / RESULTS_FILE).write_bytes(content)
    assert overview(folder).directory == folder
    intact = {record.key.digest: record for record in (example(size, 0) for size in _SIZES)}
    with Store(folder) as store:
        for record in store.records(None, arrays=True):
            before = intact.get(record.key.digest)
            # No changed figure may be taken for one that was measured.
            assert record.failure or before is None or record.scores == before.scores
            assert all(np.size(array) >= 0 for array in record.arrays.values())
        store.meta()
        store.array("sample_images")
    run_columns(folder)


def _studies() -> list[bytes]:
    return [
        b'data = "digits"\nmodel = "linear"\nsizes = [40, 80]\nseeds = 2\nsteps = 20\n',
        b'data = "a.csv"\nsizes = [0.1, 1.0]\n[model]\na = "mlp:8"\nb = "$ python t.py {rows}"\n',
    ]


def _study(content: bytes, folder: Path) -> None:
    (folder / "study.toml").write_bytes(content)
    read_studies(folder / "study.toml")


TARGETS: Mapping[str, Target] = {
    "csv": Target(_csv, _load("train.csv")),
    "idx": Target(_idx_seeds, _idx),
    "npz": Target(_npz, _load("a.npz")),
    "zip": Target(_zip, _load("a.zip")),
    "mat": Target(_mat, _load("a.mat")),
    "parquet": Target(_parquet, _load("a.parquet")),
    "image": Target(_images, _image),
    "curve": Target(_curves, _curve("curve.csv")),
    "workbook": Target(_workbooks, _curve("curve.xlsx")),
    "store": Target(_stores, _store),
    "study": Target(_studies, _study),
}


def edit_store(content: bytes, folder: Path, table: str, column: str, value: object) -> None:
    """Set a column of a results file to a value of any type, then read the file."""
    (folder / RESULTS_FILE).write_bytes(content)
    connection = sqlite3.connect(folder / RESULTS_FILE)
    try:
        connection.execute(f"UPDATE OR IGNORE {table} SET {column} = ?", (value,))
        connection.commit()
    except (sqlite3.Error, OverflowError):
        return
    finally:
        connection.close()
    with only_errors_of_dataworth():
        _store((folder / RESULTS_FILE).read_bytes(), folder)
