"""The audit of what lies on disk, from Python and from the command line."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from audit_data import codes, digits
from errors import raises

from dataworth import Finding
from dataworth.audit import audit
from dataworth.cli import audit as command
from dataworth.errors import DataError, DataworthError, StudyError
from dataworth.metrics.classification import score
from dataworth.records.record import Record, RunKey
from dataworth.records.store import Store
from dataworth.reproductions.emnist_paper import PUBLISHED

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAWORTH_DATA", str(tmp_path / "cache"))


def call(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    options = parser.parse_args(["audit", *arguments])
    code: int = options.command(options)
    return code


@pytest.fixture
def published(tmp_path: Path) -> Path:
    path = tmp_path / "published.csv"
    rows = "".join(f"{size},{loss}\n" for size, loss in PUBLISHED.items())
    path.write_text(f"samples,value\n{rows}", encoding="utf-8")
    return path


@pytest.fixture
def honest(tmp_path: Path) -> Path:
    path = tmp_path / "honest.csv"
    path.write_text("samples,value,seed\n100,0.9,0\n100,0.91,1\n300,0.7,0\n300,0.72,1\n")
    return path


@pytest.fixture
def run_directory(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    with Store(tmp_path / "run", write=True) as store:
        finding = Finding("labels-scaled", "error", "labels", "Scaled.", {"rows": 3}, "Do not.")
        mistakes = {"loss_on_training_rows": True}
        store.set_meta(
            {"name": "mine", "classes": 4, "mistakes": mistakes, "findings": [asdict(finding)]}
        )
        for seed in range(2):
            logits = random.normal(size=(50, 4)).astype(np.float32)
            scores = score(logits, logits.argmax(axis=1))
            named = {"loss": scores.loss, "accuracy": scores.accuracy, "train_loss": 0.5}
            store.add(Record(RunKey("mlp", 9, seed, f"key{seed}"), named))
    return tmp_path / "run"


def test_a_csv_of_measurements(published: Path, honest: Path) -> None:
    assert codes(audit(published)) == {"loss-at-float-floor": "error"}
    assert audit(str(honest)) == []


@pytest.mark.parametrize("header", ['"samples","value"', '"","samples","value"', "value, samples"])
def test_a_csv_of_measurements_as_other_programs_write_it(tmp_path: Path, header: str) -> None:
    rows = [(size, loss) for size, loss in PUBLISHED.items()]
    named = {'"samples"': 0, '"value"': 1, "samples": 0, "value": 1}
    lines = [header]
    for number, row in enumerate(rows, start=1):
        cells = [name.strip() for name in header.split(",")]
        lines.append(",".join(f'"{number}"' if c == '""' else str(row[named[c]]) for c in cells))
    (tmp_path / "r.csv").write_bytes(b"\xef\xbb\xbf" + "\n".join(lines).encode())
    assert codes(audit(tmp_path / "r.csv")) == {"loss-at-float-floor": "error"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("own.csv", "samples,accuracy\n500,0.8\n1000,1.2\n2000,0.9\n"),
        ("own.csv", "train_size;val_accuracy;seed\n500;0.8;0\n1000;1.2;0\n2000;0.9;0\n"),
        ("own.jsonl", '{"samples": 500, "accuracy": 0.8}\n{"samples": 1000, "accuracy": 1.2}\n'),
    ],
)
def test_measurements_are_known_by_the_names_of_their_columns(
    name: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    assert codes(audit(tmp_path / name)) == {"metric-out-of-range": "error"}


def test_a_table_with_a_label_is_data_although_its_columns_are_named_as_in_a_curve(
    tmp_path: Path,
) -> None:
    rows = "".join(f"{i % 7}.5,{i % 5}.5,{'ab'[i % 2]}\n" for i in range(60))
    (tmp_path / "mine.csv").write_text(f"size,loss,class\n{rows}")
    assert "runs-repeated" not in codes(audit(tmp_path / "mine.csv"))


def test_a_table_whose_label_column_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    random = np.random.default_rng(0)
    rows = "".join(
        f"{a:.6f},{k % 3 / 3:.6f},{b:.6f}\n" for k, (a, b) in enumerate(random.random((90, 2)))
    )
    (tmp_path / "mine.csv").write_text(f"samples,kind,value\n{rows}", encoding="utf-8")
    place = str(tmp_path / "mine.csv")
    for column in ("kind", "1"):
        assert call(place, "--label", column) == 1
        assert "error labels-scaled" in capsys.readouterr().out
    assert codes(audit(place, data_options={"label": "kind"}))["labels-scaled"] == "error"
    with raises("column-missing", DataError, "'nothing'"):
        call(place, "--label", "nothing")
    with raises("options-conflict", DataError, "label"):
        audit(digits(), data_options={"label": "kind"})


def test_a_run_directory(run_directory: Path) -> None:
    found = codes(audit(run_directory))
    assert found == {"labels-scaled": "error", "loss-on-training-rows": "error"}


def test_data_by_name_and_by_path(tmp_path: Path) -> None:
    data = digits()
    assert audit("digits") == []
    np.savez(tmp_path / "mine.npz", x_train=data.x / 16, y_train=np.zeros(1_797, np.int64))
    assert codes(audit(tmp_path / "mine.npz")) == {"one-class-targets": "error"}


def test_how_a_table_is_read_can_be_said(tmp_path: Path, run_directory: Path) -> None:
    path = tmp_path / "table.csv"
    # Both are names of a curve's columns as well: saying where the labels are means data.
    rows = "".join(f"{i % 7}.5,{i % 2},{i % 3}.5\n" for i in range(60))
    path.write_text(f"samples,kind,value\n{rows}")
    assert call(str(path)) == 1
    assert [finding.code for finding in audit(path)] == ["rows-of-several-curves"]
    assert call(str(path), "--label", "kind", "--header", "--no-pixels") == 0
    path.write_text("0,1,2\n" + "".join(f"{i % 2},{i % 7},{i % 3}\n" for i in range(60)))
    with raises("header-unclear", DataError, "header=False.*--no-header"):
        call(str(path), "--label", "0")
    assert call(str(path), "--label", "0", "--no-header") == 0
    findings = audit(path, data_options={"label": 0, "header": True})
    assert all(finding.severity != "error" for finding in findings)
    with raises("options-conflict", DataError, "run.*label"):
        call(str(run_directory), "--label", "0")


def test_files_whose_labels_were_scaled(tmp_path: Path) -> None:
    data = digits()
    scaled = np.column_stack([data.y, data.x.reshape(-1, 64)]) / 255
    np.savetxt(tmp_path / "scaled.csv", scaled, delimiter=",", fmt="%.9g")
    np.savez(tmp_path / "scaled.npz", x=scaled[:, 1:], y=scaled[:, 0])
    for name in ("scaled.csv", "scaled.npz"):
        (finding,) = audit(tmp_path / name)
        assert (finding.code, finding.severity) == ("labels-scaled", "error")
        assert finding.evidence["times_255_whole"]
    np.savez(tmp_path / "gap.npz", x=scaled[:, 1:], y=np.where(scaled[:, 0] == 0, np.nan, 1))
    with raises("value-missing", DataError, "row 1"):
        audit(tmp_path / "gap.npz")


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        audit(tmp_path / "nothing.csv")
    with pytest.raises(DataworthError):
        call(str(tmp_path / "nothing"))
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "results.sqlite").write_text("no database, but long enough " * 9)
    with raises("file-damaged", StudyError, r"results\.sqlite"):
        audit(tmp_path / "damaged")


def test_a_run_directory_whose_results_are_gone_is_no_data(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text('data = "digits"')
    (tmp_path / "curve.csv").write_text("samples,label\n1,0\n2,1\n3,0\n4,1\n")
    with raises("no-results", StudyError, r"results\.sqlite"):
        audit(tmp_path)


def test_exit_codes_and_plain_output(
    published: Path, honest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(str(published)) == 1
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "error loss-at-float-floor (published, size 697,931)" in printed.out
    assert "docs/audit/loss-at-float-floor.md" in printed.out
    assert "\x1b" not in printed.out
    assert call(str(honest)) == 0
    assert capsys.readouterr().out.split() == [f"{honest}:", "nothing", "found"]


def test_json_is_one_document(run_directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(str(run_directory), "--json") == 1
    document = json.loads(capsys.readouterr().out)
    assert document["errors"] == 2
    assert {f["code"] for f in document["findings"]} == {"labels-scaled", "loss-on-training-rows"}
    assert all((ROOT / finding["page"]).is_file() for finding in document["findings"])


def test_a_terminal_gets_panels(
    published: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    assert call(str(published)) == 1
    printed = capsys.readouterr().out
    assert "╭" in printed
    assert "times_floor" in printed
