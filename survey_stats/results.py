"""What every result carries besides its numbers, and how results show themselves."""

from __future__ import annotations

import html
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd

from survey_stats.labels import word


@dataclass(frozen=True)
class Metadata:
    """Where a result comes from; it follows the result into frames, pictures and documents.

    Attributes
    ----------
    question: names of the questions asked about
    statistic: "share", "mean", "total", "ratio" or "quantile"
    survey, wave: as named by the Survey, or None
    design: the sampling design in one line
    method: how standard errors and intervals were made
    by, where: the grouping columns, and the domain as it was written
    level: confidence level
    coding: question and coding, for questions whose answers can be counted in several ways
    synthetic: whether the data are made up
    deliveries: the manifests (file, hash, rows, columns, reader, encoding) of the files behind it
    waves: the waves that are counted together, where the Survey names none as its own and the
        answers are of several; empty else
    """

    question: tuple[str, ...]
    statistic: str
    survey: str | None = None
    wave: object = None
    design: str = ""
    method: str = ""
    by: tuple[str, ...] = ()
    where: str = ""
    level: float = 0.95
    coding: tuple[tuple[str, str], ...] = ()
    synthetic: bool = False
    deliveries: tuple[Mapping[str, Any], ...] = ()
    waves: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain Python values, ready for JSON."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    def but(self, **changes: Any) -> Metadata:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def caption(self) -> str:
        """One line for people: what, of which survey, by which method.

        >>> Metadata(("unsafe",), "share", "city", 2023, method="Taylor").caption()
        'share of unsafe, city 2023, Taylor'
        >>> Metadata(("unsafe_evening__research",), "share").caption()
        'share of unsafe_evening (coding: research)'
        """
        source = " ".join(str(s) for s in (self.survey, self.wave) if s is not None)
        what = f"{self.statistic} of {', '.join(self.told_question(q) for q in self.question)}"
        if self.where:
            what += f" where {self.where}"
        return ", ".join(p for p in (what, source, self.method) if p)

    def told_question(self, question: str) -> str:
        """A question with the coding that it is told in, where that is known.

        The coding is part of the name of a harmonised column such as `unsafe_evening__research`.
        """
        return told_question(question, self.coding)


def told_question(question: str, coding: Sequence[tuple[str, str]]) -> str:
    """A question with its coding: the one in its name, else that which `coding` names.

    >>> told_question("unsafe_evening", [("unsafe_evening", "city")])
    'unsafe_evening (coding: city)'
    """
    stem, _, named = question.partition("__")
    chosen = named or dict(coding).get(question, "")
    return f"{stem} (coding: {chosen})" if chosen else question


def numbered(notes: Sequence[str]) -> list[str]:
    """Notes with their numbers, as lines under a printed table.

    >>> numbered(["Caveat: different ages"])
    ['[1] Caveat: different ages']
    """
    return [f"[{i}] {note}" for i, note in enumerate(notes, 1)]


def html_table(
    frame: pd.DataFrame,
    caption: str,
    digits: Mapping[str, int] | None = None,
    notes: Sequence[str] = (),
    marked: Collection[str] = (),
) -> str:
    """`frame` as an HTML table with a caption; missing numbers are dashes.

    Args:
        frame: one row a row; where its `attrs` say that the data are synthetic, the caption does.
        caption: what it shows.
        digits: decimals by column.
        notes: sentences under the table, numbered.
        marked: the columns that the notes are about; their heads carry the numbers.

    >>> html_table(pd.DataFrame({"a": ["<x>"], "b": [0.25]}), "t").count("&lt;x&gt;")
    1
    >>> shown = html_table(pd.DataFrame({"b": [0.25]}), "t", notes=["Other ages"], marked=["b"])
    >>> "<th>b<sup>1</sup></th>" in shown, "<sup>1</sup> Other ages" in shown
    (True, True)
    >>> made_up = pd.DataFrame({"b": [0.25]})
    >>> made_up.attrs["synthetic"] = True
    >>> "<caption>SYNTETISKA DATA: t</caption>" in html_table(made_up, "t")
    True
    """
    places = digits or {}
    if frame.attrs.get("synthetic"):
        caption = f"{word('synthetic')}: {caption}"
    numbers = ", ".join(str(i) for i in range(1, len(notes) + 1))

    def cell(name: str, value: Any) -> str:
        if isinstance(value, float):
            if value != value:
                return "–"
            return f"{value:.{places.get(name, 4)}f}"
        return html.escape(str(value))

    def title(name: str) -> str:
        return html.escape(name) + (f"<sup>{numbers}</sup>" if notes and name in marked else "")

    head = "".join(f"<th>{title(str(c))}</th>" for c in frame.columns)
    below = "".join(
        f'<tr><td colspan="{len(frame.columns)}"><sup>{i}</sup> {html.escape(note)}</td></tr>'
        for i, note in enumerate(notes, 1)
    )
    foot = f"<tfoot>{below}</tfoot>" if notes else ""
    names = [str(c) for c in frame.columns]
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{cell(n, v)}</td>" for n, v in zip(names, row, strict=True))
        + "</tr>"
        for row in frame.itertuples(index=False, name=None)
    )
    return (
        f"<table><caption>{html.escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>{foot}</table>"
    )
