"""Pairs of files by their names: train and test, images and labels."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import replace

from dataworth.errors import DataworthWarning
from dataworth.sources.columns import LABEL_NAMES
from dataworth.sources.files import Entry, listing

_TRAIN = re.compile(r"(?<![a-z])train(?:ing)?(?![a-z])", re.IGNORECASE)
_TEST = re.compile(r"(?<![a-z])(?:test(?:ing)?|t10k)(?![a-z])", re.IGNORECASE)


def is_test(entry: Entry) -> bool:
    """Whether the name of a file denotes the test split."""
    return bool(_TEST.search(entry.name)) and not _TRAIN.search(entry.name)


def as_test(pattern: str) -> str:
    """The pattern of test files that belongs to one of train files; empty for another pattern."""
    folder, slash, name = pattern.rpartition("/")
    other, changed = _TRAIN.subn("test", name)
    return folder + slash + other if changed else ""


def test_beside(entry: Entry) -> Entry | None:
    """Find the test file that belongs to a train file, by the names in its folder."""
    for word in ("test", "t10k", "testing"):
        other, changed = _TRAIN.subn(word, entry.name)
        found = sibling(entry, other) if changed else None
        if found is not None:
            return found
    return None


def with_label(
    test: Entry, names: Sequence[str], train: Entry, train_names: Sequence[str], label: int
) -> Entry | None:
    """`test` if a column of it may be the labels; None, with a warning, if none is."""
    if {train_names[label].lower(), *LABEL_NAMES} & {name.lower() for name in names}:
        return test
    leave_aside(test, train, f"no label column {train_names[label]!r}")
    return None


def leave_aside(test: Entry, train: Entry, lacking: str) -> None:
    """Warn that a test file is not used, because it lacks something."""
    warnings.warn(
        DataworthWarning(
            f"{test} has {lacking}. It is not used, and rows of {train.name} are held out.",
            code="test-without-labels",
        ),
        stacklevel=2,
    )


def sibling(entry: Entry, name: str) -> Entry | None:
    """The file called `name` (with or without ``.gz``) in the folder of `entry`, if it exists."""
    bare = name.removesuffix(".gz")
    if entry.member:
        folder = entry.member[: len(entry.member) - len(entry.name)]
        candidates = [replace(entry, member=folder + each) for each in (bare, bare + ".gz")]
        members = listing(entry.path)
        return next((each for each in candidates if each in members), None)
    candidates = [Entry(entry.path.with_name(each)) for each in (bare, bare + ".gz")]
    return next((each for each in candidates if each.path.is_file()), None)
