"""Study: which data, model, sizes, seeds and training options make up a learning curve."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dataworth.data.dataset import Dataset
from dataworth.data.folds import split_into_folds
from dataworth.data.rows import Rows
from dataworth.data.splits import Split, split
from dataworth.data.subsets import (
    SAMPLERS,
    check_subset,
    units,
    validation_count,
)
from dataworth.errors import DataNotFoundError, DataworthWarning, StudyError
from dataworth.learners.base import OPTIONS, Learner, TrainingOptions, options_of
from dataworth.learners.function import RunModel
from dataworth.learners.keras.resolve import ADAM, DEFAULT_LEARNING_RATE
from dataworth.learners.registry import resolve
from dataworth.learners.sklearn import with_parameters
from dataworth.learners.sklearn.scoring import Scoring, scoring_of
from dataworth.metrics.metric import Metric
from dataworth.observers.base import Observer
from dataworth.plan.budget import Budget
from dataworth.plan.goal import Goal
from dataworth.sources import load
from dataworth.study.by_size import (
    BySize,
    described,
    model_at,
    models_by_size,
)
from dataworth.study.document import IN_PYTHON
from dataworth.study.objectives import FunctionObjective, LearnerObjective
from dataworth.study.options import AUTO, SIZED_OPTIONS, StudyOptions
from dataworth.study.planning import goal_in
from dataworth.study.protocol import Protocol, checked_validation
from dataworth.study.resolved import ResolvedStudy
from dataworth.study.run import Outcome, run_study
from dataworth.study.session import Session
from dataworth.study.workers import Cluster, Workers


class Study(StudyOptions):
    """A study: a metric measured at several numbers of training samples.

    Parameters
    ----------
    data : str, path, Dataset, Rows or int
        What `dataworth.load` takes ("digits", "glyphs", "emnist/bymerge", a file, a folder); a
        data set; or row numbers alone, where the model loads its samples itself (a number is short
        for `dataworth.Rows`).
    model : str, path, estimator, keras.Model, callable, Learner, or a list or mapping of these
        "linear", "mlp", "mlp:512,512", "cnn", "module:name", a ``.keras`` file, or an object. An
        estimator is anything with the interface of scikit-learn, such as a pipeline or a LightGBM
        classifier.
        A function of one argument ``run`` (a `dataworth.Run`) trains by itself and returns its
        figures by name; other functions build a ``keras.Model``. Several models are trained on
        the same rows with the same seeds, scored on the same held-out samples, and compared; a
        mapping gives them their names.
    metric : str or Metric, optional
        The metric of the curve: the task's first by default (loss in nats for classes), or the
        only one that a function returns.
    sizes : sequence of int or of float, optional
        Numbers of training samples, or shares of the rows that may be trained on, as
        ``[0.1, 0.5, 1.0]``; five sizes a factor 3 apart, up to all rows, by default. With a
        `goal`, the sizes that the plan may choose from; by default it finds them.
    seeds : int or sequence of int, optional
        How many seeds (0, 1, ...), or which: 3, or with `cv` one for each fold. With a `goal`,
        those that the plan may use; by default it uses as many as it needs.
    epochs : int, optional
        Passes over each subset; a larger subset gets more optimizer steps. Without `epochs` and
        `steps`, each run trains until its validation loss stops falling (see
        `dataworth.learners.ending.Ending`). Like the other training options, it is refused where
        the model is a function.
    steps : int, optional
        The same number of optimizer steps for every size, in place of `epochs`.
    batch_size : int, optional
        Samples per optimizer step (128).
    learning_rate : float, optional
        Of Adam (0.001), or of an `optimizer` that is given by its name.
        Each of these four, and `patience`, may also be a function of the size, or a mapping with a
        value for each size: see `dataworth.BySize`, which stands for a parameter, an optimizer or a
        model too.
    optimizer : str or keras.optimizers.Optimizer, optional
        Of Keras models, in place of Adam: a name ("sgd", "adamw"), or an optimizer with a learning
        rate or a schedule, weight decay and clipping of its own.
    patience : int, optional
        Epochs without a lower validation loss after which a run ends (5). With `epochs` or
        `steps`, which are then the most: early stopping on a tenth of the subset.
    standardize : bool or "auto", optional
        Whether features get zero mean and unit variance on each subset; by default ("auto")
        "linear", "mlp" and "cnn" do so with real-valued features.
    subset : {"nested", "prefix", "latest", "earliest"}
        Nested and stratified by seed; the first rows of the file; or, of data with times, the
        latest or the earliest rows.
    held_out : float, int or sequence of int, optional
        Share or number of samples to hold out of data without an official held-out split (0.2);
        or the numbers of the rows to hold out, in place of an official split too;
        0, for row numbers alone: the model scores itself.
    validation : sequence of int, optional
        Numbers of rows to validate on for early stopping, which no subset holds; by default a part
        of each subset is used. A function gets them as ``run.validation``.
    subset_seed : int, optional
        The seed whose subsets all runs are trained on; the spread over `seeds` is then that of the
        initial weights and the training alone. By default the run's.
    model_seed : int, optional
        The seed of the initial weights and of the training of all runs; the spread over `seeds` is
        then that of the subsets alone. By default the run's.
    cv : int, splitter or list of (training rows, held-out rows), optional
        Folds in place of one held-out part: each seed has its own. A number of folds respects
        groups and times; a splitter is any object with scikit-learn's ``split(X, y, groups)``.
    count : {"rows", "groups"}
        What sizes count: with "groups" a size of 100 is all rows of 100 groups.
    at_least : int, optional
        How many rows of each class every subset holds, or all where a class has fewer.
    time_limit : float, optional
        Seconds that a run may take; then its process is ended and the run has failed. No limit by
        default.
    parameters : mapping
        Parameters that are set on every estimator that has them, as ``set_params`` does; the text
        "None" stands for None. Without effect on other models.
    variant : Variant, optional
        Changes to data and objective that reproduce a published study.
    name : str
    data_options : mapping
        Further options of `dataworth.load`.
    fit_params : mapping
        Further arguments of an estimator's ``fit``, such as ``sample_weight``; of what has one
        entry for each row of the data, a run gets those of its rows.
    scoring : str, callable, or list or mapping of these, optional
        Scorers of scikit-learn by name, and callables ``scorer(model, x, y)``, beside the task's
        metrics; all are computed from one training. The curve is of the first one.
    task : {"classification", "regression", "multilabel"} or Task, optional
        Of data that are given by a name or a path; a `Dataset` has its own.
    fallback : str, optional
        Data to use where `data` is not on this machine.
    goal : Goal, optional
        What the study is to find out. Runs are then chosen for it, one after the other; without
        it, every size is run with every seed.
    budget : Budget or str, optional
        What all runs in the directory may cost together for the goal, as "2h" or "500 runs"; see
        `Budget.parse`.

    Raises
    ------
    StudyError
        If an option is out of range; the message names it.
    """

    def resolve(self) -> ResolvedStudy:
        """Load the data and resolve the model.

        Raises
        ------
        DataError, StudyError
            If the data are not there or cannot be used, or the model or a size does not fit them.
        """
        # First the models: a name or a missing library is reported before data are loaded.
        models = {} if self._sized() else self._models()
        scoring = scoring_of(self.scoring)
        data = self._load()
        if self.variant is not None and isinstance(data, Dataset):
            data = self.variant.apply(data)
        parts = split(data, self.held_out) if self.cv is None else split_into_folds(data, self.cv)
        if self.validation is not None:
            parts = checked_validation(data, np.asarray(self.validation, np.int64), parts)
        pools = [pool for pool, _ in parts.folds] or [parts.pool.rows]
        rows = min(units(data, pool, self.count) for pool in pools)
        is_ladder = self.goal is not None and self.sizes is None
        sizes = (
            self._ladder(data, pools[0], rows)
            if is_ladder
            else self.sizes_for(rows, self._least_default(data))
        )
        seeds = self._seeds()
        # What no subset can hold is said before any run.
        check_subset(
            data,
            pools[0],
            min(sizes),
            seed=seeds[0],
            sampler=SAMPLERS[self.subset],
            count=self.count,
            at_least=self.at_least or 0,
        )
        objectives = (
            self._objectives_by_size(sizes, data, parts, scoring)
            if self._sized()
            else {
                name: self._objective(data, parts, each, scoring) for name, each in models.items()
            }
        )
        if any(
            isinstance(each, LearnerObjective) and each.options.patience is not None
            for each in objectives.values()
        ):
            if self.validation is None:
                validation_count(min(sizes))
        elif self.validation is not None:
            self._check_validation(objectives)
        for objective in objectives.values():
            if isinstance(objective, LearnerObjective):
                objective.check_memory(max(sizes))
        # A model that does not fit the data or the task is refused before anything is written.
        _check_different({name: objective.identity for name, objective in objectives.items()})
        metric = self.metric
        if scoring is not None and not isinstance(metric, Metric):
            # With its direction, which its name may not say.
            metric = scoring.metrics.get(metric or next(iter(scoring.metrics)), metric)
        if metric is None:
            _say_which_metric(objectives)
        _say_what_is_assumed(objectives)
        return ResolvedStudy(
            name=self.name,
            objectives=objectives,
            sizes=sizes,
            seeds=seeds,
            metric=metric,
            time_limit=self.time_limit,
            values=self._described(objectives, sizes),
            goal=self.goal,
            budget=self.budget if isinstance(self.budget, Budget) else None,
            pool=None if parts.folds else rows,
        )

    def at(self, size: int) -> Study:
        """The study with the options that its runs of a size have; see `dataworth.BySize`.

        Raises
        ------
        StudyError
            If a value is missing or out of range.
        """
        options = {
            name: getattr(self, name).at(size, name) for name in SIZED_OPTIONS if self._is(name)
        }
        for name, value in options.items():
            if name == "optimizer":
                continue
            if callable(value) or isinstance(value, Mapping) or value is None:
                raise StudyError(
                    f"{name} at size {size:,} is {value!r}; expected a number.",
                    code="wrong-type",
                    option=name,
                )
        parameters = {
            name: value.at(size, name) if isinstance(value, BySize) else value
            for name, value in self.parameters.items()
        }
        model = model_at(self.model, size)
        return replace(self, **options, parameters=parameters, model=model)

    def _objectives_by_size(
        self,
        sizes: Sequence[int],
        data: Dataset | Rows,
        parts: Split,
        scoring: Scoring | None,
    ) -> dict[str, LearnerObjective | FunctionObjective]:
        """The objective of each model, with one for each size."""
        by_name: dict[str, dict[int, Any]] = {}
        values: dict[str, dict[str, Any]] = {}
        sized_options = self._sized()
        for size in sizes:
            concrete = self.at(size)
            models = concrete._models()
            # The first size names the models: a name may have the size's settings in it.
            names = list(by_name) or list(models)
            for name, model in zip(names, models.values(), strict=True):
                objective = concrete._objective(data, parts, model, scoring)
                by_name.setdefault(name, {})[size] = objective
                if "model" in sized_options:
                    values.setdefault("model", {})[f"{size}"] = model.name
            for name in sized_options:
                if name != "model":
                    own = concrete.parameters.get(name, getattr(concrete, name, None))
                    values.setdefault(name, {})[f"{size}"] = described(own)
        models_of_file = [each.identity() for each in models_by_size(self.model)]
        settings = {
            ("parameters" if name in self.parameters else name): {
                "by_size": models_of_file if name == "model" else each.identity(),
                "values": values[name],
                "name": name,
            }
            for name, each in sized_options.items()
        }
        found: dict[str, LearnerObjective | FunctionObjective] = {}
        for name, at_size in by_name.items():
            first = at_size[min(sizes)]
            protocol = replace(first.protocol, settings=settings)
            found[name] = replace(first, protocol=protocol, at_size=at_size)
        return found

    def _check_validation(
        self, objectives: Mapping[str, LearnerObjective | FunctionObjective]
    ) -> None:
        """Refuse validation rows that nothing is stopped by."""
        learners = [each for each in objectives.values() if isinstance(each, LearnerObjective)]
        if len(learners) == len(objectives) and all(
            each.options.until is None for each in learners
        ):
            raise StudyError(
                "validation: no run is stopped early, so that nothing is validated. Give "
                "patience=, or omit epochs and steps, or omit validation.",
                code="option-without-effect",
                option="validation",
            )

    def _models(self) -> dict[str, Learner | RunModel]:
        """The models by name, resolved; functions need no training options, learners may.

        Raises
        ------
        StudyError
            If a model is not known, two have one name, or an option is for none of them.
        """
        given = self.model if self.is_of_several_models else [self.model]
        if not given:
            raise StudyError(
                "model: expected at least one model.", code="nothing-given", option="model"
            )
        rate = self.learning_rate
        assert not isinstance(rate, BySize)
        resolved = [
            resolve(
                each,
                learning_rate=rate,  # type: ignore[arg-type]
                standardize=self.standardize,  # type: ignore[arg-type]
                optimizer=self.optimizer,
                fit_params=self.fit_params,
                has_samples=not isinstance(self.data, Rows),
            )
            for each in (given.values() if isinstance(given, Mapping) else given)
        ]
        names = list(given) if isinstance(given, Mapping) else [each.name for each in resolved]
        for name in names:
            if not isinstance(name, str) or not name.strip() or not name.isprintable():
                raise StudyError(
                    f"model: {name!r} is not a name; expected printable text.",
                    code="wrong-type",
                    option="model",
                )
            if names.count(name) > 1:
                raise StudyError(
                    f"model: two of the models are called {name!r}. Give them names: "
                    'model={"a": ..., "b": ...}.',
                    code="named-twice",
                    option="model",
                    value=name,
                )
        models = with_parameters(dict(zip(names, resolved, strict=True)), self.parameters)
        self._check_options(list(models.values()))
        return models

    def _check_options(self, models: Sequence[Learner | RunModel]) -> None:
        functions = [each for each in models if isinstance(each, RunModel)]
        learners = [each for each in models if not isinstance(each, RunModel)]
        taken = {option for each in learners for option in options_of(each)}
        for option in OPTIONS:
            if getattr(self, option) is not None and option not in taken:
                raise StudyError(
                    f"{option} = {getattr(self, option)!r}: the model {models[0].name} sets its "
                    "own training options. Leave the option out.",
                    code="option-without-effect",
                    option=option,
                )
        if self.fit_params and not any(hasattr(each, "fit_params") for each in models):
            raise StudyError(
                f"fit_params are arguments of an estimator's fit; the model {models[0].name} is "
                "none. Omit them.",
                code="option-without-effect",
                option="fit_params",
            )
        if self.scoring is not None and not learners:
            raise StudyError(
                f"scoring = {self.scoring!r}: the model {models[0].name} returns its own figures. "
                "Leave the option out, or return them from it.",
                code="option-without-effect",
                option="scoring",
            )
        if self.variant is not None and functions:
            raise StudyError(
                f"[{self.variant.section}] changes how a learner is trained and scored; the "
                f"model {functions[0].name} does both itself.",
                code="option-without-effect",
            )

    def _objective(
        self,
        data: Dataset | Rows,
        parts: Split,
        model: Learner | RunModel,
        scoring: Scoring | None,
    ) -> LearnerObjective | FunctionObjective:
        metric = self.metric.name if isinstance(self.metric, Metric) else self.metric
        if isinstance(model, RunModel):
            return FunctionObjective(
                data, parts, self.subset, model, self.count, self.at_least or 0, self._protocol()
            )
        if isinstance(data, Rows):
            raise StudyError(
                f"model {model.name!r} needs samples, and data = {data!r} holds row numbers alone. "
                "Give a data set, or a function train(run) that loads its samples.",
                code="model-needs-samples",
            )
        if getattr(model, "needs_arrays", False):
            arrays = data.as_arrays(f"the model {model.name}")
            if arrays is not data:
                data, parts = arrays, parts.on(arrays)
        objective = LearnerObjective(
            data=data,
            split=parts,
            subset=self.subset,
            task=data.task,
            learner=model,
            options=self.training_options(model),
            count=self.count,
            at_least=self.at_least or 0,
            scoring=scoring,
            protocol=self._protocol(),
        )
        if scoring is not None:
            scoring.check(model, data.task, parts.held_out)
        if metric is not None and metric not in objective.metrics:
            is_of_task = metric in data.task.metrics
            reason = " It predicts labels without probabilities." if is_of_task else ""
            raise StudyError(
                f"metric = {metric!r}: the model {model.name} gives "
                f"{', '.join(objective.metrics)}.{reason} Other metrics are given as "
                "scoring=[...] (--scoring NAME).",
                code="unknown-metric",
            )
        return objective if self.variant is None else self.variant.objective(objective)

    def _protocol(self) -> Protocol:
        rows = None if self.validation is None else np.asarray(self.validation, np.int64)
        return Protocol(self.subset_seed, self.model_seed, rows)

    def _described(
        self, objectives: Mapping[str, LearnerObjective | FunctionObjective], sizes: tuple[int, ...]
    ) -> dict[str, Any]:
        """The study's values with the training options that were used."""
        values = self.values()
        if self.goal is None:
            values |= {"sizes": sizes, "seeds": self._seeds()}
        elif self.sizes is not None:
            values |= {"sizes": sizes}
        if self.is_of_several_models:
            given = values["model"]
            texts = given.values() if isinstance(given, Mapping) else given
            values["model"] = (
                IN_PYTHON if given == IN_PYTHON else dict(zip(objectives, texts, strict=True))
            )
        learners = [each for each in objectives.values() if isinstance(each, LearnerObjective)]
        used = self._used(learners)
        return values | {name: value for name, value in used.items() if name not in self._sized()}

    def _used(self, objectives: Sequence[LearnerObjective]) -> dict[str, Any]:
        """The training options that all learners that take them were given."""
        found: dict[str, list[Any]] = {}
        for objective in objectives:
            used = objective.options.identity() | {
                "learning_rate": self.learning_rate or self._default_rate,
                "standardize": objective.is_standardized,
                "optimizer": self.values().get("optimizer"),
            }
            until = used.pop("until", None)
            if until is not None:
                used["patience"] = until["patience"]
            if used["steps"] is not None and used["epochs"] == TrainingOptions().epochs:
                # Steps replace epochs; a file with both would not say which.
                used["epochs"] = None
            for name in options_of(objective.learner):
                found.setdefault(name, []).append(used[name])
        same = {
            name: values[0]
            for name, values in sorted(found.items())
            if values[0] is not None and values.count(values[0]) == len(values)
        }
        # A file without the option is of before presets standardised.
        return same if "standardize" in same or not found else {"standardize": AUTO, **same}

    @property
    def _default_rate(self) -> float | None:
        """The learning rate of Adam; None for an optimizer with its own."""
        return DEFAULT_LEARNING_RATE if self.optimizer in (None, ADAM) else None

    def _load(self) -> Dataset | Rows:
        if isinstance(self.data, Dataset | Rows):
            return self.data
        assert isinstance(self.data, str | Path)
        try:
            return load(self.data, **self.data_options)
        except DataNotFoundError:
            if self.fallback is None:
                raise
            warnings.warn(
                DataworthWarning(
                    f"{self.data} is not on this machine; {self.fallback} is used in its place. "
                    "`dataworth data list` says how to get it.",
                    code="fallback-used",
                ),
                stacklevel=4,
            )
            return load(self.fallback)

    def planned(
        self,
        directory: str | os.PathLike[str],
        goal: Goal | None = None,
        budget: Budget | str | None = None,
    ) -> Study:
        """The study with the goal and the budget that it is run with in a directory; see `run`.

        Raises
        ------
        StudyError
            If there is a budget and no goal.
        """
        if goal is not None:
            return replace(self, goal=goal, budget=budget)
        found = None
        if self.goal is None and self.sizes is None:
            found = goal_in(directory)
        if found is not None:
            there, spent, metric = found
            own = self.metric.name if isinstance(self.metric, Metric) else self.metric
            if there.target is not None and metric is not None and own not in (None, metric):
                raise StudyError(
                    f"{directory}: the plan there is for a target of {metric}, {there.target:g}, "
                    f"and the metric is now {own}. Give a target of it too (--target), or omit the "
                    "metric.",
                    code="options-conflict",
                    option="metric",
                )
            # The target is of the metric that it was given for.
            of = self.metric if there.target is None or own is not None else metric
            limit = spent if budget is None else budget
            return replace(self, goal=there, budget=limit, metric=of)
        return self if budget is None else replace(self, budget=budget)

    def run(
        self,
        out: str | os.PathLike[str] | None = None,
        *,
        goal: Goal | None = None,
        budget: Budget | str | None = None,
        workers: Workers = "auto",
        executor: Cluster | None = None,
        progress: Observer | bool | None = None,
        retry_failed: bool = False,
        observers: Sequence[Observer] = (),
    ) -> Any:  # A union would have to be narrowed by all who have one model.
        """Run what the run directory does not hold yet; return the whole curve.

        With a goal, the runs are chosen for it; see `Goal`. A study without a goal and without
        sizes of its own continues the plan that the directory holds, if it holds one.

        Parameters
        ----------
        out : path, optional
            The run directory; ``runs/NAME`` by default. Runs that it holds are not repeated.
        goal : Goal, optional
            In place of the study's.
        budget : Budget or str, optional
            In place of the study's, as "2h" or "500 runs". With a goal and without a budget, the
            runs are not limited.
        workers : int or "auto"
            Runs side by side, each in a process with its share of the cores; at most one for each
            core. "auto" does the first runs in this process, and the others side by side if they
            take long enough for that, as many as there are cores and as fit into memory; those of
            functions and commands, and those that a plan chooses, one at a time. The figures of
            learners do not depend on it: BLAS and OpenMP compute with one thread in a run, or with
            ``OMP_NUM_THREADS``, and XLA divides its work by the cores of the machine.
        executor : Ray, optional
            A cluster that does the runs, in place of workers: ``dw.Ray("10.0.0.1:6379")``.
        progress : bool or Observer, optional
            Whether to show progress: under the cell in a notebook, else on stderr. By default a
            notebook does and a script does not. An `Observer` is notified instead.
        retry_failed : bool
            Whether to do the runs again that failed before.
        observers : sequence of Observer
            Further observers, such as ``dataworth.observers.JsonLines("log.jsonl")`` and
            ``dataworth.observers.MLflow()``. What one raises becomes a warning.

        Returns
        -------
        Curve, or dict of str to Curve
            The study's metric of all finished runs in the directory; the other metrics as
            ``curve["accuracy"]``. For several models, the curve of each by its name. Runs that
            failed are named in a warning.

        Raises
        ------
        StudyError, DataError
            If the study cannot be run as asked, no run has finished, or the disk is full. Finished
            runs are stored.

        Warns
        -----
        DataworthWarning
            If runs failed, or the curve or its picture could not be written.
        """
        outcome = self.run_in(
            out or Path("runs") / self.name,
            workers,
            progress,
            goal=goal,
            budget=budget,
            executor=executor,
            retry_failed=retry_failed,
            observers=observers,
        )
        if outcome.stopped is not None:
            raise outcome.stopped
        if not outcome.curves:
            raise outcome.error()
        lost = outcome.unwritten
        if lost is not None:
            warnings.warn(DataworthWarning(str(lost), code=lost.code), stacklevel=2)
        if outcome.failed:
            warnings.warn(DataworthWarning(outcome.failures(), code="runs-failed"), stacklevel=2)
        if self.is_of_several_models:
            return dict(outcome.curves)
        return next(iter(outcome.curves.values()))

    def open(
        self,
        out: str | os.PathLike[str] | None = None,
        *,
        goal: Goal | None = None,
        budget: Budget | str | None = None,
        lease: float | str = "1h",
    ) -> Session:
        """Ask for the runs one by one and tell their figures, in place of `run`.

        Parameters
        ----------
        out, goal, budget
            See `run`.
        lease : float or str
            Seconds, or text such as "2h", for which a run is reserved. One that has not ended by
            then is given out again. ``run.report`` extends the lease.

        Returns
        -------
        Session
            With the methods ``ask``, ``tell`` and ``fail``.

        Raises
        ------
        StudyError
            If a model is neither a function nor a command, or the directory holds another study.

        Examples
        --------
        >>> with study.open("runs/mine") as session:  # doctest: +SKIP
        ...     while (run := session.ask()) is not None:
        ...         session.tell(run, {"accuracy": train(run.rows, run.seed)})
        """
        directory = out or Path("runs") / self.name
        return Session(self.planned(directory, goal, budget).resolve(), directory, lease)

    def run_in(
        self,
        directory: str | os.PathLike[str],
        workers: Workers = "auto",
        progress: Observer | bool | None = None,
        *,
        goal: Goal | None = None,
        budget: Budget | str | None = None,
        executor: Cluster | None = None,
        retry_failed: bool = False,
        observers: Sequence[Observer] = (),
    ) -> Outcome:
        """As `run`, with all that the study came to: curve, failed runs and findings."""
        return run_study(
            self.planned(directory, goal, budget).resolve(),
            directory,
            workers,
            progress,
            executor=executor,
            retry_failed=retry_failed,
            observers=observers,
        )


def _say_which_metric(objectives: Mapping[str, LearnerObjective | FunctionObjective]) -> None:
    """Say where the curve is not of the task's first metric, because a model cannot have it."""
    learners = {n: each for n, each in objectives.items() if isinstance(each, LearnerObjective)}
    for name, each in learners.items():
        wanted = each.task.metrics[0]
        if wanted not in each.metrics:
            chosen = next(
                m for m in each.metrics if all(m in other.metrics for other in learners.values())
            )
            warnings.warn(
                DataworthWarning(
                    f"the model {name} predicts labels without probabilities: the curve is "
                    f"of {chosen}, not of {wanted}.",
                    code="metric-chosen",
                ),
                stacklevel=5,
            )
            return


def _say_what_is_assumed(
    objectives: Mapping[str, LearnerObjective | FunctionObjective],
) -> None:
    """Say what a model does with columns that it does not take as they are."""
    for each in objectives.values():
        say = (
            getattr(each.learner, "assumption", None)
            if isinstance(each, LearnerObjective)
            else None
        )
        assumed = None if say is None else say(each.data)
        if assumed is not None:
            warnings.warn(DataworthWarning(assumed, code="columns-as-categories"), stacklevel=5)


def _check_different(identities: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse one model under two names: its runs would be stored as the same runs."""
    seen: dict[str, str] = {}
    for name, values in identities.items():
        identity = json.dumps(values, sort_keys=True)
        if identity in seen:
            raise StudyError(
                f"model: {seen[identity]!r} and {name!r} are the same model. Omit one.",
                code="named-twice",
                option="model",
                value=name,
            )
        seen[identity] = name
