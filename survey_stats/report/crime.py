"""Reported crime of an area: the published counts, and which changes are outside chance.

The published tables come in three shapes (a column a year; the same with a rate per 100 000
inhabitants; a row a period); all end as one frame of tested changes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from survey_stats.compare import count_changes
from survey_stats.errors import InputError
from survey_stats.labels import Language
from survey_stats.resources import data_path, has_data

_YEAR_COLUMN = re.compile(r"^n_(\d{4})$")
_MONTHS = (
    "jan feb mar apr maj jun jul aug sep okt nov dec",
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
)
_MONTH_NAMES = (
    "januari februari mars april maj juni juli augusti september oktober november december",
    "January February March April May June July August September October November December",
)
_LAST_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ENGLISH = {
    "3 kap. Brott mot liv och hälsa": "Ch. 3 Crimes against life and health",
    "3-7 kap. Brott mot person": "Ch. 3–7 Crimes against the person",
    "4 kap. Brott mot frihet och frid": "Ch. 4 Crimes against liberty and peace",
    "5 kap. Ärekränkningsbrott": "Ch. 5 Defamation",
    "6 kap. Sexualbrott": "Ch. 6 Sexual offences",
    "7 kap. Brott mot familj": "Ch. 7 Crimes against the family",
    "Bedrägeri (urval)": "Fraud (selected types)",
    "Bedrägeribrott mot äldre/funktionsnedsatta": "Fraud against older or disabled people",
    "Bilstöld": "Theft of cars",
    "Brott mot brottsbalken": "Crimes against the Penal Code",
    "Cykelstöld": "Theft of bicycles",
    "Fickstöld": "Pickpocketing",
    "Fridskränkning": "Violation of privacy",
    "Hot": "Threats",
    "Inbrott i bostad": "Burglary of homes",
    "Misshandel utomhus (0-14 år)": "Assault outdoors (aged 0–14)",
    "Misshandel utomhus (15- år)": "Assault outdoors (aged 15 and over)",
    "Mord/dråp": "Murder or manslaughter",
    "Mord/dråp, försök": "Attempted murder or manslaughter",
    "Narkotikabrott": "Drug offences",
    "Personrån": "Robbery of persons",
    "Rån": "Robbery",
    "Sexuellt ofredande": "Sexual molestation",
    "Stöld ur fordon": "Theft from vehicles",
    "Summa": "Total",
    "Totalt antal brott": "All crimes",
    "Våld i nära relation": "Violence in close relationships",
    "Våld i offentlig miljö": "Violence in public places",
    "Våldtäkt, utomhus": "Rape outdoors",
}
_SECTIONS = {
    "household": ("Brott mot hushåll", "Crime against households"),
    "person": ("Brott mot person", "Crime against persons"),
}


@dataclass(frozen=True)
class CrimeTable:
    """The tested changes of one published table.

    Attributes:
        source: the document that printed the counts.
        file: the shipped file that holds them.
        season: the part of the year that is counted, in the reader's words; empty for whole
            years.
        before, after: the two periods in the reader's words.
        per_inhabitant: whether the change is tested per inhabitant.
        rows: `section`, `label`, `is_total`, `period_before`, `period_after`, `season`, then the
            columns of `compare.count_changes`. Totals are the sums of the rows, not the printed
            totals.
    """

    source: str
    file: str
    season: str
    before: str
    after: str
    per_inhabitant: bool
    rows: pd.DataFrame


def _shipped() -> Path:
    """The folder of the published figures, which a place need not have."""
    return data_path("published") if has_data("published") else data_path()


def reported_crime(
    area: str, year: int, lang: Language = "sv", folder: Path | None = None
) -> list[CrimeTable]:
    """The latest change of reported crime in an area up to a year; empty where none is known.

    Args:
        area: the district as spelled in the published tables.
        year: later counts are not used.
        lang: the language of section headings and types of crime.
        folder: where the files `reported_crime_*.csv` lie; the shipped ones by default.

    Raises:
        InputError: a file lacks a column that it needs.
    """
    out = []
    for path in sorted((folder or _shipped()).glob("reported_crime_*.csv")):
        frame = pd.read_csv(path)
        missing = {"source", "area", "category"} - set(frame.columns)
        if missing:
            raise InputError(f"{path.name} lacks the column {min(missing)!r}; add it")
        own = frame[frame["area"] == area]
        if own.empty:
            continue
        table = _from_periods(own, year) if "n" in own else _from_years(own, year, lang)
        if table is not None:
            source, season, first, last, rows = table
            per_inhabitant = "population_before" in rows.attrs
            first, last = period(first, lang), period(last, lang)
            season = season_words(season, lang)
            if lang == "en":
                rows["label"] = [_ENGLISH.get(str(c), str(c)) for c in rows["label"]]
            rows = rows.assign(period_before=first, period_after=last, season=season)
            out.append(CrimeTable(source, path.name, season, first, last, per_inhabitant, rows))
    return out


@dataclass(frozen=True)
class CrimeSeries:
    """Counts of one published table year by year: `rows` has `label` and a column a period."""

    source: str
    season: str
    periods: tuple[str, ...]
    rows: pd.DataFrame


def crime_series(
    area: str, year: int, lang: Language = "sv", folder: Path | None = None
) -> list[CrimeSeries]:
    """All printed years of reported crime in an area up to a year; tables of two or more years.

    Rows that are printed sums of others are left out, as are those with a year missing. Arguments
    are those of `reported_crime`.
    """
    out = []
    for path in sorted((folder or _shipped()).glob("reported_crime_*.csv")):
        frame = pd.read_csv(path)
        if "area" not in frame or "category" not in frame:
            continue
        own = frame[frame["area"] == area]
        if "is_total" in own:
            own = own[~own["is_total"].astype(bool)]
        found = {m[1]: str(c) for c in own.columns if (m := _YEAR_COLUMN.match(str(c)))}
        years = tuple(sorted(y for y in found if int(y) <= year))
        if own.empty or len(years) < 2:
            continue
        names = [_ENGLISH.get(str(c), str(c)) if lang == "en" else str(c) for c in own["category"]]
        rows = pd.DataFrame({"label": names} | {y: own[found[y]].to_numpy() for y in years})
        rows = rows.dropna().reset_index(drop=True)
        season = season_words(str(own["period"].iloc[0]), lang) if "period" in own else ""
        out.append(CrimeSeries(str(own["source"].iloc[0]), season, years, rows))
    return out


def period(text: str, lang: Language = "sv") -> str:
    """A year as it is, and two months as words.

    >>> period("2022"), period("2022-09/2023-08"), period("2022-05/2023-04", "en")
    ('2022', 'sep 2022–aug 2023', 'May 2022–Apr 2023')
    """
    found = re.fullmatch(r"(\d{4})-(\d\d)/(\d{4})-(\d\d)", text)
    if found is None:
        return text
    names = _MONTHS[0 if lang == "sv" else 1].split()
    year, month, last_year, last_month = (int(n) for n in found.groups())
    return f"{names[month - 1]} {year}–{names[last_month - 1]} {last_year}"


def season_words(text: str, lang: Language = "sv") -> str:
    """A part of the year as whole months where it is that; otherwise as it is printed.

    >>> season_words("1 jan-30 sep"), season_words("1 jan-9 sep")
    ('januari–september', '1 jan-9 sep')
    """
    short = _MONTHS[0].split()
    found = re.fullmatch(rf"1 ({'|'.join(short)})-(\d+) ({'|'.join(short)})", text)
    if found is None or int(found[2]) < _LAST_DAYS[short.index(found[3])]:
        return text
    names = _MONTH_NAMES[0 if lang == "sv" else 1].split()
    return f"{names[short.index(found[1])]}–{names[short.index(found[3])]}"


_Parts = tuple[str, str, str, str, pd.DataFrame]


def _from_years(own: pd.DataFrame, year: int, lang: Language) -> _Parts | None:
    found = [_YEAR_COLUMN.match(str(c)) for c in own.columns]
    years = sorted(int(m.group(1)) for m in found if m and int(m.group(1)) <= year)
    if len(years) < 2:
        return None
    first, last = years[-2:]
    rates = all(f"per_100000_{y}" in own for y in (first, last))
    counts = pd.DataFrame(
        {
            "section": own.get("group", ""),
            "label": own["category"],
            "is_total": own["is_total"].astype(bool) if "is_total" in own else False,
            "n_before": own[f"n_{first}"],
            "n_after": own[f"n_{last}"],
        }
    ).reset_index(drop=True)
    if rates:
        # the largest category rounds least, and everybody is the same population
        big = int(np.argmax(own[f"n_{first}"].to_numpy()))
        for when, column_year in (("before", first), ("after", last)):
            n = float(own[f"n_{column_year}"].iloc[big])
            counts[f"population_{when}"] = (
                1e5 * n / float(own[f"per_100000_{column_year}"].iloc[big])
            )
    else:
        counts = _summed(counts)
    counts["section"] = [
        _SECTIONS.get(str(s), (str(s), str(s)))[0 if lang == "sv" else 1] for s in counts["section"]
    ]
    season = str(own["period"].iloc[0]) if "period" in own else ""
    tested = _tested(counts, str(first), str(last))
    return str(own["source"].iloc[0]), season, str(first), str(last), tested


def _from_periods(own: pd.DataFrame, year: int) -> _Parts | None:
    known = own[own["period"].str.slice(-7, -3).astype(int) <= year]
    periods = sorted(set(known["period"]))
    if len(periods) < 2:
        return None
    first, last = periods[-2:]
    wide = known.pivot_table(index="category", columns="period", values="n", sort=False)
    wide = wide.dropna(subset=[first, last])
    counts = pd.DataFrame(
        {
            "section": "",
            "label": wide.index,
            "is_total": False,
            "n_before": wide[first].to_numpy(),
            "n_after": wide[last].to_numpy(),
        }
    )
    return str(own["source"].iloc[0]), "", first, last, _tested(counts, first, last)


def _summed(counts: pd.DataFrame) -> pd.DataFrame:
    """The printed totals replaced by the sums of the rows they stand under."""
    out = counts.copy()
    for column in ("n_before", "n_after"):
        sums = counts[column].where(~counts["is_total"], 0).groupby(counts["section"])
        out[column] = counts[column].mask(counts["is_total"], sums.transform("sum"))
    return out


def _tested(counts: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    populations = [c for c in ("population_before", "population_after") if c in counts]
    totals = counts["is_total"].to_numpy() if counts["is_total"].any() else "find"
    by = ["section", "label"]
    tested = count_changes(counts, "n_before", "n_after", *populations, by=by, totals=totals)
    tested.insert(2, "is_total", counts["is_total"].to_numpy())
    tested.insert(3, "period_before", first)
    tested.insert(4, "period_after", last)
    if populations:
        tested.attrs["population_before"] = True
    return tested
