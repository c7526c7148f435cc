"""Reported crime, with the tests of its changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from survey_stats.labels import NBSP, Language, heading
from survey_stats.report import charts, notes, show
from survey_stats.report.charts import Chart
from survey_stats.report.crime import CrimeTable, crime_series
from survey_stats.report.marks import judged
from survey_stats.report.pieces.registry import piece
from survey_stats.report.tables import Column, Table

if TYPE_CHECKING:
    from survey_stats.report.document import Report
    from survey_stats.report.plan import Row
    from survey_stats.report.show import Markdown


@piece("crime")
def crime(document: Report, _row: Row) -> Iterator[Table | Chart | Markdown]:
    """Reported crime with its tests, a figure and a table a source; or that there are no counts."""
    area, lang = document.area, document.lang
    if not document.crime:
        yield show.prose([notes.no_crime(area, document.year, lang)])
    for i, source in enumerate(document.crime, 1):
        made = crime_table(source, f"crime-{i}", area, lang)
        yield show.prose([notes.crime_lead(source, area, lang)])
        yield Chart(
            name=made.name,
            caption=notes.crime_caption(source, area, lang),
            alt=notes.crime_alt(source, lang),
            figure=charts.count_changes(source.rows, lang),
        )
        yield made


@piece("count_series", workbook=False)
def count_series(document: Report, _row: Row) -> Iterator[Chart | Markdown]:
    """Reported crime year by year with exact intervals, a figure a source; or that there are no
    counts of several years."""
    area, lang, sv = document.area, document.lang, document.lang == "sv"
    found = crime_series(area, document.year, lang)
    if not found:
        yield show.prose([notes.no_crime(area, document.year, lang)])
    for i, series in enumerate(found, 1):
        season = f" ({series.season})" if series.season else ""
        what = f"Anmälda brott i {area}{season}" if sv else f"Reported crime in {area}{season}"
        yield charts.count_chart(
            series.rows,
            f"crime-series-{i}",
            lang,
            periods=series.periods,
            by="label",
            about=what,
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
            Column("label", heading("category", lang), "text", 28 if short else 24),
            Column("before", table.before, "count", 10 if short else 12),
            Column("after", table.after, "count", 10 if short else 12),
            Column("percent", "Förändring, %" if sv else "Change, %", "signed", 15, decimals=0),
            Column("span", "Intervall, %" if sv else "Interval, %", "bounds", 16, decimals=0),
            Column("judged", heading("verdict", lang), "text", 21),
        ),
        rows=rows,
        notes=(note,),
        lang=lang,
        title="Anmälda brott" if sv else "Reported crime",
    )
