"""Synthetic deliveries of the three surveys, in the shapes in which real ones arrive."""

from __future__ import annotations

from survey_stats.demo.build import build, file_name
from survey_stats.demo.targets import Target, read_targets

__all__ = ["Target", "build", "file_name", "read_targets"]
