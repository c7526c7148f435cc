"""What commands print and write: tables, progress, files that are whole or absent."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from survey_stats.errors import InputError
from survey_stats.labels import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

# into a file or a pipe there is no width to fit
OUT = Console(width=None if sys.stdout.isatty() else 160)
ERR = Console(stderr=True)


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on the terminal; no cell is read as markup, no number is broken over two lines.

    A column that says nothing is left out; where the lines between columns leave too little room,
    they are.
    """
    from rich.table import Table
    from rich.text import Text

    shown = [i for i in range(len(columns)) if not rows or any(row[i] for row in rows)]
    widths = [max((len(row[i]) for row in rows), default=0) for i in shown]
    wide = sum(widths) + 3 * len(shown) + 1 <= OUT.width
    table = Table(title=title, header_style="bold", show_lines=False)
    if not wide:
        table.box, table.padding = None, (0, 1, 0, 0)
    for i, width in zip(shown, widths, strict=True):
        whole = all(_is_number(row[i]) for row in rows)
        table.add_column(columns[i], overflow="fold", min_width=width if whole else None)
    for row in rows:
        table.add_row(*(Text(row[i]) for i in shown))
    OUT.print(table)


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace("–", "0"))
    except ValueError:
        return False
    return True


def cells(frame: pd.DataFrame) -> list[list[str]]:
    """A frame as a table prints it: five digits."""
    return [[_cell(value) for value in row] for row in frame.itertuples(index=False)]


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.5g}" if math.isfinite(value) else "–"
    return str(value)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values at full precision; what is missing is null."""
    finite = frame.replace([float("inf"), float("-inf")], None)
    plain = finite.astype(object).where(finite.notna(), None)
    return [
        {str(k): v.item() if hasattr(v, "item") else v for k, v in row.items()}
        for row in plain.to_dict(orient="records")
    ]


def count(n: int, thing: str) -> str:
    """A number with its noun.

    >>> count(1, "row"), count(2, "row")
    ('1 row', '2 rows')
    """
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def write(path: Path, text: str) -> None:
    """A text file, whole or not at all.

    Raises:
        InputError: its folder is not there.
    """
    if not path.parent.is_dir():
        raise InputError(f"The folder {path.parent} for {path.name} does not exist; create it")
    scratch = path.with_name(path.name + ".part")
    scratch.write_text(text + "\n", encoding="utf-8")
    scratch.replace(path)


def plain(error: Exception) -> str:
    """What an error says on one line, with nothing in it read as markup or by the terminal."""
    from rich.markup import escape

    return escape(shown(str(error)))


@contextmanager
def progress(title: str) -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on the terminal; plain lines where the output is no terminal."""
    try:
        with _steps(title) as step:
            yield step
    except KeyboardInterrupt:
        ERR.print("Interrupted; run the same command again to finish.")
        raise


@contextmanager
def _steps(title: str) -> Iterator[Callable[[str, int, int], None]]:
    if not ERR.is_terminal:
        seen: list[str] = []

        def line(step: str, done: int, total: int) -> None:
            if not seen or seen[-1] != step:
                seen.append(step)
                ERR.print(f"[{done}/{total}] {step}", highlight=False, markup=False)

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
    with Progress(*columns, console=ERR) as bar:
        task = bar.add_task(title, total=None)

        def update(step: str, done: int, total: int) -> None:
            bar.update(task, description=f"{title}: {step}", completed=done, total=total)

        yield update


@contextmanager
def watching(title: str) -> Iterator[Callable[[Callable[[], float] | None], None]]:
    """A bar that follows a function giving percent, called beside the work; nothing in a pipe."""
    if not ERR.is_terminal:
        yield lambda _source: None
        return
    import threading

    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    done = threading.Event()
    columns: list[Any] = [SpinnerColumn(), TextColumn(title), BarColumn(), TimeElapsedColumn()]
    with Progress(*columns, console=ERR, transient=True) as bar:
        task = bar.add_task(title, total=None)

        def follow(percent: Callable[[], float]) -> None:
            while not done.wait(0.2):
                now = percent()
                if now >= 0:
                    bar.update(task, total=100, completed=now)

        threads: list[threading.Thread] = []

        def watch(percent: Callable[[], float] | None) -> None:
            if percent is not None:
                threads.append(threading.Thread(target=follow, args=(percent,), daemon=True))
                threads[-1].start()

        try:
            yield watch
        finally:
            done.set()
            for thread in threads:
                thread.join()
