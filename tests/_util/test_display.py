"""The seam between values and what draws them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dataworth._util.display import Renderer
from dataworth.curves.curve import Curve

_DRAWN = """
import sys
import dataworth as dw

curve = dw.Curve([100, 200, 400, 800], [0.5, 0.4, 0.3, 0.25])
forecast = dw.forecast(curve)
data = dw.Dataset([[0.0], [1.0]], [0, 1])
before = {name for name in sys.modules if name.startswith(("dataworth.plots", "dataworth.report"))}
print(sorted(before), "matplotlib" in sys.modules)
print(type(curve.plot()).__name__, type(forecast.plot(targets=0.2)).__name__)
print(*(value._repr_html_()[:1] for value in (curve, forecast, data)))
"""


def test_values_draw_themselves_and_load_what_draws_them_at_the_first_use() -> None:
    shown = subprocess.run([sys.executable, "-c", _DRAWN], capture_output=True, text=True)
    assert shown.stderr == ""
    assert shown.stdout.splitlines() == ["[] False", "Axes Axes", "< < <"]


def test_subclasses_are_drawn_as_their_base_and_other_values_refused() -> None:
    class Special(Curve):
        pass

    renderer = Renderer("dataworth.plots")
    renderer.register("Curve")(lambda curve, option: (len(curve), option))
    assert renderer(Special([1, 2], [1.0, 0.5]), option="o") == (2, "o")
    with pytest.raises(TypeError, match="int"):
        renderer(3)
