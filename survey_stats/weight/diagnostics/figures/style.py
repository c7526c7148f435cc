"""The look of figures of weights: what stands before is hollow and pale, what is now is filled.

The colours keep apart in grey and for readers who do not tell red from green; what is off has a
shape of its own. All room around the Axes is measured in points, so text never lies on text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from survey_stats.errors import InputError
from survey_stats.labels import Language, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#222222"
SOFT = "#5f5f5f"
BEFORE = "#7d7d7d"
AFTER = "#0b5394"
OFF = "#c77700"
BAND = "#f0f0f0"
# inches: inside the margins of an A4 page, and on a phone
WIDTH = 6.7
NARROW = 3.75
MOST_HEIGHT = 9.6
EDGE = 5.0
FONT = 8.5
SMALL = 7.5


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
    settings: Any = {
        "font.family": "DejaVu Sans",
        "font.size": FONT,
        "axes.edgecolor": "#b8b8b8",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "text.color": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.labelsize": SMALL,
        "ytick.labelsize": FONT,
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


def fitted(text: str, size: float, room: float, bold: bool = False) -> str:
    """`text` broken at blanks into lines that take at most `room` points."""
    lines = [""]
    for part in text.split(" "):
        longer = f"{lines[-1]} {part}".strip()
        if lines[-1] and text_width(longer, size, bold) > room:
            lines.append(part)
        else:
            lines[-1] = longer
    return "\n".join(lines)


@dataclass(frozen=True)
class Sheet:
    """The Axes of a figure and the room around it, in points.

    Attributes:
        ax: where it is drawn.
        own: whether the figure is ours to size; else only the Axes are touched.
        total: width of the whole figure.
        left, right, above, below: room for names, columns, heads and tick labels.
    """

    ax: Axes
    own: bool
    total: float
    left: float
    right: float
    above: float
    below: float

    @property
    def width(self) -> float:
        """Points that the Axes are wide."""
        if self.own:
            return self.total - 2 * EDGE - self.left - self.right
        figure: Any = self.ax.figure
        return float(72 * self.ax.get_position().width * figure.get_size_inches()[0])

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
            text,
            (0, 1 if top else 0),
            xycoords="axes fraction",
            xytext=at,
            textcoords="offset points",
            fontsize=size,
            color=colour,
            fontweight="bold" if bold else "normal",
            ha=ha,
            va="bottom" if top else "top",
            linespacing=1.15,
            annotation_clip=False,
        )

    def finish(
        self,
        body: float,
        title: str,
        subtitle: str,
        handles: Sequence[Any],
        lines: Sequence[str],
        synthetic: bool,
        lang: Language,
    ) -> None:
        """Set titles, key and the lines below, and size the figure to a body of `body` points."""
        start = -self.left if self.own else 0.0
        room = self.total - 2 * EDGE if self.own else self.width
        first = fitted(title, 11, room, bold=True)
        second = fitted(subtitle, FONT, room)
        self.note(second, (start, self.above + 4), FONT)
        lift = self.above + 8 + 11.5 * (second.count("\n") + 1)
        self.note(first, (start, lift), 11, INK, bold=True)
        top = lift + 13.5 * (first.count("\n") + 1) + 4

        rows = self._key(handles, (start, -self.below), room)
        bottom = -self.below - 13.0 * rows - 6
        told = [(word("synthetic", lang), True)] if synthetic else []
        for text, strong in [*told, *((line, False) for line in lines)]:
            broken = fitted(text, SMALL, room, strong)
            self.note(broken, (start, bottom), SMALL, INK if strong else SOFT, strong, top=False)
            bottom -= 10.5 * (broken.count("\n") + 1) + 2
        if not self.own:
            return
        height = top + body - bottom + 4
        figure: Any = self.ax.figure
        figure.set_size_inches(self.total / 72, height / 72)
        self.ax.set_position(
            (
                (self.left + EDGE) / self.total,
                (4 - bottom) / height,
                self.width / self.total,
                body / height,
            )
        )

    def _key(self, handles: Sequence[Any], at: tuple[float, float], room: float) -> int:
        """The key in as many columns as fit; returns its rows."""
        from matplotlib.transforms import ScaledTranslation

        figure: Any = self.ax.figure
        widths = [text_width(str(h.get_label()), SMALL) + 24 for h in handles]
        columns = (
            next((c for c in range(len(handles), 1, -1) if max(widths) * c <= room), 1)
            if sum(widths) > room
            else len(handles)
        )
        moved = self.ax.transAxes + ScaledTranslation(
            at[0] / 72, at[1] / 72, figure.dpi_scale_trans
        )
        self.ax.legend(
            handles=list(handles),
            loc="upper left",
            bbox_to_anchor=(0, 0),
            bbox_transform=moved,
            ncols=columns,
            frameon=False,
            fontsize=SMALL,
            handletextpad=0.4,
            columnspacing=1.4,
            borderaxespad=0,
            borderpad=0.2,
            handlelength=1.4,
        )
        return -(-len(handles) // columns)


def sheet(
    plt: Any,
    ax: Axes | None,
    left: float,
    right: float,
    above: float,
    below: float,
    narrow: bool = False,
) -> Sheet:
    """A new figure (as wide as a page or as a phone), or the Axes given, with room around it."""
    if ax is not None:
        return Sheet(ax, False, 72 * WIDTH, left, right, above, below)
    wide = NARROW if narrow else WIDTH
    made = plt.figure(figsize=(wide, 3)).add_subplot()
    return Sheet(made, True, 72 * wide, left, right, above, below)
