"""The connection to a Ray cluster, and what the cluster has."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dataworth._util.machine import cores
from dataworth._util.user_code import one_line
from dataworth.errors import StudyError

LOCAL = "local"


@dataclass(frozen=True)
class Resources:
    """What a run takes of a cluster, and how many runs there are at the same time; see `Ray`."""

    cores: float
    gpus: float
    memory: int | None
    runs: int | None
    runtime_env: Mapping[str, Any]


def connect(address: str) -> bool:
    """Connect this process to the cluster; whether it had no connection before.

    Raises
    ------
    StudyError
        If the cluster cannot be reached.
    """
    import ray

    if ray.is_initialized():
        return False
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    if address == LOCAL:
        options |= {"address": LOCAL, "num_cpus": cores(), "include_dashboard": False}
    else:
        options["address"] = address
    with _signals_kept():
        try:
            ray.init(**options)
        except Exception as error:
            raise StudyError(
                f"ray: the cluster {address!r} cannot be reached ({one_line(error)}). "
                'Give the address of its head node, "auto" on a machine that belongs to it, or '
                '"local" for a cluster on this machine.',
                code="cluster-not-reached",
            ) from None
    return True


def runs_at_once(resources: Resources) -> int:
    """How many runs the nodes that are there can do at the same time.

    Raises
    ------
    StudyError
        If no node has what a run takes, and the number of runs is not given.
    """
    import ray

    if resources.runs is not None:
        return resources.runs
    needs = {"CPU": resources.cores, "GPU": resources.gpus, "memory": resources.memory or 0}
    count = 0
    for node in ray.nodes():
        if node["Alive"]:
            has = node["Resources"]
            count += min(
                (int(has.get(name, 0) / need) for name, need in needs.items() if need),
                default=int(has.get("CPU", 0)),
            )
    if count == 0:
        units = {"CPU": "cores", "GPU": "GPUs", "memory": "bytes of memory"}
        asked = ", ".join(f"{need:,} {units[name]}" for name, need in needs.items() if need)
        raise StudyError(
            f"ray: no node of the cluster has what a run takes ({asked}). Ask for less; for a "
            "cluster that grows by demand, give runs=, the number of runs at the same time.",
            code="cluster-too-small",
        )
    return count


def task_options(resources: Resources) -> dict[str, Any]:
    """What Ray is given for the task of a run."""
    options: dict[str, Any] = {
        "num_cpus": resources.cores,
        "num_gpus": resources.gpus,
        # Runs are done again by the executor, which knows their checkpoints.
        "max_retries": 0,
        "scheduling_strategy": "SPREAD",
    }
    if resources.memory is not None:
        options["memory"] = resources.memory
    if resources.runtime_env:
        options["runtime_env"] = dict(resources.runtime_env)
    return options


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Keep the handlers of signals, which Ray replaces."""
    names = [name for name in ("SIGINT", "SIGTERM") if hasattr(signal, name)]
    before = {name: signal.getsignal(getattr(signal, name)) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            # Only the main thread may set handlers; in another one, Ray has set none.
            if handler is not None and threading.current_thread() is threading.main_thread():
                signal.signal(getattr(signal, name), handler)
