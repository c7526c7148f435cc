"""The look of figures of changes: one marker and one colour a verdict, and the text around.

A decided change has a colour and a filled triangle that points its way; `unchanged` is a filled
square, and what cannot be decided is hollow and pale. The colours keep apart in grey (lightness 57
and 34 of 100) and for readers who do not tell red from green.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from survey_stats.compare.figures import words
from survey_stats.compare.figures.cells import DOWN, OPEN, SAME, UP, VERDICTS, Cells
from survey_stats.errors import InputError
from survey_stats.labels import Language, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#222222"
SOFT = "#5f5f5f"
PALE = "#e9e9e9"
# inches inside the margins of an A4 page
WIDTH = 6.7
MOST_HEIGHT = 9.6
_EDGE = 5.0


@dataclass(frozen=True)
class Look:
    """How a verdict is drawn: marker, sign in text, and colours of line, cell and letters."""

    marker: str
    sign: str
    colour: str
    fill: str
    text: str


LOOKS = {
    UP: Look("^", "▲", "#c77700", "#e8981c", "#000000"),
    DOWN: Look("v", "▼", "#0b5394", "#0b5394", "#ffffff"),
    SAME: Look("s", "■", "#3c3c3c", "#d4d4d4", "#000000"),
    OPEN: Look("o", "○", "#8c8c8c", "#ffffff", SOFT),
}


def look(verdict: object) -> Look:
    return LOOKS.get(str(verdict), LOOKS[OPEN])


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
            "Plots need matplotlib and seaborn: pip install 'survey-stats-lagesbild[report]'"
        ) from error
    settings: Any = {
        "font.family": "DejaVu Sans",
        "font.size": 8.5,
        "axes.edgecolor": "#b8b8b8",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "grid.color": "#e3e3e3",
        "grid.linewidth": 0.6,
        "hatch.linewidth": 0.6,
        "text.color": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "svg.hashsalt": "survey_stats",
    }
    with mpl.rc_context(settings):
        yield plt


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Points that the longest line of a text takes, with what hinting adds on a screen."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
    measure = text_to_path.get_text_width_height_descent
    return 1.04 * max(float(measure(t, font, False)[0]) for t in text.split("\n"))


@dataclass(frozen=True)
class Sheet:
    """The Axes of a figure and the room around it, in points.

    Attributes
    ----------
    ax: where it is drawn
    own: whether the figure is ours to size; else only the Axes are touched
    left, right, above, below: room for names, columns beside, heads and tick labels
    """

    ax: Axes
    own: bool
    left: float
    right: float
    above: float
    below: float

    def finish(
        self, cells: Cells, body: float, second: str, handles: Sequence[Any], lines: Sequence[str],
        lang: Language,
    ) -> None:  # fmt: skip
        """Set the titles, the key and the lines below, and size the figure.

        Parameters
        ----------
        body: height of the Axes
        second: the line under the question
        handles: of the key, which stands in one row or two
        lines: below the key
        """
        start = -self.left if self.own else 0.0
        room = 72 * WIDTH - 2 * _EDGE if self.own else self.width
        first = fitted(words.title(cells, lang), 11, room, bold=True)
        second = fitted(second, 8.5, room)
        if cells.synthetic:
            lines = [word("synthetic", lang), *lines]
        told = [fitted(line, 7.5, room) for line in lines]
        taken = sum(t.count("\n") + 1 for t in told)
        columns = _columns([str(h.get_label()) for h in handles], room)
        key = 13.0 * -(-len(handles) // columns) + 4

        self.note(second, (start, self.above + 4), 8.5, SOFT)
        lift = self.above + 4 + 11.5 * (second.count("\n") + 1) + 4
        self.note(first, (start, lift), 11, INK, "bold")
        self._key(handles, (start, -self.below), columns)
        bottom = -self.below - key
        for text in told:
            made_up = cells.synthetic and text is told[0]
            self.note(
                text, (start, bottom), 7.5, INK if made_up else SOFT,
                "bold" if made_up else "normal", "top",
            )  # fmt: skip
            bottom -= 10.5 * (text.count("\n") + 1)
        if not self.own:
            return
        top = lift + 13.5 * (first.count("\n") + 1) + 4
        under = self.below + key + 10.5 * taken + 5
        height = top + body + under
        figure: Any = self.ax.figure
        figure.set_size_inches(WIDTH, height / 72)
        width = 72 * WIDTH
        self.ax.set_position(
            (
                (self.left + _EDGE) / width,
                under / height,
                self.width / width,
                body / height,
            )
        )

    def note(
        self, text: str, at: tuple[float, float], size: float, colour: str,
        weight: str = "normal", va: str = "bottom",
    ) -> None:  # fmt: skip
        """A text at points from the upper (or, with `va="top"`, lower) left corner of the Axes."""
        self.ax.annotate(
            text, (0, 1 if va == "bottom" else 0), xycoords="axes fraction", xytext=at,
            textcoords="offset points", fontsize=size, color=colour, fontweight=weight, va=va,
            linespacing=1.15, annotation_clip=False,
        )  # fmt: skip

    @property
    def width(self) -> float:
        """Points that the Axes are wide."""
        if self.own:
            return 72 * WIDTH - 2 * _EDGE - self.left - self.right
        figure: Any = self.ax.figure
        return float(72 * self.ax.get_position().width * figure.get_size_inches()[0])

    def _key(self, handles: Sequence[Any], at: tuple[float, float], columns: int) -> None:
        from matplotlib.transforms import ScaledTranslation

        figure: Any = self.ax.figure
        moved = self.ax.transAxes + ScaledTranslation(
            at[0] / 72, at[1] / 72, figure.dpi_scale_trans
        )
        # by rows: matplotlib fills columns
        rows = -(-len(handles) // columns)
        order = [i for c in range(columns) for i in range(c, len(handles), columns)][: len(handles)]
        legend = self.ax.legend(
            handles=[handles[i] for i in order] if rows > 1 else list(handles),
            loc="upper left", bbox_to_anchor=(0, 0), bbox_transform=moved, ncols=columns,
            frameon=False, fontsize=7.5, handletextpad=0.3, columnspacing=1.2, borderaxespad=0,
            borderpad=0.2, handlelength=1.3,
        )  # fmt: skip
        legend.set_in_layout(True)


def sheet(
    plt: Any, ax: Axes | None, left: float, right: float, above: float, below: float
) -> Sheet:
    """A new figure, or the Axes given, with room around it in points."""
    if ax is not None:
        return Sheet(ax, False, left, right, above, below)
    return Sheet(plt.figure(figsize=(WIDTH, 3)).add_subplot(), True, left, right, above, below)


def verdict_handles(cells: Cells, lang: Language) -> list[Any]:
    """The entries of the key: four verdicts with the number of cells of each."""
    from matplotlib.lines import Line2D

    told = words.legend(cells, lang)
    return [
        Line2D(
            [], [], linestyle="", marker=LOOKS[v].marker, markersize=6.5, label=told[v],
            color=LOOKS[v].colour, markerfacecolor=LOOKS[v].colour if v != OPEN else "#ffffff",
        )
        for v in VERDICTS
    ]  # fmt: skip


def _columns(labels: Sequence[str], room: float) -> int:
    """Into how many columns a key fits."""
    for columns in range(len(labels), 1, -1):
        widths = [
            max(text_width(labels[i], 7.5) for i in range(c, len(labels), columns))
            for c in range(columns)
        ]
        if sum(widths) + 22 * columns <= room:
            return columns
    return 1


def fitted(text: str, size: float, room: float, bold: bool = False) -> str:
    """`text` broken into lines that take at most `room` points."""
    if text_width(text, size, bold) <= room:
        return text
    lines = [""]
    for part in text.split(" "):
        longer = f"{lines[-1]} {part}".strip()
        if lines[-1] and text_width(longer, size, bold) > room:
            lines.append(part)
        else:
            lines[-1] = longer
    return "\n".join(lines)
