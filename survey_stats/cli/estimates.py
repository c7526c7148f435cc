"""Estimates from any table on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from survey_stats.cli.options import names
from survey_stats.cli.terminal import cells, print_table, records, watching, write
from survey_stats.errors import InputError

if TYPE_CHECKING:
    from survey_stats.estimate import Survey
    from survey_stats.estimate.scanned import ScannedSurvey

# a parquet file larger than this is scanned where it is
LARGE = 200_000_000


def share(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="A delivery or any table; several parquet files, or a pattern of them, are one.",
        ),
    ],
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
    scan: Annotated[
        bool | None,
        typer.Option(
            help="Read parquet files in place, column by column, or into memory. By default "
            "several files and large ones are read in place."
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the estimates here as JSON.")
    ] = None,
) -> None:
    """Weighted shares with design-based standard errors."""
    from survey_stats.estimate import Survey

    design: dict[str, Any] = {
        "weights": weights,
        "strata": names(strata) or None,
        "clusters": names(clusters) or None,
        "lonely_psu": lonely_psu,
    }
    questions, groups = names(question), names(by) or None
    if not questions:
        raise InputError("No question was named; give --question a column, or several with commas")
    survey: Survey | ScannedSurvey
    in_place = _in_place(files) if scan is None else scan
    with watching("reading") as watch:
        if in_place:
            from survey_stats.scan import open_source

            source = open_source(files)
            watch(source.progress)
            survey = Survey.scan(source, **design)
        else:
            survey = Survey(_frame(files), **design)
        asked = questions if len(questions) > 1 else questions[0]
        table = survey.share(asked, by=groups, where=where, level=level).to_frame()
    if json_file is not None:
        write(json_file, json.dumps(records(table), ensure_ascii=False, indent=2))
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    print_table(Path(files[0]).name + more, list(table.columns), cells(table))


def _in_place(files: list[str]) -> bool:
    """Whether files are better read where they are."""
    first = Path(files[0])
    if len(files) > 1 or not first.exists():
        return all(f.endswith(".parquet") for f in files)
    return first.suffix == ".parquet" and first.stat().st_size > LARGE


def _frame(files: list[str]) -> Any:
    from survey_stats.read import read

    if len(files) > 1:
        raise InputError(
            f"{files[1]!r} is a second file; several files are one table only where all are parquet"
        )
    frame = read(files[0]).valid()
    if frame.empty:
        name = Path(files[0]).name
        raise InputError(f"{name} has column names and no rows; ask for the file again")
    return frame
