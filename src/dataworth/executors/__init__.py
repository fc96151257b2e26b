"""Where runs are done: in this process, or side by side in local processes."""

from dataworth.executors.base import Executor, Pending, RunCheckpoints
from dataworth.executors.in_process import InProcess
from dataworth.executors.processes import LocalProcesses

__all__ = ["Executor", "InProcess", "LocalProcesses", "Pending", "RunCheckpoints"]
