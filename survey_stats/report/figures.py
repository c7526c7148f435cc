"""All numbers of an appendix, computed in one place into one tidy frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats import protect
from survey_stats.compare import adjust_p, change, contrast
from survey_stats.errors import InputError
from survey_stats.estimate import Survey
from survey_stats.explain import coding_effect, disagreement
from survey_stats.harmonise import Grade
from survey_stats.report.comparable import NOT_COMPARABLE, coding_of, grade_of
from survey_stats.report.plan import CITY, DISTRICTS, SURVEYS, Item
from survey_stats.report.published import protected
from survey_stats.report.rounding import rounded_figures
from survey_stats.report.schema import REST, tidy
from survey_stats.report.waves import Progress, Wave

LEVEL = 0.95
MARGIN = 0.03
"""Within this many units of share a change counts as none, if that can be shown."""

Where = Callable[[pd.DataFrame], "pd.Series[bool]"]
_SIDE = "_side"


def compute(
    waves: Sequence[Wave],
    area: str,
    plan: Sequence[Item],
    rule: protect.Rule = protect.DEFAULT,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """The figures of an area: shares by wave and group, changes, and the rest of the city.

    Totals come for every wave, groups for the latest wave and the one before it, rival codings for
    the latest. Changes are tested with Holm's adjustment in three families: the totals of the
    district, those of the city, and all groups of the district. A number that the rule does not
    let through is missing, here and in everything that is made from this frame; so is what would
    give it away beside the appendices of the other districts (`published`).

    Args:
        waves: harmonised waves; the latest of each survey is compared with the one before it.
        area: a district in the cut of 2023, or `CITY`: then groups are the city's, districts stand
            in place of neighbourhoods, and there is no rest to compare with.
        plan: the questions and groups.
        rule: what may be shown.
        progress: called as progress(what, done, total).

    Returns:
        One row a cell; the columns are `schema.COLUMNS`.

    Raises:
        InputError: no wave has answers from the area.
    """
    surveys = list(dict.fromkeys(w.survey for w in waves))
    # of a difference only the bases of its two sides count here; all else goes by `protected`
    bases = replace(rule, dominance=None, precision=None, rounding=None)
    parts: list[pd.DataFrame] = []
    for i, survey in enumerate(surveys):
        parts.extend(_of_survey([w for w in waves if w.survey == survey], area, plan, bases))
        if progress is not None:
            progress(survey, i + 1, len(surveys))
    if not any((p["area_level"] == _own_level(area)).any() for p in parts):
        raise InputError(
            f"None of the deliveries has answers from {area}; check the folder and the area"
        )
    out = protected(pd.concat(parts, ignore_index=True), waves, plan, rule, [*_OF_CHANGE.values()])
    made = _against_city_survey(waves, _adjusted(out), area, plan)
    return tidy(rounded_figures(made, rule))


def _of_survey(
    waves: Sequence[Wave], area: str, plan: Sequence[Item], rule: protect.Rule
) -> Iterable[pd.DataFrame]:
    here = [w for w in waves if (w.frame["district"] == area).any()]
    whole = [w for w in waves if set(DISTRICTS) <= set(w.frame["district"].dropna().unique())]
    designs = {w.year: w.design(w.frame.assign(**{_SIDE: _sides(w.frame, area)})) for w in waves}
    for item in plan:
        if waves[0].survey not in item.surveys:
            continue
        levels = [("district", here, _in_district(area)), ("city", whole, _in_city)]
        for level, known, where in levels if area != CITY else levels[1:]:
            asked = [w for w in known if _is_asked(w, item.question, where)]
            if asked:
                yield from _of_question(asked, designs, item, level, area, where, rule)


def _of_question(
    waves: Sequence[Wave],
    designs: Mapping[int, Survey],
    item: Item,
    level: str,
    area: str,
    where: Where,
    rule: protect.Rule,
) -> Iterable[pd.DataFrame]:
    question, last = item.question, waves[-1]
    before = waves[-2] if len(waves) > 1 else None
    groups: list[str | None] = [None]
    if level == _own_level(area):
        groups += [g for g in _groups(item, area) if _in_use(last, g, where)]
    for group in groups:
        shares = {}
        for wave in waves if group is None else [w for w in (before, last) if w is not None]:
            if group is not None and not _in_use(wave, group, where):
                continue
            frame = _shares(designs[wave.year], question, group, where)
            shares[wave.year] = frame.assign(
                **_keys(wave, level, area, question, group, coding_of(wave, question))
            )
        if before is not None and before.year in shares:
            grade = grade_of(question, before, last, area if level == "district" else None)
            if grade.grade == NOT_COMPARABLE:
                shares[last.year] = _without_change(shares[last.year], grade, before.year)
            else:
                changes = _changes(
                    designs[before.year], designs[last.year], question, group, where, rule
                )
                shares[last.year] = _with_changes(
                    shares[last.year], shares[before.year], changes, before.year
                )
        if group is None and level == "district":
            rest = _against_rest(designs[last.year], question, rule)
            shares[last.year] = shares[last.year].assign(**rest)
        yield from shares.values()
    if level == _own_level(area):
        yield from _rivals(last, designs[last.year], area, question, where)


def _rivals(
    wave: Wave, survey: Survey, area: str, question: str, where: Where
) -> Iterable[pd.DataFrame]:
    """The rival codings of a question and how far each is from the one in use."""
    columns = [c for c in wave.frame.columns if str(c).startswith(f"{question}__")]
    if len([c for c in columns if wave.frame[c].notna().any()]) < 2:
        return
    used = coding_of(wave, question)
    effect = coding_effect(survey, question, where=where, reference=used, level=LEVEL)
    for made, name, moved in zip(
        effect.estimates[1:], effect.codings[1:], effect.differences, strict=True
    ):
        frame = made.to_frame().rename(columns={"estimate": "share"})
        told = moved.to_frame()
        keys = _keys(wave, _own_level(area), area, question, None, name) | {"default_coding": False}
        yield frame.assign(
            **keys,
            coding_difference=told["difference"],
            coding_low=told["ci_low"],
            coding_high=told["ci_high"],
        )


def _keys(
    wave: Wave, level: str, area: str, question: str, group: str | None, coding: str
) -> dict[str, Any]:
    keys: dict[str, Any] = {
        "survey": wave.survey,
        "wave": wave.year,
        "area_level": level,
        "area": area if level == "district" else CITY,
        "question": question,
        "coding": coding,
        "group": group or "all",
        "default_coding": True,
    }
    return keys if group else keys | {"value": "all"}


def _shares(survey: Survey, question: str, group: str | None, where: Where) -> pd.DataFrame:
    frame = survey.share(question, by=group, where=where, level=LEVEL).to_frame()
    return frame.rename(columns={"estimate": "share", group or "": "value"})


def _changes(
    before: Survey,
    after: Survey,
    question: str,
    group: str | None,
    where: Where,
    rule: protect.Rule,
) -> pd.DataFrame:
    made = change(
        before, after, question, by=group, where=where, adjust="none", level=LEVEL, margin=MARGIN
    )
    frame = made.to_frame().assign(
        p_equivalence=made.p_equivalence,
        change_grade=made.grade.grade if made.grade else "",
        change_caveats="; ".join(made.caveats),
    )
    # a change gives nothing away that the two shares do not, so it needs no companion
    shown = protect.apply(frame, rule, sets=[])
    return shown.rename(columns={group or "": "value"})


_OF_CHANGE = {
    "difference": "difference",
    "ci_low": "difference_low",
    "ci_high": "difference_high",
    "se": "change_se",
    "df": "change_df",
    "p_value": "p_value",
    "p_equivalence": "p_equivalence",
}


def _with_changes(
    after: pd.DataFrame, before: pd.DataFrame, changes: pd.DataFrame, year: int
) -> pd.DataFrame:
    """The latest shares with their changes."""
    if "value" not in changes:
        changes = changes.assign(value="all")
    told = changes[["value", *_OF_CHANGE, "flag", "change_grade", "change_caveats"]].rename(
        columns=_OF_CHANGE | {"flag": "change_flag"}
    )
    out = after.merge(told, on="value", how="left", sort=False)
    both = set(before["value"])
    out["previous_wave"] = pd.array(
        [year if v in both else pd.NA for v in out["value"]], dtype="Int64"
    )
    return out


def _without_change(after: pd.DataFrame, grade: Grade, year: int) -> pd.DataFrame:
    """The latest shares where the wave before may not be compared with them."""
    caveats = [r.en for r in grade.reasons if r.weight != "note"]
    return after.assign(
        previous_wave=pd.array([year] * len(after), dtype="Int64"),
        change_flag=NOT_COMPARABLE,
        change_grade=grade.grade,
        change_caveats="; ".join(caveats),
        **dict.fromkeys(_OF_CHANGE.values(), np.nan),
    )


def _sides(frame: pd.DataFrame, area: str) -> NDArray[np.object_]:
    """The district, the rest of the city, or neither where the survey does not cover the city."""
    inside = (frame["district"] == area).fillna(False).to_numpy(bool)
    known = frame["district"].isin(DISTRICTS).to_numpy(bool)
    whole = set(DISTRICTS) <= set(frame["district"].dropna().unique())
    sides = np.full(len(frame), None, dtype=object)
    sides[known & whole] = "rest"
    sides[inside] = "district"
    return sides


def _against_rest(survey: Survey, question: str, rule: protect.Rule) -> dict[str, Any]:
    """The difference between the district and the rest of the city in one wave.

    Both are domains of one sample; their covariance comes from the design (a school may have
    pupils from both).
    """
    sides = survey.frame[_SIDE]
    if not (sides == "rest").any():
        return {}
    made = change(
        survey,
        survey,
        question,
        before_where=(sides == "rest").to_numpy(bool),
        after_where=(sides == "district").to_numpy(bool),
        adjust="none",
        level=LEVEL,
        margin=MARGIN,
    )
    row = protect.apply(made.to_frame(), rule, sets=[]).iloc[0]
    return {
        "rest_difference": row["difference"],
        "rest_low": row["ci_low"],
        "rest_high": row["ci_high"],
        "rest_p_value": row["p_value"],
    }


def _against_city_survey(
    waves: Sequence[Wave], figures: pd.DataFrame, area: str, plan: Sequence[Item]
) -> pd.DataFrame:
    """The other surveys' latest totals of the district against the city's own survey.

    A pair that the codebooks call not comparable gets that verdict and no difference.
    """
    by_key = {(w.survey, w.year): w for w in waves}
    rows = figures[
        (figures["group"] == "all")
        & (figures["area_level"] == _own_level(area))
        & figures["default_coding"]
        & figures["share"].notna()
    ]
    latest = rows.groupby(["survey", "question"], sort=False)["wave"].max()
    told: list[dict[str, Any]] = []
    for item in plan:
        own = latest.get((SURVEYS[0], item.question))
        if own is None:
            continue
        for other in SURVEYS[1:]:
            year = latest.get((other, item.question))
            if year is None:
                continue
            pair = by_key[SURVEYS[0], int(own)], by_key[other, int(year)]
            grade = grade_of(item.question, pair[0], pair[1], None if area == CITY else area)
            first, second = (w.design() for w in pair)
            made = disagreement(
                first,
                second,
                item.question,
                where=_in_city if area == CITY else _in_district(area),
                grade=grade,
                adjust="none",
                level=LEVEL,
                margin=MARGIN,
            )
            row = made.to_frame().iloc[0]
            told.append(
                {
                    "survey": other,
                    "wave": int(year),
                    "question": item.question,
                    "survey_difference": row["difference"],
                    "survey_low": row["ci_low"],
                    "survey_high": row["ci_high"],
                    "survey_p": row["p_value"],
                    "survey_verdict": row["verdict"],
                    "survey_grade": grade.grade,
                    "survey_caveats": "; ".join(made.caveats),
                }
            )
    if not told:
        return figures
    pairs = pd.DataFrame(told)
    pairs["survey_p_adjusted"] = adjust_p(pairs["survey_p"].to_numpy(float))
    pairs["survey_verdict"] = [
        v if v not in {"higher", "lower"} or p <= 1 - LEVEL else "cannot be decided"
        for v, p in zip(pairs["survey_verdict"], pairs["survey_p_adjusted"], strict=True)
    ]
    pairs = pairs.assign(area_level=_own_level(area), group="all", default_coding=True)
    keys = ["survey", "wave", "question", "area_level", "group", "default_coding"]
    return figures.merge(pairs.drop(columns="survey_p"), on=keys, how="left", sort=False)


def _adjusted(figures: pd.DataFrame) -> pd.DataFrame:
    """p-values adjusted within each family, and the verdicts that follow from them."""
    known = list(dict.fromkeys([*figures.columns, *_OF_CHANGE.values(), *REST]))
    out = figures.reindex(columns=known).reset_index(drop=True)
    alpha = round(1 - LEVEL, 12)
    numbers = {c: _floats(out[c]) for c in _OF_CHANGE.values()}
    tested = np.isfinite(numbers["p_value"])
    family = np.where(out["group"] == "all", out["area_level"], "groups")
    adjusted, same = np.full(len(out), np.nan), np.full(len(out), np.nan)
    detectable, size = np.full(len(out), np.nan), np.zeros(len(out), dtype=int)
    for name in ("district", "city", "groups"):
        rows = tested & (family == name)
        if not rows.any():
            continue
        size[rows] = rows.sum()
        adjusted[rows] = adjust_p(numbers["p_value"][rows])
        same[rows] = adjust_p(numbers["p_equivalence"][rows])
        detectable[rows] = contrast.smallest_detectable(
            numbers["change_se"][rows], numbers["change_df"][rows], alpha / rows.sum()
        )
    verdicts = contrast.verdicts(numbers["difference"], adjusted, same, alpha)
    out["p_adjusted"], out["smallest_detectable"] = adjusted, detectable
    out["comparisons"] = pd.array(size, dtype="Int64")
    out["comparisons"] = out["comparisons"].mask(~tested)
    out["verdict"] = np.where(np.isfinite(numbers["difference"]), verdicts, "")

    compared = _floats(out["rest_p_value"])
    out["rest_p_adjusted"] = adjust_p(compared)
    out["rest_verdict"] = [
        _side(d, p)
        for d, p in zip(_floats(out["rest_difference"]), out["rest_p_adjusted"], strict=True)
    ]
    return out


def _floats(column: pd.Series[Any]) -> NDArray[np.float64]:
    return np.asarray(pd.to_numeric(column), dtype=np.float64)


def _side(difference: float, p_adjusted: float) -> str:
    if not np.isfinite(p_adjusted):
        return ""
    if p_adjusted > 1 - LEVEL:
        return "no significant difference"
    return "higher" if difference > 0 else "lower"


def _own_level(area: str) -> str:
    """The level of the rows that an appendix is about."""
    return "city" if area == CITY else "district"


def _groups(item: Item, area: str) -> list[str]:
    """The groups of a question; the city is divided into districts."""
    return ["district" if g == "neighbourhood" and area == CITY else g for g in item.groups]


def _in_district(area: str) -> Where:
    return lambda frame: (frame["district"] == area).fillna(False).astype(bool)


def _in_city(frame: pd.DataFrame) -> pd.Series[bool]:
    return (frame["municipality"] == CITY).fillna(False).astype(bool)


def _is_asked(wave: Wave, question: str, where: Where) -> bool:
    return question in wave.frame and bool(
        wave.frame.loc[where(wave.frame), question].notna().any()
    )


def _in_use(wave: Wave, group: str, where: Where) -> bool:
    return group in wave.frame and bool(wave.frame.loc[where(wave.frame), group].notna().any())
