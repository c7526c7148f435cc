"""The command line as a whole: its commands, and how it ends."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from survey_stats import __version__
from survey_stats.cli import deliveries, documents, estimates, plans, statements
from survey_stats.cli.terminal import ERR, OUT, plain
from survey_stats.errors import SurveyStatsError
from survey_stats.resources import use_data

app = typer.Typer(
    name="survey-stats",
    help="Weighted shares, tested changes and the statistical appendix of repeated surveys.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
_RIGHTS = "give another place, or ask for the right to this one"
# what the machine says of a file or folder that the user named, and what to do
_TOLD = {
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: "give another place",
    errno.ENOSPC: "make room, or give another place",
    errno.EISDIR: "give a file",
    errno.ENOTDIR: "give a folder",
    errno.ENAMETOOLONG: "give a shorter name",
}
# in the order in which the help lists them
app.command()(documents.appendix)
app.command()(documents.summary)
app.command()(plans.report)
app.command("report-qmd")(plans.report_qmd)
app.command("report-pieces")(plans.report_pieces)
app.command("plan-schema")(plans.plan_schema)
app.command()(deliveries.demo)
app.command()(statements.audit)
app.command()(deliveries.check)
app.command("draft-codebook")(deliveries.draft_codebook)
app.command()(deliveries.harmonise)
app.command("codebook-schema")(deliveries.codebook_schema)
app.command()(estimates.share)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line; a `SurveyStatsError` ends it with one sentence and status 2.

    So does a file that may not be read or written.

    A defect of the package ends it with status 3, and tells its kind and place only, since its text
    may hold an answer or a path; all of it is shown where `SURVEY_STATS_DEBUG` is set.
    """
    try:
        app(args=list(argv) if argv is not None else None)
    except SurveyStatsError as error:
        ERR.print(
            f"[bold red]Error:[/] {plain(error)}", highlight=False, emoji=False, soft_wrap=True
        )
        sys.exit(2)
    except OSError as error:
        hint = _TOLD.get(error.errno or 0)
        if hint is None or not isinstance(error.filename, str | os.PathLike):
            _defect(error)
        told = f"{os.fspath(error.filename)}: {error.strerror}; {hint}"
        ERR.print(
            f"[bold red]Error:[/] {plain(Exception(told))}",
            highlight=False,
            emoji=False,
            soft_wrap=True,
        )
        sys.exit(2)
    except Exception as error:
        _defect(error)


def _defect(error: Exception) -> NoReturn:
    if os.environ.get("SURVEY_STATS_DEBUG"):
        raise error
    from survey_stats.report.worker import defect

    ERR.print(
        f"[bold red]Unexpected:[/] {plain(Exception(defect(error)))} "
        "(SURVEY_STATS_DEBUG=1 shows all, also answers and paths)",
        highlight=False,
        emoji=False,
        soft_wrap=True,
    )
    sys.exit(3)


@app.callback(invoke_without_command=True)
def _before(
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of your own municipality's codebooks and map, not Stockholm's."),
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if data is not None:
        use_data(data)
    if version:
        OUT.print(__version__, highlight=False)
        raise typer.Exit
