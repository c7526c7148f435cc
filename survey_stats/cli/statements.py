"""Commands about the statements of documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from survey_stats.cli.options import Lang
from survey_stats.cli.terminal import OUT, count, print_table, progress, write
from survey_stats.errors import InputError


def audit(
    claims: Annotated[
        Path | None,
        typer.Argument(
            help="CSV of statements with its data beside it; the shipped one if left out."
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the findings here as JSON.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Make a report for the authors (HTML, DOCX, PDF) in this folder."),
    ] = None,
    source: Annotated[
        str, typer.Option(help="With --report: one document, by its short name.")
    ] = "",
    lang: Annotated[Lang, typer.Option(help="Language of the report.")] = Lang.sv,
) -> None:
    """Recompute the statements of published documents and judge each."""
    from survey_stats.audit import audit as run
    from survey_stats.audit import findings_to_json
    from survey_stats.resources import data_path

    findings = run(data_path("published", "claims.csv") if claims is None else claims)
    if json_file is not None:
        write(json_file, findings_to_json(findings))
    print_table(
        count(len(findings), "statement"),
        ["id", "verdict", "recomputed", "reason"],
        [
            [f.id, f.verdict, "" if f.recomputed is None else f"{f.recomputed:.6g}", f.reason]
            for f in findings
        ],
    )
    if report is None:
        if source:
            raise InputError("--source belongs to --report; give --report FOLDER too")
        return
    from survey_stats.report.audited.build import build_audit_report

    with progress("Audit report") as step:
        files = build_audit_report(claims, report, lang.value, source, progress=step)
    for file in files:
        OUT.print(f"  {file}", highlight=False, soft_wrap=True)
