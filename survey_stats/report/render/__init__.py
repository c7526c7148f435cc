"""Renders a `.qmd` document to HTML, DOCX and PDF: by Quarto where it is, else as Quarto would."""

from __future__ import annotations

from survey_stats.report.render.embedded import render
from survey_stats.report.render.options import FORMATS, Format

__all__ = ["FORMATS", "Format", "render"]
