"""The yearly summary of a district on one page."""

from survey_stats.report.onepage.page import ROOM, OnePage

__all__ = ["ROOM", "OnePage"]
