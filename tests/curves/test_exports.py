"""Exports of experiment trackers: Weights & Biases, TensorBoard, MLflow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from errors import raises

from dataworth.curves.read import as_curve, as_curves, load_curve
from dataworth.errors import DataError

SIZES = [2_000, 6_000, 18_000, 54_000]


def written(folder: Path, text: str, name: str = "a.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_a_chart_of_weights_and_biases(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '"Step","s1 - eval/loss","s1 - eval/loss__MIN","s1 - eval/loss__MAX","s1 - _step",'
        '"s2 - eval/loss","s2 - eval/loss__MIN","s2 - eval/loss__MAX"\n'
        '"2000","2.1","2.1","2.1","2000","2.05","2.05","2.05"\n'
        '"6000","1.5","1.5","1.5","6000","1.52","1.52","1.52"\n'
        '"18000","1.1","1.1","1.1","18000","","",""\n',
    )
    curve = load_curve(path)
    assert curve.values.tolist() == [2.1, 2.05, 1.5, 1.52, 1.1]
    assert (curve.metric.name, curve.seeded, dict(curve.others)) == ("eval/loss", True, {})
    assert "s1, s2" in curve.assumed[0]
    assert "minima and maxima" in curve.assumed[0]


def test_runs_of_a_chart_that_lie_apart_may_be_models(tmp_path: Path) -> None:
    rows = "".join(
        f"{n},{v},{v * 1.6 * (1 + 0.001 * i)}\n"
        for i, (n, v) in enumerate(zip(SIZES, (0.2, 0.15, 0.11, 0.08), strict=True))
    )
    path = written(tmp_path, f'train_size,"resnet - test_error","vit - test_error"\n{rows}')
    with raises("several-curves", DataError, "'run' holds resnet, vit.*--by run"):
        load_curve(path)
    assert as_curve(path, where="run=vit").values[0] == pytest.approx(0.32)
    assert list(as_curves(path, "run")) == ["resnet", "vit"]


def test_a_table_of_runs_of_weights_and_biases(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "Name,State,Notes,User,Tags,Created,Runtime,Sweep,config.n_train,config.seed,val_acc,"
        "train_acc\n"
        "glad-sun-1,finished,-,me,,2026-01-01T00:00:00Z,31,,2000,0,0.71,0.99\n"
        "wise-owl-2,finished,-,me,,2026-01-01T00:01:00Z,30,,2000,1,0.72,0.98\n"
        "late-fox-3,finished,-,me,,2026-01-01T00:02:00Z,93,,6000,0,0.80,0.97\n"
        "calm-elk-4,finished,-,me,,2026-01-01T00:03:00Z,91,,6000,1,0.81,0.97\n",
    )
    curve = load_curve(path)
    assert (curve.metric.name, curve.values.tolist()) == ("val_acc", [0.71, 0.72, 0.80, 0.81])
    assert curve.seeds.tolist() == [0, 1, 0, 1]


def test_a_history_of_a_run_of_many_looks_is_refused_by_its_step(tmp_path: Path) -> None:
    rows = [f"{step},{size},{1 / step + 100 / size}" for size in SIZES for step in (1, 2, 3, 4)]
    path = written(tmp_path, "\n".join(["epoch,train_size,val_loss", *rows]))
    with raises("several-curves", DataError, "'epoch' holds 1, 2, 3, 4"):
        load_curve(path)
    assert len(as_curve(path, where={"epoch": 4})) == 4


def test_tensorboard(tmp_path: Path) -> None:
    rows = [
        [1.6e9 + i, n, v] for i, (n, v) in enumerate(zip(SIZES, (2, 1.5, 1.1, 0.9), strict=True))
    ]
    text = "\n".join(["Wall time,Step,Value", *(",".join(map(str, row)) for row in rows)])
    for path in (written(tmp_path, text), written(tmp_path, json.dumps(rows), "a.json")):
        curve = load_curve(path)
        assert curve.samples.tolist() == SIZES
        assert curve.values.tolist() == [2, 1.5, 1.1, 0.9]
        assert any("if steps are not samples" in note for note in curve.assumed)


def test_mlflow(tmp_path: Path) -> None:
    runs = written(
        tmp_path,
        "run_id,experiment_id,status,artifact_uri,start_time,end_time,metrics.val_loss,"
        "params.n_samples,params.seed,tags.mlflow.user\n"
        + "".join(
            f"{i:04x},0,FINISHED,s3://x,2026-01-0{i + 1},2026-01-0{i + 1},{v},{n},0,me\n"
            for i, (n, v) in enumerate(zip(SIZES, (2, 1.5, 1.1, 0.9), strict=True))
        ),
    )
    curve = load_curve(runs)
    assert (curve.samples.tolist(), curve.values.tolist()) == (SIZES, [2, 1.5, 1.1, 0.9])
    history = written(
        tmp_path,
        "run_id,key,value,step,timestamp\n"
        + "".join(f"a,val_loss,{1 / n},{n},1\na,val_accuracy,{1 - 1 / n},{n},1\n" for n in SIZES),
    )
    assert load_curve(history).metric.name == "val_loss"
    assert as_curve(history, "accuracy").values.tolist() == [1 - 1 / n for n in SIZES]
    file = written(tmp_path, "".join(f"1600000000{n:06} {1 / n} {n}\n" for n in SIZES), "val_loss")
    assert load_curve(file).values.tolist() == [1 / n for n in SIZES]


def test_the_sign_in_the_name_of_a_metric_is_no_name_of_a_run(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("samples,1 - accuracy\n100,38\n300,29\n900,22\n")
    curve = load_curve(tmp_path / "a.csv")
    assert (curve.metric.higher_is_better, curve.metric.unit) == (False, "%")


def test_steps_of_a_training_of_several_epochs_are_no_numbers_of_samples(tmp_path: Path) -> None:
    def log(epochs: list[float]) -> str:
        history = [
            {"epoch": epoch, "step": 100 * (at + 1), "eval_loss": 1 / (at + 1)}
            for at, epoch in enumerate(epochs)
        ]
        return json.dumps({"best_metric": 0.2, "log_history": history})

    path = written(tmp_path, log([1.0, 2.0, 3.0]), "trainer_state.json")
    with raises("column-unclear", DataError, "'epoch' runs from 1 to 3"):
        as_curve(path)
    assert as_curve(path, samples="step").samples.tolist() == [100, 200, 300]
    once = written(tmp_path, log([0.2, 0.6, 1.0]), "trainer_state.json")
    assert as_curve(once).samples.tolist() == [100, 200, 300]


@pytest.mark.parametrize("first", [0, 1])
def test_rounds_that_are_counted_are_no_numbers_of_samples(tmp_path: Path, first: int) -> None:
    rows = "".join(f"{first + at},{1 / (at + 1)}\n" for at in range(5))
    with raises("column-unclear", DataError, "'iteration' counts from"):
        as_curve(written(tmp_path, f"iteration,rmse\n{rows}"))
