"""Precision and disclosure rules: which numbers may be shown, and which are flagged.

>>> from survey_stats import protect
>>> protect.DEFAULT.minimum_base
30
"""

from survey_stats.protect.cells import Printed, Sum
from survey_stats.protect.criteria import imprecise, weight_shares
from survey_stats.protect.heavy import heaviest
from survey_stats.protect.joint import Protected, together
from survey_stats.protect.profiles import profile, profiles, rule_file
from survey_stats.protect.rounding import rounded, rounded_base
from survey_stats.protect.rules import (
    DEFAULT,
    DOMINATED,
    NO_ANSWERS,
    PAIRED,
    SECONDARY,
    Dominance,
    Precision,
    Rounding,
    Rule,
)
from survey_stats.protect.suppress import apply, by_columns

__all__ = [
    "DEFAULT",
    "DOMINATED",
    "NO_ANSWERS",
    "PAIRED",
    "SECONDARY",
    "Dominance",
    "Precision",
    "Printed",
    "Protected",
    "Rounding",
    "Rule",
    "Sum",
    "apply",
    "by_columns",
    "heaviest",
    "imprecise",
    "profile",
    "profiles",
    "rounded",
    "rounded_base",
    "rule_file",
    "together",
    "weight_shares",
]
