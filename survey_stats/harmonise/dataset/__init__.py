"""Several harmonised waves as one data set: pooled by a rule, written with its dictionary."""

from survey_stats.harmonise.dataset.harmonised_set import HarmonisedSet, combine
from survey_stats.harmonise.dataset.pooling import Pooling

__all__ = ["HarmonisedSet", "Pooling", "combine"]
