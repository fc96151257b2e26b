from __future__ import annotations

import pytest

from dataworth._util.words import plural_of


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
