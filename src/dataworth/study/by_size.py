"""Settings that change with the number of training samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dataworth._util.user_code import user_code
from dataworth.errors import StudyError
from dataworth.learners import values


@dataclass(frozen=True, eq=False)
class BySize:
    """A setting as a function of the number of training samples.

    It stands for a value: for a training option of a study, a parameter of an estimator, or a
    whole model, as in ``Study(data, dw.BySize(lambda n: MLPClassifier(max_iter=20_000 // n)))``.
    Each run has the value of its size, and is the same run as one that has that value for all
    sizes.

    Parameters
    ----------
    values : callable or mapping
        ``values(size)`` returns the value; or a value for each size.

    Raises
    ------
    StudyError
        If `values` is neither, or is a mapping with keys that are not whole numbers.
    """

    values: Callable[[int], Any] | Mapping[int, Any]

    def __post_init__(self) -> None:
        is_mapping = isinstance(self.values, Mapping)
        whole = is_mapping and all(type(size) is int for size in self.values)  # type: ignore[union-attr]
        if not (whole or (callable(self.values) and not is_mapping)):
            raise StudyError(
                f"BySize({self.values!r}): expected a function of the size, or a value for each "
                "size, as {100: 50, 1_000: 20}.",
                code="wrong-type",
            )

    def at(self, size: int, option: str) -> Any:
        """The value at a size.

        Raises
        ------
        StudyError
            If a mapping has none, or the function raises.
        """
        if isinstance(self.values, Mapping):
            if size not in self.values:
                raise StudyError(
                    f"{option}: there is no value for size {size:,}; expected one for each size of "
                    "the study.",
                    code="option-missing",
                    option=option,
                )
            return self.values[size]
        with user_code(f"the function of {option}"):
            return self.values(size)

    def identity(self) -> Any:
        """What changes when the setting does, as JSON values."""
        if isinstance(self.values, Mapping):
            return {f"{n}": _text(value) for n, value in sorted(self.values.items())}
        return values.described(self.values)


def by_size(value: Any) -> Any:
    """A function or a mapping as a `BySize`; other values as they are."""
    return BySize(value) if callable(value) or isinstance(value, Mapping) else value


def described(value: Any) -> Any:
    """A value of a setting as JSON has it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return _text(value)


def _text(value: Any) -> str:
    """The text of a value; of an object of Keras, whose own has an address, its settings."""
    if not hasattr(value, "get_config"):
        return repr(value)
    return f"{type(value).__name__}({dict(value.get_config(), name=None)})"


def sized(values: Mapping[str, Any]) -> dict[str, BySize]:
    """Those of the values that change with the size."""
    return {name: value for name, value in values.items() if isinstance(value, BySize)}


def model_at(model: Any, size: int) -> Any:
    """A model, or several, with those that change with the size as they are at one."""
    if isinstance(model, BySize):
        return model.at(size, "model")
    if isinstance(model, Mapping):
        return {name: model_at(each, size) for name, each in model.items()}
    if isinstance(model, list | tuple):
        return [model_at(each, size) for each in model]
    return model


def models_by_size(model: Any) -> list[BySize]:
    """The models of a study that change with the size."""
    each = model.values() if isinstance(model, Mapping) else model
    several = isinstance(model, Mapping | list | tuple)
    return [one for one in (each if several else [model]) if isinstance(one, BySize)]
