"""The number of threads that numerical libraries compute with during a run.

The last digits of a matrix product depend on the number of threads that share it, and threads of
BLAS or OpenMP that wait for a core keep the others busy. So a run has the same number wherever it
is done: one, or ``OMP_NUM_THREADS``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")
_libraries: list[tuple[int, Any]] = []
"""The number of modules when the native libraries were last listed, and the list."""


def threads_of_run() -> int:
    """Threads of BLAS and OpenMP in a run: ``OMP_NUM_THREADS``, or one."""
    first = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return int(first) if first.isdecimal() and int(first) > 0 else 1


@contextmanager
def threads_limited() -> Iterator[None]:
    """Let libraries compute with `threads_of_run` threads, those too that are loaded within."""
    threads = threads_of_run()
    before = {name: os.environ.get(name) for name in _NAMES}
    os.environ.update(dict.fromkeys(_NAMES, str(threads)))
    try:
        with _controller().limit(limits=threads):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _controller() -> Any:
    # Listing the libraries takes longer than a small fit; new ones come with new modules.
    if not _libraries or _libraries[0][0] != len(sys.modules):
        from threadpoolctl import ThreadpoolController

        controller = ThreadpoolController()
        _libraries[:] = [(len(sys.modules), controller)]
    return _libraries[0][1]
