"""Collection of the source of the user's code that a model runs, for a hash of it."""

from __future__ import annotations

import dis
import inspect
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

_LIBRARIES = frozenset({"jax", "jaxlib", "keras", "numpy"}) | sys.stdlib_module_names
_INSTALLED = (
    *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
    str(Path(__file__).parents[1]),
)
_PLAIN = (bool, int, float, complex, str, bytes)


def is_own(thing: Any) -> bool:
    """Whether a class, function or module is not part of Keras, JAX, NumPy or Python."""
    name = thing.__name__ if isinstance(thing, ModuleType) else thing.__module__
    return str(name or "builtins").partition(".")[0] not in _LIBRARIES


def own_code(roots: Iterable[Any], *, installed: bool = True) -> list[str]:
    """Collect the code of functions, classes and modules and of all that they use.

    References are followed through globals, closures and members that the code names. Code reached
    in other ways, and the code of libraries, is not included.

    Parameters
    ----------
    roots : iterable of functions, classes and modules
    installed : bool
        Whether to follow code into installed packages, apart from Keras, JAX and NumPy.

    Returns
    -------
    list of str
        Sorted, with the constants that the code reads: source if it is available, otherwise (in an
        interactive session) the compiled code.
    """
    texts: set[str] = set()
    seen: set[int] = set()
    waiting = list(roots)
    while waiting:
        thing = waiting.pop()
        known = isinstance(thing, type | FunctionType | ModuleType)
        followed = known and is_own(thing) and (installed or not is_installed(thing))
        if followed and id(thing) not in seen:
            seen.add(id(thing))
            texts.add(_text(thing))
            waiting += _used(thing)
    return sorted(texts)


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers and texts among the public attributes, without the name."""
    return {
        name: value
        for name, value in values.items()
        if not name.startswith("_") and name != "name" and isinstance(value, _PLAIN)
    }


def module_source(thing: Any) -> str:
    """Source of the module that `thing` is defined in; empty for a script or a notebook."""
    module = sys.modules.get(getattr(thing, "__module__", ""))
    return "" if module is None or module.__name__ == "__main__" else _source(module)


def is_installed(thing: Any) -> bool:
    """Whether the file of a function, class or module is in a folder of installed packages."""
    module = thing if isinstance(thing, ModuleType) else sys.modules.get(thing.__module__ or "")
    file = str(getattr(module, "__file__", None) or "")
    return file.startswith(_INSTALLED)


def _text(thing: Any) -> str:
    # The functions of a class are separate texts: in a notebook, a class has no source.
    text, read = "", vars(thing)
    if not isinstance(thing, type):
        text = _source(thing) or (
            _compiled(thing.__code__) if isinstance(thing, FunctionType) else ""
        )
        read = _around(thing) if isinstance(thing, FunctionType) else {}
    constants = sorted(f"{name} = {value!r}" for name, value in plain_values(read).items())
    return "\n".join([text, *constants])


def _used(thing: Any) -> list[Any]:
    """The members of a class, or the outer variables that a function reads."""
    if isinstance(thing, FunctionType):
        return list(_around(thing).values())
    if isinstance(thing, ModuleType):
        return []
    members = [getattr(value, "__func__", value) for value in vars(thing).values()]
    getters = [value.fget for value in members if isinstance(value, property)]
    functions = [value for value in (*members, *getters) if isinstance(value, FunctionType)]
    return [*thing.__bases__, *map(inspect.unwrap, functions)]


def _around(function: FunctionType) -> dict[str, Any]:
    """The outer variables that a function reads, by name: globals, closures, defaults."""
    names = _names(function.__code__)
    found = {name: value for name, value in function.__globals__.items() if name in names}
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    found.update((name, _content(cell)) for name, cell in cells)
    defaults = function.__defaults__ or ()
    return found | {f"default {index}": value for index, value in enumerate(defaults)}


@lru_cache(maxsize=10_000)
def _names(code: CodeType) -> frozenset[str]:
    """Names of the globals that a function reads, also in functions within it."""
    return frozenset(_each_name(code))


def _each_name(code: CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _each_name(constant)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _source(thing: Any) -> str:
    """The source, or None if there is none, as for code of an interactive session."""
    try:
        return inspect.getsource(thing)
    except (OSError, TypeError):
        return ""


def _compiled(code: CodeType) -> str:
    constants = map(_constant, code.co_consts)
    return repr((code.co_code, code.co_names, code.co_varnames, *constants))


def _constant(value: Any) -> str:
    if isinstance(value, CodeType):
        return _compiled(value)
    # The order of a set differs between processes.
    return repr(sorted(value, key=repr) if isinstance(value, frozenset) else value)
