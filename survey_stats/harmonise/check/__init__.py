"""What is wrong with a delivery, all of it at once: the list that a good compiler would print."""

from survey_stats.harmonise.check.finding import Checked, Evidence, Problem, Words
from survey_stats.harmonise.check.run import check

__all__ = ["Checked", "Evidence", "Problem", "Words", "check"]
