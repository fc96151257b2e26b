"""The imports of the package, read from its source: those in functions and for types count too."""

from __future__ import annotations

import ast
from pathlib import Path

import dataworth

PACKAGE = Path(dataworth.__file__).parent


def module_imports() -> dict[str, set[str]]:
    """The modules of dataworth that each of its modules imports; names without ``dataworth.``."""
    paths = {_name(path): path for path in PACKAGE.rglob("*.py")}
    found = {}
    for name, path in paths.items():
        imported: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{path}: relative import"
                imported |= {f"{node.module}.{alias.name}" for alias in node.names}
        own = {_within(each.removeprefix("dataworth."), paths) for each in imported}
        found[name] = own - {"", name}
    return found


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of nodes that reach each other, as sorted lists."""
    reached = {node: _reachable(graph, node) for node in graph}
    groups = {
        tuple(sorted(other for other in reached[node] if node in reached[other]))
        for node in graph
        if node in reached[node]
    }
    return [list(group) for group in sorted(groups)]


def _reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    left = set(graph[start])
    while left:
        node = left.pop()
        reached.add(node)
        left |= graph[node] - reached
    return reached


def _name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _within(imported: str, paths: dict[str, Path]) -> str:
    """The module that a dotted name is or is in; empty for those of other packages."""
    if imported in paths:
        return imported
    module = imported.rpartition(".")[0]
    return module if module in paths else ""
