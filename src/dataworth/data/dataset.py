"""Dataset: features, targets, an optional official held-out split, and a fingerprint."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth._util import display
from dataworth.data import features as feature_forms
from dataworth.data import frames, items
from dataworth.data.base import RowNumbers
from dataworth.data.columns import column_of_rows, times_of_rows
from dataworth.data.fingerprint import fingerprint
from dataworth.data.forms import Form, form
from dataworth.data.frames import Kind, Name
from dataworth.data.roles import Columns, Roles, column_list
from dataworth.data.stored import StoredFrame
from dataworth.errors import DataError
from dataworth.tasks.base import Task
from dataworth.tasks.prepare import prepare

if TYPE_CHECKING:
    from dataworth._util.display import Axes


class Schema(NamedTuple):
    """The form of one sample's features.

    Attributes
    ----------
    shape : tuple of int
        Of a frame the number of columns; empty for texts and for items.
    dtype : dtype or None
        None where there is not one type for all.
    columns : mapping from name to {"number", "bool", "text", "category", "date", "other"}
        Of a frame; else empty.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any] | None
    columns: Mapping[Name, Kind] = MappingProxyType({})


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Samples with targets, and held-out samples where the source has an official split.

    Parameters
    ----------
    x : array_like, frame, sparse matrix, sequence of str, or map-style data set
        Features of the samples that may be trained on, in any of these forms:

        * an ndarray, shape (n, ...): ``uint8`` stays ``uint8``, anything else becomes ``float32``.
          A memory-mapped array is never copied or loaded whole; its rows are converted as they are
          taken.
        * a frame of pandas, polars or pyarrow: categories, texts, dates and missing values stay as
          they are, and a model gets the rows as a frame of the same library.
        * a sparse matrix of SciPy, shape (n, features); it is stored as CSR.
        * a list of str, or a list of arrays, such as images of different size.
        * a data set of Hugging Face's ``datasets`` or a map-style data set of torch. Without `y`,
          the second part of each item of the latter is its target.
    y : array_like, shape (n,) or (n, n_classes)
        Targets. Of classes: integers, strings, or one-hot rows, stored as class indices,
        ``int64``; of regression: numbers, stored as ``float64``; of multilabel:
        columns of 0 and 1. Of a frame, `label` may name the column in its place.
    x_test, y_test : optional
        The official held-out split. Without one, a study holds out rows of `x`.
    label : str, optional
        The column of a frame that is predicted.
    drop : str or sequence of str, optional
        Columns of a frame that are used for nothing.
    features : sequence of str, optional
        The columns of a frame that a model learns from; by default all that are not the label, the
        groups, the time or dropped.
    task : {"classification", "regression", "multilabel"} or Task, optional
        What is predicted: classes by default. Numbers that look like a quantity (more than 26
        distinct ones with fewer than 2 rows each on average, or more than 64 with fewer than 20)
        are refused unless the task is given.
    groups : array_like, shape (n,), or str, optional
        What each sample comes from, such as a customer or a writer; of a frame the name of the
        column. Whole groups are held out.
    time : array_like, shape (n,), or str, optional
        When each sample was recorded: numbers, times, or text that sorts by time, as 2024-03-31
        does; of a frame the name of the column. The latest samples are held out.
    groups_test : array_like, optional
        The groups of the held-out samples, for the audit; of a frame they are found by the name of
        the column.
    class_names : sequence of str, optional
        One name per class; integer labels are then class indices. Without it, the classes are the
        labels that occur, sorted.
    name : str
        What tables and pictures call the data.
    scale : float, optional
        What a learner multiplies the features by while it reads them; 1/255 for ``uint8``
        features unless given, else 1.
    source : mapping, optional
        Where the data come from (JSON values); stored in the run directory.
    known_fingerprint : str, optional
        The fingerprint, where a source has it from its cache and need not read the data again.

    Attributes
    ----------
    task : Task
        What is predicted; a `Classification` has the names of the classes.

    Raises
    ------
    DataError
        If lengths, shapes or columns disagree, a target is missing or does not fit the task, or a
        feature of an array is not finite.
    """

    x: Any
    y: NDArray[Any]
    x_test: Any
    y_test: NDArray[Any] | None
    task: Task
    groups: NDArray[Any] | None
    time: NDArray[Any] | None
    groups_test: NDArray[Any] | None
    name: str
    scale: float
    source: Mapping[str, Any]
    known_fingerprint: str | None

    def __init__(
        self,
        x: Any,
        y: ArrayLike | None = None,
        x_test: Any = None,
        y_test: ArrayLike | None = None,
        *,
        label: Hashable | None = None,
        drop: str | Sequence[Hashable] | None = None,
        features: str | Sequence[Hashable] | None = None,
        task: Task | str | None = None,
        groups: ArrayLike | None = None,
        time: ArrayLike | None = None,
        groups_test: ArrayLike | None = None,
        class_names: Sequence[str] | None = None,
        name: str = "custom",
        scale: float | None = None,
        source: Mapping[str, Any] | None = None,
        known_fingerprint: str | None = None,
    ) -> None:
        roles = Roles(
            label,
            groups if isinstance(groups, str) else None,
            time if isinstance(time, str) else None,
            column_list(drop, "drop"),
            None if features is None else column_list(features, "features"),
        )
        if class_names is None and roles.label is not None and items.is_hugging_face(x):
            class_names = getattr(x.features.get(roles.label), "names", None)
        train = _columns(x, y, roles, "y", is_test=False)
        test = None
        if x_test is not None or y_test is not None:
            if x_test is None:
                raise DataError(
                    "y_test was given without x_test; give both, or neither.",
                    code="option-missing",
                )
            test = _columns(x_test, y_test, roles, "y_test", is_test=True)
        held = feature_forms.features_of(train.x, "x")
        rows = feature_forms.length(held)
        held_test = None
        if test is not None:
            test_features = feature_forms.check_match(held, test.x)
            held_test = feature_forms.features_of(test_features, "x_test")
            feature_forms.check_match(held, held_test)
        found, targets, held_targets = prepare(
            task, train.y, None if test is None else test.y, class_names
        )
        _check_lengths(held, targets, "")
        if held_targets is not None:
            _check_lengths(held_test, held_targets, "_test")
        if scale is None:
            scale = 1.0 / 255.0 if getattr(held, "dtype", None) == np.uint8 else 1.0
        if test is not None and test.groups is not None:
            groups_test = test.groups
        if groups_test is not None and held_test is None:
            raise DataError(
                "groups_test was given without x_test; give both, or neither.",
                code="option-missing",
            )
        values = {
            "x": held,
            "y": targets,
            "x_test": held_test,
            "y_test": held_targets,
            "task": found,
            "groups": column_of_rows(
                groups if train.groups is None else train.groups, "groups", rows, roles.groups
            ),
            "time": times_of_rows(time if train.time is None else train.time, rows, roles.time),
            "groups_test": None
            if groups_test is None
            else column_of_rows(
                groups_test, "groups", feature_forms.length(held_test), roles.groups
            ),
            "name": name,
            "scale": float(scale),
            "source": {**({"groups": roles.groups} if roles.groups else {}), **(source or {})},
            "known_fingerprint": known_fingerprint,
        }
        for key, value in values.items():
            object.__setattr__(self, key, value)

    def __len__(self) -> int:
        return feature_forms.length(self.x)

    @property
    def samples(self) -> int:
        """Number of samples that may be trained on or held out (rows of `x`)."""
        return feature_forms.length(self.x)

    @property
    def class_names(self) -> tuple[str, ...]:
        """One name per class index; empty where the task has no classes."""
        return tuple(getattr(self.task, "class_names", ()))

    @property
    def classes(self) -> int:
        """Number of classes; 0 where the task has none."""
        return len(self.class_names)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample's features; of a frame the number of columns, empty for items."""
        return feature_forms.shape_of(self.x)

    @property
    def form(self) -> Form:
        """The form of the features: "array", "frame", "sparse", "texts" or "items"."""
        return form(self.x)

    @property
    def sample_type(self) -> str:
        """What one sample is made of, in a word or two: "uint8", "pandas columns", "text"."""
        return feature_forms.type_name(self.x)

    @property
    def schema(self) -> Schema:
        """Shape and dtype of one sample's features, and the kinds of a frame's columns."""
        columns = frames.kinds_of(self.x) if self.form == "frame" else {}
        dtype = None if columns else getattr(self.x, "dtype", None)
        if self.form == "array" and dtype is not None:
            dtype = feature_forms.as_held(np.empty(0, dtype)).dtype
        return Schema(self.shape, dtype, columns)

    @property
    def strata(self) -> NDArray[np.int64] | None:
        """A class index for each row, by which subsets are stratified; None for none."""
        return self.task.strata(self.y)

    def take(self, rows: RowNumbers) -> tuple[Any, NDArray[Any]]:
        """Features, in their own form, and encoded targets of `rows`.

        The array or the frame itself if these are all rows. Texts come as a list of str, items as a
        list, rows of a memory-mapped array as ``uint8`` or ``float32``.
        """
        is_all = len(rows) == len(self) and np.array_equal(rows, np.arange(len(self)))
        if is_all and self.form in ("frame", "sparse") and not isinstance(self.x, StoredFrame):
            return self.x, self.y
        if is_all and self.form == "array":
            return feature_forms.as_held(self.x), self.y
        return feature_forms.take(self.x, rows), self.y[rows]

    def targets(self, rows: RowNumbers) -> NDArray[Any]:
        """Encoded targets of `rows`, without a look at the features."""
        return self.y[rows]

    def as_arrays(self, what: str) -> Dataset:
        """The same data set with its features in one array that a learner of numbers can read.

        Parameters
        ----------
        what : str
            What needs numbers, for the message: "the model mlp".

        Returns
        -------
        Dataset
            With the same fingerprint; itself where nothing has to be changed. Features are an array
            of ``uint8`` or ``float32``. Mapped arrays of other types, and images that are made when
            their rows are taken, stay what they are if they are larger than half of the available
            memory.

        Raises
        ------
        DataError
            If features are not numbers; see `dataworth.data.forms.numbers`.
        """
        x = feature_forms.as_numbers(self.x, what)
        x_test = None if self.x_test is None else feature_forms.as_numbers(self.x_test, what)
        if x is self.x and x_test is self.x_test:
            return self
        other = object.__new__(Dataset)
        own = {each.name: getattr(self, each.name) for each in fields(self)}
        known = {"known_fingerprint": self.fingerprint}
        vars(other).update(own | {"x": x, "x_test": x_test} | known)
        return other

    @cached_property
    def official_test(self) -> Dataset | None:
        """The official held-out samples as a data set, where the source has them."""
        if self.x_test is None or self.y_test is None:
            return None
        # The arrays were checked when this data set was made.
        test = object.__new__(Dataset)
        none = dict.fromkeys(("x_test", "y_test", "groups_test", "time", "known_fingerprint"))
        own = {name: getattr(self, name) for name in ("task", "name", "scale", "source")}
        held = {"x": self.x_test, "y": self.y_test, "groups": self.groups_test}
        vars(test).update(held | none | own)
        return test

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits (SHA-256) of all arrays, the class names and the scale."""
        if self.known_fingerprint is not None:
            return self.known_fingerprint
        arrays = {
            name: getattr(self, name) for name in ("x", "y", "x_test", "y_test", "groups", "time")
        }
        # Without a column beside the samples, these are the digits of every version so far.
        columns = [name for name in ("groups", "time") if arrays[name] is not None]
        return fingerprint((*self.class_names, *columns), self.scale, arrays)

    def __repr__(self) -> str:
        held_out = "none" if self.y_test is None else f"{len(self.y_test):,}"
        classes = f"classes={self.classes}" if self.classes else f"task={self.task.kind!r}"
        return (
            f"Dataset({self.name!r}, samples={self.samples:,}, shape={self.shape}, "
            f"dtype={self.sample_type}, {classes}, official held-out={held_out})"
        )

    def plot_images(self, axes: Axes | None = None) -> Axes:
        """Draw a few images of each class, on the given axes or on a new figure."""
        drawn: Axes = display.draw(self, axes)
        return drawn

    def _repr_html_(self) -> str | None:
        return display.html_or_none(self)


def _columns(x: Any, y: Any, roles: Roles, which: str, *, is_test: bool) -> Columns:
    """Features, targets, groups and times, from a table by the names of its columns or as given."""
    is_table = frames.library_of(x) is not None or items.is_hugging_face(x)
    if not is_table:
        if roles.given is not None:
            raise DataError(
                f"{roles.given} names a column, and x is not a table with names but "
                f"{type(x).__name__}{_splits(x)}. Give a frame of pandas, polars or pyarrow, or y, "
                "groups and time as arrays.",
                code="options-conflict",
            )
        if y is None and items.is_map_style(x):
            pairs = items.MapStyle(x)
            return Columns(pairs, pairs.targets(), None, None)
        if y is None:
            problem = "x_test was given without y_test" if is_test else "x was given without y"
            raise DataError(
                f"{problem}: expected one target for each sample.", code="option-missing"
            )
        return Columns(x, y, None, None)
    if (y is None) == (roles.label is None):
        names = frames.listed(x.column_names if items.is_hugging_face(x) else frames.names_of(x))
        raise DataError(
            f"{which} and label were both given; the targets are one of them."
            if y is not None
            else f"what is predicted? Give label=, one of the columns {names}; or {which}.",
            code="options-conflict" if y is not None else "option-missing",
        )
    found = roles.of(x, is_test=is_test)
    return found if y is None else found._replace(y=y)


def _splits(x: Any) -> str:
    """The parts of a mapping of data sets, such as a ``datasets.DatasetDict``."""
    if not isinstance(x, Mapping) or not all(map(items.is_hugging_face, x.values())):
        return ""
    names = frames.listed(map(repr, x))
    return f" with the parts {names}; give one part as x, and one as x_test if it is to be held out"


def _check_lengths(x: Any, y: NDArray[Any], which: str) -> None:
    rows = feature_forms.length(x)
    if rows != len(y):
        raise DataError(
            f"x{which} has {rows:,} samples and y{which} {len(y):,} targets; they must be as many. "
            "Were files of different splits put together?",
            code="shape-mismatch",
        )
