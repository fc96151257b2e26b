"""``dataworth run``: run a study, or what is left of it."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, TextIO

from dataworth._util import signals
from dataworth._util.files import Unwritten
from dataworth._util.printable import new_console, say
from dataworth._util.toml import parse_toml
from dataworth.cli.forecast import begin_answer, end_answer
from dataworth.cli.goal import add_goal_options, budget_of, goal_of
from dataworth.cli.options import (
    SPLIT_OPTIONS,
    Extend,
    add_output_options,
    add_split_options,
    add_table_options,
    counts_or_shares,
    number,
    share,
    table_options,
)
from dataworth.cli.run_document import document_of
from dataworth.errors import ForecastError, MissingDependencyError, StudyError
from dataworth.records.layout import CURVE_FILE, CURVE_PICTURE, REPORT_FILE, STUDY_FILE
from dataworth.study.shipped import shipped_studies

# What runs and shows a study is slow to import: only where it is used, not for the parser.
if TYPE_CHECKING:
    from dataworth.curves.curve import Curve
    from dataworth.observers.base import Observer
    from dataworth.plan.goal import Goal
    from dataworth.study.run import Outcome
    from dataworth.study.spec import Study

HONEST = "done-right"
FAILED_RUNS = 3
_EXPLANATION = (
    "The reproduced figures are not the loss of recognising characters. The label column was "
    "divided by 255 with the pixels, so every target is class 0; the network learns to say 0, and "
    "its loss falls to 1.192e-07 = -log(1 - 1e-7) in float32, where Keras clips. The last column "
    "is the held-out loss of the same network with none of the mistakes."
)


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "run",
        help="run a study, or resume it",
        description="Run a study and write its curve, table and picture to a run directory. "
        "Finished runs are stored: the same command resumes a study.",
    )
    parser.add_argument(
        "study",
        nargs="?",
        metavar="STUDY",
        help=f"{', '.join(shipped_studies())}; a TOML file; or a run directory. "
        "Without it, give --data",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="run directory (default: runs/STUDY)"
    )
    parser.add_argument("--data", metavar="D", help="a data set by name, a file or a folder")
    add_table_options(parser)
    parser.add_argument(
        "--model",
        action="append",
        metavar="M",
        help="linear, mlp, mlp:512,512, cnn, module:f ...; once for each of several models",
    )
    parser.add_argument(
        "--command",
        dest="model",
        action="append",
        type=_command,
        metavar="COMMAND",
        help="a model: 'python train.py --rows {rows} --seed {seed} --out {metrics}'; the file at "
        "{metrics}, or the last line printed, is a JSON object of figures",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=_parameter,
        metavar="NAME=VALUE",
        help="a parameter of the estimators that have it, such as max_depth=8; once for each of "
        "several",
    )
    add_split_options(parser)
    parser.add_argument(
        "--metric",
        metavar="NAME",
        help="the curve's metric (default: the loss of the task, in nats for classes)",
    )
    parser.add_argument(
        "--scoring",
        action="append",
        metavar="NAME",
        help="a scorer of scikit-learn, such as roc_auc_ovr; once for each of several",
    )
    parser.add_argument(
        "--sizes",
        type=counts_or_shares,
        nargs="+",
        action=Extend,
        metavar="N",
        help="numbers of training samples, such as 9000,27000 or 9k 27k, or shares of the rows "
        "that may be trained on, such as 0.1,0.5,1.0 (default: the study's; with --at or --target "
        "those that the plan chooses; for other data five, a factor 3 apart, up to all)",
    )
    parser.add_argument(
        "--seeds",
        type=int,
        metavar="K",
        help="number of seeds, and so of runs of each size (default: the study's; with --at or "
        "--target as many as the plan needs; for other data 3; with --cv one for each fold)",
    )
    parser.add_argument(
        "--epochs",
        type=int,
        metavar="E",
        help="passes over each subset (default: until the validation loss stops falling)",
    )
    parser.add_argument(
        "--steps", type=int, metavar="K", help="optimizer steps of every run, instead of --epochs"
    )
    parser.add_argument(
        "--patience",
        type=int,
        metavar="E",
        help="stop after E epochs without a lower validation loss",
    )
    parser.add_argument(
        "--batch-size", type=int, metavar="B", help="samples per step (default: 128)"
    )
    parser.add_argument(
        "--learning-rate",
        type=number,
        metavar="R",
        help="learning rate of the optimizer (default: 0.001 for adam)",
    )
    parser.add_argument(
        "--optimizer",
        metavar="NAME",
        help="optimizer of Keras models, such as sgd or adamw (default: adam)",
    )
    parser.add_argument(
        "--held-out",
        type=_share,
        metavar="X",
        help="share or number of samples to hold out (default: 0.2)",
    )
    parser.add_argument("--name", metavar="NAME", help="name of the study and of its run directory")
    parser.add_argument(
        "--workers",
        type=_workers,
        default="auto",
        metavar="W",
        help="number of runs side by side, at most one for each core (default: auto, as many as "
        "pay by the time and the memory of the first runs; one for functions, commands and a goal)",
    )
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="do the runs on a Ray cluster: its address, auto for the one that this machine "
        "belongs to, or local for one on this machine (extra ray)",
    )
    parser.add_argument(
        "--time-limit",
        type=number,
        metavar="S",
        help="seconds that a run may take (default: no limit)",
    )
    parser.add_argument(
        "--log",
        type=Path,
        metavar="FILE",
        help="append each event of the study to FILE as a JSON object on a line",
    )
    parser.add_argument(
        "--mlflow",
        metavar="URI",
        help="track the study on an MLflow server, such as http://localhost:5000, or in a "
        "database, such as sqlite:///mlflow.db",
    )
    add_goal_options(parser)
    parser.add_argument("--retry-failed", action="store_true", help="repeat the runs that failed")
    add_output_options(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Run the requested studies, one after the other; 3 if a run failed, else 0."""
    _check_models(options.model or [])
    studies = _studies(options)
    budget = budget_of(options)
    code, documents, unwritten = 0, [], Unwritten()
    for requested in studies:
        directory = _directory(options, requested, alone=len(studies) == 1)
        goal = _goal(options, requested)
        study = _without_grid(requested, options) if goal is not None else requested
        study = study.planned(directory, goal, budget)
        with _says_how_to_go_on(options, directory, alone=len(studies) == 1):
            outcome = _run(study, directory, options, unwritten)
            if outcome.failed:
                code = FAILED_RUNS
            elif not outcome.curves:
                raise outcome.error()
            if options.json:
                documents.append(document_of(outcome))
                continue
            if not outcome.curves:
                continue
            if len(outcome.curves) > 1:
                _compare(outcome, study.goal)
            else:
                _show_one(outcome, study, options, unwritten)
            if outcome.stop is not None and outcome.stop.kind == "spent":
                from dataworth.cli.show.plan import show_hour

                show_hour(new_console(), outcome.directory)
    if options.json:
        print(json.dumps({"studies": documents}, allow_nan=False))
    problem = unwritten.error()
    if problem is not None:
        raise problem
    return code


def _goal(options: argparse.Namespace, study: Study) -> Goal | None:
    """The goal that was given on the command line."""
    models = len(study.model) if study.is_of_several_models else 1
    metric = study.metric if isinstance(study.metric, str) else None
    return goal_of(options, models, metric)


def _without_grid(study: Study, options: argparse.Namespace) -> Study:
    """A study for a new goal; sizes and seeds of a grid that was run before do not limit it."""
    from dataworth.study.shipped import is_run_directory

    if options.study is None or not is_run_directory(options.study) or study.goal is not None:
        return study
    if options.sizes is None:
        study = replace(study, sizes=None)
    is_one_seed = study.subset_seed is not None and study.model_seed is not None
    return study if options.seeds is not None or is_one_seed else replace(study, seeds=None)


def _check_models(models: Sequence[str]) -> None:
    """Refuse a misspelt model before the data are read and libraries are loaded."""
    from dataworth.learners.names import check_name

    for model in models:
        check_name(model)


def _show_one(
    outcome: Outcome, study: Study, options: argparse.Namespace, unwritten: Unwritten
) -> None:
    """Print the answer, the table and the forecast of a study of one model."""
    console = new_console()
    (curve,) = outcome.curves.values()
    if study.variant is not None:
        _print(outcome)
        outcome = _show_the_true_curve(outcome, curve, study, options, unwritten)
        if not outcome.curves:
            return
        (curve,) = outcome.curves.values()
        forecast = begin_answer(console, curve)
    else:
        forecast = begin_answer(console, curve, study.goal)
        _print(outcome)
    at = None if study.goal is None else study.goal.at
    if forecast is not None:
        with unwritten.collected():
            end_answer(console, forecast, outcome.directory, at)


def _compare(outcome: Outcome, goal: Goal | None) -> None:
    """Print which model is the best now and at larger sizes, where they cross, and the table.

    With a goal at a size, there comes first.
    """
    from dataworth.cli.show.forecast import echo, show_comparison
    from dataworth.forecast.compare import compare
    from dataworth.forecast.horizons import TIMES
    from dataworth.report.reported import reported_comparison
    from dataworth.report.sentences import best_in_words

    console = new_console()
    try:
        comparison = reported_comparison(compare(outcome.curves))
    except ForecastError as error:
        echo(console, f"No forecast: {error}")
        _print(outcome)
        return
    sizes = [comparison.largest * times for times in (1, TIMES[-1])]
    if goal is not None and goal.at is not None:
        echo(console, best_in_words(comparison, goal.at))
        sizes = sorted({*sizes, float(goal.at)})
    show_comparison(console, comparison, sizes, 0.9)
    _print(outcome)
    echo(console, f"More with: dataworth compare {quote(str(outcome.directory))}")


def _run(
    study: Study, directory: Path, options: argparse.Namespace, unwritten: Unwritten
) -> Outcome:
    from dataworth.cli.show.forecast import echo
    from dataworth.observers.artifacts import is_current
    from dataworth.observers.terminal import TerminalObserver

    if not options.quiet:
        # Reading the data and loading libraries may take seconds.
        say(f"{study.name}: loading the data and the model ...", error=True)
    executor = None
    if options.ray is not None:
        from dataworth.execution.ray import Ray

        executor = Ray(options.ray)
    # Ray prints what happens to its nodes.
    with nullcontext() if executor is None else redirect_stdout(sys.stderr):
        outcome = study.run_in(
            directory,
            options.workers,
            TerminalObserver(new_console(stderr=True)),
            executor=executor,
            retry_failed=options.retry_failed,
            observers=_observers(options),
        )
    signals.check()
    for error in (outcome.stopped, outcome.unwritten):
        unwritten.add(error)
    if outcome.curves and not is_current(directory / REPORT_FILE):
        from dataworth.report import write_report  # slow to import

        try:
            with unwritten.collected():
                write_report(directory)
        except MissingDependencyError as error:
            echo(new_console(stderr=True), f"No page: {error}")
    if outcome.failed:
        _print_failed(outcome, options.errors)
    return outcome


def _observers(options: argparse.Namespace) -> list[Observer]:
    """The observers of ``--log`` and ``--mlflow``."""
    observers: list[Observer] = []
    if options.log is not None:
        from dataworth.observers.json_lines import JsonLines

        folder = options.log.absolute().parent
        if not folder.is_dir():
            raise StudyError(
                f"--log {options.log}: there is no folder {folder}; make it, or name another.",
                code="file-not-found",
            )
        observers.append(JsonLines(options.log))
    if options.mlflow is not None:
        from dataworth.observers.mlflow import MLflow

        observers.append(MLflow(options.mlflow))
    return observers


_RUNS_NAMED = 3
"""Of the runs that failed for one reason."""


def _print_failed(outcome: Outcome, errors: TextIO) -> None:
    """Print each reason for which runs failed, with these runs."""
    from dataworth.cli.show.forecast import echo

    console = new_console(file=errors)
    echo(console, f"{len(outcome.failed)} of the study's runs failed:")
    reasons: dict[str, list[str]] = {}
    for record in outcome.failed:
        assert record.failure is not None
        reasons.setdefault(record.failure.message, []).append(record.key.describe())
    for reason, runs in reasons.items():
        others = len(runs) - _RUNS_NAMED
        named = "; ".join(runs[:_RUNS_NAMED]) + (f"; and {others} more" if others > 0 else "")
        echo(console, f"  {named}: {reason}")
    echo(
        console, f"Do them again with: dataworth run {quote(str(outcome.directory))} --retry-failed"
    )


def _show_the_true_curve(
    outcome: Outcome,
    reproduced: Curve,
    study: Study,
    options: argparse.Namespace,
    unwritten: Unwritten,
) -> Outcome:
    """Run a study of mistakes again without them, and show both curves."""
    from dataworth.cli.show.tables import print_table, published_table

    say("The same study without the mistakes, for comparison:", error=True)
    honest = _run(replace(study, variant=None), outcome.directory / HONEST, options, unwritten)
    for curve in honest.curves.values():
        console = new_console()
        print_table(console, published_table(reproduced, curve))
        console.print(_EXPLANATION, highlight=False)
    return honest


def _studies(options: argparse.Namespace) -> list[Study]:
    from dataworth.study.spec import Study
    from dataworth.study.toml import read_studies

    if options.study is None and options.data is None:
        raise StudyError(
            "nothing to run: name a study, as `dataworth run quickstart`, or give --data. "
            f"Shipped studies: {', '.join(shipped_studies())}.",
            code="nothing-given",
        )
    if options.study is None:
        studies = [Study(data=_data(options.data), name=_name(options.data))]
    else:
        studies = read_studies(options.study)
    if options.data is not None:
        studies = [_on_other_data(studies, options.data)]
    names = (
        *("model", "metric", "sizes", "seeds", "name", "time_limit", "scoring", *SPLIT_OPTIONS),
        *("epochs", "steps", "batch_size", "learning_rate", "optimizer", "patience"),
    )
    changes = {name: value for name in names if (value := getattr(options, name)) is not None}
    if len(changes.get("model", ())) == 1:
        changes["model"] = changes["model"][0]
    if "cv" in changes:
        # One seed for each fold, unless they are given.
        changes = {"seeds": None, "held_out": None} | changes
    if options.set:
        changes["parameters"] = dict(options.set)
    if "epochs" in changes and "steps" in changes:
        raise StudyError(
            "--epochs and --steps were given; steps replace epochs. Leave one out.",
            code="options-conflict",
        )
    if "epochs" in changes:
        changes["steps"] = None
    table = table_options(options)
    return [
        replace(study, **changes, data_options={**study.data_options, **table}) for study in studies
    ]


def _data(text: str) -> str | int:
    """A data set's name or path, or a number of rows that the model loads itself."""
    digits = text.replace("_", "").replace(",", "")
    return int(digits) if digits.isdecimal() and not Path(text).exists() else text


def _name(data: str) -> str:
    """What a study is called after its data."""
    from dataworth.sources.shards import has_wildcards, name_of

    return name_of(data) if has_wildcards(data) else Path(data).resolve().stem


def _on_other_data(studies: Sequence[Study], data: str) -> Study:
    """The study with other data; one of several studies is called after its data."""
    study = studies[0]
    several = len(studies) > 1
    name = str(Path(study.name).with_name(_name(data))) if several else study.name
    return replace(study, data=_data(data), name=name, data_options={}, fallback=None)


def _directory(options: argparse.Namespace, study: Study, *, alone: bool) -> Path:
    from dataworth.study.shipped import is_run_directory

    if options.out is None and options.study is not None and is_run_directory(options.study):
        return Path(options.study)
    out = Path("runs") if options.out is None else Path(options.out)
    if options.out is None:
        return out / study.name
    return out if alone else out / Path(study.name).name


def _print(outcome: Outcome) -> None:

    from dataworth.cli.show.forecast import echo
    from dataworth.cli.show.tables import curve_table, models_table, print_table
    from dataworth.report.reported import reported_curves

    console, curves = new_console(), list(outcome.curves.values())
    several = len(curves) > 1
    table = models_table(reported_curves(outcome.curves)) if several else curve_table(curves[0])
    print_table(console, table)
    # Without their extras there is no picture or no page.
    names = (CURVE_FILE, CURVE_PICTURE, REPORT_FILE)
    written = [name for name in names if (outcome.directory / name).is_file()]
    echo(console, f"In {outcome.directory}: {', '.join(written)}")


@contextmanager
def _says_how_to_go_on(
    options: argparse.Namespace, directory: Path, *, alone: bool
) -> Iterator[None]:
    try:
        with signals.heard():
            yield
    except KeyboardInterrupt:
        if not (directory / STUDY_FILE).is_file():
            raise KeyboardInterrupt("Stopped before anything was begun.") from None
        command = ["dataworth", "run", str(directory)]
        if options.workers != "auto":
            command += ["--workers", str(options.workers)]
        if options.ray is not None:
            command += ["--ray", options.ray]
        if not alone:
            command = ["dataworth", *sys.argv[1:]]
        raise KeyboardInterrupt(
            f"Stopped. Finished runs are stored; resume with:\n  {shlex.join(command)}"
        ) from None


def _share(text: str) -> float | int:
    """A share below 1, or a number of samples."""
    try:
        return int(text.replace("_", ""))
    except ValueError:
        pass
    try:
        return float(share(text))
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(
            f"{text!r}: expected a share such as 0.2 or 20%, or a number of samples"
        ) from None


def _workers(text: str) -> int | str:
    """A number, or another text, which is checked with the study."""
    return int(text) if text.removeprefix("-").isdecimal() else text


def _command(text: str) -> str:
    """A command as a model's name."""
    return f"$ {text}"


def _parameter(text: str) -> tuple[str, Any]:
    """A parameter's name and value; a value that is not a TOML value is text."""
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r}: expected NAME=VALUE, such as max_depth=8")
    try:
        return name.strip(), parse_toml(f"value = {value}")["value"]
    except ValueError:
        return name.strip(), {"True": True, "False": False}.get(value, value)
