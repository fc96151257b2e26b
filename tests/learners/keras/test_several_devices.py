"""A run computes on one device, with the same figures however many there are."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
import hashlib, jax, numpy as np
import dataworth as dw
from dataworth.data.base import View
from dataworth.learners import FitRequest, TrainingOptions, resolve
from dataworth.testing.contexts import MemoryContext

random = np.random.default_rng(0)
data = dw.Dataset(random.integers(0, 256, (300, 8, 8), np.uint8), np.arange(300) % 3)
options = TrainingOptions(epochs=2, batch_size=32)
request = FitRequest(View(data, np.arange(200)), data.task, 1, options=options)
predictor = resolve("mlp:16").fit(request, MemoryContext())
found = predictor.predict(data.x)
devices = {device for each in predictor._weights.trainable for device in each.devices()}
print(len(jax.devices()), len(devices), hashlib.sha256(found.tobytes()).hexdigest())
"""


def trained_on(devices: int) -> list[str]:
    """How many devices there are, on how many the weights lie, and a hash of the predictions."""
    flags = f"--xla_force_host_platform_device_count={devices}"
    environment = os.environ | {"XLA_FLAGS": flags, "NPROC": "2"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, stdout=subprocess.PIPE, check=True
    )
    return done.stdout.decode().split()


@pytest.mark.slow
def test_the_same_figures_on_one_of_several_devices() -> None:
    count, used, alone = trained_on(1)
    assert (count, used) == ("1", "1")
    assert trained_on(3) == ["3", "1", alone]
