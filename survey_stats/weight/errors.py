"""What can be wrong with weights and benchmarks; each error names the cells it is about."""

from __future__ import annotations

import unicodedata
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
        alike = next((k for k in known if _alike(first, k)), None)
        if alike is not None:
            other = " | ".join(str(v) for v in alike)
            hint = _difference(name, first, other, alike)
            close = [other]
        elif turned := [k for k in known if k != first and _turned(first, k)]:
            other = " | ".join(str(v) for v in turned[0])
            hint = (
                f"the totals have {other!r}, in another order than {variable}; name the columns "
                "of the margin in the order of its levels"
            )
            close = [other]
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


def _alike(one: Sequence[object], other: Sequence[object]) -> bool:
    """Whether two levels are written alike but for type, leading zeros or composed letters."""
    return len(one) == len(other) and all(map(_same, one, other))


def _same(one: object, other: object) -> bool:
    if one == other:
        return True
    a, b = str(one), str(other)
    if unicodedata.normalize("NFC", a) == unicodedata.normalize("NFC", b):
        return True
    return _as_number(a) is not None and _as_number(a) == _as_number(b)


def _turned(one: Sequence[object], other: Sequence[object]) -> bool:
    """Whether two levels have the same values in another order."""
    return len(one) > 1 and sorted(map(str, one)) == sorted(map(str, other))


def _difference(name: str, first: Sequence[object], other: str, alike: Sequence[object]) -> str:
    """How two levels that are alike differ, and what to do."""
    apart = [(a, b) for a, b in zip(first, alike, strict=True) if a != b]
    if any(not (isinstance(a, str) and isinstance(b, str)) for a, b in apart):
        return (
            f"the totals have {name!r} as another type "
            f"({_types(first)} in the frame); give both as text or both as numbers"
        )
    if any(_as_number(a) is None for a, _ in apart):
        return (
            f"the totals have {other!r} with letters such as å composed in another way (NFC and "
            "NFD); bring both to one form with .str.normalize('NFC')"
        )
    return (
        f"the totals have {other!r}, and both are text; write the codes alike, with the same "
        "leading zeros"
    )


def _as_number(text: object) -> float | None:
    try:
        return float(str(text))
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
