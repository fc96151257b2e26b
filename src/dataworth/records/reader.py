"""The reader of run directories: the columns of a learning curve."""

from __future__ import annotations

import math
import os
from typing import Any

from dataworth.errors import StudyError
from dataworth.records.record import METRICS
from dataworth.records.store import Store


def run_columns(directory: str | os.PathLike[str]) -> dict[str, Any]:
    """The columns of the learning curve in a run directory; see `curve_columns`.

    Raises
    ------
    StudyError
        If the directory holds no finished run, or cannot be read.
    """
    with Store(os.fspath(directory)) as store:
        return curve_columns(store)


def curve_columns(store: Store) -> dict[str, Any]:
    """The columns of the learning curve of all finished runs, under the names that `Curve` takes.

    Returns
    -------
    dict
        ``samples``, ``values`` (the loss) and ``seeds``, one entry per run; ``others``, further
        metrics by name; ``chance`` and ``name``.

    Raises
    ------
    StudyError
        If the store holds no finished run.
    """
    records, meta = store.records(), store.meta()
    if not records:
        raise StudyError(
            f"{store.directory}: no run is finished yet. Go on with: "
            f"dataworth run {store.directory}"
        )
    others = {name: [getattr(r.scores, name) for r in records] for name in METRICS[1:]}
    others["train_loss"] = [record.train_loss for record in records]
    return {
        "samples": [record.run.size for record in records],
        "values": [record.scores.loss for record in records],
        "seeds": [record.run.seed for record in records],
        # Of one class, every guess is right: there is no level to compare with.
        "chance": math.log(meta["classes"]) or None,
        "name": meta["name"],
        "others": others,
    }
