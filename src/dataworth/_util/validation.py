"""Checks of options, each with one message that names the option and its value."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth._util.extras import require
from dataworth.errors import ForecastError, StudyError

_MOST = 2**63 - 1
"""What the results file can keep of a size or a seed."""
_MOST_COUNTED = 10_000
_PICTURES = (".png", ".svg", ".pdf")


def check_int(option: str, value: Any, least: int = 1) -> int:
    """A whole number of at least `least`, as Python's own int."""
    if not _is_whole(value) or not least <= value <= _MOST:
        raise StudyError(
            f"{option} = {value!r}: expected a whole number of at least {least}.",
            code="value-out-of-range",
            option=option,
            value=value,
        )
    return int(value)


def check_ints(option: str, values: Any, least: int) -> tuple[int, ...]:
    """Different whole numbers, each at least `least`, sorted."""
    try:
        numbers = list(values)
    except TypeError:
        raise StudyError(
            f"{option} = {values!r}: expected a list of whole numbers.",
            code="wrong-type",
            option=option,
            value=values,
        ) from None
    if not numbers or not all(_is_whole(n) and least <= n <= _MOST for n in numbers):
        given = values if isinstance(values, str) else numbers
        raise StudyError(
            f"{option} = {given!r}: expected at least one whole number, each {least} or more.",
            code="value-out-of-range",
            option=option,
            value=given,
        )
    if len(set(numbers)) < len(numbers):
        raise StudyError(
            f"{option} = {numbers}: each may be given once.",
            code="named-twice",
            option=option,
            value=numbers,
        )
    return tuple(sorted(int(number) for number in numbers))


def check_count_or_ints(option: str, value: Any) -> tuple[int, ...]:
    """How many, as 3 for 0, 1, 2; or different whole numbers from 0 on, sorted."""
    if not isinstance(value, int | np.integer):
        return check_ints(option, value, least=0)
    count = check_int(option, value)
    if count > _MOST_COUNTED:
        raise StudyError(
            f"{option} = {count}: expected how many, at most {_MOST_COUNTED:,}; give a list for "
            f"particular seeds, as [{count}].",
            code="value-out-of-range",
            option=option,
            value=count,
        )
    return tuple(range(count))


def check_positive(option: str, value: Any) -> float:
    """A finite number above 0."""
    if not is_real(value) or not 0 < value < math.inf:
        raise StudyError(
            f"{option} = {value!r}: expected a number above 0.",
            code="value-out-of-range",
            option=option,
            value=value,
        )
    return float(value)


def check_share_or_count(option: str, value: Any) -> float | int:
    """A share between 0 and 1, or a whole number of at least 1."""
    if _is_whole(value) and value >= 1:
        return int(value)
    if not is_real(value) or not 0 < value < 1:
        raise StudyError(
            f"{option} = {value!r}: expected a share between 0 and 1, or a whole number of "
            "samples.",
            code="value-out-of-range",
            option=option,
            value=value,
        )
    return float(value)


def check_text(option: str, value: Any) -> str:
    """Text that is not empty and that a file can be called."""
    if not isinstance(value, str) or not value.isprintable() or not value:
        raise StudyError(
            f"{option} = {value!r}: expected text, without control characters.",
            code="wrong-type",
            option=option,
            value=value,
        )
    return value


def check_folder_name(option: str, value: Any) -> str:
    """Text that names a folder within another one."""
    name = check_text(option, value)
    path = PurePath(name)
    if path.is_absolute() or ".." in path.parts or name == ".":
        raise StudyError(
            f"{option} = {value!r}: expected a folder name that does not leave the folder.",
            code="invalid-name",
            option=option,
            value=value,
        )
    return name


def check_picture_path(path: Path) -> Path:
    """The name of a picture, whose ending says in which format, in a folder that exists.

    Raises
    ------
    StudyError
        If it is not.
    MissingDependencyError
        If the format needs a library that is missing.
    """
    if path.suffix.lower() not in _PICTURES:
        raise StudyError(
            f"{path}: expected a name that ends in {', '.join(_PICTURES)}.",
            code="file-name-unclear",
        )
    if not path.parent.is_dir():
        raise StudyError(
            f"{path}: there is no folder {path.parent}; make it, or name another.",
            code="file-not-found",
        )
    if path.suffix.lower() != ".svg":
        require("matplotlib", "PNG and PDF pictures")
    return path


def check_mapping(option: str, value: Any) -> dict[str, Any]:
    """A mapping from names."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise StudyError(
            f"{option} = {value!r}: expected a table of options by their names.",
            code="wrong-type",
            option=option,
            value=value,
        )
    return dict(value)


def check_sizes(sizes: ArrayLike) -> NDArray[np.float64]:
    """Numbers of samples to predict at, positive and finite; shape (m,), also of a single one."""
    try:
        values = np.atleast_1d(np.asarray(sizes, np.float64))
    except (TypeError, ValueError, OverflowError):
        values = np.array([math.nan])
    if values.ndim != 1 or not (np.isfinite(values) & (values > 0)).all():
        raise ForecastError(
            f"sizes: {sizes!r}; expected numbers of samples, positive and finite.",
            code="value-out-of-range",
            option="sizes",
            value=sizes,
        )
    return values


def as_list(given: Any) -> list[Any]:
    """All that was given, also of a single one; text is a single one."""
    if isinstance(given, str):
        return [given]
    try:
        return list(given)
    except TypeError:
        return [given]


def check_probability(option: str, value: Any) -> float:
    """A probability of a forecast, above 0 and below 1."""
    if not (is_real(value) and 0 < value < 1):
        hint = ""
        if is_real(value) and 1 < value < 100:
            hint = f" {value:g} per cent is {value / 100:g} (--{option} {value:g}%)."
        raise ForecastError(
            f"{option} is {value!r}; expected a probability between 0 and 1.{hint}",
            code="value-out-of-range",
            option=option,
            value=value,
        )
    return float(value)


def check_seed(value: Any) -> int:
    """The seed of a forecast's draws: a whole number from 0 on."""
    if not _is_whole(value) or value < 0:
        raise ForecastError(
            f"seed is {value!r}; expected a whole number from 0 on.",
            code="value-out-of-range",
            option="seed",
            value=value,
        )
    return int(value)


def is_real(value: Any) -> bool:
    """Whether something is a real number that a float can hold; True and False are none."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return abs(value) <= sys.float_info.max
    return isinstance(value, float | np.integer | np.floating)


def _is_whole(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | np.integer)
