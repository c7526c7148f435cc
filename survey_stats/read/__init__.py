"""Deliveries as they arrive: values untouched, labels and user-missing codes kept beside them."""

from survey_stats.read.delivery import Delivery, Manifest, UserMissing, VariableLabels
from survey_stats.read.raw import Raw
from survey_stats.read.reader import peek, read

__all__ = ["Delivery", "Manifest", "Raw", "UserMissing", "VariableLabels", "peek", "read"]
