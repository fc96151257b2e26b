"""The time that JAX takes to compile programs in this process."""

from __future__ import annotations

from functools import cache
from typing import Any


class _Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def add(self, event: str, duration_secs: float, **_: Any) -> None:
        """Listen to an event of `jax.monitoring`: tracing, lowering or compiling a function."""
        if event.startswith("/jax/core/compile/"):
            self.seconds += duration_secs


@cache
def _clock() -> _Clock:
    from jax import monitoring

    clock = _Clock()
    monitoring.register_event_duration_secs_listener(clock.add)
    return clock


def compile_seconds() -> float:
    """Seconds that JAX has compiled in this process since this was first called."""
    return _clock().seconds
