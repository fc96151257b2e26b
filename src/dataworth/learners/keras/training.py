"""Training over epochs: order of the rows, early stopping and checkpoints."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataworth.data.dataset import Dataset
from dataworth.errors import StudyError
from dataworth.learners.base import FitRequest
from dataworth.learners.keras.program import Program, Weights
from dataworth.records.run import History, RunContext, State

_Epoch = Mapping[str, float]


def train(
    program: Program, weights: Weights, request: FitRequest, context: RunContext
) -> tuple[Weights, History]:
    """Train `weights` for the options of the request, from the last checkpoint on.

    Returns
    -------
    (weights, history)
        With ``options.patience``, the weights after the epoch of the lowest validation loss;
        otherwise those after the last epoch. The history has a row per epoch: steps, samples, loss
        (mean over the epoch's samples, before each step), seconds and, with patience,
        validation_loss.

    Raises
    ------
    StudyError
        If there are no rows to train on, or none to validate on where patience needs them.
    """
    _check(request)
    data, options = samples_of(request), request.options
    steps = _steps_per_epoch(request)
    history: list[_Epoch] = []
    best = weights if options.patience is not None else None
    checkpoint = context.load_checkpoint()
    # A checkpoint with other arrays, left by another version of a library, is not used.
    if checkpoint is not None and _layout(checkpoint[1]) == _layout(_flat(weights, best)):
        history = _rows(checkpoint[0])
        weights = _restored(weights, checkpoint[1], "last")
        best = None if best is None else _restored(weights, checkpoint[1], "best")
    while len(history) < len(steps) and not _out_of_patience(history, options.patience):
        started = time.perf_counter()
        order = _order(request, len(history))[: steps[len(history)] * options.batch_size]
        weights, loss = program.epoch(weights, data.x, data.y, order, options.batch_size)
        epoch = {
            "steps": steps[len(history)],
            "samples": len(order),
            "loss": loss,
            "seconds": time.perf_counter() - started,
        }
        if best is not None:
            epoch["validation_loss"] = _validation_loss(program, weights, request)
        history.append(epoch)
        if best is not None and _best(history) == len(history) - 1:
            best = _copied(weights)
        context.save_checkpoint(_columns(history), _flat(weights, best))
        context.report(len(history), len(steps), loss=loss)
    return weights if best is None else best, _columns(history)


def samples_of(request: FitRequest) -> Dataset:
    """The data set whose rows are trained on: the program picks batches out of its arrays."""
    assert isinstance(request.train.data, Dataset), "row numbers alone are refused before any run"
    return request.train.data


def _columns(history: Sequence[_Epoch]) -> History:
    names = history[-1] if history else ()
    return {name: np.array([epoch[name] for epoch in history], np.float64) for name in names}


def _rows(history: History) -> list[_Epoch]:
    columns = {name: column.tolist() for name, column in history.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _check(request: FitRequest) -> None:
    if len(request.train.rows) == 0:
        raise StudyError("there are no rows to train on; the subset is empty.", code="no-rows")
    if request.options.patience is not None and not request.validation:
        raise StudyError(
            f"early stopping (patience={request.options.patience}) needs validation rows, and the "
            f"subset of {len(request.train.rows):,} samples left none; use a larger size, or no "
            "patience.",
            code="size-too-small",
        )


def _steps_per_epoch(request: FitRequest) -> list[int]:
    """Number of optimizer steps in every epoch; the last may have fewer."""
    options = request.options
    per_epoch = -(-len(request.train.rows) // options.batch_size)
    if options.steps is None:
        return [per_epoch] * options.epochs
    whole, rest = divmod(options.steps, per_epoch)
    return [per_epoch] * whole + [rest] * (rest > 0)


def _order(request: FitRequest, epoch: int) -> NDArray[np.int64]:
    bits = np.random.Philox(np.random.SeedSequence([request.seed, 1, epoch]))
    return np.random.Generator(bits).permutation(request.train.rows)


def _validation_loss(program: Program, weights: Weights, request: FitRequest) -> float:
    assert request.validation is not None
    data, rows = samples_of(request), np.sort(request.validation.rows)
    return program.loss(program.logits(weights, data.x, rows), data.y[rows])


def _best(history: Sequence[_Epoch]) -> int:
    """Index of the first epoch with the lowest validation loss; a NaN is never the lowest."""
    validation = np.array([epoch["validation_loss"] for epoch in history], np.float64)
    return int(np.argmin(np.where(np.isnan(validation), np.inf, validation)))


def _out_of_patience(history: Sequence[_Epoch], patience: int | None) -> bool:
    if patience is None or not history:
        return False
    return len(history) - 1 - _best(history) >= patience


def _copied(weights: Weights) -> Weights:
    """Copy arrays that the next step would overwrite in place (donated buffers)."""
    import jax

    copied: Weights = jax.tree.map(lambda value: value.copy(), weights)
    return copied


def _flat(weights: Weights, best: Weights | None) -> State:
    import jax

    kept = {"last": weights} if best is None else {"last": weights, "best": best}
    return {
        f"{name}/{index}": np.asarray(value)
        for name, tree in kept.items()
        for index, value in enumerate(jax.tree.leaves(tree))
    }


def _layout(arrays: State) -> dict[str, tuple[Any, ...]]:
    return {name: (array.shape, array.dtype) for name, array in arrays.items()}


def _restored(like: Weights, arrays: State, name: str) -> Weights:
    import jax
    import jax.numpy as jnp

    leaves, structure = jax.tree.flatten(like)
    values: list[Any] = [jnp.array(arrays[f"{name}/{index}"]) for index in range(len(leaves))]
    restored: Weights = jax.tree.unflatten(structure, values)
    return restored
