"""The readers of studies that are fuzzed: run directories, study files, figures that are told."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from target import Target, only_errors_of_dataworth

import dataworth as dw
from dataworth.cli.tell import add_parser
from dataworth.learners.command import Command
from dataworth.records.layout import RESULTS_FILE, STUDY_FILE
from dataworth.records.overview import grid_of, overview
from dataworth.records.reader import run_columns
from dataworth.records.run import Run
from dataworth.records.store import Store
from dataworth.study.toml import read_studies
from dataworth.testing.stores import example, failed

_SIZES = (100, 200, 400, 800)
_OLD = Path(__file__).parents[2] / "tests" / "records"


def stored() -> list[bytes]:
    """A results file with finished runs, a failed one and an array."""
    with tempfile.TemporaryDirectory() as folder:
        with Store(folder, write=True) as store:
            store.set_meta({"name": "a", "model": "tree", "metrics": ["loss"], "classes": 4})
            store.set_array("sample_images", np.arange(240, dtype=np.uint8).reshape(30, 8))
            for size in _SIZES:
                store.add(example(size, 0))
            store.add(failed(300, 0))
        return [(Path(folder) / RESULTS_FILE).read_bytes()]


def old_stores() -> list[bytes]:
    """Results files of older formats, of a study of the digits."""
    return [(folder / RESULTS_FILE).read_bytes() for folder in sorted(_OLD.glob("format-*"))]


def _store(content: bytes, folder: Path) -> None:
    (folder / RESULTS_FILE).write_bytes(content)
    assert overview(folder).directory == folder
    intact = {record.key.digest: record for record in (example(size, 0) for size in _SIZES)}
    with Store(folder) as store:
        for record in store.records(None, arrays=True):
            before = intact.get(record.key.digest)
            # No changed figure may be taken for one that was measured.
            assert record.failure or before is None or record.scores == before.scores
            assert all(np.size(array) >= 0 for array in record.arrays.values())
        store.meta()
        store.array("sample_images")
    run_columns(folder)


def edit_store(content: bytes, folder: Path, table: str, column: str, value: object) -> None:
    """Set a column of a results file to a value of any type, then read the file."""
    (folder / RESULTS_FILE).write_bytes(content)
    connection = sqlite3.connect(folder / RESULTS_FILE)
    try:
        connection.execute(f"UPDATE OR IGNORE {table} SET {column} = ?", (value,))
        connection.commit()
    except (sqlite3.Error, OverflowError):
        return
    finally:
        connection.close()
    with only_errors_of_dataworth():
        _store((folder / RESULTS_FILE).read_bytes(), folder)


def describe_store(content: bytes, folder: Path, entries: Mapping[str, object]) -> None:
    """Set what a results file says of its study, with valid checksums, then use the file."""
    (folder / RESULTS_FILE).write_bytes(content)
    with Store(folder, write=True) as store:
        store.set_meta(entries)
    for use in (overview, dw.audit, dw.forecast, dw.run_curves):
        with only_errors_of_dataworth():
            use(folder)
    with only_errors_of_dataworth():
        from dataworth.report.write import write_report

        write_report(folder)


def _studies() -> list[bytes]:
    return [
        b'data = "digits"\nmodel = "linear"\nsizes = [40, 80]\nseeds = 2\nsteps = 20\n',
        b'data = "a.csv"\nsizes = [0.1, 1.0]\n[model]\na = "mlp:8"\nb = "$ python t.py {rows}"\n',
        b'data = ["digits", "glyphs"]\nmodel = ["linear", "mlp:8,8"]\nseeds = [3, 4]\n'
        b'epochs = 3\nbatch_size = 32\nlearning_rate = 1e-3\noptimizer = "sgd"\n'
        b'patience = 2\nstandardize = true\nsubset = "prefix"\ntime_limit = 60\n',
        b'data = "a.csv"\nmodel = "train.py:train"\nmetric = "rmse"\nheld_out = [1, 2]\n'
        b'validation = [4, 5]\nsubset_seed = 1\ncount = "rows"\nat_least = 2\n'
        b'name = "a/b"\nfallback = "digits"\nbudget = "2h"\n'
        b'goal = {at = 4000, within = 0.1, level = 0.9}\nscoring = ["accuracy", "f1_macro"]\n'
        b'task = "regression"\n[parameters]\nmax_depth = 3\n[data_options]\nlabel = 2\n'
        b"[fit_params]\na = 1\n",
        b'data = "emnist/bymerge"\nmodel = "cnn"\n[mistakes]\n[goal]\ntarget = 0.5\nsure = 0.9\n',
    ]


def _study(content: bytes, folder: Path) -> None:
    (folder / STUDY_FILE).write_bytes(content)
    grid_of(folder)
    read_studies(folder / STUDY_FILE)


_TELL = '{"accuracy": 0.93, "loss": 0.25, "f1": 1e-3, "parts": 12}'


@cache
def _asked() -> tuple[bytes, str]:
    """A results file of which one run was given out, and the key of the run."""
    with tempfile.TemporaryDirectory() as folder:
        study = dw.Study(data=500, model="$ true", metric="accuracy", sizes=[100, 200], seeds=1)
        run = study.open(folder).ask()
        assert run is not None
        return (Path(folder) / RESULTS_FILE).read_bytes(), run.key


def _tell(content: bytes, folder: Path) -> None:
    """As the command `tell` reads the figures of a run, from a file."""
    import argparse

    results, key = _asked()
    (folder / RESULTS_FILE).write_bytes(results)
    (folder / "metrics.json").write_bytes(content)
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    words = ["tell", str(folder), key, "--metrics", str(folder / "metrics.json")]
    options = parser.parse_args(words)
    with contextlib.redirect_stdout(io.StringIO()):
        options.command(options)


def _command_output() -> list[bytes]:
    lines = f"epoch 1\n{_TELL}\nwarning: late\n"
    return [_TELL.encode(), lines.encode(), json.dumps({"loss": 0.1}).encode("utf-16")]


def _command(content: bytes, folder: Path) -> None:
    """Read the figures that a command printed, and those that it left in a file."""
    printed = folder / "printed"
    printed.write_bytes(content)
    rows = np.arange(3)
    run = Run("a", 3, 0, "0" * 32, rows, rows, folder)
    for command in (f"cat {printed}", f"cp {printed} {{metrics}}"):
        (folder / "metrics.json").unlink(missing_ok=True)
        with only_errors_of_dataworth():
            Command(command)(run)


TARGETS: Mapping[str, Target] = {
    "store": Target(stored, _store),
    "old-store": Target(old_stores, _store),
    "study": Target(_studies, _study),
    "tell": Target(lambda: [_TELL.encode(), b'{"accuracy": 1}'], _tell),
    "command": Target(_command_output, _command),
}
