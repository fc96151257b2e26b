import json
import math
import re
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises

from dataworth.cli.main import main
from dataworth.curves.curve import Curve
from dataworth.errors import ForecastError
from dataworth.forecast.api import forecast
from dataworth.forecast.compare import Comparison, compare, find_crossing
from dataworth.report.sentences import crossing_in_words, crossings_in_words

SIZES = np.repeat(100 * 2 ** np.arange(7), 3)


def falling(
    floor: float, fall: float, name: str, exponent: float = 0.5, up_to: int = 6400
) -> Curve:
    """A power law with 1 % of noise."""
    seed = np.random.SeedSequence([ord(letter) for letter in name])
    sizes = SIZES[up_to >= SIZES]
    noise = np.random.Generator(np.random.Philox(seed)).normal(0, 0.01, len(sizes))
    return Curve(sizes, (floor + fall * sizes**-exponent) * np.exp(noise), name=name)


@pytest.fixture(scope="module")
def crossed() -> Comparison:
    """Two learners that cross at 2,900 samples, within what was measured."""
    return compare([falling(0.25, 2.5, "linear"), falling(0.05, 6.0, "mlp", 0.4)])


def test_the_better_learner_ahead_with_probability_and_difference(crossed: Comparison) -> None:
    first, second = crossed.standings(64_000)
    assert (first.name, second.name) == ("mlp", "linear")
    assert first.probability_best > 0.9
    assert first.probability_best + second.probability_best == pytest.approx(1)
    alone = crossed.forecasts["mlp"].predict([64_000])
    assert (first.median, first.lower, first.upper) == pytest.approx(
        (alone.median[0], alone.lower[0], alone.upper[0]), rel=1e-6
    )
    gap = crossed.difference("mlp", "linear", 64_000)
    assert gap.probability == first.probability_best
    assert 0 < gap.lower < gap.median < gap.upper
    back = crossed.difference("linear", "mlp", 64_000)
    assert (back.median, back.lower) == pytest.approx((-gap.median, -gap.upper))


def test_futures_of_two_learners_are_drawn_independently(crossed: Comparison) -> None:
    linear, mlp = (crossed.losses(name, [64_000])[:, 0] for name in crossed.names)
    assert abs(np.corrcoef(linear, mlp)[0, 1]) < 4 / math.sqrt(len(mlp))
    again = compare([each.curve for each in crossed.forecasts.values()])
    assert (again.losses("mlp", [64_000])[:, 0] == mlp).all()


def test_where_they_crossed_within_what_was_measured(crossed: Comparison) -> None:
    (crossing,) = crossed.crossings()
    sizes = np.geomspace(100, 6400, 9999)
    gap = (0.25 + 2.5 * sizes**-0.5) - (0.05 + 6 * sizes**-0.4)
    true = sizes[np.flatnonzero(np.diff(np.sign(gap)))[0]]
    assert (crossing.leader, crossing.follower, crossing.measured) == ("mlp", "linear", 6400)
    assert crossing.since == pytest.approx(true, rel=0.2)
    assert crossing.probability < 0.3
    assert crossing.upper == math.inf
    assert re.match(r"mlp .* linear .* 6,400 .* since about \d", crossing_in_words(crossing))
    assert "not expected to overtake it at any size" in crossing_in_words(crossing)


def test_of_several_models_only_pairs_that_change_places_are_told() -> None:
    curves = [
        falling(0.2, 3.0, "a"),
        falling(0.1, 16.0, "b"),
        falling(0.6, 60.0, "c"),
    ]
    comparison = compare(curves)
    told = crossings_in_words(comparison)
    assert len(told) == 2
    assert told[0].startswith("a is better than b")
    assert "204,800" in told[1]
    made = comparison.forecasts
    (alone,) = crossings_in_words(Comparison({"a": made["a"], "c": made["c"]}))
    assert alone.startswith("a is better than c")


def test_a_crossing_ahead_holds_the_true_one() -> None:
    comparison = compare([falling(0.2, 3.0, "a"), falling(0.1, 16.0, "b")])
    (crossing,) = comparison.crossings()
    true = 130.0**2
    assert (crossing.leader, crossing.follower, crossing.since) == ("a", "b", None)
    assert 6_400 <= crossing.lower < true < crossing.upper
    assert crossing.probability > 0.5
    assert math.isfinite(crossing.median)


def test_crossings_of_known_gaps() -> None:
    def gap(sizes: np.ndarray) -> np.ndarray:
        cross = np.array([200.0, 400.0, 800.0, 50.0, 1e99])[:, None]
        return np.asarray(np.log(sizes / cross))

    found = find_crossing(("a", "b"), gap, (10.0, 100.0), 0.25)
    assert (found.leader, found.since) == ("a", None)
    assert (found.lead, found.probability) == (0.8, 0.8)
    assert found.lower == pytest.approx(200)
    assert found.median == pytest.approx(400)
    assert found.upper == pytest.approx(800)
    turned = find_crossing(("a", "b"), lambda sizes: -gap(sizes), (10.0, 100.0), 0.25)
    assert (turned.leader, turned.median) == ("b", found.median)


def test_between_measured_sizes_the_figures_count() -> None:
    comparison = compare([falling(0.1, 8, "long"), falling(0.1, 4, "short", up_to=800)])
    long = comparison.forecasts["long"].curve.summary()
    standing = comparison.standings(800)[1]
    assert standing.name == "long"
    assert standing.median == pytest.approx(long[3].mean, rel=1e-6)
    assert comparison.crossings()[0].measured == 800


@pytest.fixture(scope="module")
def touching() -> Comparison:
    """Two learners, of which one was worse in its last figure than in the one before."""
    sizes = 1000 * 2 ** np.arange(6)
    x, y = [1, 0.85, 0.72, 0.61, 0.52, 0.60], [1, 0.85, 0.72, 0.65, 0.62, 0.59]
    return compare([Curve(sizes, x, name="x"), Curve(sizes, y, name="y")])


def test_standings_do_not_jump_at_the_largest_measured_size(touching: Comparison) -> None:
    before, at = touching.standings(31_999.999), touching.standings(32_000)
    assert [each.name for each in before] == [each.name for each in at]
    for one, other in zip(before, at, strict=True):
        assert one.median == pytest.approx(other.median, rel=1e-5)
        assert one.upper == pytest.approx(other.upper, rel=1e-5)
        assert one.probability_best == pytest.approx(other.probability_best, abs=2e-3)
    (crossing,) = touching.crossings()
    assert crossing.since is not None
    assert crossing.since < 5000


def test_compared_or_alone_a_learner_is_answered_alike(touching: Comparison) -> None:
    for size in (500, 3000, 20_000, 32_000, 90_000):
        for standing in touching.standings(size):
            alone = touching.forecasts[standing.name].predict([size])
            assert standing.median == pytest.approx(alone.median[0], rel=1e-6)
            assert standing.lower == pytest.approx(alone.lower[0], rel=1e-6)


def test_no_learner_is_worse_than_a_share_can_be() -> None:
    sizes = [100, 200, 400, 800, 1600]
    low = Curve(sizes, [0.01, 0.02, 0.015, 0.03, 0.04], metric="accuracy", name="low")
    high = Curve(sizes, [0.02, 0.01, 0.02, 0.05, 0.03], metric="accuracy", name="high")
    standings = compare([low, high]).standings(1.6e6)
    assert [each.lower for each in standings] == [0.0, 0.0]
    # In futures where both are at 0 neither is the better one.
    gap = compare([low, high]).difference("low", "high", 1.6e9)
    back = compare([high, low]).difference("high", "low", 1.6e9)
    assert gap.probability + back.probability == pytest.approx(1, abs=0.05)
    assert sum(each.probability_best for each in standings) == pytest.approx(1)


def test_of_equal_learners_no_difference_shows() -> None:
    curve = falling(0.1, 3, "one")
    (crossing,) = compare({"one": curve, "two": curve}).crossings()
    assert crossing.lead == pytest.approx(0.5, abs=0.03)
    assert crossing.lower == crossing.measured == 6400
    said = crossing_in_words(crossing)
    assert said.startswith("No difference shows between ")
    assert "probability 5" in said
    assert "overtake" not in said


def test_a_lead_that_shows_is_said_with_its_probability(crossed: Comparison) -> None:
    (crossing,) = crossed.crossings()
    assert crossing.lead > 0.9
    assert crossing.lead == crossed.difference("mlp", "linear", 6400).probability


def test_enormous_losses_are_compared() -> None:
    first = Curve([100, 200, 400, 800], np.array([5, 3, 2, 1]) * 1e300)
    second = Curve([100, 200, 400, 800], np.array([6, 3, 1.5, 0.9]) * 1e300)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        comparison = compare({"a": first, "b": second})
        assert comparison.crossings()[0].measured == 800
        for size in (10, 800, 1e9, 1e300):
            assert np.isfinite([each.upper for each in comparison.standings(size)]).all()
            assert math.isfinite(comparison.difference("a", "b", size).lower)


def test_a_rising_metric_is_answered_in_its_own_unit() -> None:
    losses = {"a": falling(0.1, 2, "a"), "b": falling(0.1, 4, "b")}
    rising = {
        name: Curve(c.samples, 1 - c.values, c.seeds, "accuracy") for name, c in losses.items()
    }
    better, worse = compare(rising).standings(12_800)
    assert better.name == "a"
    assert worse.median < better.lower < better.median < better.upper < 1
    assert compare(rising).difference("a", "b", 12_800).median > 0


def test_what_cannot_be_compared() -> None:
    curve = falling(0.1, 2, "a")
    with raises("too-few-curves", ForecastError):
        compare([curve])
    with raises("named-twice", ForecastError, r"compare\(\{"):
        compare([curve, curve])
    other = Curve(curve.samples, curve.values, metric="mean_squared_error", name="b")
    with raises("metrics-differ", ForecastError):
        compare([forecast(curve), other])
    two = compare({"x": curve, "y": forecast(curve)})
    with raises("unknown-choice", ForecastError, "'z'.*x, y"):
        two.difference("x", "z", 10)
    with raises("value-out-of-range", ForecastError, "level is 2"):
        two.standings(10, level=2)


@pytest.mark.parametrize("things", [3, None, "curves.csv"])
def test_what_is_no_list_of_curves(things: Any) -> None:
    with raises("wrong-type", ForecastError):
        compare(things)


@pytest.mark.parametrize("seed", [-1, 0.5, "a"])
def test_a_seed_that_is_none_is_refused_for_forecasts_too(crossed: Comparison, seed: Any) -> None:
    with raises("value-out-of-range", ForecastError, "^seed"):
        compare(crossed.forecasts, seed=seed)


@pytest.mark.parametrize("size", ["a", 1j, 10**400, math.nan, -5, [1, 2]])
def test_a_size_that_is_none_is_refused(crossed: Comparison, size: Any) -> None:
    with raises("value-out-of-range", ForecastError):
        crossed.standings(size)
    with raises("value-out-of-range", ForecastError):
        crossed.difference("mlp", "linear", size)


@pytest.mark.parametrize("level", ["a", None, [0.5], math.nan])
def test_a_level_that_is_none_is_refused(crossed: Comparison, level: Any) -> None:
    for ask in (crossed.crossings, lambda level: crossed.standings(10, level)):
        with raises("value-out-of-range", ForecastError, "^level"):
            ask(level)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    falling(0.25, 2.5, "linear").to_csv("linear.csv")
    falling(0.05, 6.0, "mlp", 0.4).to_csv("mlp.csv")
    return ["linear.csv", "mlp.csv"]


def test_the_command_says_who_is_better_and_where_they_cross(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *files]) == 0
    said = capsys.readouterr().out
    for part in ("At 6,400 samples:", "At 64,000 samples:", "best with", "mlp is better than"):
        assert part in said
    assert re.search(r"\(linear\): 64,000 is 10x your largest size", said)
    assert main(["compare", *files, "--at", "1e5", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["learners"] == ["linear", "mlp"]
    assert [row["samples"] for row in document["standings"]] == [1e5, 1e5]
    assert document["crossings"][0]["upper"] is None
    assert not Path("compare.html").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["linear.csv"], "1 curve"),
        (["linear.csv", "mlp.csv", "-o", "a.html"], "--out"),
        (["linear.csv", "mlp.csv", "--metric", "neg_log_loss"], "negative"),
        (["linear.csv", "nothing"], "nothing"),
        (["linear.csv", "mlp.csv", "--level", "3"], "level is 3.0"),
        (["linear.csv", "mlp.csv", "--at", "160000", "-5"], "[160000.0, -5.0]"),
    ],
)
def test_what_the_command_cannot_compare_is_one_message_and_code_2(
    arguments: list[str], said: str, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *arguments]) == 2
    printed, told = capsys.readouterr()
    assert not printed
    assert told.startswith("dataworth: ")
    assert said in told


def test_curves_of_one_name_are_called_by_their_paths(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("old").mkdir()
    shutil.copy("mlp.csv", "old/mlp.csv")
    assert main(["compare", "mlp.csv", "old/mlp.csv", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["learners"] == ["mlp.csv", "old/mlp.csv"]
    assert document["crossings"][0]["measured"] == 6400
