"""Training over epochs: order of the rows, when to stop, and checkpoints; for any library."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from dataworth.errors import StudyError
from dataworth.learners.base import FitRequest
from dataworth.learners.ending import Ending, best_round, steps_per_epoch
from dataworth.records.run import History, RunContext, State

_Row = Mapping[str, float]
_REFIT = "refit"
_FINAL = "final"


class Trainer(Protocol):
    """One network in training."""

    def prepare(self, order: NDArray[np.int64]) -> None:
        """Begin what a later `train` on the rows `order` needs, where that takes long."""

    def train(self, order: NDArray[np.int64], batch_size: int) -> float:
        """Make a step for each batch of the rows `order`; the last batch may be smaller.

        Returns the mean loss over samples, before each step.
        """

    def loss(self, rows: NDArray[np.int64]) -> float:
        """Mean loss over `rows`, without training."""

    def state(self) -> State:
        """All that training changes, as arrays; may share memory that the next step overwrites."""

    def fits(self, state: State) -> bool:
        """Whether `state` has the arrays of this network."""

    def load(self, state: State) -> None:
        """Resume from a state of this network."""


class Trained(NamedTuple):
    """A trained network, its history, and what is known of the training."""

    trainer: Trainer
    history: History
    facts: Mapping[str, float]


def train(make: Callable[[], Trainer], request: FitRequest, context: RunContext) -> Trained:
    """Train a network for the options of the request, from the last checkpoint on.

    Parameters
    ----------
    make : callable
        Makes the network with the run's initial weights.
    request : FitRequest
    context : RunContext

    Returns
    -------
    Trained
        With ``options.patience``, the weights after the epoch of the lowest validation loss; with
        ``options.until``, the weights of the training on all rows; otherwise those after the last
        epoch. The history has a row per epoch, or per round of a training to the end: steps,
        samples, loss (mean over its samples, before each step), seconds and, where there are
        validation rows, validation_loss. Of a training to the end, ``refit`` is 0 while the
        number of steps is searched for, and 1 in the training on all rows; the facts are
        "best_steps", the steps of the latter, and "stopped_at_ceiling" (0 or 1).

    Raises
    ------
    StudyError
        If there are no rows to train on, or none to validate on where patience needs them.
    """
    _check(request)
    if request.options.until is not None:
        return _to_the_end(make, request, request.options.until, context)
    return _for_a_budget(make(), request, context)


def _for_a_budget(trainer: Trainer, request: FitRequest, context: RunContext) -> Trained:
    options = request.options
    steps = _steps_of_epochs(request)

    def of_epoch(epoch: int) -> NDArray[np.int64]:
        return _order(request, epoch)[: steps[epoch] * options.batch_size]

    history: list[_Row] = []
    best = None if options.patience is None else _copied(trainer.state())
    checkpoint = context.load_checkpoint()
    groups = ("last",) if best is None else ("last", "best")
    # A checkpoint with other arrays, left by another version of a library, is not used.
    if checkpoint is not None and _fits(checkpoint[1], groups, trainer):
        history = _rows(checkpoint[0])
        trainer.load(_group(checkpoint[1], "last"))
        best = None if best is None else _group(checkpoint[1], "best")
    orders = _Orders(trainer, of_epoch, len(steps))
    while len(history) < len(steps) and not _out_of_patience(history, options.patience):
        started = time.perf_counter()
        order = orders.at(len(history))
        loss = trainer.train(order, options.batch_size)
        epoch = {
            "steps": steps[len(history)],
            "samples": len(order),
            "loss": loss,
        }
        if best is not None:
            assert request.validation is not None
            epoch["validation_loss"] = trainer.loss(np.sort(request.validation.rows))
        epoch["seconds"] = time.perf_counter() - started
        history.append(epoch)
        if best is not None and _best(history) == len(history) - 1:
            best = _copied(trainer.state())
        states = {"last": trainer.state()} | ({} if best is None else {"best": best})
        context.save_checkpoint(_Columns(history), _grouped(states))
        context.report(len(history), len(steps), loss=loss)
    if best is not None:
        trainer.load(best)
    return Trained(trainer, dict(_Columns(history)), {})


def _to_the_end(
    make: Callable[[], Trainer], request: FitRequest, until: Ending, context: RunContext
) -> Trained:
    rows, batch = request.train.rows, min(request.options.batch_size, len(request.train.rows))
    if request.validation is None:
        parts = until.parts(request.train.data, rows, request.seed)
    else:
        parts = [(rows, request.validation.rows)]
    ceiling = until.ceiling(len(rows), batch) // until.steps_per_round(len(rows), batch)
    history = _History(until, len(rows), batch, ceiling, is_searched=bool(parts))
    searching = [make() for _ in parts]
    final = None
    checkpoint = context.load_checkpoint()
    if checkpoint is not None and _REFIT in checkpoint[0]:
        before = _rows(checkpoint[0])
        is_final = before[-1][_REFIT] == 1
        groups = (_FINAL,) if is_final else tuple(f"fold{k}" for k in range(len(parts)))
        example = searching[0] if searching else make()
        if _fits(checkpoint[1], groups, example):
            history.rows = before
            trainers = [make()] if is_final else searching
            for group, trainer in zip(groups, trainers, strict=True):
                trainer.load(_group(checkpoint[1], group))
            final = trainers[0] if is_final else None
    of = 2 * ceiling
    # Only what trains alone has its orders one after the other.
    prepared = ceiling if len(parts) == 1 else 0
    orders = [
        _Orders(trainer, _rounds(request, part, history.steps, batch), prepared)
        for trainer, (part, _) in zip(searching, parts, strict=True)
    ]
    while history.searches:
        row = _search(searching, parts, orders, len(history.rows), history.steps, batch)
        history.rows.append(row)
        state = {f"fold{k}": trainer.state() for k, trainer in enumerate(searching)}
        context.save_checkpoint(_Columns(history.rows), _grouped(state))
        context.report(
            len(history.rows), of, loss=row["loss"], validation_loss=row["validation_loss"]
        )
    # The networks of the folds are not needed any more.
    searching.clear()
    orders.clear()
    final = make() if final is None else final
    refits = _Orders(final, _rounds(request, rows, history.steps, batch), history.rounds)
    while history.refits:
        started = time.perf_counter()
        order = refits.at(history.refitted)
        loss = final.train(order, batch)
        history.rows.append(
            {
                "steps": history.steps,
                "samples": len(order),
                "loss": loss,
                "seconds": time.perf_counter() - started,
                "validation_loss": np.nan,
                _REFIT: 1,
            }
        )
        context.save_checkpoint(_Columns(history.rows), _grouped({_FINAL: final.state()}))
        context.report(len(history.rows), of, loss=loss)
    return Trained(final, dict(_Columns(history.rows)), history.facts())


class _History:
    """The rounds of a training to the end, and what is to be done next."""

    def __init__(
        self, until: Ending, samples: int, batch: int, ceiling: int, *, is_searched: bool
    ) -> None:
        self.rows: list[_Row] = []
        self.steps = until.steps_per_round(samples, batch)
        self._until, self._samples, self._batch = until, samples, batch
        self._ceiling = ceiling
        self._is_searched = is_searched

    @property
    def validation(self) -> list[float]:
        """The validation loss of each round of the search."""
        return [row["validation_loss"] for row in self.rows if row[_REFIT] == 0]

    @property
    def refitted(self) -> int:
        """Rounds of the training on all rows that were done."""
        return sum(row[_REFIT] == 1 for row in self.rows)

    @property
    def searches(self) -> bool:
        """Whether the search continues."""
        if not self._is_searched or self.refitted:
            return False
        losses = self.validation
        has_ended = self._until.has_ended(losses, self._samples, self._batch)
        return len(losses) < self._ceiling and not has_ended

    @property
    def rounds(self) -> int:
        """Rounds of the training on all rows; one where nothing can be validated on."""
        return best_round(self.validation) + 1 if self._is_searched else 1

    @property
    def refits(self) -> bool:
        """Whether the training on all rows continues."""
        return self.refitted < self.rounds

    def facts(self) -> dict[str, float]:
        """What is known of the training."""
        losses = self.validation
        reached = len(losses) == self._ceiling
        has_ended = self._until.has_ended(losses, self._samples, self._batch)
        return {
            "best_steps": self.rounds * self.steps,
            "stopped_at_ceiling": float(reached and not has_ended),
        }


def _search(
    trainers: Sequence[Trainer],
    parts: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
    orders: Sequence[_Orders],
    number: int,
    steps: int,
    batch: int,
) -> _Row:
    """One round of all trainings of the search; losses are means over them by their samples."""
    started = time.perf_counter()
    samples, total, validated, missed = 0, 0.0, 0, 0.0
    for trainer, (rows, held), own in zip(trainers, parts, orders, strict=True):
        order = own.at(number)
        total += trainer.train(order, min(batch, len(rows))) * len(order)
        missed += trainer.loss(np.sort(held)) * len(held)
        samples, validated = samples + len(order), validated + len(held)
    return {
        "steps": steps * len(parts),
        "samples": samples,
        "loss": total / samples,
        "seconds": time.perf_counter() - started,
        "validation_loss": missed / validated,
        _REFIT: 0,
    }


class _Orders:
    """The orders of consecutive rounds; the trainer prepares each one a round ahead.

    Parameters
    ----------
    trainer : Trainer
    make : callable
        The order of a round, given its number.
    end : int
        No round from this number on is prepared.
    """

    def __init__(
        self, trainer: Trainer, make: Callable[[int], NDArray[np.int64]], end: int
    ) -> None:
        self._trainer, self._make, self._end = trainer, make, end
        self._prepared: dict[int, NDArray[np.int64]] = {}

    def at(self, number: int) -> NDArray[np.int64]:
        """The order of a round; the next one is prepared."""
        for each in (number, number + 1):
            if each < self._end and each not in self._prepared:
                self._prepared[each] = self._make(each)
                self._trainer.prepare(self._prepared[each])
        order = self._prepared.pop(number, None)
        return self._make(number) if order is None else order


def _rounds(
    request: FitRequest, rows: NDArray[np.int64], steps: int, batch: int
) -> Callable[[int], NDArray[np.int64]]:
    """The orders of the rounds of a training to the end on some rows."""
    count = steps * min(batch, len(rows))
    return lambda number: _endless(rows, request.seed, number, count)


def _endless(rows: NDArray[np.int64], seed: int, number: int, count: int) -> NDArray[np.int64]:
    """The first `count` rows of endless passes over `rows`, each pass in an order of its own."""
    random = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 1, number])))
    passes = -(-count // len(rows))
    return np.concatenate([random.permutation(rows) for _ in range(passes)])[:count]


class _Columns(Mapping[str, NDArray[np.float64]]):
    """A history as columns, each made when it is read.

    A checkpoint is offered after every epoch and stored every few seconds: to make the columns of
    all epochs so often would take a time that grows with their square.
    """

    def __init__(self, history: Sequence[_Row]) -> None:
        self._history = history

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        return np.array([row[name] for row in self._history], np.float64)

    def __iter__(self) -> Iterator[str]:
        return iter(self._history[-1] if self._history else ())

    def __len__(self) -> int:
        return len(self._history[-1]) if self._history else 0


def _rows(history: History) -> list[_Row]:
    columns = {name: column.tolist() for name, column in history.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _check(request: FitRequest) -> None:
    if len(request.train.rows) == 0:
        raise StudyError("there are no rows to train on; the subset is empty.", code="no-rows")
    options = request.options
    if options.until is None and options.patience is not None and not request.validation:
        raise StudyError(
            f"early stopping (patience={options.patience}) needs validation rows, and the "
            f"subset of {len(request.train.rows):,} samples left none; use a larger size, or no "
            "patience.",
            code="size-out-of-range",
        )


def _steps_of_epochs(request: FitRequest) -> list[int]:
    """Number of optimizer steps in every epoch; the last may have fewer."""
    options = request.options
    per_epoch = steps_per_epoch(len(request.train.rows), options.batch_size)
    if options.steps is None:
        return [per_epoch] * options.epochs
    whole, rest = divmod(options.steps, per_epoch)
    return [per_epoch] * whole + [rest] * (rest > 0)


def _order(request: FitRequest, epoch: int) -> NDArray[np.int64]:
    bits = np.random.Philox(np.random.SeedSequence([request.seed, 1, epoch]))
    return np.random.Generator(bits).permutation(request.train.rows)


def _best(history: Sequence[_Row]) -> int:
    return best_round([epoch["validation_loss"] for epoch in history])


def _out_of_patience(history: Sequence[_Row], patience: int | None) -> bool:
    if patience is None or not history:
        return False
    return len(history) - 1 - _best(history) >= patience


def _copied(state: State) -> State:
    """Copies of arrays that the next step would overwrite."""
    return {name: array.copy() for name, array in state.items()}


def _grouped(states: Mapping[str, State]) -> State:
    return {
        f"{group}/{name}": array for group, state in states.items() for name, array in state.items()
    }


def _group(arrays: State, group: str) -> State:
    start = f"{group}/"
    return {name[len(start) :]: each for name, each in arrays.items() if name.startswith(start)}


def _fits(arrays: State, groups: Sequence[str], trainer: Trainer) -> bool:
    """Whether a checkpoint holds a state of the network for each group, and nothing else."""
    found = {name.partition("/")[0] for name in arrays}
    return found == set(groups) and all(trainer.fits(_group(arrays, group)) for group in groups)
