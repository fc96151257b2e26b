"""What ``dataworth forecast`` says first, of what file, in what unit and money."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dataworth.cli.main import main

LEARNERS = "learner,n,accuracy\n" + "".join(
    f"{name},{n},{1 - factor * n**-power}\n"
    for name, factor, power in (("bayes", 1.2, 0.15), ("knn", 3.0, 0.4))
    for n in (100, 300, 900, 2700, 8100)
)
SEMICOLONS = "samples;seed;accuracy\n" + "".join(
    f"{n};{s};{v + s / 10}\n".replace(".", ",")
    for n, v in ((200, 61.3), (600, 70.4), (1800, 77.5), (5400, 82.6))
    for s in (0, 1)
)


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def said_of(text: str, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What the command prints of a file with this text."""
    Path("a.csv").write_text(text, encoding="utf-8")
    assert main(["forecast", "a.csv", *options]) == 0
    return capsys.readouterr().out


def test_the_answer_is_first_and_the_law_is_in_the_details(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = said_of(SEMICOLONS, capsys, "--target", "90%")
    lines = said.splitlines()
    assert "of the errors." in said
    assert lines[0].startswith(
        "3x the data (16,200 samples) is likely to raise accuracy from 82.6 %"
    )
    assert lines[1].startswith("Accuracy 90 % needs about ")
    (read,) = (line for line in lines if line.startswith("Read: "))
    assert all(part in read for part in ("semicolons", "decimal commas"))
    assert "'accuracy'" not in read
    assert said.index("Forecast of") < said.index("Warning")
    assert "Law:" not in said
    detailed = said_of(SEMICOLONS, capsys, "--details")
    assert detailed.index("Forecast of") < detailed.index("Law:") < detailed.index("Backtest")


def test_names_of_metrics_keep_their_capitals(capsys: pytest.CaptureFixture[str]) -> None:
    text = "samples,mAP\n100,.2\n300,.3\n900,.38\n2700,.44\n"
    assert "\nmAP 0.5 needs about " in said_of(text, capsys, "--target", "0.5")


def test_accuracy_is_spoken_of_before_nats(capsys: pytest.CaptureFixture[str]) -> None:
    text = "samples,test_loss,test_acc\n100,1.6,.5\n300,1.2,.62\n900,.9,.71\n2700,.7,.78\n"
    said = said_of(text, capsys)
    assert re.match(r"3x the data .* raise accuracy from 78\.0 % to 8", said)
    assert "a: held-out accuracy of 4 runs" in said
    assert re.search(r"times +test_acc, %", said)
    error = "expected a value of test_acc between 0 and 1.\n"
    Path("a.csv").write_text(text)
    assert main(["forecast", "a.csv", "--target", "1.2"]) == 2
    assert error in capsys.readouterr().err
    assert said_of(text, capsys, "--metric", "test_loss").startswith(
        "3x the data (8,100 samples) is likely to lower loss from 0.700 nats"
    )


def test_several_learners_are_forecast_each(capsys: pytest.CaptureFixture[str]) -> None:
    said = said_of(LEARNERS, capsys, "--by", "learner", "--at", "24300")
    assert said.index("learner: bayes") < said.index("learner: knn")
    assert said_of(LEARNERS, capsys, "--by", "learner", "--json", "--at", "24300")
    Path("a.csv").write_text(LEARNERS)
    assert main(["forecast", "a.csv"]) == 2
    error = capsys.readouterr().err
    assert "'learner' holds bayes, knn" in error
    assert "--by learner" in error
    assert main(["forecast", "a.csv", "--by", "learner", "--out", "a.png"]) == 2
    assert "--where" in capsys.readouterr().err


def test_one_learner_alone_is_the_same_as_by(capsys: pytest.CaptureFixture[str]) -> None:
    each = json.loads(said_of(LEARNERS, capsys, "--by", "learner", "--json", "--at", "24300"))
    one = json.loads(said_of(LEARNERS, capsys, "--where", "learner=knn", "--json", "--at", "24300"))
    assert each["curves"]["knn"]["predictions"] == one["predictions"]
    assert each["by"] == ["learner"]


def test_how_many_more_and_what_they_cost(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--where", "learner=knn", "--target", "0.95", "--price-per-label", "0.5"]
    found: Any = json.loads(said_of(LEARNERS, capsys, *options, "--json"))
    (target,) = found["targets"]
    for name in ("median", "lower", "upper"):
        assert target["more"][name] == target[name] - 8_100
        assert target["cost"][name] == 0.5 * target["more"][name]
    said = said_of(LEARNERS, capsys, *options)
    assert re.search(
        r"That is [\d,]+ more than the 8,100 measured \([\d,]+ to [\d,]+\), for a pri", said
    )
    assert "cost" in said


def test_targets_in_per_cent_are_shares_where_values_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ["--where", "learner=knn", "--json", "--target"]
    share, percent = (
        json.loads(said_of(LEARNERS, capsys, *options, target))["targets"]
        for target in ("0.95", "95%")
    )
    assert share == percent


def test_no_gain_within_the_interval_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    flat = "samples,seed,error\n" + "".join(
        f"{n},{s},{0.3 + (0.01, -0.012, 0.004)[(n + s) % 3]}\n"
        for n in (100, 301, 905, 2700)
        for s in (0, 1, 2)
    )
    assert "may also bring no gain" in said_of(flat, capsys)
    assert "no gain" not in said_of(LEARNERS, capsys, "--where", "learner=knn")


def test_the_answer_says_whether_held_out_rows_are_enough(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "50 held-out rows are few" in said_of(SEMICOLONS, capsys, "--held-out", "50")
    assert "held-out rows are enough" in said_of(SEMICOLONS, capsys, "--held-out", "10000000")


def refused(text: str, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What the command says where it refuses a file with this text."""
    Path("a.csv").write_text(text, encoding="utf-8")
    assert main(["forecast", "a.csv", *options]) == 2
    return capsys.readouterr().err


SHARES = "samples,accuracy\n500,.62\n1000,.70\n2000,.765\n4000,.81\n"


def test_the_metric_that_is_forecast_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    text = "n,val_loss,val_acc\n500,.9,.62\n1000,.8,.70\n2000,.7,.765\n4000,.6,.81\n"
    said = said_of(text, capsys)
    assert "'val_acc' is forecast (for the other: --metric val_loss)" in said
    assert "'val_loss' the metric" not in said
    assert "'val_loss' the metric" in said_of(text, capsys, "--metric", "val_loss")


def test_a_target_may_be_in_per_cent_where_the_metric_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rates = "samples,WER (%)\n500,38\n1000,30\n2000,23.5\n4000,19\n"
    assert "WER 17 % needs about" in said_of(rates, capsys, "--target", "17%")


def test_a_target_of_the_other_direction_is_told_apart(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hint = "If an error of 15 % is meant, ask for 85 %."
    assert hint in said_of(SHARES, capsys, "--target", "15%")
    assert "is meant" not in said_of(SHARES, capsys, "--target", "70%")
    falling = "samples,error_rate\n500,.38\n1000,.30\n2000,.235\n4000,.19\n"
    assert "If a score of 90 % is meant, ask for 10 %." in said_of(
        falling, capsys, "--target", "90%"
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--target", "100%"], "ask for less"),
        (["--level", "95"], "0.95 (--level 95%)"),
        (["--metric", "f1"], "there is the metric accuracy"),
        (["--metric", "rmse"], "no metric is called 'rmse'"),
    ],
)
def test_what_is_refused_says_what_to_type(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in refused(SHARES, capsys, *options)


def test_a_price_with_the_sign_of_a_currency_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("a.csv").write_text(SHARES)
    with pytest.raises(SystemExit):
        main(["forecast", "a.csv", "--price-per-label", "$0.5"])
    assert "without a sign of a currency" in capsys.readouterr().err


def test_a_loss_in_per_cent_is_not_in_nats(capsys: pytest.CaptureFixture[str]) -> None:
    said = said_of("samples,loss\n500,62%\n1000,55%\n2000,50%\n4000,46%\n", capsys)
    assert "nats" not in said
    assert "lower loss from 46.0 % to" in said
