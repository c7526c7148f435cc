"""Commands about plans: a document of an analyst's own, its `.qmd`, and what a plan may say."""

from __future__ import annotations

import sys
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
from survey_stats.cli.terminal import OUT, print_table

_PLAN = "A plan: a YAML file, or the name of a shipped one."


def report(
    plan: Annotated[str, typer.Argument(help=_PLAN)],
    year: Annotated[int, typer.Option(help="The year; later waves are not used.")],
    area: AreaName = None,
    all_areas: AllAreas = False,
    out: OutFolder = Path("build"),
    lang: DocumentLang = Lang.sv,
    deliveries: Deliveries = None,
    profile: Profile = None,
    engine: DocumentEngine = Engine.auto,
    jobs: Jobs = None,
) -> None:
    """A document of a plan: HTML, DOCX, PDF, XLSX, its figures as CSV, and the audit."""
    from survey_stats.report.batch import of_plan

    make(of_plan(plan, profile), area, all_areas, year, out, lang, deliveries, engine, jobs)


def report_qmd(
    plan: Annotated[str, typer.Argument(help=_PLAN)],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the documents; beside the plan if left out.")
    ] = None,
    lang: Annotated[Lang | None, typer.Option(help="One language; both if left out.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite documents that were edited by hand.")
    ] = False,
) -> None:
    """The Quarto documents of a plan, to read or to edit; an edited one is not overwritten."""
    from survey_stats.report.qmd import write_qmd

    langs = [lang.value] if lang is not None else ["sv", "en"]
    for file in write_qmd(plan, out, langs, force):  # type: ignore[arg-type]
        OUT.print(f"  {file}", highlight=False, soft_wrap=True)


def report_pieces() -> None:
    """The pieces that a plan can show, with their options."""
    from survey_stats.report.pieces import pieces

    print_table(
        "Pieces of plans",
        ["form", "about", "shows", "options"],
        [
            [p.name, p.about, p.text, ", ".join(f"{o}" for o in p.options.values())]
            for p in pieces().values()
        ],
    )


def plan_schema() -> None:
    """The JSON Schema of plans, for editors: plan-schema > plan.schema.json."""
    from survey_stats.report.plan.json_schema import plan_schema_text

    sys.stdout.write(plan_schema_text())
