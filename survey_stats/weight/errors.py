"""What can be wrong with weights and benchmarks; each error names the cells it is about."""

from __future__ import annotations

from survey_stats.errors import DesignError, InputError


class EmptyCellError(DesignError):
    """A cell has people in the population and nobody who answered: it cannot be weighted up."""


class UnknownCellError(DesignError):
    """Respondents are in a cell (or stratum) for which no population total was given."""


class BenchmarkError(InputError):
    """A population total is negative, missing or zero where people answered."""


class BaseWeightError(DesignError):
    """A base weight is missing, zero, negative or infinite."""
