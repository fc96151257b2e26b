"""``dataworth data list | fetch | show``: list, download and inspect data sets."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataworth._util.extras import require
from dataworth._util.printable import new_console, say
from dataworth.cli.options import add_output_options, add_table_options, table_options
from dataworth.errors import DataError

# What reads and shows data is slow to import: only where it is used, not for the parser.
if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dataworth.data.dataset import Dataset

_GLYPHS = 1_000


def add_parser(subparsers: Any) -> None:
    """Add the command ``data`` and its three subcommands."""
    parser = subparsers.add_parser("data", help="list, fetch and show data sets")
    parser.set_defaults(command=run)
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|fetch|show")

    listed = actions.add_parser(
        "list", help="list built-in data sets and whether they are on this machine"
    )
    add_output_options(listed)

    fetch = actions.add_parser("fetch", help="download a data set")
    fetch.add_argument("name", metavar="NAME", help="emnist (all six of its data sets)")
    fetch.add_argument(
        "--from",
        dest="origin",
        choices=("official", "kaggle"),
        default="official",
        help="the official archive (540 MB), or Kaggle's CSV files with your "
        "kaggle.json (default: official)",
    )

    add_output_options(fetch)

    show = actions.add_parser("show", help="print a summary, and draw one sample in the terminal")
    show.add_argument("name", metavar="NAME", help="a name of `data list`, a file or a folder")
    show.add_argument(
        "--row", type=int, default=0, help="number of the sample, counted from 0 (default: 0)"
    )
    add_table_options(show)
    show.add_argument(
        "--out", type=Path, metavar="FILE.png", help="write the image to this file too"
    )
    add_output_options(show)


def run(args: argparse.Namespace) -> int:
    """Run the subcommand; return the exit code 0, or raise an error."""
    if args.action == "list":
        return _list(as_json=args.json)
    if args.action == "fetch":
        return _fetch(args.name, args.origin, as_json=args.json)
    return _show(args.name, args.row, table_options(args), args.out, as_json=args.json)


def _list(*, as_json: bool) -> int:
    from dataworth.cli.show.tables import new_table, print_table
    from dataworth.sources.catalogue import catalogue
    from dataworth.sources.location import data_folder

    if as_json:
        rows = [asdict(each) | {"place": each.place and str(each.place)} for each in catalogue()]
        print(json.dumps({"folder": str(data_folder()), "data": rows}))
        return 0
    table = new_table("name", "samples", "held out", "classes", "here, or how to get it", text=4)
    table.columns[0].justify = "left"
    for each in catalogue():
        held_out = f"{each.held_out:,}" if each.held_out else "-"
        place = each.place or f"not here: {each.how}"
        table.add_row(each.name, f"{each.samples:,}", held_out, f"{each.classes}", place)
    print_table(new_console(), table)
    say(f"Data folder: {data_folder()} (DATAWORTH_DATA sets another one)")
    say("Data of your own: give the path of a CSV, Parquet, IDX, MAT or NPZ file, or a folder.")
    return 0


def _fetch(name: str, origin: str, *, as_json: bool) -> int:
    from dataworth.sources import download, names

    if name in ("digits", "glyphs"):
        note = f"{name} is built in: nothing to download."
        print(json.dumps({"name": name, "place": None})) if as_json else say(note)
        return 0
    if name != "emnist" and name not in names():
        raise DataError(f"{name!r} cannot be downloaded; only emnist can be.", code="unknown-data")
    place = download.fetch_kaggle() if origin == "kaggle" else download.fetch_official()
    if as_json:
        print(json.dumps({"name": name, "place": str(place)}))
    else:
        say(f"EMNIST is in {place}. Try: dataworth data show emnist/byclass --row 6")
    return 0


def _show(name: str, row: int, options: dict[str, Any], out: Path | None, *, as_json: bool) -> int:
    import numpy as np

    from dataworth.sources import load

    if name == "glyphs":
        # Glyphs are drawn on demand: only the requested one is.
        options = options | {"samples": max(row + 1, _GLYPHS), "held_out": 1}
    dataset = load(name, **options)
    if not 0 <= row < dataset.samples:
        raise DataError(
            f"--row {row}: {dataset.name} has the rows 0..{dataset.samples - 1}.",
            code="value-out-of-range",
            option="row",
            value=row,
        )
    facts, target = _summary(dataset), _target(dataset, row)
    if not as_json:
        say("\n".join(f"{key:<12} {value}" for key, value in facts.items()))
        say(f"row {row}: {target}")
    image = _as_image(np.asarray(dataset.x[row], np.float64), dataset.shape)
    if as_json:
        print(json.dumps(facts | {"row": row, "target": target}))
    elif image is None:
        say("features: " + ", ".join(f"{value:g}" for value in dataset.x[row].flat[:20]))
    else:
        print(draw(image, grey=sys.stdout.isatty()))
    if out is not None:
        _save(image, out)
        # Stdout holds the JSON document alone.
        say(f"saved {out}", error=as_json)
    return 0


def _summary(dataset: Dataset) -> dict[str, str]:
    held_out = 0 if dataset.y_test is None else len(dataset.y_test)
    return {
        "data": dataset.name,
        "samples": f"{dataset.samples:,}",
        "held out": f"{held_out:,} (official split)" if held_out else "no official split",
        "sample": f"{' x '.join(map(str, dataset.shape))}, {dataset.sample_type}",
        "scale": f"{dataset.scale:g}",
        **_targets(dataset),
        "fingerprint": dataset.fingerprint,
    }


def _targets(dataset: Dataset) -> dict[str, str]:
    if dataset.classes:
        import numpy as np

        counts = np.bincount(dataset.y, minlength=dataset.classes)
        line = f"{dataset.classes}, of {counts.min():,} to {counts.max():,} samples"
        return {"classes": line}
    return {"targets": f"{dataset.task.kind}, {dataset.y.min():g} to {dataset.y.max():g}"}


def _target(dataset: Dataset, row: int) -> str:
    value = dataset.y[row]
    if dataset.classes:
        return f"class {value}, {dataset.class_names[value]!r}"
    return f"target {value:g}"


def _as_image(sample: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64] | None:
    """The sample as shades 0..1, shape (height, width), or None if it is not an image."""
    if len(shape) not in (2, 3):
        return None
    image = sample.mean(axis=2) if len(shape) == 3 else sample
    spread = image.max() - image.min()
    shades: NDArray[np.float64] = (image - image.min()) / (spread or 1.0)
    return shades


def draw(image: NDArray[np.float64], grey: bool) -> str:
    """Render an image as text, two rows of pixels per line.

    Parameters
    ----------
    image : ndarray, shape (height, width)
        Shades from 0 (background) to 1 (ink).
    grey : bool
        Whether to use the terminal's 24 shades of grey; otherwise pixels are black or white.
    """
    if len(image) % 2:
        import numpy as np

        image = np.vstack([image, np.zeros((1, image.shape[1]))])
    pairs = zip(image[::2], image[1::2], strict=True)
    if not grey:
        return "\n".join(
            "".join(" ▄▀█"[2 * (top >= 0.5) + (low >= 0.5)] for top, low in zip(*pair, strict=True))
            for pair in pairs
        )
    return "\n".join(
        "".join(
            f"\x1b[38;5;{_shade(top)};48;5;{_shade(low)}m▀" for top, low in zip(*pair, strict=True)
        )
        + "\x1b[0m"
        for pair in pairs
    )


def _shade(value: float) -> int:
    return 232 + round(23 * float(value))


def _save(image: NDArray[np.float64] | None, out: Path) -> None:
    if image is None:
        raise DataError(
            "--out: the samples are not images; there is nothing to save.", code="not-images"
        )
    require("matplotlib", "pictures")
    from matplotlib.image import imsave

    try:
        imsave(out, image, cmap="gray", vmin=0.0, vmax=1.0, format="png")
    except OSError as error:
        raise DataError(
            f"--out {out} cannot be written: {error.strerror or error}.", code="file-not-writable"
        ) from None
