"""Data parallelism over the cores of the CPU: each core is a device with a share of the batch.

Matrix products use all cores already, but the other operations of convolutions do not. So each core
computes the whole step on its share of the batch, and gradients are averaged.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from dataworth._util.machine import cores

AXIS = "core"


def offer_cores() -> None:
    """Configure JAX with one device per core; has no effect once JAX has been used.

    The number of devices and threads changes the last digits of large products. A worker process
    has those of the process that started it (``NPROC``, which XLA reads too), whatever its share
    of the cores.
    """
    import jax

    os.environ.setdefault("NPROC", str(cores()))
    if "xla_force_host_platform_device_count" in os.environ.get("XLA_FLAGS", ""):
        return
    with contextlib.suppress(RuntimeError):
        jax.config.update("jax_num_cpu_devices", cores())


@cache
def mesh(batch_size: int) -> Any:
    """The largest number of cores that divides a batch evenly, as a mesh; None for one.

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
    """Whether dividing the batch of a network is faster and does not change the result.

    It is faster with convolutions (kernels of four axes). Statistics such as BatchNormalization's
    are of the whole batch, so the network must have no state but seeds: see `own_seeds`.
    """
    return only_seeds and any(len(value.shape) == 4 for value in trainable)


def divided(steps: Callable[..., Any], over: Any) -> Callable[..., Any]:
    """Run `steps(weights, x, y, count)` on each core's share of every batch.

    `x` and `y` have the shape (steps, batch, ...). `steps` must take gradients and losses
    `averaged`, so that the weights stay equal on all cores.
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
    """Average arrays over all cores, inside a `divided` function."""
    import jax

    return jax.lax.pmean(values, AXIS)


def own_seeds(seeds: Sequence[Any], step: Any) -> list[Any]:
    """Derive different seeds for each core and step, inside a `divided` function.

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
    """Copy arrays to the first device."""
    import jax

    return jax.device_put(values, jax.devices()[0])
