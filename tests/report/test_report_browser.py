"""What a person does with a page, in headless Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from opened_page import Opened, opened
from report_runs import make_run

from dataworth.curves.read import load_curve
from dataworth.forecast.api import forecast
from dataworth.forecast.forecast import Forecast
from dataworth.report.page import page_html
from dataworth.report.study_report import read_runs

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def view(browser: Browser, page_file: Path) -> Iterator[Opened]:
    with opened(browser, page_file) as opened_page:
        yield opened_page
        # What no test may cause: a request, a warning, an error, a script out of a class name.
        assert opened_page.requests == [page_file.as_uri()]
        assert opened_page.complaints == []
        assert opened_page.page.evaluate("window.hacked") is None


@pytest.fixture(scope="module", params=["loss", "accuracy"])
def metric(request: pytest.FixtureRequest, view: Opened) -> str:
    name: str = request.param
    view.page.select_option("#metric", name)
    return name


@pytest.fixture(scope="module")
def ahead(metric: str, run_directory: Path) -> Forecast:
    return forecast(load_curve(run_directory)[metric])


def test_predictions_agree_with_the_forecast_to_four_digits(
    view: Opened, ahead: Forecast, metric: str
) -> None:
    rng = np.random.Generator(np.random.Philox(3))
    sizes = np.exp(rng.uniform(np.log(200), np.log(4.8e6), 40)).round()
    said = []
    for size in sizes:
        view.page.fill("#size", str(size))
        numbers = view.numbers("predict-answer")
        said.append([numbers["lower"], numbers["median"], numbers["upper"]])
    prediction = ahead.predict(sizes)
    expected = np.array([prediction.lower, prediction.median, prediction.upper]).T
    off = np.abs(np.array(said) - expected)
    fourth_digit = 10.0 ** (np.floor(np.log10(expected)) - 3)
    assert (off < fourth_digit).all()
    assert np.median(off / expected) < 2e-5


def test_the_gain_of_the_next_samples_agrees_with_the_forecast(
    view: Opened, ahead: Forecast, metric: str
) -> None:
    for size in (500, 48_600, 333_333):
        view.page.fill("#size", str(size))
        numbers, value = view.numbers("predict-answer"), ahead.value_of(size, size + 1000)
        scale = value.upper - value.lower
        for name, expected in (
            ("least", value.lower),
            ("gain", value.median),
            ("most", value.upper),
        ):
            assert numbers[name] == pytest.approx(expected, abs=0.01 * scale)


def _typed(target: float, metric: str) -> str:
    """A target as a person types it: an accuracy in per cent."""
    return f"{100 * target:.10g}" if metric == "accuracy" else str(target)


def test_targets_agree_with_the_forecast(view: Opened, ahead: Forecast, metric: str) -> None:
    for factor in (1.5, 3, 20):
        target = float(f"{ahead.predict([48_600 * factor]).median[0]:.4g}")
        view.page.fill("#target-value", _typed(target, metric))
        numbers, expected = view.numbers("target-answer"), ahead.samples_for(target)
        loss = 1 - target if metric == "accuracy" else target
        for name, probability in (("lower", 0.05), ("median", 0.5), ("upper", 0.95)):
            assert np.isinf(numbers[name]) == np.isinf(getattr(expected, name))
            if np.isfinite(numbers[name]):
                # Where a quantile is flat sizes far apart are as good: ask the forecast back.
                met = (ahead.log_losses([numbers[name]]) <= np.log(loss)).mean()
                assert met == pytest.approx(probability, abs=1e-3)
        assert numbers["median"] == pytest.approx(expected.median, rel=0.01)
        assert numbers["probability"] == pytest.approx(expected.probability_reachable, abs=3e-3)


def test_a_target_that_is_met_already(view: Opened, ahead: Forecast, metric: str) -> None:
    target = 0.6 if metric == "loss" else 0.7
    view.page.fill("#target-value", _typed(target, metric))
    # The page names the first measured size from which on the mean meets the target; the forecast
    # also says where between two sizes.
    means = ahead.scale.losses(np.array([point.mean for point in ahead.curve.summary()]))
    above = np.flatnonzero(means > ahead.loss_of(target))
    first = ahead.curve.sizes[above[-1] + 1 if len(above) else 0]
    assert view.numbers("target-answer")["median"] == first
    assert ahead.samples_for(target).median <= first
    assert "Met already" in view.text("#target-answer")


def test_a_target_that_makes_no_sense_is_refused(view: Opened, metric: str) -> None:
    view.page.fill("#target-value", "-1")
    assert "Give a value" in view.text("#target-answer")


def test_where_labelling_stops_agrees_with_the_forecast(
    view: Opened, ahead: Forecast, metric: str
) -> None:
    view.page.fill("#label-price", "0.05")
    view.page.fill("#unit-worth", "1500")
    numbers, expected = view.numbers("price-answer"), ahead.stop_at(0.05, 150_000)
    # The forecast looks at sizes 5.6 % apart.
    assert numbers["median"] == pytest.approx(expected.median, rel=0.06)
    assert numbers["net"] == pytest.approx(expected.net, rel=0.06)


def test_slider_and_box_say_the_same(view: Opened) -> None:
    slider = view.page.locator("#size-slider")
    slider.focus()
    before = float(view.page.input_value("#size"))
    view.page.keyboard.press("ArrowLeft")
    after = float(view.page.input_value("#size"))
    assert after < before
    assert slider.get_attribute("aria-valuetext") == f"{after:,.0f} samples"
    assert view.layout("shapes.at(-1).x0") == after
    assert f"size={after:.0f}" in view.page.url
    view.page.fill("#size", "1000000")
    assert "times the largest" in view.text("#predict-answer")
    view.page.fill("#size", "1e12")
    assert "Choose a size from 200" in view.text("#predict-answer")


def test_axes_switch_between_log_and_linear(view: Opened) -> None:
    view.page.select_option("#metric", "loss")
    for box, axis in (("#log-x", "xaxis"), ("#log-y", "yaxis")):
        assert view.layout(f"{axis}.type") == "log"
        view.page.uncheck(box)
        assert view.layout(f"{axis}.type") == "linear"
        view.page.check(box)
        assert view.layout(f"{axis}.type") == "log"


def test_zoom_by_button_and_by_pointer(view: Opened) -> None:
    view.page.click("[data-zoom=measured]")
    assert 10 ** view.layout("xaxis.range[1]") == pytest.approx(48_600 * 1.25)
    view.page.click("[data-zoom=all]")
    box = view.page.locator("#curve-plot .nsewdrag").bounding_box()
    assert box is not None
    whole = view.layout("xaxis.range")
    view.page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
    view.page.mouse.down()
    view.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.7, steps=5)
    view.page.mouse.up()
    view.wait_until(lambda: view.layout("xaxis.range[0]") > whole[0])
    start, end = view.layout("xaxis.range")
    assert whole[0] < start < end < whole[1]
    shown = [tick for tick in view.layout("xaxis.tickvals") if start <= np.log10(tick) <= end]
    assert len(shown) >= 3
    view.page.click("[data-zoom=all]")


def test_pointing_at_a_run_says_its_figures(view: Opened, run_directory: Path) -> None:
    view.page.locator("#curve-plot .scatterlayer .point").first.hover(force=True)
    said = view.page.locator("#curve-plot .hovertext").first.text_content()
    assert said is not None
    assert said.startswith("200 samples")


def test_the_table_is_downloaded_and_copied(view: Opened, run_directory: Path) -> None:
    with view.page.expect_download() as download:
        view.page.click("text=Download all runs")
    assert download.value.suggested_filename == "letters.csv"
    assert Path(download.value.path()).read_text() == load_curve(run_directory).to_csv()
    view.page.click("text=Copy table")
    view.page.wait_for_selector("[data-copied]:not(:empty)")


def test_classes_are_ordered_and_highlighted(view: Opened) -> None:
    rows = view.page.locator("#class-table tbody tr")
    assert rows.count() == 5
    view.page.select_option("#class-order", "index")
    shown = view.page.locator("#class-table tbody .class").all_inner_texts()
    assert shown[0] == "<script>window.hacked = 1</script>"
    assert rows.first.get_attribute("data-index") == "0"
    view.page.select_option("#class-order", "error")
    errors = [float(row.get_attribute("data-error") or 0) for row in rows.all()]
    assert errors == sorted(errors, reverse=True)
    view.page.select_option("#class-chosen", "4")
    widths = view.page.evaluate("document.getElementById('class-plot').data.map(t => t.line.width)")
    assert widths == [1, 1, 1, 1, 3]
    view.page.select_option("#class-chosen", "")


def test_a_metric_without_a_law_is_shown_as_measured(view: Opened) -> None:
    view.page.select_option("#metric", "ece")
    assert view.layout("yaxis.title.text") == "expected calibration error"
    assert "No forecast" in view.text("#predict-answer")


def test_a_page_of_single_runs_near_1_has_a_target_below_1_and_tells_figures_apart(
    browser: Browser, tmp_path: Path
) -> None:
    run = make_run(tmp_path / "near", seeds=1, floor=0, exponent=0.6)
    file = tmp_path / "near.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dataworth.report.study_report.FORECAST_METRICS", ("loss", "accuracy"))
        file.write_text(page_html([read_runs(run)[0]]), encoding="utf-8")
    with opened(browser, file) as view:
        view.page.select_option("#metric", "accuracy")
        assert "Type a value" in view.text("#target-answer")
        ticks = view.page.locator("#curve-plot .ytick text").all_text_contents()
        assert 1 < min(float(tick) for tick in ticks) < 100
        view.page.fill("#size", "4000000")
        median = view.numbers("predict-answer")["median"]
        said = float(view.text("#predict-answer .big").removesuffix(" %")) / 100
        assert 1 - said == pytest.approx(1 - median, rel=0.05)
        view.page.fill("#target-value", "99.9987")
        assert "target: 99.9987 %" in view.text("#curve-legend")
        assert "mean over seeds" not in view.text("#curve-legend")


def test_a_link_shows_the_answers_again(browser: Browser, page_file: Path) -> None:
    asked = "#metric=accuracy&size=100000&target=0.99&price=0.5"
    with opened(browser, page_file, fragment=asked) as view:
        assert view.page.input_value("#metric") == "accuracy"
        assert view.page.input_value("#size") == "100000"
        assert view.page.input_value("#target-value") == "99"
        assert view.page.input_value("#label-price") == "0.5"
        assert "Going there costs 25,700" in view.text("#predict-answer")
        assert "percentage point" in view.text("#unit-worth-label")


def test_texts_follow_the_metric_that_is_chosen(browser: Browser, page_file: Path) -> None:
    with opened(browser, page_file) as view:
        for metric, said in (("accuracy", "raise accuracy"), ("loss", "lower loss")):
            view.page.select_option("#metric", metric)
            shown = view.page.locator(".answer:visible").all_inner_texts()
            assert len(shown) == 1
            assert said in shown[0]


def test_the_figure_is_saved_as_svg_and_png(browser: Browser, page_file: Path) -> None:
    with opened(browser, page_file) as view:
        for kind, start in (("svg", b"<svg "), ("png", b"\x89PNG")):
            with view.page.expect_download() as download:
                view.page.click(f"[data-picture={kind}]")
            assert download.value.suggested_filename == f"letters-accuracy.{kind}"
            assert Path(download.value.path()).read_bytes().startswith(start)
