"""A function as the model of a study, from end to end."""

from __future__ import annotations

import importlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises, warns

import dataworth as dw
from dataworth.curves.read import as_curve
from dataworth.data.dataset import Dataset
from dataworth.errors import StudyError
from dataworth.observers.base import Observer
from dataworth.records.record import Record
from dataworth.records.store import Store
from dataworth.report.write import write_report

pytestmark = pytest.mark.usefixtures("no_picture")

LOADING = """
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent


def train(run):
    np.savez(FOLDER / f"{run.size}-{run.seed}.npz", rows=run.rows, held_out=run.held_out)
    (run.folder / "weights").write_text("of this run")
    for step in (1, 2, 3):
        run.report(step, 3, loss=1 / step)
    return {"accuracy": 0.95 - run.size**-0.5 + run.seed / 1000}
"""

FAULTY = """
import os
import re
import signal
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).parent


def train(run):
    with (FOLDER / "trained").open("a") as file:
        print(run.seed, file=file)
    if (FOLDER / "mended").exists():
        return {"accuracy": 0.5}
    match run.seed:
        case 0:
            raise ValueError("no such leaf")
        case 1:
            sys.exit("bad luck")
        case 2:
            os._exit(4)
        case 3:
            return {"accuracy": float("nan")}
        case 10:
            return None
        case 5:
            return "0.93"
        case 6:
            # The first run that finishes says which metrics there are.
            while not {"4", "11"} & set((FOLDER / "trained").read_text().split()):
                time.sleep(0.01)
            time.sleep(0.3)
            return {"recall": 0.5}
        case 7:
            raise MemoryError
        case 8:
            os.kill(os.getpid(), signal.SIGKILL)
        case 9:
            return {"accuracy": True}
    return {"accuracy": 0.9}
"""
REASONS = {
    0: ("error", "ValueError: no such leaf"),
    1: ("exit", "'bad luck'"),
    2: ("killed", "exit code 4"),
    3: ("error", "accuracy = nan"),
    5: ("error", "returned '0.93'"),
    6: ("error", "returned recall without accuracy"),
    7: ("memory", "memory ran out"),
    8: ("killed", "signal 9 .SIGKILL"),
    9: ("error", "accuracy = True"),
    10: ("error", "returned None"),
}

WAITING = """
import time
from pathlib import Path

FOLDER = Path(__file__).parent


def train(run):
    found = (run.folder / "half").exists()
    with (FOLDER / "trained").open("a") as file:
        print(run.size, run.seed, "again" if found else "first", file=file)
    (run.folder / "half").touch()
    if run.size == 300 and not found and (FOLDER / "wait").exists():
        time.sleep(600)
    return {"accuracy": 1 - run.size**-0.5 + run.seed / 1000}
"""


def module(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, text: str) -> Any:
    """Write a module where worker processes find it too, and import it."""
    (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module(name)


def accuracy_of_size(run: Any) -> dict[str, float]:
    return {"accuracy": 0.95 - run.size**-0.5 + run.seed / 1000}


@pytest.mark.parametrize("where", ["module", "closure"])
def test_a_function_from_end_to_end(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # The picture is looked at.
    loading = module(monkeypatch, tmp_path, "loading_model", LOADING)

    def closure(run: dw.Run) -> Mapping[str, float]:
        scores: Mapping[str, float] = loading.train(run)
        return scores

    study = dw.Study(
        data=dw.Rows(1_000),
        model=loading.train if where == "module" else closure,
        metric="accuracy",
        sizes=[100, 300, 700],
        seeds=2,
        name="own",
    )
    curve = study.run(tmp_path / "run")

    assert curve.metric.name == "accuracy"
    assert curve.higher_is_better
    assert curve.samples.tolist() == [100, 100, 300, 300, 700, 700]
    means = [point.mean for point in curve.summary()]
    np.testing.assert_allclose(means, 0.95 - np.array([100.0, 300, 700]) ** -0.5 + 0.0005)
    assert means == sorted(means)
    assert (tmp_path / "run" / "curve.csv").read_text() == curve.to_csv()
    assert (tmp_path / "run" / "curve.png").stat().st_size

    parts = {
        (size, seed): np.load(tmp_path / f"{size}-{seed}.npz")
        for size in (100, 300, 700)
        for seed in (0, 1)
    }
    held_out = parts[100, 0]["held_out"]
    assert len(held_out) == 200
    for (size, _), arrays in parts.items():
        assert len(set(arrays["rows"].tolist())) == size
        np.testing.assert_array_equal(arrays["held_out"], held_out)
        assert not set(arrays["rows"].tolist()) & set(held_out.tolist())
    for seed in (0, 1):
        for small, large in ((100, 300), (300, 700)):
            inside = parts[small, seed]["rows"]
            np.testing.assert_array_equal(parts[large, seed]["rows"][: len(inside)], inside)
    assert parts[100, 0]["rows"].tolist() != parts[100, 1]["rows"].tolist()

    with Store(tmp_path / "run") as store:
        records, meta = store.records(), store.meta()
    assert meta["metric"]["name"] == "accuracy"
    assert meta["study"] == (tmp_path / "run" / "study.toml").read_text()
    assert len(records) == 6
    for record in records:
        assert set(record.scores) == {"accuracy"}
        assert record.history["step"].tolist() == [1, 2, 3]
        assert record.history["loss"].tolist() == [1, 1 / 2, 1 / 3]
        assert record.seconds >= 0
    assert not list((tmp_path / "run").rglob("weights"))

    predicted = dw.forecast(curve).predict([2_000])
    assert means[-1] < predicted.median[0] <= 1.0
    page = write_report(tmp_path / "run").read_text()
    assert "accuracy" in page
    assert 'id="classes"' not in page


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failed_run_is_a_record_with_its_reason_and_the_others_are_finished(
    workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty = module(monkeypatch, tmp_path, "faulty_model", FAULTY)
    study = dw.Study(
        data=dw.Rows(1_000), model=faulty.train, metric="accuracy", sizes=[100], seeds=12
    )
    outcome = study.run_in(tmp_path / "run", workers)
    assert outcome.trained == 12
    assert outcome.curve is not None
    assert outcome.curve.seeds.tolist() == [4, 11]
    reasons = {record.key.seed: record.failure for record in outcome.failed}
    assert set(reasons) == set(REASONS)
    for seed, (kind, said) in REASONS.items():
        failure = reasons[seed]
        assert failure is not None
        assert failure.kind == kind, failure
        assert re.search(said, failure.message), failure
        assert "\n" not in failure.message
    raised = reasons[0]
    assert raised is not None
    assert "faulty_model.py" in raised.traceback

    trained = (tmp_path / "trained").read_text()
    assert sorted(map(int, trained.split())) == list(range(12))
    with warns("runs-failed", "10 of the study's runs failed.*seed 0.*no such leaf"):
        again = study.run(tmp_path / "run", workers=workers)
    assert again.to_csv() == outcome.curve.to_csv()
    assert (tmp_path / "trained").read_text() == trained

    (tmp_path / "mended").touch()
    retried = study.run_in(tmp_path / "run", workers, retry_failed=True)
    assert (retried.trained, list(retried.failed)) == (10, [])
    assert retried.curve is not None
    assert retried.curve.values.tolist() == [0.9 if seed in (4, 11) else 0.5 for seed in range(12)]
    repeated = (tmp_path / "trained").read_text().removeprefix(trained)
    assert sorted(map(int, repeated.split())) == sorted(REASONS)


def test_failures_of_a_closure_cost_their_runs_alone(tmp_path: Path) -> None:
    mended = False

    class Failures(Observer):
        def __init__(self) -> None:
            self.records: list[Record] = []

        def on_failure(self, record: Record) -> None:
            self.records.append(record)

    def train(run: dw.Run) -> Mapping[str, float]:
        (run.folder / "left").touch()
        run.report(1, loss=0.5)
        if run.seed == 0 and not mended:
            raise ValueError("no such leaf")
        if run.seed == 1 and not mended:
            sys.exit(7)
        return accuracy_of_size(run)

    observer = Failures()
    study = dw.Study(data=dw.Rows(1_000), model=train, metric="accuracy", sizes=[100], seeds=3)
    with warns("runs-failed", "2 of the study's runs failed"):
        curve = study.run(tmp_path, progress=observer)
    assert curve.seeds.tolist() == [2]
    raised, left = (record.failure for record in observer.records)
    assert raised is not None
    assert left is not None
    assert raised.kind == "error"
    assert raised.message.startswith("ValueError: no such leaf")
    assert (left.kind, left.message) == ("exit", "the model called sys.exit(7)")
    with Store(tmp_path) as store:
        failed = store.records("failed")
    assert [record.history["loss"].tolist() for record in failed] == [[0.5], [0.5]]
    assert len(list(tmp_path.rglob("left"))) == 2


def test_a_study_without_a_finished_run_says_why(tmp_path: Path) -> None:
    def train(run: dw.Run) -> Mapping[str, float]:
        raise RuntimeError("no GPU here")

    study = dw.Study(data=dw.Rows(1_000), model=train, metric="accuracy", sizes=[100], seeds=2)
    with raises("runs-failed", StudyError, "RuntimeError: no GPU here"):
        study.run(tmp_path)
    outcome = study.run_in(tmp_path)
    assert outcome.curve is None
    assert (outcome.trained, len(outcome.failed)) == (0, 2)


def test_a_killed_study_is_resumed_to_the_same_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = module(monkeypatch, tmp_path, "waiting_model", WAITING)
    study = dw.Study(
        data=dw.Rows(1_000), model=waiting.train, metric="accuracy", sizes=[100, 300], seeds=2
    )
    study.run(tmp_path / "whole")
    (tmp_path / "trained").unlink()
    (tmp_path / "wait").touch()
    script = (
        "import dataworth as dw, waiting_model\n"
        "dw.Study(data=dw.Rows(1_000), model=waiting_model.train, metric='accuracy',\n"
        "    sizes=[100, 300], seeds=2).run('broken')\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    until = time.monotonic() + 60
    while not _lines(tmp_path / "trained", containing="300"):
        assert child.poll() is None
        assert time.monotonic() < until, "the third run did not begin within a minute"
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    (tmp_path / "wait").unlink()
    before = (tmp_path / "trained").read_text()
    (waited,) = _lines(tmp_path / "trained", containing="300")
    size, seed, _ = waited.split()

    outcome = study.run_in(tmp_path / "broken")
    assert list(outcome.failed) == []
    assert outcome.trained == 4 - (len(before.splitlines()) - 1)
    after = (tmp_path / "trained").read_text().removeprefix(before).splitlines()
    # The files of a run that was killed are there when it is done again.
    assert f"{size} {seed} again" in after
    assert len(after) == outcome.trained
    whole, broken = (tmp_path / name / "curve.csv" for name in ("whole", "broken"))
    assert broken.read_bytes() == whole.read_bytes()
    assert not list((tmp_path / "broken").rglob("half"))


def _lines(file: Path, containing: str) -> list[str]:
    text = file.read_text() if file.exists() else ""
    return [line for line in text.splitlines() if containing in line]


def test_several_metrics_of_which_none_is_chosen(tmp_path: Path) -> None:
    trained = []

    def train(run: dw.Run) -> Mapping[str, float]:
        trained.append(run.size)
        return {"recall": 0.4, **accuracy_of_size(run)}

    options: dict[str, Any] = {"model": train, "sizes": [100, 300], "seeds": 2}
    with raises("metric-unclear", StudyError, "recall.*metric="):
        dw.Study(data=dw.Rows(1_000), **options).run(tmp_path)
    # Said with the first figures, not after the last run; and then without any run.
    assert trained == [100]
    with raises("metric-unclear", StudyError, "recall.*metric="):
        dw.Study(data=dw.Rows(1_000), **options).run(tmp_path)
    assert trained == [100]
    curve = dw.Study(data=dw.Rows(1_000), metric="accuracy", **options).run(tmp_path)
    assert trained == [100, 100, 300, 300]
    assert curve.metric.name == "accuracy"
    assert curve["recall"].values.tolist() == [0.4] * 4


def test_on_row_numbers_any_function_of_one_argument_trains(tmp_path: Path) -> None:
    curve = dw.Study(1_000, lambda job: {"error": 1 / job.size}, sizes=[100], seeds=1).run(tmp_path)
    assert curve.values.tolist() == [0.01]


def test_one_metric_needs_no_choice(tmp_path: Path) -> None:
    study = dw.Study(data=dw.Rows(1_000), model=accuracy_of_size, sizes=[100], seeds=1)
    assert study.run(tmp_path).metric.name == "accuracy"


def test_a_metric_that_nobody_knows_is_measured_as_it_is_named(tmp_path: Path) -> None:
    def train(run: dw.Run) -> Mapping[str, float]:
        return {"leaf_score": 3 + run.size / 1000}

    study = dw.Study(
        data=dw.Rows(1_000), model=train, metric="leaf_score", sizes=[100, 300], seeds=1
    )
    curve = study.run(tmp_path)
    assert curve.metric.name == "leaf_score"
    assert curve.values.tolist() == [3.1, 3.3]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_wrong_name_of_a_metric_is_refused_with_the_first_run_which_is_kept(
    workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty = module(monkeypatch, tmp_path, "waiting_model", WAITING)

    def study(metric: str | dw.Metric) -> dw.Study:
        return dw.Study(
            data=dw.Rows(1_000), model=faulty.train, metric=metric, sizes=[100, 200], seeds=2
        )

    def trained() -> int:
        return len((tmp_path / "trained").read_text().splitlines())

    with raises("unknown-metric", StudyError, "returned the metrics accuracy,.*acuracy"):
        study("acuracy").run(tmp_path / "run", workers=workers)
    first = trained()
    assert 1 <= first <= workers
    for metric in ("acuracy", dw.Metric("mine", higher_is_better=True)):
        with raises("unknown-metric", StudyError, "returned the metrics accuracy"):
            study(metric).run(tmp_path / "run")
    assert trained() == first
    with Store(tmp_path / "run") as store:
        assert len(store.digests("finished")) == 1
    outcome = study("accuracy").run_in(tmp_path / "run")
    assert outcome.trained == 3
    # A wrong name leaves the directory as it is.
    with raises("unknown-metric", StudyError, "acuracy"):
        study("acuracy").run(tmp_path / "run")
    assert as_curve(tmp_path / "run").metric.name == "accuracy"


def test_a_metric_that_the_task_does_not_give(digits: Dataset, tmp_path: Path) -> None:
    study = dw.Study(data=digits, model="linear", metric="acuracy", sizes=[50], seeds=1)
    with raises("unknown-metric", StudyError, "metric = 'acuracy'.*accuracy"):
        study.run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("option", "value"),
    [("epochs", 3), ("steps", 5), ("batch_size", 8), ("learning_rate", 0.1), ("patience", 1)],
)
def test_training_options_are_refused_for_functions(
    option: str, value: float, tmp_path: Path
) -> None:
    options: dict[str, Any] = {option: value}
    study = dw.Study(data=dw.Rows(1_000), model=accuracy_of_size, sizes=[100], **options)
    with raises("option-without-effect", StudyError, f"{option} = {value}.*accuracy_of_size"):
        study.run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_row_numbers_are_refused_for_a_keras_model(tmp_path: Path) -> None:
    with raises("model-needs-samples", StudyError, "'mlp'.*Rows"):
        dw.Study(data=dw.Rows(1_000), model="mlp", sizes=[100]).run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_changed_function_is_another_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in (LOADING, LOADING.replace("0.95", "0.96")):
        loading = module(monkeypatch, tmp_path, "changed_model", text)
        study = dw.Study(data=dw.Rows(1_000), model=loading.train, sizes=[100], seeds=1)
        if "0.95" in text:
            study.run(tmp_path / "run")
            continue
        with raises("study-differs", StudyError, "the code of the model has changed"):
            study.run(tmp_path / "run")


def test_a_function_may_score_itself_on_rows_of_its_own(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []

    def train(run: dw.Run) -> Mapping[str, float]:
        seen.append((len(run.rows), len(run.held_out)))
        return accuracy_of_size(run)

    study = dw.Study(data=1_000, model=train, held_out=0, sizes=[1_000], seeds=1)
    assert len(study.run(tmp_path)) == 1
    assert seen == [(1_000, 0)]
