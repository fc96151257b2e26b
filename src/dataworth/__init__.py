"""What is more data worth? Measure, fit and forecast loss against training samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

# Not lazy: the package `audit` would hide the function of its name once it is imported.
from dataworth.audit import audit
from dataworth.curve import Curve
from dataworth.dataset import Dataset
from dataworth.findings import Finding

if TYPE_CHECKING:
    from dataworth.laws import Forecast, forecast
    from dataworth.sources import load
    from dataworth.study import Study

__all__ = ["Curve", "Dataset", "Finding", "Forecast", "Study", "audit", "forecast", "load"]
__version__ = "0.1.0"

_LAZY = {
    "Forecast": "dataworth.laws",
    "Study": "dataworth.study",
    "forecast": "dataworth.laws",
    "load": "dataworth.sources",
}


def __getattr__(name: str) -> Any:
    """Import a room when one of its names is first used, so that importing dataworth is fast."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LAZY[name]), name)
