"""What an analyst looks at before weights are used: how unequal, how near the population, why."""

from __future__ import annotations

from survey_stats.weight.diagnostics.kish import kish_by_group, kish_design_effect

__all__ = ["kish_by_group", "kish_design_effect"]
