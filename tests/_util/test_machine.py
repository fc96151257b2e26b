"""Cores and memory of a container: by the limits of its cgroups, of both versions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dataworth._util.machine import available_memory, cores, gpus, peak_memory

MANY = 4096
"""More cores than a machine has."""


@pytest.fixture(autouse=True)
def _not_reserved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NPROC", raising=False)


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_without_limits_the_affinity_counts(tmp_path: Path) -> None:
    affine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert cores(tmp_path, tmp_path) == affine
    assert available_memory(tmp_path, tmp_path) is None


def test_a_reservation_replaces_what_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPROC", str(MANY))
    assert cores() == MANY
    monkeypatch.setenv("NPROC", "none")
    assert cores() < MANY


@pytest.mark.parametrize(
    ("quota", "expected"), [("50000 100000", 1), ("150000 100000", 2), ("max 100000", MANY)]
)
def test_quotas_of_version_2(
    quota: str, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(MANY), raising=False)
    write(tmp_path, {"proc/self/cgroup": "0::/a/b\n", "cgroup/a/cpu.max": quota})
    write(tmp_path, {"cgroup/a/b/cpu.max": "max 100000"})
    assert cores(tmp_path / "proc", tmp_path / "cgroup") == expected


def test_quotas_of_version_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(MANY), raising=False)
    write(tmp_path, {"proc/self/cgroup": "4:memory:/x\n3:cpu,cpuacct:/a/b\n0::/\n"})
    write(tmp_path, {"cgroup/cpu/a/cpu.cfs_quota_us": "250000"})
    write(tmp_path, {"cgroup/cpu/a/cpu.cfs_period_us": "100000"})
    assert cores(tmp_path / "proc", tmp_path / "cgroup") == 3
    write(tmp_path, {"cgroup/cpu/a/cpu.cfs_quota_us": "-1"})
    assert cores(tmp_path / "proc", tmp_path / "cgroup") == MANY


def test_the_least_memory_counts_and_caches_are_free(tmp_path: Path) -> None:
    write(tmp_path, {"proc/meminfo": "MemTotal: 9000 kB\nMemAvailable: 8000 kB\n"})
    assert available_memory(tmp_path / "proc", tmp_path / "cgroup") == 8000 * 1024
    write(tmp_path, {"proc/self/cgroup": "0::/a\n", "cgroup/a/memory.max": "5000000"})
    write(tmp_path, {"cgroup/a/memory.current": "3000000"})
    write(tmp_path, {"cgroup/a/memory.stat": "anon 1\ninactive_file 500000\n"})
    assert available_memory(tmp_path / "proc", tmp_path / "cgroup") == 2_500_000
    write(tmp_path, {"cgroup/a/memory.max": "max"})
    assert available_memory(tmp_path / "proc", tmp_path / "cgroup") == 8000 * 1024


def test_memory_of_version_1(tmp_path: Path) -> None:
    write(tmp_path, {"proc/self/cgroup": "4:memory:/x\n0::/\n"})
    write(tmp_path, {"cgroup/memory/x/memory.limit_in_bytes": "1000"})
    write(tmp_path, {"cgroup/memory/x/memory.usage_in_bytes": "1200"})
    write(tmp_path, {"cgroup/memory/x/memory.stat": "total_inactive_file 300\n"})
    assert available_memory(tmp_path / "proc", tmp_path / "cgroup") == 100


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="memory is not listed here")
def test_this_machine_and_this_process() -> None:
    before = peak_memory()
    assert before > 10_000_000
    held = b"x" * (2 * before)
    assert peak_memory() >= 2 * before
    available = available_memory()
    assert available is not None
    assert available > 0
    del held


@pytest.mark.parametrize(
    ("visible", "names"),
    [
        (None, ["0", "1"]),
        ("3, GPU-8932f937", ["3", "GPU-8932f937"]),
        ("1,-1,2", ["1"]),
        ("", []),
        ("-1", []),
    ],
)
def test_gpus_are_those_that_cuda_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, visible: str | None, names: list[str]
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    write(tmp_path, dict.fromkeys(("nvidia0", "nvidia7", "nvidiactl", "nvidia-uvm", "sda"), ""))
    assert gpus(tmp_path) == names
