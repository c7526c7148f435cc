"""The sheet that a figure is drawn on, as wide as the text of a document or as a phone.

All room around the Axes is measured in points, so text never lies on text. A figure of its own
has its title, key and notes on it; in a document title and notes stand in the caption and under
the figure, and the sheet is `bare`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from survey_stats.drawing.palette import EDGE, GRID, INK, SOFT
from survey_stats.drawing.text import FAMILY, fitted, text_width
from survey_stats.errors import InputError
from survey_stats.labels import Language, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# inches: inside the margins of an A4 page, and on a phone
WIDTH = 6.7
NARROW = 3.75
MOST_HEIGHT = 9.6
# points
MARGIN = 5.0
TITLE = 11.0
FONT = 8.5
SMALL = 7.5


@dataclass(frozen=True)
class Words:
    """What stands around a figure: the title, the line under it, and the notes below."""

    title: str
    subtitle: str = ""
    notes: tuple[str, ...] = ()
    synthetic: bool = False


@dataclass(frozen=True)
class Drawn:
    """A finished figure, with the words that belong to it, on the sheet or beside it."""

    ax: Axes
    words: Words


def settings() -> dict[str, Any]:
    """What matplotlib is told before a figure is drawn."""
    return {
        "font.family": FAMILY,
        "font.size": FONT,
        "axes.edgecolor": EDGE,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "grid.color": GRID,
        "grid.linewidth": 0.6,
        "hatch.linewidth": 0.6,
        "text.color": INK,
        # labels are data: $x$ is not mathematics
        "text.parse_math": False,
        "axes.labelcolor": INK,
        "axes.unicode_minus": True,
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.labelsize": SMALL,
        "ytick.labelsize": FONT,
        "svg.hashsalt": "survey_stats",
    }


@contextmanager
def style() -> Iterator[Any]:
    """The settings under which a figure is drawn; gives `matplotlib.pyplot`.

    Raises:
        InputError: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise InputError(
            "Plots need matplotlib: pip install 'survey-stats-lagesbild[report]'"
        ) from error
    told: Any = settings()
    with mpl.rc_context(told):
        yield plt


@dataclass(frozen=True)
class Sheet:
    """The Axes of a figure and the room around it, in points.

    Attributes:
        ax: where it is drawn.
        own: whether the figure is ours to size; else only the Axes are touched.
        total: width of the whole figure.
        left, right, above, below: room for names, columns, heads and tick labels.
        bare: whether title and notes stand outside the picture.
    """

    ax: Axes
    own: bool
    total: float
    left: float
    right: float
    above: float
    below: float
    bare: bool = False

    @property
    def width(self) -> float:
        """Points that the Axes are wide."""
        if self.own:
            return self.total - 2 * MARGIN - self.left - self.right
        figure: Any = self.ax.figure
        return float(72 * self.ax.get_position().width * figure.get_size_inches()[0])

    @property
    def room(self) -> float:
        """Points from the first letter of the title to the right edge."""
        return self.total - 2 * MARGIN if self.own else self.width

    @property
    def key_size(self) -> float:
        """Points of the letters of the key, which is read without notes where the sheet is bare."""
        return FONT if self.bare else SMALL

    def note(
        self,
        text: str,
        at: tuple[float, float],
        size: float = SMALL,
        colour: str = SOFT,
        bold: bool = False,
        ha: str = "left",
        top: bool = True,
    ) -> None:
        """A text at points from the upper (or lower) left corner of the Axes."""
        self.ax.annotate(
            text, (0, 1 if top else 0), xycoords="axes fraction", xytext=at,
            textcoords="offset points", fontsize=size, color=colour,
            fontweight="bold" if bold else "normal", ha=ha, va="bottom" if top else "top",
            linespacing=1.15, annotation_clip=False,
        )  # fmt: skip

    def beside(
        self,
        text: str,
        y: float,
        x: float,
        size: float = FONT,
        colour: str = INK,
        bold: bool = False,
        ha: str = "left",
        **more: Any,
    ) -> None:
        """A text at a height of the data, `x` points from the left edge of the Axes.

        With x at or beyond `width` it stands right of them.
        """
        right = x >= self.width
        how = {"va": "center_baseline", "annotation_clip": False, **more}
        self.ax.annotate(
            text, (1 if right else 0, y), xycoords=("axes fraction", "data"),
            xytext=(x - self.width if right else x, 0), textcoords="offset points", fontsize=size,
            color=colour, fontweight="bold" if bold else "normal", ha=ha, **how,
        )  # fmt: skip

    def finish(
        self, body: float, words: Words, handles: Sequence[Any] = (), lang: Language = "sv"
    ) -> Drawn:
        """Set title, key and notes, and size the figure to a body of `body` points.

        Args:
            body: height of the Axes.
            words: the texts; a bare sheet has only the key and that data are made up.
            handles: of the key, which stands in as few rows as it fits into.
            lang: the reader's language.
        """
        start = -self.left if self.own else 0.0
        top = self.above + 4.0
        if not self.bare:
            top = self._titles(words, start)
        bottom = -self.below
        if handles:
            told = [str(h.get_label()) for h in handles]
            columns = key_columns(told, self.room, self.key_size)
            self._key(handles, (start, bottom), columns)
            bottom -= 13.0 * -(-len(handles) // columns) + 4
        # a picture of made-up data says so wherever it is taken
        lines = [(word("synthetic", lang), True)] if words.synthetic else []
        lines += [] if self.bare else [(line, False) for line in words.notes]
        for text, strong in lines:
            broken = fitted(text, SMALL, self.room, strong)
            colour = INK if strong else SOFT
            self.note(broken, (start, bottom), SMALL, colour, strong, top=False)
            bottom -= 10.5 * (broken.count("\n") + 1) + 1
        drawn = Drawn(self.ax, words)
        if not self.own:
            return drawn
        height = top + body - bottom + 5
        figure: Any = self.ax.figure
        figure.set_size_inches(self.total / 72, height / 72)
        self.ax.set_position(
            (
                (self.left + MARGIN) / self.total,
                (5 - bottom) / height,
                self.width / self.total,
                body / height,
            )
        )
        return drawn

    def _titles(self, words: Words, start: float) -> float:
        """Title and the line under it; the points above the Axes that they reach to."""
        lift = self.above + 4
        if words.subtitle:
            second = fitted(words.subtitle, FONT, self.room)
            self.note(second, (start, lift), FONT)
            lift += 11.5 * (second.count("\n") + 1) + 4
        first = fitted(words.title, TITLE, self.room, bold=True)
        self.note(first, (start, lift), TITLE, INK, bold=True)
        return lift + 13.5 * (first.count("\n") + 1) + 4

    def _key(self, handles: Sequence[Any], at: tuple[float, float], columns: int) -> None:
        from matplotlib.transforms import ScaledTranslation

        figure: Any = self.ax.figure
        moved = self.ax.transAxes + ScaledTranslation(
            at[0] / 72, at[1] / 72, figure.dpi_scale_trans
        )
        # by rows: matplotlib fills columns
        rows = -(-len(handles) // columns)
        order = [i for c in range(columns) for i in range(c, len(handles), columns)]
        self.ax.legend(
            handles=[handles[i] for i in order] if rows > 1 else list(handles),
            loc="upper left", bbox_to_anchor=(0, 0), bbox_transform=moved, ncols=columns,
            frameon=False, fontsize=self.key_size, handletextpad=0.4, columnspacing=1.2,
            borderaxespad=0, borderpad=0.2, handlelength=1.4,
        )  # fmt: skip


def sheet(
    plt: Any,
    ax: Axes | None,
    left: float,
    right: float,
    above: float,
    below: float,
    *,
    narrow: bool = False,
    bare: bool = False,
) -> Sheet:
    """A new figure (as wide as a page or as a phone), or the Axes given, with room around it.

    A bare one is a document's and unknown to pyplot, which would show it a second time.
    """
    from matplotlib.figure import Figure

    if ax is not None:
        return Sheet(ax, False, 72 * WIDTH, left, right, above, below, bare)
    wide = NARROW if narrow else WIDTH
    figure = Figure(figsize=(wide, 3)) if bare else plt.figure(figsize=(wide, 3))
    made = figure.add_subplot()
    return Sheet(made, True, 72 * wide, left, right, above, below, bare)


def key_columns(labels: Sequence[str], room: float, size: float = SMALL) -> int:
    """Into how many columns a key fits."""
    for columns in range(len(labels), 1, -1):
        widths = [
            max(text_width(labels[i], size) for i in range(c, len(labels), columns))
            for c in range(columns)
        ]
        if sum(widths) + 24 * columns <= room:
            return columns
    return 1
