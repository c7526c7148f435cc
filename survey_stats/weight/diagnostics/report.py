"""`WeightingReport`: what an analyst wants to know of weights before they are used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.labels import Language
from survey_stats.weight.diagnostics import words
from survey_stats.weight.diagnostics.verdict import Finding

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = npt.NDArray[np.float64]
Table = Literal[
    "verdict", "distribution", "steps", "design effect", "margins", "balance", "largest"
]
Kind = Literal["love", "distribution", "margins"]


@dataclass(frozen=True, eq=False, repr=False)
class WeightingReport:
    """Weights looked at from all sides; made by `diagnose`.

    Attributes:
        findings: what is fine and what is not, warnings first.
        tables: the frames that `to_frame` gives.
        before, after: the weights of the respondents after the first step, and as they are.
        lang: the language of what is shown.
        synthetic: whether the data are made up.
        title: what the weights are of, such as a survey and its year.
    """

    findings: tuple[Finding, ...]
    tables: Mapping[str, pd.DataFrame]
    before: FloatArray
    after: FloatArray
    lang: Language = "sv"
    synthetic: bool = False
    title: str = ""

    def to_frame(self, what: Table = "verdict") -> pd.DataFrame:
        """One of the tables, a copy.

        - "verdict": severity, kind, what, do: one row a finding, in the report's language.
        - "distribution": one row a step, see `distribution.distribution`.
        - "steps": one row a step after the first, see `distribution.factors`.
        - "design effect": one row a group of `by`: n, total, cv, max_over_median, design_effect
          (Kish), n_effective, and `spencer` where there is an outcome.
        - "margins": one row a cell, see `margins.margin_table`; `replaced` where a later step
          weighted the same respondents to another total.
        - "balance": one row a level: shares (or means) before, in the population and after, and
          standardised differences; see `balance.share_rows` and `balance.with_chance`.
        - "largest": the respondents who carry the most: position (from 0) and index in the frame,
          weight, share (of the total), times_median, factor (of all steps after the first), and
          the columns that say who they are. It is empty where all weights are equal.

        Raises:
            UnknownNameError: there is no such table.
        """
        if what == "verdict":
            rows = [(f.severity, f.kind, *words.told(f, self.lang)) for f in self.findings]
            return pd.DataFrame(rows, columns=["severity", "kind", "what", "do"])
        if what not in self.tables:
            raise UnknownNameError("table", what, get_args(Table), "a weighting report")
        return self.tables[what].copy()

    def verdict(self, lang: Language | None = None) -> str:
        """The findings in words: a headline, then one line each with what to do."""
        lang = lang or self.lang
        lines = [words.headline(self.findings, lang)]
        signs = {"warning": "!", "note": "i", "fine": "+"}
        for finding in self.findings:
            what, do = words.told(finding, lang)
            lines.append(f"{signs[finding.severity]} {what}" + (f" {do}" if do else ""))
        return "\n".join(lines)

    @property
    def ok(self) -> bool:
        """Whether there is no warning."""
        return not any(f.severity == "warning" for f in self.findings)

    @property
    def changed(self) -> bool:
        """Whether there is more than one step, so that before and after differ."""
        return len(self.tables["distribution"]) > 1

    def plot(
        self,
        kind: Kind = "love",
        ax: Axes | None = None,
        lang: Language | None = None,
        **options: Any,
    ) -> Axes:
        """A figure: "love" (standardised differences), "distribution" or "margins".

        Raises:
            UnknownNameError: there is no such kind.
            InputError: there is nothing to draw, or matplotlib is not installed.
        """
        from survey_stats.weight.diagnostics.figures import draw

        return draw(self, kind, ax=ax, lang=lang or self.lang, **options)

    def alt_text(self, kind: Kind = "love", lang: Language | None = None) -> str:
        """What the figure of a kind shows, in words, with its numbers."""
        from survey_stats.weight.diagnostics.figures import alt_text

        return alt_text(self, kind, lang or self.lang)

    def to_html(self, lang: Language | None = None, respondents: bool = True) -> str:
        """The whole report as one page that needs no other file; see `write`."""
        from survey_stats.weight.diagnostics.page import page

        return page(self, lang or self.lang, respondents)

    def write(
        self, path: str | Path, lang: Language | None = None, respondents: bool = True
    ) -> Path:
        """Write the page: verdict, figures and tables, in one HTML file.

        Args:
            path: ends with .html.
            lang: the language, by default the report's.
            respondents: whether the page lists the respondents who carry the most. They are
                single people: leave them out of a page that others are to read.

        Raises:
            InputError: the path does not end with .html, or its folder does not exist.
        """
        out = Path(path)
        if out.suffix.lower() not in (".html", ".htm"):
            raise InputError(f"A weighting report is written as a page: {out} must end with .html")
        if not out.parent.is_dir():
            raise InputError(f"There is no folder {out.parent}; make it first")
        out.write_text(self.to_html(lang, respondents), encoding="utf-8")
        return out

    def _repr_html_(self) -> str:
        from survey_stats.weight.diagnostics.page import fragment

        return fragment(self, self.lang)

    def __repr__(self) -> str:
        return f"<WeightingReport: {self.verdict()}>"
