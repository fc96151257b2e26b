"""What the training benchmark's networks have in common."""

from __future__ import annotations

CLASSES = 62


def hidden(model: str) -> list[int]:
    """Return the widths of the hidden layers of "mlp:512,512"."""
    return [int(width) for width in model.split(":")[1].split(",")]
