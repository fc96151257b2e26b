"""The structure of the package: imports go one way, and CONTRIBUTING.md shows it as it is."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from itertools import combinations
from pathlib import Path

from imports import PACKAGE, cycles, module_imports

ROOT = Path(__file__).parents[1]


@cache
def imports_of_modules() -> dict[str, set[str]]:
    """Read when a test needs them: each process that runs tests imports this file."""
    return module_imports()


def _folder(module: str) -> str:
    return module.split(".")[0]


def test_a_cycle_is_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a", "d"}}
    assert cycles(graph) == [["b", "c"], ["d"]]


def test_every_module_is_read() -> None:
    assert "_util.display" in imports_of_modules()["curves.curve"]
    assert imports_of_modules()["errors"] == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert cycles(imports_of_modules()) == []


def test_no_two_folders_import_each_other() -> None:
    arrows = {(_folder(a), _folder(b)) for a, found in imports_of_modules().items() for b in found}
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    mutual = {(a, b) for a, b in combinations(sorted(folders), 2) if {(a, b), (b, a)} <= arrows}
    assert mutual == set()


def test_few_modules_are_at_the_top() -> None:
    top = sorted(path.name for path in PACKAGE.glob("*.py"))
    assert top == ["__init__.py", "__main__.py", "errors.py", "findings.py"]


def test_values_do_not_import_what_draws_them() -> None:
    values = ("curves", "data", "findings", "forecast", "laws", "records")
    drawing = {"cli", "observers", "plots", "report"}
    for module, found in imports_of_modules().items():
        if _folder(module) in values:
            assert not drawing & {_folder(other) for other in found}, module


def test_contributing_names_every_folder_once_in_the_order_of_its_layer() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d*) *\| `(\w+)(?:/|\.py)` \|", text, re.M)
    there = {path.stem for path in PACKAGE.iterdir() if not path.name.startswith(("__", "py."))}
    assert sorted(name for _, name in rows) == sorted(there)
    modules = {module.split(".")[0] for module in imports_of_modules()} - {""}
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    layers = [
        {name.strip(" ()") for name in each.split("|")} & modules for each in contract["layers"]
    ]
    wanted = [layer for layer in layers if layer]
    shown = [{name for layer, name in rows if layer == str(n + 1)} for n in range(len(wanted))]
    assert shown == wanted
    assert [layer for layer, _ in rows if layer] == sorted((n for n, _ in rows if n), key=int)
