"""The fingerprint of a data set: a hash of its samples that does not depend on their files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from dataworth.data.digests import described


def fingerprint(
    class_names: Sequence[str],
    scale: float | None,
    arrays: Mapping[str, Any],
    digests: Mapping[str, str] | None = None,
) -> str:
    """32 hexadecimal digits of class names, scale and all arrays, in the order given.

    Parameters
    ----------
    class_names : sequence of str
    scale : float, optional
    arrays : mapping from name to ndarray, features in another form, or None
    digests : mapping, optional
        `digests.ArrayDigest` results by the array's name, computed while they were read; the other
        arrays are hashed.
    """
    known = digests or {}
    total = hashlib.sha256(repr((tuple(class_names), scale)).encode())
    for name, array in arrays.items():
        if array is not None:
            total.update(repr(described(array, known.get(name))).encode())
    return total.hexdigest()[:32]
