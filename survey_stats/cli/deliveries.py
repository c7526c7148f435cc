"""Commands about deliveries and codebooks: from files to one vocabulary."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from survey_stats.cli.options import CODEBOOK, Lang, pair
from survey_stats.cli.terminal import OUT, cells, count, print_table, progress, write
from survey_stats.errors import InputError


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("build/deliveries"),
) -> None:
    """Synthetic deliveries of the three surveys, in the shapes in which real ones arrive."""
    from survey_stats.demo import build

    with progress("Demo deliveries") as step:
        files = build(out, progress=step)
    for file in files:
        OUT.print(f"  {file}", highlight=False, soft_wrap=True)


def check(
    delivery: Annotated[Path, typer.Argument(help="A delivered file.")],
    codebook: Annotated[str, typer.Option(help=CODEBOOK)],
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
        write(json_file, json.dumps(checked.to_records(), ensure_ascii=False, indent=2))
    if html_file is not None:
        write(html_file, checked.to_html(lang.value))
    for block in blocks(checked):
        OUT.print(block, highlight=False)
    if checked.number("error") or (strict and checked.number("warning")):
        raise typer.Exit(1)


def draft_codebook(
    delivery: Annotated[Path, typer.Argument(help="The delivery of the new wave.")],
    from_: Annotated[str, typer.Option("--from", help=CODEBOOK)],
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
        write(json_file, json.dumps(draft.to_dict(), ensure_ascii=False, indent=2))
    print_table(
        f"{draft.survey} {draft.wave} after {draft.from_wave}: {len(draft.found)} of "
        f"{count(len(draft.proposals), 'variable')} found in {draft.file}",
        ["question", "was", "is", "label", "sure", "why", "confirm"],
        [
            [p.name, p.old, p.variable, p.label, f"{p.confidence:.2f}", *p.told()]
            for p in draft.found
            if p.variable is not None
        ],
    )
    if draft.not_found:
        print_table(
            f"Not found (less sure than {draft.minimum:g})",
            ["question", "was", "nearest"],
            [[p.name, p.old, p.nearest(3)] for p in draft.not_found],
        )
    for line in draft.to_decide():
        OUT.print(line, highlight=False, markup=False, soft_wrap=True)
    if out is not None:
        OUT.print(f"{out}: {draft.to_confirm} places to CONFIRM", highlight=False, soft_wrap=True)


def harmonise(
    deliveries: Annotated[list[Path], typer.Argument(help="Delivered files, one a wave.")],
    codebook: Annotated[
        list[str],
        typer.Option(help=f"{CODEBOOK} Repeat it for deliveries of several surveys."),
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
    codings = dict(pair(text) for text in coding or [])
    with progress("Data set") as step:
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
    print_table(
        f"Missing in {count(len(data.frame), 'respondent')}",
        list(missing.columns),
        cells(missing),
    )
    print_table(
        f"Written to {out}",
        ["file", "bytes"],
        [[file.name, str(file.stat().st_size)] for file in written],
    )
    if data.synthetic:
        OUT.print("SYNTETISKA DATA: at least one delivery is made up.", highlight=False)


def codebook_schema() -> None:
    """The JSON Schema of codebooks, for editors: codebook-schema > codebook.schema.json."""
    from survey_stats.harmonise.codebook.json_schema import codebook_schema_text

    sys.stdout.write(codebook_schema_text())
