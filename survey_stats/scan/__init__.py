"""Respondents where they are (files, DuckDB, Polars, Spark), brought in as sums of those alike.

Whatever engine holds the data, it is asked for one thing only: for every combination of the
columns that a question needs, how many respondents there are and what their weights sum to.
Everything after that is `estimate`, which does not know where its rows came from.
"""

from survey_stats.scan.collapse import Collapsed, Further, collapse
from survey_stats.scan.grouped import Kinds
from survey_stats.scan.replicates import MOST_PRODUCTS, ReplicateLook, look
from survey_stats.scan.source import Origin, Source, open_source
from survey_stats.scan.weights import WeightRange, weight_range

__all__ = [
    "MOST_PRODUCTS",
    "Collapsed",
    "Further",
    "Kinds",
    "Origin",
    "ReplicateLook",
    "Source",
    "WeightRange",
    "collapse",
    "look",
    "open_source",
    "weight_range",
]
