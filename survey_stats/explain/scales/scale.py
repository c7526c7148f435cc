"""`scale`: an index over several items of a survey, with what it is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from survey_stats.errors import InputError
from survey_stats.estimate import Estimates, Survey, intervals
from survey_stats.estimate.columns import Bools, Floats, Ints
from survey_stats.estimate.respondents import By
from survey_stats.estimate.where import Where, domain
from survey_stats.explain.scales import diagnostics, reliability, words
from survey_stats.explain.scales.diagnostics import FactorCheck
from survey_stats.explain.scales.functioning import Functioning, functioning
from survey_stats.explain.scales.index import Rule, check_rule, index_of, least_items
from survey_stats.explain.scales.items import (
    Item,
    Standardise,
    Steps,
    check_spread,
    read_items,
)
from survey_stats.explain.scales.reliability import Reliability
from survey_stats.labels import Language
from survey_stats.results import html_table

# of those with an index this part must have answered all items, or reliability tells of few, and
# an item that more than this part left out is hardly in the index (conventions of this project)
FEW_COMPLETE = 0.5
MUCH_MISSING = 0.5


@dataclass(frozen=True, eq=False)
class Scale:
    """An index over k items of n respondents; made by `scale`.

    Configuration: `name`, `items`, `rule`, `at_least`, `standardise`, `where` as given, `level`
    and `lang`.

    Attributes
    ----------
    survey: the survey with the index as the column `name`, missing for respondents outside
        `where` and for those with too few answers; on the same design, so that share, mean,
        quantile, change, letters and plots work on it
    origin: the survey without the index
    values: the items as scored, reversed and standardised where asked, (n, k)
    ends: the lowest and highest answer of each item on the scale of `values`, (k, 2); NaN for
        measurements
    answered: how many items each respondent answered, (n,)
    inside: respondents in `where` with a weight other than zero, (n,)
    """

    survey: Survey
    name: str
    items: tuple[Item, ...]
    rule: Rule
    at_least: int
    standardise: Standardise
    where: Where
    level: float
    lang: Language
    origin: Survey = field(repr=False)
    values: Floats = field(repr=False)
    ends: Floats = field(repr=False)
    answered: Ints = field(repr=False)
    inside: Bools = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the items."""
        return tuple(item.name for item in self.items)

    @property
    def complete(self) -> Bools:
        """Respondents inside who answered all items; what reliability is about, (n,)."""
        every: Bools = self.inside & (self.answered == len(self.items))
        return every

    @property
    def range(self) -> Steps | None:
        """The lowest and highest value that the index can have; None where there is none."""
        k = len(self.items)
        if self.standardise is True:
            return None
        if self.standardise == "range":
            return (0.0, 1.0) if self.rule == "mean" else (0.0, float(k))
        known = [item.steps for item in self.items if item.steps is not None]
        if len(known) < k:
            return None
        low, high = sum(s[0] for s in known), sum(s[1] for s in known)
        return (low / k, high / k) if self.rule == "mean" else (low, high)

    @property
    def n(self) -> int:
        """Respondents with an index."""
        return int((self.inside & (self.answered >= self.at_least)).sum())

    @property
    def n_complete(self) -> int:
        """Respondents who answered all items; what reliability rests on."""
        return int(self.complete.sum())

    @property
    def thin(self) -> bool:
        """Whether fewer than half of those with an index answered all items."""
        return self.n_complete < FEW_COMPLETE * self.n

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Items that more than half of the respondents inside (weighted) left unanswered."""
        table = self._item_table
        return tuple(table.loc[table["missing"] > MUCH_MISSING, "item"].tolist())

    @cached_property
    def waves(self) -> tuple[str, ...]:
        """The waves of those with an index, of a Survey of several that names none as its own.

        They are found in a column `wave`.
        """
        frame = self.origin.frame
        if self.origin.wave is not None or "wave" not in frame.columns:
            return ()
        rows = self.inside & (self.answered >= self.at_least)
        found = sorted({str(w) for w in frame["wave"].to_numpy(dtype=object)[rows] if pd.notna(w)})
        return tuple(found) if len(found) > 1 else ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be known of the index, in English; the sentence says it too."""
        return words.scale_notes(self)

    @property
    def missing(self) -> float:
        """Weighted share of the respondents inside without an index."""
        w = self.origin.design.weights
        without = self.inside & (self.answered < self.at_least)
        return float(w[without].sum() / w[self.inside].sum())

    def means(
        self,
        by: By = None,
        where: Where = None,
        level: float | None = None,
        *,
        margins: bool = False,
    ) -> Estimates:
        """Mean of the index by groups; arguments as in `Survey.mean`."""
        level = self.level if level is None else level
        return self.survey.mean(self.name, by, where, level, margins=margins)

    def reliability(
        self,
        by: By = None,
        *,
        ordinal: bool = False,
        unweighted: bool = False,
        level: float | None = None,
    ) -> Reliability:
        """Alpha, omega and mean correlation of the items with intervals by the design.

        Parameters
        ----------
        by: groups whose reliability is computed apart
        ordinal: add ordinal alpha (polychoric correlations), for ordered answers and yes/no items;
            with replicate weights its standard error is that of its linearisation
        unweighted: add alpha without weights and design, by pingouin

        Only respondents who answered all items count. With replicate weights coefficients are
        computed anew in each replicate, else their errors are linearised.

        Raises
        ------
        InputError: ordinal alpha of measurements; `unweighted` without pingouin installed
        """
        level = intervals.check_level(self.level if level is None else level)
        if ordinal and any(item.steps is None for item in self.items):
            raise InputError("Ordinal alpha is for items with steps; these hold measurements")
        groups, keys = self.origin.groups(by)
        parts: list[pd.DataFrame] = []
        for g in range(len(keys)):
            rows = self.complete & (groups.codes == g)
            part = self._coefficients(rows, ordinal, unweighted, level)
            for at, column in enumerate(keys.columns):
                part.insert(at, column, keys[column].iloc[[g] * len(part)].array)
            parts.append(part)
        frame = pd.concat(parts, ignore_index=True)
        numbers = {name: frame[name].to_numpy() for name in reliability.NUMBERS[:-1]}
        return Reliability(
            scale=self.name,
            items=self.names,
            level=level,
            keys=frame[[*keys.columns, "statistic"]],
            flag=frame["flag"].tolist(),
            **numbers,
        )

    def _coefficients(
        self, rows: Bools, ordinal: bool, unweighted: bool, level: float
    ) -> pd.DataFrame:
        n = int(rows.sum())
        why = reliability.problem(self.values[rows], self.origin.design.weights[rows], self.names)
        if why:
            names = ["alpha", "alpha_standardised", "omega", "mean_correlation"]
            names += ["alpha_ordinal"] * ordinal + ["alpha_unweighted"] * unweighted
            gap = dict.fromkeys(("estimate", "se", "ci_low", "ci_high", "df"), np.nan)
            return pd.DataFrame({"statistic": names, **gap, "n": n, "flag": why})
        got = reliability.coefficients(
            self.origin, self.values, rows, self.standardise, level, ordinal
        )
        frame = pd.DataFrame(
            {
                "statistic": got.names,
                "estimate": got.estimate,
                "se": got.se,
                "ci_low": got.ci_low,
                "ci_high": got.ci_high,
                "df": got.df,
                "n": n,
                "flag": got.flag,
            }
        )
        if unweighted:
            alpha, low, high = reliability.unweighted_alpha(self.values[rows], self.names, level)
            frame.loc[len(frame)] = {
                "statistic": "alpha_unweighted",
                "estimate": alpha,
                "se": np.nan,
                "ci_low": low,
                "ci_high": high,
                "df": float(n - 1),
                "n": n,
                "flag": "Feldt's interval, without weights and design",
            }
        return frame

    @cached_property
    def _own_reliability(self) -> Reliability:
        return self.reliability()

    @cached_property
    def _item_table(self) -> pd.DataFrame:
        return diagnostics.item_table(
            self.origin,
            self.items,
            self.values,
            self.ends,
            self.inside,
            self.complete,
            self.standardise,
            self.level,
        )

    @property
    def alpha(self) -> float:
        """Cronbach's alpha, weighted."""
        return float(self._own_reliability["alpha"]["estimate"])

    @property
    def omega(self) -> float:
        """McDonald's omega, weighted; NaN where the one-factor model cannot be fitted."""
        return float(self._own_reliability["omega"]["estimate"])

    @cached_property
    def factor(self) -> FactorCheck:
        """Eigenvalues and the one-factor model: do the items measure one thing?"""
        return diagnostics.factor_check(
            self.values[self.complete], self.origin.design.weights[self.complete]
        )

    @property
    def wrong_way(self) -> tuple[str, ...]:
        """Items that run against the others and probably are to be reversed."""
        table = self._item_table
        return tuple(table.loc[table["flag"] != "", "item"].tolist())

    def to_frame(self) -> pd.DataFrame:
        """One row an item, as scored.

        `item, codes, reversed, n, missing` (weighted share), `mean, mean_low, mean_high, sd`,
        `floor, ceiling` (weighted shares at the lowest and highest code), `item_rest` (correlation
        with the sum of the others) with `item_rest_se, item_rest_low, item_rest_high`,
        `alpha_without` (alpha of the others), `loading` (on one factor), `flag`. Items, n to
        ceiling are about all who answered the item, the rest about those who answered all.
        """
        frame = self._item_table.copy()
        frame.attrs.update(
            scale=self.name,
            rule=self.rule,
            at_least=self.at_least,
            alpha=self.alpha,
            omega=self.omega,
            n=self.n,
            n_complete=self.n_complete,
            notes=list(self.notes),
            survey=self.origin.name,
            wave=self.origin.wave,
            synthetic=self.origin.synthetic,
        )
        return frame

    def functioning(
        self, group: str, reference: object = None, *, adjust: str = "holm"
    ) -> Functioning:
        """Whether groups of equal index answer an item differently; see `functioning`."""
        return functioning(self, group, reference, adjust=adjust)

    def sentence(self, lang: Language | None = None) -> str:
        """What the index is made of and whether it may be used, for laymen."""
        return words.scale_sentence(self, words.check_language(lang or self.lang))

    def plot(self, *, lang: Language | None = None) -> Any:
        """Items' means and correlations with the rest, as a matplotlib Figure."""
        from survey_stats.explain.scales.figure import draw

        return draw(self, words.check_language(lang or self.lang))

    def alt_text(self, lang: Language | None = None) -> str:
        """What the figure shows, in words."""
        return words.alt_text(self, words.check_language(lang or self.lang))

    def _repr_html_(self) -> str:
        sv = self.lang == "sv"
        caption = f"{words.told_name(self, self.lang)}: {'frågorna' if sv else 'the items'}"
        digits = {"missing": 3, "mean": 2, "sd": 2, "floor": 3, "ceiling": 3}
        return html_table(self.to_frame(), caption, digits, [self.sentence()])

    def __repr__(self) -> str:
        return f"<Scale {self.name}: {self.rule} of {len(self.items)} items, n {self.n}>"


def scale(
    survey: Survey,
    items: Sequence[str],
    *,
    name: str = "index",
    reverse: Sequence[str] | str = (),
    rule: Rule = "mean",
    at_least: int | None = None,
    steps: Steps | Mapping[str, Steps] | None = None,
    standardise: Standardise = False,
    where: Where = None,
    level: float = 0.95,
    lang: Language = "sv",
) -> Scale:
    """An index over several items of one survey, and how well they hang together.

    Parameters
    ----------
    survey: whose design and weights everything goes by
    items: two or more columns: ordered categoricals (coded 1, 2, ... in the order of their
        categories), booleans and 0/1 (0 and 1), or numbers
    name: of the index, a new column
    reverse: items that point the other way; code c becomes lowest + highest - c
    rule: "mean" or "sum" of the items, or "count of yes" of yes/no items
    at_least: items that must be answered, by default two thirds of them (all of them for "count
        of yes"). A missing item counts as the mean of the same person's other items, never as
        zero; with fewer answers the index is missing
    steps: lowest and highest code of all items, or by item; by default those of the categories,
        and of numbers those that occur in the survey
    standardise: needed for items with different codes. "range" turns each into 0 to 1, True into
        standard deviations from its weighted mean (which are then taken as known)
    where: domain of the index, as in `Survey.share`; the index is missing outside
    level, lang: confidence level and language of sentences, figures and tables

    Raises
    ------
    InputError: fewer than two items, one that is constant, without order or a column of the
        design, items with different codes, codes outside `steps`, a code such as 99 far from the
        others (it is an answer where `steps` hold it), too few complete answers, or a column `name`
        that exists
    UnknownNameError: no such column, or an item of `reverse` or `steps` that is not in `items`

    >>> frame = pd.DataFrame({"a": [1, 2, 3, 4, 2, 3], "b": [1, 2, 4, 4, 1, 3],
    ...                       "c": [4, 3, 1, 1, 4, None]})
    >>> worry = scale(Survey(frame), ["a", "b", "c"], name="worry", reverse=["c"])
    >>> round(worry.alpha, 3), worry.n
    (0.97, 6)
    >>> worry.means().to_frame()[["estimate", "n"]].round(3)
       estimate  n
    0       2.5  6
    """
    if not isinstance(survey, Survey):
        raise InputError(f"scale takes a Survey, not {type(survey).__name__}; see ss.Survey")
    intervals.check_level(level)
    words.check_language(lang)
    if not isinstance(name, str) or not name:
        raise InputError(f"name={name!r} is no name for the index; give one in letters")
    if name in survey.frame.columns:
        raise InputError(f"The frame has a column {name!r} already; give the index another name=")
    weights = survey.design.weights
    sampled: Bools = weights != 0
    inside = sampled if where is None else sampled & domain(survey.frame, where)
    if not inside.any():
        raise InputError("Nobody is in the domain of the scale; check where=")
    read, values = read_items(
        survey.frame, items, reverse, steps, standardise, sampled, survey.design.declared.columns
    )
    check_rule(rule, read, standardise)
    least = least_items(rule, at_least, len(read))
    _check_answers(read, values, weights, inside)
    ends = np.array([item.steps or (np.nan, np.nan) for item in read], dtype=np.float64)
    if standardise:
        zero, unit = _units(values, ends, weights, inside, standardise)
        values, ends = (values - zero) / unit, (ends - zero[:, None]) / unit[:, None]
    index, answered = index_of(values, rule, least)
    index = np.where(inside, index, np.nan)
    for array in (values, ends, answered, inside):
        array.setflags(write=False)
    return Scale(
        survey=survey.assign(**{name: index}),
        name=name,
        items=read,
        rule=rule,
        at_least=least,
        standardise=standardise,
        where=where,
        level=level,
        lang=lang,
        origin=survey,
        values=values,
        ends=ends,
        answered=answered,
        inside=inside,
    )


def _check_answers(items: Sequence[Item], values: Floats, weights: Floats, inside: Bools) -> None:
    names = [item.name for item in items]
    check_spread(names, values[inside])
    complete = inside & ~np.isnan(values).any(axis=1)
    why = reliability.problem(values[complete], weights[complete], names)
    if why:
        worst = names[int(np.isnan(values[inside]).sum(axis=0).argmax())]
        hint = f"; {worst!r} has most missing answers" if "too few" in why else ""
        raise InputError(f"The scale has no reliability: {why}{hint}")


def _units(
    values: Floats, ends: Floats, weights: Floats, inside: Bools, standardise: Standardise
) -> tuple[Floats, Floats]:
    """What becomes 0 of each item and what a step of 1 is then; (k,) each."""
    if standardise == "range":
        return ends[:, 0], ends[:, 1] - ends[:, 0]
    zero, unit = np.empty((2, values.shape[1]))
    for j in range(values.shape[1]):
        known = inside & ~np.isnan(values[:, j])
        x, w = values[known, j], weights[known]
        zero[j] = w @ x / w.sum()
        unit[j] = np.sqrt(w @ (x - zero[j]) ** 2 / w.sum() * x.size / (x.size - 1))
    return zero, unit
