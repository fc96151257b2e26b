"""The list of named data sets, and which of them are on this machine."""

from __future__ import annotations

from dataclasses import dataclass

from dataworth.errors import DataError
from dataworth.sources import emnist
from dataworth.sources.emnist.variants import VARIANTS
from dataworth.sources.files import refuse_damaged


@dataclass(frozen=True)
class Listed:
    """A data set that `load` knows by name.

    Attributes
    ----------
    name : str
    samples, held_out : int
        Samples to train on, and samples of the official held-out split (0: none).
    classes : int
    place : str
        Its path on this machine; empty if it is not there.
    how : str
        How to get it; empty if it is on this machine.
    """

    name: str
    samples: int
    held_out: int
    classes: int
    place: str
    how: str = ""


def catalogue() -> list[Listed]:
    """Every data set that has a name."""
    listed = [
        Listed("digits", 1_797, 0, 10, "built in (scikit-learn)"),
        Listed("glyphs", 697_932, 26_000, 62, "built in (made on the spot, any number)"),
    ]
    how_to_fetch = _how_to_fetch()
    for name, variant in VARIANTS.items():
        found = emnist.find(name, emnist.default_places())
        place = str(next(iter(found.values())).path.parent) if found else ""
        how = "" if found else how_to_fetch
        classes = len(variant.class_names)
        listed.append(Listed(f"emnist/{name}", variant.train, variant.test, classes, place, how))
    return listed


def _how_to_fetch() -> str:
    try:
        for place in emnist.default_places():
            refuse_damaged(place)
    except DataError:
        return "an archive is damaged; dataworth data fetch emnist"
    return "dataworth data fetch emnist"
