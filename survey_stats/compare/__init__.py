"""Which differences are real: changes between estimates, and between counts of events."""

from survey_stats.compare.against import against
from survey_stats.compare.change import change
from survey_stats.compare.changes import Changes, Family
from survey_stats.compare.counts import CountChange, count_change, count_changes
from survey_stats.compare.letters import Letters, letters
from survey_stats.compare.multiplicity import Adjustment, adjust_p
from survey_stats.compare.planning import Plan, base_for_interval, base_needed, smallest_change
from survey_stats.compare.pools import pools
from survey_stats.compare.relative import Relative
from survey_stats.compare.rest import count_rest
from survey_stats.compare.sample import SamplePlan, plan_sample
from survey_stats.compare.series import CountSeries, count_series
from survey_stats.compare.simultaneous import Simultaneous
from survey_stats.compare.trend import Trends, trend

__all__ = [
    "Adjustment",
    "Changes",
    "CountChange",
    "CountSeries",
    "Family",
    "Letters",
    "Plan",
    "Relative",
    "SamplePlan",
    "Simultaneous",
    "Trends",
    "adjust_p",
    "against",
    "base_for_interval",
    "base_needed",
    "change",
    "count_change",
    "count_changes",
    "count_rest",
    "count_series",
    "letters",
    "plan_sample",
    "pools",
    "smallest_change",
    "trend",
]
