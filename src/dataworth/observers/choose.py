"""Audience: who is told of a study's progress when nobody was named."""

from __future__ import annotations

import sys

from dataworth.observers.base import Progress, Silent


def audience(progress: Progress | bool | None) -> Progress:
    """`progress` itself; for True whoever looks; for None the reader of a notebook, if any."""
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
