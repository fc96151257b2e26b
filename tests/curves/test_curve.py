import math
import warnings
from typing import Any

import numpy as np
import pytest
from errors import raises

from dataworth import Metric, metrics
from dataworth.curves.curve import Curve
from dataworth.errors import DataError


def test_sorts_by_size_and_numbers_the_runs() -> None:
    curve = Curve([30, 10, 30], [0.3, 0.9, 0.4])
    assert curve.samples.tolist() == [10, 30, 30]
    assert curve.values.tolist() == [0.9, 0.3, 0.4]
    assert curve.seeds.tolist() == [0, 0, 1]
    assert curve.sizes.tolist() == [10, 30]


def test_summary_is_mean_and_sample_deviation() -> None:
    small, large = Curve([10, 30, 30], [0.9, 0.3, 0.4]).summary()
    assert small[:2] == (10, 0.9)
    assert math.isnan(small.std)
    assert large.mean == pytest.approx(0.35)
    assert large.std == pytest.approx(0.1 / math.sqrt(2))
    assert large.runs == 2


def test_another_metric_of_the_same_runs() -> None:
    curve = Curve([10, 30], [0.9, 0.3], others={"accuracy": [0.5, 0.8]}, chance=1.0)
    accuracy = curve["accuracy"]
    assert accuracy.values.tolist() == [0.5, 0.8]
    assert accuracy.higher_is_better
    assert not curve.higher_is_better
    assert accuracy["loss"].values.tolist() == [0.9, 0.3]
    with raises("unknown-metric", DataError, "'f1'.*loss, accuracy"):
        curve["f1"]
    with raises("wrong-type", DataError, "'f1'"):
        curve[["f1"]]  # type: ignore[index]


@pytest.mark.parametrize(
    ("samples", "values", "seeds"),
    [([1, 2], [0.1], None), ([], [], None), ([0], [1], None), ([math.nan], [1], None)],
)
def test_what_is_no_curve_is_refused(
    samples: list[float], values: list[float], seeds: None
) -> None:
    with pytest.raises(DataError):
        Curve(samples, values, seeds)


def test_csv_holds_every_digit() -> None:
    values = [1 / 3, 2 / 7]
    lines = Curve([10, 30], values, [4, 5], others={"b": [0.1, math.nan]}).to_csv().splitlines()
    assert lines[0] == "samples,seed,value,b"
    assert [float(line.split(",")[2]) for line in lines[1:]] == values
    assert np.isnan(float(lines[2].split(",")[3]))


def test_seeds_that_were_not_given_are_not_written() -> None:
    curve = Curve([10, 10, 30], [0.5, 0.4, 0.2], others={"accuracy": [0.7, 0.8, 0.9]})
    assert curve.to_csv().splitlines()[:2] == ["samples,value,accuracy", "10,0.5,0.7"]
    assert not curve["accuracy"].seeded
    assert Curve([10, 30], [0.5, 0.4], [0, 0])["loss"].seeded


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        ({"samples": [0.1, 2.7]}, "value-out-of-range", "samples holds 0.1"),
        ({"samples": [10.4, 20]}, "value-out-of-range", "samples holds 10.4"),
        (
            {"samples": [1e16, 1e19]},
            "value-out-of-range",
            r"samples holds 1e\+19; .* below 2\^63",
        ),
        (
            {"samples": [-3, 20]},
            "value-out-of-range",
            r"samples holds -3; .* positive .*numbers\.$",
        ),
        (
            {"seeds": [0, -1e30]},
            "value-out-of-range",
            r"seeds holds -1e\+30; .* -2\^63 and 2\^63",
        ),
        ({"metric": ["a"]}, "wrong-type", r"metric is \['a'\]"),
        ({"samples": ["a", "b"]}, "not-numeric", "samples is"),
        ({"samples": [[1, 2], [3]]}, "not-numeric", "samples is"),
        ({"values": ["a", "b"]}, "not-numeric", "values is"),
        ({"values": [1 + 2j, 1j]}, "not-numeric", "values is"),
        ({"values": [10**400, 1]}, "not-numeric", "values is"),
        ({"samples": np.array(["2020", "2021"], "M8[Y]")}, "not-numeric", "samples is"),
        ({"seeds": [0, math.nan]}, "value-out-of-range", "seeds holds nan"),
        ({"seeds": [0, 0.5]}, "value-out-of-range", "seeds holds 0.5"),
        ({"seeds": ["a", "b"]}, "not-numeric", "seeds is"),
        ({"others": {"accuracy": ["a", "b"]}}, "not-numeric", r"others\['accuracy'\] is"),
        (
            {"others": {"accuracy": [1.0]}},
            "shape-mismatch",
            r"others\['accuracy'\] .*\(1,\).*\(2,\)",
        ),
        ({"others": [[0.5, 0.8]]}, "wrong-type", r"others is \[\[0\.5, 0\.8\]\]"),
        ({"chance": math.inf}, "value-out-of-range", "chance is inf"),
        ({"chance": "3"}, "value-out-of-range", "chance is '3'"),
    ],
    ids=lambda case: str(case)[:40] if isinstance(case, dict) else None,
)
def test_what_is_no_measurement_is_refused(
    arguments: dict[str, Any], code: str, complaint: str
) -> None:
    usual: dict[str, Any] = {"samples": [1000, 2000], "values": [1.0, 0.8]}
    with raises(code, DataError, complaint):
        Curve(**usual | arguments)


def test_a_computed_size_may_be_off_by_a_rounding_error_and_a_large_seed_keeps_its_digits() -> None:
    curve = Curve([1000 * (1 + 1e-9), 2000], [1.0, 0.8], seeds=[2**62 + 1, 0])
    assert curve.samples.tolist() == [1000, 2000]
    assert curve.seeds.tolist() == [2**62 + 1, 0]


VALUES = [0.62, 0.71, 0.77]


def test_a_metric_has_the_name_that_it_was_given_and_what_is_known_of_it() -> None:
    curve = Curve([10, 20, 30], VALUES, metric="val/Acc")
    assert curve.metric.name == "val/Acc"
    assert curve.metric.title == "held-out accuracy"
    assert (curve.higher_is_better, curve.best) == (True, 1.0)
    assert Curve([10, 20, 30], VALUES).metric == metrics.find("loss")
    own = Metric("quality", True, 0.0, 5.0)
    assert Curve([10, 20, 30], VALUES, metric=own).metric is own


def test_the_direction_and_the_best_value_can_be_given() -> None:
    unknown = Curve([10, 20, 30], VALUES, metric="hits per game")
    assert unknown.metric.higher_is_better is None
    assert (unknown.higher_is_better, unknown.best) == (False, None)
    rising = Curve([10, 20, 30], VALUES, metric="quality", higher_is_better=True, best=5)
    assert (rising.higher_is_better, rising.best) == (True, 5.0)
    # What is best says which way it goes.
    assert Curve([10, 20, 30], VALUES, metric="quality", best=5).higher_is_better
    fallen = Curve([10, 20, 30], VALUES, metric="quality", best=-2)
    assert (fallen.metric.higher_is_better, fallen.best) == (False, -2.0)
    # A direction that is given goes before one that is known.
    assert not Curve([10, 20, 30], VALUES, metric="map", higher_is_better=False).higher_is_better
    assert Curve([10, 20, 30], VALUES, higher_is_better=True).metric.name == "score"


def test_values_beyond_the_best_are_refused() -> None:
    with pytest.raises(DataError, match=r"values hold 0\.71, beyond best, which is 0\.7"):
        Curve([10, 20, 30], VALUES, metric="accuracy", best=0.7)
    with pytest.raises(DataError, match=r"values hold 0\.62, .* --higher-is-better"):
        Curve([10, 20, 30], VALUES, best=1)
    with pytest.raises(DataError, match="best is 'much'"):
        Curve([10, 20, 30], VALUES, best="much")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("metric", "values", "upper", "unit"),
    [
        ("accuracy", [62, 71, 77], 100, "%"),
        ("accuracy", [0.9, 3.1, 8.2], 100, "%"),
        ("accuracy", [0.62, 0.71, 1.2], 1, ""),
        ("accuracy", [62, 71, 120], 1, ""),
        ("accuracy", [math.nan, math.nan, math.nan], 1, ""),
        ("mcc", [-3, 40, 60], 100, "%"),
        ("error_rate", [38, 29, 23], 100, "%"),
        ("r2", [62, 71, 77], 1, ""),
        ("bleu", [12, 20, 27], 100, ""),
        ("bleu", [0.12, 0.2, 0.27], 1, ""),
        ("psnr", [21, 23, 25], math.inf, "dB"),
    ],
)
def test_per_cent_is_recognised(metric: str, values: list[float], upper: float, unit: str) -> None:
    curve = Curve([10, 20, 30], values, metric=metric)
    assert (curve.metric.upper, curve.metric.unit) == (upper, unit)


def test_a_column_is_found_by_what_it_means() -> None:
    curve = Curve([10, 30], [0.9, 0.3], others={"Val_Acc": [0.5, 0.8], "f1": [0.4, 0.6]})
    assert curve["accuracy"].values.tolist() == [0.5, 0.8]
    assert curve["accuracy"].metric.name == "Val_Acc"
    assert curve["log_loss"] is curve
    assert curve["accuracy"]["F1"]["acc"]["loss"].values.tolist() == [0.9, 0.3]
    several = Curve([10, 30], [0.9, 0.3], others={"val_acc": [0.5, 0.8], "test_acc": [0.4, 0.7]})
    with pytest.raises(DataError, match="no metric 'accuracy'; it has loss, val_acc, test_acc"):
        several["accuracy"]
    assert several["val_acc"]["test_acc"]["val_acc"].values.tolist() == [0.5, 0.8]


def test_a_metric_keeps_what_was_given_of_it_on_the_way_there_and_back() -> None:
    given = Curve(
        [10, 20],
        [1.5, 1.8],
        metric="mine",
        higher_is_better=True,
        best=4.0,
        chance=1.0,
        others={"x": [0.2, 0.1], "accuracy": [0.5, 0.8]},
    )
    for again in (given["x"]["mine"], given["x"]["accuracy"]["mine"], given["accuracy"]["MINE"]):
        assert again.metric == given.metric
        assert (again.higher_is_better, again.best, again.chance) == (True, 4.0, 1.0)
        assert again.values.tolist() == [1.5, 1.8]
    assert given["x"].chance is None
    assert given["x"].metric.higher_is_better is None


def test_an_infinite_value_has_no_deviation_and_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        point = Curve([10, 10], [1.0, math.inf]).summary()[0]
    assert math.isnan(point.std)


@pytest.mark.parametrize("as_list", [False, True])
def test_what_is_masked_is_missing(as_list: bool) -> None:
    values = np.ma.masked_array([0.6, 0.1, 0.8], [False, True, False])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        curve = Curve([1, 2, 3], list(values) if as_list else values)
    assert curve.values.tolist() == pytest.approx([0.6, math.nan, 0.8], nan_ok=True)
    with raises("value-out-of-range", DataError, "samples holds nan"):
        Curve(np.ma.masked_array([1, 2, 3], [True, False, False]), [0.6, 0.7, 0.8])


def test_a_metric_has_a_name() -> None:
    with raises("wrong-type", DataError, "metric is empty"):
        Curve([1, 2], [0.6, 0.7], metric="")


@pytest.mark.parametrize("chance", [-1, 1.5])
def test_chance_is_a_value_that_the_metric_can_have(chance: float) -> None:
    with raises("value-out-of-range", DataError, "between 0 and 1"):
        Curve([1, 2], [0.6, 0.7], metric="accuracy", chance=chance)
    assert Curve([1, 2], [0.6, 0.7], metric="r2", chance=0).chance == 0
