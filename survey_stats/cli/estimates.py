"""Commands that estimate from one file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from survey_stats.cli.options import names
from survey_stats.cli.terminal import cells, print_table, records, write
from survey_stats.errors import InputError


def share(
    file: Annotated[Path, typer.Argument(help="A delivery or any table.")],
    question: Annotated[str, typer.Option(help="Question, or several with commas.")],
    by: Annotated[str | None, typer.Option(help="Columns to group by, with commas.")] = None,
    weights: Annotated[str | None, typer.Option(help="Weight column.")] = None,
    strata: Annotated[str | None, typer.Option(help="Stratum columns, with commas.")] = None,
    clusters: Annotated[
        str | None, typer.Option(help="PSU column, then later stages, with commas.")
    ] = None,
    where: Annotated[
        str | None, typer.Option(help="Domain as an expression, e.g. 'age < 30'.")
    ] = None,
    lonely_psu: Annotated[
        str, typer.Option(help="error, certainty, adjust, average or collapse.")
    ] = "error",
    level: Annotated[float, typer.Option(help="Confidence level of the intervals.")] = 0.95,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the estimates here as JSON.")
    ] = None,
) -> None:
    """Weighted shares with design-based standard errors."""
    from survey_stats.estimate import Survey
    from survey_stats.read import read

    groups, layers, stages = names(by), names(strata), names(clusters)
    frame = read(file).valid()
    if frame.empty:
        raise InputError(f"{file.name} has column names and no rows; ask for the file again")
    survey = Survey(
        frame,
        weights=weights,
        strata=layers or None,
        clusters=stages or None,
        lonely_psu=lonely_psu,  # type: ignore[arg-type]  # the design names a wrong rule itself
    )
    questions = names(question)
    estimates = survey.share(
        questions if len(questions) > 1 else questions[0],
        by=groups or None,
        where=where,
        level=level,
    )
    table = estimates.to_frame()
    if json_file is not None:
        write(json_file, json.dumps(records(table), ensure_ascii=False, indent=2))
    print_table(file.name, list(table.columns), cells(table))
