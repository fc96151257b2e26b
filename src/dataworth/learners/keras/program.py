"""The compiled training loop and the compiled forward pass of one network."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dataworth.data.passes import Samples
from dataworth.learners.keras import data_parallel
from dataworth.learners.keras.losses import Loss
from dataworth.learners.keras.network import Network
from dataworth.learners.keras.optimizer import Updates
from dataworth.learners.standardize import Standardization

CHUNK_BYTES = 8 << 20
CHUNK_STEPS = 256
BLOCK_ROWS = 512
_ALIGNMENT = 64
"""Bytes; JAX copies arrays that are not aligned to this."""
# XLA uses vectors of 256 bits by default; Adam's update is faster with the wider ones of some
# processors.
COMPILER_OPTIONS = {"xla_cpu_prefer_vector_width": 512}


class Weights(NamedTuple):
    """The state of training, as arrays of JAX."""

    trainable: list[Any]
    state: list[Any]
    optimizer: Any
    step: Any


class Program:
    """One network's training steps in one compiled loop.

    The loop processes one chunk of batches at a time. The host reads the raw features of a chunk
    while the previous chunk is trained on. So only a few megabytes of the data are in memory twice,
    and one compilation serves subsets of all sizes.

    Parameters
    ----------
    network : Network
    scale : float
        Features are multiplied by this when they are used.
    loss : callable
        See `dataworth.learners.keras.losses`.
    updates : Updates
        How a step changes the weights.
    """

    def __init__(self, network: Network, scale: float, loss: Loss, updates: Updates) -> None:
        import jax

        self._scale = scale
        self._loss, self._updates = loss, updates
        self._apply = _lowered(network)
        self._divisible = data_parallel.is_divisible(network.trainable, network.has_only_seeds)
        self._steps = _compiled(partial(self._run_steps, on_cores=False))
        self._divided: dict[Any, Any] = {}
        self._forward = jax.jit(self._run_forward)

    def epoch(
        self,
        weights: Weights,
        x: Samples,
        y: NDArray[Any],
        order: NDArray[np.int64],
        batch_size: int,
        standardization: Standardization | None = None,
    ) -> tuple[Weights, float]:
        """Train for one epoch on the rows `order` of `x` and `y`; the last batch may be smaller.

        Targets `y` are labels (int64) or values (float32).

        Returns
        -------
        (weights, loss)
            The new weights; the arrays of the given ones are donated and invalid. The loss is the
            mean over samples, before each step.
        """
        import jax

        pending: list[tuple[Any, int]] = []
        read = x.in_order(order)
        for batches, length in _chunks(order, batch_size, _sample_bytes(x.like)):
            count, batch = batches.shape
            weights, steps = self._placed(weights, batch)
            features, targets = _room(x.like, batches, length), _room(y, batches, length)
            read(features[:count].reshape(-1, *x.like.shape[1:]))
            np.take(y, batches, axis=0, out=targets[:count], mode="clip")
            if standardization is not None:
                features = _standardized(features, count, standardization)
            if not self._divisible:
                features = jax.device_put(features, may_alias=True)
            if targets.dtype == np.int64:
                targets = targets.astype(np.int32)
            weights, chunk_losses = steps(weights, features, targets, count)
            # Waiting for the previous chunk bounds the memory and lets this one run.
            if pending:
                pending[-1][0].block_until_ready()
            pending.append((chunk_losses, count * batch))
        if self._divisible:
            weights = data_parallel.on_one(weights)
        total = 0.0
        for chunk_losses, samples in pending:
            batch = batch_size if samples >= batch_size else samples
            total += float(np.asarray(chunk_losses, np.float64).sum()) * batch
        return weights, total / len(order)

    def logits(
        self,
        weights: Weights,
        x: Samples,
        rows: NDArray[np.int64],
        standardization: Standardization | None = None,
    ) -> NDArray[np.float32]:
        """Apply the network to the raw features of some rows, in blocks.

        Returns
        -------
        ndarray of float32, shape (len(rows), outputs)
        """
        blocks = []
        for start in range(0, max(len(rows), 1), BLOCK_ROWS):
            block = x.take(rows[start : start + BLOCK_ROWS])
            if standardization is not None:
                block = standardization(block)
            padding = [(0, BLOCK_ROWS - len(block))] + [(0, 0)] * (block.ndim - 1)
            padded = np.pad(block, padding) if len(block) < BLOCK_ROWS else block
            found = self._forward(weights.trainable, weights.state, padded)
            blocks.append(np.asarray(found)[: len(block)])
        return np.concatenate(blocks)

    def loss(self, outputs: NDArray[np.float32], y: NDArray[Any]) -> float:
        """Mean loss of `outputs`."""
        return float(np.asarray(self._loss(outputs, y), np.float64).mean())

    def fresh_weights(self, network: Network) -> Weights:
        """Copy the weights of `network`, before the first step."""
        import jax.numpy as jnp

        trainable = [jnp.array(value) for value in network.trainable]
        state = [jnp.array(value) for value in network.state]
        return Weights(trainable, state, self._updates.start(trainable), jnp.int32(0))

    def _placed(self, weights: Weights, batch: int) -> tuple[Weights, Any]:
        """Move the weights to the devices of the program for this batch size; return both."""
        over = data_parallel.mesh(batch) if self._divisible else None
        if over is None:
            return (data_parallel.on_one(weights) if self._divisible else weights), self._steps
        if over not in self._divided:
            steps = data_parallel.divided(partial(self._run_steps, on_cores=True), over)
            self._divided[over] = _compiled(steps)
        return data_parallel.on_all(weights, over), self._divided[over]

    def _run_steps(
        self, weights: Weights, x: Any, y: Any, count: Any, on_cores: bool
    ) -> tuple[Weights, Any]:
        import jax
        import jax.numpy as jnp

        def step(index: Any, carry: tuple[Weights, Any]) -> tuple[Weights, Any]:
            now, seen = carry
            state = data_parallel.own_seeds(now.state, now.step) if on_cores else now.state
            (loss, state), gradients = jax.value_and_grad(self._objective, has_aux=True)(
                now.trainable, state, x[index], y[index]
            )
            if on_cores:
                loss, gradients = data_parallel.averaged((loss, gradients))
                # Seeds change with the number of the step; the state shared by the cores does not.
                state = now.state
            trainable, optimizer = self._updates.update(
                now.trainable, now.optimizer, gradients, now.step
            )
            stepped = Weights(trainable, state, optimizer, now.step + 1)
            return stepped, seen.at[index].set(loss)

        done: tuple[Weights, Any] = jax.lax.fori_loop(0, count, step, (weights, jnp.zeros(len(x))))
        return done

    def _objective(
        self, trainable: list[Any], state: list[Any], x: Any, y: Any
    ) -> tuple[Any, list[Any]]:
        logits, state, penalty = self._apply(True, trainable, state, self._scaled(x))
        return self._loss(logits, y).mean() + penalty, state

    def _run_forward(self, trainable: list[Any], state: list[Any], x: Any) -> Any:
        return self._apply(False, trainable, state, self._scaled(x))[0]

    def _scaled(self, x: Any) -> Any:
        import jax.numpy as jnp

        return x.astype(jnp.float32) * self._scale


def _lowered(network: Network) -> Callable[..., Any]:
    """Return `network` as a function of (training, trainable, state, x), with the CPU kernels."""
    import jax

    from dataworth.learners.keras.kernels.lowering import for_cpu

    def apply(training: bool, *arguments: Any) -> Any:
        function = partial(network, training=training)
        return (for_cpu(function) if jax.default_backend() == "cpu" else function)(*arguments)

    return apply


def _compiled(steps: Callable[..., Any]) -> Any:
    import jax

    return jax.jit(steps, donate_argnums=0, compiler_options=COMPILER_OPTIONS)


def _sample_bytes(like: NDArray[Any]) -> int:
    return math.prod(like.shape[1:]) * like.itemsize


def _chunks(
    order: NDArray[np.int64], batch_size: int, sample_bytes: int
) -> Iterator[tuple[NDArray[np.int64], int]]:
    """Split an epoch into (batches, length): row numbers (steps, batch), at most `length` steps.

    All chunks but that of the last, smaller batch have the same length, so one program serves them.
    """
    length = max(1, min(CHUNK_STEPS, CHUNK_BYTES // (batch_size * sample_bytes)))
    full = len(order) // batch_size * batch_size
    batches = order[:full].reshape(-1, batch_size)
    for start in range(0, len(batches), length):
        yield batches[start : start + length], length
    if full < len(order):
        yield order[None, full:], 1


def _standardized(
    features: NDArray[Any], count: int, standardization: Standardization
) -> NDArray[np.float32]:
    """The first `count` batches standardised; float32 features are overwritten."""
    if features.dtype != np.float32:
        features = features.astype(np.float32)
    features[:count] = standardization(features[:count])
    return features


def _room(like: NDArray[Any], batches: NDArray[np.int64], length: int) -> NDArray[Any]:
    """An array for the rows of some batches, of `length` steps, of which the last are unused.

    It is aligned so that JAX on the CPU can use it without another copy.
    """
    shape = (length, *batches.shape[1:], *like.shape[1:])
    size = math.prod(shape) * like.itemsize
    room = np.empty(size + _ALIGNMENT, np.uint8)
    start = -room.ctypes.data % _ALIGNMENT
    return room[start : start + size].view(like.dtype).reshape(shape)
