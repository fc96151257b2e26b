"""The section of the page on a plan."""

from __future__ import annotations

import base64
import math
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np
import pytest
from errors import raises
from opened_page import opened
from report_runs import make_run

import dataworth as dw
from dataworth.errors import StudyError
from dataworth.plots.narrowing import NarrowingPlotData, narrowing_svg
from dataworth.records.store import Store
from dataworth.report import write_report
from dataworth.report.planned import PlanReport, plan_report
from dataworth.study.run import Outcome

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def _train(run: dw.Run) -> dict[str, float]:
    random = np.random.default_rng([run.size, run.seed])
    return {"error": (0.05 + 2 * run.size**-0.4) * math.exp(0.01 * random.standard_normal())}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A study whose budget is spent."""
    goal = dw.Goal(at=20_000, within=0.001)
    study = dw.Study(20_000, _train, held_out=0, goal=goal, budget="6 runs", name="planned")
    return study.run_in(tmp_path_factory.mktemp("planned") / "run")


@pytest.fixture(scope="module")
def plan(outcome: Outcome) -> PlanReport:
    with Store(outcome.directory) as store:
        found = plan_report(store)
    assert found is not None
    return found


def test_it_says_goal_end_and_what_an_hour_would_buy(plan: PlanReport, outcome: Outcome) -> None:
    assert outcome.stop is not None
    text = " ".join(plan.sentences)
    for said in ("20,000 samples within 0.1 %", "6 runs", outcome.stop.message, "One more hour"):
        assert said in text


def test_each_run_has_a_row_and_the_interval_that_was_found(plan: PlanReport) -> None:
    assert len(plan.rows) == 6
    assert all(len(row) == len(plan.columns) for row in plan.rows)
    found = [row[plan.columns.index("Found")] for row in plan.rows]
    assert found[0] == ""
    assert re.fullmatch(r"[0-9.]+ %", found[-1])


def test_the_picture_shows_the_interval_against_the_cost(plan: PlanReport) -> None:
    kind, _, code = plan.picture.partition(",")
    assert kind == "data:image/svg+xml;base64"
    texts = [each.text for each in ElementTree.fromstring(base64.b64decode(code)).iter()]
    assert "goal: 0.1 %" in texts


def test_the_boxes_of_the_page_hold_what_the_study_was_asked(
    outcome: Outcome, browser: Browser, tmp_path: Path
) -> None:
    page = write_report(outcome.directory, tmp_path / "asked.html")
    with opened(browser, page) as view:
        assert view.page.input_value("#size") == "20000"
        assert view.page.input_value("#target-value") == ""
    with opened(browser, page, fragment="#metric=error&size=500&target=0.2") as view:
        assert view.page.input_value("#size") == "500"
        assert view.page.input_value("#target-value") == "0.2"


def test_several_models_have_a_line_each() -> None:
    spent = np.array([1.0, 4.0])
    costs = {"a": spent, "b": spent}
    widths = {"a": np.array([0.5, 0.1]), "b": np.array([0.4, 0.2])}
    svg = narrowing_svg(NarrowingPlotData(costs, widths, None, "seconds"))
    texts = [each.text for each in ElementTree.fromstring(svg).iter()]
    assert {"a", "b", "seconds"} <= set(texts)


@pytest.mark.usefixtures("no_forecast")
def test_the_page_has_the_section_of_a_study_with_a_plan_alone(
    outcome: Outcome, tmp_path: Path
) -> None:
    title = "How the runs were chosen"
    assert title in write_report(outcome.directory, tmp_path / "page.html").read_text("utf-8")
    assert title not in write_report(make_run(tmp_path / "grid")).read_text("utf-8")


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a study of one run with a goal."""
    folder = tmp_path_factory.mktemp("planned")
    goal = dw.Goal(at=100)
    study = dw.Study(1_000, _train, held_out=0, goal=goal, budget="1 runs", name="planned")
    study.run_in(folder)
    return folder


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("goal", "soon"),
        ("choices", [{"model": "mlp"}]),
        ("choices", [3]),
        ("sizes", ["many"]),
        ("stop", 1),
        ("intervals", {"interval": "wide"}),
    ],
)
def test_an_entry_of_another_type_is_named(
    entry: str, value: object, planned: Path, tmp_path: Path
) -> None:
    shutil.copytree(planned, tmp_path / "run")
    with Store(tmp_path / "run", write=True) as store:
        store.set_meta({"plan": store.meta()["plan"] | {entry: value}})
        with raises("entry-invalid", StudyError, entry.removesuffix("s")):
            plan_report(store)
