"""Choice of the default observer of a study."""

from __future__ import annotations

import sys

from dataworth._util.printable import new_console
from dataworth.observers.base import Observer


def default_observer(progress: Observer | bool | None) -> Observer:
    """The observer that shows progress.

    Parameters
    ----------
    progress : Observer, bool or None
        An observer is returned as it is. True: progress under the cell in a notebook, else on
        stderr. False: none. None: progress in a notebook, none in a script.
    """
    if not isinstance(progress, bool) and progress is not None:
        return progress
    # Without a request for progress, rich need not be imported.
    if not progress and (progress is False or "ipykernel" not in sys.modules):
        return Observer()

    from dataworth.observers.notebook import NotebookObserver
    from dataworth.observers.terminal import TerminalObserver

    console = new_console(stderr=True)
    if console.is_jupyter:
        return NotebookObserver()
    return Observer() if progress is None else TerminalObserver(console)
