"""What an analyst looks at before weights are used: how unequal, how near the population, why."""

from __future__ import annotations

from survey_stats.weight.diagnostics.kish import (
    kish_by_group,
    kish_design_effect,
    spencer_design_effect,
)
from survey_stats.weight.diagnostics.report import WeightingReport
from survey_stats.weight.diagnostics.run import diagnose

__all__ = [
    "WeightingReport",
    "diagnose",
    "kish_by_group",
    "kish_design_effect",
    "spencer_design_effect",
]
