import tomllib
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from errors import raises

from dataworth.data.dataset import Dataset
from dataworth.data.rows import Rows
from dataworth.errors import StudyError
from dataworth.reproductions.emnist_paper import Mistakes
from dataworth.study.document import to_toml
from dataworth.study.shipped import is_run_directory, shipped_studies
from dataworth.study.spec import Study
from dataworth.study.toml import read_studies


def test_toml_and_python_say_the_same(tmp_path: Path) -> None:
    study = Study(
        data="emnist/bymerge",
        model="mlp:512,512",
        sizes=[9_000, 27_000],
        seeds=[0, 4],
        epochs=3,
        steps=500,
        batch_size=32,
        learning_rate=0.01,
        patience=2,
        subset="prefix",
        variant=Mistakes.as_published(),
        name="mine",
        data_options={"folder": str(tmp_path / "here")},
        fallback="glyphs",
    )
    (tmp_path / "study.toml").write_text(to_toml(study.values()))
    (back,) = read_studies(tmp_path)
    for option in fields(Study):
        assert getattr(back, option.name) == getattr(study, option.name), option.name


def test_a_number_of_rows_is_data(tmp_path: Path) -> None:
    study = Study(data=Rows(1_000), model="own:train", metric="accuracy", sizes=[100])
    (tmp_path / "study.toml").write_text(to_toml(study.values()))
    (back,) = read_studies(tmp_path)
    assert isinstance(back.data, Rows)
    assert (len(back.data), back.model, back.metric) == (1_000, "own:train", "accuracy")


def test_the_studies_that_come_with_it_are_valid() -> None:
    assert set(shipped_studies()) == {"quickstart", "glyphs", "emnist", "as-published"}
    for name in shipped_studies():
        assert read_studies(name)
    paper = (9_000, 27_000, 80_000, 240_000, 697_000)
    assert [study.sizes for study in read_studies("emnist")] == [paper, paper]
    assert [study.name for study in read_studies("emnist")] == ["emnist/bymerge", "emnist/byclass"]
    assert read_studies("glyphs")[0].sizes == paper


def test_a_path_is_relative_to_the_file_and_absolute_in_a_run_directory(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("a")
    (tmp_path / "study.toml").write_text('data = "mine.csv"')
    (study,) = read_studies(tmp_path / "study.toml")
    assert Path(str(study.data)) == tmp_path / "mine.csv"
    assert str((tmp_path / "mine.csv").resolve()) in to_toml(study.values())


def test_a_model_file_is_found_wherever_the_run_directory_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net.keras").write_text("a")
    (tmp_path / "mlp").write_text("no model, whatever its name")
    monkeypatch.chdir(tmp_path)
    for given in ("net.keras", Path("net.keras")):
        assert tomllib.loads(to_toml(Study(data="digits", model=given).values()))["model"] == str(
            (tmp_path / "net.keras").resolve()
        )
    assert 'model = "mlp"' in to_toml(Study(data="digits").values())
    (tmp_path / "s.toml").write_text('data = "digits"\nmodel = "net.keras"')
    monkeypatch.chdir("/")
    assert Path(read_studies(tmp_path / "s.toml")[0].model) == tmp_path / "net.keras"


def test_options_of_the_data_become_values_that_toml_has(tmp_path: Path) -> None:
    options = {"folder": tmp_path, "samples": np.int64(7), "label": None}
    kept = tomllib.loads(to_toml(Study(data="digits", data_options=options).values()))[
        "data_options"
    ]
    assert kept == {"folder": str(tmp_path.resolve()), "samples": 7}


def test_a_folder_of_data_is_relative_to_the_file_and_absolute_in_a_run_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "s.toml").write_text('data = "emnist/letters"\ndata_options = { folder = "f" }')
    monkeypatch.chdir("/")
    assert read_studies(tmp_path / "s.toml")[0].data_options == {"folder": str(tmp_path / "f")}
    monkeypatch.chdir(tmp_path)
    for given in ("f", Path("f")):
        study = Study(data="emnist/letters", data_options={"folder": given})
        kept = tomllib.loads(to_toml(study.values()))["data_options"]
        assert kept == {"folder": str(tmp_path.resolve() / "f")}


def test_a_file_of_notepad_is_read(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text('data = "digits"', "utf-8-sig")
    assert read_studies(tmp_path)[0].data == "digits"


def test_data_of_one_list_get_names_that_differ(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text('data = ["a/train.csv", "b/train.csv", "digits"]')
    names = [study.name for study in read_studies(tmp_path / "s.toml")]
    assert names == ["s/a-train.csv", "s/b-train.csv", "s/digits"]


def test_the_name_of_a_shipped_study_wins_over_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "quickstart").mkdir()
    monkeypatch.chdir(tmp_path)
    for text in (None, 'data = "glyphs"'):
        if text:
            (tmp_path / "quickstart" / "study.toml").write_text(text)
        assert read_studies("quickstart")[0].data == "digits"
        assert not is_run_directory("quickstart")
    assert read_studies("./quickstart")[0].data == "glyphs"
    assert is_run_directory("./quickstart")
    (tmp_path / "data").mkdir()
    assert not is_run_directory("data")
    with raises("unknown-study", StudyError, "^data:"):
        read_studies("data")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_bytes(b'data = "\xff"')
    with raises("file-unreadable", StudyError, "UTF-8"):
        read_studies(tmp_path)


def test_a_folder_of_the_same_name_does_not_hide_a_data_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "digits").mkdir()
    monkeypatch.chdir(tmp_path)
    assert 'data = "digits"' in to_toml(Study(data="digits").values())


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("data = digits", "file-malformed", "line 1"),
        ("model = 'mlp'", "option-missing", "data"),
        (
            "data = 'digits'\nepoch = 3",
            "unknown-option",
            "'epoch'.* epochs",
        ),
        ("data = 'digits'\nepochs = 0", "value-out-of-range", "epochs = 0"),
        ("data = 'digits'\n[mistakes]\nlabel = true", "unknown-option", "label"),
        ("data = 3.5", "wrong-type", "data = 3.5"),
        ("data = true", "wrong-type", "data = True"),
        ("data = 0", "value-out-of-range", "rows = 0"),
        ("data = []", "nothing-given", r"data = \[\]"),
        ("data = ''", "wrong-type", "data = ''"),
        ("data = ['digits', 3]", "wrong-type", "data = 3"),
        ("data = ['a/x.csv', 'a/x.csv']", "named-twice", "'a-x.csv'"),
        (
            "data = 'digits'\nmistakes = 3",
            "wrong-type",
            r"mistakes = 3.*\[mistakes\]",
        ),
        ("data = 'digits'\ndata_options = 3", "wrong-type", "data_options = 3"),
        (
            "data = 'digits'\ndata_options = { folder = 3 }",
            "wrong-type",
            "folder = 3",
        ),
    ],
)
def test_a_wrong_file_is_named_with_the_option(
    tmp_path: Path, text: str, code: str, said: str
) -> None:
    path = tmp_path / "study.toml"
    path.write_text(text)
    with raises(code, StudyError, f"(?s)study.toml.*{said}"):
        read_studies(path)


def test_an_unknown_study_is_answered_with_those_there_are() -> None:
    with raises("unknown-study", StudyError, r"quickstart\?$"):
        read_studies("quikstart")


def test_objects_cannot_be_read_back_and_the_message_says_what_to_do(tmp_path: Path) -> None:
    data = Dataset(np.zeros((4, 2)), [0, 1, 0, 1])
    (tmp_path / "study.toml").write_text(to_toml(Study(data=data).values()))
    with raises("study-from-objects", StudyError):
        read_studies(tmp_path)
