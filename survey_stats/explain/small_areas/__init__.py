"""Shares of areas with few respondents: the model, what may be published, and who may be worst."""

from survey_stats.explain.small_areas.auxiliaries import earlier_shares, neighbour_mean
from survey_stats.explain.small_areas.publish import PUBLISH, Publication, PublishRule, publish
from survey_stats.explain.small_areas.ranks import Ranks, rank_areas
from survey_stats.explain.small_areas.result import SmallAreas
from survey_stats.explain.small_areas.small_areas import small_areas

__all__ = [
    "PUBLISH",
    "Publication",
    "PublishRule",
    "Ranks",
    "SmallAreas",
    "earlier_shares",
    "neighbour_mean",
    "publish",
    "rank_areas",
    "small_areas",
]
