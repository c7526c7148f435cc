"""The result of an estimation: one row a cell, frozen, with everything needed to go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy import sparse

from survey_stats.errors import InputError
from survey_stats.estimate.columns import Floats, Ints
from survey_stats.estimate.contrasts import (
    Coefficients,
    Contrasts,
    check_labelled,
    combine,
    differences,
    gradient,
    values,
    weights_of,
)
from survey_stats.labels import Language
from survey_stats.results import Metadata, html_table

if TYPE_CHECKING:
    from survey_stats.estimate.design import Design
    from survey_stats.estimate.scores import Scores

NUMBERS = ("estimate", "se", "ci_low", "ci_high", "df", "n", "n_effective", "deff", "flag")
DfRule = Literal["domain", "design"]


def check_df(rule: str) -> None:
    """Raise `InputError` unless `rule` is a df rule."""
    if rule not in get_args(DfRule):
        names = " or ".join(repr(name) for name in get_args(DfRule))
        raise InputError(f"df={rule!r} is not a rule for degrees of freedom; use {names}")


def df_rule_of(design: Design, rule: DfRule) -> DfRule:
    """The df rule in force: without PSUs, replicate weights only know the design's df."""
    check_df(rule)
    known = design.replicates is None or design.replicates.designed
    return rule if known else "design"


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
    design_df: degrees of freedom of the whole design
    design: of the Survey; results of the same design have covariances with each other
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
    design_df: float
    design: Design = field(repr=False)
    _scores: Callable[[], Scores] = field(repr=False)

    def __len__(self) -> int:
        return self.estimate.size

    def to_frame(self) -> pd.DataFrame:
        """One row a cell: the by columns, then `level`, then the numbers of the contract."""
        columns: dict[str, Any] = {str(c): self.keys[c].array for c in self.keys.columns}
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

    def contrast(self, contrasts: Mapping[str, Coefficients], *, null: float = 0.0) -> Contrasts:
        """Labelled linear combinations of the rows, with their t tests.

        `contrasts` maps a label to coefficients: one for each row, or a mapping from row keys
        (a value, or a tuple of values when there are several key columns) to coefficients.

        >>> frame = pd.DataFrame({"y": [1, 0, 1, 1, 0, 1], "g": list("aabbab")})
        >>> from survey_stats.estimate import Survey
        >>> est = Survey(frame).share("y", by="g")
        >>> est.contrast({"b - a": {"b": 1, "a": -1}}).to_frame()[["contrast", "estimate"]]
          contrast  estimate
        0    b - a  0.666667
        """
        weights = weights_of(self.keys, contrasts)
        labels = pd.DataFrame({"contrast": list(contrasts)})
        return self._combined(labels, weights, null)

    def differences(self, column: str, reference: object = None, *, null: float = 0.0) -> Contrasts:
        """Each level of a by column less `reference`, within the other by columns.

        Without `reference`, the later less the earlier of every pair of levels.
        """
        labels, weights = differences(self.keys, column, reference)
        return self._combined(labels, weights, null)

    def function(
        self, functions: Mapping[str, Callable[[Floats], Any]], *, null: float = 0.0
    ) -> Contrasts:
        """Labelled smooth functions of the estimates (an array in row order) by the delta method.

        Functions written with numpy operations that take complex numbers are differentiated to
        machine precision.
        """
        check_labelled(functions)
        labels = pd.DataFrame({"contrast": list(functions)})
        at = np.array([float(f(self.estimate)) for f in functions.values()])
        slopes = np.stack([gradient(f, self.estimate) for f in functions.values()], axis=1)
        return combine(
            self.metadata.but(statistic=f"function of {self.metadata.statistic}"),
            labels,
            at,
            sparse.csc_array(slopes),
            self.estimate,
            self.scores(),
            self.design_df if self.df_rule == "design" else None,
            null,
        )

    def _combined(self, labels: pd.DataFrame, weights: sparse.csc_array, null: float) -> Contrasts:
        return combine(
            self.metadata.but(statistic=f"contrast of {self.metadata.statistic}"),
            labels,
            values(weights, self.estimate),
            weights,
            self.estimate,
            self.scores(),
            self.design_df if self.df_rule == "design" else None,
            null,
        )

    def plot(self, *, ax: Any = None, lang: Language = "sv") -> Any:
        """Points with their intervals, as a matplotlib Axes; see `estimate.plot.draw`."""
        from survey_stats.estimate.plot import draw

        return draw(self, ax, lang)

    def _repr_html_(self) -> str:
        return html_table(self.to_frame(), self.metadata.caption(), {"df": 0, "n_effective": 1})

    def __repr__(self) -> str:
        with np.printoptions(precision=4):
            return f"Estimates: {self.metadata.caption()}\n{self.to_frame().to_string(index=False)}"
