"""Calling and importing a user's own code: its errors are reported with their place."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from dataworth._util.extras import EXTRAS
from dataworth._util.words import nearest
from dataworth.errors import DataworthError, StudyError

_ESTIMATORS = ("catboost", "lightgbm", "xgboost")
"""Libraries of estimators that no extra installs; each is installed under its own name."""
_LIBRARIES = (
    *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
    str(Path(__file__).parents[1]),
    "<frozen",
)
_SEARCHED: set[str] = set()
"""Folders that were added to ``sys.path`` for modules of the user."""


@contextmanager
def user_code(what: str) -> Iterator[None]:
    """Turn whatever the user's code raises into a `StudyError` that says where it was raised.

    Parameters
    ----------
    what : str
        What the message calls the code.
    """
    try:
        yield
    except (DataworthError, MemoryError):
        raise
    except Exception as error:
        raise StudyError(
            f"{what} raised {one_line(error)}{place(error)}. Correct it, then run the same again.",
            code="user-code-failed",
        ) from error


def one_line(error: BaseException) -> str:
    """Type and message of an exception, on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300].rstrip('.')}"


def place(error: BaseException) -> str:
    """`` (FILE:LINE, in FUNCTION)`` of the last line outside libraries; empty if there is none."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if not f.filename.startswith(_LIBRARIES)]
    return f" ({own[-1].filename}:{own[-1].lineno}, in {own[-1].name})" if own else ""


def import_object(text: str, option: str = "model") -> Any:
    """Import what "module:name" or "file.py:name" names; the current folder is searched last.

    Raises
    ------
    StudyError
        If the module cannot be imported, or has no such name.
    """
    module_name, _, name = text.rpartition(":")
    if "keras" not in sys.modules:
        # A module that imports Keras at its top must find it on the JAX backend.
        os.environ["KERAS_BACKEND"] = "jax"
    folder, path = os.getcwd(), None
    if module_name.endswith(".py"):
        # A file is imported as a module of its folder, so that other processes find it too.
        path = Path(module_name).resolve()
        if not path.is_file():
            raise StudyError(f'{option} "{text}": there is no file {path}.', code="import-failed")
        folder, module_name = str(path.parent), path.stem
        _forget_another(module_name, path)
    if folder not in sys.path:
        sys.path.append(folder)
        _SEARCHED.add(folder)
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        known = _misspelt_module(error) or _command_that_installs(error)
        advice = known or f"Modules are searched for on PYTHONPATH and in {folder}."
        raise StudyError(
            f'{option} "{text}": the module {module_name} cannot be imported ({one_line(error)}). '
            f"{advice}",
            code="import-failed",
        ) from None
    if path is not None and not _is_from(module, path):
        raise StudyError(
            f'{option} "{text}": {module_name} is the name of another module '
            f"({getattr(module, '__file__', None) or 'a part of Python'}). Rename {path.name}.",
            code="import-failed",
        )
    if not hasattr(module, name):
        raise StudyError(
            f'{option} "{text}": {module_name} has no {name}; {_what_it_has(module, name)}',
            code="import-failed",
        )
    return getattr(module, name)


def _forget_another(name: str, path: Path) -> None:
    """Forget a user's module of this name from another folder, as of a study that was run before.

    That folder is not searched any more, so that worker processes find the same file.
    """
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None)
    if module and file and not file.startswith(_LIBRARIES) and not _is_from(module, path):
        del sys.modules[name]
    for folder in sorted(_SEARCHED - {str(path.parent)}):
        if Path(folder, path.name).is_file():
            _SEARCHED.remove(folder)
            sys.path[:] = [place for place in sys.path if place != folder]


def _is_from(module: ModuleType, path: Path) -> bool:
    """Whether a module was imported from a file."""
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).resolve() == path


_MOST_NAMES = 12


def _what_it_has(module: ModuleType, name: str) -> str:
    """The name in a module that was probably meant, or else what it defines, for a message."""
    public = [key for key in dir(module) if not key.startswith("_")]
    close = nearest(name, public)
    if close:
        return f"did you mean {close}?"
    values = vars(module)
    made = [key for key in public if inspect.isclass(values.get(key))]
    made += [key for key in public if inspect.isfunction(values.get(key))]
    more = f" and {len(made) - _MOST_NAMES} more" if len(made) > _MOST_NAMES else ""
    return f"it has {', '.join(made[:_MOST_NAMES]) or 'no class and no function'}{more}."


def _misspelt_module(error: Exception) -> str | None:
    """What a package that is there has in place of a module that it has not."""
    name = error.name if isinstance(error, ModuleNotFoundError) else None
    package, _, last = (name or "").rpartition(".")
    if package not in sys.modules:
        return None
    inside = [each.name for each in pkgutil.iter_modules(sys.modules[package].__path__)]
    close = nearest(last, inside)
    return f"Did you mean {package}.{close}?" if close else f"{package} is there without it."


def _command_that_installs(error: Exception) -> str | None:
    """What to type for a library that is not installed, if its name is known."""
    name = error.name if isinstance(error, ModuleNotFoundError) else None
    library = (name or "").partition(".")[0]
    if library in EXTRAS:
        return f"Install the library: pip install 'dataworth[{EXTRAS[library]}]'"
    return f"Install the library: pip install {library}" if library in _ESTIMATORS else None
