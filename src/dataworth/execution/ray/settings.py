"""`Ray`: which cluster does the runs of a study, and what a run needs of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataworth._util.extras import require
from dataworth._util.validation import check_int
from dataworth.errors import StudyError
from dataworth.execution.base import CheckpointStore, Executor, Objective, StepListener
from dataworth.execution.ray.cluster import LOCAL, Resources


@dataclass(frozen=True)
class Ray:
    """Do the runs of a study on a Ray cluster: ``study.run(executor=dw.Ray(...))``.

    Each run is a task of Ray with the resources given here. The data and the model are put into the
    cluster once; processes of a node share them without copies. A run whose node or process is
    lost is done again, from its checkpoint if it has one. The process of the study alone writes
    the results. Every node needs the same Python and the same packages as this process.

    Parameters
    ----------
    address : str
        "local" starts a cluster on this machine for the time of the study; "auto" is the cluster
        that this machine belongs to; else an address such as "10.0.0.1:6379" or
        "ray://head:10001". A connection that the process has already is used, and not closed.
    cores : float
        Cores that a run takes.
    gpus : float
        GPUs that a run takes; 0.5 lets two runs share one.
    memory : int, optional
        Bytes of memory that a run takes; Ray places as many runs on a node as fit.
    retries : int
        How often a run is done again whose node or process was lost.
    runs : int, optional
        Runs at the same time; by default as many as the resources of the cluster allow. A cluster
        that grows by demand needs the number for which it is to grow.
    shared : path, optional
        A folder that all nodes see under this path. The data are then laid out there once, and
        mapped into memory by the runs, in place of the object store.
    runtime_env : mapping, optional
        Passed to Ray for the runs, as ``{"working_dir": ".", "pip": ["lightgbm"]}``.

    Raises
    ------
    StudyError
        If a value is out of range.
    """

    address: str = LOCAL
    cores: float = 1
    gpus: float = 0
    memory: int | None = None
    retries: int = 3
    runs: int | None = None
    shared: str | Path | None = None
    runtime_env: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, least in (("cores", 0), ("gpus", 0)):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not least <= value < 1e6:
                raise StudyError(
                    f"{name} = {value!r}: expected a number of at least {least}.",
                    code="value-out-of-range",
                    option=name,
                    value=value,
                )
        check_int("retries", self.retries, 0)
        for name in ("memory", "runs"):
            if getattr(self, name) is not None:
                check_int(name, getattr(self, name))

    def executor(
        self,
        objective: Objective,
        checkpoints: CheckpointStore,
        on_step: StepListener,
        folder: Path,
        time_limit: float | None = None,
    ) -> Executor:
        """Connect to the cluster, and make the executor of a study.

        Parameters
        ----------
        objective : callable
        checkpoints : CheckpointStore
        on_step : callable
        folder : Path
            Each run has a folder of its own in it; on a node that does not see it, a temporary one.
        time_limit : float, optional
            Seconds that a run may take.

        Raises
        ------
        MissingDependencyError
            If Ray is not installed.
        StudyError
            If the cluster cannot be reached or has no node for a run, or the model cannot be sent.
        """
        require("ray", "Runs on a cluster")
        from dataworth.execution.ray.executor import RayExecutor

        resources = Resources(self.cores, self.gpus, self.memory, self.runs, self.runtime_env)
        return RayExecutor(
            objective,
            checkpoints,
            on_step,
            folder,
            time_limit,
            address=self.address,
            resources=resources,
            retries=self.retries,
            shared=None if self.shared is None else Path(self.shared),
        )
