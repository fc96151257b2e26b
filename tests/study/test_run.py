from __future__ import annotations

import json
import math
import shutil
import sqlite3
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises, warns
from nearest_mean import NearestMean

from dataworth.curves.read import load_curve
from dataworth.data.dataset import Dataset
from dataworth.errors import DataError, StudyError
from dataworth.learners.base import FitRequest, Predictor
from dataworth.learners.function import RunModel
from dataworth.learners.registry import resolve
from dataworth.observers.base import Observer
from dataworth.records.record import Record, RunKey
from dataworth.records.run import RunContext
from dataworth.records.store import Store
from dataworth.reproductions.emnist_paper import Mistakes
from dataworth.study.run import Outcome
from dataworth.study.spec import Study
from dataworth.study.toml import read_studies
from dataworth.tasks.base import Task

pytestmark = pytest.mark.usefixtures("no_picture")


class Counted:
    """A run's context that passes everything on, and counts the epochs of its learner."""

    def __init__(self, context: RunContext, learner: Counting) -> None:
        self.folder = context.folder
        self.load_checkpoint = context.load_checkpoint
        self.save_checkpoint = context.save_checkpoint
        self._context = context
        self._learner = learner

    def report(self, step: int, of: int | None = None, **values: float) -> None:
        # Step 0 is before the network is compiled.
        self._learner.epochs += step > 0
        self._context.report(step, of, **values)
        if self._learner.epochs == self._learner.stop_after:
            raise KeyboardInterrupt


class Counting:
    """A learner that counts its fits and their epochs, and is interrupted after `stop_after`."""

    def __init__(self, stop_after: int | None = None) -> None:
        learner = resolve("linear", learning_rate=0.02)
        assert not isinstance(learner, RunModel)
        self.name = "linear"
        self.trained = 0
        self.epochs = 0
        self.stop_after = stop_after
        self._learner = learner

    def identity(self, data: Dataset, task: Task) -> Mapping[str, Any]:
        return self._learner.identity(data, task)

    def fit(self, request: FitRequest, context: RunContext) -> Predictor:
        self.trained += 1
        return self._learner.fit(request, Counted(context, self))


class Heard(Observer):
    """An observer that remembers."""

    def __init__(self) -> None:
        self.keys: Sequence[RunKey] = []
        self.done: Sequence[RunKey] = []
        self.work: Sequence[int] = []
        self.steps: list[tuple[RunKey, int, int | None]] = []
        self.records: list[Record] = []
        self.ended = 0

    def on_study_begin(
        self, keys: Sequence[RunKey], done: Sequence[RunKey], work: Sequence[int]
    ) -> None:
        self.keys, self.done, self.work = keys, done, work

    def on_step(self, key: RunKey, step: int, of: int | None, values: Mapping[str, float]) -> None:
        if step:
            self.steps.append((key, step, of))

    def on_record(self, record: Record) -> None:
        self.records.append(record)

    def on_study_end(self) -> None:
        self.ended += 1

    def check(self) -> None:
        """What an assertion in a hook would say; there it would only be a warning."""
        assert len(self.work) == len(self.keys)
        for key, step, of in self.steps:
            assert key in self.keys
            assert of is not None
            assert 1 <= step <= of


def study(digits: Dataset, **options: Any) -> Study:
    given: dict[str, Any] = {
        "model": "linear",
        "sizes": [50, 200],
        "seeds": 2,
        "epochs": 4,
        "name": "small",
    }
    given |= {"learning_rate": 0.02, "batch_size": 16}
    return Study(**({"data": digits} | given | options))


def quick(data: Any, **options: Any) -> Study:
    """A study whose model is not the point, and needs no compiler."""
    return Study(**({"data": data, "model": NearestMean(), "sizes": [50], "seeds": 1} | options))


@pytest.fixture(scope="module")
def finished(digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The study, finished; its directory is only read or copied."""
    return study(digits).run_in(tmp_path_factory.mktemp("finished") / "run", workers=1)


def copy_of(finished: Outcome, directory: Path) -> Path:
    return Path(shutil.copytree(finished.directory, directory, dirs_exist_ok=True))


def test_a_study_leaves_a_whole_directory(
    digits: Dataset, finished: Outcome, tmp_path: Path
) -> None:
    curve = finished.curve
    assert curve is not None
    assert curve.samples.tolist() == [50, 50, 200, 200]
    assert curve.seeds.tolist() == [0, 1, 0, 1]
    shares = np.bincount(study(digits).resolve().first.split.pool.y)
    shares = shares / shares.sum()
    # A constant prediction can do no better than the entropy of the classes.
    assert curve.chance == pytest.approx(float(-(shares * np.log(shares)).sum()), rel=1e-12)
    assert curve.chance is not None
    assert curve.chance < math.log(10)
    small, large = curve.summary()
    assert large.mean < small.mean < math.log(10)
    assert curve["accuracy"].summary()[1].mean > 0.85
    kept = {path.name for path in finished.directory.iterdir()}
    assert {"study.toml", "results.sqlite", "curve.csv", "curve.png"} <= kept
    assert (finished.directory / "curve.csv").read_text() == curve.to_csv()
    shutil.move(copy_of(finished, tmp_path / "run"), tmp_path / "moved")
    assert load_curve(tmp_path / "moved").to_csv() == curve.to_csv()


def test_finished_runs_are_never_repeated(digits: Dataset, tmp_path: Path) -> None:
    first, again = Counting(), Counting()
    one = study(digits, model=first, sizes=[50]).run(tmp_path, workers=1)
    two = study(digits, model=again, sizes=[50]).run(tmp_path, workers=1)
    assert (first.trained, again.trained) == (2, 0)
    assert one.to_csv() == two.to_csv()


def test_more_sizes_and_seeds_train_only_what_is_new(
    digits: Dataset, finished: Outcome, tmp_path: Path
) -> None:
    learner, heard = Counting(), Heard()
    copy_of(finished, tmp_path)
    curve = study(digits, model=learner, sizes=[50, 200, 400], seeds=3).run(
        tmp_path, workers=1, progress=heard
    )
    assert learner.trained == 5
    assert (len(heard.keys), len(heard.done), len(heard.records), heard.ended) == (9, 4, 5, 1)
    assert {key for key, *_ in heard.steps} == {record.key for record in heard.records}
    heard.check()
    assert len(curve) == 9


def test_an_interrupted_study_goes_on_to_the_same_figures(
    digits: Dataset, finished: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataworth.execution.base.SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    whole = finished.curve
    assert whole is not None
    for stop_after in (1, 6):
        directory = tmp_path / str(stop_after)
        heard = Heard()
        with pytest.raises(KeyboardInterrupt):
            study(digits, model=Counting(stop_after)).run(directory, workers=1, progress=heard)
        assert heard.ended == 1
        assert len(heard.steps) == stop_after
        heard.check()
        rest = Counting()
        resumed = study(digits, model=rest).run(directory, workers=1)
        assert rest.epochs == 16 - stop_after
        assert resumed.to_csv() == whole.to_csv()
        assert (directory / "curve.csv").read_bytes() == (
            finished.directory / "curve.csv"
        ).read_bytes()


def test_a_directory_of_another_study_is_refused(
    digits: Dataset, finished: Outcome, tmp_path: Path
) -> None:
    copy_of(finished, tmp_path)
    with raises("study-differs", StudyError, "preset = linear, now it is mlp"):
        study(digits, model="mlp").run(tmp_path)
    with raises("study-differs", StudyError, "epochs = 4, now it is 9"):
        study(digits, epochs=9).run(tmp_path)
    other = Dataset(digits.x[:1000], digits.y[:1000])
    named = rf"other data \(fingerprint {digits.fingerprint}, now {other.fingerprint}\)"
    with raises("study-differs", StudyError, named):
        study(other).run(tmp_path)


@pytest.mark.parametrize(
    "options",
    [{"steps": 7}, {"patience": 1, "epochs": 6}, {"subset": "prefix"}, {"held_out": 300}],
)
def test_every_way_to_run(digits: Dataset, tmp_path: Path, options: dict[str, Any]) -> None:
    curve = study(digits, sizes=[50], seeds=1, **options).run(tmp_path)
    assert np.isfinite(curve.values).all()
    with Store(tmp_path) as store:
        records, meta = store.records(arrays=True), store.meta()
    if "steps" in options:
        assert all(record.history["steps"].sum() == 7 for record in records)
    if "patience" in options:
        assert np.isfinite(records[0].history["validation_loss"]).all()
    if "held_out" in options:
        assert records[0].arrays["confusion"].sum() == meta["held_out"] == 300


def test_old_figures_are_not_mixed_with_those_of_another_protocol(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(digits).run(tmp_path)
    monkeypatch.setattr("dataworth.study.objectives.PROTOCOL", 10**6)
    with raises("study-differs", StudyError, "protocol = 1, now it is 1000000"):
        quick(digits, sizes=[50, 90]).run(tmp_path)


def test_a_size_too_small_for_early_stopping_is_said_before_anything_is_trained(
    digits: Dataset, tmp_path: Path
) -> None:
    learner = Counting()
    with raises("size-out-of-range", StudyError, "size 4 .*patience"):
        study(digits, model=learner, sizes=[4, 200], patience=2).run(tmp_path, workers=1)
    assert learner.trained == 0


def test_a_run_that_diverged_is_kept_drawn_and_found(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # The picture is looked at.
    outcome = study(digits, learning_rate=1e38, seeds=1, sizes=[50, 200]).run_in(tmp_path)
    assert outcome.curve is not None
    assert np.isnan(outcome.curve.values).any()
    assert len(load_curve(tmp_path)) == 2
    assert "loss-not-a-loss" in {finding.code for finding in outcome.findings}
    assert (tmp_path / "curve.png").stat().st_size


def test_no_data_no_study(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        Study(data="emnist/bymerge").run(tmp_path / "a")
    with raises("value-out-of-range", StudyError, "workers = 0"):
        Study(data="digits").run(tmp_path / "b", workers=0)
    for wrong in ("all", "2"):
        with raises("value-out-of-range", StudyError, wrong):
            Study(data="digits").run(tmp_path / "b", workers=wrong)  # type: ignore[arg-type]


def test_workers_by_themselves_give_the_same_figures_and_leave_quick_runs_here(
    digits: Dataset, tmp_path: Path
) -> None:
    notices = Notices()
    study = Study(data=digits, model=NearestMean(), sizes=[500, 900], seeds=2)
    outcome = study.run_in(tmp_path / "auto", "auto", notices)
    assert outcome.curve is not None
    assert outcome.curve.values.tolist() == study.run(tmp_path / "two", workers=2).values.tolist()
    assert notices.texts == []


def test_runs_of_functions_are_done_one_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NPROC", "2")
    notices = Notices()
    study = Study(data=1000, model=by_size, metric="error", sizes=[100, 200], seeds=1)
    study.run_in(tmp_path / "run", "auto", notices)
    assert len(notices.texts) == 1
    assert "--workers N" in notices.texts[0]


def by_size(run: Any) -> dict[str, float]:
    return {"error": 1 / run.size}


class Notices(Observer):
    """Collects what is said of how the runs are done."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def on_notice(self, text: str) -> None:
        self.texts.append(text)


def test_workers_are_cut_to_the_cores(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NPROC", "2")
    study = Study(data=digits, model=NearestMean(), sizes=[500, 900], seeds=2)
    with warns("workers-cut", "2 cores"):
        curve = study.run(tmp_path / "run", workers=64)
    assert curve.values.tolist() == study.run(tmp_path / "one", workers=1).values.tolist()
    assert not (tmp_path / "a").exists()


def test_the_fallback_stands_in_for_absent_data(tmp_path: Path) -> None:
    with warns("fallback-used", "emnist/bymerge.*digits"):
        curve = quick("emnist/bymerge", fallback="digits").run(tmp_path)
    with Store(tmp_path) as store:
        assert store.meta()["data"] == "digits"
    assert len(curve) == 1


def test_mistakes_reach_the_loss_and_the_audit_says_so(digits: Dataset, tmp_path: Path) -> None:
    wrong = study(digits, variant=Mistakes.as_published(), epochs=30, sizes=[300], seeds=1)
    outcome = wrong.run_in(tmp_path)
    with Store(tmp_path) as store:
        (record,) = store.records(arrays=True)
    assert record.arrays["confusion"].sum() == 300
    assert record.scores["accuracy"] == 1.0
    errors = {finding.code for finding in outcome.findings if finding.severity == "error"}
    assert "one-class-targets" in errors
    with Store(tmp_path) as store:
        assert store.meta()["classes"] == 47
        assert json.dumps(store.meta()["findings"])


def test_a_study_of_real_digits_is_clean(finished: Outcome) -> None:
    assert [finding for finding in finished.findings if finding.severity == "error"] == []


def test_a_full_disk_keeps_what_was_finished(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On pages of the usual size, a few more runs find room in those that are there.
    monkeypatch.setattr("dataworth.records.database._PAGE_BYTES", 512)
    study(digits, sizes=[50], seeds=1).run(tmp_path)
    with closing(sqlite3.connect(tmp_path / "results.sqlite")) as file:
        file.execute("VACUUM")  # A checkpoint may have left free pages.
    connect = sqlite3.connect

    def full(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr(sqlite3, "connect", full)
    with raises("disk-full", StudyError):
        study(digits, sizes=[50, 200], seeds=6).run(tmp_path, workers=1)
    monkeypatch.undo()
    with Store(tmp_path) as store:
        assert store.records()[0].key.size == 50
    assert len(study(digits, sizes=[50, 200], seeds=6).run(tmp_path, workers=1)) == 12


def test_the_study_file_lists_all_seeds_and_sizes_that_the_directory_holds(
    digits: Dataset, tmp_path: Path
) -> None:
    study(digits, data="digits", sizes=[50], seeds=3, epochs=1).run(tmp_path)
    curve = study(digits, data="digits", sizes=[40], seeds=2, epochs=1).run(tmp_path)
    assert len(curve) == 5
    (kept,) = read_studies(tmp_path)
    assert kept.seeds == (0, 1, 2)
    assert kept.sizes == (40, 50)
    with Store(tmp_path) as store:
        assert store.meta()["study"] == (tmp_path / "study.toml").read_text()


def test_steps_stand_in_the_study_file_without_epochs(tmp_path: Path) -> None:
    (quickstart,) = read_studies("quickstart")
    replace(quickstart, sizes=[40], seeds=1).run(tmp_path)
    written = tomllib.loads((tmp_path / "study.toml").read_text())
    assert written["steps"] == 600
    assert "epochs" not in written
    (kept,) = read_studies(tmp_path)
    assert kept.steps == quickstart.steps
    (now, before) = (each.resolve().objectives["mlp"].identity for each in (kept, quickstart))
    assert now == before
