"""Commands that make documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from survey_stats.cli.options import (
    AllAreas,
    AreaName,
    Deliveries,
    DocumentEngine,
    DocumentLang,
    Engine,
    Jobs,
    Lang,
    OutFolder,
    Profile,
)
from survey_stats.cli.several import make


def appendix(
    year: Annotated[int, typer.Option(help="The year of the lägesbild.")],
    area: AreaName = None,
    all_areas: AllAreas = False,
    out: OutFolder = Path("build"),
    lang: DocumentLang = Lang.sv,
    deliveries: Deliveries = None,
    profile: Profile = None,
    engine: DocumentEngine = Engine.auto,
    jobs: Jobs = None,
) -> None:
    """The statistical appendix: HTML, DOCX, PDF, XLSX, its figures as CSV, and the audit."""
    from survey_stats.report.batch import KINDS, with_profile

    kind = with_profile(KINDS["appendix"], profile)
    make(kind, area, all_areas, year, out, lang, deliveries, engine, jobs)


def summary(
    year: Annotated[int, typer.Option(help="The year of the lägesbild.")],
    area: AreaName = None,
    all_areas: AllAreas = False,
    out: OutFolder = Path("build"),
    lang: DocumentLang = Lang.sv,
    deliveries: Deliveries = None,
    profile: Profile = None,
    engine: DocumentEngine = Engine.auto,
    jobs: Jobs = None,
    plan: Annotated[
        str, typer.Option(help="Whose questions: a plan of your own, or a shipped one.")
    ] = "appendix",
) -> None:
    """The summary of an area on one page, for its director: HTML, DOCX and PDF."""
    from survey_stats.report.batch import summary_of

    make(summary_of(plan, profile), area, all_areas, year, out, lang, deliveries, engine, jobs)
