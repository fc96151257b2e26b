"""Give changed files to every reader and to the store; count crashes, hangs and memory.

    python benchmarks/faults/fuzz.py [--minutes 10] [--targets csv,store] [--seed 0] [--keep DIR]
        [--corpus DIR]

Each target (`targets.py`) runs in a process of its own and computes for an equal share of the time,
which is that of one core: other programs on the machine take none of it. Where atheris is installed
it chooses the changes by the lines of dataworth that they reach; elsewhere random changes of the
seeds are taken: bytes set, bits flipped, parts cut, repeated and exchanged. Files in the folder
TARGET of the folder --corpus are further seeds. Two targets have values by hypothesis:
"store-values" sets columns of a results file, "study-entries" sets what it says of its study, with
valid checksums, and has it audited, forecast and reported. Readers that dataworth fences (MAT,
Parquet, the headers of images) are called in forks of a process (`forked_fence.py`).

A crash is a process that ends, or any exception that is not an error of dataworth with a code; a
hang takes more than 5 seconds of a core, or does not end; the memory is the peak of the process,
which a limit holds below 4 GB. The exit code is 1 if there was a crash or a hang; their inputs are
in --keep.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from forked_fence import ForkedFence
from target import Target, try_input

from dataworth._util import fence
from dataworth.records.layout import RESULTS_FILE

HANG_SECONDS = 5.0
MEMORY_BYTES = 4 << 30
VALUES, ENTRIES = "store-values", "study-entries"
_BY_HYPOTHESIS = (VALUES, ENTRIES)
_OTHER_ENTRIES = ("asked", "plan", "metric", "class_names", "class_counts", "held_out", "seeds")
_DEAF_SECONDS = 900.0
"""Of the clock, for one input; one that computes is ended by the limit of a core before."""
_LIMIT_SECONDS = 60
"""Of a core, for one input."""
_LOOK_SECONDS = 5.0
_START_SECONDS = 1.0
"""Of a core, at least, for a process that reads no input."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--targets", type=lambda text: text.split(","), default=None)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "fuzz-faults")
    parser.add_argument("--corpus", type=Path, default=None)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=0.0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.keep.mkdir(parents=True, exist_ok=True)
    if options.one:
        Fuzzer(options.one, options.seed, options.seconds, options.keep, options.corpus).run()
        return 0
    from targets import TARGETS

    names = options.targets or [*TARGETS, *_BY_HYPOTHESIS]
    share = 60 * options.minutes / len(names)
    counts: Counter[str] = Counter()
    peak = 0.0
    print("| target | engine | inputs | crashes | hangs over 5 s | peak memory, MB |")
    print("|---|---|---:|---:|---:|---:|")
    for name in names:
        found = _one(name, share, options)
        counts.update({key: found[key] for key in ("inputs", "crashes", "hangs")})
        peak = max(peak, found["peak"])
        print(
            f"| {name} | {found['engine']} | {found['inputs']:,} | {found['crashes']} | "
            f"{found['hangs']} | {found['peak']:.0f} |",
            flush=True,
        )
    print(
        f"| all | | {counts['inputs']:,} | {counts['crashes']} | {counts['hangs']} | {peak:.0f} |"
    )
    return 1 if counts["crashes"] or counts["hangs"] else 0


def _one(name: str, seconds: float, options: argparse.Namespace) -> dict[str, Any]:
    """Fuzz one target; a process that ends or does not answer is started again."""
    total: Counter[str] = Counter()
    peak, engine, seed = 0.0, "", options.seed
    last, state = options.keep / f"{name}.last", options.keep / f"{name}.json"
    while seconds > 1:
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {"TMPDIR": folder}
            command = [sys.executable, __file__, "--one", name, "--seconds", str(seconds)]
            command += ["--seed", str(seed), "--keep", str(options.keep)]
            command += ["--corpus", str(options.corpus)] if options.corpus else []
            with subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
            ) as process:
                is_deaf = _is_deaf(process, last)
        found: dict[str, Any] = (
            json.loads(state.read_text()) if state.is_file() else {"done": False}
        )
        state.unlink(missing_ok=True)
        total.update({key: found.get(key, 0) for key in ("inputs", "crashes", "hangs")})
        peak, engine = max(peak, found.get("peak", 0.0)), found.get("engine", engine)
        seconds -= found.get("seconds", 0.0) + _START_SECONDS
        if not found["done"]:
            kind = "hang" if is_deaf or process.returncode == -signal.SIGXCPU else "crash"
            total["hangs" if kind == "hang" else "crashes"] += 1
            if last.is_file():
                last.rename(options.keep / f"{name}-{seed}-{kind}.bin")
        seed += 1
    return {"peak": peak, "engine": engine, **{k: total[k] for k in ("inputs", "crashes", "hangs")}}


def _is_deaf(process: subprocess.Popen[bytes], last: Path) -> bool:
    """Wait for a process; end one that has begun no input for long, and tell of it."""
    last.unlink(missing_ok=True)
    begun = time.time()
    while True:
        try:
            process.wait(_LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            at = last.stat().st_mtime if last.is_file() else begun
            if time.time() - at > _DEAF_SECONDS:
                process.kill()
                return True
        else:
            return False


class Fuzzer:
    """Fuzzes one target in this process, and keeps its counts in a file."""

    def __init__(
        self, name: str, seed: int, seconds: float, keep: Path, corpus: Path | None
    ) -> None:
        self.name, self.seed, self.keep, self.corpus = name, seed, keep, corpus
        self.seconds = seconds
        self.engine = "random"
        self.counts: Counter[str] = Counter()
        self.places: set[str] = set()
        self.folder = Path(tempfile.mkdtemp())

    def run(self) -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        fence.in_new_process = ForkedFence()
        if self.name in _BY_HYPOTHESIS:
            self._values()
        else:
            try:
                import atheris
            except ImportError:
                self._random()
            else:
                self._guided(atheris)

    def _values(self) -> None:
        from hypothesis import HealthCheck, Phase, given, settings
        from hypothesis import strategies as st
        from study_targets import describe_store, edit_store, old_stores, stored

        from dataworth.records.schema import TABLES
        from dataworth.records.store import Store

        self.engine = "hypothesis"
        plain = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=20)
        nested = st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
            max_leaves=5,
        )
        where: Any
        if self.name == VALUES:
            (content,) = stored()
            where = st.sampled_from(
                [(t, column) for t, names in TABLES.items() for column in names]
            )
            value: st.SearchStrategy[Any] = st.one_of(
                plain, st.binary(max_size=40), nested.map(json.dumps)
            )
        else:
            content = old_stores()[-1]
            (self.folder / RESULTS_FILE).write_bytes(content)
            with Store(self.folder) as store:
                entries = store.meta()
            where = st.sampled_from([*entries, *_OTHER_ENTRIES])
            # Near what is expected, too: one part of an entry is changed.
            value = nested | st.tuples(st.integers(0, 9), nested)

        def use(place: Any, given_value: Any) -> None:
            if self.name == VALUES:
                table, column = place
                edit_store(content, self.folder, table, column, given_value)
                return
            if isinstance(given_value, tuple):
                given_value = _with_a_part(entries.get(place), *given_value)
            describe_store(content, self.folder, {place: given_value})

        @settings(
            max_examples=500,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(where, value)
        def edit(place: Any, given_value: Any) -> None:
            self.once(repr((place, given_value)).encode(), lambda: use(place, given_value))

        while cpu_seconds() < self.seconds:
            edit()
        self.write(done=True)

    def _random(self) -> None:
        from targets import TARGETS

        target, chance = TARGETS[self.name], random.Random(self.seed)
        seeds = self._seeds(target)
        while cpu_seconds() < self.seconds:
            content = changed(chance, seeds)
            self.once(content, partial(try_input, target, content, self.folder))
        self.write(done=True)

    def _guided(self, engine: Any) -> None:
        from importlib import import_module

        self.engine = "atheris"
        with engine.instrument_imports(include=["dataworth"]):
            targets = import_module("targets")
        target = targets.TARGETS[self.name]
        corpus = self.folder / "corpus"
        corpus.mkdir()
        longest = 100_000
        for number, seed in enumerate(self._seeds(target)):
            (corpus / str(number)).write_bytes(seed)
            longest = max(longest, 2 * len(seed))
        inputs = self.folder / "inputs"
        inputs.mkdir()

        def one(content: bytes) -> None:
            self.once(content, partial(try_input, target, content, inputs))
            if cpu_seconds() >= self.seconds:
                self.write(done=True)
                os._exit(0)

        arguments = [sys.argv[0], str(corpus), f"-seed={self.seed + 1}", f"-max_len={longest}"]
        arguments += ["-rss_limit_mb=0", "-timeout=100", "-print_final_stats=0"]
        engine.Setup(arguments, one)
        engine.Fuzz()

    def _seeds(self, target: Target) -> list[bytes]:
        folder = None if self.corpus is None else self.corpus / self.name
        files = sorted(folder.iterdir()) if folder is not None and folder.is_dir() else []
        return [*target.seeds(), *(file.read_bytes() for file in files)]

    def once(self, content: bytes, read: Callable[[], None]) -> None:
        """Read one input, and count what comes of it."""
        (self.keep / f"{self.name}.last").write_bytes(content)
        started = cpu_seconds()
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(started) + _LIMIT_SECONDS, most))
        fault = place = ""
        try:
            read()
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            # A panic in Rust is no Exception.
            fault = "".join(traceback.format_exception(error))
            place = repr(traceback.extract_tb(error.__traceback__))
        took = cpu_seconds() - started
        if not self.counts["inputs"]:
            # The first one imports the libraries of the reader.
            took = 0.0
        self.counts["inputs"] += 1
        if fault:
            self.counts["crashes"] += 1
            if place not in self.places:
                self.places.add(place)
                number = len(self.places)
                (self.keep / f"{self.name}-{self.seed}-{number}.bin").write_bytes(content)
                (self.keep / f"{self.name}-{self.seed}-{number}.txt").write_text(fault)
        if took > HANG_SECONDS:
            self.counts["hangs"] += 1
            (self.keep / f"{self.name}-hang-{self.counts['hangs']}.bin").write_bytes(content)
        if self.counts["inputs"] % 50 == 1 or took > 0.1:
            self.write(done=False)

    def write(self, *, done: bool) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        state = {"engine": self.engine, "peak": peak, "done": done, **self.counts}
        state["seconds"] = cpu_seconds()
        (self.keep / f"{self.name}.json").write_text(json.dumps(state))


def cpu_seconds() -> float:
    """Of this process and of those that it has waited for: other programs do not count."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _with_a_part(entry: Any, number: int, value: Any) -> Any:
    """An entry with one of its parts replaced, or the value alone where it has none."""
    if isinstance(entry, dict) and entry:
        name = list(entry)[number % len(entry)]
        return entry | {name: _with_a_part(entry[name], number // 2, value)}
    if isinstance(entry, list) and entry:
        place = number % len(entry)
        return [*entry[:place], value, *entry[place + 1 :]]
    return value


def changed(chance: random.Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds with one to eight random changes."""
    content = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 8)):
        if not content:
            break
        place = chance.randrange(len(content))
        length = chance.randint(1, min(64, len(content)))
        match chance.randrange(6):
            case 0:
                content[place] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
            case 1:
                content[place] ^= 1 << chance.randrange(8)
            case 2:
                del content[place : place + length]
            case 3:
                content[place:place] = content[place : place + length] * chance.randint(1, 4)
            case 4:
                other = chance.choice(seeds)
                start = chance.randrange(len(other))
                content[place : place + length] = other[start : start + length]
            case 5:
                number = chance.choice([0, 1, 2**31 - 1, 2**32 - 1, 2**63 - 1])
                content[place : place + 8] = number.to_bytes(8, chance.choice(["little", "big"]))
    return bytes(content)


if __name__ == "__main__":
    sys.exit(main())
