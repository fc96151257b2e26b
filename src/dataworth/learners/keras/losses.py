"""The losses that the compiled loop minimises, of each sample of a batch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from dataworth.errors import StudyError
from dataworth.tasks.base import Task

CLIP = 1e-7
CROSSENTROPY = "crossentropy"
Loss = Callable[[Any, Any], Any]
"""Called with the outputs (batch, columns) and the targets (batch,); returns (batch,)."""


def crossentropy(logits: Any, y: Any) -> Any:
    """Softmax cross-entropy from float32 logits (batch, classes) and labels (batch,)."""
    import jax

    chosen = (logits * jax.nn.one_hot(y, logits.shape[-1], dtype=logits.dtype)).sum(axis=-1)
    return jax.nn.logsumexp(logits, axis=-1) - chosen


def clipped(logits: Any, y: Any) -> Any:
    """Cross-entropy of clipped probabilities, as Keras' ``categorical_crossentropy``.

    No sample's loss can fall below ``-log(1 - 1e-7)``, which is 1.1920929e-07 in float32.
    """
    import jax
    import jax.numpy as jnp

    chosen = jax.nn.one_hot(y, logits.shape[-1], dtype=logits.dtype)
    probabilities = jnp.clip(jax.nn.softmax(logits, axis=-1), CLIP, 1 - CLIP)
    return -(chosen * jnp.log(probabilities)).sum(axis=-1)


def squared_error(values: Any, y: Any) -> Any:
    """Squared error of one column of values."""
    return (values[:, 0] - y) ** 2


def pinball(levels: tuple[float, ...], values: Any, y: Any) -> Any:
    """Mean pinball loss over columns of quantiles (Koenker and Bassett 1978)."""
    import jax.numpy as jnp

    level = jnp.array(levels, jnp.float32)
    over = y[:, None] - values
    return jnp.maximum(level * over, (level - 1) * over).mean(axis=-1)


def loss_of(task: Task, name: str) -> Loss:
    """The loss of a task: of classes the one with this name, of values by what is predicted.

    Raises
    ------
    StudyError
        If there is no such loss.
    """
    choices = {CROSSENTROPY: crossentropy, "clipped": clipped}
    if name not in choices:
        raise StudyError(
            f'loss "{name}" is not known; choose one of {", ".join(choices)}.',
            code="unknown-choice",
        )
    if task.kind != "regression":
        return choices[name]
    levels = getattr(task, "quantiles", ())
    return partial(pinball, levels) if levels else squared_error
