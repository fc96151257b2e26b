"""Write real EMNIST images in the forms that people have: IDX, gzip.zip, Kaggle's CSV, MAT.

The images come from a folder with ``emnist/byclass_test.npz`` and
``emnist/bymerge_test_minus_byclass_test.npz`` (arrays ``images``, upright, ``labels`` and
``mapping``), given by ``--real`` or the environment variable DATAWORTH_REAL_DATA. Under the 47
classes of bymerge they are pooled: 26,000 are held out as the test split, stratified by class, and
190,168 remain to train on; byclass has the 116,323 of the first file, 14,000 of them held out.
Order: shuffled with a fixed seed. As in the official files, images are transposed.

    python benchmarks/emnist_files.py OUT [--real FOLDER] [--forms idx zip csv mat] [--samples N]

Then ``dw.load("emnist/bymerge", folder=OUT)``, or ``dataworth run emnist`` with DATAWORTH_DATA=OUT.
"""

from __future__ import annotations

import argparse
import gzip
import os
import struct
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SEED = 2017
HELD_OUT = {"bymerge": 26_000, "byclass": 14_000}
FORMS = ("idx", "zip", "csv", "mat")
BYMERGE = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"
BYCLASS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Split(NamedTuple):
    """Upright images, shape (n, 28, 28), and their labels, shape (n,)."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


class Emnist(NamedTuple):
    """One of EMNIST's data sets, made of the real images at hand."""

    name: str
    train: Split
    test: Split
    mapping: bytes

    def splits(self) -> Iterator[tuple[str, Split]]:
        yield "train", self.train
        yield "test", self.test


def real_folder(given: str | None = None) -> Path:
    """The folder of the real images; ends the program with a message where there is none."""
    folder = given or os.environ.get("DATAWORTH_REAL_DATA")
    if not folder or not (Path(folder) / "emnist").is_dir():
        raise SystemExit("Give the folder of the real images: --real, or DATAWORTH_REAL_DATA.")
    return Path(folder)


def real_images(folder: Path, name: str, samples: int | None = None) -> Emnist:
    """The real images under the classes of `name`, split and shuffled; `samples` of them in all."""
    with np.load(folder / "emnist" / "byclass_test.npz") as stored:
        images, labels, mapping = stored["images"], stored["labels"], stored["mapping"].tobytes()
    if name == "bymerge":
        merge = [BYMERGE.find(code) for code in mapping]
        merge = [
            k if k >= 0 else BYMERGE.find(mapping[i : i + 1].upper()) for i, k in enumerate(merge)
        ]
        labels = np.array(merge, np.uint8)[labels]
        rest = folder / "emnist" / "bymerge_test_minus_byclass_test.npz"
        with np.load(rest) as stored:
            images = np.concatenate([images, stored["images"]])
            labels = np.concatenate([labels, stored["labels"]])
        mapping = BYMERGE
    order = np.random.Generator(np.random.Philox(SEED)).permutation(len(labels))
    held_out = HELD_OUT[name]
    if samples is not None:
        held_out, order = round(held_out * samples / len(labels)), order[:samples]
    test, train = _stratified(labels, order, held_out)
    return Emnist(
        name, Split(images[train], labels[train]), Split(images[test], labels[test]), mapping
    )


def _stratified(
    labels: NDArray[np.uint8], order: NDArray[np.int64], held_out: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """`held_out` rows of `order` with every class in proportion, and the other rows."""
    ranks = np.empty(len(order))
    for label in np.unique(labels[order]):
        mine = np.flatnonzero(labels[order] == label)
        ranks[mine] = (np.arange(len(mine)) + 0.5) / len(mine)
    is_test = np.zeros(len(order), bool)
    is_test[np.argsort(ranks, kind="stable")[:held_out]] = True
    return order[is_test], order[~is_test]


def write(data: Emnist, out: Path, forms: Sequence[str] = FORMS) -> None:
    """Write `data` in each of `forms`, each into its own folder below `out`."""
    writers = {"idx": _write_idx, "zip": _write_zip, "csv": _write_csv, "mat": _write_mat}
    for form in forms:
        folder = out / form
        folder.mkdir(parents=True, exist_ok=True)
        writers[form](data, folder)


def _idx_files(data: Emnist) -> Iterator[tuple[str, bytes]]:
    for split, (images, labels) in data.splits():
        start = f"emnist-{data.name}-{split}"
        head = struct.pack(">4i", 0x803, *images.shape)
        yield f"{start}-images-idx3-ubyte.gz", head + images.transpose(0, 2, 1).tobytes()
        yield (
            f"{start}-labels-idx1-ubyte.gz",
            struct.pack(">2i", 0x801, len(labels)) + labels.tobytes(),
        )


def _mapping_text(data: Emnist) -> str:
    return "".join(f"{label} {code}\n" for label, code in enumerate(data.mapping))


def _write_idx(data: Emnist, folder: Path) -> None:
    for name, content in _idx_files(data):
        (folder / name).write_bytes(gzip.compress(content, compresslevel=1, mtime=0))
    (folder / f"emnist-{data.name}-mapping.txt").write_text(_mapping_text(data))


def _write_zip(data: Emnist, folder: Path) -> None:
    with zipfile.ZipFile(folder / "gzip.zip", "a") as archive:
        for name, content in _idx_files(data):
            archive.writestr(f"gzip/{name}", gzip.compress(content, compresslevel=1, mtime=0))
        archive.writestr(f"gzip/emnist-{data.name}-mapping.txt", _mapping_text(data))


def _write_csv(data: Emnist, folder: Path) -> None:
    for split, (images, labels) in data.splits():
        flat = images.transpose(0, 2, 1).reshape(len(images), -1)
        write_csv(folder / f"emnist-{data.name}-{split}.csv", flat, labels)
    (folder / f"emnist-{data.name}-mapping.txt").write_text(_mapping_text(data))


def write_csv(path: Path, flat: NDArray[np.uint8], labels: NDArray[Any], repeat: int = 1) -> None:
    """Write rows of label and pixels without a header, all rows `repeat` times over."""
    fields = np.char.add(np.arange(256).astype("S3"), b",").tolist()
    with path.open("wb") as file:
        lines = []
        for label, row in zip(labels.tolist(), flat.tolist(), strict=True):
            lines.append(b"%d," % label + b"".join([fields[value] for value in row])[:-1] + b"\n")
        for _ in range(repeat):
            file.writelines(lines)


def _write_mat(data: Emnist, folder: Path) -> None:
    import scipy.io

    content: dict[str, Any] = {
        split: {
            "images": images.transpose(0, 2, 1).reshape(len(images), -1),
            "labels": labels.reshape(-1, 1),
        }
        for split, (images, labels) in data.splits()
    }
    codes = np.frombuffer(data.mapping, np.uint8)
    content["mapping"] = np.stack([np.arange(len(codes), dtype=np.uint8), codes], axis=1)
    scipy.io.savemat(folder / f"emnist-{data.name}.mat", {"dataset": content}, do_compression=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--real")
    parser.add_argument("--names", nargs="+", choices=tuple(HELD_OUT), default=["bymerge"])
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=["idx"])
    parser.add_argument("--samples", type=int, help="a part of the images only")
    options = parser.parse_args()
    for name in options.names:
        data = real_images(real_folder(options.real), name, options.samples)
        write(data, options.out, options.forms)
        print(
            f"emnist/{name}: {len(data.train.labels):,} to train on, {len(data.test.labels):,} "
            f"held out, as {', '.join(options.forms)} in {options.out}"
        )


if __name__ == "__main__":
    main()
