"""Regression models with errors of the sampling design."""

from survey_stats.explain.models.errors import (
    ConvergenceError,
    FormulaError,
    RankError,
    SeparationError,
)
from survey_stats.explain.models.model import glm
from survey_stats.explain.models.result import Model

__all__ = ["ConvergenceError", "FormulaError", "Model", "RankError", "SeparationError", "glm"]
