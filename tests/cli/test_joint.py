"""``dataworth forecast --parameters``: more data or a bigger model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dataworth.cli.joint import model_size
from dataworth.cli.main import main
from dataworth.errors import ForecastError

MODELS = {"10M": 1e7, "40M": 4e7, "0.16B": 1.6e8, "640M": 6.4e8}


def text(rises: bool = False) -> str:
    rng = np.random.default_rng(0)
    rows = ["model_size,tokens," + ("accuracy" if rises else "loss")]
    for name, model in MODELS.items():
        for tokens in (1e8, 4e8, 1.6e9, 6.4e9):
            loss = 0.1 + 8 * model**-0.25 + 20 * tokens**-0.25
            loss *= 1 + 0.002 * rng.standard_normal()
            rows.append(f"{name},{tokens:.0f},{1 - loss if rises else loss}")
    return "\n".join(rows) + "\n"


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(text(), encoding="utf-8")


def test_the_budget_is_split_and_the_page_holds_the_contours(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["forecast", "a.csv", "--parameters", "model_size", "--out", "page.html"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(
        "From the largest run (6,400,000,000 samples, a model of 640,000,000 parameters)"
    )
    assert "16 runs of 4 model sizes" in said
    page = Path("page.html").read_text("utf-8")
    assert "data:image/png;base64," in page
    assert said.splitlines()[0] in page


def test_the_document_holds_what_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--parameters", "model_size", "--at", "1e11", "--compute", "1e21", "--json"]
    assert main(["forecast", "a.csv", *options]) == 0
    found = json.loads(capsys.readouterr().out)
    (at,) = found["predictions"]
    truth = 0.1 + 8 * 6.4e8**-0.25 + 20 * 1e11**-0.25
    assert at["lower"] < truth < at["upper"]
    (split,) = found["budgets"]
    product = split["parameters"]["value"] * split["samples"]["value"]
    assert product == pytest.approx(1e21 / 6)
    assert [crossing["larger"] for crossing in found["crossings"]] == [4e7, 1.6e8, 6.4e8]


def test_a_rising_metric_is_answered_in_its_own_values(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.csv").write_text(text(rises=True), encoding="utf-8")
    assert main(["forecast", "a.csv", "--parameters", "model_size", "--at", "1e11", "--json"]) == 0
    (at,) = json.loads(capsys.readouterr().out)["predictions"]
    truth = 0.9 - 8 * 6.4e8**-0.25 - 20 * 1e11**-0.25
    assert at["lower"] < truth < at["upper"]


@pytest.mark.parametrize(
    "options",
    [
        ["--parameters", "model_size", "--target", "0.3"],
        ["--parameters", "model_size", "--compute", "0"],
        ["--compute", "1e20"],
    ],
)
def test_options_that_do_not_fit_are_refused(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["forecast", "a.csv", *options]) == 2
    assert "--" in capsys.readouterr().err


def test_a_run_directory_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forecast", ".", "--parameters", "model_size"]) == 2
    assert "run directory" in capsys.readouterr().err


def test_sizes_of_models_are_read_as_people_write_them() -> None:
    assert [model_size(cell, "n") for cell in ("125M", "1.3B", 70_000, "2e9")] == [
        1.25e8,
        1.3e9,
        7e4,
        2e9,
    ]
    with pytest.raises(ForecastError):
        model_size("base", "n")
