"""Public learning curves: the 92 of Alabdulmohsin et al. 2022, and LCDB 1.0's log loss.

Neither is shipped. The 92 curves are read from a folder with ``benchmark.vision.csv`` and
``benchmark.lang.csv`` (google-research, `revisiting_neural_scaling_laws`). LCDB is the file
``database-logloss.csv``, alone or inside the source archive of ``lcdb`` 0.1.0, which is downloaded
with pip when no file is given.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dataworth import Curve

Floats = NDArray[np.float64]
LEARNERS = {
    "sklearn.ensemble.GradientBoostingClassifier": "gradient boosting",
    "sklearn.linear_model.LogisticRegression": "logistic",
    "sklearn.neural_network.MLPClassifier": "MLP",
    "sklearn.ensemble.RandomForestClassifier": "forest",
}
_FEWEST_ANCHORS, _LEAST_LARGEST, _FEWEST_RUNS = 12, 4000, 5
_MEMBER = "database-logloss.csv"


@dataclass(frozen=True, eq=False)
class PublicCurve:
    """One curve: all runs at rising sizes, and where it comes from.

    ``source`` is the data set (or task) that splits keep together; ``group`` is what tables
    average over: the learner, or the domain.
    """

    collection: str
    source: str
    group: str
    sizes: Floats
    runs: tuple[Floats, ...]
    fit: int
    """Sizes to fit, where the collection itself says so; else 0."""

    @property
    def part(self) -> str:
        """What is judged by one prior, learned without it: a half of LCDB, or a source."""
        return f"lcdb-half-{self.fold}" if self.collection == "lcdb" else self.source

    @property
    def single_run(self) -> bool:
        """Whether the sizes to fit are looks at a single run: closer than a factor of 1.3."""
        if not self.fit:
            return False
        distance = np.log(self.sizes[self.fit - 1] / self.sizes[0]) / (self.fit - 1)
        return bool(distance < np.log(1.3))

    @property
    def fold(self) -> int:
        """0 or 1: which half of the sources this one belongs to, by a hash of its name."""
        return hashlib.sha256(self.source.encode()).digest()[0] % 2

    def curve(self, count: int) -> Curve:
        """The smallest `count` sizes, with all runs."""
        runs = self.runs[:count]
        sizes = np.repeat(self.sizes[:count], [len(group) for group in runs])
        return Curve(np.round(sizes), np.concatenate(runs), name=f"{self.source} {self.group}")

    def count_up_to(self, share: float) -> int:
        """How many sizes are at most this share of the largest one."""
        return int((self.sizes <= self.sizes[-1] * share * (1 + 1e-9)).sum())


def scaling_curves(folder: Path) -> list[PublicCurve]:
    """The 92 curves: repeated rows dropped, sizes rising."""
    found = []
    for name in ("benchmark.vision.csv", "benchmark.lang.csv"):
        columns = ["Domain", "Task", "Model", "Seen Examples"]
        table = pl.read_csv(folder / name).unique().sort(columns)
        for (domain, task, _), rows in table.group_by(columns[:3], maintain_order=True):
            fit = int(rows["Training"].sum())
            # Fitted rows come first; the collection cuts every curve by size.
            rows = rows.sort(["Training", "Seen Examples"], descending=[True, False])
            losses = rows["Loss"].to_numpy()
            sizes = rows["Seen Examples"].to_numpy().astype(np.float64)
            family = str(task).split("_")[0] if domain == "IC" else str(domain)
            found.append(
                PublicCurve(
                    "scaling",
                    family,
                    str(domain),
                    sizes,
                    tuple(np.array([loss]) for loss in losses),
                    fit,
                )
            )
    return found


def lcdb_curves(file: Path | None = None) -> list[PublicCurve]:
    """LCDB's curves with 12 anchors or more up to 4000 rows or more, 5 runs or more at each.

    A curve whose mean loss at the largest size is zero is left out: it has no logarithm.
    """
    wanted = ["openmlid", "learner", "size_train", "score_test"]
    table = _lcdb_table(file).select(wanted).filter(pl.col("score_test").is_finite())
    anchors = table.group_by(wanted[:3]).agg(pl.len().alias("runs"), pl.col("score_test").mean())
    anchors = anchors.filter(pl.col("runs") >= _FEWEST_RUNS)
    usable = (
        anchors.group_by(wanted[:2])
        .agg(pl.len().alias("anchors"), pl.col("size_train").max().alias("largest"))
        .filter(pl.col("anchors") >= _FEWEST_ANCHORS, pl.col("largest") >= _LEAST_LARGEST)
    )
    kept = anchors.join(usable, on=wanted[:2]).select(wanted[:3])
    table = table.join(kept, on=wanted[:3], how="semi").sort(wanted)
    found = []
    for (dataset, learner), rows in table.group_by(wanted[:2], maintain_order=True):
        sizes, runs = [], []
        for (size,), group in rows.group_by("size_train", maintain_order=True):
            sizes.append(float(str(size)))
            runs.append(group["score_test"].to_numpy())
        if runs[-1].mean() > 0:
            found.append(
                PublicCurve(
                    "lcdb",
                    str(dataset),
                    LEARNERS.get(str(learner), str(learner).rsplit(".", 1)[-1]),
                    np.array(sizes),
                    tuple(runs),
                    0,
                )
            )
    return found


def _lcdb_table(file: Path | None) -> pl.DataFrame:
    if file is None:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "pip", "download", "lcdb==0.1.0", "--no-deps"]
            command += ["--no-binary", ":all:", "--no-build-isolation", "-q", "-d", folder]
            subprocess.run(command, check=True)
            return _lcdb_table(next(Path(folder).glob("lcdb-0.1.0*")))
    if file.suffix == ".csv":
        return pl.read_csv(file, infer_schema_length=None)
    with tarfile.open(file) as archive:
        member = next(item for item in archive.getmembers() if item.name.endswith(_MEMBER))
        stream = archive.extractfile(member)
        assert stream is not None
        return pl.read_csv(stream.read(), infer_schema_length=None)
