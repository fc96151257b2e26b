"""What is more data worth? Measure, fit and forecast loss against training samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dataworth.curve import Curve
from dataworth.dataset import Dataset
from dataworth.findings import Finding

if TYPE_CHECKING:
    from dataworth.laws import Forecast, forecast
    from dataworth.sources import load

__all__ = ["Curve", "Dataset", "Finding", "Forecast", "forecast", "load"]
__version__ = "0.1.0"

_LAZY = {"forecast": "dataworth.laws", "Forecast": "dataworth.laws", "load": "dataworth.sources"}


def __getattr__(name: str) -> Any:
    """Import a room when one of its names is first used, so that importing dataworth is fast."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LAZY[name]), name)
