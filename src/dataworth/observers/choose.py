"""The observer of a study when none was given."""

from __future__ import annotations

import sys

from dataworth.observers.base import Progress, Silent


def default_observer(progress: Progress | bool | None) -> Progress:
    """Return `progress`, or the default observer: a terminal bar, a notebook line, or none.

    Parameters
    ----------
    progress : Progress, bool or None
        True: a bar in the terminal or a line in the notebook; None: a line in a notebook only;
        False: nothing.
    """
    if not isinstance(progress, bool) and progress is not None:
        return progress
    # A script that asked for nothing need not load rich.
    if not progress and (progress is False or "ipykernel" not in sys.modules):
        return Silent()
    from rich.console import Console

    console = Console(stderr=True)
    if console.is_jupyter:
        from dataworth.observers.notebook import NotebookProgress

        return NotebookProgress()
    if progress is None:
        return Silent()
    from dataworth.observers.terminal import TerminalProgress

    return TerminalProgress(console)
