"""Samples that are objects of their own: arrays of different size, items of a data set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from dataworth.errors import DataError


class Arrays(Sequence[NDArray[Any]]):
    """Arrays of one dtype and any shapes, such as images of different size.

    Parameters
    ----------
    arrays : sequence of ndarray
    """

    def __init__(self, arrays: Sequence[NDArray[Any]]) -> None:
        self._arrays: Sequence[NDArray[Any]] = arrays

    def __len__(self) -> int:
        return len(self._arrays)

    def __getitem__(self, index: Any) -> Any:
        return self._arrays[index]

    def __reduce__(self) -> tuple[Any, ...]:
        # As one array of all values, which processes can share, and the shapes.
        flat = [np.ravel(each) for each in self._arrays]
        shapes = [each.shape for each in self._arrays]
        return _unpacked, (np.concatenate(flat), shapes)


def _unpacked(values: NDArray[Any], shapes: Sequence[tuple[int, ...]]) -> Arrays:
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    parts = np.split(values, ends[:-1])
    return Arrays([part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)])


class MapStyle(Sequence[Any]):
    """The samples of a map-style data set whose items are pairs of a sample and its target.

    Parameters
    ----------
    dataset : torch.utils.data.Dataset or another object with ``len()`` and ``[]``
    """

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: Any) -> Any:
        return self.dataset[int(index)][0]

    def targets(self) -> Any:
        """The target of each item: ``dataset.targets`` where there are such, else item by item."""
        known = getattr(self.dataset, "targets", None)
        if known is not None and len(known) == len(self):
            return known
        return [_plain(self.dataset[index][1]) for index in range(len(self))]


def _plain(target: Any) -> Any:
    """A tensor of one number as that number."""
    return target.item() if hasattr(target, "item") and np.size(target) == 1 else target


class HuggingFace(Sequence[Any]):
    """The samples of a data set of the library ``datasets``: a mapping from columns, or one value.

    Parameters
    ----------
    dataset : datasets.Dataset
        With the columns that are features alone.
    """

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset
        self._only = dataset.column_names[0] if len(dataset.column_names) == 1 else None

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: Any) -> Any:
        item = self.dataset[int(index)]
        return item if self._only is None else item[self._only]

    @property
    def is_texts(self) -> bool:
        """Whether each sample is one text."""
        if self._only is None:
            return False
        return getattr(self.dataset.features[self._only], "dtype", None) in (
            "string",
            "large_string",
        )

    def table(self, start: int, rows: int) -> Any:
        """Some rows as a table of pyarrow; images and sounds are not decoded."""
        return self.dataset.with_format("arrow")[start : start + rows]


def is_hugging_face(x: Any) -> bool:
    """Whether `x` is a map-style data set of the library ``datasets``."""
    return any(
        kind.__name__ == "Dataset" and kind.__module__.partition(".")[0] == "datasets"
        for kind in type(x).__mro__
    )


def hugging_face(dataset: Any, leave_out: Sequence[str]) -> Any:
    """The samples of a data set of ``datasets`` in the plainest form that they have.

    Texts where each is one text; an array where each is one list of numbers, all of one length; a
    table of pyarrow where the columns hold one value in each row; else items.
    """
    left = [name for name in dataset.column_names if name not in leave_out]
    if not left:
        raise DataError(
            "no column is left as a feature: all of "
            f"{', '.join(dataset.column_names)} are used otherwise.",
            code="column-missing",
        )
    dataset = dataset.select_columns(left)
    samples = HuggingFace(dataset)
    if samples.is_texts:
        return list(dataset.with_format(None)[left[0]])
    if all(type(dataset.features[name]).__name__ in ("Value", "ClassLabel") for name in left):
        return dataset.with_format("arrow")[:]
    vectors = _vectors(dataset, left[0]) if len(left) == 1 else None
    return samples if vectors is None else vectors


def _vectors(dataset: Any, name: str) -> NDArray[Any] | None:
    """A column of lists of numbers, all of one length, as an array; None of another column."""
    inner = getattr(dataset.features[name], "feature", None)
    kind = str(getattr(inner, "dtype", ""))
    if not kind.startswith(("float", "int", "uint")):
        return None
    found = dataset.with_format("numpy")[:][name]
    is_array = isinstance(found, np.ndarray) and found.ndim == 2 and found.dtype != object
    return found if is_array else None


def is_map_style(x: Any) -> bool:
    """Whether `x` is a map-style data set of torch, or an object made like one."""
    if isinstance(x, str | bytes | list | tuple | dict | Arrays | MapStyle | HuggingFace):
        return False
    return hasattr(x, "__getitem__") and hasattr(x, "__len__") and not hasattr(x, "shape")


def fetch(x: Any, rows: NDArray[np.int64]) -> list[Any]:
    """The samples of `rows`, in their order."""
    together: Callable[[NDArray[np.int64]], list[Any]] | None = getattr(x, "take", None)
    return together(rows) if together is not None else [x[row] for row in cast(Any, rows.tolist())]
