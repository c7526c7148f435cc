"""Two surveys on one question: how far apart they are, and what sets them apart."""

from survey_stats.explain.disagreement.decompose import decompose
from survey_stats.explain.disagreement.result import Decomposition
from survey_stats.explain.disagreement.side_by_side import Disagreement, disagreement

__all__ = ["Decomposition", "Disagreement", "decompose", "disagreement"]
