"""Indices over several items: how they are made, what they are worth, what they compare with."""

from survey_stats.explain.scales.reliability import Reliability
from survey_stats.explain.scales.scale import Scale, scale

__all__ = ["Reliability", "Scale", "scale"]
