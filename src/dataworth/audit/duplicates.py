"""Held-out samples that were trained on: the same features, byte by byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dataworth.audit.samples import Samples, blocks
from dataworth.findings import Finding, Severity

_WARNING, _ERROR = 0.001, 0.02
_FEW_FEATURES = 64


def duplicate_findings(samples: Samples) -> list[Finding]:
    """`held-out-in-training`: count held-out samples whose features also are a training row's.

    Rows are compared by 128-bit BLAKE2b digests, for which a chance match among a million rows
    has a probability below 1e-26.
    """
    held = list(_digests(samples.split.x_test))
    wanted = set(held)
    official = samples.split.official
    trained = _digests(samples.dataset.x_train, None if official else samples.split.rows)
    shared = {digest for digest in trained if digest in wanted}
    if not shared:
        return []
    rows = [row for row, digest in enumerate(held) if digest in shared]
    share = len(rows) / len(held)
    return [
        Finding(
            code="held-out-in-training",
            severity=_severity(share, samples.features),
            where=f"{samples.name}, held-out row {rows[0]}",
            message=(
                f"{len(rows):,} of {len(held):,} held-out samples ({share:.2%}) have exactly the "
                "features of a training sample: the loss may be better than on new data."
            ),
            evidence={
                "held_out": len(held),
                "also_in_training": len(rows),
                "share": share,
                "distinct": len(shared),
                "first_held_out_rows": rows[:5],
            },
            advice=(
                "Drop repeated samples before splitting, or split by what they come from (writer, "
                "patient, day)."
            ),
        )
    ]


def _severity(share: float, features: int) -> Severity:
    # Samples of few features coincide by chance in honest data too.
    if share < _WARNING:
        return "info"
    return "error" if share >= _ERROR and features >= _FEW_FEATURES else "warning"


def _digests(x: NDArray[np.generic], rows: NDArray[np.int64] | None = None) -> Iterator[bytes]:
    for block in blocks(x, rows):
        # Adding 0 turns -0.0 into 0.0, which is the same number in other bytes.
        plain = block if block.dtype == np.uint8 else block + np.zeros((), block.dtype)
        for row in plain.view(np.uint8):
            yield hashlib.blake2b(row.data, digest_size=16).digest()
