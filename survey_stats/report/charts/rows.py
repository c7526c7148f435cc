"""Figures with one line a row: its name left, the picture, and its numbers right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from survey_stats.drawing.page import MOST_HEIGHT, Drawn, Sheet, Words, sheet
from survey_stats.drawing.palette import GRID, SOFT
from survey_stats.drawing.text import named, shortened, text_width
from survey_stats.errors import InputError
from survey_stats.labels import Language
from survey_stats.report.charts.frame import FONT, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_ROWS = 45
# points: the widest name of two lines and of one, a row of each, what stands above and below
_NAME, _ONE_LINE = 165.0, 190.0
_PITCH, _TWO_LINES, _AROUND = 17.0, 25.0, 90.0


@dataclass(frozen=True)
class Rows:
    """A sheet with R rows, the first on top at height 0 of the data.

    Attributes:
        sheet: where to draw.
        names: of the rows, broken into lines where they are long.
        body: height of all rows, in points.
    """

    sheet: Sheet
    names: tuple[str, ...]
    body: float

    @property
    def ax(self) -> Axes:
        return self.sheet.ax

    def column(self, texts: Sequence[str], head: str, bold: Sequence[bool] = ()) -> None:
        """Texts right of the picture, one a row, under a head."""
        strong = list(bold) or [False] * len(texts)
        for y, (text, heavy) in enumerate(zip(texts, strong, strict=True)):
            self.sheet.beside(text, y, self.sheet.width + 8, SMALL, bold=heavy)
        self.ax.annotate(
            head, (1, 1), xycoords="axes fraction", xytext=(8, 4), textcoords="offset points",
            fontsize=SMALL, color=SOFT, va="bottom", annotation_clip=False,
        )  # fmt: skip

    def finish(self, words: Words, handles: Sequence[Any] = (), lang: Language = "sv") -> Drawn:
        """Names, lines through the rows, and the size of the figure."""
        ax = self.ax
        ax.set_ylim(len(self.names) - 0.5, -0.5)
        ax.set_yticks(range(len(self.names)), list(self.names), fontsize=FONT)
        for tick in ax.get_yticklabels():
            tick.set(horizontalalignment="left", linespacing=1.0)
        ax.tick_params(axis="y", length=0, pad=self.sheet.left - 2)
        ax.spines["left"].set_visible(False)
        for y in range(len(self.names)):
            ax.axhline(y, color=GRID, linewidth=0.6, zorder=0)
        ax.tick_params(axis="x", length=3, labelsize=SMALL, color=SOFT)
        ax.grid(axis="x")
        return self.sheet.finish(self.body, words, handles, lang)


def rows_of(
    plt: Any, names: Sequence[str], texts: Sequence[str], head: str = "", below: float = 22.0
) -> Rows:
    """A bare sheet with a row a name.

    Args:
        plt: as `style` gives it.
        names: of the rows.
        texts: what stands right of the picture, for its width.
        head: of these.
        below: points for ticks and their label.

    Raises:
        InputError: more rows than a page holds.
    """
    if len(names) > MOST_ROWS:
        raise InputError(
            f"A figure of {len(names)} rows does not fit a page; choose at most {MOST_ROWS}"
        )
    broken = tuple(named(n, FONT, _NAME) for n in names)
    room = (72 * MOST_HEIGHT - _AROUND) / len(names)
    two = any("\n" in n for n in broken)
    if two and room < _TWO_LINES:
        broken = tuple(shortened(n, FONT, _ONE_LINE, inside=True) for n in names)
        two = False
    left = max(text_width(n, FONT) for n in broken) + 10
    right = max((text_width(t, SMALL, True) for t in (*texts, head) if t), default=0.0)
    pitch = min(_TWO_LINES if two else _PITCH, room)
    page = sheet(plt, None, left, right + 12 if right else 8.0, 14.0, below, bare=True)
    return Rows(page, broken, pitch * max(len(names), 2))
