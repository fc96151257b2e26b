"""Images that are made when their rows are taken: decoded from files, or drawn."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth._util import fence
from dataworth._util.extras import require
from dataworth.errors import DataError

_GREY_MODES = ("1", "L", "LA", "I;16", "I;16L", "I;16B")
_MODES = (*_GREY_MODES, "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV")
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
"""What is read, whatever the name of a file says: Pillow starts Ghostscript for PostScript."""
_SWAPPED = range(5, 9)
"""Orientations, as cameras store them, in which width and height are exchanged."""
_ORIENTATION = 0x0112
_NAMED = 5


class ImageFiles(Sequence[NDArray[np.uint8]]):
    """Images of any size; each is decoded when it is read.

    Parameters
    ----------
    paths : sequence of Path
    grey : bool
        Whether they are read in shades of grey, shape (height, width), instead of in colours,
        shape (height, width, 3).
    """

    size: tuple[int, int] | None = None

    def __init__(self, paths: Sequence[Path], grey: bool) -> None:
        self.paths = list(paths)
        self.grey = grey

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: Any) -> Any:
        return self._decoded(self.paths[int(index)])

    def update_digest(self, total: Any) -> None:
        """Feed a hash with the bytes of all files and how they are read."""
        total.update(repr((self.grey, self.size, len(self))).encode())
        for path in self.paths:
            content = path.read_bytes()
            total.update(f"{len(content)} ".encode())
            total.update(content)

    def _decoded(self, path: Path) -> NDArray[np.uint8]:
        from PIL import Image, ImageOps

        try:
            with Image.open(path, formats=_FORMATS) as opened:
                image = ImageOps.exif_transpose(opened)
                if image.mode.startswith("I;16"):
                    # 16 bits a pixel: the upper 8 of them.
                    image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
                image = image.convert("L" if self.grey else "RGB")
        except MemoryError:
            raise DataError(
                f"{path} takes too much memory as an image. Close other programs; if it should be "
                "small, it is damaged.",
                code="out-of-memory",
            ) from None
        except Exception as error:
            # Pixels that are damaged make Pillow raise nearly anything.
            raise DataError(
                f"{path} cannot be decoded as an image ({error}). Copy it again, or remove it.",
                code="file-damaged",
            ) from None
        if self.size is not None and image.size != self.size:
            image = image.resize(self.size, Image.Resampling.BILINEAR)
        return np.asarray(image)


class LazyImages:
    """Images of one size that are made when their rows are taken, as one array.

    Attributes
    ----------
    shape : tuple of int
        (n, height, width), and 3 for images in colours.
    dtype : dtype
        ``uint8``.
    """

    dtype = np.dtype(np.uint8)

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, height, width), and 3 for images in colours."""
        raise NotImplementedError

    def _made(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The images of `rows`, in their order."""
        raise NotImplementedError

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Any:
        count = self.shape[0]
        if isinstance(index, slice):
            return self._made(np.arange(*index.indices(count)))
        rows = np.asarray(index)
        rows = (
            np.flatnonzero(rows)
            if rows.dtype == np.bool_
            else np.where(rows < 0, rows + count, rows)
        )
        if ((rows < 0) | (rows >= count)).any():
            raise IndexError(f"row {index} of {count:,} images")
        return self._made(rows) if rows.ndim else self._made(rows[None])[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        images: NDArray[Any] = self[:]
        return images if dtype is None else images.astype(dtype)


class SizedImages(LazyImages, ImageFiles):
    """Images of one size in files.

    Parameters
    ----------
    paths : sequence of Path
    grey : bool
        See `ImageFiles`.
    size : (int, int)
        Width and height; images of another size are resized, without regard to their proportions.
    """

    def __init__(self, paths: Sequence[Path], grey: bool, size: tuple[int, int]) -> None:
        super().__init__(paths, grey)
        self.size: tuple[int, int] = size

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, height, width), and 3 for images in colours."""
        width, height = self.size
        count = len(self.paths)
        return (count, height, width) if self.grey else (count, height, width, 3)

    def _made(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        images = np.empty((len(rows), *self.shape[1:]), np.uint8)
        for place, row in enumerate(rows.tolist()):
            images[place] = self._decoded(self.paths[row])
        return images


def headers(paths: Sequence[Path]) -> tuple[set[tuple[int, int]], bool]:
    """The sizes of images, (width, height), and whether all are grey; no pixel is decoded.

    They are read in a process of their own, which a damaged file may crash.

    Raises
    ------
    DataError
        If files are not images; the message names the first of them.
    """
    require("PIL", "folders of images")
    names = [str(path.absolute()) for path in paths]
    shown = {name: str(path) for name, path in zip(names, paths, strict=True)}
    try:
        sizes, grey = _fenced(names, shown)
    except fence.FenceError as error:
        # Which one: the first half that fails alone, until it is one.
        suspects = names
        while len(suspects) > 1:
            half = suspects[: len(suspects) // 2]
            try:
                _fenced(half, shown)
            except fence.FenceError:
                suspects = half
            else:
                suspects = suspects[len(half) :]
        raise DataError(
            f"{shown[suspects[0]]} cannot be decoded as an image (its reader ended with {error}). "
            "Copy it again, or remove it.",
            code="file-damaged",
        ) from None
    return {(width, height) for width, height in sizes}, grey


def _fenced(names: Sequence[str], shown: Mapping[str, str]) -> tuple[list[list[int]], bool]:
    arguments = {"shown": {name: shown[name] for name in names}}
    size = sum(os.path.getsize(name) for name in names)
    sizes, grey = fence.call(f"{__name__}:read_headers", arguments, size)
    return sizes, grey


def read_headers(shown: Mapping[str, str]) -> tuple[list[tuple[int, int]], bool]:
    """The sizes of images and whether all are grey, given what messages call each path."""
    from PIL import Image

    sizes, grey, wrong = set(), True, []
    for name, path in shown.items():
        try:
            with Image.open(name, formats=_FORMATS) as image:
                image.verify()
            with Image.open(name, formats=_FORMATS) as image:
                mode, (width, height) = image.mode, image.size
                swapped = image.getexif().get(_ORIENTATION) in _SWAPPED
        except Exception as error:
            # A damaged file makes Pillow raise nearly anything.
            reason = str(error).split(" <_io")[0].split(name)[0].strip(" :'")
            wrong.append(f"{path} ({reason})")
            continue
        if mode not in _MODES:
            wrong.append(f"{path} (pixels of the kind {mode!r})")
            continue
        grey = grey and mode in _GREY_MODES
        sizes.add((height, width) if swapped else (width, height))
    if wrong:
        more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        raise DataError(
            f"{len(wrong):,} files cannot be decoded as images: {', '.join(wrong[:_NAMED])}{more}. "
            "Copy them again, or remove them.",
            code="file-damaged",
        )
    return sorted(sizes), grey
