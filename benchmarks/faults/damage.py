"""Damage a results file over and over: no changed figure is taken, and the rest is kept.

    python benchmarks/faults/damage.py [--times 300] [--runs 200] [--seed 0]

A results file with made-up records is cut short at a random byte, or random bits of it are flipped.
It is survived if the file is read, or refused with the code "file-damaged", every record that is
read is the one that was stored to the bit, entries and arrays of the study as a whole are as they
were stored or a warning names them, and after the others were added again all are there.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from dataworth.errors import StudyError
from dataworth.records.layout import RESULTS_FILE
from dataworth.records.store import Store
from dataworth.testing.stores import example

Content = tuple[dict[str, float], dict[str, float], dict[str, bytes], dict[str, bytes]]
KINDS = ("cut", "one bit", "20 bits")
NAMES = [f"name {number}" for number in range(400)]
META = {"name": "a", "class_counts": list(range(400)), "class_names": NAMES}
IMAGES = np.arange(8_000, dtype=np.uint8).reshape(10, 800)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=300)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    tried: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        stored = fill(directory, options.runs)
        whole = (directory / RESULTS_FILE).read_bytes()
        for number in range(options.times):
            kind = KINDS[number % len(KINDS)]
            for path in directory.iterdir():
                path.unlink()
            (directory / RESULTS_FILE).write_bytes(damaged(whole, kind, chance))
            tried[kind] += 1
            try:
                kept[kind] += read_and_repair(directory, stored)
            except StudyError as error:
                refused[kind] += error.code == "file-damaged"
                survived[kind] += error.code == "file-damaged"
            except Exception:
                traceback.print_exc()
            else:
                survived[kind] += 1
    for kind in KINDS:
        read = max(1, tried[kind] - refused[kind])
        print(
            f"{kind}: survived {survived[kind]} of {tried[kind]}; refused whole {refused[kind]}; "
            f"of the others {100 * kept[kind] / read / options.runs:.1f}% of the records were kept"
        )
    print(f"survived: {survived.total()} of {tried.total()}")
    return 0 if survived == tried else 1


def fill(directory: Path, runs: int) -> dict[int, Content]:
    """Fill a results file; what its records hold."""
    with Store(directory, write=True) as store:
        store.set_meta(META)
        store.set_array("images", IMAGES)
        for seed in range(runs):
            store.add(example(100, seed))
        return contents(store)


def damaged(content: bytes, kind: str, chance: random.Random) -> bytes:
    if kind == "cut":
        return content[: chance.randrange(1, len(content))]
    changed = bytearray(content)
    for _ in range(1 if kind == "one bit" else 20):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def read_and_repair(directory: Path, stored: Mapping[int, Content]) -> int:
    """The number of records that could be read before the others were added again."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with Store(directory) as store:
            count = len(checked(store, stored))
            if not is_whole(store) and not told:
                raise RuntimeError("entries of the study were changed, and no warning says so")
        with Store(directory, write=True) as store:
            there = checked(store, stored)
            for seed in stored:
                if seed not in there:
                    store.add(example(100, seed))
            store.set_meta(META)
            store.set_array("images", IMAGES)
        with Store(directory) as store:
            if len(checked(store, stored)) != len(stored) or not is_whole(store):
                raise RuntimeError("not all records are there after the repair")
    return count


def is_whole(store: Store) -> bool:
    """Whether the entries and the array of the study as a whole are those that were stored."""
    images = store.array("images")
    return store.meta() == META and images is not None and np.array_equal(images, IMAGES)


def checked(store: Store, stored: Mapping[int, Content]) -> list[int]:
    """The seeds of all records, which must be those that were stored."""
    found = contents(store)
    for seed, content in found.items():
        if content != stored[seed]:
            raise RuntimeError(f"another record than was stored: seed {seed}")
    return list(found)


def contents(store: Store) -> dict[int, Content]:
    """All that records hold, by seed."""
    return {
        record.key.seed: (
            dict(record.scores),
            dict(record.facts),
            {name: array.tobytes() for name, array in record.history.items()},
            {name: array.tobytes() for name, array in record.arrays.items()},
        )
        for record in store.records(arrays=True)
    }


if __name__ == "__main__":
    sys.exit(main())
