"""The objective of `ray_overhead.py`, in a module where other processes find it."""

from __future__ import annotations

import time

from dataworth.records.record import Record, RunKey
from dataworth.records.run import RunContext


class Sleeping:
    """An objective that takes a given time, in which it does nothing."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self, key: RunKey, context: RunContext) -> Record:
        time.sleep(self.seconds)
        return Record(key, {"loss": 1.0 / key.size}, seconds=self.seconds)
