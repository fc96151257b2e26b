"""Compiled programs stored between processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_CHILD = """
import json, os, sys
import jax
from jax import monitoring
from dataworth.learners.keras import stored_programs as stored

found = dict.fromkeys(("hits", "misses"), 0)
def count(event, **_):
    for name in found:
        found[name] += event == f"/jax/compilation_cache/cache_{name}"
monitoring.register_event_listener(count)
stored._LEAST_SECONDS = 0.0
stored.store_programs()
value = jax.jit(lambda x: jax.numpy.sin(x) @ x.T)(jax.numpy.arange(12.0).reshape(3, 4))
stored.publish_programs()
own = [str(path) for path in stored._shelf.values()]
print(json.dumps([found, value.tolist(), own]), flush=True)
if "killed" in sys.argv:
    os.kill(os.getpid(), 9)
"""


def _compile(home: Path, *arguments: str, **settings: str) -> tuple[dict[str, int], Any, list[str]]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("JAX_")}
    environment |= {"XDG_CACHE_HOME": str(home), **settings}
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, *arguments],
        capture_output=True,
        env=environment,
        cwd=home,
        check=False,
    )
    assert "arning" not in done.stderr.decode()
    found, value, own = json.loads(done.stdout)
    return found, value, own


def _programs(home: Path) -> list[Path]:
    return sorted((home / "dataworth" / "programs").glob("*/*-cache.*"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the folder is named by XDG_CACHE_HOME")
def test_programs_are_compiled_once_and_damaged_ones_again(tmp_path: Path) -> None:
    first, value, own = _compile(tmp_path, "killed")
    assert first["misses"] > 0
    assert first["hits"] == 0
    (folder,) = {path.parent for path in _programs(tmp_path)}
    assert folder.stat().st_mode & 0o777 == 0o700
    again, same, _ = _compile(tmp_path)
    assert again["misses"] == 0
    assert again["hits"] == first["misses"]
    assert same == value
    # The folder of the killed process, and that of the one that ended.
    assert own
    assert not list(folder.glob("process-*"))

    damaged = _programs(tmp_path)[0]
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    third, same, _ = _compile(tmp_path)
    assert third["misses"] == 1
    assert same == value
    # A program that was compiled again may have other bytes, and so another name.
    assert not damaged.exists() or damaged.read_bytes() != content

    # What others may write is not loaded, and neither is anything where JAX's cache is off.
    folder.chmod(0o770)
    assert _compile(tmp_path)[2] == []
    folder.chmod(0o700)
    assert _compile(tmp_path, JAX_ENABLE_COMPILATION_CACHE="0")[2] == []


@pytest.mark.skipif(sys.platform != "linux", reason="the folder is named by XDG_CACHE_HOME")
def test_a_folder_that_cannot_be_made_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "dataworth").write_text("a file")
    _, value, own = _compile(tmp_path)
    assert own == []
    assert value
