"""Deliveries told in one vocabulary, through codebooks, with a comparability grade."""

from survey_stats.harmonise.build import harmonise
from survey_stats.harmonise.check import Problem, check
from survey_stats.harmonise.codebook import Codebook
from survey_stats.harmonise.codebook.schema import AGE_GROUPS, SCHOOL_YEARS
from survey_stats.harmonise.comparability import (
    Grade,
    Reason,
    comparability,
    require_comparable,
)
from survey_stats.harmonise.dataset import HarmonisedSet, combine
from survey_stats.harmonise.dataset.pooling import Pooling
from survey_stats.harmonise.draft import Draft, draft_codebook
from survey_stats.harmonise.draft.propose import Proposal
from survey_stats.harmonise.geography import Geography, SumsInCut, sums_in_cut, to_cut
from survey_stats.harmonise.lineage import Trace
from survey_stats.harmonise.reasons import reason_text
from survey_stats.harmonise.result import Harmonised

__all__ = [
    "AGE_GROUPS",
    "SCHOOL_YEARS",
    "Codebook",
    "Draft",
    "Geography",
    "Grade",
    "Harmonised",
    "HarmonisedSet",
    "Pooling",
    "Problem",
    "Proposal",
    "Reason",
    "SumsInCut",
    "Trace",
    "check",
    "combine",
    "comparability",
    "draft_codebook",
    "harmonise",
    "reason_text",
    "require_comparable",
    "sums_in_cut",
    "to_cut",
]
