"""Which differences are real: changes between estimates, and between counts of events."""

from survey_stats.compare.counts import CountChange, count_change, count_changes
from survey_stats.compare.multiplicity import Adjustment, adjust_p

__all__ = ["Adjustment", "CountChange", "adjust_p", "count_change", "count_changes"]
