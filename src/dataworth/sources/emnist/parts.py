"""Splits from EMNIST's files: upright images, labels from 0, names of the classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.errors import DataError
from dataworth.sources import csv, idx, mat
from dataworth.sources.assemble import whole_number
from dataworth.sources.emnist.variants import Variant
from dataworth.sources.files import Entry
from dataworth.sources.plan import Block, Part

_SIDE = 28


def forms(variant: str, found: dict[str, Entry]) -> list[str]:
    """The formats of which all files exist, the fastest to read first."""
    start = f"emnist-{variant}"
    needed = {
        "idx": [
            f"{start}-{split}-{kind}-ubyte"
            for split in ("train", "test")
            for kind in ("images-idx3", "labels-idx1")
        ],
        "mat": [f"{start}.mat"],
        "csv": [f"{start}-train.csv", f"{start}-test.csv"],
    }
    return [form for form, names in needed.items() if all(name in found for name in names)]


def parts(variant: Variant, found: dict[str, Entry]) -> tuple[Part, Part]:
    """Make the two splits from the first format of which all files exist."""
    start, form = f"emnist-{variant.name}", forms(variant.name, found)[0]
    if form == "idx":
        train, test = (
            idx.part(
                found[f"{start}-{split}-images-idx3-ubyte"],
                found[f"{start}-{split}-labels-idx1-ubyte"],
                transposed=True,
            )
            for split in ("train", "test")
        )
        return train, test
    if form == "mat":
        first, second = mat.parts(found[f"{start}.mat"], upright)
        if second is None:
            raise DataError(
                f"{found[f'{start}.mat']} has no test split. Download it again.",
                code="split-missing",
            )
        return first, second
    train, test = (
        csv.part(found[f"{start}-{split}.csv"], 0, None, upright) for split in ("train", "test")
    )
    return train, test


def upright(x: NDArray[Any]) -> NDArray[Any]:
    """Convert flat transposed images, shape (k, 784), to upright ones, shape (k, 28, 28)."""
    if x.shape[1:] != (_SIDE * _SIDE,):
        raise DataError(
            f"EMNIST's images have {_SIDE * _SIDE} pixels, and these have {x.shape[1:]}; "
            "is the file complete, and is it EMNIST's?",
            code="shape-mismatch",
        )
    return x.reshape(-1, _SIDE, _SIDE).swapaxes(1, 2)


def checked(part: Part, variant: Variant) -> Part:
    """Convert the labels of `part` to class indices from 0; refuse labels of another data set."""

    def blocks(pixels: bool) -> Iterator[Block]:
        first, row = variant.first_label, 0
        for x, y in part.blocks(pixels):
            if y.dtype.kind not in "iu":
                position = next((i for i in range(len(y)) if whole_number(str(y[i])) is None), 0)
                raise DataError(
                    f"{part.entries[-1]}, sample {row + position + 1}: label {str(y[position])!r}; "
                    "EMNIST's are whole numbers.",
                    code="label-not-a-class",
                )
            wrong = (y < first) | (y >= first + len(variant.class_names))
            if wrong.any():
                position = int(wrong.argmax())
                raise DataError(
                    f"{part.entries[-1]}, sample {row + position + 1}: label {y[position]}; "
                    f"expected {first}..{first + len(variant.class_names) - 1} in emnist/"
                    f"{variant.name}. Is the file of another of EMNIST's data sets?",
                    code="label-not-a-class",
                )
            row += len(y)
            yield Block(x, y.astype(np.int64) - first)

    return replace(part, blocks=blocks)


def class_names(variant: Variant, entry: Entry | None) -> tuple[str, ...]:
    """Class names from the mapping file (a label and its ASCII codes per line), or built in."""
    if entry is None:
        return variant.class_names
    with entry.open() as file:
        lines = file.read().decode("ascii", errors="replace").split("\n")
    try:
        codes = {int(line.split()[0]): int(line.split()[1]) for line in lines if line.strip()}
        return tuple(chr(codes[variant.first_label + i]) for i in range(len(variant.class_names)))
    except (ValueError, IndexError, KeyError, OverflowError):
        raise DataError(
            f"{entry} is not a mapping of {len(variant.class_names)} classes; expected lines such "
            "as '10 65' (label, ASCII code). Download it again, or remove it: the names are known.",
            code="file-malformed",
        ) from None
