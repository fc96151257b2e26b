from __future__ import annotations

import pytest

from dataworth._util.words import did_you_mean, nearest, plural_of


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("customer", "customers"),
        ("customer_id", "customers"),
        ("patientId", "patients"),
        ("City", "cities"),
        ("day", "days"),
        ("batch no", "batches"),
        ("writers", "writers"),
        ("test site", "test sites"),
    ],
)
def test_a_column_is_named_after_what_it_identifies(name: str, word: str) -> None:
    assert plural_of(name, "groups") == word


@pytest.mark.parametrize("name", ["", "id", "7", "größe", "c/n", "a_b_c_d", "x" * 40])
def test_a_name_that_says_nothing_gives_the_other_word(name: str) -> None:
    assert plural_of(name, "groups") == "groups"


def test_the_nearest_name_is_one_that_only_lacks_its_end_or_else_the_most_similar() -> None:
    assert nearest("lab", ["lib", "label"]) == "label"
    assert nearest("prise", ["price", "size"]) == "price"
    assert nearest("", ["price"]) is None
    assert nearest("--", ["--seeds"]) is None
    assert did_you_mean("prise", ["price"]) == " Did you mean 'price'?"
    assert did_you_mean("prise", ["price"], "{{{}}}".format) == " Did you mean {price}?"
    assert did_you_mean("xyz", ["price"]) == ""
