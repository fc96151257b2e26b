"""Losses of a batch of logits, in nats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dataworth.errors import StudyError

CLIP = 1e-7


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


def named(name: str) -> Callable[[Any, Any], Any]:
    """Return the loss that `name` stands for.

    Raises
    ------
    StudyError
        If there is no such loss.
    """
    choices = {"crossentropy": crossentropy, "clipped": clipped}
    if name not in choices:
        raise StudyError(f'loss "{name}" is not known; choose one of {", ".join(choices)}.')
    return choices[name]
