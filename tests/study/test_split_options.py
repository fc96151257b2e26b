"""Folds, own held-out rows, groups as sizes and rows of each class, through a whole study."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises
from sklearn.model_selection import StratifiedKFold

import dataworth as dw
from dataworth.cli.show.tables import curve_table
from dataworth.errors import StudyError
from dataworth.report.sentences import headline
from dataworth.study.toml import read_studies

pytestmark = pytest.mark.usefixtures("no_picture")

RANDOM = np.random.default_rng(5)
GROUPS = RANDOM.integers(0, 30, 200)
FEATURES = RANDOM.normal(size=(200, 3)).astype(np.float32)
LABELS = (FEATURES[:, 0] > 0).astype(int)


def look(run: dw.Run) -> dict[str, float]:
    return {
        "rows": float(len(run.rows)),
        "held_out": float(len(run.held_out)),
        "first": float(run.held_out[0]),
        "both": float(len(np.intersect1d(GROUPS[run.rows], GROUPS[run.held_out]))),
    }


def measure(tmp_path: Path, data: Any, **options: Any) -> dw.Curve:
    # A function within another one runs in this process.
    def here(run: dw.Run) -> dict[str, float]:
        return look(run)

    study = dw.Study(data, here, metric=dw.Metric("rows", True), name="s", **options)
    curve: dw.Curve = study.run(tmp_path / "s", progress=False)
    return curve


def in_file(tmp_path: Path) -> dict[str, Any]:
    return tomllib.loads((tmp_path / "s" / "study.toml").read_text("utf-8"))


def test_each_seed_has_its_fold(tmp_path: Path) -> None:
    curve = measure(tmp_path, dw.Rows(200, groups=GROUPS), sizes=[20, 60], cv=4)
    assert sorted(set(curve.seeds.tolist())) == [0, 1, 2, 3]
    assert curve["both"].values.max() == 0
    assert len(set(curve["first"].values.tolist())) == 4
    assert in_file(tmp_path)["cv"] == 4
    assert in_file(tmp_path)["seeds"] == [0, 1, 2, 3]


def test_other_folds_are_another_study(tmp_path: Path) -> None:
    data = dw.Dataset(FEATURES, LABELS)
    measure(tmp_path, data, sizes=[20], cv=4)
    with raises("study-differs", StudyError, "folds"):
        measure(tmp_path, data, sizes=[20], cv=StratifiedKFold(4))
    with raises("study-differs", StudyError, "at_least"):
        measure(tmp_path, data, sizes=[20], cv=4, at_least=2)
    curve = measure(tmp_path / "other", data, sizes=[20], cv=StratifiedKFold(5))
    assert len(curve) == 5
    with raises("study-from-objects", StudyError, "folds"):
        read_studies(tmp_path / "other" / "s")


def test_sizes_count_groups(tmp_path: Path) -> None:
    curve = measure(tmp_path, dw.Rows(200, groups=GROUPS), sizes=[5, 15], seeds=2, count="groups")
    assert curve.samples.tolist() == [5, 5, 15, 15]
    assert curve.counted == "groups"
    assert curve_table(curve).columns[0].header == "Groups"
    assert curve.values[0] > 15
    assert curve["both"].values.max() == 0
    assert in_file(tmp_path)["count"] == "groups"


def test_groups_are_named_after_their_column(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pd.DataFrame({"customer_id": GROUPS, "calls": FEATURES[:, 0], "left": LABELS})
    data = dw.Dataset(frame, label="left", groups="customer_id")
    curve = measure(tmp_path, data, sizes=[5, 15], seeds=2, count="groups")
    assert curve.counted == "customers"
    assert "customers" in headline(dw.forecast(curve))


def test_own_held_out_rows_are_kept_in_the_file(tmp_path: Path) -> None:
    curve = measure(tmp_path, dw.Rows(200), sizes=[10], seeds=1, held_out=np.array([9, 8, 4]))
    assert curve["held_out"].values.tolist() == [3.0]
    assert curve["first"].values.tolist() == [4.0]
    assert in_file(tmp_path)["held_out"] == [4, 8, 9]


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        ({"cv": 1}, "wrong-type", "cv = 1"),
        ({"cv": 5, "held_out": 0.2}, "options-conflict", "held_out.*cv"),
        ({"count": "patients"}, "unknown-choice", "patients.*groups"),
        ({"count": "groups"}, "option-missing", "--groups"),
        ({"count": "groups", "at_least": 2}, "options-conflict", "at_least"),
        ({"subset": "latest"}, "option-missing", "--time"),
        ({"at_least": 20, "sizes": [30]}, "size-out-of-range", "size 30 .*40"),
        ({"at_least": 0}, "value-out-of-range", "at_least"),
        ({"held_out": [200]}, "value-out-of-range", "row 200"),
    ],
)
def test_refused_before_any_run(
    tmp_path: Path, options: dict[str, Any], code: str, says: str
) -> None:
    with raises(code, StudyError, says):
        measure(tmp_path, dw.Dataset(FEATURES, LABELS), **options)
    assert not (tmp_path / "s" / "results.sqlite").exists()


def test_a_learner_is_scored_on_the_fold_of_its_seed(tmp_path: Path) -> None:
    data = dw.Dataset(FEATURES, LABELS)
    study = dw.Study(data, "linear", sizes=[50], cv=2, epochs=2, name="s")
    curve = study.run(tmp_path / "s", progress=False)
    alone = [
        dw.Study(data, "linear", sizes=[50], seeds=[seed], epochs=2, name="s", held_out=fold).run(
            tmp_path / f"{seed}", progress=False
        )
        for seed, fold in enumerate(
            study.resolve().first.split.of(seed).held_out.rows for seed in (0, 1)
        )
    ]
    assert curve.values.tolist() == [float(each.values[0]) for each in alone]
