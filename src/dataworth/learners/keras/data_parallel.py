"""Cores: one step's batch divided among the processor's cores, as among devices.

Matrix products use all cores by themselves, but what convolutions need between them does not: each
core then does its share of the batch from end to end, and gradients are averaged.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

AXIS = "core"


def offer_cores() -> None:
    """Let JAX see each core as a device; has no effect once JAX has been used."""
    import jax

    if "xla_force_host_platform_device_count" in os.environ.get("XLA_FLAGS", ""):
        return
    with contextlib.suppress(RuntimeError):
        jax.config.update("jax_num_cpu_devices", _available())


@cache
def mesh(batch_size: int) -> Any:
    """The most cores among which a batch can be divided evenly, as a mesh; None for one.

    Returns
    -------
    jax.sharding.Mesh or None
    """
    import jax
    import numpy as np

    devices = jax.devices() if jax.default_backend() == "cpu" else []
    shares = max((n for n in range(1, len(devices) + 1) if batch_size % n == 0), default=1)
    return None if shares == 1 else jax.sharding.Mesh(np.array(devices[:shares]), (AXIS,))


def is_divisible(trainable: Sequence[Any], only_seeds: bool) -> bool:
    """Whether dividing a network's batch pays and leaves what is learnt from it the same.

    It pays with convolutions (kernels of four axes). Statistics such as those of BatchNormalization
    are of the whole batch, so that a network may have no state but seeds: see `own_seeds`.
    """
    return only_seeds and any(len(value.shape) == 4 for value in trainable)


def divided(steps: Callable[..., Any], over: Any) -> Callable[..., Any]:
    """Run `steps(weights, x, y, count)` on each core's share of every batch.

    `x` and `y` have the shape (steps, batch, ...). `steps` must take gradients and losses
    `averaged`, so that weights stay the same on all cores.
    """
    import jax

    shared, cut = jax.sharding.PartitionSpec(), jax.sharding.PartitionSpec(None, AXIS)
    program: Callable[..., Any] = jax.shard_map(
        steps,
        mesh=over,
        in_specs=(shared, cut, cut, shared),
        out_specs=(shared, shared),
        check_vma=False,
    )
    return program


def averaged(values: Any) -> Any:
    """The mean of arrays over all cores, within what is `divided`."""
    import jax

    return jax.lax.pmean(values, AXIS)


def own_seeds(seeds: Sequence[Any], step: Any) -> list[Any]:
    """Make each core's own seeds for a step, within what is `divided`.

    With the same seeds, Dropout would drop the same units in all shares of the batch.
    """
    import jax

    core = jax.lax.axis_index(AXIS)
    return [jax.random.fold_in(jax.random.fold_in(seed, step), core) for seed in seeds]


def on_all(values: Any, over: Any) -> Any:
    """Copy arrays to all cores of a mesh."""
    import jax

    return jax.device_put(values, jax.sharding.NamedSharding(over, jax.sharding.PartitionSpec()))


def on_one(values: Any) -> Any:
    """Bring arrays back to the first device."""
    import jax

    return jax.device_put(values, jax.devices()[0])


def _available() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
