"""Finding: one thing that an audit has to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dataworth._util import display

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth knowing, about data or figures.

    Attributes
    ----------
    code : str
        Stable name, lower case with hyphens; the docs have a page per code.
    severity : {"error", "warning", "info"}
        "error": a figure can't be true, or data can't be trusted. "warning": worth a look.
    where : str
        The file, row, size, seed or option concerned.
    message : str
        One sentence: what was found.
    evidence : mapping
        The numbers behind it (JSON values).
    advice : str
        What to do.
    """

    code: str
    severity: Severity
    where: str
    message: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    advice: str = ""


class Findings(list[Finding]):
    """Findings of one audit: a list that a notebook shows one below the other."""

    def _repr_html_(self) -> str | None:
        return display.html_or_none(self)
