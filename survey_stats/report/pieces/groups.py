"""Figures of the groups of an area: shares, slopes, verdicts, and maps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator

from survey_stats.errors import UnknownNameError
from survey_stats.labels import Language, capital
from survey_stats.report import charts
from survey_stats.report.pieces import frames
from survey_stats.report.pieces.registry import piece
from survey_stats.report.plan import GROUPS, SURVEYS
from survey_stats.report.sentences import latest_totals

if TYPE_CHECKING:
    import pandas as pd

    from survey_stats.report.charts import Chart
    from survey_stats.report.document import Report
    from survey_stats.report.plan import Row


@piece("groups", about="question", workbook=False)
def groups(document: Report, row: Row, *, group: str = "neighbourhood") -> Iterator[Chart]:
    """Shares with intervals of the groups of a survey's latest wave, with a line at the total."""
    by = _group(document, group)
    for survey in document.surveys_of(row)[:1]:
        shown = frames.shares(document, row.question, survey, by)
        if not len(shown):
            continue
        total = document.latest[survey, row.question]["share"]
        yield charts.group_chart(
            shown,
            _name(row, "groups", by),
            by,
            None if total is None or total != total else (float(total), document.area),
            document.lang,
            keep_order=by == "age_group",
        )


@piece("slope", about="question", workbook=False)
def slope(document: Report, row: Row, *, group: str = "neighbourhood") -> Iterator[Chart]:
    """The groups' shares in two waves, joined by lines; decided changes are thick and coloured."""
    by = _group(document, group)
    for survey in document.surveys_of(row)[:1]:
        shown = frames.changes(document, [row.question], survey, by)
        if len(shown):
            yield _noted(
                charts.slope_chart(
                    shown, _name(row, "slope", by), document.lang, names=_years(shown)
                ),
                document.caveats(row.question, survey, groups=True),
            )


def _survey(name: str) -> str:
    if name not in SURVEYS:
        raise ValueError(f"it must be one of {', '.join(SURVEYS)}")
    return name


@piece("heat_map", workbook=False)
def heat_map(
    document: Report,
    _row: Row,
    *,
    group: str = "neighbourhood",
    survey: Annotated[str, AfterValidator(_survey)] = SURVEYS[0],
) -> Iterator[Chart]:
    """The verdict on every question in every group, since the survey's wave before."""
    by = _group(document, group)
    asked = [q for q in document.questions if survey in document.surveys(q)]
    last = latest_totals(document.figures)
    last = last[(last["survey"] == survey) & last["question"].isin(asked)]
    newest = last["wave"].max()
    asked = [q for q in asked if q in set(last.loc[last["wave"] == newest, "question"])]
    shown = frames.changes(document, asked, survey, by)
    if len(set(shown[by])) > 1 and len(set(shown["question"])) > 1:
        told = [n for q in asked for n in document.caveats(q, survey, groups=True)]
        chart = charts.verdict_chart(
            shown, f"verdicts-{by}", "question", document.lang, names=_years(shown)
        )
        tests = _tests(int(shown.attrs["family_size"]), document.lang)
        yield _noted(chart, tuple(dict.fromkeys(told)), tests)


@piece("map", about="question", workbook=False)
def tiles(
    document: Report,
    row: Row,
    *,
    values: Literal["shares", "changes"] = "shares",
    geojson: str = "",
) -> Iterator[Chart]:
    """A map of the neighbourhoods of a district, or of the city's districts: tiles, or a GeoJSON.

    `values: changes` shows changes since the wave before; `geojson:` is the path of a map.
    """
    by: Literal["district", "neighbourhood"] = (
        "district" if document.whole_city else "neighbourhood"
    )
    for survey in document.surveys_of(row)[:1]:
        name = _name(row, "map", values)
        if values == "shares":
            shown = frames.shares(document, row.question, survey, by)
        else:
            shown = frames.changes(document, [row.question], survey, by).drop(columns="question")
        if not len(shown):
            continue
        if geojson:
            yield charts.area_map(shown, geojson, name, by, document.lang)
        else:
            within = None if document.whole_city else document.area
            yield charts.tile_map(shown, name, by, document.lang, level=by, within=within)


def _group(document: Report, group: str) -> str:
    if group not in GROUPS:
        raise UnknownNameError("group", group, GROUPS)
    return "district" if group == "neighbourhood" and document.whole_city else group


def _name(row: Row, kind: str, group: str) -> str:
    return f"{row.question}-{kind}-{group}".replace("_", "-")


def _years(shown: pd.DataFrame) -> tuple[str, str]:
    first, last = (str(shown.attrs[side]).split()[-1] for side in ("before", "after"))
    return first, last


def _noted(chart: Chart, caveats: tuple[str, ...], tests: str = "") -> Chart:
    """The chart with what a reader must be told of the change among its notes.

    `tests` says in a full sentence what the chart's first note says in two words.
    """
    own = (tests, *chart.notes[1:]) if tests else chart.notes
    own = tuple(f"* {capital(n[2:])}" if n.startswith("* ") else n for n in own)
    return replace(chart, notes=(*own, *caveats))


def _tests(size: int, lang: Language) -> str:
    return (
        f"Bedömningen tar hänsyn till att {size} förändringar prövas samtidigt (Holms metod)."
        if lang == "sv"
        else f"The verdict allows for {size} changes being tested at once (Holm's method)."
    )
