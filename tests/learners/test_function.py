"""A Python function as a model: how it is recognised, named, identified and checked."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises

import dataworth as dw
from dataworth.errors import StudyError
from dataworth.learners.function import FunctionModel, checked_scores, is_train_function


def train(run: dw.Run) -> dict[str, float]:
    return {"error": run.size**-0.5, "rows": len(run.rows)}


def scaled(run: dw.Run, factor: float = 2.0) -> dict[str, float]:
    return {"error": factor * run.size**-0.5}


class Trainer:
    def __call__(self, run: dw.Run) -> dict[str, float]:
        return train(run)

    def method(self, run: dw.Run) -> dict[str, float]:
        return train(run)


@pytest.fixture
def run(tmp_path: Path) -> dw.Run:
    return dw.Run("train", 4, 0, "0" * 32, np.arange(4), np.arange(4, 6), tmp_path)


def by_annotation(given: dw.Run) -> dict[str, float]:
    return train(given)


RECOGNISED: dict[str, tuple[Any, bool]] = {
    "function": (train, True),
    "with an option": (scaled, True),
    "partial": (partial(scaled, factor=3.0), True),
    "lambda": (lambda run: {"error": 1.0}, True),
    "by its annotation": (by_annotation, True),
    "method": (Trainer().method, True),
    "callable object": (Trainer(), True),
    "builder of a network": (lambda shape, classes: None, False),
    "builder by shape alone": (lambda shape: None, False),
    "class": (Trainer, False),
    "no argument": (lambda: {"error": 1.0}, False),
    "text": ("train", False),
}


@pytest.mark.parametrize("name", RECOGNISED)
def test_a_function_of_a_run_is_recognised(name: str) -> None:
    model, expected = RECOGNISED[name]
    assert is_train_function(model) is expected


def test_without_samples_the_argument_may_be_called_anything() -> None:
    assert is_train_function(lambda job: {"error": 1.0}, any_name=True)
    assert not is_train_function(lambda rows, seed: {"error": 1.0}, any_name=True)


@pytest.mark.parametrize(
    ("function", "name"),
    [(train, "train"), (Trainer(), "Trainer"), (partial(scaled, factor=3.0), "partial")],
)
def test_a_model_has_the_name_of_its_function(function: Callable[..., Any], name: str) -> None:
    assert FunctionModel(function).name == name
    assert FunctionModel(function, "mine").name == "mine"


def test_the_function_is_called_and_its_figures_are_floats(run: dw.Run) -> None:
    scores = FunctionModel(train)(run)
    assert scores == {"error": 0.5, "rows": 4.0}
    assert all(type(value) is float for value in scores.values())


def test_the_identity_follows_the_code_and_the_name() -> None:
    one = FunctionModel(train).identity()
    assert one == FunctionModel(train).identity()
    codes = {FunctionModel(each, "same").identity()["code"] for each in (train, scaled, Trainer())}
    assert len(codes) == 3
    assert FunctionModel(train, "other").identity()["code"] == one["code"]
    assert FunctionModel(train, "other").identity() != one


def test_only_a_function_of_a_module_is_imported_by_other_processes() -> None:
    def closure(run: dw.Run) -> dict[str, float]:
        return train(run)

    assert not FunctionModel(closure).is_importable
    assert not FunctionModel(partial(scaled, factor=3.0)).is_importable
    assert not FunctionModel(Trainer().method).is_importable


def test_a_function_of_a_module_that_is_found_is_importable() -> None:
    assert FunctionModel(checked_scores).is_importable  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "returned",
    [
        None,
        {},
        0.5,
        [("error", 0.5)],
        {"": 0.5},
        {3: 0.5},
        {"error": "low"},
        {"error": True},
        {"error": None},
        {"error": [0.5, 0.4]},
        {"error": math.nan},
        {"error": math.inf},
    ],
    ids=repr,
)
def test_what_is_no_figure_is_refused(returned: object) -> None:
    with raises("invalid-scores", StudyError, "the function train"):
        checked_scores(returned, "the function train")


@pytest.mark.parametrize("number", [1, 0.5, np.float32(0.5), np.int64(3), np.array(0.25)], ids=repr)
def test_numbers_of_any_kind_are_figures(number: Any) -> None:
    assert checked_scores({"error": number}, "it") == {"error": float(number)}
