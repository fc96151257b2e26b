"""The options of a study: their forms, checks, defaults, and values for a study file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self, get_args

import numpy as np
from numpy.typing import NDArray

from dataworth._util import validation as checks
from dataworth._util.words import did_you_mean
from dataworth.data.dataset import Dataset
from dataworth.data.folds import number_of_folds
from dataworth.data.rows import Rows
from dataworth.data.subsets import (
    COUNTS,
    METHODS,
    Count,
    Method,
)
from dataworth.errors import StudyError
from dataworth.learners.base import Learner, TrainingOptions, options_of
from dataworth.learners.command import PREFIX, Command
from dataworth.learners.ending import DEFAULT_PATIENCE, Ending
from dataworth.metrics.metric import Metric
from dataworth.plan.adaptive import size_ladder
from dataworth.plan.budget import Budget
from dataworth.plan.explain import SEEDS_OF_PLAN
from dataworth.plan.goal import Goal
from dataworth.study.by_size import (
    BySize,
    by_size,
    models_by_size,
    sized,
)
from dataworth.study.document import IN_PYTHON
from dataworth.study.variants import Variant

AUTO = "auto"
"""Each model standardises its features as it does by default."""
_PAPER_RATIO = 3
_AUTOMATIC_SIZES = 5
_SEEDS = 3
_LEAST_SIZE, _LEAST_GROUPS, _LEAST_OF_CLASS = 32, 4, 4
"""The smallest size of a plan: samples, groups, and samples of each class."""
_LEAST_QUANTITIES = 10
"""The smallest default size of a regression."""
_LEAST_SPAN = 8
"""The smallest size of a plan is at least so many times smaller than the largest."""
_NUMBERS = ("epochs", "steps", "batch_size", "learning_rate", "patience")
SIZED_OPTIONS = (*_NUMBERS, "optimizer")
_OF_DATA = ("x", "y", "x_test", "y_test", "label", "drop", "features", "groups", "time")
_OF_RUN = ("workers", "out", "progress", "executor", "observers", "retry_failed")
Sized = BySize | Callable[[int], Any] | Mapping[int, Any]
"""A training option that changes with the size."""


class _Named:
    """Refuses options that no study has, in place of Python's TypeError."""

    def __new__(cls, *values: Any, **options: Any) -> Self:
        known = [each.name for each in fields(cls)]  # type: ignore[arg-type]
        unknown = next((name for name in options if name not in known), None)
        if unknown is None:
            return super().__new__(cls)
        if unknown.lower() in _OF_DATA:
            hint = f"It is one of the data: dw.Dataset(..., {unknown.lower()}=...)."
        elif unknown in _OF_RUN:
            hint = f"It is one of run: study.run(..., {unknown}=...)."
        else:
            meant = did_you_mean(unknown, known, str)
            hint = meant.strip() or f"There are {', '.join(known)}."
        raise StudyError(
            f"Study has no option {unknown}. {hint}", code="unknown-option", option=unknown
        )


@dataclass(frozen=True, eq=False)
class StudyOptions(_Named):
    """The options of a study, checked; `Study` describes them."""

    data: str | Path | Dataset | Rows | int
    model: Any = "mlp"
    metric: str | Metric | None = None
    sizes: Sequence[int] | Sequence[float] | None = None
    seeds: int | Sequence[int] | None = None
    epochs: int | Sized | None = None
    steps: int | Sized | None = None
    batch_size: int | Sized | None = None
    learning_rate: float | Sized | None = None
    patience: int | Sized | None = None
    standardize: bool | str | None = None
    optimizer: Any = None
    subset: Method = "nested"
    held_out: float | int | Sequence[int] | NDArray[np.integer[Any]] | None = None
    validation: Sequence[int] | NDArray[np.integer[Any]] | None = None
    subset_seed: int | None = None
    model_seed: int | None = None
    cv: Any = None
    count: Count = "rows"
    at_least: int | None = None
    variant: Variant | None = None
    name: str = "study"
    time_limit: float | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    data_options: Mapping[str, Any] = field(default_factory=dict)
    fit_params: Mapping[str, Any] = field(default_factory=dict)
    scoring: Any = None
    task: Any = None
    fallback: str | None = None
    goal: Goal | None = None
    budget: Budget | str | None = None

    def __repr__(self) -> str:
        defaults = {each.name: each.default for each in fields(self)}
        shown = [
            f"{name}={value!r}"
            for name, value in vars(self).items()
            if not (value is None or _is_same_text(value, defaults[name]) or _is_empty(value))
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    def __post_init__(self) -> None:
        if isinstance(self.data, int) and not isinstance(self.data, bool):
            object.__setattr__(self, "data", Rows(self.data))
        if not isinstance(self.data, str | Path | Dataset | Rows) or self.data == "":
            raise StudyError(
                f"data = {self.data!r}: expected a name, a path, a Dataset or a number of rows; "
                "arrays become one by Dataset(x, y).",
                code="wrong-type",
                option="data",
            )
        for option, value in self._checked().items():
            object.__setattr__(self, option, value)
        if self.task is not None:
            self._give_the_data_their_task()
        if self.subset not in METHODS:
            allowed = ", ".join(get_args(Method))
            raise StudyError(
                f"subset = {self.subset!r}: expected one of {allowed}.", code="unknown-choice"
            )
        if self.count not in COUNTS:
            raise StudyError(
                f"count = {self.count!r}: expected one of {', '.join(COUNTS)}.",
                code="unknown-choice",
            )
        if self.cv is not None and self.held_out is not None:
            raise StudyError(
                f"held_out = {self.held_out!r} and cv = {self.cv!r}: rows are held out by one of "
                "them. Omit one.",
                code="options-conflict",
            )
        if self.at_least is not None and self.count == "groups":
            raise StudyError(
                f'at_least = {self.at_least} holds of rows, and count = "groups". Omit one.',
                code="options-conflict",
            )
        if self.variant is not None and not hasattr(self.variant, "objective"):
            raise StudyError(
                f"variant = {self.variant!r}: expected a variant, such as "
                "dataworth.reproductions.emnist_paper.Mistakes.",
                code="wrong-type",
                option="variant",
            )
        self._check_seeds()
        if self.budget is not None and self.goal is None:
            raise StudyError(
                "budget: it is for a plan, which needs a goal: goal=dw.Goal(at=SIZE), --at SIZE.",
                code="option-missing",
                option="goal",
            )
        if self.metric is not None and not isinstance(self.metric, str | Metric):
            raise StudyError(
                f"metric = {self.metric!r}: expected a name or a dataworth.Metric.",
                code="wrong-type",
                option="metric",
            )

    def _give_the_data_their_task(self) -> None:
        """Pass the task on to `dataworth.load`; check that of data that are loaded already."""
        task = self.task
        object.__setattr__(self, "task", None)
        if isinstance(self.data, str | Path):
            object.__setattr__(self, "data_options", {**self.data_options, "task": task})
            return
        kind = getattr(task, "kind", task)
        own = self.data.task.kind if isinstance(self.data, Dataset) else None
        if own != kind:
            said = "have no task" if own is None else f"have the task {own}"
            raise StudyError(
                f"task = {kind!r}: the data {said}. Give the task to the data: "
                f"dw.Dataset(..., task={kind!r}).",
                code="options-conflict",
                option="task",
            )

    def _seeds(self) -> tuple[int, ...]:
        """The seeds that runs can have; a study of folds has one for each."""
        if self.seeds is not None:
            assert isinstance(self.seeds, tuple)
            return self.seeds
        folds = None if self.cv is None else number_of_folds(self.cv)
        return tuple(range(folds or (_SEEDS if self.goal is None else SEEDS_OF_PLAN)))

    def _check_seeds(self) -> None:
        seeds = self._seeds()
        if self.subset_seed is not None and self.model_seed is not None and len(seeds) > 1:
            raise StudyError(
                f"subset_seed = {self.subset_seed} and model_seed = {self.model_seed}: the runs of "
                f"{len(seeds)} seeds would be the same. Omit one, or give one seed.",
                code="options-conflict",
            )

    def _checked(self) -> dict[str, Any]:
        """Options that may be given in several forms, in the one that is used."""
        checked: dict[str, Any] = {
            "name": checks.check_folder_name("name", self.name),
            "parameters": checks.check_mapping("parameters", self.parameters),
            "data_options": checks.check_mapping("data_options", self.data_options),
            "fit_params": checks.check_mapping("fit_params", self.fit_params),
        }
        if self.sizes is not None:
            checked["sizes"] = _sizes(self.sizes)
        if self.seeds is not None:
            checked["seeds"] = checks.check_count_or_ints("seeds", self.seeds)
        if self.goal is not None and not isinstance(self.goal, Goal):
            checked["goal"] = Goal.from_dict(self.goal)
        if self.budget is not None:
            checked["budget"] = Budget.from_dict(self.budget)
        whole = ("epochs", "steps", "batch_size", "patience", "at_least")
        check: dict[str, Callable[[str, Any], float]] = {
            **dict.fromkeys(whole, checks.check_int),
            **dict.fromkeys(("learning_rate", "time_limit"), checks.check_positive),
        }
        for option, checked_number in check.items():
            value = getattr(self, option)
            if option in _NUMBERS:
                _refuse_schedule(option, value)
                value = by_size(value)
            if value is not None:
                is_sized = isinstance(value, BySize)
                checked[option] = value if is_sized else checked_number(option, value)
        for option in ("subset_seed", "model_seed"):
            if getattr(self, option) is not None:
                checked[option] = checks.check_int(option, getattr(self, option), least=0)
        if self.validation is not None:
            checked["validation"] = checks.check_ints("validation", self.validation, least=0)
        if self.standardize == AUTO:
            checked["standardize"] = None
        elif self.standardize is not None and not isinstance(self.standardize, bool):
            raise StudyError(
                f'standardize = {self.standardize!r}: expected true, false or "{AUTO}".',
                code="wrong-type",
                option="standardize",
                value=self.standardize,
            )
        if isinstance(self.held_out, np.ndarray | list | tuple):
            checked["held_out"] = checks.check_ints("held_out", self.held_out, least=0)
            return checked | self._checked_fallback()
        scores_itself = self.held_out == 0 and isinstance(self.data, Rows)
        if self.held_out is not None and (not scores_itself or self.held_out is False):
            checked["held_out"] = checks.check_share_or_count("held_out", self.held_out)
        return checked | self._checked_fallback()

    def _checked_fallback(self) -> dict[str, Any]:
        if self.fallback is None:
            return {}
        return {"fallback": checks.check_text("fallback", self.fallback)}

    def training_options(self, learner: Learner) -> TrainingOptions:
        """How long each run of a learner trains, with the defaults of what is not given."""
        taken = options_of(learner)
        given: dict[str, Any] = {
            option: getattr(self, option)
            for option in ("epochs", "steps", "batch_size", "patience")
            if getattr(self, option) is not None and option in taken
        }
        own: Mapping[str, int] = getattr(learner, "own_options", {})
        for option in own:
            if given.get(option, own[option]) != own[option]:
                raise StudyError(
                    f"{option} = {given[option]!r}: the model {learner.name!r} was given "
                    f"{option}={own[option]!r}. Give the option once.",
                    code="options-conflict",
                )
        given = {**own, **given}
        fixed = "epochs" in given or "steps" in given
        if fixed or not getattr(learner, "trains_to_the_end", False):
            return TrainingOptions(**given)
        patience = given.pop("patience", DEFAULT_PATIENCE)
        return TrainingOptions(**given, until=Ending(patience=patience))

    def _least_default(self, data: Dataset | Rows) -> int:
        """The least size that is chosen without being asked: what a model can learn from at all."""
        if not isinstance(data, Dataset):
            return 1
        if self.count == "groups":
            return _LEAST_GROUPS
        return _LEAST_QUANTITIES if data.strata is None else len(np.unique(data.strata))

    def _ladder(self, data: Dataset | Rows, pool: NDArray[np.int64], rows: int) -> tuple[int, ...]:
        """The sizes of a plan: from a few samples of each class on, up to all rows."""
        least, strata = _LEAST_GROUPS if self.count == "groups" else _LEAST_SIZE, data.strata
        if strata is not None and self.count == "rows":
            counts = np.bincount(strata[pool])
            of_each = max(_LEAST_OF_CLASS, self.at_least or 0)
            least = max(least, int(np.minimum(counts, of_each).sum()))
        return tuple(size_ladder(min(least, max(1, rows // _LEAST_SPAN)), rows))

    def sizes_for(self, rows: int, least: int = 1) -> tuple[int, ...]:
        """The sizes given, or five of a factor 3 up to `rows`, of a smaller one from `least` on.

        Raises
        ------
        StudyError
            If a size exceeds `rows`, the number of samples (or groups) that may be trained on.
        """
        if self.sizes is None:
            steps = range(_AUTOMATIC_SIZES - 1, -1, -1)
            if max(1, rows // _PAPER_RATIO ** steps[0]) < least <= rows // 2:
                spread = np.geomspace(least, rows, len(steps)).round().astype(int)
                return tuple(sorted(set(spread.tolist())))
            return tuple(sorted({max(1, rows // _PAPER_RATIO**step) for step in steps}))
        if isinstance(self.sizes[0], float):
            return tuple(sorted({max(1, round(share * rows)) for share in self.sizes}))
        if max(self.sizes) > rows:
            what = "samples" if self.count == "rows" else "groups"
            raise StudyError(
                f"sizes: {max(self.sizes):,} was given and {rows:,} {what} may be trained on. "
                "Use smaller sizes, more data, or a smaller held_out.",
                code="size-out-of-range",
            )
        return tuple(int(size) for size in self.sizes)

    def values(self) -> dict[str, Any]:
        """The options that are set, as values for a study file; objects as a note."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        if isinstance(self.data, Rows):
            values["data"] = len(self.data) if self.data.strata is None else IN_PYTHON
        elif isinstance(self.data, Dataset):
            values["data"] = IN_PYTHON
        values["model"] = _in_file(self.model)
        if self.cv is not None and not isinstance(self.cv, int):
            values["cv"] = IN_PYTHON
        for option in self._sized():
            if option != "model":
                values["parameters" if option not in SIZED_OPTIONS else option] = IN_PYTHON
        if self.count == "rows":
            del values["count"]
        if self.fit_params:
            values["fit_params"] = IN_PYTHON
        if self.scoring is not None:
            values["scoring"] = _scoring_in_file(self.scoring)
        if isinstance(self.metric, Metric):
            values["metric"] = self.metric.name
        for name in ("goal", "budget"):
            if isinstance(values[name], Goal | Budget):
                values[name] = values[name].to_dict()
        if not isinstance(self.optimizer, str | None):
            values["optimizer"] = IN_PYTHON
        if values.pop("variant") is not None and self.variant is not None:
            values[self.variant.section] = dict(self.variant.to_dict())
        return {name: value for name, value in values.items() if value is not None and value != {}}

    def _is(self, option: str) -> bool:
        """Whether a training option changes with the size."""
        return isinstance(getattr(self, option), BySize)

    def _sized(self) -> dict[str, BySize]:
        """All options that change with the size, by name."""
        options = {name: getattr(self, name) for name in SIZED_OPTIONS if self._is(name)}
        models = models_by_size(self.model)
        return {
            **options,
            **sized(self.parameters),
            **({"model": models[0]} if models else {}),
        }

    @property
    def is_of_several_models(self) -> bool:
        """Whether `model` is a sequence or a mapping of models."""
        return isinstance(self.model, list | tuple | Mapping)


def _sizes(given: Any) -> tuple[int, ...] | tuple[float, ...]:
    """Numbers of samples, or shares above 0 and up to 1, rising."""
    values = checks.as_list(given)
    if not any(isinstance(each, float | np.floating) for each in values):
        return checks.check_ints("sizes", given, least=1)
    if not all(isinstance(each, float | np.floating) and 0 < each <= 1 for each in values):
        raise StudyError(
            f"sizes = {values}: expected whole numbers of samples, or shares above 0 and up to "
            "1.0, such as [0.1, 0.5, 1.0].",
            code="value-out-of-range",
            option="sizes",
            value=values,
        )
    return tuple(sorted({float(each) for each in values}))


def _refuse_schedule(option: str, value: Any) -> None:
    """Refuse a schedule of Keras, which is called with a step and not with a size."""
    if hasattr(value, "get_config"):
        kind = type(value).__name__
        raise StudyError(
            f"{option} is a {kind}: give it to an optimizer, as "
            f"optimizer=keras.optimizers.Adam({kind}(...)).",
            code="wrong-type",
            option=option,
        )


def _scoring_in_file(scoring: Any) -> Any:
    """Scorers as a study file names them; a note for callables."""
    if callable(scoring):
        return IN_PYTHON
    each = scoring.values() if isinstance(scoring, Mapping) else scoring
    if isinstance(scoring, str) or all(isinstance(name, str) for name in each):
        return scoring if isinstance(scoring, str | Mapping) else list(scoring)
    return IN_PYTHON


def _in_file(model: Any) -> Any:
    """A model, or several, as a study file names them; a note for Python objects."""
    if isinstance(model, Mapping):
        texts = {name: _in_file(each) for name, each in model.items()}
        return IN_PYTHON if IN_PYTHON in texts.values() else texts
    if isinstance(model, list | tuple):
        each_text = [_in_file(each) for each in model]
        return IN_PYTHON if IN_PYTHON in each_text else each_text
    if isinstance(model, Command):
        return PREFIX + model.command
    return model if isinstance(model, str | Path) else IN_PYTHON


def _is_same_text(value: Any, other: Any) -> bool:
    return isinstance(value, str) and value == other


def _is_empty(value: Any) -> bool:
    return isinstance(value, Mapping) and not value
