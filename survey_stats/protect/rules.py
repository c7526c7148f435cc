"""Rule profiles: which cells may be shown, as data."""

from __future__ import annotations

from dataclasses import dataclass

from survey_stats.errors import InputError


@dataclass(frozen=True)
class Rule:
    """From which base on a number may be shown, and from which it counts as certain enough.

    Attributes:
        name: what the profile is called where it is printed.
        minimum_base: a cell with fewer answers (unweighted) is suppressed.
        certain_base: a cell with fewer answers, but at least `minimum_base`, is flagged uncertain.
        secondary: also suppress the next smallest cell where exactly one cell of a set that adds
            up to a shown total is suppressed, since subtraction would give it away.

    Raises:
        InputError: the two bounds contradict each other.

    >>> Rule("strict", minimum_base=50, certain_base=200).suppressed
    'suppressed: base under 50'
    >>> Rule("odd", minimum_base=100, certain_base=30)
    Traceback (most recent call last):
    survey_stats.errors.InputError: Rule 'odd': certain_base (30) is below minimum_base (100); ...
    """

    name: str
    minimum_base: int = 30
    certain_base: int = 100
    secondary: bool = True

    def __post_init__(self) -> None:
        if self.minimum_base < 1:
            raise InputError(
                f"Rule {self.name!r}: minimum_base is {self.minimum_base}; give at least 1"
            )
        if self.certain_base < self.minimum_base:
            raise InputError(
                f"Rule {self.name!r}: certain_base ({self.certain_base}) is below minimum_base "
                f"({self.minimum_base}); raise it"
            )

    @property
    def suppressed(self) -> str:
        """The flag of a cell that has too few answers."""
        return f"suppressed: base under {self.minimum_base}"

    @property
    def uncertain(self) -> str:
        """The flag of a cell that is shown but rests on few answers."""
        return f"uncertain: base {self.minimum_base}-{self.certain_base - 1}"


SECONDARY = "suppressed: protects another cell"
"""The flag of a cell that is suppressed because it would give another one away."""

PAIRED = "suppressed: one of the two shares is suppressed"
"""The flag of a change that is suppressed because a share it is made of is."""

NO_ANSWERS = "no answers"
"""The flag of a cell in which nobody answered; there is nothing to protect in it."""

DEFAULT = Rule("survey_stats")
"""Under 30 answers suppressed, 30-99 uncertain, with secondary suppression."""
