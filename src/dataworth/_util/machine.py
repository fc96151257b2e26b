"""Cores, memory and GPUs that this process may use: of the machine, or less in a container."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import takewhile
from pathlib import Path

_PROCESSES = Path("/proc")
_CGROUPS = Path("/sys/fs/cgroup")
_DEVICES = Path("/dev")
_GPUS = ("/dev/nvidia", "/dev/kfd", "/dev/dri")


def cores(processes: Path = _PROCESSES, cgroups: Path = _CGROUPS) -> int:
    """Number of cores by the affinity of this process and the CPU quotas of its cgroups.

    A quota of 2.5 cores counts as 3. ``NPROC``, which a worker process gets from the process that
    started it, is taken instead where it is set.
    """
    reserved = os.environ.get("NPROC", "")
    if reserved.isdecimal() and int(reserved) > 0:
        return int(reserved)
    affine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min([affine or 1, *(math.ceil(each) for each in _quotas(processes, cgroups))]))


def available_memory(processes: Path = _PROCESSES, cgroups: Path = _CGROUPS) -> int | None:
    """Bytes that processes can still take without swapping; None where it is not known.

    The least of the machine's available memory and what the limits of the cgroups leave. File
    caches count as available.
    """
    found = []
    with suppress(OSError):
        for line in (processes / "meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                found.append(int(line.split()[1]) * 1024)
    for folder in _folders("memory", processes, cgroups):
        for most, used, cache in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            limit, usage = _number(folder / most), _number(folder / used)
            if limit is not None and usage is not None:
                found.append(limit - usage + _entry(folder / "memory.stat", cache))
    return max(0, min(found)) if found else None


def peak_memory() -> int:
    """Bytes of memory that this process has held at most, without those of mapped files."""
    # What the system counts for a process may be the peak of the one that started it.
    peak = resident_memory(os.getpid(), "VmHWM")
    if peak:
        return max(peak - resident_memory(os.getpid(), "RssFile"), 0)
    import resource  # not on every system

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def resident_memory(process: int, kind: str = "RssAnon") -> int:
    """Bytes of memory of one kind that a process holds; 0 where it is not known."""
    return _entry(_PROCESSES / str(process) / "status", f"{kind}:") * 1024


def gpus(devices: Path = _DEVICES) -> list[str]:
    """The GPUs of NVIDIA that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        # CUDA numbers those that a container has from 0 on, whatever their numbers on the machine.
        there = [each for each in devices.glob("nvidia*") if each.name[6:].isdecimal()]
        return [str(number) for number in range(len(there))]
    # CUDA ignores whatever comes after the first name that is none.
    names = (name.strip() for name in visible.split(","))
    return list(takewhile(lambda name: name not in ("", "-1"), names))


def uses_gpu() -> bool:
    """Whether this process has opened a GPU; it is known on Linux alone."""
    try:
        names = [os.readlink(each) for each in (_PROCESSES / "self" / "fd").iterdir()]
    except OSError:
        return False
    return any(name.startswith(_GPUS) for name in names)


def _quotas(processes: Path, cgroups: Path) -> Iterator[float]:
    """CPU quotas of the cgroups of this process, in cores."""
    for folder in _folders("cpu", processes, cgroups):
        with suppress(OSError, ValueError):
            quota, period = (folder / "cpu.max").read_text().split()
            if quota != "max":
                yield int(quota) / int(period)
        quota_v1 = _number(folder / "cpu.cfs_quota_us")
        period_v1 = _number(folder / "cpu.cfs_period_us")
        if quota_v1 is not None and quota_v1 > 0 and period_v1:
            yield quota_v1 / period_v1


def _folders(controller: str, processes: Path, cgroups: Path) -> Iterator[Path]:
    """Folders of the cgroup of this process and of those above it, of both versions."""
    try:
        lines = (processes / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, names, path = line.split(":", 2)
        if names and controller not in names.split(","):
            continue
        root = cgroups / names if names and (cgroups / names).is_dir() else cgroups
        root = root if not names or root != cgroups else cgroups / controller
        folder = root / path.lstrip("/")
        yield from [folder, *(each for each in folder.parents if each.is_relative_to(root))]


def _number(path: Path) -> int | None:
    """The whole number in a file; None where there is none, as for "max"."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _entry(path: Path, name: str) -> int:
    """The number beside a name in a file of such lines; 0 where there is none."""
    with suppress(OSError, ValueError):
        for line in path.read_text().splitlines():
            words = line.split()
            if words and words[0] == name:
                return int(words[1])
    return 0


def is_alive(process: int) -> bool:
    """Whether there is a process of this number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
