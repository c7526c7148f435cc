"""What a model can be refused for, besides the errors of every input."""

from __future__ import annotations

from survey_stats.errors import InputError


class FormulaError(InputError):
    """The formula cannot be read, or a term of it has no finite value."""


class RankError(InputError):
    """Columns of the design matrix say the same; the text names them."""


class SeparationError(InputError):
    """Some answers are foretold with certainty, so that a coefficient is infinite."""


class ConvergenceError(InputError):
    """No solution of the estimating equations was found."""
