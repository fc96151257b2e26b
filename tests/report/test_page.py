"""The page as a file, without a browser."""

from __future__ import annotations

import base64
import html
import json
import re
from pathlib import Path

import pytest
from errors import raises
from report_runs import make_run

from dataworth.cli import report
from dataworth.cli.main import all_commands, main
from dataworth.curves.read import load_curve
from dataworth.errors import StudyError
from dataworth.records.store import Store
from dataworth.report import write_report
from dataworth.report.page import page_html
from dataworth.report.study_report import RunReport

MOST_BYTES = 6_000_000


@pytest.fixture(scope="module")
def text(page_file: Path) -> str:
    return page_file.read_text(encoding="utf-8")


def test_one_file_under_six_megabytes_that_may_load_nothing(text: str) -> None:
    assert len(text.encode()) < MOST_BYTES
    assert "default-src 'none'" in text
    assert (
        re.findall(r"<(?:link|iframe|object|embed)\b|\ssrc=(?!\"data:image/svg)|@import", text)
        == []
    )
    linked = re.findall(r'href="([^"]*)"', text)
    assert all(address.startswith(("#", "data:text/csv")) for address in linked)


def test_the_same_run_gives_the_same_page(run_report: RunReport, text: str) -> None:
    assert page_html([run_report]) == text


def test_names_are_written_as_text(text: str) -> None:
    assert "<script>window.hacked" not in text
    assert html.escape("<script>window.hacked = 1</script>") in text
    assert "<b>column 0</b>" not in text
    # Opened: data, plotly.js packed, our scripts; nothing closes one of them early.
    assert text.count("<script") == text.count("</script>") == 3


@pytest.mark.usefixtures("no_forecast")
def test_a_long_name_of_a_class_is_cut_and_given_in_full_as_a_title(tmp_path: Path) -> None:
    directory = make_run(tmp_path / "run", names=["x" * 3_000, "b"], sizes=[200, 600])
    text = write_report(directory).read_text(encoding="utf-8")
    assert f'title="{"x" * 3_000}"' in text
    assert f"{'x' * 39}…</span>" in text
    assert len(re.findall("x{3000}", text)) <= 3


def test_the_numbers_in_the_page_are_those_of_the_run(text: str, run_report: RunReport) -> None:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    assert found is not None
    (run,) = json.loads(found.group(1))["runs"]
    classes = run["classes"]
    assert run_report.classes is not None
    assert classes["names"] == [run_report.classes.names[at] for at in classes["numbers"]]
    assert sorted(classes["names"]) == sorted(run_report.classes.names)
    loss = run["metrics"]["loss"]
    assert loss["values"] == pytest.approx(run_report.curve.values.tolist(), rel=1e-6)
    assert loss["chance"] == pytest.approx(run_report.curve.chance)
    assert run["metrics"]["ece"]["chance"] is None
    assert set(run["metrics"]) == {"loss", "accuracy", "macro_f1", "brier", "ece", "train_loss"}
    assert len(loss["forecast"]["quantiles"]) == 5


@pytest.mark.parametrize(("metric", "verb"), [("accuracy", "raise"), ("loss", "lower")])
def test_the_answer_is_the_forecast_s(
    text: str, run_report: RunReport, metric: str, verb: str
) -> None:
    forecast = run_report.ahead[metric].forecast
    assert forecast is not None
    prediction = forecast.predict([3 * 48_600])
    now = run_report.curve[metric].summary()[-1].mean
    unit = "%" if metric == "accuracy" else "nats"
    said = re.search(
        rf"3x the data \(145,800 samples\) (?:is likely to|may) {verb} {metric} "
        rf"from ([\d.]+) {unit} to ([\d.]+) {unit} \(90 % interval ([\d.]+) to ([\d.]+)\)",
        text,
    )
    assert said is not None
    scale = 100 if metric == "accuracy" else 1
    expected = [now, prediction.median[0], prediction.lower[0], prediction.upper[0]]
    found = [float(number) / scale for number in said.groups()]
    assert found == pytest.approx(expected, abs=5.1e-4)


def test_the_metric_that_people_speak_of_is_shown_first_and_the_others_wait(text: str) -> None:
    answers = re.findall(r'<p class="answer[^"]*" data-metric="(\w+)"( hidden)?>', text)
    assert answers == [("loss", " hidden"), ("accuracy", "")]
    stills = re.findall(r'<img class="still" data-metric="(\w+)".*?( hidden)?>', text)
    assert stills == [("loss", " hidden"), ("accuracy", "")]


def test_what_a_boss_asks_is_answered(text: str) -> None:
    for question in ("Data or model first?", "Which classes first?", "Why believe it?"):
        assert question in text
    assert "with the largest size (48,600) hidden" in text
    # No price, worth or target that nobody gave.
    for box in ("label-price", "unit-worth", "target-value"):
        (tag,) = re.findall(rf'<input[^>]*id="{box}"[^>]*>', text)
        assert "value=" not in tag
    assert "rreducible" not in text


def test_a_paper_s_table_paragraph_and_citations_are_there(text: str) -> None:
    assert r"\begin{tabular}{rrrrr}" in text
    assert "| 48,600 | 3 | " in text
    assert "We trained mlp on 6 sizes of letters &amp; digits" in text
    assert "@article{viering2023shape" in text


def test_the_csv_is_the_curve_s(text: str, run_directory: Path) -> None:
    found = re.search(r'href="data:text/csv;base64,([^"]*)"', text)
    assert found is not None
    assert base64.b64decode(found.group(1)).decode() == load_curve(run_directory).to_csv()


@pytest.mark.parametrize(
    "item",
    [
        "0123456789abcdef0123456789abcdef",
        "stratified by class",
        "2 epochs",
        "1,234",
        "0, 1, 2",
        "200, 600, 1,800, 5,400, 16,200, 48,600",
        "1,000, the official split",
        "13.5 s in all",
        "arXiv:2502.18969",
        "labels-scaled",
        "(baseline)",
    ],
)
def test_how_it_was_measured_is_said(text: str, item: str) -> None:
    assert item in text


@pytest.mark.usefixtures("no_forecast")
def test_the_command_writes_where_it_is_told(
    run_directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.html"
    assert main(["report", str(run_directory), "-o", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}\n"
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert main(["report", str(run_directory), "-o", str(tmp_path / "no" / "folder")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert main(["report", str(run_directory), "-o", "."]) == 2
    assert capsys.readouterr().err.startswith("dataworth: .: a folder")


def test_the_page_of_a_file_of_measurements_says_what_a_file_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "500,0.812,0.4\n1000,0.851,1.4\n2000,0.883,0.3\n4000,0.906,0.2\n"
    Path("mine.csv").write_text(f"n,accuracy,f1\n{rows}")
    assert main(["report", "mine.csv", "--metric", "accuracy"]) == 0
    assert capsys.readouterr().out == "report.html\n"
    text = Path("report.html").read_text(encoding="utf-8")
    assert "4 runs at 4 sizes" in text
    assert "3x the data (12,000 samples)" in text
    assert "figures of &#39;mine&#39;, 4 runs, 4 sizes." in text
    assert "Time of a run" not in text
    assert "no fault in the data" not in text
    assert main(["report", "mine.csv", "--value", "f1", "--out", "f1.html"]) == 0
    assert "metric-out-of-range" in Path("f1.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("one_forecast")
def test_options_for_files_are_refused_for_a_run_directory(run_directory: Path) -> None:
    with raises("options-conflict", StudyError, "--metric, --total"):
        report.run(
            all_commands().parse_args(
                ["report", str(run_directory), "--metric", "f1", "--total", "9"]
            )
        )


def test_what_cannot_be_reported_is_refused(tmp_path: Path) -> None:
    with raises("no-results", StudyError, r"results\.sqlite"):
        write_report(tmp_path)
    with Store(tmp_path, write=True) as store:
        store.set_meta({"classes": 2, "name": "begun"})
    with raises("no-results", StudyError):
        write_report(tmp_path)
