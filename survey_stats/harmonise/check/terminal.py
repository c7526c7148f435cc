"""The findings as a compiler would print them: a block a variable, a last line with counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from survey_stats.harmonise.check.finding import SEVERITIES, Checked, Problem

if TYPE_CHECKING:
    from rich.console import RenderableType

_STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}


def blocks(checked: Checked) -> list[RenderableType]:
    """What to print, top to bottom; colours are the console's business."""
    from rich.text import Text

    told: list[RenderableType] = [Text(_headline(checked), style="bold")]
    for where, found in checked.by_variable().items():
        line = Text("\n").append(where, style="bold")
        text = checked.texts.get(found[0].name)
        if text is not None:
            line.append(f"  {text.en}", style="dim")
        told += [line, _findings(found)]
    if checked.not_checked:
        told.append(Text())
        told += [Text(f"not checked: {w.en}", style="dim") for w in checked.not_checked]
    told.append(Text("\n" + summary(checked), style="bold"))
    return told


def summary(checked: Checked) -> str:
    """The last line: how many findings of each severity."""
    file, book = checked.manifest.file, f"{checked.survey} {checked.wave}"
    if not len(checked):
        return f"{file} fits the codebook {book}."
    counts = [(checked.number(s), s) for s in SEVERITIES]
    told = ", ".join(f"{n} {s}{'' if n == 1 else 's'}" for n, s in counts)
    stops = "harmonise stops" if checked.number("error") else "nothing stops harmonise"
    return f"{told} in {file}; {stops}."


def _headline(checked: Checked) -> str:
    line = f"{checked.manifest.file}: {checked.title.en}, wave {checked.wave} ({checked.survey})"
    if checked.previous:
        others = ", ".join(f"{year} ({file})" for year, file in checked.previous)
        line += f"\ncompared with {others}"
        if checked.within.en:
            line += f", within {checked.within.en}"
    return line


def _findings(found: list[Problem]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1, 0, 0), expand=False)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for p in found:
        grid.add_row(
            Text(f"  {p.severity}", style=_STYLES[p.severity]),
            Text(f"{p.kind} ({p.count}): ", style="bold").append(p.what, style="not bold"),
        )
        if p.hint:
            grid.add_row(Text("        →", style="dim", justify="right"), Text(p.hint, style="dim"))
    return grid
