"""Runs what the store does not have yet, tells who listens, and leaves the run directory whole."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dataworth._util import signals as stopping
from dataworth._util.files import atomic_write
from dataworth._util.validation import check_int
from dataworth.audit import audit_dataset, audit_figures, reported_runs
from dataworth.curves.curve import Curve
from dataworth.data.dataset import Dataset
from dataworth.data.subsets import split, validation_count
from dataworth.errors import DataNotFoundError, DataworthWarning, StudyError
from dataworth.execution.base import Executor
from dataworth.execution.processes import LocalProcesses
from dataworth.execution.serial import InProcess
from dataworth.findings import Finding
from dataworth.learners import resolve
from dataworth.learners.base import Epoch
from dataworth.observers.base import Progress
from dataworth.observers.choose import default_observer
from dataworth.records.layout import CURVE_FILE, CURVE_PICTURE, STUDY_FILE
from dataworth.records.reader import curve_columns
from dataworth.records.record import Record, Run
from dataworth.records.store import Store
from dataworth.sources import load
from dataworth.study.metadata import describe, sample_images
from dataworth.study.resolved import Experiment
from dataworth.study.spec import Study
from dataworth.study.toml import to_toml

_KEPT = "Finished runs are kept in results.sqlite; make room, then run the same command again."


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a study came to.

    Attributes
    ----------
    directory : Path
    curve : Curve
        All runs of the directory.
    records : sequence of Record
    findings : sequence of Finding
        Of the data before the first run and of the figures after the last.
    trained : int
        Runs that were done now; the others were in the store.
    """

    directory: Path
    curve: Curve
    records: Sequence[Record]
    findings: Sequence[Finding]
    trained: int


def run_study(
    study: Study,
    directory: str | os.PathLike[str],
    workers: int = 1,
    progress: Progress | bool | None = None,
) -> Outcome:
    """Run a study in a directory: see `Study.run`."""
    workers = check_int("workers", workers)
    progress = default_observer(progress)
    experiment = prepare(study)
    stopping.check()
    found = audit_dataset(
        experiment.dataset,
        parts=experiment.split,
        subset_method=experiment.subset,
        sizes=experiment.sizes,
        model_scales=experiment.model_scales,
    )
    progress.findings(found)
    with Store(Path(directory), write=True) as store:
        _take_possession(store, study, experiment, found)
        records = store.records()
        finished = {record.run.key for record in records}
        runs = experiment.runs()
        waiting = [run for run in runs if run.key not in finished]
        done = [run for run in runs if run.key in finished]
        progress.begin(runs, done, [experiment.work(run) for run in runs])

        def on_epoch(run: Run, epoch: Epoch, epochs: int) -> None:
            progress.epoch(run, epoch, epochs)
            stopping.check()

        executor: Executor = InProcess() if workers == 1 else LocalProcesses(workers)
        try:
            if waiting:
                for record in executor.perform(experiment, waiting, store, on_epoch):
                    store.add(record)
                    _write_curve(store)
                    progress.finished(record)
        finally:
            progress.end()
        records = store.records()
        curve = _write_curve(store)
        _write_picture(store.directory / CURVE_PICTURE, curve)
        figures = reported_runs(records, store.meta())
    late = audit_figures(figures)
    progress.findings(late)
    return Outcome(Path(directory), curve, records, [*found, *late], len(waiting))


def prepare(study: Study) -> Experiment:
    """Load a study's data and resolve its model.

    Raises
    ------
    DataError, StudyError
        If the data are not there or cannot be used, or the model or a size does not fit them.
    """
    dataset = study.mistakes.apply(_load(study))
    parts = split(dataset, study.held_out)
    sizes = study.sizes_for(len(parts.rows))
    if study.patience is not None:
        validation_count(min(sizes))
    return Experiment(
        dataset=dataset,
        split=parts,
        learner=resolve(study.model, learning_rate=study.learning_rate),
        budget=study.budget,
        subset="prefix" if study.mistakes.prefix_subsets else study.subset,
        sizes=sizes,
        seeds=tuple(study.seeds) if not isinstance(study.seeds, int) else (study.seeds,),
        mistakes=study.mistakes,
    )


def _load(study: Study) -> Dataset:
    if isinstance(study.data, Dataset):
        return study.data
    try:
        return load(study.data, **study.data_options)
    except DataNotFoundError:
        if study.fallback is None:
            raise
        warnings.warn(
            f"{study.data} is not on this machine; {study.fallback} is used in its place. "
            "`dataworth data list` says how to get it.",
            DataworthWarning,
            stacklevel=4,
        )
        return load(study.fallback)


def _take_possession(
    store: Store, study: Study, experiment: Experiment, found: Sequence[Finding]
) -> None:
    """Make the directory this study's, or refuse one that is another's."""
    identity, before = dict(experiment.identity), store.meta().get("identity")
    if before is not None and before != identity:
        changed = sorted(key for key in identity if before.get(key) != identity[key])
        raise StudyError(
            f"{store.directory} holds another study: what is asked now differs in "
            f"{', '.join(changed)}. Choose another --out, or delete the directory if it is not "
            "needed."
        )
    kept = [asdict(finding) for finding in found]
    store.set_meta({**describe(study, experiment), "identity": identity, "findings": kept})
    images = sample_images(experiment)
    if images is not None:
        store.set_array("sample_images", images)
    atomic_write(store.directory / STUDY_FILE, to_toml(study), _KEPT)


def _write_curve(store: Store) -> Curve:
    curve = Curve(**curve_columns(store))
    atomic_write(store.directory / CURVE_FILE, curve.to_csv(), _KEPT)
    return curve


def _write_picture(path: Path, curve: Curve) -> None:
    # Not needed, and slow to load, until the runs are done.
    from dataworth.plots.curve import curve_plot_data, draw_curve
    from dataworth.plots.style import image_bytes

    atomic_write(path, image_bytes(draw_curve(curve_plot_data(curve))), _KEPT)
