"""Renders a `.qmd` document to HTML, DOCX and PDF: by Quarto where it is, else as Quarto would."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from survey_stats.errors import RenderError
from survey_stats.report.render.embedded import render
from survey_stats.report.render.options import FORMATS, Format
from survey_stats.report.render.quarto import quarto_available, render_with_quarto, require_quarto

__all__ = [
    "FORMATS",
    "Engine",
    "Format",
    "check_engine",
    "quarto_available",
    "render",
    "render_document",
    "render_with_quarto",
]

Engine = Literal["auto", "quarto", "embedded"]


def check_engine(engine: str) -> None:
    """Refuse an engine that cannot render here, before anything is computed.

    Raises:
        RenderError: there is no such engine, or Quarto is asked for and is not there or too old.
    """
    if engine not in {"auto", "quarto", "embedded"}:
        raise RenderError(f"There is no engine {engine!r}; use auto, quarto or embedded")
    if engine == "quarto":
        require_quarto()


def render_document(
    qmd: Path,
    to: Sequence[Format],
    params: Mapping[str, object] | None = None,
    out_dir: Path | None = None,
    stem: str | None = None,
    progress: Callable[[str], None] | None = None,
    metadata: Mapping[str, object] | None = None,
    engine: Engine = "auto",
) -> dict[Format, Path]:
    """Renders a document with Quarto where it is on PATH, else with the embedded renderer.

    Args:
        engine: `auto`, or one of `quarto` and `embedded` to insist.

    The other arguments, the result and the errors are those of `render`.
    """
    check_engine(engine)
    real = engine == "quarto" or (engine == "auto" and quarto_available())
    chosen = render_with_quarto if real else render
    return chosen(qmd, to, params, out_dir, stem, progress, metadata)
