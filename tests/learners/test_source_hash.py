"""A changed line of the user's own makes another model; plain Keras models have no such lines."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from errors import raises
from identities import identity_of

from dataworth.errors import StudyError
from dataworth.learners import resolve
from dataworth.learners.keras.fingerprint import code_parts
from dataworth.learners.source_hash import own_code

MODULE = """
import keras

FACTOR = 2.0
TABLE = [1, 2]


def act(x):
    return x * 1.5


def helper(x):
    return x * FACTOR


class Twice(keras.layers.Layer):
    power = 1

    def call(self, x):
        return helper(x)


class Net(keras.Model):
    def __init__(self, width=4, classes=10, **names):
        super().__init__(**names)
        self.flatten = keras.layers.Flatten()
        self.hidden = keras.layers.Dense(width)
        self.ending = keras.layers.Dense(classes)

    def call(self, x):
        return self.ending(self.hidden(self.flatten(x)) + 1.0)


def layers(shape, classes):
    return keras.Sequential([keras.layers.Flatten(), Twice(), keras.layers.Dense(classes)])


def activation(shape, classes):
    return keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(classes, activation=act)])


def net(shape, classes):
    return Net(4, classes)


def plain(shape, classes):
    return keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(classes)])


def broken(shape, classes):
    return keras.layers.Dropout(-shape[0])
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return tmp_path / "own_networks.py"


def key(path: Path, text: str, name: str) -> Any:
    path.write_text(text, encoding="utf-8")
    sys.modules.pop(path.stem, None)
    importlib.invalidate_caches()
    return identity_of(resolve(f"{path.stem}:{name}"))["model"]


@pytest.mark.parametrize(
    ("name", "line", "changed"),
    [
        ("layers", "return helper(x)", "return helper(x) - 1"),
        ("layers", "power = 1", "power = 2"),
        ("layers", "return x * FACTOR", "return x / FACTOR"),
        ("layers", "TABLE = [1, 2]", "TABLE = [2, 1]"),
        ("activation", "return x * 1.5", "return x * 2.5"),
        ("net", "(x)) + 1.0)", "(x)) + 2.0)"),
        ("net", "return Net(4, classes)", "return Net(5, classes)"),
    ],
)
def test_changed_code_is_another_model(module: Path, name: str, line: str, changed: str) -> None:
    assert line in MODULE
    before = key(module, MODULE, name)
    assert key(module, MODULE, name) == before
    assert key(module, MODULE.replace(line, changed), name) != before


def test_code_beside_a_plain_model_does_not_matter(module: Path) -> None:
    assert key(module, MODULE, "plain") == key(module, MODULE.replace("1.5", "2.5"), "plain")
    model = sys.modules["own_networks"].plain((8, 8), 10)
    assert own_code(code_parts(model)) == []


OPENING = """
import sys
from dataworth.learners.keras.backend import load_keras
keras = load_keras()
from dataworth.learners import resolve
from identities import identity_of
"""
TYPED = """
FACTOR, OTHER = 2, 3
def helper(x): return x * FACTOR + OTHER if "a" in {"a", "b", "c"} else x

class Own(keras.layers.Layer):
    alpha = 1
    def call(self, x): return helper(x) + 1

def build(shape, classes):
    return keras.Sequential([keras.layers.Flatten(), Own(), keras.layers.Dense(classes)])

print(identity_of(resolve(build))["model"])
"""


def without_source(text: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The model of a text that is in no file: its classes have no source that could be read."""
    module = types.ModuleType("typed_networks")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(OPENING + text.replace("print(", "MODEL = ("), vars(module))
    return module.MODEL


def typed(*texts: str) -> list[str]:
    """What an interactive session prints."""
    done = subprocess.run(
        [sys.executable, "-i", "-q"],
        input=OPENING + "".join(texts),
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    lines = done.stdout.split()
    assert len(lines) == len(texts), done.stderr
    return lines


CALLS = TYPED.replace("helper(x) + 1", "helper(x) + 2")
CONSTANTS = TYPED.replace("FACTOR, OTHER = 2, 3", "FACTOR, OTHER = 3, 2")


def test_a_class_without_source_is_known_by_its_compiled_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, again, calls, constants = (
        without_source(text, monkeypatch) for text in (TYPED, TYPED, CALLS, CONSTANTS)
    )
    assert before == again
    assert before not in (calls, constants)


@pytest.mark.slow
def test_a_class_of_an_interactive_session_is_known_by_its_compiled_code() -> None:
    before, calls, constants = typed(TYPED, CALLS, CONSTANTS)
    assert before not in (calls, constants)


@pytest.mark.slow
def test_the_identity_of_compiled_code_is_the_same_in_every_process() -> None:
    # Another process orders the set in `helper` differently.
    assert typed(TYPED) == typed(TYPED)


def test_a_class_whose_arguments_keras_does_not_know_is_no_pattern(module: Path) -> None:
    key(module, MODULE, "net")
    net = sys.modules["own_networks"].Net
    assert identity_of(resolve(net())) == identity_of(resolve(net()))
    with raises("model-not-rebuildable", StudyError):
        resolve(net(32))


def test_an_error_of_a_builder_is_told_with_its_place(module: Path) -> None:
    line = 1 + MODULE.splitlines().index("    return keras.layers.Dropout(-shape[0])")
    with pytest.raises(StudyError) as raised:
        key(module, MODULE, "broken")
    for part in ("builder broken", "ValueError: ", "rate", f"{module}:{line}, in broken"):
        assert part in str(raised.value)


def test_an_error_of_a_layer_is_told_with_its_place(module: Path) -> None:
    with raises(
        "model-does-not-fit-data", StudyError, r"NameError: .*own_networks\.py:\d+, in call"
    ):
        key(module, MODULE.replace("+ 1.0", "+ one"), "net")
