"""Comparisons: one metric and one unit, what was measured, and what samples are worth."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from errors import raises

import dataworth as dw
from dataworth import Curve
from dataworth.cli.main import main
from dataworth.errors import ForecastError

SIZES = np.repeat(100 * 3 ** np.arange(5), 2)
SEEDS = np.tile([0, 1], 5)
NOISE = np.resize([1.0, 1.01, 0.99, 1.005, 0.992], 10)
SLOW, FAST = (factor * SIZES**-0.4 * NOISE for factor in (3.0, 2.0))


def test_curves_of_other_metrics_are_refused() -> None:
    loss = Curve(SIZES, SLOW, SEEDS, name="a")
    for other in (
        Curve(SIZES, 1 - FAST, SEEDS, "accuracy", name="b"),
        Curve(SIZES, FAST, SEEDS, "rmse", name="b"),
        Curve(SIZES, 100 * FAST, SEEDS, "error_rate", name="b"),
    ):
        with raises("metrics-differ", ForecastError, "loss of a, "):
            dw.compare([loss, other])


def test_sizes_that_count_different_things_are_refused() -> None:
    rows = Curve(SIZES, SLOW, SEEDS, name="a")
    customers = Curve(SIZES, FAST, SEEDS, name="b", counted="customers")
    with raises("sizes-differ", ForecastError, "a counts samples, b counts customers.*--count"):
        dw.compare([rows, customers])


@pytest.mark.parametrize(
    ("metric", "values"),
    [
        ("accuracy", 1 - FAST),
        ("accuracy", 100 * (1 - FAST)),
        ("val_acc", 1 - FAST),
        ("error_rate", 100 * FAST),
        ("Error-Rate", FAST),
    ],
)
def test_a_share_is_converted_into_the_first_ones_unit(metric: str, values: np.ndarray) -> None:
    first = Curve(SIZES, SLOW / 2, SEEDS, "error_rate", name="first")
    plain = dw.compare([first, Curve(SIZES, FAST, SEEDS, "error_rate", name="other")])
    mixed = dw.compare([first, Curve(SIZES, values, SEEDS, metric, name="other")])
    assert mixed.metric.name == "error_rate"
    for same, wanted in zip(mixed.standings(16_200), plain.standings(16_200), strict=True):
        assert same.name == wanted.name
        assert same.median == pytest.approx(wanted.median, rel=1e-3)


def test_what_was_measured_and_what_is_forecast() -> None:
    short = Curve(SIZES[:8], SLOW[:8], SEEDS[:8], name="short")
    made = dw.compare([short, Curve(SIZES, FAST, SEEDS, name="long")])
    found = {s.name: s.measured for s in made.standings(8_100)}
    assert found == {"short": False, "long": True}
    assert all(standing.measured for standing in made.standings(900))
    assert made.common == 2_700


def test_samples_of_the_better_one_are_worth_more() -> None:
    made = dw.compare({"slow": Curve(SIZES, SLOW, SEEDS), "fast": Curve(SIZES, FAST, SEEDS)})
    truth = (3 / 2) ** (1 / 0.4)
    for at in (300, 2_700, 24_300):
        (worth,) = made.worth(at)
        assert (worth.name, worth.against, worth.samples) == ("fast", "slow", at)
        assert worth.lower <= truth <= worth.upper
        assert worth.median == pytest.approx(truth, rel=0.15)
        assert worth.probability > 0.95
        assert worth.measured == (at * worth.median <= 8_100)
    (back,) = made.worth(2_700, against="fast")
    assert back.median == pytest.approx(1 / truth, rel=0.15)
    assert back.probability < 0.05
    with raises("unknown-choice", ForecastError, "'none'.*slow, fast"):
        made.worth(2_700, against="none")


def test_what_no_number_makes_up_for_is_infinite() -> None:
    flat = Curve(SIZES, 0.5 + 0.1 * SLOW, SEEDS, name="flat")
    (worth,) = dw.compare([flat, Curve(SIZES, FAST, SEEDS, name="fast")]).worth(8_100)
    assert math.isinf(worth.median)
    (other,) = dw.compare([Curve(SIZES, FAST, SEEDS, name="fast"), flat]).worth(8_100)
    assert other.upper < 0.2


def test_the_command_compares_the_learners_of_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [
        f"{n},{v},{k}"
        for k, values in (("slow", SLOW), ("fast", FAST))
        for n, v in zip(SIZES[::2], values[::2], strict=True)
    ]
    Path("a.csv").write_text("\n".join(["n_train,test_error,model", *rows]))
    assert main(["compare", "a.csv", "--by", "model", "--at", "8100", "81000"]) == 0
    said = capsys.readouterr().out
    assert "measured" in said
    assert "forecast" in said
    assert "samples of fast are worth " in said
    assert main(["compare", "a.csv", "--by", "model", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["learners"] == ["slow", "fast"]
    assert main(["compare", "a.csv", "a.csv", "--by", "model"]) == 2
    assert "--by" in capsys.readouterr().err
