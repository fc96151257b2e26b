"""Folders of images or of texts, with one folder for each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dataworth._util.validation import check_int
from dataworth.data.dataset import Dataset
from dataworth.data.images import ImageFiles, SizedImages, headers
from dataworth.errors import DataError

_IMAGES = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm"))
_TEXTS = frozenset((".txt",))
_TRAIN, _TEST = ("train", "training"), ("test", "testing", "valid", "validation", "val")


@dataclass(frozen=True)
class ClassFolders:
    """A folder with one folder for each class, and perhaps another one with a test half.

    Attributes
    ----------
    train : Path
        Holds a folder for each class.
    test : Path, optional
        Holds the same folders, with the official held-out samples.
    kind : {"images", "texts"}
    """

    train: Path
    test: Path | None
    kind: Literal["images", "texts"]


def find(path: Path) -> ClassFolders | None:
    """The folders of classes in `path`, or in its folders ``train`` and ``test``; None if none."""
    halves = {each.name.lower(): each for each in _folders(path)}
    train = next((halves[name] for name in _TRAIN if name in halves), None)
    test = next((halves[name] for name in _TEST if name in halves), None)
    if train is not None and (kind := _kind(train)):
        return ClassFolders(train, test if test is not None and _kind(test) == kind else None, kind)
    kind = _kind(path)
    return None if kind is None else ClassFolders(path, None, kind)


def load_images(
    found: ClassFolders, *, size: int | Sequence[int] | None = None, grey: bool = False
) -> Dataset:
    """Read a folder of images by class; files are decoded when a run takes them.

    Parameters
    ----------
    found : ClassFolders
    size : int or (int, int), optional
        Width and height in pixels to which every image is resized. Images that have one size keep
        it. Without it, images of different size are given to a model as a list of arrays.
    grey : bool
        Whether images are read in shades of grey; images without colours always are.

    Raises
    ------
    DataError
        If a file is not an image, or `size` is none.
    """
    sides = None if size is None else _sides(size)
    paths, labels = _samples(found.train, _IMAGES)
    held_paths, held_labels = _samples(found.test, _IMAGES) if found.test else ([], [])
    sizes, is_grey = headers([*paths, *held_paths])
    if sides is None and len(sizes) == 1:
        sides = next(iter(sizes))

    def images(files: Sequence[Path]) -> ImageFiles:
        shades = bool(grey) or is_grey
        return ImageFiles(files, shades) if sides is None else SizedImages(files, shades, sides)

    said: dict[str, Any] = {"folder": str(found.train)}
    said |= {} if size is None else {"size": list(_sides(size))}
    said |= {"grey": True} if grey else {}
    return Dataset(
        images(paths),
        labels,
        images(held_paths) if found.test else None,
        held_labels if found.test else None,
        task="classification",
        name=_name(found),
        source=said,
    )


def load_texts(found: ClassFolders) -> Dataset:
    """Read a folder of texts (``.txt``, UTF-8) by class.

    Raises
    ------
    DataError
        If a file is not UTF-8 text.
    """
    paths, labels = _samples(found.train, _TEXTS)
    held_paths, held_labels = _samples(found.test, _TEXTS) if found.test else ([], [])
    return Dataset(
        [_text(path) for path in paths],
        labels,
        [_text(path) for path in held_paths] if found.test else None,
        held_labels if found.test else None,
        task="classification",
        name=_name(found),
        source={"folder": str(found.train)},
    )


def _name(found: ClassFolders) -> str:
    """The name of the folder that was given, not of its part."""
    is_part = found.train.name.lower() in _TRAIN
    return (found.train.resolve().parent if is_part else found.train.resolve()).name


def _kind(path: Path) -> Literal["images", "texts"] | None:
    """What all folders in `path` hold; None if they are fewer than two or hold something else."""
    folders = _folders(path)
    if len(folders) < 2:
        return None
    endings = [{file.suffix.lower() for file in _files(folder)} for folder in folders]
    if all(each & _IMAGES for each in endings):
        return "images"
    return "texts" if all(each and each <= _TEXTS for each in endings) else None


def _samples(path: Path, endings: frozenset[str]) -> tuple[list[Path], list[str]]:
    paths, labels = [], []
    for folder in _folders(path):
        files = [file for file in _files(folder) if file.suffix.lower() in endings]
        paths += files
        labels += [folder.name] * len(files)
    return paths, labels


def _folders(path: Path) -> list[Path]:
    return sorted(
        each for each in path.iterdir() if each.is_dir() and not each.name.startswith((".", "__"))
    )


def _files(folder: Path) -> list[Path]:
    """The files below a folder, in its folders too, by name."""
    return sorted(
        file for file in folder.rglob("*") if file.is_file() and not file.name.startswith(".")
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8 text (byte {error.start:,}). Convert it, or remove it.",
            code="not-utf-8",
        ) from None
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror}).", code="file-unreadable"
        ) from None


def _sides(size: int | Sequence[int]) -> tuple[int, int]:
    sides = [size, size] if isinstance(size, int) else list(size)
    if len(sides) != 2:
        raise DataError(
            f"size = {size!r}: expected one number of pixels, or width and height.",
            code="wrong-shape",
        )
    width, height = (check_int("size", side) for side in sides)
    return width, height
