"""The observer that writes a study's curve to its run directory."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

from dataworth._util.files import Unwritten, atomic_write
from dataworth.curves.curve import Curve, curves_to_csv
from dataworth.errors import DataworthWarning, MissingDependencyError
from dataworth.observers.base import Observer
from dataworth.records.layout import CURVE_FILE, CURVE_PICTURE
from dataworth.records.record import Record

_LEAST_SECONDS = 10.0
_SHARE_OF_TIME = 0.02
_ADVICE = (
    "Finished runs are stored in results.sqlite; free some space, then run the same command again."
)


class Artifacts(Observer):
    """Writes ``curve.csv`` and ``curve.png``.

    While the study runs, the curve is written after a run at most every ten seconds, and so that
    writing takes at most 2 % of the time; it is written once more when the study ends.

    Parameters
    ----------
    directory : Path
        The run directory.
    read_curves : callable
        Returns the curves of the finished runs, by model; none before the first is finished.
    """

    def __init__(self, directory: Path, read_curves: Callable[[], Mapping[str, Curve]]) -> None:
        self._directory = directory
        self._read_curves = read_curves
        self._next = time.monotonic() + _LEAST_SECONDS

    def on_record(self, record: Record) -> None:
        """Write the curve, unless it was written a moment ago."""
        started = time.monotonic()
        if started >= self._next:
            self.write()
            took = time.monotonic() - started
            self._next = time.monotonic() + max(_LEAST_SECONDS, took / _SHARE_OF_TIME)

    def write(self) -> None:
        """Write the curves of all finished runs, with a column ``model`` if there are several.

        Raises
        ------
        StudyError
            If it cannot be written.
        """
        self._write_curve(self._read_curves())

    def on_study_end(self) -> None:
        """Write the curve and its picture, where they are not those of all finished runs.

        Raises
        ------
        StudyError
            If one cannot be written; the other one still is.
        """
        curves = self._read_curves()
        unwritten = Unwritten()
        with unwritten.collected():
            self._write_curve(curves)
        with unwritten.collected():
            self._write_picture(curves)
        error = unwritten.error()
        if error is not None:
            raise error

    def _write_picture(self, curves: Mapping[str, Curve]) -> None:
        path = self._directory / CURVE_PICTURE
        if curves and not is_current(path):
            # Slow to import, and not needed where nothing was run.
            from dataworth.plots.curve import curve_plot_data, draw_curves
            from dataworth.plots.style import image_bytes

            try:
                figure = draw_curves([curve_plot_data(curve) for curve in curves.values()])
            except MissingDependencyError as error:
                warnings.warn(
                    DataworthWarning(f"{CURVE_PICTURE} is not drawn: {error}", code="no-picture"),
                    stacklevel=2,
                )
                return
            atomic_write(path, image_bytes(figure), _ADVICE)

    def _write_curve(self, curves: Mapping[str, Curve]) -> None:
        path, content = self._directory / CURVE_FILE, curves_to_csv(curves) if curves else ""
        if curves and not (path.is_file() and path.read_bytes() == content.encode()):
            atomic_write(path, content, _ADVICE)


def is_current(path: Path) -> bool:
    """Whether a file of a run directory was made since its curve was last changed."""
    curve = path.with_name(CURVE_FILE)
    try:
        return path.stat().st_mtime_ns >= curve.stat().st_mtime_ns
    except FileNotFoundError:
        return False
