"""Roles of the columns of a frame: label, groups, time, and features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from dataworth.data import frames, items
from dataworth.data.frames import Name
from dataworth.errors import DataError


class Columns(NamedTuple):
    """The columns of a frame by their roles; None where no column has the role."""

    x: Any
    y: Any
    groups: Any
    time: Any


@dataclass(frozen=True)
class Roles:
    """Which column of a frame has which role.

    Attributes
    ----------
    label : hashable, optional
        The column that is predicted.
    groups, time : hashable, optional
        The columns of groups and of times.
    drop : sequence of hashable
        Columns that are used for nothing.
    features : sequence of hashable, optional
        The columns that a model learns from; by default all that have no role and are not dropped.
    """

    label: Name | None = None
    groups: Name | None = None
    time: Name | None = None
    drop: Sequence[Name] = ()
    features: Sequence[Name] | None = None

    @property
    def given(self) -> str | None:
        """The first role that was given, as the option that gives it."""
        options = ("label", "groups", "time", "drop", "features")
        return next((name for name in options if getattr(self, name) not in (None, ())), None)

    def of(self, frame: Any, *, is_test: bool = False) -> Columns:
        """Divide a frame of pandas, polars or pyarrow, or a data set of ``datasets``.

        Of held-out rows (`is_test`) groups, times and dropped columns may be missing.

        Raises
        ------
        DataError
            If a column does not exist, or has two roles that exclude each other.
        """
        if items.is_hugging_face(frame):
            self._check()
            return self._of_hugging_face(frame)
        found = self._features(frame, is_test)
        picked = {
            option: self._column(frame, option, is_test) for option in ("label", "groups", "time")
        }
        return Columns(
            frames.select(frame, found), picked["label"], picked["groups"], picked["time"]
        )

    def _column(self, frame: Any, option: str, is_test: bool) -> Any:
        name = getattr(self, option)
        there = frames.names_of(frame)
        if name is None or (is_test and option != "label" and name not in there):
            return None
        where = f"{option} of x_test" if is_test else option
        return frames.column(frame, frames.named(frame, name, where))

    def _features(self, frame: Any, is_test: bool) -> list[Name]:
        names = frames.names_of(frame)
        if not is_test:
            for name in (*self.drop, *(self.features or ())):
                option = "drop" if name in self.drop else "features"
                frames.named(frame, name, option)
        self._check()
        if self.features is not None:
            return [name for name in self.features if name in names]
        away = {self.label, self.groups, self.time, *self.drop}
        return [name for name in names if name not in away]

    def _check(self) -> None:
        if self.label is not None and self.label in self.drop:
            raise DataError(
                f"drop: {self.label!r} is the label, which is needed. Omit it.",
                code="options-conflict",
            )
        for option in ("groups", "time"):
            if self.label is not None and getattr(self, option) == self.label:
                raise DataError(
                    f"{option}: {self.label!r} is the label. Give another column, or another "
                    "label.",
                    code="options-conflict",
                )
        if self.features is None:
            return
        if len(set(self.features)) < len(self.features):
            twice = next(name for name in self.features if self.features.count(name) > 1)
            raise DataError(f"features: {twice!r} is given twice.", code="named-twice", value=twice)
        both = [name for name in self.features if name in self.drop]
        if both:
            raise DataError(
                f"{both[0]!r} is in features and in drop; it can't be both.",
                code="options-conflict",
            )
        if self.label in self.features:
            raise DataError(
                f"features: {self.label!r} is the label; a model that sees it has nothing to "
                "predict. Omit it.",
                code="options-conflict",
            )

    def _of_hugging_face(self, dataset: Any) -> Columns:
        there = dataset.column_names

        def values(option: str) -> Any:
            name = getattr(self, option)
            if name is None:
                return None
            if name not in there:
                raise DataError(
                    f"{option}: the data set has no column {name!r}; its columns are "
                    f"{', '.join(there)}.",
                    code="column-missing",
                    column=name,
                )
            return list(dataset.with_format(None)[name])

        used = {self.label, self.groups, self.time, *self.drop}
        if self.features is not None:
            used = {name for name in there if name not in self.features}
        samples = items.hugging_face(dataset, [str(name) for name in used if name is not None])
        return Columns(samples, values("label"), values("groups"), values("time"))


def column_list(names: Any, option: str) -> tuple[Name, ...]:
    """Names of columns, given as one name or several, as a tuple.

    Raises
    ------
    DataError
        If they are not a sequence of names.
    """
    if names is None:
        return ()
    if isinstance(names, str):
        return (names,)
    try:
        return tuple(names)
    except TypeError:
        raise DataError(
            f"{option} = {names!r}: expected names of columns.", code="wrong-type"
        ) from None
