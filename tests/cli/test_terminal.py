"""What is printed stays readable on a narrow terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from survey_stats.cli import terminal

COLUMNS = ["district", "estimate", "se", "n", "flag"]
ROWS = [["Hässelby-Vällingby", "0.30303", "0.0023678", "380584", ""]] * 2


def printed(monkeypatch: pytest.MonkeyPatch, width: int, rows: list[list[str]]) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    monkeypatch.setattr(terminal, "OUT", console)
    terminal.print_table("a title", COLUMNS, rows)
    return console.export_text()


@pytest.mark.parametrize("width", [40, 60, 160])
def test_no_number_is_broken_over_two_lines(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    text = printed(monkeypatch, width, ROWS)
    for number in ROWS[0][1:4]:
        assert text.count(number) == 2
    assert max(map(len, text.splitlines())) <= width


def test_a_column_that_says_nothing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "flag" not in printed(monkeypatch, 100, ROWS)
    said = [*ROWS, ["Farsta", "–", "–", "0", "no answers"]]
    assert "no answers" in printed(monkeypatch, 100, said)
    assert "flag" in printed(monkeypatch, 100, [])
