"""The appendix's tables, made from the figures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from survey_stats import protect
from survey_stats.labels import NBSP, Language, heading, word
from survey_stats.report.comparable import NOT_COMPARABLE
from survey_stats.report.crime import CrimeTable
from survey_stats.report.plan import GROUP_VALUES, PLAN, SURVEYS, Item
from survey_stats.report.sentences import joined, latest_totals, table_caption
from survey_stats.report.tables import Column, Table


def swedish_key(text: str) -> str:
    """A sort key of the Swedish alphabet, where å, ä, ö come last.

    >>> sorted(["Vinsta", "Åkeshov", "Nälsta", "Ängby"], key=swedish_key)
    ['Nälsta', 'Vinsta', 'Åkeshov', 'Ängby']
    """
    return text.lower().translate(str.maketrans("åäö", "{|}"))


def question_table(
    figures: pd.DataFrame,
    question: str,
    survey: str,
    lang: Language = "sv",
    rule: protect.Rule = protect.DEFAULT,
    oldest: Mapping[int, int] | None = None,
    caveats: Sequence[str] = (),
    coding: str = "",
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
    """
    own = figures[
        (figures["question"] == question)
        & (figures["survey"] == survey)
        & figures["default_coding"]
    ]
    here = own[own["area_level"] == "district"]
    if here.empty:
        return None
    wave = int(here["wave"].max())
    previous = here.loc[here["wave"] == wave, "previous_wave"].dropna()
    before = int(previous.iloc[0]) if len(previous) else None
    rows = _ordered(own[own["wave"] == wave], survey, (oldest or {}).get(wave), lang)
    earlier = own[own["wave"] == before] if before is not None else own.iloc[:0]
    keys = ["area_level", "group", "value"]
    rows = rows.merge(
        earlier[[*keys, "share", "flag"]].rename(columns={"share": "earlier", "flag": "was"}),
        on=keys,
        how="left",
        sort=False,
    )
    rows["mark"] = [_mark(f) for f in rows["flag"]]
    rows["earlier_mark"] = [_mark(f) for f in rows["was"]]
    rows["difference_mark"] = [_mark(f) for f in rows["change_flag"]]
    rows["judged"] = [_judged(row, lang) for row in rows.to_dict("records")]
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
        notes=_notes(rows, lang, rule, coding),
        lang=lang,
        starred=("share", "earlier"),
        minimum_base=rule.minimum_base,
        title=f"{heading(f'{survey}_short', lang)}, {word(question, lang)}",
    )


def overview_table(
    figures: pd.DataFrame,
    area: str,
    lang: Language = "sv",
    plan: Sequence[Item] = PLAN,
    caveats: Mapping[tuple[str, str], Sequence[str]] | None = None,
    codings: Mapping[tuple[str, str], str] | None = None,
) -> Table:
    """All questions in each survey's latest wave: the district, the city, change and verdict.

    Args:
        figures: the figures of the appendix.
        area: the district.
        lang: the reader's language.
        plan: the questions, in order.
        caveats: survey and question -> what a reader must be told of the change.
        codings: survey and question -> which coding it is told in, where it has several.
    """
    last = latest_totals(figures)
    keys = list(zip(last["survey"], last["question"], strict=True))
    city = latest_totals(figures, "city").set_index(["survey", "question", "wave"])["share"]
    order = {item.question: i for i, item in enumerate(plan)}
    last = last.assign(
        section=[heading(str(s), lang) for s in last["survey"]],
        label=[heading(str(q), lang) for q in last["question"]],
        city=[
            city.get((s, q, w), pd.NA)
            for s, q, w in zip(last["survey"], last["question"], last["wave"], strict=True)
        ],
        label_footnotes=_objects([_noted((codings or {}).get(k)) for k in keys], last),
        difference_footnotes=_objects([tuple((caveats or {}).get(k, ())) for k in keys], last),
        difference_mark=[_mark(f) for f in last["change_flag"]],
        mark=[_mark(f) for f in last["flag"]],
        compared=[_since(row) for row in last.to_dict("records")],
        judged=[_judged(row, lang) for row in last.to_dict("records")],
        place=[
            SURVEYS.index(s) * 100 + order.get(q, 99)
            for s, q in zip(last["survey"], last["question"], strict=True)
        ],
    ).sort_values("place", kind="stable")
    sv = lang == "sv"
    caption = (
        f"Alla frågor i korthet: andel i {area} och i hela staden vid den senaste mätningen, och "
        "förändring i procentenheter för stadsdelsområdet sedan mätningen före."
        if sv
        else f"All questions in brief: share in {area} and in the whole city in the latest wave, "
        "and change for the district in percentage points since the wave before."
    )
    return Table(
        name="overview",
        caption=caption,
        columns=(
            Column("label", heading("question", lang), "text", 29),
            Column("compared", "År" if sv else "Years", "text", 11),
            Column("share", f"{heading('share', lang)}, %", "percent", 9),
            Column("city", "Staden, %" if sv else "City, %", "percent", 10),
            Column("difference", heading("change", lang), "change", 20),
            Column("judged", heading("verdict", lang), "text", 21),
        ),
        rows=last.reset_index(drop=True),
        notes=_notes(last, lang, protect.DEFAULT),
        lang=lang,
        title="Översikt" if sv else "Overview",
    )


def coding_table(
    figures: pd.DataFrame, question: str, titles: dict[str, str], lang: Language = "sv"
) -> Table | None:
    """How much the choice of coding moves a question, in each survey's latest wave."""
    own = figures[(figures["question"] == question) & (figures["group"] == "all")]
    own = own[own["area_level"] == "district"]
    several = own.groupby("survey")["coding"].transform("nunique") > 1
    own = own[several & (own["wave"] == own.groupby("survey")["wave"].transform("max"))]
    if own.empty:
        return None
    sv = lang == "sv"
    rows = own.assign(
        section=[
            f"{heading(str(s), lang)} {w}" for s, w in zip(own["survey"], own["wave"], strict=True)
        ],
        label=[
            (titles.get(str(c)) or str(c))
            + ((" (används här)" if sv else " (used here)") if d else "")
            for c, d in zip(own["coding"], own["default_coding"], strict=True)
        ],
        mark=[_mark(f) for f in own["flag"]],
    )
    rows = rows.drop(columns="comparisons").rename(
        columns={"coding_low": "coding_difference_low", "coding_high": "coding_difference_high"}
    )
    order = rows["survey"].map({s: i for i, s in enumerate(SURVEYS)})
    rows = rows.assign(order=order).sort_values(
        ["order", "default_coding"], ascending=[True, False], kind="stable"
    )
    caption = (
        f"{heading(question)}: samma svar räknade med olika kodningar. Skillnaden är i "
        "procentenheter mot den kodning som används i bilagan, med osäkerhetsintervall."
        if sv
        else f"{heading(question, lang)}: the same answers counted by different codings. The "
        "difference is in percentage points from the coding used here, with its interval."
    )
    return Table(
        name=f"coding-{question}".replace("_", "-"),
        caption=caption,
        columns=(
            Column("label", heading("coding", lang), "text", 49),
            Column("share", f"{heading('share', lang)}, %", "percent", 9),
            Column("ci", "Intervall, %" if sv else "Interval, %", "interval", 13),
            Column("n", heading("base", lang), "count", 8),
            Column("coding_difference", "Skillnad" if sv else "Difference", "change", 21),
        ),
        rows=rows.reset_index(drop=True),
        notes=_notes(rows, lang, protect.DEFAULT),
        lang=lang,
        title="Kodningar" if sv else "Codings",
    )


def crime_table(table: CrimeTable, name: str, area: str, lang: Language = "sv") -> Table:
    """Counts of two periods with the tested change."""
    sv = lang == "sv"
    rows = table.rows.assign(
        judged=[judged(v, lang) for v in table.rows["verdict"]],
        percent=table.rows["percent_change"],
        span_low=100 * (table.rows["ratio_low"].astype(float) - 1),
        span_high=100 * (table.rows["ratio_high"].astype(float) - 1),
    )
    if (rows["section"] == "").all():
        rows = rows.drop(columns="section")
    season = f" ({table.season})" if table.season else ""
    rate = (" per invånare" if sv else " per inhabitant") if table.per_inhabitant else ""
    caption = (
        f"Anmälda brott i {area}, {table.before} och {table.after}{season}: antal, förändring"
        f"{rate} i procent med osäkerhetsintervall (95{NBSP}%) och bedömning."
        if sv
        else f"Reported crime in {area}, {table.before} and {table.after}{season}: number, "
        f"change{rate} in percent with 95% confidence interval, and verdict."
    )
    tests = int(table.rows.attrs.get("family_size", len(rows)))
    short = len(table.after) <= 4
    note = (
        "Intervallet gäller varje rad för sig, medan bedömningen tar hänsyn till att "
        f"{tests} jämförelser görs (Holms metod)."
        if sv
        else "The interval is each row's own, while the verdict allows for "
        f"{tests} comparisons (Holm's method)."
    )
    if table.rows.attrs.get("totals_size"):
        note += (
            " Rader som är summor av andra rader räknas för sig."
            if sv
            else " Rows that are sums of other rows count apart."
        )
    if rows["is_total"].any():
        sums = (
            "Summor är räknade på tabellens egna rader." if sv else "Totals are sums of the rows."
        )
        note = f"{sums} {note}"
    return Table(
        name=name,
        caption=caption,
        columns=(
            Column("label", heading("category", lang), "text", 30 if short else 26),
            Column("before", table.before, "count", 10 if short else 12),
            Column("after", table.after, "count", 10 if short else 12),
            Column("percent", "Förändring, %" if sv else "Change, %", "signed", 13, decimals=0),
            Column("span", "Intervall, %" if sv else "Interval, %", "bounds", 16, decimals=0),
            Column("judged", heading("verdict", lang), "text", 21),
        ),
        rows=rows,
        notes=(note,),
        lang=lang,
        title="Anmälda brott" if sv else "Reported crime",
    )


def _ordered(rows: pd.DataFrame, survey: str, oldest: int | None, lang: Language) -> pd.DataFrame:
    """District and city totals first, then the groups of the district in the reader's order."""
    total = rows[rows["group"] == "all"]
    parts = [total[total["area_level"] == "district"], total[total["area_level"] == "city"]]
    labels = [str(a) for a in parts[0]["area"]] + [heading("city", lang)] * len(parts[1])
    sections = [heading("total", lang)] * len(labels)
    district = rows[(rows["area_level"] == "district") & (rows["group"] != "all")]
    for group in (*GROUP_VALUES, "neighbourhood"):
        own = district[district["group"] == group]
        known = list(GROUP_VALUES.get(group, ()))
        values = [str(v) for v in own["value"]]
        rank = {v: known.index(v) for v in values if v in known} or {
            v: i for i, v in enumerate(sorted(values, key=swedish_key))
        }
        own = own.iloc[sorted(range(len(own)), key=lambda i, v=values, r=rank: r[v[i]])]  # type: ignore[misc]
        parts.append(own)
        labels += [value_label(str(v), survey, oldest, lang) for v in own["value"]]
        pupils = survey == "school_survey" and group == "age_group"
        sections += [heading("school_year" if pupils else group, lang)] * len(own)
    return pd.concat(parts).assign(label=labels, section=sections).reset_index(drop=True)


def value_label(value: str, survey: str, oldest: int | None = None, lang: Language = "sv") -> str:
    """A group as the survey asked it: pupils are girls and boys, and an age may have an end.

    >>> value_label("women", "school_survey"), value_label("80+", "regional_safety", 84)
    ('Flickor', '80–84 år')
    """
    if value == "80+" and oldest is not None:
        return f"80–{oldest} {'år' if lang == 'sv' else 'years'}"
    if survey == "school_survey":
        value = {"women": "girls", "men": "boys"}.get(value, value)
    return heading(value, lang)


def _objects(values: Sequence[tuple[str, ...]], like: pd.DataFrame) -> pd.Series[Any]:
    return pd.Series(list(values), index=like.index, dtype=object)


def _noted(text: str | None) -> tuple[str, ...]:
    return (text,) if text else ()


def _mark(flag: Any) -> str:
    text = "" if pd.isna(flag) else str(flag)
    return next((m for m in ("suppressed", "uncertain") if text.startswith(m)), "")


def _judged(row: dict[Any, Any], lang: Language) -> str:
    if str(row["change_flag"]).startswith("suppressed"):
        return ".."
    if row["change_flag"] == NOT_COMPARABLE:
        return word(NOT_COMPARABLE, lang)
    if pd.isna(row["difference"]) or not row["verdict"]:
        return "–"
    return judged(str(row["verdict"]), lang)


def judged(verdict: str, lang: Language = "sv") -> str:
    """A verdict with a sign that one finds at a glance.

    >>> judged("significant increase"), judged("cannot be decided")
    ('▲ säkerställd ökning', 'kan inte avgöras')
    """
    sign = {"significant increase": "▲ ", "significant decrease": "▼ "}
    return sign.get(verdict, "") + word(verdict, lang)


def _since(row: dict[Any, Any]) -> str:
    previous = row["previous_wave"]
    return str(row["wave"]) if pd.isna(previous) else f"{previous}–{row['wave']}"


def _notes(
    rows: pd.DataFrame, lang: Language, rule: protect.Rule, coding: str = ""
) -> tuple[str, ...]:
    marks = {m for c in rows.columns if str(c).endswith("mark") for m in rows[c]}
    sv = lang == "sv"
    notes = [*_noted(coding), *mark_notes(marks, rule, lang)]
    tests = rows["comparisons"].dropna() if "comparisons" in rows else ()
    if len(tests):
        sizes = sorted({int(t) for t in tests})
        if len(sizes) == 2:
            told = (
                f"{sizes[0]} totaler och {sizes[1]} grupper"
                if sv
                else f"{sizes[0]} totals and {sizes[1]} groups"
            )
        else:
            told = joined([str(s) for s in sizes], lang) + (" andelar" if sv else " shares")
        notes.append(
            "Intervallet gäller varje rad för sig, medan bedömningen tar hänsyn till att "
            f"{told} jämförs samtidigt (Holms metod)."
            if sv
            else "The interval is each row's own, while the verdict allows for "
            f"{told} being compared at once (Holm's method)."
        )
    # one paragraph, as it stands under the table
    return (" ".join(notes),) if notes else ()


def mark_notes(marks: Collection[str], rule: protect.Rule, lang: Language = "sv") -> list[str]:
    """What the marks of cells mean that are hidden or uncertain."""
    sv = lang == "sv"
    notes = []
    if "suppressed" in marks:
        notes.append(
            f".. = visas inte: färre än {rule.minimum_base} svarande, eller för att skydda en "
            "sådan uppgift."
            if sv
            else f".. = not shown: fewer than {rule.minimum_base} answers, or to protect such "
            "a cell."
        )
    if "uncertain" in marks:
        notes.append(
            f"* = osäker uppgift: {rule.minimum_base}–{rule.certain_base - 1} svarande."
            if sv
            else f"* = uncertain: {rule.minimum_base}–{rule.certain_base - 1} answers."
        )
    return notes
