"""What a `Survey` can have done to its weights: each gives a new Survey that remembers it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from survey_stats.errors import DesignError, InputError
from survey_stats.estimate.respondents import Respondents
from survey_stats.estimate.reweighted import ADJUSTED, reweighted, weighting_of
from survey_stats.weight.result import Weights

if TYPE_CHECKING:
    from typing import Self

    from survey_stats.labels import Language
    from survey_stats.weight.calibration.options import (
        BoundsOn,
        Linearisation,
        Method,
        WhenInfeasible,
    )
    from survey_stats.weight.diagnostics.report import WeightingReport
    from survey_stats.weight.diagnostics.run import Benchmarks
    from survey_stats.weight.response.classes import Table
    from survey_stats.weight.trimming.caps import Limit


class Weighted(Respondents):
    """Methods of `Survey` about weights."""

    __slots__ = ()

    @property
    def weighting(self) -> Weights:
        """The weights and how they were made, step by step."""
        return weighting_of(self.design)

    def calibrate(
        self,
        margins: object,
        *,
        method: Method = "raking",
        bounds: tuple[float | None, float | None] | None = None,
        bounds_on: BoundsOn = "factor",
        by: str | Sequence[str] | None = None,
        household: str | None = None,
        scale_to: float
        | Literal["weights"]
        | Mapping[Hashable, float]
        | pd.Series[float]
        | None = None,
        infeasible: WhenInfeasible = "error",
        ridge: float | Mapping[str, float] | None = None,
        linearisation: Linearisation = "base",
        name: str = ADJUSTED,
    ) -> Self:
        """The survey with weights that sum to known totals of the population.

        Standard errors of the new Survey are those of the residuals of the calibration, also
        through a chain of adjustments; with replicate weights each replicate is calibrated again.

        Parameters
        ----------
        margins, method, bounds, bounds_on, by, household, scale_to, infeasible, ridge,
        linearisation: see `survey_stats.weight.calibrate`, which tells the methods and the errors
        name: column of the new weights in the frame of the new Survey

        >>> frame = pd.DataFrame({"gender": ["men", "women", "women"], "unsafe": [0, 1, 0]})
        >>> from survey_stats.estimate import Survey
        >>> survey = Survey(frame).calibrate({"gender": {"men": 50, "women": 50}})
        >>> survey.share("unsafe").estimate
        array([0.25])
        """
        from survey_stats.weight.calibration.calibrate import calibrate

        weights = calibrate(
            self.weighting,
            self.frame,
            margins,
            method=method,
            bounds=bounds,
            bounds_on=bounds_on,
            by=by,
            household=household,
            scale_to=scale_to,
            infeasible=infeasible,
            ridge=ridge,
            linearisation=linearisation,
        )
        return self._reweighted(weights, name)

    def post_stratify(self, totals: object, *, name: str = ADJUSTED) -> Self:
        """The survey with weights that sum to the population in every cell.

        Parameters
        ----------
        totals: one margin of all columns crossed, as in `calibrate`:
            `{("district", "gender"): {("Farsta", "women"): 31000, ...}}`, or a table with those
            columns and `population`
        name: column of the new weights
        """
        return self.calibrate(totals, method="post-stratification", name=name)

    def adjust_nonresponse(
        self,
        responded: str | None = None,
        classes: str | Sequence[str] | None = None,
        *,
        drawn: Table | None = None,
        weighted: bool | None = None,
        smallest: int = 1,
        largest: float | None = None,
        name: str = ADJUSTED,
    ) -> Self:
        """The survey with the weights of who answered raised for those of their class who did not.

        Everybody drawn is a row, and `responded` says who answered; or only those who answered
        are rows, and `drawn` is the table of how many were drawn by class. See
        `survey_stats.weight.adjust_classes`.
        """
        from survey_stats.weight.response.classes import adjust_classes

        if classes is None:
            raise InputError("Name the columns that form the weighting classes in classes=")
        weights = adjust_classes(
            self.weighting,
            self.frame,
            responded,
            classes,
            drawn=drawn,
            weighted=weighted,
            smallest=smallest,
            largest=largest,
        )
        return self._reweighted(weights, name)

    def adjust_propensity(
        self,
        responded: str,
        model: str | Sequence[str],
        *,
        weighted: bool = True,
        classes: int | None = None,
        smallest: int = 1,
        largest: float | None = None,
        name: str = ADJUSTED,
    ) -> Self:
        """The survey with the weights of who answered divided by their chance of answering.

        The chance is estimated by a logistic model of everybody drawn, or gives `classes` of about
        the same chance. See `survey_stats.weight.adjust_propensity`.
        """
        from survey_stats.weight.response.propensity import adjust_propensity

        weights = adjust_propensity(
            self.weighting,
            self.frame,
            responded,
            model,
            weighted=weighted,
            classes=classes,
            smallest=smallest,
            largest=largest,
        )
        return self._reweighted(weights, name)

    def trim(
        self,
        *,
        upper: Limit | None = None,
        lower: Limit | None = None,
        keep: str | Sequence[str] = "last",
        within: str | Sequence[str] | None = None,
        name: str = ADJUSTED,
    ) -> Self:
        """The survey with no weight beyond the limits, and every calibrated total still met.

        Limits are numbers or rules such as "5 x median"; see `survey_stats.weight.trim`.
        """
        from survey_stats.weight.trimming.trim import trim

        weights = trim(
            self.weighting, self.frame, upper=upper, lower=lower, keep=keep, within=within
        )
        return self._reweighted(weights, name)

    def weighting_report(
        self,
        benchmarks: Benchmarks | None = None,
        by: str | Sequence[str] | None = None,
        columns: str | Sequence[str] | None = None,
        outcome: str | None = None,
        lang: Language = "sv",
    ) -> WeightingReport:
        """How the weights came about, what they cost and how near they bring the sample.

        Tables, figures, a verdict in words and a page of its own; see
        `survey_stats.weight.diagnose`.
        """
        from survey_stats.weight.diagnostics.run import diagnose

        told = [str(part) for part in (self.name, self.wave) if part is not None]
        return diagnose(
            self.weighting,
            self.frame,
            benchmarks,
            by,
            columns,
            outcome,
            lang,
            title=" ".join(told) or None,
        )

    def assign(self, **columns: Any) -> Self:
        """The same survey with columns added to its frame or changed, as `DataFrame.assign`.

        Raises
        ------
        DesignError: a column of the design, or rows added or taken away
        """
        for name in columns:
            if name in self.design.declared.columns:
                raise DesignError(
                    f"{name!r} is a column of the design; make a new Survey to change it"
                )
        return self._with(self.frame.assign(**columns))

    def _reweighted(self, weights: Weights, name: str) -> Self:
        own = self.design.weighting is not None and self.design.declared.weights == name
        if name in self.frame.columns and not own:
            raise InputError(
                f"The frame has a column {name!r} already; name another for the new weights with "
                "name="
            )
        frame = self.frame.assign(**{name: weights.values})
        return self._with(frame, reweighted(self.design, weights, name))
