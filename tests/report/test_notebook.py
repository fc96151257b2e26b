"""What a notebook shows."""

from __future__ import annotations

import re

import numpy as np

from dataworth.curves.curve import Curve
from dataworth.data.dataset import Dataset
from dataworth.findings import Finding, Findings
from dataworth.forecast.api import forecast
from dataworth.forecast.compare import compare

NASTY = "<script>alert(1)</script>"


def _curve() -> Curve:
    return Curve([100, 200, 400, 800], [0.9, 0.7, 0.55, 0.45], chance=2.3, name=NASTY)


def test_a_data_set_says_its_size_and_shows_images(digits: Dataset) -> None:
    html = str(digits._repr_html_())
    for part in ("samples: 1,797;", "held-out: none;", "8 x 8, uint8;", "classes: 10"):
        assert part in html
    assert "data:image/png;base64," in html


def test_a_data_set_without_images_says_its_size() -> None:
    html = str(Dataset(np.zeros((4, 3)), [0, 1, 0, 1], name=NASTY)._repr_html_())
    assert "samples: 4;" in html
    assert "data:image" not in html
    assert "<script>" not in html


def test_a_curve_shows_its_table_and_picture() -> None:
    html = str(_curve()._repr_html_())
    assert "<td>100</td><td>1</td><td>0.9</td>" in html
    assert "data:image/png;base64," in html
    assert "<script>" not in html


def test_a_forecast_shows_its_answer_and_picture() -> None:
    html = str(forecast(_curve())._repr_html_())
    assert re.search(r"2,400 samples\) is likely to lower loss from 0\.450", html)
    assert "data:image/png;base64," in html


def test_a_comparison_says_who_is_best_and_shows_both() -> None:
    curve = _curve()
    other = Curve(curve.samples, 1.2 * curve.values, seeds=curve.seeds, metric="loss")
    comparison = compare({"good": curve, "bad": other})
    html = str(comparison._repr_html_())
    assert "good is the best with 800 samples" in html
    assert "is not expected to overtake it" in html
    assert "data:image/png;base64," in html
    legend = comparison.plot().get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["good", "bad"]
    assert "at 800: good" in repr(comparison)


def test_findings_are_a_list_that_a_notebook_can_read() -> None:
    findings = Findings([Finding("labels-scaled", "error", NASTY, "Scaled & cut.")])
    html = str(findings._repr_html_())
    assert "1 finding<" in html
    assert "error: labels-scaled" in html
    assert "Scaled &amp; cut." in html
    assert "<script>" not in html
    assert findings == [findings[0]]


def test_plot_draws_what_it_is_called_on() -> None:
    from matplotlib.figure import Figure

    mine = Figure().subplots()
    assert _curve().plot(mine) is mine
    ahead = forecast(_curve())
    axes = ahead.plot(targets=[0.3])
    assert axes.lines[-1].get_label() == "target: 0.3"
    assert ahead.plot(mine) is mine
