"""The yearly summary of an area on one page; `build.build_summary` makes its files."""

from survey_stats.report.onepage.page import ROOM, OnePage

__all__ = ["ROOM", "OnePage"]
