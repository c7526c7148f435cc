"""Deliveries told in one vocabulary, through codebooks, with a comparability grade."""

from survey_stats.harmonise.build import harmonise
from survey_stats.harmonise.codebook import Codebook
from survey_stats.harmonise.geography import Geography, to_cut
from survey_stats.harmonise.result import Harmonised
from survey_stats.harmonise.schema import AGE_GROUPS, SCHOOL_YEARS

__all__ = [
    "AGE_GROUPS",
    "SCHOOL_YEARS",
    "Codebook",
    "Geography",
    "Harmonised",
    "harmonise",
    "to_cut",
]
