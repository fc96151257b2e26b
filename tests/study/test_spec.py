from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises

import dataworth as dw
from dataworth.errors import StudyError
from dataworth.study.spec import Study


@pytest.mark.parametrize(
    ("option", "value", "code", "said"),
    [
        ("sizes", [], "value-out-of-range", "sizes"),
        ("sizes", [10, 0], "value-out-of-range", "sizes"),
        ("sizes", [10, 10], "named-twice", r"sizes = \[10, 10\]"),
        ("sizes", 10, "wrong-type", "expected a list"),
        ("sizes", [1.5], "value-out-of-range", "whole number"),
        ("seeds", 0, "value-out-of-range", "seeds"),
        ("seeds", [-1], "value-out-of-range", "seeds"),
        ("epochs", 0, "value-out-of-range", "epochs = 0"),
        ("epochs", 2.5, "value-out-of-range", "epochs = 2.5"),
        ("epochs", True, "value-out-of-range", "epochs = True"),
        ("steps", 0, "value-out-of-range", "steps = 0"),
        ("batch_size", "big", "value-out-of-range", "batch_size = 'big'"),
        ("patience", 0, "value-out-of-range", "patience = 0"),
        ("learning_rate", 0, "value-out-of-range", "learning_rate = 0"),
        ("learning_rate", float("inf"), "value-out-of-range", "learning_rate = inf"),
        ("learning_rate", True, "value-out-of-range", "learning_rate = True"),
        ("seeds", 0, "value-out-of-range", "seeds = 0: .* 1"),
        ("seeds", True, "value-out-of-range", "seeds = True"),
        ("seeds", 20240101, "value-out-of-range", r" 10,000; .* \[20240101\]"),
        ("sizes", "100", "value-out-of-range", "sizes = '100'"),
        ("seeds", [2**63], "value-out-of-range", r"seeds = \[9223372036854775808\]"),
        ("held_out", "a fifth", "value-out-of-range", "held_out = 'a fifth'"),
        ("held_out", True, "value-out-of-range", "held_out = True"),
        ("held_out", float("nan"), "value-out-of-range", "held_out = nan"),
        ("held_out", 1.5, "value-out-of-range", "held_out = 1.5"),
        ("held_out", 0, "value-out-of-range", "held_out = 0"),
        ("name", 5, "wrong-type", "name = 5"),
        ("name", "", "wrong-type", "name = ''"),
        ("name", "a\0b", "wrong-type", "without control characters"),
        ("name", "../elsewhere", "invalid-name", "/elsewhere"),
        ("name", "/elsewhere", "invalid-name", "/elsewhere"),
        ("fallback", 5, "wrong-type", "fallback = 5"),
        ("data_options", 5, "wrong-type", "data_options = 5"),
        ("variant", {}, "wrong-type", "variant = {}"),
        ("subset", "random", "unknown-choice", "subset = 'random': .* nested, prefix"),
    ],
)
def test_an_impossible_option_is_named(option: str, value: object, code: str, said: str) -> None:
    options: dict[str, Any] = {option: value}
    with raises(code, StudyError, said):
        Study(data="digits", **options)


def test_sizes_and_seeds_are_sorted_and_counted() -> None:
    study = Study(data="digits", sizes=np.array([30, 10]).tolist(), seeds=3)
    assert study.sizes == (10, 30)
    assert study.seeds == (0, 1, 2)
    assert Study(data="digits", seeds=[7, 4]).seeds == (4, 7)


def test_numbers_of_numpy_are_numbers() -> None:
    study = Study(
        data="digits",
        sizes=np.array([30, 10]),  # type: ignore[arg-type]
        epochs=np.int64(3),  # type: ignore[arg-type]
        learning_rate=np.float32(0.5),  # type: ignore[arg-type]
        held_out=np.int64(100),  # type: ignore[arg-type]
    )
    kept = (*study.sizes_for(100), study.epochs, study.learning_rate, study.held_out)
    assert kept == (10, 30, 3, 0.5, 100)
    assert {type(number) for number in kept} == {int, float}


def test_sizes_are_a_factor_three_apart_by_default() -> None:
    assert Study(data="digits").sizes_for(8_100) == (100, 300, 900, 2_700, 8_100)
    assert Study(data="digits").sizes_for(2) == (1, 2)
    # Of small data, from what a model can learn from at all.
    assert Study(data="digits").sizes_for(48, 10) == (10, 15, 22, 32, 48)
    assert Study(data="digits").sizes_for(15, 10) == (1, 5, 15)


def test_more_samples_than_there_are_is_refused() -> None:
    with raises("size-out-of-range", StudyError, "9,000.*1,437"):
        Study(data="digits", sizes=[100, 9_000]).sizes_for(1_437)


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        ("epoch", "Did you mean epochs"),
        ("groups", r"dw\.Dataset\(\.\.\., groups=\.\.\.\)"),
        ("X", r"dw\.Dataset\(\.\.\., x=\.\.\.\)"),
        ("workers", r"study\.run\(\.\.\., workers=\.\.\.\)"),
        ("zzz", "There are data, model, metric"),
    ],
)
def test_an_option_that_no_study_has_is_refused_with_a_hint(option: str, hint: str) -> None:
    options: dict[str, Any] = {option: 3}
    with raises("unknown-option", StudyError, hint):
        dw.Study("digits", **options)


def test_the_task_goes_to_the_data(tmp_path: Path) -> None:
    path = tmp_path / "ages.csv"
    path.write_text("height,age\n" + "".join(f"{50 + i},{i % 40 + i / 8}\n" for i in range(120)))
    study = dw.Study(
        str(path), "sklearn.linear_model:Ridge", task="regression", data_options={"label": "age"}
    )
    assert study.data_options == {"label": "age", "task": "regression"}
    data = study.resolve().objectives["Ridge"].data
    assert isinstance(data, dw.Dataset)
    assert data.task.kind == "regression"
    x, y = np.ones((20, 1)), np.arange(20) % 2
    assert dw.Study(dw.Dataset(x, y), task="classification").task is None
    with raises("options-conflict", StudyError, r"have the task classification.*dw\.Dataset"):
        dw.Study(dw.Dataset(x, y), task="regression")
    with raises("options-conflict", StudyError, "have no task"):
        dw.Study(1_000, task="regression")


def test_a_study_is_shown_by_the_options_that_were_given() -> None:
    study = Study("digits", "linear", sizes=[40, 80], seeds=2, held_out=[3, 5])
    assert repr(study) == (
        "Study(data='digits', model='linear', sizes=(40, 80), seeds=(0, 1), held_out=(3, 5))"
    )
    assert repr(Study("digits", parameters={"C": 1})) == (
        "Study(data='digits', parameters={'C': 1})"
    )
