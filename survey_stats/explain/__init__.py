"""Why numbers differ: models, codings, two surveys, small areas, and indices of several items."""

from survey_stats.explain.coding import CodingEffect, coding_effect
from survey_stats.explain.disagreement import (
    Decomposition,
    Disagreement,
    decompose,
    disagreement,
)
from survey_stats.explain.models import Model, glm
from survey_stats.explain.scales import (
    Scale,
    ScaleComparison,
    compare_scales,
    scale,
    with_answers,
)
from survey_stats.explain.small_areas import (
    Publication,
    PublishRule,
    Ranks,
    SmallAreas,
    earlier_shares,
    neighbour_mean,
    publish,
    rank_areas,
    small_areas,
)

__all__ = [
    "CodingEffect",
    "Decomposition",
    "Disagreement",
    "Model",
    "Publication",
    "PublishRule",
    "Ranks",
    "Scale",
    "ScaleComparison",
    "SmallAreas",
    "coding_effect",
    "compare_scales",
    "decompose",
    "disagreement",
    "earlier_shares",
    "glm",
    "neighbour_mean",
    "publish",
    "rank_areas",
    "scale",
    "small_areas",
    "with_answers",
]
