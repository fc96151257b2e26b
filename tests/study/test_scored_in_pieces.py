"""Held-out rows of a learner of arrays are predicted in pieces, with the same figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dataworth as dw
from dataworth.learners.keras.learner import KerasPredictor
from dataworth.study import objectives


def test_the_same_figures_and_never_more_rows_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predicted: list[int] = []
    predict = KerasPredictor.predict

    def watched(self: KerasPredictor, x: Any) -> Any:
        predicted.append(len(x))
        return predict(self, x)

    monkeypatch.setattr(KerasPredictor, "predict", watched)
    images = np.random.default_rng(0).integers(0, 256, (1_500, 8, 8), np.uint8)
    labels = np.arange(1_500) % 3
    curves = []
    for rows in (16_384, 512):
        monkeypatch.setattr(objectives, "PREDICTED_ROWS", rows)
        study = dw.Study(
            dw.Dataset(images, labels), "mlp:8", sizes=[100], seeds=1, epochs=1, held_out=1_300
        )
        curves.append(study.run(tmp_path / str(rows), workers=1, progress=False))
    assert predicted == [1_300, 512, 512, 276]
    assert curves[0].values.tolist() == curves[1].values.tolist()
