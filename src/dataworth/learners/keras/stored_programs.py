"""Compiled programs stored between processes, by JAX's persistent compilation cache.

JAX reads and writes a folder of its own form. It writes files in place, and what is damaged in one
it loads or never writes again. So each process gives JAX a folder of its own: programs
that are whole by their SHA-256 are linked into it, and new ones are linked from there to the user's
folder, each with one call of the operating system. Two processes cannot see half of a file, and a
killed one leaves none.

A program is machine code. It is only taken from a folder in the user's cache folder that belongs to
the user and that other users may not write, never from a run directory or the current folder.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import platform
import shutil
import tempfile
import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from dataworth._util.files import has_room
from dataworth._util.machine import is_alive

MOST_BYTES = 64 << 20
"""Of the programs for one kind of machine; the oldest are removed."""
_LEAST_SECONDS = 0.05
"""What compiles in less is compiled again."""
_OWN = "process-"


@cache
def store_programs() -> None:
    """Let JAX load programs that were compiled before, and store new ones.

    Nothing is changed where a folder was set for JAX (``JAX_COMPILATION_CACHE_DIR``), its cache is
    turned off (``JAX_ENABLE_COMPILATION_CACHE=0``), or the user's folder cannot be written or may
    be written by others.
    """
    import jax
    from platformdirs import user_cache_path

    config: Any = jax.config
    if config.jax_compilation_cache_dir or not config.jax_enable_compilation_cache:
        return
    folder = user_cache_path("dataworth") / "programs" / _kind_of_machine()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_private(folder):
            return
        _remove_left(folder)
        own = Path(tempfile.mkdtemp(prefix=f"{_OWN}{os.getpid()}-", dir=folder))
    except OSError:
        # Each process compiles then, as without the folder.
        return
    _shelf.update({folder: own})
    for path in _programs(folder):
        with suppress(OSError):
            if _digest(path) == path.suffix[1:]:
                os.link(path, own / path.stem)
            else:
                path.unlink()
    config.update("jax_compilation_cache_dir", str(own))
    config.update("jax_persistent_cache_min_compile_time_secs", _LEAST_SECONDS)
    config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    # The path of a folder for them would be part of every program's name.
    config.update("jax_persistent_cache_enable_xla_caches", "none")
    # As on a full disk: a program that cannot be stored is compiled again.
    warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation cache")
    atexit.register(_end)


_shelf: dict[Path, Path] = {}
"""The user's folder, and this process's own folder in it; empty where programs are not stored."""


def publish_programs() -> None:
    """Make what this process has compiled available to others."""
    for folder, own in _shelf.items():
        for path in own.glob("*-cache"):
            # What has more than one name is in the user's folder.
            with suppress(OSError):
                if path.stat().st_nlink == 1 and has_room(folder):
                    os.link(path, folder / f"{path.name}.{_digest(path)}")
                    _remove_oldest(folder)


def _end() -> None:
    publish_programs()
    for own in _shelf.values():
        shutil.rmtree(own, ignore_errors=True)


def _remove_left(folder: Path) -> None:
    """Remove the folders of processes that are gone."""
    for own in folder.glob(f"{_OWN}*"):
        owner = own.name.removeprefix(_OWN).partition("-")[0]
        if owner.isdigit() and not is_alive(int(owner)):
            shutil.rmtree(own, ignore_errors=True)


def _remove_oldest(folder: Path) -> None:
    states = {}
    for path in _programs(folder):
        with suppress(OSError):
            states[path] = path.stat()
    total = sum(state.st_size for state in states.values())
    for path in sorted(states, key=lambda each: states[each].st_mtime_ns):
        if total <= MOST_BYTES:
            return
        path.unlink(missing_ok=True)
        total -= states[path].st_size


def _programs(folder: Path) -> list[Path]:
    return list(folder.glob("*-cache.*"))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:32]


def _is_private(folder: Path) -> bool:
    """Whether a folder is the user's, and other users may not write to it."""
    if os.name == "nt":
        # It is in the user's profile.
        return True
    state = folder.lstat()
    return state.st_uid == os.geteuid() and not state.st_mode & 0o022


def _kind_of_machine() -> str:
    """A name of all that programs depend on and that JAX does not look at.

    XLA compiles for the processor's instructions, and divides the work of a program by ``NPROC``.
    """
    import jax

    facts = [jax.__version__, os.environ.get("NPROC", ""), platform.machine()]
    try:
        lines = Path("/proc/cpuinfo").read_text().partition("\n\n")[0].splitlines()
    except OSError:
        facts.append(platform.processor())
    else:
        names = ("model name", "flags", "Features", "CPU part")
        facts += [line for line in lines if line.startswith(names)]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]
