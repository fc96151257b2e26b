"""What can go wrong, said for people: what, where, what was expected, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


class DataworthError(Exception):
    """The base of every error that dataworth raises on purpose.

    The command line prints such an error as one message, without a traceback, and exits with 2.
    """


class DataError(DataworthError, ValueError):
    """Data that cannot be used as they are: a file, a row, a label, a shape."""


class DataNotFoundError(DataError):
    """Data that are not on this machine; the message says how to get them."""


class LabelError(DataError):
    """Labels that are no classes. ``labels`` holds them as they were read, for an audit."""

    def __init__(self, message: str, labels: NDArray[Any]) -> None:
        super().__init__(message)
        self.labels = labels


class StudyError(DataworthError, ValueError):
    """A study that cannot be run as asked: an option, a size, a model, a run directory."""


class ForecastError(DataworthError, ValueError):
    """A learning curve from which nothing can be said, and why."""


class MissingDependencyError(DataworthError, ImportError):
    """A feature that needs an extra which is not installed; the message says which."""


class DataworthWarning(UserWarning):
    """Something that a person should know and that does not stop the work."""
