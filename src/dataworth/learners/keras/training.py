"""Training over epochs: order of the rows, early stopping and checkpoints."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.errors import StudyError
from dataworth.learners.base import Arrays, Checkpoints, Epoch, Task, Watch
from dataworth.learners.keras.program import Program, Weights


def train(
    program: Program,
    weights: Weights,
    task: Task,
    *,
    watch: Watch | None = None,
    checkpoints: Checkpoints | None = None,
) -> tuple[Weights, list[Epoch]]:
    """Train `weights` for the budget of `task`, from the last checkpoint on.

    Returns
    -------
    (weights, history)
        With ``Budget.patience``, the weights after the epoch of the lowest validation loss;
        otherwise those after the last epoch.

    Raises
    ------
    StudyError
        If the task has no rows to train on, or none to validate on where the budget needs them.
    """
    _check(task)
    steps = _steps_per_epoch(task)
    history: list[Epoch] = []
    best = weights if task.budget.patience is not None else None
    saved = checkpoints.load() if checkpoints is not None else None
    # A checkpoint by another library version, with other arrays, is ignored: the run restarts.
    if saved is not None and _layout(saved[1]) == _layout(_flat(weights, best)):
        history = list(saved[0])
        weights = _restored(weights, saved[1], "last")
        best = None if best is None else _restored(weights, saved[1], "best")
    while len(history) < len(steps) and not _out_of_patience(history, task.budget.patience):
        started = time.perf_counter()
        order = _order(task, len(history))[: steps[len(history)] * task.budget.batch_size]
        weights, loss = program.epoch(weights, task.x, task.y, order, task.budget.batch_size)
        epoch = Epoch(
            number=len(history) + 1,
            steps=steps[len(history)],
            samples=len(order),
            loss=loss,
            seconds=time.perf_counter() - started,
            validation_loss=None if best is None else _validation_loss(program, weights, task),
        )
        history.append(epoch)
        if best is not None and _best(history) == len(history) - 1:
            best = _copied(weights)
        if checkpoints is not None:
            checkpoints.save(list(history), _flat(weights, best))
        if watch is not None:
            watch(epoch, len(steps))
    return weights if best is None else best, history


def _check(task: Task) -> None:
    budget = task.budget
    if len(task.rows) == 0:
        raise StudyError("there are no rows to train on; the subset is empty.")
    if budget.patience is not None and len(task.validation_rows) == 0:
        raise StudyError(
            f"early stopping (patience={budget.patience}) needs validation rows, and the subset "
            f"of {len(task.rows):,} samples left none; use a larger size, or no patience."
        )


def _steps_per_epoch(task: Task) -> list[int]:
    """Number of optimizer steps in every epoch of the budget; the last may have fewer."""
    per_epoch = -(-len(task.rows) // task.budget.batch_size)
    if task.budget.steps is None:
        return [per_epoch] * task.budget.epochs
    whole, rest = divmod(task.budget.steps, per_epoch)
    return [per_epoch] * whole + [rest] * (rest > 0)


def _order(task: Task, epoch: int) -> NDArray[np.int64]:
    bits = np.random.Philox(np.random.SeedSequence([task.seed, 1, epoch]))
    return np.random.Generator(bits).permutation(task.rows)


def _validation_loss(program: Program, weights: Weights, task: Task) -> float:
    rows = np.sort(task.validation_rows)
    return program.loss(program.logits(weights, task.x, rows), task.y[rows])


def _best(history: Sequence[Epoch]) -> int:
    """Index of the first epoch with the lowest validation loss; a NaN is never the lowest."""
    validation = np.array([epoch.validation_loss for epoch in history], np.float64)
    return int(np.argmin(np.where(np.isnan(validation), np.inf, validation)))


def _out_of_patience(history: Sequence[Epoch], patience: int | None) -> bool:
    if patience is None or not history:
        return False
    return len(history) - 1 - _best(history) >= patience


def _copied(weights: Weights) -> Weights:
    """Copy arrays that the next step would overwrite in place (donated buffers)."""
    import jax

    copied: Weights = jax.tree.map(lambda value: value.copy(), weights)
    return copied


def _flat(weights: Weights, best: Weights | None) -> Arrays:
    import jax

    kept = {"last": weights} if best is None else {"last": weights, "best": best}
    return {
        f"{name}/{index}": np.asarray(value)
        for name, tree in kept.items()
        for index, value in enumerate(jax.tree.leaves(tree))
    }


def _layout(arrays: Arrays) -> dict[str, tuple[Any, ...]]:
    return {name: (array.shape, array.dtype) for name, array in arrays.items()}


def _restored(like: Weights, arrays: Arrays, name: str) -> Weights:
    import jax
    import jax.numpy as jnp

    leaves, structure = jax.tree.flatten(like)
    values: list[Any] = [jnp.array(arrays[f"{name}/{index}"]) for index in range(len(leaves))]
    restored: Weights = jax.tree.unflatten(structure, values)
    return restored
