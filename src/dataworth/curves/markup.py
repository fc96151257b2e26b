"""Tables pasted from papers and notes: Markdown, text with frames, LaTeX."""

from __future__ import annotations

import re

_BAR = re.compile(r"\s*\|(.*)\|\s*")
_RULE = re.compile(r"[\s|+:=\u2500-\u257f-]+")
_COMMANDS = (
    (r"(?<!\\)%.*", ""),
    (r"\\(?:top|mid|bottom|h|c)(?:rule|line)(?:\([a-z]*\))?(?:\{[\d-]+\})?", ""),
    (r"\\multi(?:column|row)\{[^{}]*\}\{[^{}]*\}\{([^{}]*)\}", r"\1"),
    (r"\\[a-zA-Z]+\{([^{}]*)\}", r"\1"),
    (r"\{,\}", ","),
    # Spread as an index, and footnotes.
    (r"_\s*(?=\{?\s*\\pm)", ""),
    (r"\^\s*\{?\s*(?:\\[a-zA-Z]+|\*|[a-z])\s*\}?", ""),
    (r"\\pm\b", "\u00b1"),
    (r"\\(?:times|cdot)\b", "x"),
    # Sizes of type, arrows and the like.
    (r"\\[a-zA-Z]+\s*", ""),
    (r"\\,|~|\\ ", " "),
    (r"\\([%_&#$])", r"\1"),
    (r"[${}]", ""),
)
_EMPHASIS = re.compile(r"[*`$]+|(?<!\w)_+|_+(?!\w)|</?\w+>|\^?[\u2020\u2021\u00a7]")
"""Marks of emphasis, of formulas and of footnotes."""
_FEWEST = 2


def plain_rows(text: str) -> tuple[str, str]:
    """The rows of a table in Markdown or LaTeX, and what separates their cells.

    Lines that are none of a row are blank, so that rows keep their numbers. The separator is empty
    where the text is no such table.
    """
    lines = text.split("\n")
    if sum("&" in line and r"\\" in line for line in lines) >= _FEWEST:
        return "\n".join(_of_latex(line) if "&" in line else "" for line in lines), "&"
    barred = [line for line in lines if "|" in line or "\u2502" in line]
    ruled = [line for line in lines if _RULE.fullmatch(line) and re.search(r"--|\u2500|==", line)]
    if len(barred) >= _FEWEST and ruled:
        return "\n".join(_of_markdown(line) for line in lines), "|"
    return text, ""


def _of_markdown(line: str) -> str:
    line = line.replace("\u2502", "|")
    if "|" not in line or _RULE.fullmatch(line):
        return ""
    match = _BAR.fullmatch(line)
    cells = (match[1] if match else line).split("|")
    return "|".join(_EMPHASIS.sub("", cell) for cell in cells)


def _of_latex(line: str) -> str:
    line = line.split(r"\\")[0]
    for pattern, plain in _COMMANDS:
        line = re.sub(pattern, plain, line)
    return line
