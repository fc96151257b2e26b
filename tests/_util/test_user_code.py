"""Names of a user's objects that are misspelt, and modules that are not there."""

from __future__ import annotations

import pytest
from errors import raises

from dataworth._util.user_code import import_object
from dataworth.errors import StudyError


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sklearn.linear_model:Rigde", "has no Rigde; did you mean Ridge?"),
        ("sklearn.linear_mode:Ridge", "Did you mean sklearn.linear_model?"),
        ("sklearn.zzz:Ridge", "sklearn is there without it."),
        ("fractions:zzz", "has no zzz; it has .*Decimal, Fraction.*"),
        ("json:zzz", "it has JSONDecodeError, JSONDecoder, JSONEncoder, .*dump"),
    ],
)
def test_what_was_probably_meant_is_named(text: str, said: str) -> None:
    import sklearn

    assert sklearn
    with raises("import-failed", StudyError, said):
        import_object(text)


def test_no_library_is_to_be_installed_that_is_there() -> None:
    with pytest.raises(StudyError) as caught:
        import_object("sklearn.linear_mode:Ridge")
    assert "pip install" not in str(caught.value)
