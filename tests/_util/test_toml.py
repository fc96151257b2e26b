from __future__ import annotations

import pytest

from dataworth._util.toml import parse_toml


@pytest.mark.parametrize(
    "text",
    [
        "a =",
        ".".join(["a"] * 50_000) + " = 1",
        " . ".join(['"a"'] * 50_000) + " = 1",
        "[" + ".".join(["'a'"] * 50_000) + "]",
        "a = " + "[" * 100_000,
        "a = " + "1" * 5_000,
        "a = [1, " + "1" * 5_000 + "]",
        f"a = '{'b' * 8_000_000}'",
    ],
)
def test_what_would_take_long_is_refused_at_once(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_toml(text)


def test_words_numbers_and_short_keys_are_read() -> None:
    text = f'a.b."c.d" = [{"1.5, " * 1_000}]\ne = "{"two words. " * 1_000}"\nf = "{"a" * 100_000}"'
    found = parse_toml(text)
    assert len(found["a"]["b"]["c.d"]) == 1_000
    assert set(found) == {"a", "e", "f"}


def test_a_number_that_is_too_long_is_named_by_its_line() -> None:
    with pytest.raises(ValueError, match=r"1,000 digits \(at line 2\)"):
        parse_toml("a = 1\nb = " + "1" * 5_000)
