"""What a chart says to its readers, and whether its words lie on each other."""

import itertools
import re

from matplotlib.backends.backend_agg import FigureCanvasAgg


def letters(chart) -> list[str]:
    """Every text of the picture, as the SVG names them."""
    found = re.findall(r"<!--(.*?)-->", chart.svg().decode("utf-8"), re.S)
    return [t.strip().replace("\N{HYPHEN}", "-") for t in found]


def every_word(chart) -> str:
    """Picture, caption, alternative text, notes and numbers, as one text."""
    data = "" if chart.data is None else chart.data.to_csv()
    parts = [*letters(chart), chart.caption, chart.alt, *chart.notes, *chart.footnotes, data]
    return "\n".join(parts)


def drawn_texts(figure):
    """The texts that are seen, with their boxes in pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    found = []
    for ax in figure.axes:
        for axis, (low, high), at in (
            (ax.xaxis, sorted(ax.get_xlim()), 0),
            (ax.yaxis, sorted(ax.get_ylim()), 1),
        ):
            if ax.axison and axis.get_visible():
                found += [t for t in axis.get_ticklabels() if low <= t.get_position()[at] <= high]
        found += [*ax.texts, ax.title, ax._left_title, ax._right_title]
        found += ax.get_legend().get_texts() if ax.get_legend() else []
    for legend in figure.legends:
        found += legend.get_texts()
    found = [t for t in found if t.get_text().strip() and t.get_visible()]
    return [(t.get_text(), t.get_window_extent(renderer)) for t in found]


def faults(figure) -> list[str]:
    """Texts outside the picture, or on each other."""
    found = drawn_texts(figure)
    width, height = figure.get_size_inches() * figure.dpi
    out = [
        f"{text!r} is outside"
        for text, box in found
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]
    for (one, a), (two, b) in itertools.combinations(found, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        along = min(a.y1, b.y1) - max(a.y0, b.y0)
        # a pixel of touching frames of letters is not an overlap
        if across > 1 and along > 0.3 * min(a.height, b.height):
            out.append(f"{one!r} lies on {two!r}")
    return out


def sizes(figure) -> tuple[float, float]:
    """Width and height in inches."""
    width, height = figure.get_size_inches()
    return float(width), float(height)
