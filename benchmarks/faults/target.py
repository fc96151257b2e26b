"""What a target of fuzzing is: a reader, the files to begin with, and what counts as a fault."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dataworth.errors import DataworthError


@dataclass(frozen=True)
class Target:
    """A reader.

    Attributes
    ----------
    seeds : callable
        Makes the valid files that the changes begin with.
    read : callable
        Reads a changed file, which it is given with a folder of its own.
    """

    seeds: Callable[[], Sequence[bytes]]
    read: Callable[[bytes, Path], None]


@contextmanager
def only_errors_of_dataworth() -> Iterator[None]:
    """Leave nothing but an exception that is not an error of dataworth with a code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except DataworthError as error:
            if not error.code or not str(error):
                raise RuntimeError(f"an error without a code or a message: {error!r}") from error


def try_input(target: Target, content: bytes, folder: Path) -> None:
    """Read an input.

    Raises
    ------
    BaseException
        Whatever is not an error of dataworth.
    """
    with only_errors_of_dataworth():
        target.read(content, folder)
