"""Figures as files that are byte for byte the same each time, whatever else is drawn."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 200


def png(figure: Figure, dpi: float = DPI) -> bytes:
    """The figure as PNG, without the name of the program and the time."""
    return _saved(figure, "png", {"Software": None}, dpi)


def svg(figure: Figure) -> bytes:
    """The figure as SVG, without program and time; letters are outlines, so it needs no font."""
    return _saved(figure, "svg", {"Date": None, "Creator": None}, 72)


def _saved(figure: Figure, form: str, metadata: Any, dpi: float) -> bytes:
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    fixed: Any = {"svg.hashsalt": "survey_stats", "svg.fonttype": "path", "savefig.bbox": None}
    with mpl.rc_context(fixed):
        figure.savefig(buffer, format=form, metadata=metadata, dpi=dpi)
    return buffer.getvalue()


def close(figure: Figure) -> None:
    """Forget the figure where pyplot keeps it, so that many figures do not fill the memory."""
    import matplotlib.pyplot as plt

    plt.close(figure)
