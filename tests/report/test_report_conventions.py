"""What every page owes its readers: colours, paper, small screens, keyboards, screen readers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from opened_page import Opened, opened
from report_runs import make_run

from dataworth.report import write_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BACKGROUND = "getComputedStyle(document.documentElement).backgroundColor"
WHITE, DARK = "rgb(255, 255, 255)", "rgb(20, 23, 28)"


def _grave(view: Opened) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    view.page.wait_for_timeout(50)
    found = Axe().run(view.page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:100]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def test_no_serious_barrier(browser: Browser, page_file: Path) -> None:
    with opened(browser, page_file) as view:
        assert _grave(view) == []
        view.page.click("#theme")
        assert _grave(view) == []


def test_dark_by_the_system_and_by_the_button(browser: Browser, page_file: Path) -> None:
    with opened(browser, page_file, scheme="dark") as view:
        assert view.page.evaluate(BACKGROUND) == DARK
        assert view.layout("font.color") == "#e8eaee"
        view.page.click("#theme")
        assert view.page.evaluate(BACKGROUND) == WHITE
        assert view.layout("font.color") == "#1b1e23"
        assert view.page.get_attribute("#theme", "aria-pressed") == "false"


def test_paper_is_light_whatever_the_screen(browser: Browser, page_file: Path) -> None:
    with opened(browser, page_file, scheme="dark") as view:
        view.page.emulate_media(media="print")
        assert view.page.evaluate(BACKGROUND) == WHITE
        view.wait_until(lambda: view.layout("font.color") == "#1b1e23")
        assert not view.page.is_visible("#theme")
        assert len(view.page.pdf()) > 10_000


def test_readable_at_360_pixels(browser: Browser, comparison_file: Path) -> None:
    with opened(browser, comparison_file, width=360) as view:
        assert view.page.evaluate("document.documentElement.scrollWidth") == 360
        sizes = view.page.evaluate(
            "[...document.querySelectorAll('p, td, th, label, button, dd, li')]"
            ".map(element => parseFloat(getComputedStyle(element).fontSize))"
        )
        assert min(sizes) >= 12


def test_everything_is_reached_by_keyboard_with_a_visible_focus(
    browser: Browser, page_file: Path
) -> None:
    with opened(browser, page_file) as view:
        wanted = view.page.evaluate(
            "[...document.querySelectorAll("
            "'button, input, select, summary, a[href], [tabindex=\"0\"]')]"
            ".filter(element => element.checkVisibility()).length"
        )
        reached = []
        for _ in range(wanted):
            view.page.keyboard.press("Tab")
            reached.append(view.page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))
            outline = view.page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
            assert outline == "3px", reached[-1]
        assert len(set(reached)) == wanted
        view.page.focus("#theme")
        view.page.keyboard.press("Enter")
        assert view.page.evaluate(BACKGROUND) == DARK


def test_without_scripts_and_on_paper_the_picture_and_the_tables_are_there(
    browser: Browser, page_file: Path
) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(page_file.as_uri())
    for media in ("screen", "print"):
        page.emulate_media(media=media)
        assert page.locator("img.still:visible").count() == 1
        assert not page.is_visible("#curve-plot")
        assert not page.is_visible("#ask")
        assert page.locator("#more table:visible").count() == 1
        assert page.is_visible("#measured-0")
    context.close()
    with opened(browser, page_file) as view:
        assert view.page.locator("img.still:visible").count() == 0
        view.page.emulate_media(media="print")
        assert view.page.locator("img.still:visible").count() == 1
        assert not view.page.is_visible("#curve-plot")
        # Nothing on paper asks to drag, click or type.
        assert view.page.locator(".scripted:visible").count() == 0


def test_without_plots_the_answers_stay(browser: Browser, page_file: Path) -> None:
    script = "delete window.DecompressionStream"
    with opened(browser, page_file, before=script) as view:
        assert view.page.is_visible("#no-plots")
        assert view.numbers("predict-answer")["median"] > 0
        view.page.fill("#size", "60000")
        assert "90 % interval" in view.text("#predict-answer")


ODD: dict[str, dict[str, Any]] = {
    "one run": {"sizes": [500], "seeds": 1, "names": ["no", "yes"], "pixels": None},
    "two sizes": {"sizes": [500, 1_000], "seeds": 1},
    "a run that diverged": {"sizes": [200, 600, 1_800, 5_400], "diverged": 600},
    "many classes": {"sizes": [500, 5_000], "names": [f"class {i}" for i in range(150)]},
}


_SIMPLER = ("one run", "two sizes")


@pytest.mark.parametrize(
    "kind", [pytest.param(n, marks=[pytest.mark.slow] * (n in _SIMPLER)) for n in ODD]
)
def test_odd_runs_have_a_page_too(
    browser: Browser, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataworth.report.study_report.FORECAST_METRICS", ("loss",))
    with opened(browser, write_report(make_run(tmp_path, **ODD[kind]))) as view:
        assert view.complaints == []
        assert view.page.locator("#curve-plot .scatterlayer .point").count() > 0
        assert "nan" not in view.page.locator(".answer:visible").first.inner_text().lower()
        for metric in ("accuracy", "ece", "loss"):
            view.page.select_option("#metric", metric)
            assert "NaN" not in view.text("#ask") + view.text("#curve")
        assert view.complaints == []


def test_several_runs_on_one_page(browser: Browser, comparison_file: Path) -> None:
    with opened(browser, comparison_file) as view:
        assert view.page.locator("#predict-answer .result").count() == 2
        assert view.numbers("predict-answer", 0) != view.numbers("predict-answer", 1)
        legend = view.page.locator("#curve-legend li").all_inner_texts()
        assert legend[:2] == ["letters", "<i>other</i>"]
        assert "than <i>other</i> at 48,600 samples" in view.text("#standings")
        assert view.page.locator("#standings tbody tr").count() == 2
        assert _grave(view) == []
        assert view.requests == [comparison_file.as_uri()]
        assert view.complaints == []
