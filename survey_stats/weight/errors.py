"""What can be wrong with weights and benchmarks; each error names the cells it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from survey_stats.errors import (
    DesignError,
    InputError,
    UnknownNameError,
    enumerate_first,
    nearest,
)


class EmptyCellError(DesignError):
    """A cell has people in the population and nobody who answered: it cannot be weighted up."""


class UnknownCellError(DesignError):
    """Respondents are in a cell (or stratum) for which no population total was given."""


class BenchmarkError(InputError):
    """A population total is negative, missing or zero where people answered."""


class BaseWeightError(DesignError):
    """A base weight is missing, zero, negative or infinite."""


class UnknownLevelError(UnknownCellError, UnknownNameError):
    """Respondents have a level for which no total was given; the nearest names are suggested."""

    def __init__(
        self,
        variable: str,
        levels: Sequence[tuple[object, ...]],
        known: Sequence[tuple[object, ...]],
        spare: Sequence[tuple[object, ...]],
    ) -> None:
        first = levels[0]
        name = " | ".join(str(v) for v in first)
        choices = [" | ".join(str(v) for v in k) for k in known]
        named = enumerate_first([repr(" | ".join(str(v) for v in level)) for level in levels], 3)
        if name in choices or _as_number(name) in {_as_number(c) for c in choices} - {None}:
            hint = (
                f"the totals have {name!r} as another type "
                f"({_types(first)} in the frame); give both as text or both as numbers"
            )
            close = [name]
        else:
            # a total that other respondents have is not what was meant
            close = nearest(name, [" | ".join(str(v) for v in k) for k in spare])
            if close:
                hint = "did you mean " + " or ".join(repr(c) for c in close) + "?"
            else:
                hint = f"there are totals for {enumerate_first(choices, 8)}; add it or recode"
        Exception.__init__(
            self, f"There is no total for the respondents with {variable} {named}; {hint}"
        )
        self.name = name
        self.suggestions = close


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _types(level: Sequence[object]) -> str:
    return ", ".join(type(v).__name__ for v in level)


class NegativeWeightError(DesignError):
    """Linear calibration would give respondents negative weights."""


class InfeasibleError(DesignError):
    """No weights, within the bounds if there are any, meet all totals together.

    Attributes:
        margins: the names of the totals that cannot be met together.
        gaps: by name of total, what the nearest reachable total differs by (reached - target).
        certificate: by name of total, the multiplier y of Farkas' lemma: Σ y t is more than
            Σ y (sums of weights) can be, whatever the weights. Empty where weights exist, but
            only with factors at the very ends of what the method allows.
        group: the group in which it is so, "" without `by`.
    """

    def __init__(
        self,
        message: str,
        gaps: Mapping[str, float] | None = None,
        certificate: Mapping[str, float] | None = None,
        group: str = "",
    ) -> None:
        super().__init__(message)
        self.gaps = dict(gaps or {})
        self.certificate = dict(certificate or {})
        self.margins = tuple(self.certificate) or tuple(self.gaps)
        self.group = group
