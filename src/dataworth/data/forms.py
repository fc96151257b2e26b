"""The forms that samples come in, and what a learner that needs numbers makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dataworth.data import frames
from dataworth.data.texts import Texts
from dataworth.errors import DataError

Form = Literal["array", "frame", "sparse", "texts", "items"]
"""The form of samples.

"array": an ndarray, which may be memory-mapped; "frame": a frame of pandas, polars or pyarrow;
"sparse": a sparse matrix of SciPy in CSR form; "texts": a list of str; "items": a list of whatever
each sample is, such as images of different size.
"""


def form(x: Any) -> Form:
    """The form of samples, without a change of them.

    Parameters
    ----------
    x : ndarray, frame, sparse matrix, sequence of str, or any sequence

    Returns
    -------
    {"array", "frame", "sparse", "texts", "items"}
    """
    if frames.library_of(x) is not None:
        return "frame"
    if is_sparse(x):
        return "sparse"
    if isinstance(x, Texts):
        return "texts"
    if hasattr(x, "shape") and hasattr(x, "dtype"):
        return "texts" if is_text_array(x) else "array"
    if isinstance(x, list | tuple):
        return _form_of_list(x)
    return "items"


def is_sparse(x: Any) -> bool:
    """Whether `x` is a sparse matrix or array of SciPy."""
    return hasattr(x, "tocsr") and type(x).__module__.startswith("scipy.sparse")


def is_text_array(x: Any) -> bool:
    """Whether `x` is one column of texts: an array, or a series of pandas or polars."""
    if len(x.shape) != 1 or not len(x):
        return False
    kind = getattr(x.dtype, "kind", "O")
    if kind in "UT":
        return True
    return kind in "OU" and isinstance(next(iter(x)), str)


def _form_of_list(x: Sequence[Any]) -> Form:
    if x and all(isinstance(each, str) for each in x):
        return "texts"
    # Rows of plain numbers are an array; anything wrong in them is said when it is made.
    if not x or isinstance(x[0], list | tuple | bool | int | float | np.generic):
        return "array"
    if not all(hasattr(each, "shape") for each in x):
        return "items"
    shapes = {tuple(each.shape) for each in x}
    return "array" if len(shapes) == 1 and next(iter(shapes)) else "items"


def check_numbers(x: Any, what: str) -> None:
    """Refuse samples that are not numbers, by their form and the types of their columns.

    No cell is looked at: what is missing in a column of numbers is found by `numbers`.

    Parameters
    ----------
    x : samples in any form
    what : str
        What needs numbers, as the subject of a sentence: "the model mlp".

    Raises
    ------
    DataError
        With the code "not-numeric", if a column or the samples are not numbers.
    """
    kind = form(x)
    if kind == "frame":
        wrong = {
            name: each
            for name, each in frames.kinds_of(x).items()
            if each not in ("number", "bool")
        }
        if wrong:
            shown = frames.listed(f"{name} ({each})" for name, each in wrong.items())
            raise DataError(
                f"{what} needs numbers, and these columns hold none: {shown}. Leave the columns "
                f"out (--drop {','.join(str(name) for name in wrong)}, or drop= in Python), or "
                "give a scikit-learn pipeline that encodes them, such as one with a OneHotEncoder.",
                code="not-numeric",
                columns=list(wrong),
            )
    elif kind == "texts":
        raise DataError(
            f"{what} needs numbers, and the samples are texts. Give a scikit-learn pipeline that "
            "encodes them, such as make_pipeline(TfidfVectorizer(), LogisticRegression()), or "
            "arrays of numbers in their place.",
            code="not-numeric",
        )
    elif kind == "items" and not _is_one_shape(x):
        raise DataError(
            f"{what} needs numbers in one array, and each sample is an object of its own (of "
            "images: their sizes differ). Give the samples one size (load(..., size=32), --size 32 "
            "on the command line), or a model that takes a list of samples.",
            code="not-numeric",
        )


def numbers(x: Any, what: str) -> NDArray[Any]:
    """Samples as one array of numbers.

    Parameters
    ----------
    x : samples in any form
    what : str
        What needs numbers, as the subject of a sentence: "the model mlp".

    Returns
    -------
    ndarray of float32, shape (n, ...)
        An array is returned as it is, ``uint8`` included; truth values are 0 and 1.

    Raises
    ------
    DataError
        With the code "not-numeric" if the samples are not numbers: it names the columns and what
        can be done. With the code "value-missing" if a number is missing.
    """
    check_numbers(x, what)
    kind = form(x)
    if kind == "array":
        array = np.asarray(x)
        return array if array.dtype in (np.uint8, np.float32) else array.astype(np.float32)
    if kind == "sparse":
        dense: NDArray[np.float32] = x.astype(np.float32).toarray()
        return dense
    if kind == "items":
        return np.stack([np.asarray(each) for each in x]).astype(np.float32, copy=False)
    columns = np.empty((frames.rows_of(x), len(frames.names_of(x))), np.float32)
    for index, name in enumerate(frames.names_of(x)):
        columns[:, index] = frames.to_numbers(frames.column(x, name))
    finite = np.isfinite(columns)
    if not finite.all():
        row, index = map(int, np.argwhere(~finite)[0])
        names = frames.names_of(x)
        gaps = [names[each] for each in np.flatnonzero(~finite.all(axis=0))]
        raise DataError(
            f"{what} needs a number in every cell, and some are missing or infinite in the columns "
            f"{frames.listed(gaps)} (the first in row {row} of those it was given, column "
            f"{names[index]}). Leave the columns out (--drop {','.join(map(str, gaps))}), or give "
            "a scikit-learn pipeline that fills the gaps, such as one with a SimpleImputer.",
            code="value-missing",
            columns=gaps,
        )
    return columns


def _is_one_shape(x: Any) -> bool:
    """Whether samples are arrays of numbers of one shape; looks at a list of them alone."""
    if not isinstance(x, list | tuple) or not x:
        return False
    arrays = [np.asarray(each) for each in x if hasattr(each, "shape")]
    return len(arrays) == len(x) and all(
        each.dtype.kind in "biuf" and each.shape == arrays[0].shape for each in arrays
    )
