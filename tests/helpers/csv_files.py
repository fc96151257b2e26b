"""A CSV file of real digits, and loading what a test made of it."""

from __future__ import annotations

from pathlib import Path

from errors import raises
from source_files import digit_images

import dataworth as dw
from dataworth.errors import DataError

ROWS = [
    ",".join(map(str, [label, *image.reshape(-1)]))
    for image, label in zip(*digit_images(30), strict=True)
]
HEADER = ",".join(["label", *(f"pixel{i}" for i in range(64))])


def load_csv(folder: Path, text: str | bytes, **options: object) -> dw.Dataset:
    """Load `text` as a CSV file."""
    content = text.encode() if isinstance(text, str) else text
    (folder / "own.csv").write_bytes(content)
    return dw.load(folder / "own.csv", **options)


def refuse_csv(folder: Path, text: str | bytes, code: str, match: str, **options: object) -> None:
    """Check that `text` is refused, by an error of `code` that names the file and `match`."""
    with raises(code, DataError, match) as caught:
        load_csv(folder, text, **options)
    assert "own.csv" in str(caught.value)
