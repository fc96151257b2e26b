"""Errors and warnings that dataworth raises on purpose.

* DataworthError

  * DataError (also a ValueError)

    * DataNotFoundError
    * LabelError

  * StudyError (also a ValueError)
  * ForecastError (also a ValueError)
  * MissingDependencyError (also an ImportError)

* DataworthWarning (also a UserWarning)

Each message says what was wrong, where, what was expected and what to do. Messages may be reworded
at any time; programs read `code`, which names the kind of fault and is stable, and `values`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


class _CodedError(Exception):
    """A message for the user, with a code and values for programs.

    Parameters
    ----------
    message : str
        What was wrong, where, what was expected, what to do.
    code : str
        The kind of fault: lower case with hyphens, such as "file-damaged".
    **values
        The offending values by name, such as ``row=7``.

    Attributes
    ----------
    code : str
    values : dict of str to object
    """

    def __init__(self, message: str, /, *, code: str, **values: Any) -> None:
        super().__init__(message)
        self.code = code
        self.values = values

    def __reduce__(self) -> tuple[Any, ...]:
        # Worker processes pickle errors; exceptions are rebuilt from positional arguments alone
        # by default, and would lose what is given by keyword. The attributes follow for notes.
        return partial(type(self), code=self.code, **self.values), self.args, self.__dict__


class DataworthError(_CodedError):
    """The base of every error that dataworth raises on purpose.

    The command line prints such an error as one message, without a traceback, and exits with 2.

    Parameters
    ----------
    message : str
        What was wrong, where, what was expected, what to do.
    code : str
        The kind of fault: lower case with hyphens, such as "file-damaged".
    **values
        The offending values by name, such as ``row=7``.

    Attributes
    ----------
    code : str
        Stable; the page on errors lists all codes.
    values : dict of str to object
        The offending values where the code alone says too little; often empty.
    """


class DataError(DataworthError, ValueError):
    """Data that cannot be used as they are: a file, a row, a label, a shape."""


class DataNotFoundError(DataError):
    """Data that are not on this machine; the message says how to get them."""


class LabelError(DataError):
    """Labels that are not classes.

    Attributes
    ----------
    labels : ndarray of shape (n,)
        The labels as they were read, for an audit.
    """

    def __init__(self, message: str, /, *, code: str, labels: NDArray[Any], **values: Any) -> None:
        super().__init__(message, code=code, labels=labels, **values)
        self.labels = labels


class StudyError(DataworthError, ValueError):
    """A study that cannot be run as asked: an option, a size, a model, a run directory."""


class ForecastError(DataworthError, ValueError):
    """A learning curve that does not allow a forecast, or a forecast's option."""


class MissingDependencyError(DataworthError, ImportError):
    """A feature that needs an extra which is not installed.

    Attributes
    ----------
    extra : str
        The extra to install: ``pip install 'dataworth[EXTRA]'``.
    """

    def __init__(self, message: str, /, *, code: str, extra: str, **values: Any) -> None:
        super().__init__(message, code=code, extra=extra, **values)
        self.extra = extra


class DataworthWarning(_CodedError, UserWarning):  # noqa: N818
    """Something worth knowing that does not stop the work; with `code` and `values` as errors."""
