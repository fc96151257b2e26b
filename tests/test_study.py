from typing import Any

import numpy as np
import pytest

from dataworth.errors import StudyError
from dataworth.study import Study


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("sizes", [], "sizes"),
        ("sizes", [10, 0], "sizes"),
        ("sizes", [10, 10], "each may be given once"),
        ("sizes", 10, "expected a list"),
        ("sizes", [1.5], "whole number"),
        ("seeds", 0, "seeds"),
        ("seeds", [-1], "seeds"),
        ("epochs", 0, "epochs = 0"),
        ("epochs", 2.5, "epochs = 2.5"),
        ("epochs", True, "epochs = True"),
        ("steps", 0, "steps = 0"),
        ("batch_size", "big", "batch_size = 'big'"),
        ("patience", 0, "patience = 0"),
        ("learning_rate", 0, "learning_rate = 0"),
        ("subset", "random", "expected one of nested, prefix"),
    ],
)
def test_an_impossible_option_is_named(option: str, value: object, said: str) -> None:
    options: dict[str, Any] = {option: value}
    with pytest.raises(StudyError, match=said):
        Study(data="digits", **options)


def test_sizes_and_seeds_are_sorted_and_counted() -> None:
    study = Study(data="digits", sizes=np.array([30, 10]).tolist(), seeds=3)
    assert study.sizes == (10, 30)
    assert study.seeds == (0, 1, 2)
    assert Study(data="digits", seeds=[7, 4]).seeds == (4, 7)


def test_sizes_are_a_factor_three_apart_by_default() -> None:
    assert Study(data="digits").sizes_for(8_100) == (100, 300, 900, 2_700, 8_100)
    assert Study(data="digits").sizes_for(2) == (1, 2)


def test_more_samples_than_there_are_is_refused() -> None:
    with pytest.raises(StudyError, match=r"9,000 was asked for and 1,437 samples"):
        Study(data="digits", sizes=[100, 9_000]).sizes_for(1_437)
