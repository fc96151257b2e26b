"""Goals: their kinds, their defaults and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from errors import raises

from dataworth.errors import StudyError
from dataworth.plan.goal import Goal


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"at": 1_000}, "interval", "the 90 % interval at 1,000 samples within 5 %"),
        ({"at": 1_000, "within": 0.1, "level": 0.8}, "interval", "80 % .* within 10 %"),
        ({"target": 0.95}, "target", "whether 0.95 is reached, with a probability of 0.9"),
        ({"target": 0.95, "at": 10, "sure": 0.8}, "target", "at 10 samples.* of 0.8"),
        ({"at": 1_000, "sure": 0.9}, "best", "the best model at 1,000 samples with"),
        ({"at": 1_000, "sure": 0.9, "within": 0.02}, "best", "or within 2 % of it"),
    ],
)
def test_a_goal_has_the_kind_that_its_options_say(
    options: dict[str, Any], kind: str, words: str
) -> None:
    goal = Goal(**options)
    assert goal.kind == kind
    assert re.search(words, goal.describe())
    assert Goal.from_dict(goal.to_dict()) == goal


@pytest.mark.parametrize(
    ("options", "code", "match"),
    [
        ({}, "option-missing", "--at N, --target V"),
        ({"at": 0}, "value-out-of-range", "at = 0"),
        ({"at": 1.5}, "value-out-of-range", "at = 1.5"),
        ({"at": True}, "value-out-of-range", "at = True"),
        ({"at": 10, "within": 0}, "value-out-of-range", "within = 0"),
        ({"at": 10, "within": 2}, "value-out-of-range", "within = 2: .* below 1 .*--within 2%"),
        ({"at": 10, "within": "5%"}, "value-out-of-range", "within = '5%'"),
        ({"at": 10, "level": 1}, "value-out-of-range", "level = 1"),
        ({"target": float("nan")}, "value-out-of-range", "target = nan"),
        ({"target": 0.9, "sure": 0.4}, "value-out-of-range", "sure = 0.4"),
        ({"target": 0.9, "within": 0.1}, "options-conflict", "within = 0.1 and target = 0.9"),
    ],
)
def test_a_goal_that_makes_no_sense_is_refused(
    options: dict[str, Any], code: str, match: str
) -> None:
    with raises(code, StudyError, match):
        Goal(**options)


@pytest.mark.parametrize("values", [7, {"size": 10}])
def test_a_table_of_other_options_is_refused(values: Any) -> None:
    with raises("unknown-option", StudyError, "expected a table"):
        Goal.from_dict(values)
