"""A figure of a document: the picture, and the words and numbers that belong to it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from survey_stats.drawing import output
from survey_stats.labels import Language

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Chart:
    """A drawn figure with the words that belong to it.

    Attributes:
        name: short name, used for ids and file names.
        caption: what is shown and how to read it.
        alt: the numbers that a reader sees, for those who do not see the figure.
        figure: the matplotlib figure.
        footnotes: numbered notes under it; the marks are in the picture.
        lang: the reader's language.
        notes: sentences under it that have no mark.
        data: the rows that are shown, with the numbers that may be shown and no others.
    """

    name: str
    caption: str
    alt: str
    figure: Figure
    footnotes: tuple[str, ...] = ()
    lang: Language = "sv"
    notes: tuple[str, ...] = ()
    data: pd.DataFrame | None = field(default=None, repr=False)

    def numbers(self, notes: Sequence[str]) -> list[int]:
        """The numbers of some of the figure's footnotes."""
        return sorted(self.footnotes.index(note) + 1 for note in notes)

    def png(self) -> bytes:
        """The figure as PNG; the same figure gives the same bytes."""
        return output.png(self.figure)

    def svg(self) -> bytes:
        """The figure as SVG; the same figure gives the same bytes."""
        return output.svg(self.figure)

    def save(self, folder: Path) -> Path:
        """Write `<name>.png` into `folder` and return its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.png"
        path.write_bytes(self.png())
        return path

    def _repr_png_(self) -> bytes:
        return self.png()

    def _repr_html_(self) -> str:
        """The picture with its caption and notes, as a document shows them."""
        picture = base64.b64encode(self.png()).decode("ascii")
        numbered = [f"<sup>{i}</sup> {escape(t)}" for i, t in enumerate(self.footnotes, 1)]
        notes = "".join(f"<p><small>{t}</small></p>" for t in [*numbered, *map(escape, self.notes)])
        return (
            f'<figure><img src="data:image/png;base64,{picture}" alt="{escape(self.alt)}" '
            f'style="max-width: 100%"><figcaption>{escape(self.caption)}</figcaption>{notes}'
            "</figure>"
        )
