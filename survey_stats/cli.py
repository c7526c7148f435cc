"""The command line: reads arguments, calls the rooms, shows progress; computes nothing itself."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from survey_stats import __version__
from survey_stats.errors import InputError, SurveyStatsError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

app = typer.Typer(
    name="survey-stats",
    help="Weighted shares, tested changes and the statistical appendix of repeated surveys.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
_CODEBOOK = "city_safety, regional_safety, school_survey, or the path of a codebook."
# into a file or a pipe there is no width to fit
_out = Console(width=None if sys.stdout.isatty() else 160)
_err = Console(stderr=True)


class Lang(StrEnum):
    sv = "sv"
    en = "en"


class Engine(StrEnum):
    auto = "auto"
    quarto = "quarto"
    embedded = "embedded"


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line; a `SurveyStatsError` ends it with one sentence and status 2."""
    try:
        app(args=list(argv) if argv is not None else None)
    except SurveyStatsError as error:
        _err.print(f"[bold red]Error:[/] {_plain(error)}", highlight=False, soft_wrap=True)
        sys.exit(2)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        _out.print(__version__, highlight=False)
        raise typer.Exit


@app.command()
def appendix(
    area: Annotated[str, typer.Option(help="District, e.g. 'Hässelby-Vällingby'.")],
    year: Annotated[int, typer.Option(help="The year of the lägesbild.")],
    out: Annotated[Path, typer.Option(help="Folder for the documents.")] = Path("build"),
    lang: Annotated[Lang, typer.Option(help="Language of the documents.")] = Lang.sv,
    deliveries: Annotated[
        Path | None, typer.Option(help="Folder with real deliveries; the demo when not given.")
    ] = None,
    engine: Annotated[
        Engine, typer.Option(help="quarto, the embedded renderer, or whichever is there.")
    ] = Engine.auto,
) -> None:
    """The statistical appendix: HTML, DOCX, PDF, XLSX, its figures as CSV, and the audit."""
    from survey_stats.report.build import build_appendix

    with _progress(f"Appendix {area} {year}") as step:
        files = build_appendix(
            area=area,
            year=year,
            out=out,
            lang=lang.value,
            deliveries=deliveries,
            engine=engine.value,
            progress=step,
        )
    for file in files:
        _out.print(f"  {file}", highlight=False, soft_wrap=True)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("build/deliveries"),
) -> None:
    """Synthetic deliveries of the three surveys, in the shapes in which real ones arrive."""
    from survey_stats.demo import build

    with _progress("Demo deliveries") as step:
        files = build(out, progress=step)
    for file in files:
        _out.print(f"  {file}", highlight=False, soft_wrap=True)


@app.command()
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
        _write(json_file, findings_to_json(findings))
    _print_table(
        _count(len(findings), "statement"),
        ["id", "verdict", "recomputed", "reason"],
        [
            [f.id, f.verdict, "" if f.recomputed is None else f"{f.recomputed:.6g}", f.reason]
            for f in findings
        ],
    )


@app.command()
def check(
    delivery: Annotated[Path, typer.Argument(help="A delivered file.")],
    codebook: Annotated[str, typer.Option(help=_CODEBOOK)],
    wave: Annotated[int | None, typer.Option(help="Year, where the file does not tell.")] = None,
    previous: Annotated[
        list[Path] | None,
        typer.Option(help="Delivery of an earlier wave to compare with; may be repeated."),
    ] = None,
    population: Annotated[
        str | None,
        typer.Option(
            help="What the weights sum to: 'register', or a table with the columns area and "
            "population."
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the findings here as JSON.")
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", help="Write the findings here as a page.")
    ] = None,
    lang: Annotated[Lang, typer.Option(help="Language of the page.")] = Lang.sv,
    strict: Annotated[
        bool, typer.Option("--strict", help="Status 1 also where there are warnings only.")
    ] = False,
) -> None:
    """Hold a delivery against its codebook and earlier waves (status 1 on any error)."""
    from survey_stats.harmonise import check as run
    from survey_stats.harmonise.check.terminal import blocks
    from survey_stats.harmonise.check.totals import read_population

    checked = run(
        delivery,
        codebook,
        wave=wave,
        previous=previous,
        population=None if population is None else read_population(population),
    )
    if json_file is not None:
        _write(json_file, json.dumps(checked.to_records(), ensure_ascii=False, indent=2))
    if html_file is not None:
        _write(html_file, checked.to_html(lang.value))
    for block in blocks(checked):
        _out.print(block, highlight=False)
    if checked.number("error") or (strict and checked.number("warning")):
        raise typer.Exit(1)


@app.command("draft-codebook")
def draft_codebook(
    delivery: Annotated[Path, typer.Argument(help="The delivery of the new wave.")],
    from_: Annotated[str, typer.Option("--from", help=_CODEBOOK)],
    wave: Annotated[int, typer.Option(help="Year of the new wave.")],
    from_wave: Annotated[
        int | None, typer.Option(help="The wave to carry over; the latest before when not given.")
    ] = None,
    previous: Annotated[
        Path | None,
        typer.Option(help="The delivery of that wave: then labels and distributions are compared."),
    ] = None,
    minimum: Annotated[
        float, typer.Option(help="Proposals less sure than this are left out.")
    ] = 0.5,
    out: Annotated[Path | None, typer.Option(help="Write the drafted codebook here.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the proposals here as JSON.")
    ] = None,
) -> None:
    """Propose the next wave of a codebook; what a person must decide is marked CONFIRM."""
    from survey_stats.harmonise import draft_codebook as run

    draft = run(delivery, from_, wave, from_wave=from_wave, previous=previous, minimum=minimum)
    if out is not None:
        draft.write(out)
    if json_file is not None:
        _write(json_file, json.dumps(draft.to_dict(), ensure_ascii=False, indent=2))
    _print_table(
        f"{draft.survey} {draft.wave} after {draft.from_wave}: {len(draft.found)} of "
        f"{_count(len(draft.proposals), 'variable')} found in {draft.file}",
        ["question", "was", "is", "label", "sure", "why", "confirm"],
        [
            [p.name, p.old, p.variable, p.label, f"{p.confidence:.2f}", *p.told()]
            for p in draft.found
            if p.variable is not None
        ],
    )
    if draft.not_found:
        _print_table(
            f"Not found (less sure than {draft.minimum:g})",
            ["question", "was", "nearest"],
            [[p.name, p.old, p.nearest(3)] for p in draft.not_found],
        )
    for line in draft.to_decide():
        _out.print(line, highlight=False, markup=False, soft_wrap=True)
    if out is not None:
        _out.print(f"{out}: {draft.to_confirm} places to CONFIRM", highlight=False, soft_wrap=True)


@app.command()
def harmonise(
    deliveries: Annotated[list[Path], typer.Argument(help="Delivered files, one a wave.")],
    codebook: Annotated[
        list[str],
        typer.Option(help=f"{_CODEBOOK} Repeat it for deliveries of several surveys."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the data set.")],
    wave: Annotated[
        int | None, typer.Option(help="Year of a single delivery that does not tell.")
    ] = None,
    coding: Annotated[
        list[str] | None,
        typer.Option(help="QUESTION=CODING for a question with several; may be repeated."),
    ] = None,
    lang: Annotated[Lang, typer.Option(help="Language of the labels.")] = Lang.sv,
) -> None:
    """Deliveries in one vocabulary: Parquet, CSV, data dictionary and DDI-Codebook."""
    from survey_stats.harmonise import combine
    from survey_stats.harmonise import harmonise as run
    from survey_stats.harmonise.dataset.dictionary import missing_summary
    from survey_stats.harmonise.dataset.export import FILES, write
    from survey_stats.harmonise.waves import fitting_codebook

    if wave is not None and len(deliveries) > 1:
        raise InputError("--wave is the year of one delivery; harmonise that one by itself")
    codings = dict(_pair(text) for text in coding or [])
    with _progress("Data set") as step:
        steps = len(deliveries) + len(FILES)
        told = []
        for i, file in enumerate(deliveries):
            step(file.name, i, steps)
            told.append(run(file, fitting_codebook(file, codebook), wave=wave, codings=codings))
        data = combine(told)
        written = write(
            data,
            out,
            lang.value,
            progress=lambda name, done, _: step(name, len(deliveries) + done, steps),
        )
    missing = missing_summary(data)
    _print_table(
        f"Missing in {_count(len(data.frame), 'respondent')}",
        list(missing.columns),
        _cells(missing),
    )
    _print_table(
        f"Written to {out}",
        ["file", "bytes"],
        [[file.name, str(file.stat().st_size)] for file in written],
    )
    if data.synthetic:
        _out.print("SYNTETISKA DATA: at least one delivery is made up.", highlight=False)


@app.command("codebook-schema")
def codebook_schema() -> None:
    """The JSON Schema of codebooks, for editors: codebook-schema > codebook.schema.json."""
    from survey_stats.harmonise.codebook.json_schema import codebook_schema_text

    sys.stdout.write(codebook_schema_text())


@app.command()
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

    groups, layers, stages = _names(by), _names(strata), _names(clusters)
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
    questions = _names(question)
    estimates = survey.share(
        questions if len(questions) > 1 else questions[0],
        by=groups or None,
        where=where,
        level=level,
    )
    table = estimates.to_frame()
    if json_file is not None:
        _write(json_file, json.dumps(_records(table), ensure_ascii=False, indent=2))
    _print_table(file.name, list(table.columns), _cells(table))


def _names(text: str | None) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()] if text else []


def _pair(text: str) -> tuple[str, str]:
    question, equals, coding = (part.strip() for part in text.partition("="))
    if not (question and equals and coding):
        raise InputError(f"--coding {text!r} is not QUESTION=CODING; write both with = between")
    return question, coding


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values at full precision; what is missing is null."""
    finite = frame.replace([float("inf"), float("-inf")], None)
    plain = finite.astype(object).where(finite.notna(), None)
    return [
        {str(k): v.item() if hasattr(v, "item") else v for k, v in row.items()}
        for row in plain.to_dict(orient="records")
    ]


def _cells(frame: pd.DataFrame) -> list[list[str]]:
    return [[_cell(value) for value in row] for row in frame.itertuples(index=False)]


def _count(n: int, thing: str) -> str:
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.5g}" if math.isfinite(value) else "–"
    return str(value)


def _print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, header_style="bold", show_lines=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    _out.print(table)


def _write(path: Path, text: str) -> None:
    if not path.parent.is_dir():
        raise InputError(f"The folder {path.parent} for {path.name} does not exist; create it")
    scratch = path.with_name(path.name + ".part")
    scratch.write_text(text + "\n", encoding="utf-8")
    scratch.replace(path)


def _plain(error: Exception) -> str:
    from rich.markup import escape

    return escape(str(error))


@contextmanager
def _progress(title: str) -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on the terminal; plain lines where the output is no terminal."""
    try:
        with _steps(title) as step:
            yield step
    except KeyboardInterrupt:
        _err.print("Interrupted; run the same command again to finish.")
        raise


@contextmanager
def _steps(title: str) -> Iterator[Callable[[str, int, int], None]]:
    if not _err.is_terminal:
        seen: list[str] = []

        def line(step: str, done: int, total: int) -> None:
            if not seen or seen[-1] != step:
                seen.append(step)
                _err.print(f"[{done}/{total}] {step}", highlight=False, markup=False)

        yield line
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns: list[Any] = [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=_err) as bar:
        task = bar.add_task(title, total=None)

        def update(step: str, done: int, total: int) -> None:
            bar.update(task, description=f"{title}: {step}", completed=done, total=total)

        yield update


if __name__ == "__main__":
    main()
