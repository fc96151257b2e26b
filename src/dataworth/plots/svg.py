"""Plots as SVG text, written without Matplotlib: importing that takes longer than a forecast.

Horizontal axes are logarithmic. Runs of equal place on the picture are one dot, so that a picture
of 100,000 runs is not larger than its pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataworth._util.numbers import format_count_short, format_digits
from dataworth._util.printable import printable
from dataworth.metrics.labels import digits_for
from dataworth.plots.style import GREY, LIGHT

Floats = NDArray[np.float64]
_WIDTH, _HEIGHT = 640.0, 400.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 14.0, 30.0, 44.0
"""Margins: labels of the vertical axis, nothing, the title, labels of the horizontal axis."""
_TEXT, _SMALL, _ROW = 13.0, 11.0, 18.0
_SWATCH, _GAP = 26.0, 16.0
_LETTER = 0.58
"""Width of a letter of a sans-serif type in units of its height, on average and rounded up."""
_MARGIN = 0.04
"""Room about what is drawn, as a share of it."""
_DOT = 0.5
"""Dots that lie closer than this, in units of the picture, are one."""
_LEAST, _MOST = -307.0, 308.0
"""Powers of ten that are numbers."""
_SHORT, _STEPS = 0.3, 7


class _Entry(NamedTuple):
    """A line of the legend: the attributes of its line or its area, and its text."""

    swatch: str
    label: str


class SvgPlot:
    """A plot against a number of samples.

    Parameters
    ----------
    title, x_label, y_label : str
    log : bool
        Whether the vertical axis is logarithmic; what is not above 0 is then not drawn.
    scale : float
        What the labels of the vertical axis show, in units of its values: 100 for per cent.
    """

    def __init__(
        self, title: str, x_label: str, y_label: str, *, log: bool, scale: float = 1.0
    ) -> None:
        self._texts = (title, x_label, y_label)
        self.log, self._scale = log, scale
        self._x: list[Floats] = []
        self._y: list[Floats] = []
        self._marks: list[Callable[[_Frame], str]] = []
        self._entries: list[_Entry] = []

    def dots(self, x: ArrayLike, y: ArrayLike, color: str) -> None:
        """A dot for each run."""
        at, values = self._seen(x, y)

        def draw(frame: _Frame) -> str:
            across, up = frame.across(at), frame.up(values)
            seen = np.isfinite(across) & np.isfinite(up)
            places = np.unique(np.round((across[seen] + 1j * up[seen]) / _DOT)) * _DOT
            path = "".join(f"M{place.real:g} {place.imag:g}h0" for place in places.tolist())
            return f'<path d="{path}" {_stroke(color, 5)} stroke-opacity="0.45"/>'

        self._marks.append(draw)

    def line(self, x: ArrayLike, y: ArrayLike, color: str, dash: str = "", label: str = "") -> None:
        """A line through points; those without a value interrupt it."""
        at, values = self._seen(x, y)
        style = _stroke(color, 2, dash)
        self._marks.append(
            lambda frame: f'<path d="{_path(frame.across(at), frame.up(values))}" {style}/>'
        )
        self._label(style, label)

    def band(
        self,
        x: ArrayLike,
        lower: ArrayLike,
        upper: ArrayLike,
        color: str,
        opacity: float,
        label: str = "",
    ) -> None:
        """The area between two lines."""
        at, low = self._seen(x, lower)
        _, high = self._seen(x, upper)
        style = f'fill="{color}" fill-opacity="{opacity}"'

        def draw(frame: _Frame) -> str:
            across = frame.across(at)
            ends = np.clip(frame.up(np.stack([low, high])), -_HEIGHT, 2 * _HEIGHT)
            around = _path(np.append(across, across[::-1]), np.append(ends[0], ends[1][::-1]))
            return f'<path d="{around}Z" {style}/>'

        self._marks.append(draw)
        self._label(style, label)

    def level(self, y: float, color: str, dash: str, label: str) -> None:
        """A horizontal line through the whole plot."""
        self._seen([], [y])
        style = _stroke(color, 1.5, dash)

        def draw(frame: _Frame) -> str:
            height = float(frame.up(np.array([y]))[0])
            return f'<path d="M{frame.left:.1f} {height:.1f}H{frame.right:.1f}" {style}/>'

        self._marks.append(draw)
        self._label(style, label)

    def border(self, x: float, before: str, after: str) -> None:
        """A vertical line, with a word on each side."""

        def draw(frame: _Frame) -> str:
            at = float(frame.across(np.array([x]))[0])
            height = frame.top + _SMALL
            return (
                f'<path d="M{at:.1f} {frame.top:.1f}V{frame.bottom:.1f}" '
                f"{_stroke(GREY, 1, '4 3')}/>"
                + _text(before, at - 5, height, _SMALL, GREY, "end")
                + _text(after, at + 5, height, _SMALL, GREY, "start")
            )

        self._marks.append(draw)

    def text(self, lowest: float = -math.inf) -> str:
        """The picture as SVG.

        Parameters
        ----------
        lowest : float
            The vertical axis does not begin lower.
        """
        title, x_label, y_label = self._texts
        rows = list(_rows(self._entries))
        bottom = _HEIGHT - _BOTTOM - _ROW * len(rows)
        ends = _ends(np.concatenate(self._y or [np.empty(0)]), self.log)
        frame = _Frame(
            _ends(np.concatenate(self._x or [np.empty(0)]), True),
            (max(ends[0], lowest), ends[1]) if lowest < ends[1] else ends,
            self.log,
            bottom,
        )
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH:g}" height="{_HEIGHT:g}" '
            f'viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" '
            'font-family="DejaVu Sans, Verdana, Helvetica, Arial, sans-serif">',
            f'<rect width="{_WIDTH:g}" height="{_HEIGHT:g}" fill="#ffffff"/>',
            f'<clipPath id="plot"><rect x="{frame.left:.1f}" y="{frame.top - 3:.1f}" '
            f'width="{frame.right - frame.left:.1f}" height="{frame.bottom - frame.top + 6:.1f}"/>'
            "</clipPath>",
            *_axes(frame, self._scale),
            _text(_cut(title, _WIDTH - _LEFT - _RIGHT), _LEFT, 18, _TEXT, GREY, "start"),
            _text(x_label, (frame.left + frame.right) / 2, bottom + 36, _TEXT, "#000000"),
            f'<g transform="translate(16 {(frame.top + bottom) / 2:.1f}) rotate(-90)">'
            f"{_text(y_label, 0, 0, _TEXT, '#000000')}</g>",
            '<g clip-path="url(#plot)">',
            *(draw(frame) for draw in self._marks),
            "</g>",
            *(
                _legend_row(row, bottom + _BOTTOM + _ROW * (number + 0.5))
                for number, row in enumerate(rows)
            ),
            "</svg>\n",
        ]
        return "".join(parts)

    def _seen(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """The points of a mark, which have to be in view."""
        at, values = np.asarray(x, np.float64), np.asarray(y, np.float64)
        self._x.append(at)
        self._y.append(values)
        return at, values

    def _label(self, style: str, label: str) -> None:
        if label:
            self._entries.append(_Entry(style, label))


class _Frame:
    """The area of a plot, and where values are in it."""

    def __init__(
        self, x: tuple[float, float], y: tuple[float, float], log: bool, bottom: float
    ) -> None:
        self.left, self.right = _LEFT, _WIDTH - _RIGHT
        self.top, self.bottom = _TOP, bottom
        self.x, self.y, self.log = x, y, log

    def across(self, x: Floats) -> Floats:
        """Horizontal places of numbers of samples."""
        return np.asarray(
            self.left + (self.right - self.left) * _share(x, self.x, log=True), np.float64
        )

    def up(self, y: Floats) -> Floats:
        """Vertical places of values; NaN where they have none."""
        return np.asarray(
            self.bottom - (self.bottom - self.top) * _share(y, self.y, log=self.log), np.float64
        )


def _share(values: Floats, ends: tuple[float, float], *, log: bool) -> Floats:
    """How far values are from the first end to the second."""
    if log:
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.log10(values)
        ends = (math.log10(ends[0]), math.log10(ends[1]))
    return (values - ends[0]) / (ends[1] - ends[0])


def _ends(values: Floats, log: bool) -> tuple[float, float]:
    """The ends of an axis that shows all values which have a place on it."""
    usable = values[np.isfinite(values) & (values > 0 if log else True)]
    if not len(usable):
        return (1.0, 10.0)
    low, high = float(usable.min()), float(usable.max())
    if log:
        # The ratio itself would overflow for values that are 300 decades apart.
        first, last = math.log10(low), math.log10(high)
        room = max(_MARGIN * (last - first), 0.01)
        return 10 ** max(first - room, _LEAST), 10 ** min(last + room, _MOST)
    room = _MARGIN * (high - low) or max(abs(high), 1.0) * _MARGIN
    return low - room, high + room


def _axes(frame: _Frame, scale: float) -> Iterator[str]:
    """Grid, ticks and the two axes."""
    span = frame.y[1] - frame.y[0]
    for value in _value_ticks(frame):
        height = float(frame.up(np.array([value]))[0])
        text = format_digits(scale * value, digits_for(value, span))
        yield f'<path d="M{frame.left:.1f} {height:.1f}H{frame.right:.1f}" {_stroke(LIGHT, 1)}/>'
        yield _text(text, frame.left - 6, height + 4, _SMALL, "#000000", "end")
    for value in _size_ticks(frame.x):
        at = float(frame.across(np.array([value]))[0])
        yield f'<path d="M{at:.1f} {frame.top:.1f}V{frame.bottom:.1f}" {_stroke(LIGHT, 1)}/>'
        yield _text(format_count_short(value), at, frame.bottom + 16, _SMALL, "#000000")
    yield (
        f'<path d="M{frame.left:.1f} {frame.top:.1f}V{frame.bottom:.1f}H{frame.right:.1f}" '
        f"{_stroke('#000000', 1)}/>"
    )


def _size_ticks(ends: tuple[float, float]) -> list[float]:
    decades = math.log10(ends[1]) - math.log10(ends[0])
    ticks = _log_ticks(ends, (1, 3) if decades < 3.5 else (1,))
    return ticks if len(ticks) > 1 else _log_ticks(ends, (1, 1.5, 2, 3, 4, 5, 7))


def _value_ticks(frame: _Frame) -> list[float]:
    """As those of Matplotlib's plots: of few digits, on a short logarithmic axis as on a linear."""
    low, high = frame.y
    decades = math.log10(high) - math.log10(low) if frame.log else 0.0
    if decades < _SHORT:
        step = _round_step((high - low) / _STEPS)
        first, last = math.ceil(low / step), math.floor(high / step)
        return [step * number for number in range(first, last + 1)]
    if decades < 1.2:
        return _log_ticks(frame.y, (1, 1.5, 2, 3, 4, 5, 7))
    if decades < 2.5:
        return _log_ticks(frame.y, (1, 2, 5))
    every = max(1, round(decades / (2 * _STEPS)))
    return _log_ticks(frame.y, (1,))[::every]


def _log_ticks(ends: tuple[float, float], digits: Sequence[float]) -> list[float]:
    powers = range(math.floor(math.log10(ends[0])), math.ceil(math.log10(ends[1])) + 1)
    ticks = [digit * 10.0**power for power in powers for digit in digits]
    return [tick for tick in ticks if ends[0] <= tick <= ends[1]]


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten that is not smaller."""
    power = 10.0 ** math.floor(math.log10(least))
    return next((power * each for each in (1, 2, 2.5, 5) if power * each >= least), 10 * power)


def _path(across: Floats, up: Floats) -> str:
    """The commands of a line; a point without a place interrupts it."""
    parts, begin = [], True
    for a, b in zip(across.tolist(), up.tolist(), strict=True):
        if math.isfinite(a) and math.isfinite(b):
            parts.append(f"{'M' if begin else 'L'}{a:.1f} {b:.1f}")
        begin = not (math.isfinite(a) and math.isfinite(b))
    return "".join(parts)


def _stroke(color: str, width: float, dash: str = "") -> str:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'fill="none" stroke="{color}" stroke-width="{width:g}" stroke-linecap="round"{dashes}'


def _text(text: str, x: float, y: float, size: float, color: str, anchor: str = "middle") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{color}" '
        f'text-anchor="{anchor}">{escape(printable(text))}</text>'
    )


def _cut(text: str, width: float) -> str:
    """As much of a text as fits in a width."""
    most = int(width / (_LETTER * _TEXT))
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _rows(entries: Sequence[_Entry]) -> Iterator[list[_Entry]]:
    """The rows of the legend, as many entries in each as there is room for."""
    row: list[_Entry] = []
    for entry in entries:
        if row and _length([*row, entry]) > _WIDTH - _LEFT - _RIGHT:
            yield row
            row = []
        row.append(entry)
    if row:
        yield row


def _length(row: Sequence[_Entry]) -> float:
    return sum(_width(entry) for entry in row)


def _width(entry: _Entry) -> float:
    return _SWATCH + 6 + _LETTER * _SMALL * len(entry.label) + _GAP


def _legend_row(row: Sequence[_Entry], height: float) -> str:
    parts, at = [], _LEFT
    for swatch, label in row:
        area = "fill-opacity" in swatch
        path = f"M{at:.1f} {height:.1f}h{_SWATCH:g}"
        if area:
            path = f"M{at:.1f} {height - 5:.1f}h{_SWATCH:g}v10h-{_SWATCH:g}Z"
        parts.append(f'<path d="{path}" {swatch}/>')
        parts.append(_text(label, at + _SWATCH + 6, height + 4, _SMALL, "#000000", "start"))
        at += _width(_Entry(swatch, label))
    return "".join(parts)
