"""What every result carries besides its numbers, and how results show themselves."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd


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
        """
        source = " ".join(str(s) for s in (self.survey, self.wave) if s is not None)
        what = f"{self.statistic} of {', '.join(self.question)}"
        if self.where:
            what += f" where {self.where}"
        return ", ".join(p for p in (what, source, self.method) if p)


def html_table(frame: pd.DataFrame, caption: str, digits: Mapping[str, int] | None = None) -> str:
    """`frame` as an HTML table with a caption; missing numbers are dashes.

    >>> html_table(pd.DataFrame({"a": ["<x>"], "b": [0.25]}), "t").count("&lt;x&gt;")
    1
    """
    places = digits or {}

    def cell(name: str, value: Any) -> str:
        if isinstance(value, float):
            if value != value:
                return "–"
            return f"{value:.{places.get(name, 4)}f}"
        return html.escape(str(value))

    head = "".join(f"<th>{html.escape(str(c))}</th>" for c in frame.columns)
    names = [str(c) for c in frame.columns]
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{cell(n, v)}</td>" for n, v in zip(names, row, strict=True))
        + "</tr>"
        for row in frame.itertuples(index=False, name=None)
    )
    return (
        f"<table><caption>{html.escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )
