"""Quarto documents made from plans, and whether one was edited by hand since."""

from survey_stats.report.qmd.generate import generate
from survey_stats.report.qmd.write import is_edited, source_of, write_qmd

__all__ = ["generate", "is_edited", "source_of", "write_qmd"]
