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
for command in " ".join(sys.argv[1:]).split(" , "):
    code = main(command.split())
    if code:
        sys.exit(code)
"""
CURVE = "samples,value\n100,0.9\n200,0.7\n400,0.55\n800,0.45\n"
FUNCTION = "def train(run):\n    return {'accuracy': 1 - 1 / run.size ** 0.5}\n"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run commands, with "," between, where no library of an extra can be imported."""
    places = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.run(
        [sys.executable, "-c", BLOCKED.format(names=set(EXTRAS)), *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(places)},
    )


def test_a_forecast_of_a_csv_needs_no_extra(tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_text(CURVE)
    (tmp_path / "other.csv").write_text(CURVE)
    commands = "forecast curve.csv , audit curve.csv , compare curve.csv other.csv"
    done = run(tmp_path, *commands.split())
    assert done.returncode == 0, done.stderr
    assert "1,600" in done.stdout
    assert (tmp_path / "forecast.svg").is_file()
    assert "curve.csv: nothing found" in done.stdout
    assert "At 1,600 samples:" in done.stdout


def test_a_study_of_a_function_needs_no_extra(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(FUNCTION)
    options = ("--data", "1000", "--model", "mine:train", "--metric", "accuracy")
    done = run(tmp_path, "run", *options, "--sizes", "50,100,200,400", "--seeds", "2", "--out", "r")
    assert done.returncode == 0, done.stderr
    assert "400" in done.stdout
    assert "pip install 'dataworth[plots]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "r" / "curve.csv").is_file()
    assert "curve.png" not in done.stdout
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


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (("run", "quickstart"), "keras"),
        (("run", "--data", "digits", "--model", "net.keras"), "keras"),
        (("run", "--data", "1000", "--model", "sklearn.svm:SVC"), "sklearn"),
        (("run", "--data", "1000", "--model", "mine.py:train"), "torch"),
        (("data", "show", "table.parquet"), "tables"),
        (("data", "show", "digits"), "sklearn"),
        (("data", "show", "glyphs"), "keras"),
        (("data", "fetch", "emnist"), "download"),
        (("data", "fetch", "emnist", "--from", "kaggle"), "kaggle"),
        (("forecast", "curve.csv", "--out", "mine.png"), "plots"),
    ],
)
def test_what_needs_an_extra_says_how_to_install_it(
    arguments: tuple[str, ...], extra: str, tmp_path: Path
) -> None:
    (tmp_path / "net.keras").write_bytes(b"PK")
    (tmp_path / "mine.py").write_text("import torch\n")
    (tmp_path / "curve.csv").write_text(CURVE)
    (tmp_path / "table.parquet").write_bytes(b"PAR1PAR1PAR1PAR1")
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert f"pip install 'dataworth[{extra}]'" in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if not line.endswith(" ...")]
    assert line.startswith("dataworth: ")


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
