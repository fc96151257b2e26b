"""Every finding about figures: raised by figures that have the fault, and by no others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from audit_data import codes
from hypothesis import given
from hypothesis import strategies as st

from dataworth import Curve
from dataworth.audit import ReportedRun, audit, audit_figures, reported_runs
from dataworth.audit.rules.losses import FLOORS, least_loss, nearest
from dataworth.metrics.classification import score
from dataworth.records.record import Record, RunKey
from dataworth.records.store import Store
from dataworth.reproductions.emnist_paper import PUBLISHED, clipped_loss

SIZES = (1_000, 3_000, 9_000, 27_000)


def honest(seeds: int = 3, noise: float = 0.01) -> list[ReportedRun]:
    """A power law with its noise over seeds, and an accuracy that fits it."""
    random = np.random.default_rng(0)
    figures = []
    for size in SIZES:
        for seed in range(seeds):
            loss = 20 * size**-0.35 * math.exp(noise * random.normal())
            accuracy = math.exp(-loss / 1.5)
            figures.append(ReportedRun(size, seed, loss, accuracy, 0.9 * loss, math.log(47)))
    return figures


def flat(losses: Sequence[float], size: int = 1_000, **others: float) -> list[ReportedRun]:
    return [ReportedRun(size, seed, loss, **others) for seed, loss in enumerate(losses)]  # type: ignore[arg-type]


def test_nothing_is_found_in_honest_figures() -> None:
    assert audit_figures(honest()) == []
    assert audit_figures(honest(seeds=1)) == []


@given(st.integers(0, 2**32), st.floats(0.001, 0.05), st.integers(2, 5), st.floats(0.1, 0.6))
def test_nothing_is_found_in_any_falling_curve(
    seed: int, noise: float, seeds: int, exponent: float
) -> None:
    random = np.random.default_rng(seed)
    samples = np.repeat(SIZES, seeds)
    values = samples**-exponent * np.exp(np.clip(random.normal(size=len(samples)), -3, 3) * noise)
    assert audit(Curve(samples, values)) == []


def test_the_published_table_is_at_the_floor() -> None:
    (finding,) = audit(Curve(list(PUBLISHED), list(PUBLISHED.values()), name="published"))
    assert (finding.code, finding.severity) == ("loss-at-float-floor", "error")
    assert finding.evidence["floor"] == float(-np.log(np.float32(1) - np.float32(1e-7)))
    assert finding.evidence["times_floor"]["697931"] == pytest.approx(1.00076, abs=1e-5)
    assert finding.evidence["sizes"] == [27_000, 80_000, 240_000, 697_931]


@pytest.mark.parametrize("floor", FLOORS)
def test_each_floor_is_known(floor: tuple[float, str]) -> None:
    assert codes(audit_figures(flat([floor[0]]))) == {"loss-at-float-floor": "error"}


def test_small_losses_off_the_floors_are_a_warning_and_others_nothing() -> None:
    assert codes(audit_figures(flat([6e-7]))) == {"loss-at-float-floor": "warning"}
    assert codes(audit_figures(flat([0.0]))) == {"loss-at-float-floor": "error"}
    assert audit_figures(flat([2e-6])) == []
    assert nearest(1.3e-7) is None


def test_the_least_loss_of_an_accuracy_is_met_by_no_scores() -> None:
    random = np.random.default_rng(0)
    for classes in (2, 10):
        for scale in (0.01, 1, 100):
            logits = (random.normal(size=(500, classes)) * scale).astype(np.float32)
            scores = score(logits, random.integers(0, classes, 500))
            assert scores.loss >= least_loss(scores.accuracy)


@given(st.floats(0, 1, exclude_max=True))
def test_the_least_loss_is_reached_by_coin_tosses(errors: float) -> None:
    accuracy = 1 - errors
    assert least_loss(accuracy) <= errors * math.log(2) + 1e-12
    assert least_loss(accuracy) == pytest.approx(errors * math.log(2), abs=0.06)


def test_a_loss_too_good_for_its_accuracy() -> None:
    assert audit_figures(flat([0.07], accuracy=0.9)) == []
    (finding,) = audit_figures(flat([0.03], accuracy=0.9))
    assert (finding.code, finding.severity) == ("loss-below-accuracy-bound", "error")
    # 0.9 may be a rounded 0.95.
    assert finding.evidence["least_loss"] == pytest.approx(0.05 * math.log(2))
    curve = Curve([100], [0.01], others={"accuracy": [0.8671]})
    assert codes(audit(curve)) == {"loss-below-accuracy-bound": "error"}


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf, -0.3])
def test_no_loss(loss: float) -> None:
    figures = [*honest(), ReportedRun(1_000, 9, loss, 0.5, 1.0, math.log(47))]
    assert codes(audit_figures(figures)) == {"loss-not-a-loss": "error"}


def test_loss_on_training_rows() -> None:
    figures = [ReportedRun(100, 0, 0.5, 0.8, 0.6, math.log(10), "training")]
    assert codes(audit_figures(figures)) == {"loss-on-training-rows": "error"}
    figures = [ReportedRun(100, 0, 0.5123, 0.8, 0.5123, math.log(10))]
    assert codes(audit_figures(figures)) == {"loss-on-training-rows": "error"}


def test_loss_above_chance() -> None:
    assert audit_figures([ReportedRun(100, 0, 2.30, 0.1, None, math.log(10))]) == []
    figures = [ReportedRun(100, 0, 2.31, 0.1, None, math.log(10))]
    assert codes(audit_figures(figures)) == {"loss-above-chance": "warning"}
    curve = Curve([100], [2.31], chance=math.log(10))
    assert codes(audit(curve)) == {"loss-above-chance": "warning"}


@pytest.mark.parametrize(
    ("entries", "chance"),
    [
        ({"classes": 2, "class_counts": [900, 100]}, 0.325083),
        ({"classes": 2, "class_counts": [500, 500]}, math.log(2)),
        ({"classes": 3, "class_counts": [900, 100, 0], "chance": {"loss": 0.4}}, 0.4),
        # What is not known of a function's loss is not guessed from the number of classes.
        ({"classes": 2, "chance": {}}, None),
        ({"classes": 1, "class_counts": [10]}, None),
    ],
)
def test_chance_is_that_of_the_class_shares(
    entries: dict[str, Any], chance: float | None, tmp_path: Path
) -> None:
    loss = 0.5 if chance is None else 1.002 * chance
    with Store(tmp_path, write=True) as store:
        store.set_meta({"name": "x", "findings": [], **entries})
        for size, value in ((100, loss), (200, 0.9995 * (chance or 1)), (400, 0.02)):
            store.add(Record(RunKey("m", size, 0, f"{size:032}"), {"loss": value}))
        (run, *_) = reported_runs(store)
    assert run.chance == pytest.approx(chance)
    found = [f for f in audit(tmp_path) if f.code == "loss-above-chance"]
    assert [f.evidence["sizes"] for f in found] == ([] if chance is None else [[100]])


def test_a_figure_that_a_model_lacks_is_unknown(tmp_path: Path) -> None:
    with Store(tmp_path, write=True) as store:
        store.set_meta({"name": "x", "findings": [], "chance": {"loss": 0.5}})
        store.add(Record(RunKey("net", 100, 0, f"{1:032}"), {"loss": 0.4, "train_loss": 0.3}))
        store.add(Record(RunKey("trees", 100, 0, f"{2:032}"), {"loss": 0.9}))
        assert {run.train_loss for run in reported_runs(store)} == {0.3, None}
    (finding,) = [f for f in audit(tmp_path) if f.code == "loss-above-chance"]
    assert "nan" not in f"{finding.message} {finding.advice}"


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({"scores": {"loss": 0.4}}, False),
        ({"scores": {"loss": 0.4, "train_loss": 0.3}}, True),
        ({"scores": {"loss": 0.4}, "facts": {"stopped_at_ceiling": 1.0}}, True),
        ({"scores": {"loss": 0.4}, "history": {"loss": np.linspace(2, 1, 20)}}, True),
    ],
)
def test_whether_runs_tell_of_their_training(
    record: dict[str, Any], told: bool, tmp_path: Path
) -> None:
    with Store(tmp_path, write=True) as store:
        store.set_meta({"name": "x", "findings": []})
        store.add(Record(RunKey("m", 100, 0, f"{1:032}"), **record))
        assert bool(reported_runs(store, of_training=True)) == told


def test_seeds_that_are_not_used() -> None:
    same = [ReportedRun(f.size, seed, f.loss) for f in honest(seeds=1) for seed in range(3)]
    (finding,) = audit_figures(same)
    assert (finding.code, finding.severity) == ("seeds-identical", "warning")
    assert finding.evidence["sizes"] == list(SIZES)
    on_all = [f if f.size < SIZES[-1] else ReportedRun(f.size, f.seed, 0.3140625) for f in honest()]
    assert audit_figures(on_all) == []
    rounded = flat([0.51, 0.51, 0.52])
    assert audit_figures(rounded) == []


def test_seeds_that_disagree() -> None:
    (finding,) = audit_figures(flat([0.4, 1.3, 0.5]))
    assert (finding.code, finding.severity) == ("seeds-disagree", "warning")
    diverged = [
        f if (f.size, f.seed) != (9_000, 1) else ReportedRun(9_000, 1, f.loss * 1.4)
        for f in honest()
    ]
    (finding,) = audit_figures(diverged)
    assert finding.code == "seeds-disagree"
    assert [outlier[:2] for outlier in finding.evidence["outliers"]] == [[9_000, 1]]


def test_a_curve_that_rises() -> None:
    risen = [*honest(), *flat([0.7, 0.71, 0.705], size=81_000)]
    (finding,) = audit_figures(risen)
    assert (finding.code, finding.severity) == ("curve-rises", "warning")
    assert finding.evidence["rises"][0][:2] == [27_000, 81_000]
    within_noise = [*flat([0.50, 0.55, 0.45], 1_000), *flat([0.51, 0.57, 0.47], 3_000)]
    assert audit_figures(within_noise) == []


def test_a_curve_of_one_run_per_size_may_rise_by_a_tenth() -> None:
    assert audit(Curve([10, 30, 90], [0.5, 0.4, 0.43])) == []
    assert codes(audit(Curve([10, 30, 90], [0.5, 0.4, 0.45]))) == {"curve-rises": "warning"}


def test_other_metrics() -> None:
    accuracy = Curve([10, 30, 90], [0.5, 0.8, 0.6], metric="accuracy")
    assert codes(audit(accuracy)) == {"curve-rises": "warning"}
    assert audit(Curve([10, 30, 90], [0.5, 0.6, 0.8], metric="accuracy")) == []
    assert audit(Curve([10, 30], [0.0, 1e-9], metric="minutes")) == []
    for metric, values in (("rmse", [9, 6, 8]), ("val_mAP", [50, 80, 60]), ("R2", [0.5, 0.8, 0.6])):
        assert codes(audit(Curve([10, 30, 90], values, metric=metric))) == {
            "curve-rises": "warning"
        }
    assert codes(audit(Curve([10, 30, 90], [0.9, 0.0, 0.1], metric="val_loss"))) == {
        "loss-at-float-floor": "error"
    }


@pytest.mark.parametrize(
    ("metric", "values", "first"),
    [
        ("accuracy", [0.7, 0.8, 1.2], 1.2),
        ("F1", [0.7, -0.1, 0.8], -0.1),
        ("rmse", [3, 2, -1], -1),
        ("kappa", [-1.5, 0.2, 0.4], -1.5),
        ("perplexity", [30, 20, 0.5], 0.5),
    ],
)
def test_a_value_that_the_metric_cannot_have(
    metric: str, values: list[float], first: float
) -> None:
    (finding,) = audit(Curve([10, 30, 90], values, metric=metric))
    assert (finding.code, finding.severity) == ("metric-out-of-range", "error")
    assert finding.evidence["first"] == first


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3), st.sampled_from([1.0, 100.0]))
def test_shares_and_per_cent_are_in_range(values: list[float], unit: float) -> None:
    curve = Curve([10, 30, 90], [unit * value for value in values], metric="accuracy")
    if unit == 1 or np.median(curve.values) > 1:
        assert "metric-out-of-range" not in codes(audit(curve))


def test_a_loss_that_is_clipped_on_purpose_is_found() -> None:
    logits = np.zeros((100, 47), np.float32)
    logits[:, 0] = 40
    loss = clipped_loss(logits, np.zeros(100, np.int64))
    assert codes(audit_figures(flat([loss]))) == {"loss-at-float-floor": "error"}
