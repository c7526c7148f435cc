"""Damage to keys, weights, places and years, and rows that are no respondents."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .mutations import Draft, Expect, Source, draft, found, mutation, stop


def _untyped(source: Source) -> bool:
    """Formats in which one column may hold numbers and words."""
    return source.ending in (".csv", ".xlsx")


# keys and design


@mutation("keys doubled", 1, 10, "all")
def _(d: Draft, many: int | str) -> Expect:
    if many == "all":
        d.frame = pd.concat([d.frame, d.frame], ignore_index=True)
    else:
        d.frame.loc[: int(many) - 1, d.key] = d.frame.loc[200, d.key]
    return stop(d.key, "key", "rows")


@mutation("a key is blank", where=lambda s: s.ending != ".por")
def _(d: Draft, _: None) -> Expect:
    d.frame.loc[5, d.key] = np.nan
    return stop(d.key, "row 6", "no key")


@mutation("a weight that cannot be", 0, -1, "blank", where=lambda s: s.survey != "school_survey")
def _(d: Draft, value: int | str) -> Expect:
    assert d.weight is not None
    d.frame.loc[7, d.weight] = np.nan if value == "blank" else float(value)
    return stop(d.weight, "row 8", "weight")


@mutation(
    "a weight in words",
    "saknas",
    "1 st",
    "1,2,3",
    where=lambda s: _untyped(s) and s.survey != "school_survey",
)
def _(d: Draft, value: str) -> Expect:
    assert d.weight is not None
    d.words(d.weight)
    d.frame.loc[7, d.weight] = value
    return stop(d.weight, "row 8", value)


@mutation("decimal marks lost in some weights", where=lambda s: s.survey != "school_survey")
def _(d: Draft, _: None) -> Expect:
    assert d.weight is not None
    rows = d.rng.choice(len(d.frame), 15, replace=False)
    d.frame.loc[rows, d.weight] = (d.frame.loc[rows, d.weight] * 10000).round()
    return found(d.weight)


@mutation("decimal marks lost in all weights", where=lambda s: s.survey != "school_survey")
def _(d: Draft, _: None) -> Expect:
    assert d.weight is not None
    d.frame[d.weight] = [float(repr(float(v)).replace(".", "")) for v in d.frame[d.weight]]
    return found(d.weight)


@mutation("a blank stratum or school", where=lambda s: s.ending != ".por")
def _(d: Draft, _: None) -> Expect:
    column = d.design.stratum or d.design.psu
    d.frame.loc[11, column] = np.nan
    return stop(column)


# places


@mutation("a place that is not there", "Hässelbi Vällingsta", "Göteborg", "12")
def _(d: Draft, name: str) -> Expect:
    if d.source.survey == "regional_safety":
        column = d.variable("district")
        d.frame.loc[2, column] = name
        return stop(column, d.held(name))
    if d.source.survey == "city_safety":
        column = d.variable("neighbourhood")
        code = d.frame.loc[2, column]
        d.value_labels[column] = {**d.value_labels[column], code: name}
        return stop(column, name)
    column = d.variable("district")
    d.frame.loc[2, column] = 977.0
    return stop(column, "977")


@mutation("districts of another time", where=lambda s: s.survey == "regional_safety")
def _(d: Draft, _: None) -> Expect:
    column = d.variable("district")
    other = "Järva" if d.source.wave < 2023 else "Älvsjö"
    filled = d.frame.index[d.frame[column].notna()]
    d.frame.loc[filled[:3], column] = other
    return stop(column, d.held(other), "cut")


# waves


@mutation("the year of another wave", where=lambda s: s.survey != "city_safety")
def _(d: Draft, _: None) -> Expect:
    year = str(d.design.year)
    waves = list(d.book.waves)
    at = waves.index(d.source.wave)
    other = waves[at + 1 if at + 1 < len(waves) else at - 1]
    d.frame[year] = float(other)
    d.stem = f"leverans_{d.source.wave}"
    alike = set(d.book.variables(other)) == set(d.book.variables(d.source.wave))
    return stop(str(other), str(d.source.wave)) if alike else stop(str(other))


@mutation("a year that is no wave", 1999, 2031, where=lambda s: s.survey != "city_safety")
def _(d: Draft, year: int) -> Expect:
    d.frame[str(d.design.year)] = float(year)
    return stop(str(year))


@mutation("two waves in one file", where=lambda s: s.ending != ".por")
def _(d: Draft, _: None) -> Expect:
    waves = list(d.book.waves)
    other = waves[waves.index(d.source.wave) - 1]
    more = draft(Source(d.source.survey, other, d.source.ending)).frame
    d.frame = pd.concat([d.frame, more], ignore_index=True)
    if d.source.survey == "city_safety":
        return stop(str(d.source.wave), str(other))
    return stop("several waves", str(d.source.wave), str(other))


@mutation("another survey's delivery")
def _(d: Draft, _: None) -> Expect:
    other, wave = {
        "city_safety": ("school_survey", 2022),
        "regional_safety": ("school_survey", 2022),
        "school_survey": ("regional_safety", 2021),
    }[d.source.survey]
    d.frame = draft(Source(other, wave, d.source.ending)).frame
    if d.source.ending == ".por":
        d.frame = d.frame.rename(
            columns={"Skolenhetskod": "SKOLA", "F3_Omkodad": "F3", "Kön": "KON"}
        )
    d.value_labels, d.missing, d.variables = {}, {}, {}
    return stop("not there")


# rows that are no respondents


@mutation("a total row", "Totalt", "Summa", "alla celler", where=_untyped)
def _(d: Draft, variant: str) -> Expect:
    for column in d.frame.columns:
        d.words(column)
    row = dict.fromkeys(d.frame.columns)
    row[d.key] = "Totalt" if variant == "alla celler" else variant
    if variant == "alla celler":
        # a row that copies the last respondent under another key is caught by its key alone
        row = {**d.frame.iloc[-1].to_dict(), d.key: "Totalt"}
    d.frame = pd.concat([d.frame, pd.DataFrame([row])], ignore_index=True)
    return stop(d.key, str(row[d.key]))


@mutation("a line on the filter at the end", where=_untyped)
def _(d: Draft, _: None) -> Expect:
    for column in d.frame.columns:
        d.words(column)
    row = dict.fromkeys(d.frame.columns)
    row[d.frame.columns[0]] = "Filter: svarande 16-84 år"
    d.frame = pd.concat([d.frame, pd.DataFrame([row])], ignore_index=True)
    return stop(d.key, f"row {len(d.frame)}", "no key")


@mutation("the names again in the middle", where=_untyped)
def _(d: Draft, _: None) -> Expect:
    for column in d.frame.columns:
        d.words(column)
    names = pd.DataFrame([{c: c for c in d.frame.columns}])
    d.frame = pd.concat([d.frame[:100], names, d.frame[100:]], ignore_index=True)
    return stop()


@mutation("a row of question texts under the names", where=_untyped)
def _(d: Draft, _: None) -> Expect:
    for column in d.frame.columns:
        d.words(column)
    texts = pd.DataFrame([{c: base_text(d, c) for c in d.frame.columns}])
    d.frame = pd.concat([texts, d.frame], ignore_index=True)
    return stop()


def base_text(d: Draft, column: str) -> str:
    return d.variables.get(column) or f"Text till {column}"


@mutation("no respondents")
def _(d: Draft, _: None) -> Expect:
    d.frame = d.frame.iloc[:0]
    return stop("no respondents")


@mutation("transposed", where=_untyped)
def _(d: Draft, _: None) -> Expect:
    turned = d.frame.iloc[:20].astype(object).T.reset_index()
    turned.columns = [f"rad{i}" for i in range(turned.shape[1])]
    d.frame = turned
    return stop("not there")
