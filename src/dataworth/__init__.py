"""What is more data worth? Measure, fit and forecast loss against training samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

# Not lazy: the package `audit` would hide the function of its name once it is imported.
from dataworth.audit import audit
from dataworth.curve import Curve
from dataworth.dataset import Dataset
from dataworth.findings import Finding

if TYPE_CHECKING:
    from dataworth.comparison import Comparison, compare
    from dataworth.curve_frames import curves_from_frame
    from dataworth.curve_sources import as_curve
    from dataworth.laws import Forecast, forecast
    from dataworth.sklearn_curves import learning_curve
    from dataworth.sources import load
    from dataworth.study import Study

__all__ = [
    "Comparison",
    "Curve",
    "Dataset",
    "Finding",
    "Forecast",
    "Study",
    "as_curve",
    "audit",
    "compare",
    "curves_from_frame",
    "forecast",
    "learning_curve",
    "load",
]
__version__ = "0.1.0"

_LAZY = {
    "Comparison": "dataworth.comparison",
    "Forecast": "dataworth.laws",
    "Study": "dataworth.study",
    "as_curve": "dataworth.curve_sources",
    "compare": "dataworth.comparison",
    "curves_from_frame": "dataworth.curve_frames",
    "forecast": "dataworth.laws",
    "learning_curve": "dataworth.sklearn_curves",
    "load": "dataworth.sources",
}


def __getattr__(name: str) -> Any:
    """Import a room when one of its names is first used, so that importing dataworth is fast."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LAZY[name]), name)
