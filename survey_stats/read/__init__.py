"""Deliveries as they arrive: values untouched, labels and user-missing codes kept beside them."""

from survey_stats.read.combine import concat, filter_rows, merge
from survey_stats.read.delivery import Delivery, Manifest, UserMissing, VariableLabels
from survey_stats.read.raw import Raw
from survey_stats.read.reader import ENDINGS, peek, read
from survey_stats.read.writer import write

__all__ = [
    "ENDINGS",
    "Delivery",
    "Manifest",
    "Raw",
    "UserMissing",
    "VariableLabels",
    "concat",
    "filter_rows",
    "merge",
    "peek",
    "read",
    "write",
]
