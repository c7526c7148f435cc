"""The embedded renderer: one execution, one document tree a format, all files or none."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from survey_stats.errors import RenderError
from survey_stats.report.render import (
    callouts,
    docx,
    floats,
    guard,
    html,
    images,
    pandoc,
    typst_pdf,
)
from survey_stats.report.render.cells import markdown
from survey_stats.report.render.execution import FigureDefaults, execute
from survey_stats.report.render.options import (
    FORMATS,
    Format,
    Settings,
    check_cell_options,
    settings_for,
)
from survey_stats.report.render.source import Document, read_document
from survey_stats.report.render.titles import title_block
from survey_stats.report.render.workspace import workspace

_WRITERS = {"html": html.write, "docx": docx.write, "pdf": typst_pdf.write}


def render(
    qmd: Path,
    to: Sequence[Format],
    params: Mapping[str, object] | None = None,
    out_dir: Path | None = None,
    stem: str | None = None,
    progress: Callable[[str], None] | None = None,
    metadata: Mapping[str, object] | None = None,
) -> dict[Format, Path]:
    """Renders a Quarto document without Quarto.

    Args:
        qmd: the document.
        to: one or more of `html`, `docx`, `pdf`.
        params: values for the cell tagged `parameters`, as `quarto render -P`.
        out_dir: where the files go; beside the document if not given. It is made if missing.
        stem: the files' name without suffix; the document's own if not given.
        progress: called with a short text at each step.
        metadata: options that win over the document's, as `quarto render -M`.

    Returns:
        The written file of each format.

    Raises:
        RenderError: what could not be done and on which line; then no file is written.
        InputError: there is no such document.
        UnknownNameError: a parameter that the document does not have.
    """
    qmd = Path(qmd)
    say = progress or (lambda _message: None)
    wanted = _wanted(to)
    folder = Path(out_dir) if out_dir is not None else qmd.resolve().parent
    name = stem or qmd.stem
    with workspace(qmd) as copy:
        document = read_document(copy)
        check_cell_options(document)
        settings = {fmt: settings_for(document, fmt, metadata) for fmt in wanted}
        executed = execute(
            document,
            params or {},
            _figures(settings),
            run_by_default=bool(settings[wanted[0]].execute("eval", True)),
            progress=progress,
        )
        folder.mkdir(parents=True, exist_ok=True)
        # beside the target, so that the last step is a rename
        with tempfile.TemporaryDirectory(dir=folder, prefix=f".{name}-") as scratch:
            made: dict[Format, Path] = {}
            for fmt in wanted:
                say(f"writing {fmt}")
                place = Path(scratch).resolve() / fmt
                place.mkdir()
                made[fmt] = place / f"document.{fmt}"
                text = markdown(document, executed, settings[fmt], place / "figures")
                _write(document, text, settings[fmt], made[fmt])
            final = {fmt: folder / f"{name}.{fmt}" for fmt in wanted}
            for fmt in wanted:
                made[fmt].replace(final[fmt])
    return final


def _wanted(to: Sequence[Format]) -> list[Format]:
    wanted: list[Format] = list(dict.fromkeys(to))
    for fmt in wanted:
        if fmt not in FORMATS:
            raise RenderError(f"There is no format {fmt!r}; use {', '.join(FORMATS)}")
    if not wanted:
        raise RenderError(f"No format was asked for; use {', '.join(FORMATS)}")
    return wanted


def _figures(settings: Mapping[Format, Settings]) -> FigureDefaults:
    some = next(iter(settings.values()))

    def size(name: str, default: float) -> float:
        return float(some.execute(name, some.values.get(name, default)))

    return FigureDefaults(
        width=size("fig-width", 7.0), height=size("fig-height", 5.0), dpi=int(size("fig-dpi", 220))
    )


def _write(document: Document, text: str, settings: Settings, target: Path) -> None:
    tree = pandoc.read(text)
    title = title_block(tree, document, settings)
    blocks = guard.conditional(tree["blocks"], document, settings)
    guard.check(blocks, document)
    blocks = callouts.lift_titles(blocks)
    blocks = floats.mark_floats(blocks, document)
    blocks = images.describe(blocks, document)
    index = floats.number(blocks, document, settings)
    blocks = floats.resolve(blocks, index, document, settings)
    guard.check_links(blocks, document)
    _WRITERS[settings.format](tree, blocks, index, title, document, settings, target)
