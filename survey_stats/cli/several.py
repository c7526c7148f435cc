"""One document on the terminal, or many at once: a bar for all, a line for each, an account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from survey_stats.cli.options import Engine, Lang
from survey_stats.cli.terminal import ERR, OUT, count, progress
from survey_stats.errors import InputError
from survey_stats.labels import capital

if TYPE_CHECKING:
    from rich.progress import TaskID

    from survey_stats.report.batch import Batch, Event, Kind, Task


def make(
    kind: Kind,
    area: str | None,
    all_areas: bool,
    year: int,
    out: Path,
    lang: Lang,
    deliveries: Path | None,
    engine: Engine,
    jobs: int | None,
) -> None:
    """Make one kind of document for an area or for all; status 1 where one could not be made.

    Raises:
        InputError: neither or both of one area and all, or `jobs` for one.
    """
    if all_areas == (area is not None):
        raise InputError("Give either --area with one name or --all-areas")
    if area is None:
        _make_all(kind, year, out, lang, deliveries, engine, jobs)
        return
    if jobs is not None:
        raise InputError("--jobs belongs to --all-areas; leave it out for one area")
    from survey_stats.report.worker import load

    with progress(f"{capital(kind.name)} {area} {year}") as step:
        files = load(kind.make)(
            area=area,
            year=year,
            out=out,
            lang=lang.value,
            deliveries=deliveries,
            engine=engine.value,
            progress=step,
            **kind.arguments,
        )
    for file in files:
        OUT.print(f"  {file}", highlight=False, soft_wrap=True)


def _make_all(
    kind: Kind,
    year: int,
    out: Path,
    lang: Lang,
    deliveries: Path | None,
    engine: Engine,
    jobs: int | None,
) -> None:
    from survey_stats.report import batch

    wanted = batch.tasks(batch.all_areas(), [year], [kind.name], [lang.value])
    try:
        with _shown(f"{kind.name} {year}", len(wanted)) as tell:
            made = batch.run(wanted, out, deliveries, engine.value, jobs, tell, {kind.name: kind})
    except KeyboardInterrupt:
        ERR.print(
            "Interrupted; what is made is whole, and the same command makes the rest.",
            highlight=False,
        )
        raise
    account(made, out)


def account(made: Batch, out: Path) -> None:
    """List what was made, then what was not; status 1 where there is any of that."""
    for file in made.files:
        OUT.print(f"  {file}", highlight=False, markup=False, soft_wrap=True)
    if not made.failed:
        return
    good = len(made.outcomes) - len(made.failed)
    ERR.print(
        f"{good} of {count(len(made.outcomes), 'document')} made in {out}; not made:",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    for outcome in made.failed:
        ERR.print(
            f"  {outcome.task}: {outcome.error}", highlight=False, markup=False, soft_wrap=True
        )
    raise typer.Exit(1)


@contextmanager
def _shown(title: str, total: int) -> Iterator[Callable[[Event], None]]:
    if not ERR.is_terminal:
        yield _lines(total)
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns: list[Any] = [
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=ERR) as bar:
        whole = bar.add_task(title, total=total)
        rows: dict[Task | None, TaskID] = {}

        def tell(event: Event) -> None:
            if event.state in {"made", "failed"}:
                bar.remove_task(rows.pop(event.task))
                bar.advance(whole)
                if event.state == "failed":
                    bar.console.print(f"{event.task}: {event.text}", highlight=False, markup=False)
                return
            if None in rows and event.task is not None:
                bar.remove_task(rows.pop(None))
            if event.task not in rows:
                rows[event.task] = bar.add_task("", total=None)
            name = str(event.task) if event.task else "preparing"
            told = f"  {name}: {event.text}" if event.text else f"  {name}"
            bar.update(
                rows[event.task],
                description=told,
                completed=event.done,
                total=event.total or None,
            )

        yield tell


def _lines(total: int) -> Callable[[Event], None]:
    """A line when something begins or ends, where the output is no terminal."""
    done = 0

    def tell(event: Event) -> None:
        nonlocal done
        done += event.state in {"made", "failed"}
        said = {"started": "begun", "made": "done", "failed": event.text, "step": event.text}
        if event.state != "step" or event.task is None:
            what = f"{event.task}: " if event.task else "preparing: "
            ERR.print(
                f"[{done}/{total}] {what}{said[event.state]}",
                highlight=False,
                markup=False,
                soft_wrap=True,
            )

    return tell
