import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataworth.cli.main import main
from dataworth.curves.curve import Curve
from dataworth.curves.read import as_curve
from dataworth.forecast.api import forecast


@pytest.fixture
def falling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A CSV of a power law with noise, in the current folder."""
    monkeypatch.chdir(tmp_path)
    sizes = np.repeat(100 * 2 ** np.arange(7), 3)
    noise = np.random.Generator(np.random.Philox(5)).normal(0, 0.01, len(sizes))
    loss = (0.1 + 8 * sizes**-0.5) * np.exp(noise)
    Curve(sizes, loss, others={"accuracy": 1 - loss / 2}).to_csv("falling.csv")
    return tmp_path / "falling.csv"


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """The one JSON document that a forecast prints, infinities refused."""
    assert main(["forecast", *arguments, "--json"]) == 0

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(capsys.readouterr().out, parse_constant=refuse)


def test_it_says_law_backtest_predictions_and_where_the_picture_is(
    falling: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--metric", "loss", "--target", "0.15", "0.01", "--details"]
    assert main(["forecast", str(falling), *options]) == 0
    said = capsys.readouterr().out
    for part in (
        "falling: held-out loss of 21 runs at 7 sizes, 100 to 6,400 samples",
        "Law: loss = ",
        "this forecast",
        "baseline: last value stays",
        "baseline: plain power law",
        "12,800",
        "Loss 0.15 nats needs about ",
        "Loss 0.01 nats is not expected with any number of samples",
        "Check: with the largest size (6,400) hidden",
        "treat forecasts beyond 3x as rough",
        "Picture: forecast-loss.svg",
    ):
        assert part in said
    assert Path("forecast-loss.svg").read_text(encoding="utf-8").startswith("<svg ")
    assert not list(Path().glob("*.partial"))


def test_the_json_is_the_forecasts_own_numbers(
    falling: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--metric", "loss", "--at", "12_800", "1e6", "--target", "0.15", "0.01"]
    said = document(capsys, str(falling), *options)
    made = forecast(as_curve(falling))
    predicted = made.predict([12_800, 1e6])
    assert [row["samples"] for row in said["predictions"]] == [12_800, 1e6]
    assert [row["upper"] for row in said["predictions"]] == predicted.upper.tolist()
    reached, out_of_reach = (made.samples_for(target, 0.9, 0.9) for target in (0.15, 0.01))
    assert said["targets"][0]["median"] == reached.median
    assert said["targets"][0]["lower"] == reached.lower
    assert math.isinf(out_of_reach.upper)
    assert math.isinf(out_of_reach.assured or 0)
    assert said["targets"][1]["upper"] is None
    assert said["targets"][1]["assured"] is None
    assert said["targets"][1]["probability_reachable"] == out_of_reach.probability_reachable
    assert said["stop"] is None
    assert "beyond 10x a forecast" in said["warnings"][0]
    assert {"forecast", "last-value", "power-absolute"} <= {r["method"] for r in said["backtest"]}
    assert not Path("forecast.svg").exists()


def test_a_metric_that_rises_is_answered_in_its_own_unit(
    falling: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--metric", "accuracy", "--target", "0.92", "--level", "0.5"]
    said = document(capsys, str(falling), *arguments)
    last = as_curve(falling, "accuracy").summary()[-1].mean
    row = said["predictions"][0]
    assert said["metric"] == "accuracy"
    assert last < row["lower"] < row["median"] < row["upper"] < 1
    assert said["targets"][0]["median"] > 6_400
    assert main(["forecast", str(falling), *arguments, "--details"]) == 0
    assert "Law: 1 - accuracy = " in capsys.readouterr().out


def test_noise_of_the_held_out_rows_widens_the_intervals(
    falling: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, noisy = (
        document(capsys, str(falling), "--test-noise", noise)["predictions"][0]
        for noise in ("0", "0.02")
    )
    assert noisy["lower"] < plain["lower"] < plain["upper"] < noisy["upper"]


def test_prices_say_where_to_stop(falling: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--price-per-label", "0.01", "--worth", "10000"]
    stop = document(capsys, str(falling), *arguments)["stop"]
    assert stop["median"] == forecast(as_curve(falling, "accuracy")).stop_at(0.01, 10_000).median
    assert main(["forecast", str(falling), *arguments, "--out", "a.svg"]) == 0
    assert "stops paying at " in capsys.readouterr().out
    assert "<svg" in Path("a.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing.csv"], "nothing.csv"),
        (["falling.csv", "--metric", "accuracy", "--target", "1.5"], "between 0 and 1"),
        (["falling.csv", "--at", "-5"], "positive and finite"),
        (["falling.csv", "--level", "90"], "level is 90"),
        (["falling.csv", "--assurance", "0", "--target", "0.2"], "assurance is 0"),
        (["falling.csv", "--assurance", "2"], "assurance is 2"),
        (
            ["falling.csv", "--metric", "acuracy"],
            "'acuracy'",
        ),
        (["falling.csv", "--worth", "1"], "--price-per-label"),
        (["falling.csv", "--price-per-label", "-1"], "price_per_label is -1"),
        (["falling.csv", "--by", "learner", "--out", "a.png"], "'learner'"),
        (["falling.csv", "--out", "a.jpeg"], "a.jpeg: "),
        (["falling.csv", "--json", "--out", "none/a.png"], "none/a.png: "),
        (["falling.csv", "--out", "folder.png"], "folder.png: "),
        (["two.csv"], "two different sizes"),
    ],
)
def test_what_cannot_be_forecast_is_one_message_and_code_2(
    arguments: list[str], said: str, falling: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("two.csv").write_text("samples,value\n100,0.5\n100,0.4\n")
    Path("folder.png").mkdir()
    assert main(["forecast", *arguments]) == 2
    printed, told = capsys.readouterr()
    assert told.startswith("dataworth: ")
    assert said in told
    assert "Traceback" not in told
    assert not printed or "folder.png" in arguments, "half an answer"


def test_sizes_that_are_no_numbers(falling: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["forecast", str(falling), "--at", "many"])
    assert stop.value.code == 2
    assert "'many'" in capsys.readouterr().err


@pytest.mark.usefixtures("no_picture")
def test_a_run_of_one_size_ends_well_and_says_why_there_is_no_forecast(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, model = tmp_path / "run", tmp_path / "model_of_one_size.py"
    model.write_text("def train(run):\n    return {'loss': 0.5 + run.seed / 10}\n")
    command = ["run", "--data", "1000", "--model", f"{model}:train", "--sizes", "50"]
    assert main([*command, "--seeds", "2", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert re.search("No forecast: .* 1 ", said)
    assert not (out / "forecast.svg").exists()
    assert main(["forecast", str(out)]) == 2
    assert re.match("dataworth: .* 1 ", capsys.readouterr().err)


def test_enormous_numbers_of_samples_have_an_exponent(
    falling: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    enormous = as_curve(falling)
    Curve(enormous.samples * 10**15, enormous.values, seeds=enormous.seeds, name="enormous").to_csv(
        "enormous.csv"
    )
    assert main(["forecast", "falling.csv", "--at", "1e30"]) == 0
    assert main(["forecast", "enormous.csv"]) == 0
    assert main(["compare", "enormous.csv", "falling.csv", "--at", "1e30"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"1e\+30 is 1\.5625e\+26x", said)
    assert "At 1e+30 samples:" in said
    assert "1e+17 to 6.4e+18 samples" in said
    assert not re.search(r"\d{1,3}(,\d{3}){4}|\d{13}", said)


def test_the_mean_error_of_one_origin_is_its_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Curve([1_000, 2_000, 4_000, 8_000], [1, 0.7, 0.5, 0.25]).to_csv("falling.csv")
    assert main(["forecast", "falling.csv", "--details"]) == 0
    said = capsys.readouterr().out
    (last,) = (line for line in said.splitlines() if "last value stays" in line)
    assert last.split()[-2:] == ["100.0", "%"]


def test_accuracies_near_1_and_their_targets_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    accuracies = [0.98, 0.99, 0.995, 0.9975, 0.9987, 0.9993]
    Curve(1_000 * 2 ** np.arange(6), accuracies, metric="accuracy").to_csv("near.csv")
    assert main(["forecast", "near.csv", "--metric", "accuracy", "--target", "0.9997"]) == 0
    said = capsys.readouterr().out
    assert "from 99.930 % to 99.97" in said
    assert "Accuracy 99.97 % needs " in said
    assert "100.0" not in said


def test_a_target_that_is_just_met_is_not_said_to_be_sure(
    falling: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("just.csv").write_text(
        "samples,value\n1000,1.6\n3000,1.18\n9000,0.91\n27000,0.66\n80000,0.52\n"
    )
    assert main(["forecast", "just.csv", "--target", "0.521", "0.9", "--test-noise", "0.02"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert re.search(r" 0\.521 nats [^.]* 80,000 samples on\. [^.]* 90 %", said)
    # Between the sizes of 9,000 and 27,000, and surely before the latter.
    first, sure = re.findall(
        r" 0\.9 nats [^.]* ([\d,]+) samples on\. [^.]* 90 %: ([\d,]+)\.", said
    )[0]
    assert 9_000 <= int(first.replace(",", "")) < int(sure.replace(",", "")) < 27_000


def test_the_direction_of_a_metric_is_asked_for_and_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("samples,value\n100,.62\n200,.71\n400,.77\n800,.82\n1600,.855\n")
    expected = document(capsys, "a.csv", "--metric", "accuracy", "--target", "0.9")["targets"]
    assert main(["forecast", "a.csv", "--metric", "quality", "--target", "0.9"]) == 2
    assert "--higher-is-better" in capsys.readouterr().err
    for options in (["--higher-is-better"], ["--best", "1"], ["--higher-is-better", "--best", "1"]):
        found = document(capsys, "a.csv", "--metric", "quality", "--target", "0.9", *options)
        assert found["metric"] == "quality"
        assert [each | {"metric": "accuracy"} for each in found["targets"]] == expected
    assert document(capsys, "a.csv", "--higher-is-better")["metric"] == "score"
    assert document(capsys, "a.csv", "--metric", "quality", "--lower-is-better")["predictions"]
    with pytest.raises(SystemExit):
        main(["forecast", "a.csv", "--higher-is-better", "--lower-is-better"])
    assert "not allowed with" in capsys.readouterr().err
    Path("b.csv").write_text("samples,value\n100,.52\n200,.61\n400,.67\n800,.72\n1600,.755\n")
    assert main(["compare", "a.csv", "b.csv", "--metric", "x", "--higher-is-better", "--json"]) == 0
    standings = json.loads(capsys.readouterr().out)["standings"]
    assert [row["name"] for row in standings[:2]] == ["a", "b"]


@pytest.mark.parametrize(("values", "target"), [("per cent", 95.0), ("shares", 0.95)])
def test_a_target_and_a_level_may_be_written_in_per_cent(
    values: str,
    target: float,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    shares = np.array([0.62, 0.71, 0.77, 0.82, 0.855])
    scale = 100 if values == "per cent" else 1
    Curve(100 * 2 ** np.arange(5), scale * shares, metric="accuracy").to_csv("a.csv")
    options = ["a.csv", "--metric", "accuracy"]
    expected = document(capsys, *options, "--target", str(target), "--level", "0.8")
    assert document(capsys, *options, "--target", "95%", "--level", "80%") == expected
    assert expected["targets"][0]["target"] == target


def test_a_target_in_per_cent_is_refused_where_the_metric_is_no_share(
    falling: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["forecast", "falling.csv", "--metric", "loss", "--target", "5%"]) == 2
    assert "target 5%: loss" in capsys.readouterr().err
    # Where the accuracy was measured too, it is a target of the accuracy.
    assert document(capsys, "falling.csv", "--target", "95%")["targets"][0]["metric"] == "accuracy"
    for wrong in ("%", "9%5", "5%%", "x%"):
        with pytest.raises(SystemExit):
            main(["forecast", "falling.csv", "--target", wrong])
        assert "expected numbers" in capsys.readouterr().err
