"""Conversion of values to JSON types."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def json_values(value: Any) -> Any:
    """Convert to dicts, lists and numbers, with None for infinity and NaN, which JSON lacks."""
    if isinstance(value, dict):
        return {key: json_values(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_values(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value
