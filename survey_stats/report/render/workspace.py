"""Where a document is rendered: a copy of its project, or its own folder if it has none."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from survey_stats.errors import InputError

_LEFT_OUT = ("*_files", "*_cache", ".*", "__pycache__", "build", "_site")


@contextlib.contextmanager
def workspace(qmd: Path) -> Iterator[Path]:
    """The path of `qmd` in a private copy of its project, as long as the context lasts.

    What cells write beside the document then neither stays nor meets another rendering of the same
    document, and the project may lie where nobody may write. A document without `_quarto.yml`
    beside or above it is used where it is.

    Raises:
        InputError: there is no such document.
    """
    qmd = Path(qmd).resolve()
    if not qmd.is_file():
        raise InputError(f"There is no document {qmd}; check the path")
    project = next(
        (p for p in qmd.parents if (p / "_quarto.yml").is_file() or (p / "_quarto.yaml").is_file()),
        None,
    )
    if project is None:
        yield qmd
        return
    with tempfile.TemporaryDirectory(prefix="render-") as scratch:
        copy = Path(scratch).resolve() / project.name
        shutil.copytree(project, copy, ignore=shutil.ignore_patterns(*_LEFT_OUT))
        yield copy / qmd.relative_to(project)
