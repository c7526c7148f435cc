"""The quality declaration of a document, and its assumptions log."""

from survey_stats.report.quality.declaration import QualityDeclaration, Section, declare
from survey_stats.report.quality.log import Assumption, assumptions, read_log

__all__ = ["Assumption", "QualityDeclaration", "Section", "assumptions", "declare", "read_log"]
