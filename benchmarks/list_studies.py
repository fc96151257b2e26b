"""How long `dataworth ui` takes to list many run directories, the first time and again.

python benchmarks/list_studies.py [--directories 1000]
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import tempfile
import threading
import time
import urllib.request
from datetime import date
from pathlib import Path

from dataworth.cli.server import StudyServer
from dataworth.records.record import Record, RunKey
from dataworth.records.store import Store
from markdown_table import table

SIZES, SEEDS = (200, 600, 1_800, 5_400), 3


def fill(root: Path, directories: int) -> None:
    """Make one run directory, and copies of it."""
    first = root / "0"
    with Store(first, write=True) as store:
        store.set_meta({"name": "study", "model": "mlp", "data": "digits"})
        for size in SIZES:
            for seed in range(SEEDS):
                scores = {"loss": size**-0.3, "accuracy": 1 - size**-0.3 / 3}
                store.add(Record(RunKey("mlp", size, seed, f"{size}-{seed}"), scores, seconds=1.0))
    (first / "study.toml").write_text(
        f'data = "digits"\nmodel = "mlp"\nsizes = {list(SIZES)}\nseeds = {SEEDS}\n'
    )
    for number in range(1, directories):
        shutil.copytree(first, root / str(number))


def ask(server: StudyServer) -> tuple[int, float, float]:
    """Number of studies in the answer, seconds until it is there, and seconds of this process."""
    address = server.address.partition("/?")[0]
    headers = {"Cookie": f"{server.cookie}={server.token}"}
    request = urllib.request.Request(f"{address}/studies", headers=headers)
    begun, spent = time.perf_counter(), time.process_time()
    with urllib.request.urlopen(request) as answer:
        studies = json.load(answer)["studies"]
    return len(studies), time.perf_counter() - begun, time.process_time() - spent


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directories", type=int, default=1_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), options.directories)
        with StudyServer(Path(folder)) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            rows = [(what, *ask(server)) for what in ("first", "again", "again")]
            server.shutdown()
    print(f"{date.today()}, {platform.platform()}, Python {platform.python_version()}\n")
    cells = [(what, number, f"{wall:.2f}", f"{cpu:.2f}") for what, number, wall, cpu in rows]
    print(table(cells, ["answer", "studies", "seconds", "CPU seconds"]))


if __name__ == "__main__":
    main()
