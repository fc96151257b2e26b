"""Tables as Markdown, for the results of benchmarks."""

from __future__ import annotations

from collections.abc import Iterable


def table(rows: Iterable[Iterable[object]], header: list[str]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
