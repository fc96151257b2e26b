"""EMNIST's six data sets: numbers of samples, classes and labels."""

from __future__ import annotations

import string
from dataclasses import dataclass

_BY_CLASS = tuple(string.digits + string.ascii_uppercase + string.ascii_lowercase)
# Lower-case letters that look like their capitals (c i j k l m o p s u v w x y z) are merged.
_BY_MERGE = tuple(string.digits + string.ascii_uppercase + "abdefghnqrt")


@dataclass(frozen=True)
class Variant:
    """One of EMNIST's data sets (Cohen et al. 2017, Table II; the files as published).

    Attributes
    ----------
    name : str
    train, test : int
        Samples of the official splits.
    class_names : tuple of str
    first_label : int
        The label of the first class in the files.
    """

    name: str
    train: int
    test: int
    class_names: tuple[str, ...]
    first_label: int = 0


VARIANTS = {
    variant.name: variant
    for variant in (
        Variant("byclass", 697_932, 116_323, _BY_CLASS),
        Variant("bymerge", 697_932, 116_323, _BY_MERGE),
        Variant("balanced", 112_800, 18_800, _BY_MERGE),
        Variant("letters", 124_800, 20_800, tuple(string.ascii_uppercase), first_label=1),
        Variant("digits", 240_000, 40_000, tuple(string.digits)),
        Variant("mnist", 60_000, 10_000, tuple(string.digits)),
    )
}
