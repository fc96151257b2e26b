import io
import itertools
from collections.abc import Callable

import numpy as np
import pytest
from rich.console import Console
from rich.table import Table

from dataworth._util.numbers import format_chance
from dataworth.cli.answers import Answers
from dataworth.cli.audit import _show
from dataworth.cli.show.forecast import show_comparison, show_forecast
from dataworth.cli.show.tables import curve_table, new_table, print_table, published_table
from dataworth.curves.curve import Curve
from dataworth.findings import Finding
from dataworth.forecast.compare import Comparison, compare

WIDTHS = (40, 60, 80, 120)
FAR = 123_456_789.0


@pytest.fixture(scope="module")
def compared() -> Comparison:
    sizes = np.repeat(10_000 * 2 ** np.arange(5), 2)
    noise = np.random.Generator(np.random.Philox(3)).normal(0, 0.01, (2, len(sizes)))
    first, second = (0.1 + 8 * sizes**-0.4) * np.exp(noise)
    return compare([Curve(sizes, first, name="mlp"), Curve(sizes, 2 * second, name="linear")])


def _printed(width: int, show: Callable[[Console], None], terminal: bool = True) -> str:
    text = io.StringIO()
    show(Console(file=text, width=width, force_terminal=terminal, no_color=True))
    return text.getvalue()


def _curve(console: Console) -> None:
    curve = Curve([697_932, 697_932], [0.51234, 0.7], others={"accuracy": [0.8, 0.9]})
    print_table(console, curve_table(curve))
    print_table(console, published_table(Curve([697_931], [1.192e-7]), curve))


def _finding(console: Console) -> None:
    evidence = {"largest_as_fed": 0.0627451, "rows": list(range(100_000, 100_009))}
    _show(console, "runs/letters", [Finding("code", "warning", "x", "Odd.", evidence, "Look.")])


@pytest.mark.parametrize("width", WIDTHS)
def test_no_terminal_is_too_narrow_for_a_figure(width: int, compared: Comparison) -> None:
    made = compared.forecasts["mlp"]
    answers = Answers(made, [FAR], [], None, 0.9, None)
    shown = {
        "curve": _printed(width, _curve),
        "finding": _printed(width, _finding),
        "forecast": _printed(width, lambda to: show_forecast(to, answers)),
        "comparison": _printed(width, lambda to: show_comparison(to, compared, [FAR], 0.9)),
    }
    for name, text in shown.items():
        assert "…" not in text, name
        assert max(map(len, _plain(text).splitlines())) <= width, name
    for figures in ("697,932", "0.6062", "0.133", "1.192e-07"):
        assert figures in shown["curve"]
    assert "0.0627451" in shown["finding"]
    assert "100008" in shown["finding"]
    assert f"{FAR:,.0f}" in shown["forecast"]
    for standing in compared.standings(FAR, 0.9):
        assert format_chance(standing.probability_best) in shown["comparison"]


def _plain(text: str) -> str:
    """Without the signs for bold and dim type."""
    parts = text.split("\x1b[")
    return parts[0] + "".join(part.partition("m")[2] for part in parts[1:])


def _numbers() -> Table:
    table = new_table("name", "samples", "loss", "note", text=3)
    table.add_row("a", "1,000,000", "0.25", "a long remark that may be wrapped")
    table.add_row("b", "2,000,000", "0.125", "short")
    return table


def test_text_gives_way_before_figures_do() -> None:
    wide, narrow, narrowest = (
        _plain(_printed(width, lambda to: print_table(to, _numbers()))) for width in (70, 44, 24)
    )
    assert "a long remark that may be wrapped" in wide
    assert narrow.splitlines()[3].split()[1:3] == ["1,000,000", "0.25"]
    assert "may be wrapped" not in narrow.splitlines()[3]
    pairs = [line.split() for line in narrowest.splitlines() if line.strip()]
    assert ["samples", "1,000,000"] in pairs
    assert ["loss", "0.125"] in pairs


def test_a_file_gets_whole_lines() -> None:
    texts = [
        _printed(width, lambda to: print_table(to, _numbers()), terminal=False)
        for width in (20, 90)
    ]
    lines = [[line.split() for line in text.splitlines() if "000" in line] for text in texts]
    assert lines[0] == lines[1]
    assert [len(row) for row in itertools.chain(*lines)] == [10, 4, 10, 4]


@pytest.mark.parametrize("width", [12, 80])
def test_brackets_in_a_name_are_text(width: int) -> None:
    table = new_table("learner", "loss [nats]")
    table.add_row("a [/x]", "0.5")
    text = _printed(width, lambda console: print_table(console, table))
    assert "a [/x]" in text
    assert "[nat" in text
