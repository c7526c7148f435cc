"""Commands that make documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from survey_stats.cli.options import Engine, Lang
from survey_stats.cli.terminal import OUT, progress


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

    with progress(f"Appendix {area} {year}") as step:
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
        OUT.print(f"  {file}", highlight=False, soft_wrap=True)
