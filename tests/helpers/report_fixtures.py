from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from report_runs import make_run

from dataworth.observers.artifacts import Artifacts
from dataworth.report.page import page_html
from dataworth.report.study_report import Ahead, RunReport, read_runs

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


@pytest.fixture
def one_forecast(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page forecasts the metric of its study alone: for tests of what is around forecasts."""
    monkeypatch.setattr("dataworth.report.study_report.FORECAST_METRICS", ())


@pytest.fixture
def no_forecast(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is without forecasts: for tests of the study, or of what else the page says."""
    nothing = Ahead(None, None, "This page is made without a forecast.")
    monkeypatch.setattr("dataworth.report.study_report.look_ahead", lambda curve: nothing)


@pytest.fixture
def no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """A study writes its curve without a picture, which takes longer than a quick study."""
    monkeypatch.setattr(Artifacts, "_write_picture", lambda self, curves: None)


@pytest.fixture(scope="session")
def run_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run directory with six sizes, three seeds and class names that want to be scripts."""
    return make_run(tmp_path_factory.mktemp("runs") / "letters")


@pytest.fixture(scope="session")
def run_report(run_directory: Path) -> RunReport:
    """All numbers of `run_directory`; the forecast of a third metric would only take time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dataworth.report.study_report.FORECAST_METRICS", ("loss", "accuracy"))
        return read_runs(run_directory)[0]


@pytest.fixture(scope="session")
def page_file(run_report: RunReport, run_directory: Path) -> Path:
    """The page of `run_directory`."""
    file = run_directory / "page.html"
    file.write_text(page_html([run_report]), encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def comparison_file(run_report: RunReport, run_directory: Path) -> Path:
    """The page of two runs: the other levels off higher."""
    folder = run_directory.parent
    other = make_run(folder / "other", name="<i>other</i>", floor=0.35, exponent=0.5)
    file = folder / "compare.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dataworth.report.study_report.FORECAST_METRICS", ("loss",))
        file.write_text(page_html([run_report, read_runs(other)[0]]), encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a screen."""
    pytest.importorskip("playwright", reason="install dataworth[browser] for the browser tests")
    from playwright.sync_api import Error, sync_playwright

    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    with sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(executable_path=found, args=list(_QUIET))
        except Error as error:
            pytest.skip(f"no Chromium: install it, or run `playwright install chromium` ({error})")
        yield chromium
        chromium.close()
