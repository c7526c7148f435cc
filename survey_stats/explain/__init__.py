"""Why numbers differ: codings of one question, and two surveys on one question."""

from survey_stats.explain.coding import CodingEffect, coding_effect
from survey_stats.explain.disagreement import Disagreement, disagreement

__all__ = ["CodingEffect", "Disagreement", "coding_effect", "disagreement"]
