"""Commands about the statements of documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from survey_stats.cli.terminal import count, print_table, write


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
