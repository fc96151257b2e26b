"""Text from files and paths, made harmless for a terminal.

An escape sequence in the name of a file, a study or a class could clear the screen, set the title
of the window, or hide what is printed after it.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters apart from tab and line feed; separators of lines; marks that reorder text."""
_PICTURES = 0x2400
"""The block of Unicode with visible pictures of the characters below 32."""
_DELETE = 0x7F
_LONGEST_NAME = 40


def short_name(name: str) -> str:
    """A name of at most 40 characters: of a longer one, its beginning and an ellipsis."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def printable(text: str) -> str:
    """Text with a visible character in place of each that controls a terminal.

    A tab and a line feed stay. Each other character below 32 becomes its picture, as U+241B for
    ESC, and each that has none U+FFFD.
    """
    return _CONTROL.sub(_picture, text)


def say(*lines: object, error: bool = False) -> None:
    """Print lines, made printable, on stdout or on stderr."""
    for line in lines:
        print(printable(str(line)), file=sys.stderr if error else sys.stdout)


def new_console(*, stderr: bool = False, file: TextIO | None = None) -> Console:
    """A console of rich that prints no control characters of what it is given."""
    from rich.console import Console

    console = Console(stderr=stderr, file=file)
    console.push_render_hook(_PrintableHook())  # type: ignore[arg-type]
    return console


class _PrintableHook:
    def process_renderables(self, renderables: Sequence[Any]) -> list[Any]:
        return [_Printable(each) for each in renderables]


class _Printable:
    """Renders something, its text made printable; what rich itself does to the terminal stays."""

    def __init__(self, renderable: RenderableType) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.segment import Segment

        for segment in console.render(self._renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(printable(segment.text), segment.style)


def _picture(found: re.Match[str]) -> str:
    code = ord(found.group())
    if code < ord(" "):
        return chr(_PICTURES + code)
    return "\N{SYMBOL FOR DELETE}" if code == _DELETE else "\N{REPLACEMENT CHARACTER}"
