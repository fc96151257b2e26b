"""The conformance suite of observers."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dataworth.findings import Finding
from dataworth.observers.base import Observer
from dataworth.plan.choice import Choice, Stop
from dataworth.records.record import Failure, Record, RunKey
from dataworth.records.store import Store

ObserverCheck = Callable[[Callable[[], Observer]], None]

_KEYS = [
    RunKey("model", size, seed, f"{size:016x}{seed:016x}") for size in (10, 20) for seed in (0, 1)
]


def _record(key: RunKey) -> Record:
    history = {"step": np.array([1.0]), "loss": np.array([0.7])}
    return Record(key, {"loss": 0.5, "accuracy": 0.8}, history=history, seconds=1.5)


def check_a_whole_study(make: Callable[[], Observer]) -> None:
    """All hooks of a study with a failed run can be called in their order."""
    observer = make()
    observer.on_findings([Finding("code", "warning", "data", "A [message].", {"n": 1}, "Do it.")])
    with tempfile.TemporaryDirectory() as folder:
        _check_a_study_in(Path(folder), observer)


def _check_a_study_in(folder: Path, observer: Observer) -> None:
    with Store(folder, write=True) as store:
        store.add(_record(_KEYS[0]))
    observer.on_directory(folder, {"name": "study", "data": "digits", "sizes": (10, 20)})
    observer.on_study_begin(_KEYS, _KEYS[:1], [10, 10, 20, 20])
    for key in _KEYS[1:3]:
        observer.on_step(key, 1, 2, {"loss": 0.7})
        observer.on_step(key, 2, 2, {"loss": 0.5})
        observer.on_record(_record(key))
    observer.on_failure(Record(_KEYS[3], {}, failure=Failure("error", "ValueError: [no] figures")))
    observer.on_findings([])
    observer.on_study_end()


def check_a_study_with_nothing_to_do(make: Callable[[], Observer]) -> None:
    """A study whose runs are all done begins and ends."""
    observer = make()
    observer.on_study_begin(_KEYS, _KEYS, [1, 1, 2, 2])
    observer.on_study_end()


def check_steps_of_unknown_number(make: Callable[[], Observer]) -> None:
    """A model may not know its last step, and may report no figures."""
    observer = make()
    observer.on_study_begin(_KEYS[:1], [], [10])
    observer.on_step(_KEYS[0], 1, None, {})
    observer.on_step(_KEYS[0], 3, None, {"reward": 2.0})
    observer.on_record(Record(_KEYS[0], {"reward": 2.0}))
    observer.on_study_end()


def check_a_planned_study(make: Callable[[], Observer]) -> None:
    """Of a study with a goal, each run is announced when it is chosen."""
    observer = make()
    goal = {"at": 1_000, "within": 0.1}
    with tempfile.TemporaryDirectory() as folder:
        with Store(folder, write=True) as store:
            store.add(_record(_KEYS[0]))
        options = {"name": "study", "data": "digits", "goal": goal, "budget": {"seconds": 60}}
        observer.on_directory(Path(folder), options)
        observer.on_study_begin(_KEYS[:1], _KEYS[:1], [10])
        for key, width in zip(_KEYS[1:3], (math.nan, 0.2), strict=True):
            observer.on_choice(Choice(key, width, width, width / 2, "a [larger] size"))
            observer.on_step(key, 1, 2, {"loss": 0.7})
            observer.on_record(_record(key))
        observer.on_notice("The [model] is given up.")
        observer.on_stop(Stop("met", "The goal is met."))
        observer.on_study_end()


def check_an_interrupted_study(make: Callable[[], Observer]) -> None:
    """A study may end in the middle of a run."""
    observer = make()
    observer.on_study_begin(_KEYS, [], [10, 10, 20, 20])
    observer.on_step(_KEYS[0], 1, 2, {"loss": 0.7})
    observer.on_study_end()


OBSERVER_CHECKS: tuple[ObserverCheck, ...] = (
    check_a_whole_study,
    check_a_study_with_nothing_to_do,
    check_steps_of_unknown_number,
    check_a_planned_study,
    check_an_interrupted_study,
)
