"""The result of an estimation: one row a cell, frozen, with everything needed to go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from survey_stats.estimate.columns import Floats, Ints
from survey_stats.results import Metadata, html_table

if TYPE_CHECKING:
    from survey_stats.estimate.scores import Scores

NUMBERS = ("estimate", "se", "ci_low", "ci_high", "df", "n", "n_effective", "deff", "flag")
DfRule = Literal["domain", "design"]


@dataclass(frozen=True, eq=False)
class Estimates:
    """Estimates by cell with their uncertainty.

    Configuration: `metadata` says what was asked of which survey; `df_rule` whether `df` are
    those of each row's domain or of the whole design; `interval` the interval method.

    State, one value a row (R rows):

    Attributes
    ----------
    keys: the by columns (and `question`, `level` where there are several), R rows
    estimate, se: the statistic and its standard error; shares are proportions 0-1
    ci_low, ci_high: bounds at `metadata.level`
    df: degrees of freedom of the row's variance
    n: respondents with an answer (unweighted)
    n_effective: size of the simple random sample that would be as precise, n / deff; where all
        answers agree, (sum w)^2 / sum w^2
    deff: design effect against simple random sampling with replacement, as
        `svymean(deff = "replace")`
    deff_without: the same against sampling without replacement, as `svymean(deff = TRUE)`; NaN
        where the weights do not sum to more than n
    flag: "" or why a number is missing
    """

    metadata: Metadata
    df_rule: DfRule
    interval: str
    keys: pd.DataFrame
    estimate: Floats
    se: Floats
    ci_low: Floats
    ci_high: Floats
    df: Floats
    n: Ints
    n_effective: Floats
    deff: Floats
    deff_without: Floats
    flag: Sequence[str]
    _scores: Callable[[], Scores] = field(repr=False)

    def __len__(self) -> int:
        return self.estimate.size

    def to_frame(self) -> pd.DataFrame:
        """One row a cell: the by columns, then `level`, then the numbers of the contract."""
        columns: dict[str, Any] = {str(c): self.keys[c] for c in self.keys.columns}
        for name in NUMBERS:
            columns[name] = getattr(self, name)
        frame = pd.DataFrame(columns, index=pd.RangeIndex(len(self)), copy=False)
        frame.attrs.update(self.metadata.to_dict())
        return frame

    def scores(self) -> Scores:
        """The linearised values of each row by sampling unit; see `Scores`."""
        return self._scores()

    def cov(self) -> Floats:
        """Covariance of all rows, shape (R, R), in the row order of `to_frame()`."""
        return self.scores().covariance()

    def _repr_html_(self) -> str:
        return html_table(self.to_frame(), self.metadata.caption(), {"df": 0, "n_effective": 1})

    def __repr__(self) -> str:
        with np.printoptions(precision=4):
            return f"Estimates: {self.metadata.caption()}\n{self.to_frame().to_string(index=False)}"
