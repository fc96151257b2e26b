"""Names of a user's objects that are misspelt, and modules that are not there."""

from __future__ import annotations

import sys
from pathlib import Path

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


@pytest.mark.parametrize("name", ["fractions", "user_code_twice"])
def test_a_file_is_not_taken_for_another_module_of_its_name(tmp_path: Path, name: str) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.py").write_text(f"def made():\n    return '{folder}'\n")
    first, second = (tmp_path / folder / f"{name}.py" for folder in ("a", "b"))
    try:
        if name == "user_code_twice":
            for file, folder in ((first, "a"), (first, "a"), (second, "b"), (first, "a")):
                assert import_object(f"{file}:made")() == folder
                assert (str(tmp_path / "a") in sys.path) == (folder == "a")
        else:
            with raises("import-failed", StudyError, f"another module.*Rename {name}.py"):
                import_object(f"{second}:made")
    finally:
        for folder in ("a", "b"):
            sys.path[:] = [place for place in sys.path if place != str(tmp_path / folder)]
        sys.modules.pop("user_code_twice", None)
