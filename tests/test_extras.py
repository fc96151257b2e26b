"""Without the optional libraries: what works, and what is said of the rest."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import dataworth as dw
from dataworth._util import extras
from dataworth._util.extras import EXTRAS
from dataworth.errors import DataworthWarning

BLOCKED = """
import importlib.util, sys
blocked = {names!r}
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Finder())
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name in blocked else found(name)
from dataworth.cli.main import main
codes = []
for command in " ".join(sys.argv[1:]).split(" , "):
    codes.append(main(command.split()))
    print("{end}", end="", file=sys.stderr, flush=True)
print("{end}", *codes)
"""
END = "\x1e"
CURVE = "samples,value\n100,0.9\n200,0.7\n400,0.55\n800,0.45\n"
FUNCTION = "def train(run):\n    return {'accuracy': 1 - 1 / run.size ** 0.5}\n"


def run(folder: Path, *commands: str) -> tuple[list[int], str, list[str]]:
    """Run commands in one process, where no library of an extra can be imported.

    Returns
    -------
    (codes, output, errors)
        The exit code of each command, what all print, and what each says on stderr.
    """
    places = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED.format(names=set(EXTRAS), end=END), " , ".join(commands)],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(places)},
    )
    assert done.returncode == 0, done.stderr
    output, _, codes = done.stdout.rpartition(END)
    return [int(code) for code in codes.split()], output, done.stderr.split(END)[:-1]


def test_a_forecast_of_a_csv_needs_no_extra(tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_text(CURVE)
    (tmp_path / "other.csv").write_text(CURVE)
    commands = ("forecast curve.csv", "audit curve.csv", "compare curve.csv other.csv")
    codes, output, errors = run(tmp_path, *commands)
    assert codes == [0, 0, 0], errors
    assert "1,600" in output
    assert (tmp_path / "forecast.svg").is_file()
    assert "curve.csv: nothing found" in output
    assert "At 1,600 samples:" in output


def test_a_study_of_a_function_needs_no_extra(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(FUNCTION)
    options = "--data 1000 --model mine:train --metric accuracy --sizes 50,100,200,400 --seeds 2"
    codes, output, (errors,) = run(tmp_path, f"run {options} --out r")
    assert codes == [0], errors
    assert "400" in output
    assert "pip install 'dataworth[plots]'" in errors
    assert "Traceback" not in errors
    assert (tmp_path / "r" / "curve.csv").is_file()
    assert "curve.png" not in output
    assert (tmp_path / "r" / "forecast.svg").is_file()


def test_a_notebook_shows_text_without_the_libraries_of_reports(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    curve = dw.Curve([100, 200, 400], [0.9, 0.7, 0.6])
    assert "<table" in str(curve._repr_html_())
    found = importlib.util.find_spec
    for library in EXTRAS:
        monkeypatch.delitem(sys.modules, library, raising=False)
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name in EXTRAS else found(name))
    with pytest.warns(DataworthWarning, match="pip install 'dataworth") as warned:
        assert curve._repr_html_() is None
    assert [getattr(each.message, "code", None) for each in warned] == ["no-picture"]


NEEDS = {
    "run quickstart": "keras",
    "run --data digits --model net.keras": "keras",
    "run --data 1000 --model sklearn.svm:SVC": "sklearn",
    "run --data 1000 --model mine.py:train": "torch",
    "data show table.parquet": "tables",
    "data show digits": "sklearn",
    "data show glyphs": "keras",
    "data fetch emnist": "download",
    "data fetch emnist --from kaggle": "kaggle",
    "forecast curve.csv --out mine.png": "plots",
}


def test_what_needs_an_extra_says_how_to_install_it(tmp_path: Path) -> None:
    (tmp_path / "net.keras").write_bytes(b"PK")
    (tmp_path / "mine.py").write_text("import torch\n")
    (tmp_path / "curve.csv").write_text(CURVE)
    (tmp_path / "table.parquet").write_bytes(b"PAR1PAR1PAR1PAR1")
    codes, _, errors = run(tmp_path, *NEEDS)
    for (command, extra), code, said in zip(NEEDS.items(), codes, errors, strict=True):
        assert code == 2, command
        assert f"pip install 'dataworth[{extra}]'" in said, command
        (line,) = [line for line in said.splitlines() if not line.endswith(" ...")]
        assert line.startswith("dataworth: "), command


def test_the_help_of_the_commands_imports_none_of_their_libraries() -> None:
    code = (
        "import sys\n"
        "from dataworth.cli.main import COMMANDS, main\n"
        "for command in COMMANDS:\n"
        "    try: main([command, '--help'])\n"
        "    except SystemExit as stop: assert stop.code == 0\n"
        "print('LOADED', *{name.partition('.')[0] for name in sys.modules})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.rpartition("LOADED")[2].split())
    assert "argparse" in loaded
    assert not loaded & {"numpy", "scipy", "rich", *EXTRAS}
