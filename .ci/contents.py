"""Check what a wheel and an sdist hold: every module and asset, and nothing that users do not need.

python .ci/contents.py dist/*.whl dist/*.tar.gz
"""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "dataworth"
KINDS = {".py", ".typed", ".toml", ".json", ".html", ".css", ".js", ".gz", ".npz"}


def expected() -> set[str]:
    """The files of the package, as a wheel names them."""
    files = (path for path in PACKAGE.rglob("*") if path.is_file())
    names = (path.relative_to(ROOT / "src").as_posix() for path in files)
    return {name for name in names if "__pycache__" not in name}


def faults(path: Path) -> list[str]:
    """What is missing in a distribution, or should not be there."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            names = set(wheel.namelist())
        own = {name for name in names if name.startswith("dataworth/")}
        metadata = {name for name in names if ".dist-info/" in name}
        found = [f"missing: {name}" for name in sorted(expected() - own)]
        found += [f"not wanted: {name}" for name in sorted(names - metadata - expected())]
        odd = [name for name in own if Path(name).suffix not in KINDS]
        return found + [f"of an unknown kind: {name}" for name in sorted(odd)]
    with tarfile.open(path) as archive:
        inner = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {f"src/{name}" for name in expected()}
    wanted |= {"README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "pyproject.toml"}
    return [f"missing: {name}" for name in sorted(wanted - inner)]


def main() -> int:
    """Check each file; 1 if one has a fault."""
    code = 0
    for name in sys.argv[1:]:
        for fault in faults(Path(name)):
            print(f"{name}: {fault}", file=sys.stderr)
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
