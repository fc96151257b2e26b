from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from dataworth._util.numbers import format_chance
from dataworth.curves.curve import Curve
from dataworth.curves.read import load_curve
from dataworth.forecast.compare import compare
from dataworth.metrics.labels import format_values
from dataworth.report.reported import reported_comparison
from dataworth.report.study_report import Ahead, RunReport, look_ahead
from dataworth.report.tables import standing_table


@pytest.fixture(scope="module")
def pair(run_report: RunReport) -> list[RunReport]:
    """A run, and one that starts better and is overtaken at about 10,000 samples."""
    curve = run_report.curve
    other = type(curve)(curve.samples, 1.3 * curve.samples**-0.12, curve.seeds, name="flat")
    ahead = look_ahead(other)
    return [run_report, replace(run_report, name="flat", curve=other, ahead={"loss": ahead})]


def test_the_table_says_what_the_comparison_says(pair: list[RunReport]) -> None:
    table = standing_table(pair)
    made = {report.name: report.ahead["loss"].forecast for report in pair}
    assert table is not None
    assert table.sizes == (48_600.0, 145_800.0, 486_000.0)
    assert [name for name, _ in table.rows] == ["letters", "flat"]
    expected = {each.name: each for each in compare(made).standings(145_800)}
    for name, cells in table.rows:
        each = expected[name]
        median, lower, upper = format_values(each.median, each.lower, each.upper)
        assert cells[1][:2] == (median, f"{lower} to {upper}")
        assert cells[1].best == format_chance(each.probability_best)


def test_a_sentence_says_who_leads_and_since_when(pair: list[RunReport]) -> None:
    table = standing_table(pair)
    assert table is not None
    sentence, *_ = table.sentences
    assert re.match(r"letters .* flat .* 48,600 samples .* since about \d", sentence)
    assert re.search("flat .* overtake", sentence)


def test_without_two_forecasts_there_is_no_table(pair: list[RunReport]) -> None:
    assert standing_table(pair[:1]) is None
    refused = replace(pair[1], ahead={"loss": Ahead(None, None, "too short")})
    assert standing_table([pair[0], refused]) is None


def test_models_are_compared_in_words_by_the_metric_that_people_speak_of(
    run_directory: Path,
) -> None:
    curve = load_curve(run_directory)
    by_loss = compare({"one": curve, "two": curve})
    spoken = reported_comparison(by_loss)
    assert (by_loss.metric.name, spoken.metric.name) == ("loss", "accuracy")
    assert spoken.names == by_loss.names
    alone = compare({"one": curve, "two": Curve(curve.samples, curve.values)})
    assert reported_comparison(alone) is alone
