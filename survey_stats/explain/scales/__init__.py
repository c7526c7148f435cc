"""Indices over several items: how they are made, what they are worth, what they compare with."""

from survey_stats.explain.scales.answers import with_answers
from survey_stats.explain.scales.comparison import ScaleComparison, compare_scales
from survey_stats.explain.scales.functioning import Functioning
from survey_stats.explain.scales.reliability import Reliability
from survey_stats.explain.scales.scale import Scale, scale

__all__ = [
    "Functioning",
    "Reliability",
    "Scale",
    "ScaleComparison",
    "compare_scales",
    "scale",
    "with_answers",
]
