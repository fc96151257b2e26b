"""Parsing of TOML from files of unknown origin, with bounds on what it may cost."""

from __future__ import annotations

import re
import tomllib
from typing import Any

MOST_CHARACTERS = 8_000_000
"""Of a document; a file of more bytes is not read."""
_MOST_PARTS = 32
# The time that `tomllib` takes for a key rises with the square of the number of its parts.
_LONG_KEY = re.compile(
    r"""(?<![\w"'-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*)"""
    f"{{{_MOST_PARTS}}}"
)
_MOST_DIGITS = 1_000
# Python reads 4,300, and says what to call to have it read more.
_LONG_NUMBER = re.compile(rf"[=\[,][ \t]*[+-]?[0-9][0-9_]{{{_MOST_DIGITS}}}")


def parse_toml(text: str) -> dict[str, Any]:
    """The values of a TOML document.

    Raises
    ------
    ValueError
        If it is not valid, is nested too deeply, or is too large.
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"{len(text):,} characters; expected at most {MOST_CHARACTERS:,}")
    long = _LONG_KEY.search(text)
    if long is not None:
        line = text.count("\n", 0, long.start()) + 1
        raise ValueError(f"a key of more than {_MOST_PARTS} parts (at line {line})")
    digits = _LONG_NUMBER.search(text)
    if digits is not None:
        line = text.count("\n", 0, digits.start()) + 1
        raise ValueError(f"a number of more than {_MOST_DIGITS:,} digits (at line {line})")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("its values are nested too deeply") from None
