"""Precision and disclosure rules: which numbers may be shown, and which are flagged.

>>> from survey_stats import protect
>>> protect.DEFAULT.minimum_base
30
"""

from survey_stats.protect.rules import DEFAULT, NO_ANSWERS, PAIRED, SECONDARY, Rule
from survey_stats.protect.suppress import apply, by_columns

__all__ = ["DEFAULT", "NO_ANSWERS", "PAIRED", "SECONDARY", "Rule", "apply", "by_columns"]
