"""Print the versions of Python that pyproject.toml names in its classifiers, the oldest first."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

file = Path(__file__).parents[1] / "pyproject.toml"
classifiers = "\n".join(tomllib.loads(file.read_text("utf-8"))["project"]["classifiers"])
print("\n".join(re.findall(r"^Programming Language :: Python :: (\d+\.\d+)$", classifiers, re.M)))
