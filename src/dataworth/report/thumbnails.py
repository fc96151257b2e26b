"""Thumbnails: sample images of each class in one picture, small enough to live in a page."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth._util.extras import require

_LARGEST_SIDE = 56


@dataclass(frozen=True)
class Thumbnails:
    """Samples of classes as one PNG: a row per class, a column per sample.

    Attributes
    ----------
    url : str
        A ``data:`` address that holds the PNG.
    rows : mapping of int to int
        The row of each class that is shown.
    columns : int
        Samples of each class.
    height, width : int
        Of one image, in pixels.
    """

    url: str
    rows: Mapping[int, int]
    columns: int
    height: int
    width: int


def thumbnails(images: NDArray[np.uint8], shown: Sequence[int]) -> Thumbnails:
    """Put images into one PNG, each at most 56 pixels a side.

    Parameters
    ----------
    images : ndarray of uint8, shape (n_classes, n_samples, height, width)
    shown : sequence of int
        The classes whose images are wanted.
    """
    require("PIL", "pages")
    from PIL import Image

    classes, columns, height, width = images[shown].shape
    sheet = images[shown].transpose(0, 2, 1, 3).reshape(classes * height, columns * width)
    picture: Any = Image.fromarray(np.ascontiguousarray(sheet))
    shrink = min(1.0, _LARGEST_SIDE / max(height, width))
    height, width = max(1, round(height * shrink)), max(1, round(width * shrink))
    if shrink < 1:
        picture = picture.resize((columns * width, classes * height), Image.Resampling.BOX)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    code = base64.b64encode(buffer.getvalue()).decode()
    rows = {index: row for row, index in enumerate(shown)}
    return Thumbnails(f"data:image/png;base64,{code}", rows, columns, height, width)
