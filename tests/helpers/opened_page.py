"""A page as a person has it open, and what it did meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@dataclass
class Opened:
    """The page, the addresses it asked for, and what it complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def text(self, selector: str) -> str:
        """The text of an element, as it is seen."""
        return self.page.locator(selector).inner_text()

    def numbers(self, answer: str, run: int = 0) -> dict[str, float]:
        """The unrounded numbers behind an answer."""
        found: dict[str, str] = (
            self.page.locator(f"#{answer} .result")
            .nth(run)
            .evaluate("element => ({...element.dataset})")
        )
        return {name: float(value.replace("Infinity", "inf")) for name, value in found.items()}

    def layout(self, path: str, plot: str = "curve-plot") -> Any:
        """A part of a plot's layout, such as "xaxis.type"."""
        return self.page.evaluate(f"document.getElementById('{plot}').layout.{path}")

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Ask again and again: the page forbids the evaluation that Playwright waits with."""
        for _ in range(100):
            if condition():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("the page did not come to what was waited for in 5 s")


@contextmanager
def opened(
    browser: Browser,
    file: Path,
    *,
    width: int = 1100,
    scheme: Literal["light", "dark"] = "light",
    before: str = "",
    fragment: str = "",
) -> Iterator[Opened]:
    """Open a file with the network cut off; `before` is a script that runs first."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    view = Opened(page)
    page.on("request", lambda request: view.requests.append(request.url))
    page.on("pageerror", lambda error: view.complaints.append(str(error)))
    page.on("console", lambda message: view.complaints.append(message.text))
    if before:
        page.add_init_script(before)
    page.goto(file.as_uri() + fragment)
    page.wait_for_selector("html[data-ready]", timeout=60_000)
    yield view
    context.close()
