"""The table of one question in one survey: totals and groups, with the change."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from survey_stats import protect
from survey_stats.labels import Language, heading, word
from survey_stats.report.marks import mark, table_notes, verdict_cell
from survey_stats.report.plan import GROUP_VALUES, asks_pupils
from survey_stats.report.sentences import own_level, table_caption
from survey_stats.report.tables import Column, Table

if TYPE_CHECKING:
    from survey_stats.report.document import Report


def question_table(
    figures: pd.DataFrame,
    question: str,
    survey: str,
    lang: Language = "sv",
    rule: protect.Rule = protect.DEFAULT,
    oldest: Mapping[int, int] | None = None,
    caveats: Sequence[str] = (),
    coding: str = "",
    groups: Collection[str] | None = None,
    compare: Collection[str] = ("before", "city"),
) -> Table | None:
    """One question in one survey's latest wave: totals and groups; None where there are no rows.

    Args:
        figures: the figures of the appendix.
        question, survey: their code names.
        lang: the reader's language.
        rule: what the notes under the table say about suppression.
        oldest: the highest age that a wave asked, where it stopped at one.
        caveats: what a reader must be told of the change since the wave before.
        coding: which answers are counted.
        groups: the groups to show; all that the figures have by default.
        compare: with `before` the change since the wave before is shown, with `city` the whole
            city beside a district.
    """
    own = figures[
        (figures["question"] == question)
        & (figures["survey"] == survey)
        & figures["default_coding"]
    ]
    level = own_level(figures)
    here = own[own["area_level"] == level]
    if here.empty:
        return None
    if groups is not None:
        own = own[own["group"].isin(["all", *groups])]
    if "city" not in compare:
        own = own[own["area_level"] == level]
    wave = int(here["wave"].max())
    previous = here.loc[here["wave"] == wave, "previous_wave"].dropna()
    before = int(previous.iloc[0]) if len(previous) and "before" in compare else None
    rows = _ordered(own[own["wave"] == wave], level, survey, (oldest or {}).get(wave), lang)
    earlier = own[own["wave"] == before] if before is not None else own.iloc[:0]
    keys = ["area_level", "group", "value"]
    rows = rows.merge(
        earlier[[*keys, "share", "flag"]].rename(columns={"share": "earlier", "flag": "was"}),
        on=keys,
        how="left",
        sort=False,
    )
    rows["mark"] = [mark(f, rule) for f in rows["flag"]]
    rows["earlier_mark"] = [mark(f, rule) for f in rows["was"]]
    rows["difference_mark"] = [mark(f, rule) for f in rows["change_flag"]]
    rows["judged"] = [verdict_cell(row, lang, rule) for row in rows.to_dict("records")]
    sv = lang == "sv"
    share = "Andel" if sv else "Share"
    columns = [
        Column("label", heading("group", lang), "text", 20),
        *([Column("earlier", f"{share} {before}, %", "percent", 9)] if before else []),
        Column("share", f"{share} {wave}, %", "percent", 9 if before else 18),
        Column("ci", f"Intervall {wave}, %" if sv else f"Interval {wave}, %", "interval",
               12 if before else 30),
        Column("n", f"{heading('base', lang)} {wave}", "count", 8 if before else 20),
    ]  # fmt: skip
    if before:
        columns += [
            Column("difference", heading("change", lang), "change", 21, footnotes=tuple(caveats)),
            Column("judged", heading("verdict", lang), "text", 21),
        ]
    return Table(
        name=f"{question}-{survey}".replace("_", "-"),
        caption=table_caption(question, survey, wave, before, lang),
        columns=tuple(columns),
        rows=rows,
        notes=table_notes(rows if before else rows.drop(columns="comparisons"), lang, rule, coding),
        lang=lang,
        starred=("share", "earlier"),
        minimum_base=rule.minimum_base,
        title=f"{heading(f'{survey}_short', lang)}, {word(question, lang)}",
    )


def in_reading_order(document: Report, rows: pd.DataFrame, survey: str) -> pd.DataFrame:
    """Rows of one wave with `label` and `section`, as a question's table has them."""
    oldest = document.oldest(survey).get(int(rows["wave"].iloc[0]))
    return _ordered(rows, own_level(document.figures), survey, oldest, document.lang)


def _ordered(
    rows: pd.DataFrame, level: str, survey: str, oldest: int | None, lang: Language
) -> pd.DataFrame:
    """The area's and the city's totals first, then the area's groups in the reader's order."""
    total = rows[rows["group"] == "all"]
    parts = [total[total["area_level"] == v] for v in ("district", "city")]
    labels = [str(a) for a in parts[0]["area"]] + [heading("city", lang)] * len(parts[1])
    sections = [heading("total", lang)] * len(labels)
    grouped = rows[(rows["area_level"] == level) & (rows["group"] != "all")]
    for group in (*GROUP_VALUES, "neighbourhood", "district"):
        own = grouped[grouped["group"] == group]
        known = list(GROUP_VALUES.get(group, ()))
        values = [str(v) for v in own["value"]]
        rank = {v: known.index(v) for v in values if v in known} or {
            v: i for i, v in enumerate(sorted(values, key=swedish_key))
        }
        own = own.iloc[sorted(range(len(own)), key=lambda i, v=values, r=rank: r[v[i]])]  # type: ignore[misc]
        parts.append(own)
        labels += [value_label(str(v), survey, oldest, lang) for v in own["value"]]
        pupils = asks_pupils(survey) and group == "age_group"
        sections += [heading("school_year" if pupils else group, lang)] * len(own)
    return pd.concat(parts).assign(label=labels, section=sections).reset_index(drop=True)


def value_label(value: str, survey: str, oldest: int | None = None, lang: Language = "sv") -> str:
    """A group as the survey asked it: pupils are girls and boys, and an age may have an end.

    >>> value_label("women", "school_survey"), value_label("80+", "regional_safety", 84)
    ('Flickor', '80–84 år')
    """
    if value == "80+" and oldest is not None:
        return f"80–{oldest} {'år' if lang == 'sv' else 'years'}"
    if asks_pupils(survey):
        value = {"women": "girls", "men": "boys"}.get(value, value)
    return heading(value, lang)


def swedish_key(text: str) -> str:
    """A sort key of the Swedish alphabet, where å, ä, ö come last.

    >>> sorted(["Vinsta", "Åkeshov", "Nälsta", "Ängby"], key=swedish_key)
    ['Nälsta', 'Vinsta', 'Åkeshov', 'Ängby']
    """
    return text.lower().translate(str.maketrans("åäö", "{|}"))
