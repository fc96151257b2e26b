"""Print the lowest version of every dependency that pyproject.toml allows, as constraints of pip.

The tools of developers and the packages that benchmarks compare with are left out.
"""

from __future__ import annotations

import tomllib
from itertools import chain
from pathlib import Path

LEFT_OUT = ("bench", "dev")


def lower_bounds() -> list[str]:
    """Return `name==version` for each requirement `name>=version`."""
    file = Path(__file__).parents[1] / "pyproject.toml"
    project = tomllib.loads(file.read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    needed = (extras[name] for name in extras if name not in LEFT_OUT)
    requirements = set(chain(project["dependencies"], *needed))
    return sorted(
        requirement.replace(">=", "==")
        for requirement in requirements
        if not requirement.startswith(f"{project['name']}[")
    )


if __name__ == "__main__":
    print("\n".join(lower_bounds()))
