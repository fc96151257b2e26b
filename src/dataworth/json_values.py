"""Values as JSON has them."""

from __future__ import annotations

import math
from typing import Any


def json_values(value: Any) -> Any:
    """Dicts, lists and numbers with None for infinity and NaN, which JSON does not have."""
    if isinstance(value, dict):
        return {key: json_values(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_values(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
