"""An argument that says which column of a table is meant."""

from __future__ import annotations


def column(text: str) -> str | int:
    """A column's index, counted from 0 (negative from the end), or else its name."""
    try:
        return int(text)
    except ValueError:
        return text
