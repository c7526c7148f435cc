"""A harmonised delivery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from survey_stats.harmonise.codebook import Codebook
from survey_stats.harmonise.lineage import Lineage, Trace, trace
from survey_stats.read import Manifest

if TYPE_CHECKING:
    from survey_stats.estimate import Survey
    from survey_stats.estimate.design import LonelyRule


@dataclass(frozen=True)
class Harmonised:
    """One wave of one survey in the common vocabulary.

    Attributes:
        frame: one row a respondent; the columns are listed in docs/design.md.
        codebook: the codebook that told it.
        wave: the year.
        wave_told_by: what told the wave: given, its variables, a year variable, notes, file name.
        codings: question -> coding in use, for questions with several.
        missing: long table of why answers are missing: question, reason, n.
        provenance: from every harmonised value back to the delivery: column, variable, code,
            label, answer, reason, n.
        manifest: which file, with its hash.
        lineage: what each value was made from, row by row; `trace` reads it.
    """

    frame: pd.DataFrame
    codebook: Codebook
    wave: int
    wave_told_by: str
    codings: Mapping[str, str]
    missing: pd.DataFrame
    provenance: pd.DataFrame
    manifest: Manifest
    lineage: Lineage = field(default_factory=Lineage)

    def __repr__(self) -> str:
        return (
            f"Harmonised({self.codebook.survey} {self.wave}: {len(self.frame)} respondents "
            f"from {self.manifest.file})"
        )

    @property
    def questions(self) -> list[str]:
        """The harmonised questions that are columns of the frame."""
        return [q for q in self.codebook.columns(self.wave) if q in self.frame]

    @property
    def assumptions(self) -> list[str]:
        """What is taken for granted about the survey and this wave."""
        return [*self.codebook.assumptions, *self.codebook.waves[self.wave].assumptions]

    def trace(self, respondent: object, column: str) -> Trace:
        """Where one value comes from: file, row, variable, code, label, answer, reason.

        Raises:
            UnknownNameError: there is no such respondent or column.
        """
        return trace(self, respondent, column)

    def survey(self, lonely_psu: LonelyRule = "error") -> Survey:
        """The frame with its sampling design, as the codebook declares it.

        Args:
            lonely_psu: what a stratum with a single PSU adds to the variance; see `Survey`.
        """
        from survey_stats.estimate import Survey

        design = self.codebook.waves[self.wave]
        frame = self.frame.copy(deep=False)
        frame.attrs["synthetic"] = self.manifest.synthetic
        frame.attrs["deliveries"] = [self.manifest.to_dict()]
        return Survey(
            frame,
            weights="weight",
            strata="stratum" if design.stratum else None,
            clusters="psu" if design.psu else None,
            lonely_psu=lonely_psu,
            name=self.codebook.survey,
            wave=self.wave,
            codings=self.codings,
        )
