"""Deliveries told in one vocabulary, through codebooks, with a comparability grade."""

from survey_stats.harmonise.build import harmonise
from survey_stats.harmonise.check import Problem, check
from survey_stats.harmonise.codebook import Codebook
from survey_stats.harmonise.comparability import (
    Grade,
    Reason,
    comparability,
    require_comparable,
)
from survey_stats.harmonise.dataset import HarmonisedSet, combine
from survey_stats.harmonise.geography import Geography, to_cut
from survey_stats.harmonise.lineage import Trace
from survey_stats.harmonise.pooling import Pooling
from survey_stats.harmonise.reasons import reason_text
from survey_stats.harmonise.result import Harmonised
from survey_stats.harmonise.schema import AGE_GROUPS, SCHOOL_YEARS

__all__ = [
    "AGE_GROUPS",
    "SCHOOL_YEARS",
    "Codebook",
    "Geography",
    "Grade",
    "Harmonised",
    "HarmonisedSet",
    "Pooling",
    "Problem",
    "Reason",
    "Trace",
    "check",
    "combine",
    "comparability",
    "harmonise",
    "reason_text",
    "require_comparable",
    "to_cut",
]
