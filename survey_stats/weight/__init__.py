"""Weights: from the sampling design to the population, remembering how they were made."""

from __future__ import annotations

from survey_stats.weight.base import base_weights
from survey_stats.weight.cells import cross
from survey_stats.weight.diagnostics import kish_by_group, kish_design_effect
from survey_stats.weight.errors import (
    BaseWeightError,
    BenchmarkError,
    EmptyCellError,
    UnknownCellError,
)
from survey_stats.weight.nonresponse import adjust_classes
from survey_stats.weight.population import district_population, population_table
from survey_stats.weight.poststratify import post_stratify
from survey_stats.weight.result import Step, Weights

__all__ = [
    "BaseWeightError",
    "BenchmarkError",
    "EmptyCellError",
    "Step",
    "UnknownCellError",
    "Weights",
    "adjust_classes",
    "base_weights",
    "cross",
    "district_population",
    "kish_by_group",
    "kish_design_effect",
    "population_table",
    "post_stratify",
]
