"""Figures of documents: each is a picture with its caption, notes, alternative text and numbers.

Every `*_chart` and every map returns a `Chart`. They take what may be shown: frames after
`protect.apply`, or results, to which the rule is applied first; what is hidden is hatched and told.
"""

from __future__ import annotations

from survey_stats.report.charts.area_map import area_map
from survey_stats.report.charts.changes import slope_chart, verdict_chart
from survey_stats.report.charts.chart import Chart
from survey_stats.report.charts.count_changes import count_change_chart, count_changes
from survey_stats.report.charts.counts import count_chart
from survey_stats.report.charts.disagreement import waterfall_chart
from survey_stats.report.charts.distribution import distribution_chart
from survey_stats.report.charts.group import by_group, group_chart
from survey_stats.report.charts.map_chart import MapChart
from survey_stats.report.charts.small_areas import caterpillar_chart, rank_chart
from survey_stats.report.charts.tile_map import tile_map
from survey_stats.report.charts.wave import by_wave

__all__ = [
    "Chart",
    "MapChart",
    "area_map",
    "by_group",
    "by_wave",
    "caterpillar_chart",
    "count_change_chart",
    "count_changes",
    "count_chart",
    "distribution_chart",
    "group_chart",
    "rank_chart",
    "slope_chart",
    "tile_map",
    "verdict_chart",
    "waterfall_chart",
]
