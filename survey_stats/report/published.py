"""What all appendices of a year print of the surveys, and what of it may be printed.

A district's appendix cannot be protected by itself: the city's total less ten districts is the
eleventh. So the cells of all districts and of the city are protected together, and every appendix
takes what concerns it; which of them are made makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats import protect
from survey_stats.report.answers import PREFIX
from survey_stats.report.cache import cache_folder, fingerprint, rooms, write_whole
from survey_stats.report.comparable import coding_of
from survey_stats.report.plan import CITY, DISTRICTS, Item
from survey_stats.report.waves import Wave

_LEVEL = "level"
_CELL = ["survey", "wave", "question", "coding", "district", "group", "value"]
_NUMBERS = ("share", "se", "ci_low", "ci_high", "df", "n_effective", "deff")
_OF_CODING = ("coding_difference", "coding_low", "coding_high")
_OF_REST = ("rest_difference", "rest_low", "rest_high", "rest_p_value")


def protected(
    figures: pd.DataFrame,
    waves: Sequence[Wave],
    plan: Sequence[Item],
    rule: protect.Rule,
    changes: Sequence[str],
) -> pd.DataFrame:
    """The figures of an appendix without what must not be printed.

    Args:
        figures: shares and changes of one area, a row a cell, nothing hidden yet.
        waves, plan: what the appendices of all areas are made of.
        rule: what may be shown.
        changes: the columns of a change.

    Returns:
        A copy. Hidden shares are missing, with their bases where those would tell; so is every
        difference that one of them is part of (`change_flag`).
    """
    # whether a number is precise says nothing of people, and of an area's own numbers only
    told = judged(waves, plan, of_people(rule))
    told = told[told[_LEVEL].eq("")]
    own = _keys(figures)
    found = own.merge(told, on=_CELL, how="left", sort=False)
    out = figures.copy()
    hidden = found["hidden"].fillna(False).to_numpy(bool)
    flags = found["told"].fillna("").to_numpy(object)
    old = out["flag"].fillna("").astype(str).to_numpy(object)
    vague = _vague(figures, rule)
    flags = np.where(hidden, flags, np.where(vague == "", flags, vague))
    hidden = hidden | np.array([str(v).startswith("suppressed") for v in vague], dtype=np.bool_)
    out["flag"] = np.where(hidden | (old == ""), flags, old)
    numbers = [c for c in (*_NUMBERS, *_OF_REST, *_OF_CODING) if c in out]
    out[numbers] = out[numbers].mask(pd.Series(hidden, index=out.index), axis=0)
    none = found["base_hidden"].fillna(False).to_numpy(bool)
    out["n"] = out["n"].astype("Int64").mask(none)

    default = out["default_coding"].to_numpy(bool)
    gone = hidden | _hidden_before(own, hidden, default, out.get("previous_wave"))
    compared = [c for c in changes if c in out]
    out[compared] = out[compared].mask(pd.Series(gone, index=out.index), axis=0)
    if "previous_wave" in out:
        paired = gone & out["previous_wave"].notna().to_numpy(bool)
        # what may not be compared is not hidden
        paired &= out["change_grade"].ne("not comparable").to_numpy(bool)
        out["change_flag"] = out["change_flag"].mask(paired, protect.PAIRED)
    rivals = [c for c in _OF_CODING if c in out]
    if rivals:
        plain = own.loc[default].assign(hidden_plain=hidden[default])
        keys = [c for c in _CELL if c != "coding"]
        beside = own.merge(plain[[*keys, "hidden_plain"]], on=keys, how="left", sort=False)
        lost = beside["hidden_plain"].fillna(False).to_numpy(bool)
        out[rivals] = out[rivals].mask(pd.Series(lost, index=out.index), axis=0)
    return out


def of_people(rule: protect.Rule) -> protect.Rule:
    """The criteria of a rule that are about people, which are judged for all areas together."""
    return replace(rule, precision=None, rounding=None)


def judged_with(
    waves: Sequence[Wave], plan: Sequence[Item], question: str, rule: protect.Rule
) -> dict[str, pd.DataFrame]:
    """What became of every cell (`judged`), with all answers of a question, for every question
    whose answers are among them."""
    items = [replace(i, answers=True) if i.question == question else i for i in plan]
    told = judged(waves, items, of_people(rule))
    return {item.question: told for item in items if item.answers}


def answers_shown(
    made: pd.DataFrame, told: pd.DataFrame, wave: Wave, question: str, rule: protect.Rule
) -> pd.DataFrame:
    """The shares of all answers of a question as they may be printed beside all that is printed.

    Args:
        made: a row a place and answer: `district` (empty for the city), `level`, then the columns
            of an Estimates.
        told: what became of every cell (`judged`).
        wave, question: what was asked.
        rule: what may be shown.

    Returns:
        A copy; a place that is hidden has lost all its numbers, its base too.
    """
    own = told[
        (told["survey"] == wave.survey)
        & (told["wave"] == wave.year)
        & (told["question"] == f"{PREFIX}{question}")
    ]
    hidden = own[own["hidden"].to_numpy(bool)]
    # the gravest of the flags of a place; one that was not judged is not shown
    flags = hidden.sort_values("told", key=lambda f: f.eq(protect.SECONDARY), kind="stable")
    flag = dict(zip(flags["district"][::-1], flags["told"][::-1], strict=True))
    known = set(own["district"])
    out = made.copy()
    why = [flag.get(d, "" if d in known else protect.SECONDARY) for d in out["district"]]
    vague = _vague(out.rename(columns={"estimate": "share"}), rule)
    gone = np.array([w != "" for w in why], dtype=np.bool_)
    lost = gone | np.array([str(v).startswith("suppressed") for v in vague], dtype=np.bool_)
    few = out["n"].between(rule.minimum_base, rule.certain_base - 1).to_numpy(bool)
    old = out["flag"].fillna("").astype(str).to_numpy(object)
    own_flag = np.where(vague != "", vague, np.where(few, rule.uncertain, old))
    out["flag"] = np.where(gone, why, own_flag)
    numbers = [c for c in ("estimate", *_NUMBERS) if c in out]
    out[numbers] = out[numbers].mask(pd.Series(lost, index=out.index), axis=0)
    out["n"] = out["n"].astype("Int64").mask(gone)
    return protect.rounded(out, rule)


def _vague(figures: pd.DataFrame, rule: protect.Rule) -> NDArray[np.object_]:
    """The flag of each share by its precision; empty where it is precise enough."""
    if rule.precision is None:
        return np.full(len(figures), "", dtype=object)
    share, low, high, n, effective, df = (
        pd.to_numeric(figures[c]).to_numpy(np.float64, na_value=np.nan)
        for c in ("share", "ci_low", "ci_high", "n", "n_effective", "df")
    )
    return protect.imprecise(share, low, high, n, effective, df, rule.precision)


def _hidden_before(
    own: pd.DataFrame,
    hidden: NDArray[np.bool_],
    default: NDArray[np.bool_],
    years: pd.Series[Any] | None,
) -> NDArray[np.bool_]:
    """Whether the share in the wave that a row is compared with is hidden."""
    if years is None:
        return np.zeros(len(own), dtype=np.bool_)
    keys = [c for c in _CELL if c != "coding"]
    known = own.assign(hidden=hidden).loc[default, [*keys, "hidden"]]
    other = own.assign(wave=pd.to_numeric(years).astype("Int64").to_numpy())
    found = other.merge(known, on=keys, how="left", sort=False, validate="many_to_one")
    return np.asarray(found["hidden"].fillna(False).to_numpy(bool))


def _keys(figures: pd.DataFrame) -> pd.DataFrame:
    """The cell of each row; a district's total may be a row of the city's appendix too."""
    keys = figures[["survey", "wave", "question", "coding", "group", "value"]].copy()
    in_city = figures["area_level"].eq("city").to_numpy(bool)
    as_row = in_city & keys["group"].eq("district").to_numpy(bool)
    district = np.where(in_city, "", figures["area"].astype(object))
    keys["district"] = np.where(as_row, keys["value"].astype(object), district)
    keys.loc[as_row, ["group", "value"]] = "all"
    keys["wave"] = keys["wave"].astype("Int64")
    return keys.reset_index(drop=True).astype(dict.fromkeys(set(_CELL) - {"wave"}, "object"))


def judged(waves: Sequence[Wave], plan: Sequence[Item], rule: protect.Rule) -> pd.DataFrame:
    """Every cell that an appendix prints, what became of it, and why.

    Returns:
        The columns of a cell (`district` is empty for the city), then `told` (its flag), `hidden`
        and `base_hidden`; `level` is an answer where all answers are printed, empty elsewhere.
    """
    largest = _largest(rule)
    cells = pd.concat(
        [
            part
            for wave in waves
            for part in (
                _cells_of(wave, plan, _prints_groups(wave, waves), largest),
                *_answers_of(wave, waves, plan, largest),
            )
        ]
    )
    cells = cells.reset_index(drop=True)
    cells[_LEVEL] = cells[_LEVEL].fillna("") if _LEVEL in cells else ""
    code = rooms(["protect", "report/published.py", "report/answers.py"])
    key = fingerprint(cells.to_csv(index=False), repr(rule), *code)
    file = cache_folder() / "protected" / f"{key}.parquet"
    if file.is_file():
        return pd.read_parquet(file)
    out = _judged(cells, rule)
    write_whole(file, lambda p: out.to_parquet(p, index=False))
    return out


def _largest(rule: protect.Rule) -> int:
    """How many of the largest weights of a cell the rule asks for."""
    if rule.dominance is None:
        return 0
    return max(rule.dominance.largest, 2 if rule.dominance.percent is not None else 1)


def _judged(cells: pd.DataFrame, rule: protect.Rule) -> pd.DataFrame:
    tables: list[protect.Printed] = []
    places: list[NDArray[np.int64]] = []
    for (level, group, all_answers), rows in cells.groupby(
        [cells["district"].eq(""), cells["group"], cells[_LEVEL].ne("")], sort=False
    ):
        by = ["survey", "wave", "question", "coding"]
        by += [] if level else ["district"]
        answer = [_LEVEL] if all_answers else []
        frame = rows[[*by, *answer, "value", "estimate", "n"]].assign(flag="")
        if group != "all":
            frame = frame.rename(columns={"value": str(group)})
            by.append(str(group))
        frame = frame[[*by, *answer, "estimate", "n", "flag"]]
        weights = rows[[f"largest_{k}" for k in range(_largest(rule))]].to_numpy(np.float64)
        tables.append(
            protect.Printed(
                # a share of yes is the sum of some answers
                frame.reset_index(drop=True), by=by, weights=weights, whole=bool(all_answers)
            )
        )  # fmt: skip
        places.append(np.asarray(rows.index, dtype=np.int64))
    out = cells[[*_CELL, _LEVEL]].assign(told="", hidden=False, base_hidden=False)
    out["wave"] = out["wave"].astype("Int64")
    for at, made in zip(places, protect.together(tables, rule), strict=True):
        out.loc[at, "told"] = made.frame["flag"].to_numpy(object)
        out.loc[at, "hidden"] = made.hidden
        out.loc[at, "base_hidden"] = made.frame["n"].isna().to_numpy(bool)
    return out


def _prints_groups(wave: Wave, waves: Sequence[Wave]) -> bool:
    """Whether some appendix breaks this wave down: one of the last two that a place has."""
    own = [w for w in waves if w.survey == wave.survey]
    for district in set(wave.frame["district"].dropna().unique()) & set(DISTRICTS):
        asked = [w.year for w in own if (w.frame["district"] == district).any()]
        if wave.year in asked[-2:]:
            return True
    return False


def _answers_of(
    wave: Wave, waves: Sequence[Wave], plan: Sequence[Item], largest: int
) -> Iterator[pd.DataFrame]:
    """All answers of the questions of which some document prints them: the city and its districts.

    Answers that are no step of a scale are among them: what the base of the steps leaves out.
    """
    for item in plan:
        column = f"{PREFIX}{item.question}"
        if not item.answers or wave.survey not in item.surveys or column not in wave.frame:
            continue
        if not _is_last(wave, waves, item.question):
            continue
        frame = wave.frame
        place = pd.Categorical(frame["district"], categories=list(DISTRICTS)).codes.astype(np.int64)
        city = frame["municipality"].eq(CITY).fillna(False).to_numpy(bool)
        whole = set(DISTRICTS) <= set(frame["district"].dropna().unique())
        weight = frame["weight"].to_numpy(np.float64)
        answers = frame[column].cat.categories
        code = frame[column].cat.codes.to_numpy(np.float64)
        code[code < 0] = np.nan
        for told, where in (("city", city & whole), ("district", place >= 0)):
            area = np.zeros(len(frame), np.int64) if told == "city" else place
            labels = [""] if told == "city" else list(DISTRICTS)
            for i, answer in enumerate(answers):
                gave = np.where(np.isnan(code), np.nan, code == i)
                rows = _counted(
                    gave, weight, area, np.zeros_like(area), where, labels, ["all"], largest
                )
                yield rows.assign(
                    survey=wave.survey, wave=wave.year, question=column, coding="", group="all",
                    **{_LEVEL: str(answer)},
                )  # fmt: skip


def _is_last(wave: Wave, waves: Sequence[Wave], question: str) -> bool:
    """Whether it is the last wave that asked a question in some district, or in the city."""
    own = [w for w in waves if w.survey == wave.survey and question in w.frame]
    for district in DISTRICTS:
        asked = [
            w.year for w in own if w.frame.loc[w.frame["district"] == district, question].count()
        ]
        if asked and asked[-1] == wave.year:
            return True
    return False


def _cells_of(wave: Wave, plan: Sequence[Item], groups: bool, largest: int) -> pd.DataFrame:
    """Base and share of every cell of a wave: the city, its districts, and the groups of both.

    With `largest` there are the parts of the weight of so many respondents (`largest_0`, ...).
    """
    frame = wave.frame
    place = pd.Categorical(frame["district"], categories=list(DISTRICTS)).codes.astype(np.int64)
    city = frame["municipality"].eq(CITY).fillna(False).to_numpy(bool)
    whole = set(DISTRICTS) <= set(frame["district"].dropna().unique())
    weight = frame["weight"].to_numpy(np.float64)
    parts: list[pd.DataFrame] = []
    codes: dict[str, tuple[NDArray[np.int64], list[Any]]] = {}
    for item in plan:
        if wave.survey not in item.surveys or item.question not in frame:
            continue
        columns = {coding_of(wave, item.question): item.question}
        for column in frame.columns:
            stem, _, coding = str(column).partition("__")
            if stem == item.question and coding and coding not in columns:
                columns[coding] = str(column)
        for coding, column in columns.items():
            answer = pd.to_numeric(frame[column]).to_numpy(np.float64, na_value=np.nan)
            plain = column == item.question
            for group in (None, *(item.groups if groups and plain else ())):
                if group is not None and group not in frame:
                    continue
                if group not in codes and group is not None:
                    made, found = pd.factorize(frame[group], sort=True)
                    codes[group] = np.asarray(made, dtype=np.int64), list(found)
                value, names = codes[group] if group else (np.zeros(len(frame), np.int64), ["all"])
                for told, where in (("city", city & whole), ("district", place >= 0)):
                    if told == "city" and group == "neighbourhood":
                        continue
                    area = np.zeros(len(frame), np.int64) if told == "city" else place
                    labels = [""] if told == "city" else list(DISTRICTS)
                    rows = _counted(answer, weight, area, value, where, labels, names, largest)
                    parts.append(
                        rows.assign(question=item.question, coding=coding, group=group or "all")
                    )
    if not parts:
        return pd.DataFrame(columns=[*_CELL, "estimate", "n"])
    return pd.concat(parts).assign(survey=wave.survey, wave=wave.year)


def _counted(
    answer: NDArray[np.float64],
    weight: NDArray[np.float64],
    area: NDArray[np.int64],
    value: NDArray[np.int64],
    where: NDArray[np.bool_],
    areas: Sequence[str],
    values: Sequence[Any],
    largest: int,
) -> pd.DataFrame:
    use = where & (area >= 0) & (value >= 0) & np.isfinite(answer)
    cell = area[use] * len(values) + value[use]
    size = len(areas) * len(values)
    n = np.bincount(cell, minlength=size)
    mass = np.bincount(cell, weight[use], size)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.bincount(cell, weight[use] * answer[use], size) / mass
    there = np.flatnonzero(n)
    heavy = protect.weight_shares(weight[use], cell, size, largest)
    return pd.DataFrame(
        {
            "district": np.array(areas, dtype=object)[there // len(values)],
            "value": np.array(values, dtype=object)[there % len(values)],
            "estimate": share[there],
            "n": n[there],
            **{f"largest_{k}": heavy[there, k] for k in range(largest)},
        }
    )
