"""The torch model of `kills.py`: a small network, trained for a few steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

import dataworth as dw


def build(shape: Sequence[int], outputs: int) -> Any:
    """A network of one hidden layer."""
    return torch.nn.Sequential(
        torch.nn.Flatten(),
        torch.nn.Linear(math.prod(shape), 16),
        torch.nn.ReLU(),
        torch.nn.Linear(16, outputs),
    )


network = dw.Torch(build, epochs=3)
