"""Columns of a frame as an estimator takes them: text as categories for boosters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.data import frames
from dataworth.data.dataset import Dataset
from dataworth.data.forms import check_numbers
from dataworth.data.frames import Name
from dataworth.errors import DataError
from dataworth.learners.sklearn.nested import estimators_in, package_of

_BOOSTERS = ("lightgbm", "xgboost", "catboost")
_CATEGORIES_GIVEN = ("cat_features", "text_features", "embedding_features")
"""Parameters that say to CatBoost which columns are no numbers."""
_REFUSED_IN_NAMES = re.compile(r'[\[\]<>{}",:]')
"""Signs that LightGBM or XGBoost refuses in the name of a column."""


@dataclass(frozen=True, eq=False)
class BoosterColumns:
    """Makes frames for a booster: a frame of pandas in which text is a category.

    The categories are those of the rows that the booster is fitted on. A value that these rows
    lack is a missing value, as it is for a model in use.

    Attributes
    ----------
    package : {"lightgbm", "xgboost", "catboost"}
    categories : mapping from name to list of str
        Of each column of text.
    """

    package: str
    categories: Mapping[Name, Sequence[str]]

    @classmethod
    def of(cls, estimator: Any, x: Any) -> BoosterColumns | None:
        """What a booster needs to be fitted on `x`; None where it takes `x` as it is."""
        package = package_of(estimator)
        if not takes_categories(estimator) or frames.library_of(x) is None:
            return None
        kinds, library = frames.kinds_of(x), frames.library_of(x)
        has_text = "text" in kinds.values()
        has_categories = has_text or "category" in kinds.values()
        has_refused_names = any(_REFUSED_IN_NAMES.search(str(name)) for name in kinds)
        if library == "pandas":
            is_taken = not has_text if package == "lightgbm" else not has_categories
        else:
            is_taken = not has_categories and package == "lightgbm"
        if is_taken and not has_refused_names:
            return None
        return cls(package, {name: _values(x, name) for name in kinds if kinds[name] == "text"})

    def __call__(self, x: Any) -> Any:
        """The frame that the booster gets for `x`."""
        import pandas as pd

        kinds = frames.kinds_of(x)
        columns = {
            name: self._column(name, frames.column(x, name), kinds[name])
            for name in frames.names_of(x)
        }
        frame = pd.DataFrame(columns, copy=False)
        frame.columns = pd.Index(_accepted_names(frames.names_of(x)))
        return frame

    def set_parameters(self, estimator: Any, frame: Any) -> dict[str, Any]:
        """Tell the booster which columns of its frame are categories; arguments for ``fit``."""
        if not any(str(dtype) in ("category", "object", "str") for dtype in frame.dtypes):
            return {}
        if self.package == "xgboost":
            estimator.set_params(enable_categorical=True)
        if self.package != "catboost":
            return {}
        texts = [name for name in frame.columns if frames.kind_of(frame[name]) == "text"]
        return {"cat_features": texts}

    def _column(self, name: Name, values: Any, kind: str) -> Any:
        import pandas as pd

        if name in self.categories:
            cells = _texts(values)
            if self.package == "catboost":
                known = set(self.categories[name])
                return np.array([c if c in known else "" for c in cells], object)
            codes = {value: code for code, value in enumerate(self.categories[name])}
            found = [-1 if cell is None else codes.get(cell, -1) for cell in cells]
            return pd.Categorical.from_codes(found, categories=list(codes))
        if kind == "category" and self.package == "catboost":
            return np.array(["" if c is None else c for c in _texts(values)], object)
        is_pandas = type(values).__module__.partition(".")[0] == "pandas"
        if kind == "category" and not is_pandas:
            return pd.Categorical(_texts(values))
        is_plain = is_pandas and (kind == "category" or isinstance(values.dtype, np.dtype))
        is_plain = is_plain and str(values.dtype) != "object"
        return values.array if is_plain else frames.to_doubles(values)


def takes_categories(estimator: Any) -> bool:
    """Whether text columns are given to an estimator as categories.

    It is a booster, and none of its own parameters says which columns are categories.
    """
    if package_of(estimator) not in _BOOSTERS or not hasattr(estimator, "get_params"):
        return False
    own = estimator.get_params(deep=False)
    return all(own.get(name) is None for name in _CATEGORIES_GIVEN)


def text_columns(estimator: Any, data: Dataset) -> list[Name]:
    """The columns of text that an estimator gets as categories."""
    if not takes_categories(estimator):
        return []
    return [name for name, kind in data.schema.columns.items() if kind == "text"]


def check_columns(estimator: Any, name: str, data: Dataset) -> None:
    """Refuse a frame with columns that an estimator cannot take, texts, and images of many sizes.

    Nothing is known of a pipeline or of an estimator around others: they may encode the columns.

    Raises
    ------
    DataError
        With the code "not-numeric" or "value-missing"; it names the columns.
    """
    kinds = data.schema.columns
    if not kinds:
        if takes_categories(estimator) or _tags_of_simple(estimator) is not None:
            check_numbers(data.x, f"the model {name}")
        return
    if takes_categories(estimator):
        wrong = [column for column, kind in kinds.items() if kind in ("date", "other")]
        if wrong:
            raise _not_taken(f"the model {name} needs numbers or categories", wrong, data)
        if BoosterColumns.of(estimator, data.x) and find_spec("pandas") is None:
            texts = text_columns(estimator, data)
            raise DataError(
                f"the model {name} takes categories in frames of pandas, which is not installed, "
                f"and these columns hold text: {frames.listed(texts)}. Install it (pip install "
                "pandas), or give a scikit-learn pipeline that encodes the columns.",
                code="not-numeric",
                columns=texts,
            )
        return
    tags = _tags_of_simple(estimator)
    if tags is None:
        return
    own = estimator.get_params(deep=False)
    wrong = [
        column
        for column, kind in kinds.items()
        if kind in ("text", "date", "other")
        or (kind == "category" and "categorical_features" not in own and _has_names(data, column))
    ]
    if wrong:
        raise _not_taken(f"the model {name} needs numbers", wrong, data)
    if tags.input_tags.allow_nan:
        return
    numbers = [column for column, kind in kinds.items() if kind in ("number", "bool")]
    gaps = [each for each in numbers if np.isnan(_numbers(data.x, each)).any()]
    if gaps:
        row = int(np.isnan(_numbers(data.x, gaps[0])).argmax())
        raise DataError(
            f"the model {name} takes no missing values, and there are some in the columns "
            f"{frames.listed(gaps)} (the first in row {row}, column {gaps[0]}). Leave the columns "
            f"out (--drop {','.join(map(str, gaps))}), give a pipeline that fills the gaps, such "
            "as one with a SimpleImputer, or a model that takes them, such as LightGBM.",
            code="value-missing",
            columns=gaps,
        )


def _not_taken(what: str, wrong: Sequence[Name], data: Dataset) -> DataError:
    kinds = data.schema.columns
    shown = frames.listed(f"{column} ({kinds[column]})" for column in wrong)
    return DataError(
        f"{what}, and these columns hold none: {shown}. Leave the columns out "
        f"(--drop {','.join(map(str, wrong))}, or drop= in Python), or give a scikit-learn "
        "pipeline that encodes them, such as one with a OneHotEncoder.",
        code="not-numeric",
        columns=list(wrong),
    )


def _tags_of_simple(estimator: Any) -> Any:
    """The tags of an estimator of scikit-learn that has no others within it; else None."""
    if package_of(estimator) != "sklearn" or len(estimators_in(estimator)) > 1:
        return None
    if type(estimator).__module__.startswith(("sklearn.pipeline", "sklearn.compose")):
        return None
    try:
        from sklearn.utils import get_tags

        tags = get_tags(estimator)
    except Exception:
        # Before scikit-learn 1.6, and of objects that only look like estimators.
        return None
    is_free = tags.no_validation or tags.input_tags.string or tags.input_tags.categorical
    return None if is_free or not tags.input_tags.two_d_array else tags


def _has_names(data: Dataset, column: Name) -> bool:
    """Whether the categories of a column are no numbers."""
    known = frames.categories_of(frames.column(data.x, column))
    return known is None or not all(isinstance(each, int | float) for each in known[2:])


def _values(x: Any, name: Name) -> list[str]:
    return sorted({cell for cell in _texts(frames.column(x, name)) if cell is not None})


def _texts(values: Any) -> list[str | None]:
    """Cells of text or of categories, with None for a missing one."""
    cells = frames.cells_of(values)
    # Missing values are None, or a NaN or NA, which differs from itself or is not a truth value.
    return [str(c) if isinstance(c, str) or _is_there(c) else None for c in cells]


def _is_there(cell: Any) -> bool:
    return cell is not None and type(cell).__name__ != "NAType" and bool(cell == cell)


def _numbers(x: Any, name: Name) -> NDArray[np.float64]:
    return frames.to_doubles(frames.column(x, name))


def _accepted_names(names: Sequence[Name]) -> list[str]:
    """Names of columns without the signs that boosters refuse, all different."""
    plain = [_REFUSED_IN_NAMES.sub("_", str(name)) for name in names]
    if len(set(plain)) == len(plain):
        return plain
    return [f"{place}_{name}" for place, name in enumerate(plain)]
