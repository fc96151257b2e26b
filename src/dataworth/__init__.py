"""What is more data worth? Measure, fit and forecast loss against training samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

# Not lazy: the package `audit` would hide the function of its name once it is imported.
from dataworth.audit import audit
from dataworth.lazy import lazily

if TYPE_CHECKING:
    from dataworth.comparison import Comparison, compare
    from dataworth.curve import Curve
    from dataworth.curve_frames import curves_from_frame
    from dataworth.curve_sources import as_curve
    from dataworth.dataset import Dataset
    from dataworth.findings import Finding
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

_ROOMS = {
    "Comparison": "dataworth.comparison",
    "Curve": "dataworth.curve",
    "Dataset": "dataworth.dataset",
    "Finding": "dataworth.findings",
    "Forecast": "dataworth.laws",
    "Study": "dataworth.study",
    "as_curve": "dataworth.curve_sources",
    "compare": "dataworth.comparison",
    "curves_from_frame": "dataworth.curve_frames",
    "forecast": "dataworth.laws",
    "learning_curve": "dataworth.sklearn_curves",
    "load": "dataworth.sources",
}
__getattr__ = lazily(__name__, _ROOMS)


def __dir__() -> list[str]:
    """The public names, for completion in notebooks: most are not loaded yet."""
    return [*__all__, "__version__"]
