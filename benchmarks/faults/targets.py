"""All readers that are fuzzed, by name."""

from __future__ import annotations

from collections.abc import Mapping

import curve_targets
import data_targets
import study_targets
from target import Target

TARGETS: Mapping[str, Target] = {
    **data_targets.TARGETS,
    **curve_targets.TARGETS,
    **study_targets.TARGETS,
}
