"""May two indices be compared, over which items, and what is their difference?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from survey_stats.compare import Changes, change
from survey_stats.compare.grading import check_given, find_grade, side_of_survey
from survey_stats.errors import ComparabilityError, InputError, enumerate_first
from survey_stats.estimate.columns import Bools
from survey_stats.estimate.design import as_names
from survey_stats.estimate.respondents import By
from survey_stats.explain.disagreement.geography import Geography, find_geography
from survey_stats.explain.disagreement.sample import Sample
from survey_stats.explain.disagreement.words import told_survey
from survey_stats.explain.scales import functioning as dif
from survey_stats.explain.scales import words
from survey_stats.explain.scales.answers import question_of
from survey_stats.explain.scales.functioning import Functioning
from survey_stats.explain.scales.index import least_items
from survey_stats.explain.scales.scale import Scale, scale
from survey_stats.harmonise import Grade
from survey_stats.labels import Language
from survey_stats.results import html_table

_GRADES = ("same", "comparable with caveat", "not comparable")
# a difference this small counts as none: a part of the range of the index, as 3 points of a share
MARGIN = 0.03


@dataclass(frozen=True, eq=False)
class ScaleComparison:
    """Two indices made comparable: the items that both have, alike, and the difference on them.

    Attributes
    ----------
    items: one row an item of either; see `to_frame`
    grade: the weakest grade of the items used, by the codebooks; None where they do not know
    override: the reason for using items that the codebooks call not comparable
    first, second: the index over the common items in both surveys (or domains)
    change: second less first, by groups
    functioning: whether the items work alike in both, at equal totals
    geography: who with an index lives in areas that one survey alone covers; None for two domains
        of one Survey
    """

    items: pd.DataFrame = field(repr=False)
    grade: Grade | None
    override: str | None
    first: Scale
    second: Scale
    change: Changes = field(repr=False)
    functioning: Functioning = field(repr=False)
    lang: Language = "sv"
    geography: Geography | None = field(default=None, repr=False)

    @property
    def used(self) -> tuple[str, ...]:
        """The items of the common index."""
        return self.first.names

    def to_frame(self) -> pd.DataFrame:
        """One row an item.

        `item, in_first, in_second, codes_first, codes_second, reversed_first, reversed_second,
        grade, used, why` (why it is not used, or the caveats), then for the items used `mean_first,
        mean_second, item_rest_first, item_rest_second`.
        """
        frame = self.items.copy()
        for side, made in (("first", self.first), ("second", self.second)):
            table = made.to_frame().set_index("item")
            for column in ("mean", "item_rest"):
                frame[f"{column}_{side}"] = frame["item"].map(table[column])
        frame.attrs.update(grade=None if self.grade is None else self.grade.grade)
        frame.attrs.update(override=self.override)
        return frame

    def reliability(self) -> pd.DataFrame:
        """Alpha and omega of the common index on both sides: `side`, then as `Reliability`."""
        parts = [
            made.reliability().to_frame().assign(side=side)
            for side, made in (("first", self.first), ("second", self.second))
        ]
        frame = pd.concat(parts, ignore_index=True)
        frame.attrs.clear()
        return frame[["side", *(c for c in frame.columns if c != "side")]]

    def about_areas(self, lang: Language = "sv") -> tuple[str, ...]:
        """Who is counted that lives where the other survey has nobody; empty where all is one."""
        if self.geography is None:
            return ()
        one, two = self.first.origin, self.second.origin
        names = (
            told_survey(one.name, one.wave, 0, lang),
            told_survey(two.name, two.wave, 1, lang),
        )
        return self.geography.told(names, lang)

    def sentence(self, lang: Language | None = None) -> str:
        """What can be compared and what cannot, for laymen."""
        return words.comparison_sentence(self, words.check_language(lang or self.lang))

    def __repr__(self) -> str:
        shown = self.to_frame()[["item", "used", "why", "mean_first", "mean_second"]]
        table = shown.round(3).to_string(index=False, max_rows=12)
        return f"ScaleComparison of {self.first.name}\n{table}\n{self.sentence()}"

    def _repr_html_(self) -> str:
        caption = f"{self.first.name}: items of the two indices"
        return html_table(self.to_frame(), caption, {}, [self.sentence()])


def compare_scales(
    first: Scale,
    second: Scale,
    *,
    by: By = None,
    override: str | None = None,
    margin: float | None = None,
    level: float | None = None,
    adjust: str = "holm",
    shared: Literal["psu", "respondent"] | None = None,
    respondent: str | None = None,
) -> ScaleComparison:
    """Find the items that two indices share, make the index over them, and test its difference.

    Parameters
    ----------
    first, second: indices of two surveys, or of two domains (`where=`) of one Survey, whose
        covariance is then known
    by: groups whose differences are tested apart, as one family
    override: the reason for using items that the codebooks call not comparable
    margin: a difference this small counts as none, by default 3 percent of the index's range
    level, adjust, shared, respondent: as in `change`

    An item is used where both have it with the same codes, turned the same way, and where the
    codebooks (of surveys that know their name and wave) do not call it not comparable. Whether the
    items also work alike is in `.functioning`: at equal totals, is an item answered alike?

    Raises
    ------
    InputError: indices made by different rules, or of items standardised by their own means
    ComparabilityError: fewer than two items can be used; the text says why

    >>> from survey_stats.estimate import Survey
    >>> old = pd.DataFrame({"a": [1, 2, 3, 4] * 9, "b": [1, 2, 4, 4] * 9, "c": [1, 3, 2, 4] * 9})
    >>> new = pd.DataFrame({"a": [4, 2, 1, 4] * 9, "b": [1, 2, 4, 4] * 9, "d": [1, 3, 2, 4] * 9})
    >>> both = compare_scales(scale(Survey(old), list("abc")), scale(Survey(new), list("abd")))
    >>> both.used, both.change.to_frame()["difference"].round(3).tolist()
    (('a', 'b'), [0.125])
    """
    _check_rules(first, second)
    check_given(None, override)
    table, grades = _items(first, second, as_names(by), override)
    used = table.loc[table["used"], "item"].tolist()
    if len(used) < 2:
        why = "; ".join(f"{r.item}: {r.why}" for r in table.itertuples() if not r.used)
        raise ComparabilityError(
            f"The indices have {len(used)} items that can be compared, and an index needs two "
            f"({why})"
        )
    options = _options(first, second, used)
    one = scale(first.origin, used, where=first.inside, **options)
    two = scale(second.origin, used, where=second.inside, **options)
    known = [grades[name] for name in used if grades[name] is not None]
    grade = max((g for g in known if g), key=lambda g: _GRADES.index(g.grade), default=None)
    level = first.level if level is None else level
    if margin is None:
        ends = one.range
        margin = MARGIN * (ends[1] - ends[0]) if ends else _small(one)
    arguments: dict[str, Any] = {"by": by, "adjust": adjust, "level": level, "margin": margin}
    arguments |= {"statistic": "mean", "grade": grade, "override": override}
    geography = None
    if first.origin.design is second.origin.design:
        either: Bools = first.inside | second.inside
        whole = scale(first.origin, used, where=either, **options).survey
        made = change(
            whole,
            whole,
            first.name,
            before_where=first.inside,
            after_where=second.inside,
            **arguments,
        )
    else:
        arguments |= {"shared": shared, "respondent": respondent}
        made = change(one.survey, two.survey, first.name, **arguments)
        geography = find_geography((_sample(one), _sample(two)), restrict=False)
    gaps = dif.differences(
        dif.Side(two.origin, two.values, two.complete),
        dif.Side(one.origin, one.values, one.complete),
    )
    rows = [
        {"item": name, "group": "second", "reference": "first", **gap}
        for name, gap in zip(used, gaps, strict=True)
    ]
    return ScaleComparison(
        items=table,
        grade=grade,
        override=override,
        first=one,
        second=two,
        change=replace(made, grade=grade),
        functioning=dif.result(first.name, "side", rows, adjust, level),
        lang=first.lang,
        geography=geography,
    )


def _sample(made: Scale) -> Sample:
    """The respondents with an index."""
    index = made.survey.frame[made.name].to_numpy(dtype=np.float64)
    return Sample(made.origin, made.inside & ~np.isnan(index))


def _small(made: Scale) -> float:
    """A margin for an index without a range: 3 percent of four standard deviations."""
    index = made.survey.frame[made.name].to_numpy()
    rows = made.inside & ~np.isnan(index)
    w = made.origin.design.weights[rows]
    x = index[rows]
    return float(MARGIN * 4 * np.sqrt(w @ (x - w @ x / w.sum()) ** 2 / w.sum()))


def _check_rules(first: Scale, second: Scale) -> None:
    for one in (first, second):
        if not isinstance(one, Scale):
            raise InputError(
                f"compare_scales takes two Scales, not {type(one).__name__}; make them with scale()"
            )
    for what in ("rule", "standardise"):
        one, other = getattr(first, what), getattr(second, what)
        if one != other:
            raise InputError(
                f"The indices were made with {what}={one!r} and {other!r}; make both alike"
            )
    if first.origin.design is second.origin.design and np.array_equal(first.inside, second.inside):
        raise InputError(
            "compare_scales compares two surveys or two domains, but both indices are of the same "
            "respondents of one Survey; give them different where="
        )
    if first.standardise is True:
        raise InputError(
            "Indices of items standardised by their own means have the mean zero in every survey; "
            "use standardise='range' to compare them"
        )


def _options(first: Scale, second: Scale, used: list[str]) -> Mapping[str, Any]:
    """How the index over the common items is made."""
    k = len(used)
    told = {item.name: item for item in first.items}
    defaults = [s.at_least == least_items(s.rule, None, len(s.items)) for s in (first, second)]
    least = None if all(defaults) else min(max(first.at_least, second.at_least), k)
    return {
        "name": first.name,
        "reverse": [name for name in used if told[name].reverse],
        "rule": first.rule,
        "at_least": least,
        "steps": {name: told[name].steps for name in used if told[name].steps is not None},
        "standardise": first.standardise,
        "level": first.level,
        "lang": first.lang,
    }


def _items(
    first: Scale, second: Scale, by: list[str], override: str | None
) -> tuple[pd.DataFrame, dict[str, Grade | None]]:
    """Every item of either index, and whether it can be used."""
    one = {item.name: item for item in first.items}
    two = {item.name: item for item in second.items}
    rows, grades = [], {}
    for name in dict.fromkeys([*one, *two]):
        a, b = one.get(name), two.get(name)
        why, caveats, grade = [], [], None
        if a is None or b is None:
            why.append("only the " + ("second" if a is None else "first") + " has it")
        else:
            if a.steps != b.steps:
                why.append(f"other codes ({a.span} and {b.span}); give steps= if it is one scale")
            elif a.answers != b.answers:
                why.append("other answers to choose from")
            if a.reverse != b.reverse:
                why.append("reversed in one of them only")
            grade = _grade(first, second, name, by)
        if grade is not None:
            told = enumerate_first([r.en for r in grade.reasons if r.weight != "note"], 4)
            if grade.grade == "not comparable" and override is None:
                why.append(f"not comparable: {told}")
            elif told:
                caveats.append(told)
        grades[name] = grade
        rows.append(
            {
                "item": name,
                "in_first": a is not None,
                "in_second": b is not None,
                "codes_first": "" if a is None else a.span,
                "codes_second": "" if b is None else b.span,
                "reversed_first": bool(a and a.reverse),
                "reversed_second": bool(b and b.reverse),
                "grade": "" if grade is None else grade.grade,
                "used": not why,
                "why": "; ".join(why or caveats),
            }
        )
    return pd.DataFrame(rows), grades


def _grade(first: Scale, second: Scale, item: str, by: list[str]) -> Grade | None:
    sides = [
        side_of_survey(s.origin, [question_of(item)], by, lambda rows=s.inside: rows)  # type: ignore[misc]
        for s in (first, second)
    ]
    return find_grade(*sides)
