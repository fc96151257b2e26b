from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
from errors import raises
from matplotlib.image import imread
from source_files import digit_images, emnist_of, write

from dataworth.cli import data
from dataworth.errors import DataError


def _run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    data.add_parser(parser.add_subparsers())
    options = parser.parse_args(["data", *arguments])
    code: int = options.command(options)
    return code


def test_list_names_all_and_tells_what_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATAWORTH_DATA", str(tmp_path))
    write(emnist_of(), tmp_path, ["zip"])
    (tmp_path / "zip").rename(tmp_path / "emnist")
    assert _run("list") == 0
    told = [line.strip() for line in capsys.readouterr().out.splitlines()]
    lines = {line.split(" ")[0]: line for line in told if line}
    assert lines["emnist/digits"].endswith(str(tmp_path / "emnist"))
    assert lines["emnist/byclass"].endswith("not here: dataworth data fetch emnist")
    assert "697,932" in lines["emnist/byclass"]
    assert "built in" in lines["digits"]


def test_show_prints_one_json_document_beside_a_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(emnist_of(), tmp_path, ["idx"])
    assert _run("show", str(tmp_path / "idx"), "--json", "--out", str(tmp_path / "a.png")) == 0
    assert "fingerprint" in json.loads(capsys.readouterr().out)


def test_show_draws_the_image_and_saves_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(emnist_of(), tmp_path, ["idx"])
    out = tmp_path / "image.png"
    assert _run("show", str(tmp_path / "idx"), "--row", "6", "--out", str(out)) == 0
    shown = capsys.readouterr().out
    image = emnist_of().train.images[6]
    assert "row 6: class 6, '6'" in shown
    assert "\x1b" not in shown
    drawn = [line for line in shown.splitlines() if len(line) == 28 and set(line) <= set(" ▄▀█")]
    assert len(drawn) == 14
    top = np.array([[sign in "▀█" for sign in line] for line in drawn])
    np.testing.assert_array_equal(top, image[::2] / image.max() >= 0.5)
    np.testing.assert_allclose(imread(out)[..., 0], image / image.max(), atol=1 / 255)


def test_grey_uses_the_terminal_s_shades() -> None:
    drawn = data.draw(np.array([[0.0, 1.0]]), grey=True)
    assert drawn == "\x1b[38;5;232;48;5;232m▀\x1b[38;5;255;48;5;232m▀\x1b[0m"


def test_show_a_table_that_is_no_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.csv").write_text("a,b,kind\n0.5,2,x\n3,4,y\n")
    assert _run("show", str(tmp_path / "a.csv"), "--label", "kind") == 0
    assert "features: 0.5, 2" in capsys.readouterr().out
    with raises("not-images", DataError):
        _run("show", str(tmp_path / "a.csv"), "--label", "2", "--out", str(tmp_path / "a.png"))


def test_show_reads_a_table_as_it_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("0,1,2\n1,0,5\n1,4,9\n")
    with raises("header-unclear", DataError, "--header.*--no-header"):
        _run("show", str(path), "--label", "0")
    for option, samples, dtype in (
        ("--header", 2, "uint8"),
        ("--no-header", 3, "uint8"),
        ("--no-header --no-pixels", 3, "float32"),
    ):
        assert _run("show", str(path), "--label", "0", *option.split()) == 0
        shown = capsys.readouterr().out
        assert f"samples      {samples}\n" in shown
        assert f"2, {dtype}" in shown


def test_show_a_row_that_is_not_there(tmp_path: Path) -> None:
    images, labels = digit_images()
    np.savez(tmp_path / "a.npz", x=images, y=labels)
    for row in ("60", "-1"):
        with raises("value-out-of-range", DataError, r"0\.\.59"):
            _run("show", str(tmp_path / "a.npz"), "--row", row)


def test_fetch_of_what_is_built_in_or_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("fetch", "digits") == 0
    assert "nothing to download" in capsys.readouterr().out
    with raises("unknown-data", DataError, "'cifar'"):
        _run("fetch", "cifar")


def test_show_a_table_of_quantities(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ages.csv"
    rows = [f"{k % 7},{k % 5},{(17 * k) % 91}" for k in range(600)]
    path.write_text("\n".join(["a,b,target", *rows]))
    with raises("target-unclear", DataError, r"ages\.csv.*91 .*--task"):
        _run("show", str(path))
    assert _run("show", str(path), "--task", "regression", "--row", "2") == 0
    shown = capsys.readouterr().out
    assert "targets      regression, 0 to 90\n" in shown
    assert "row 2: target 34\n" in shown
    assert _run("show", str(path), "--task", "classification") == 0
    assert "classes      91, of 6 to 7 samples\n" in capsys.readouterr().out
