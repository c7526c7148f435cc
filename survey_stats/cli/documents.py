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
from survey_stats.cli.several import make_all, one_or_all
from survey_stats.cli.terminal import OUT, progress


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
    one_or_all(area, all_areas, jobs)
    if area is None:
        from survey_stats.report.batch import KINDS, with_profile

        make_all(
            with_profile(KINDS["appendix"], profile), year, out, lang, deliveries, engine, jobs
        )
        return
    from survey_stats.report.build import build_appendix

    with progress(f"Appendix {area} {year}") as step:
        files = build_appendix(
            area=area,
            year=year,
            out=out,
            lang=lang.value,
            deliveries=deliveries,
            engine=engine.value,
            progress=step,
            profile=profile,
        )
    for file in files:
        OUT.print(f"  {file}", highlight=False, soft_wrap=True)


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
    one_or_all(area, all_areas, jobs)
    if area is None:
        from survey_stats.report.batch import summary_of

        make_all(summary_of(plan, profile), year, out, lang, deliveries, engine, jobs)
        return
    from survey_stats.report.onepage.build import build_summary

    with progress(f"Summary {area} {year}") as step:
        files = build_summary(
            area, year, out, lang.value, deliveries, engine.value, step, profile, plan
        )
    for file in files:
        OUT.print(f"  {file}", highlight=False, soft_wrap=True)
