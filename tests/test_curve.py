import math

import numpy as np
import pytest

from dataworth.curve import Curve
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
    with pytest.raises(DataError, match="has no metric 'f1'; it has loss, accuracy"):
        curve["f1"]


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
