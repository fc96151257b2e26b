"""What is more data worth? Measure, fit and forecast loss against training samples."""

from dataworth.curve import Curve
from dataworth.dataset import Dataset
from dataworth.findings import Finding

__all__ = ["Curve", "Dataset", "Finding"]
__version__ = "0.1.0"
