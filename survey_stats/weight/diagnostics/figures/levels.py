"""The rows of a figure with one row a level: which are drawn, and their names by the side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from survey_stats.drawing.page import FONT, SMALL, Sheet
from survey_stats.drawing.palette import GRID, SOFT
from survey_stats.drawing.text import shortened, text_width
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.labels import Language, capital, word
from survey_stats.weight.diagnostics import names

if TYPE_CHECKING:
    from survey_stats.weight.diagnostics.report import WeightingReport

MOST_ROWS = 42
# points from row to row, and above the first row of a variable
ROW = 12.5
GAP = 7.0


@dataclass(frozen=True, eq=False)
class Rows:
    """Levels in the order in which they are drawn.

    Attributes:
        frame: their rows of the table `balance`.
        y: height of each above the lower edge, in points.
        body: height of all, in points.
        heads: (variable, height) of the variables above their levels.
        names: the levels in the reader's words.
        left_out: levels for which there was no room.
    """

    frame: pd.DataFrame
    y: list[float]
    body: float
    heads: list[tuple[str, float]]
    names: list[str]
    left_out: int

    def __len__(self) -> int:
        return len(self.frame)


def rows_of(
    report: WeightingReport, group: str | None, lang: Language, kinds: Sequence[str]
) -> Rows:
    """The levels of all respondents, or of a group of `by`.

    Raises:
        InputError: there is no population to compare with.
        UnknownNameError: there is no such group.
    """
    table = report.tables["balance"]
    table = table[table["kind"].isin(list(kinds)) & table["smd_after"].notna()]
    groups = sorted(set(table["group"]) - {""})
    if group is not None and group not in groups:
        raise UnknownNameError("group", group, groups, "the balance of the weights")
    table = table[table["group"] == (group or "")].reset_index(drop=True)
    if table.empty:
        raise InputError(
            "There is no population to compare the weights with; give tables of the population "
            "by benchmarks= when the report is made"
        )
    left_out = len(table) - MOST_ROWS
    if left_out > 0:
        size = table[["smd_before", "smd_after"]].abs().max(axis=1)
        table = table.loc[np.sort(size.nlargest(MOST_ROWS).index.to_numpy())].reset_index(drop=True)
    texts, heads, at = [], [], []
    down, last = 0.0, None
    for row in table.to_dict("records"):
        if row["kind"] == "mean":
            heading_needed = last is not None and last != "mean"
            down += GAP if heading_needed else 0
            texts.append(capital(word(str(row["variable"]), lang)))
            last = "mean"
        else:
            if row["variable"] != last:
                down += GAP if last is not None else 0
                heads.append((capital(names.variable(str(row["variable"]), lang)), down))
                down += ROW
                last = row["variable"]
            texts.append(names.levels(str(row["level"]), str(row["variable"]), lang))
        at.append(down)
        down += ROW
    body = down + 2
    return Rows(
        table,
        [body - d - ROW / 2 - 1 for d in at],
        body,
        [(name, body - d - ROW / 2 - 1) for name, d in heads],
        texts,
        max(left_out, 0),
    )


def left_of(rows: Rows, most: float) -> float:
    """Points that the names by the side take, at most `most`."""
    wide = max(
        [
            *(text_width(n, FONT) + 8 for n in rows.names),
            *(min(text_width(n, FONT, True), most - 8) for n, _ in rows.heads),
        ]
    )
    return min(wide + 8, most)


def set_names(page: Sheet, rows: Rows, left: float) -> None:
    """Names of variables and levels left of the Axes, and thin lines through the rows."""
    ax = page.ax
    ax.set_ylim(0, rows.body)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    for name, y in rows.heads:
        page.beside(shortened(name, FONT, left, True), y, -left, bold=True)
    for name, y, kind in zip(rows.names, rows.y, rows.frame["kind"], strict=True):
        indent = 0 if kind == "mean" else 8
        text = shortened(name, FONT, left - indent - 4, kind == "mean")
        page.beside(text, y, -left + indent, bold=kind == "mean")
        ax.axhline(y, color=GRID, linewidth=0.6, zorder=0)


def set_columns(
    page: Sheet, rows: Rows, columns: Sequence[tuple[str, Sequence[str]]], bold: int = -1
) -> None:
    """Columns of numbers right of the Axes, right-aligned, with their heads above."""
    end = page.width + page.right
    for k in range(len(columns) - 1, -1, -1):
        head, texts = columns[k]
        page.note(head, (end, 2), SMALL, SOFT, ha="right")
        for text, y in zip(texts, rows.y, strict=True):
            page.beside(text, y, end, SMALL, bold=k == bold, ha="right")
        end -= column_width(head, texts)


def column_width(head: str, texts: Sequence[str]) -> float:
    """Points from the right edge of a column to that of the one before."""
    return max(text_width(t, SMALL, True) for t in (head, *texts)) + 9
