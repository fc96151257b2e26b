"""Dataset: features, class labels, an optional official held-out split, and a fingerprint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth._util import display
from dataworth.data.fingerprint import fingerprint
from dataworth.data.labels import class_indices
from dataworth.errors import DataError

if TYPE_CHECKING:
    from dataworth._util.display import Axes


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Samples with class labels, and held-out samples where the source has an official split.

    Parameters
    ----------
    x_train : ndarray, shape (n, ...)
        Features of the samples that may be trained on. ``uint8`` images stay ``uint8`` (they may be
        memory-mapped); anything else becomes ``float32``.
    y_train : array_like, shape (n,) or (n, n_classes)
        Labels: integers, strings, or one-hot rows. Stored as class indices, ``int64``.
    x_test, y_test : optional
        The official held-out split. Without one, a study holds out rows of ``x_train``.
    class_names : sequence of str, optional
        One name per class index. Without it, integer labels ``0..k`` are taken as class indices
        themselves and other labels are sorted.
    name : str
        What tables and pictures call the data.
    scale : float, optional
        What a learner multiplies the features by while it reads them; 1/255 for ``uint8``
        features unless given, else 1.
    source : mapping, optional
        Where the data come from (JSON values); kept in the run directory.
    known_fingerprint : str, optional
        The fingerprint, where a source has it from its cache and need not read the data again.

    Raises
    ------
    DataError
        If lengths or shapes disagree, labels are not classes, or a feature is not finite.
    """

    x_train: NDArray[Any]
    y_train: NDArray[np.int64]
    x_test: NDArray[Any] | None = None
    y_test: NDArray[np.int64] | None = None
    class_names: tuple[str, ...] = ()
    name: str = "custom"
    scale: float | None = None
    source: Mapping[str, Any] = field(default_factory=dict)
    known_fingerprint: str | None = None

    def __init__(
        self,
        x_train: ArrayLike,
        y_train: ArrayLike,
        x_test: ArrayLike | None = None,
        y_test: ArrayLike | None = None,
        *,
        class_names: Sequence[str] | None = None,
        name: str = "custom",
        scale: float | None = None,
        source: Mapping[str, Any] | None = None,
        known_fingerprint: str | None = None,
    ) -> None:
        if (x_test is None) != (y_test is None):
            given, missing = ("y_test", "x_test") if x_test is None else ("x_test", "y_test")
            raise DataError(f"{given} was given without {missing}; give both, or neither.")
        features = _features(x_train, "x_train")
        held_features = None if x_test is None else _features(x_test, "x_test")
        if held_features is not None and held_features.shape[1:] != features.shape[1:]:
            raise DataError(
                f"x_train holds samples of shape {features.shape[1:]} and x_test of shape "
                f"{held_features.shape[1:]}; both must be the same."
            )
        labels, held_labels, names = class_indices(y_train, y_test, class_names)
        for x, y, which in ((features, labels, "train"), (held_features, held_labels, "test")):
            if x is not None and y is not None and len(x) != len(y):
                raise DataError(
                    f"x_{which} has {len(x):,} samples and y_{which} {len(y):,} labels; "
                    "they must be as many. Were files of different splits put together?"
                )
        if scale is None:
            scale = 1.0 / 255.0 if features.dtype == np.uint8 else 1.0
        values = {
            "x_train": features,
            "y_train": labels,
            "x_test": held_features,
            "y_test": held_labels,
            "class_names": names,
            "name": name,
            "scale": float(scale),
            "source": dict(source or {}),
            "known_fingerprint": known_fingerprint,
        }
        for key, value in values.items():
            object.__setattr__(self, key, value)

    @property
    def samples(self) -> int:
        """Number of samples that may be trained on or held out (rows of ``x_train``)."""
        return len(self.x_train)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample's features."""
        return tuple(self.x_train.shape[1:])

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits (SHA-256) of all features, labels, class names and the scale."""
        if self.known_fingerprint is not None:
            return self.known_fingerprint
        arrays = {
            "x_train": self.x_train,
            "y_train": self.y_train,
            "x_test": self.x_test,
            "y_test": self.y_test,
        }
        return fingerprint(self.class_names, self.scale, arrays)

    def __repr__(self) -> str:
        held_out = "none" if self.x_test is None else f"{len(self.x_test):,}"
        return (
            f"Dataset({self.name!r}, samples={self.samples:,}, shape={self.shape}, "
            f"dtype={self.x_train.dtype}, classes={self.classes}, official held-out={held_out})"
        )

    def plot_images(self, axes: Axes | None = None) -> Axes:
        """Draw a few images of each class, on the given axes or on a new figure."""
        drawn: Axes = display.draw(self, axes)
        return drawn

    def _repr_html_(self) -> str:
        return str(display.html(self))


def _features(x: ArrayLike, which: str) -> NDArray[Any]:
    array = x if isinstance(x, np.ndarray) else np.asarray(x)
    if array.ndim < 2 or len(array) == 0:
        raise DataError(
            f"{which} has shape {array.shape}; expected (samples, ...) with at least one sample."
        )
    if array.dtype == np.uint8:
        return array
    try:
        features = np.asarray(array, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(f"{which} holds something that is not a number: {error}.") from None
    finite = np.isfinite(features).reshape(len(features), -1).all(axis=1)
    if not finite.all():
        row = int(np.flatnonzero(~finite)[0])
        raise DataError(
            f"{which} holds NaN or infinity in {int((~finite).sum()):,} samples, the first in row "
            f"{row}; remove those samples or fill the gaps."
        )
    return features
