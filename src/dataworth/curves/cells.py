"""Cells of a table as numbers: decimal marks, thousands, per cent, and cells without a value."""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dataworth.curves.names import UNITS
from dataworth.curves.table import Table
from dataworth.errors import DataError

Mark = Literal[".", ","]
_MISSING = frozenset(
    ("", "na", "n/a", "<na>", "nan", "null", "none", "nil", "-", "--", "?", ".", "missing")
)
_SPACES = re.compile(r"(?<=\d)[\s\u00a0\u202f'\u2019_](?=\d{3}(?!\d))")
"""Spaces, apostrophes and underscores between groups of three digits."""
_DIGITS = re.compile(r"[+-]?(?=[.,]?\d)(\d*)([.,]?)(\d*)(e[+-]?\d+)?", re.IGNORECASE)
_GROUPS = re.compile(r"[+-]?\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")
_BOTH = re.compile(r"[+-]?\d{1,3}(?:([.,])\d{3})+([.,])\d+")
_MINUS = str.maketrans("\u2212\uff0d", "--")
"""Signs that word processors write for a minus."""
_COUNT = re.compile(r"(.*\d)\s*([a-z]+)", re.IGNORECASE)
"""A number with a unit such as k or million behind it."""
_RATIO = re.compile(r"(\d+)\s*[/:]\s*(\d+)")
_LONGEST = 100
"""Characters of a number; longer cells are text, whatever they hold."""
_POWER = re.compile(r"(?:(.*\d)\s*[x\u00d7*\u00b7])?\s*(2|10)\s*(?:\^|\*\*)\s*([+-]?\d{1,3})")
"""10^5, 2^14 and 1.5 x 10^5, with which papers write sizes."""
_ERROR = re.compile(r"#[\w/]+[!?]?")
"""What a spreadsheet shows of a formula that failed: #N/A, #DIV/0!, #WERT!"""


@dataclass(frozen=True, eq=False)
class Numbers:
    """A column of cells as numbers.

    Attributes
    ----------
    values : ndarray, shape (n,)
        NaN where a cell has no value.
    percent : bool
        Whether the cells carry a sign of per cent, which is left out of the values.
    grouped, comma : bool
        Whether thousands were separated, and whether the decimal mark is a comma.
    """

    values: NDArray[np.float64]
    percent: bool = False
    grouped: bool = False
    comma: bool = False


def is_missing(cell: Any) -> bool:
    """Whether a cell has no value: it is empty, or one of the usual signs such as NA."""
    if cell is None:
        return True
    if isinstance(cell, str):
        text = cell.strip()
        return text.casefold() in _MISSING or _ERROR.fullmatch(text) is not None
    return isinstance(cell, float | np.floating) and math.isnan(cell)


def may_be_numbers(cells: Iterable[Any]) -> bool:
    """Whether some cell looks like a number, and none like anything else."""
    numeric = [_may_be_number(cell) for cell in cells if not is_missing(cell)]
    return bool(numeric) and all(numeric)


def mostly_numbers(cells: Iterable[Any], *, whole: bool = False) -> bool:
    """Whether at least half of the cells look like numbers: the others are then mistakes.

    Where they are counts (`whole`), units such as k and million may stand behind them.
    """
    numeric = [_may_be_number(cell, whole) for cell in cells if not is_missing(cell)]
    return bool(numeric) and 2 * sum(numeric) >= len(numeric)


def _may_be_number(cell: Any, whole: bool = False) -> bool:
    if isinstance(cell, str):
        return _looks_numeric(_without_unit(cell)[0] if whole else cell)
    return isinstance(cell, int | float | np.number) and not isinstance(cell, bool)


def decimal_mark(table: Table, columns: Sequence[str]) -> Mark | None:
    """The decimal mark that the cells of some columns prove; None where none does.

    Raises
    ------
    DataError
        If some cells prove a point and others a comma.
    """
    proof: dict[Mark, tuple[int, str]] = {}
    for name in columns:
        for row, cell in enumerate(table.columns[name]):
            mark = _proves(cell) if _is_short_text(cell) else None
            if mark is not None:
                proof.setdefault(mark, (row, name))
    if len(proof) > 1:
        point, comma = (table.columns[name][row] for row, name in (proof["."], proof[","]))
        raise DataError(
            f"{table.where(*proof[','])}: {comma!r} has a decimal comma, and {point!r} elsewhere a "
            "decimal point; write all numbers in one way.",
            code="value-unclear",
        )
    return next(iter(proof), None)


def column_numbers(
    table: Table, name: str, mark: Mark | None, *, whole: bool = False, strict: bool = True
) -> Numbers:
    """The numbers in one column.

    Parameters
    ----------
    table : Table
    name : str
    mark : {".", ","} or None
        The decimal mark, where it is known of the file; see `decimal_mark`.
    whole : bool
        Whether the numbers are counts: ``1.000`` may then be a thousand as well as one.
    strict : bool
        Whether a cell that is not a number is an error; else it has no value.

    Raises
    ------
    DataError
        If a cell is not a number, or may be two different ones. The message names it.
    """
    cells = table.columns[name]
    own = decimal_mark(table, [name])
    values = np.empty(len(cells))
    signs = np.zeros(len(cells), bool)
    grouped = False
    for row, cell in enumerate(cells):
        if is_missing(cell):
            values[row] = math.nan
            continue
        if not isinstance(cell, str):
            values[row] = _plain(cell) if _is_plain(cell) else math.nan
            if strict and not _is_plain(cell):
                raise _not_a_number(table, row, name)
            continue
        text = cell.strip()
        signs[row] = text.endswith("%")
        text = _bare(text)
        text, factor = _without_unit(text) if whole else (text, 1.0)
        groups = _GROUPS.fullmatch(text)
        lone = groups is not None and text.lstrip("+-")[:1] != "0"
        if groups is not None and lone and factor == 1 and text.count(groups[1]) == 1:
            is_group = _is_group(table, row, name, groups[1], mark, own, whole)
        else:
            is_group = groups is not None and lone and text.count(groups[1]) > 1
        number = _number(text, is_group, mark)
        grouped |= is_group
        if number is None and strict:
            raise _not_a_number(table, row, name)
        values[row] = math.nan if number is None else factor * number
    if signs.any() and not signs.all():
        plain = np.flatnonzero(~signs & np.isfinite(values))
        if len(plain):
            row = int(np.flatnonzero(signs)[0])
            if strict:
                raise DataError(
                    f"{table.where(row, name)}: {cells[row]!r} is in per cent, and "
                    f"{cells[plain[0]]!r} in the same column is not; write all in one unit.",
                    code="not-numeric",
                    row=table.rows[row],
                )
            values[signs] = math.nan
            signs[:] = False
    return Numbers(values, bool(signs.any()), grouped, (own or mark) == ",")


def whole_labels(cells: Sequence[Any]) -> NDArray[np.int64] | None:
    """Cells that are whole numbers, with all their digits; None where one is not."""
    found = []
    for cell in cells:
        is_text = _is_short_text(cell) and re.fullmatch(r"[+-]?\d+", cell.strip())
        if not is_text and (isinstance(cell, bool) or not isinstance(cell, int | np.integer)):
            return None
        found.append(int(cell))
    return np.array(found, np.int64) if all(-(2**63) <= n < 2**63 for n in found) else None


def _is_short_text(cell: Any) -> bool:
    return isinstance(cell, str) and len(cell) <= _LONGEST


def _proves(cell: str) -> Mark | None:
    """The decimal mark that one cell proves by itself."""
    text = _bare(cell)
    if both := _BOTH.fullmatch(text):
        return None if both[1] == both[2] else _as_mark(both[2])
    if (groups := _GROUPS.fullmatch(text)) and text.count(groups[1]) > 1:
        return "." if groups[1] == "," else ","
    match = _DIGITS.fullmatch(text)
    if match is None or not match[2] or not (match[1] or match[3]):
        return None
    open_to_doubt = len(match[3]) == 3 and 1 <= len(match[1]) <= 3 and match[1][0] != "0"
    return None if open_to_doubt and not match[4] else _as_mark(match[2])


def _as_mark(text: str) -> Mark:
    return "." if text == "." else ","


def _is_group(
    table: Table, row: int, name: str, sign: str, mark: Mark | None, own: Mark | None, whole: bool
) -> bool:
    """Whether the only point or comma of a cell, before three digits, separates thousands."""
    if own is not None:
        return own != sign
    if mark is not None and mark != sign:
        return True
    # Programs write a point; a comma within a field of a file of commas is a group of digits.
    if sign == "." and not whole:
        return False
    if sign == "," and mark is None and table.separator == ",":
        return True
    if sign == "," and mark == "," and not whole:
        return False
    cell = str(table.columns[name][row]).strip()
    one, thousand = cell.replace(",", "."), cell.replace(sign, "")
    raise DataError(
        f"{table.where(row, name)}: {cell!r} may be {float(one.rstrip('%')):g} or {thousand}; "
        f"write {thousand} or {float(one.rstrip('%')):g}, without a separator of thousands.",
        code="value-unclear",
        row=table.rows[row],
    )


def _number(text: str, grouped: bool, mark: Mark | None) -> float | None:
    if len(text) > _LONGEST:
        return None
    if grouped:
        return float(re.sub("[.,]", "", text))
    if both := _BOTH.fullmatch(text):
        if both[1] == both[2]:
            return None
        return float(text.replace(both[1], "").replace(",", "."))
    if "," in text:
        text = text.replace(",", ".", 1)
        if "," in text:
            return None
    if text.casefold().lstrip("+-") in ("inf", "infinity"):
        return float(text)
    return float(text) if _DIGITS.fullmatch(text) else None


def _without_unit(text: str) -> tuple[str, float]:
    """The number before a unit, and the unit; 1/16 is a number of sixteenths, 2^5 one of 32s."""
    if len(text) > _LONGEST:
        return text, 1.0
    if (ratio := _RATIO.fullmatch(text.strip())) and int(ratio[2]):
        return ratio[1], 1 / int(ratio[2])
    if power := _POWER.fullmatch(text.strip()):
        return power[1] or "1", float(f"1e{power[3]}" if power[2] == "10" else 2.0 ** int(power[3]))
    match = _COUNT.fullmatch(text.strip())
    unit = UNITS.get(match[2].casefold()) if match else None
    return (text, 1.0) if match is None or unit is None else (match[1], unit)


def _bare(cell: str) -> str:
    """The digits of a cell: without a sign of per cent and spaces between thousands."""
    return _SPACES.sub("", cell.translate(_MINUS).strip().removesuffix("%").strip())


def _looks_numeric(cell: str) -> bool:
    if len(cell) > _LONGEST:
        return False
    text = _bare(cell)
    if text.casefold().lstrip("+-") in ("inf", "infinity"):
        return True
    matched = _DIGITS.fullmatch(text) or _GROUPS.fullmatch(text) or _BOTH.fullmatch(text)
    return matched is not None


def _is_plain(cell: Any) -> bool:
    return isinstance(cell, int | float | np.number) and not isinstance(
        cell, bool | complex | np.complexfloating
    )


def _plain(cell: Any) -> float:
    try:
        return float(cell)
    except OverflowError:
        return math.inf


def _not_a_number(table: Table, row: int, name: str) -> DataError:
    cell = table.columns[name][row]
    return DataError(
        f"{table.where(row, name)}: {reprlib.repr(cell)} is not a number. Correct it, or remove "
        "the row.",
        code="not-numeric",
        row=table.rows[row],
    )
