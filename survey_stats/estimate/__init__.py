"""Estimates from a sample: `Survey` in, `Estimates` out, by way of one tally."""

from __future__ import annotations

from survey_stats.estimate.contrasts import Contrasts
from survey_stats.estimate.design import Design
from survey_stats.estimate.estimates import Estimates
from survey_stats.estimate.join import join
from survey_stats.estimate.replicates import ReplicateWeights
from survey_stats.estimate.scores import Scores
from survey_stats.estimate.survey import Survey
from survey_stats.estimate.testing import SurveyTest

__all__ = [
    "Contrasts",
    "Design",
    "Estimates",
    "ReplicateWeights",
    "Scores",
    "Survey",
    "SurveyTest",
    "join",
]
