"""Rule profiles: which cells may be shown, as data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from survey_stats.errors import InputError
from survey_stats.labels import Language

Statistic = Literal["share", "mean", "index", "total", "ratio", "quantile"]


@dataclass(frozen=True)
class Precision:
    """From what precision on a share is shown; a share that fails keeps its base.

    Attributes:
        minimum_n: answers behind it.
        minimum_effective: effective base (the base itself where the design effect is below 1).
        widest: an interval as wide as this, or wider, in units of share.
        narrow: an interval no wider than this is good enough whatever the share is.
        widest_relative: an interval wider than this many times the share.
        minimum_df: with fewer degrees of freedom the number is flagged for review.
        complement: flag where the share of the other answers fails `widest_relative`.
        interval: "given" takes the interval of the frame; "korn-graubard" makes the exact one of
            Korn and Graubard (1998) from share, effective base and df, for which the limits of the
            National Center for Health Statistics were made.
        level: of that interval.

    Raises:
        InputError: a limit cannot be.
    """

    minimum_n: int = 0
    minimum_effective: float = 0.0
    widest: float | None = None
    narrow: float = 0.0
    widest_relative: float | None = None
    minimum_df: float = 0.0
    complement: bool = False
    interval: Literal["given", "korn-graubard"] = "given"
    level: float = 0.95

    def __post_init__(self) -> None:
        if self.widest is not None and not self.narrow <= self.widest <= 1:
            raise InputError(
                f"precision: widest is {self.widest}; give a share between narrow ({self.narrow}) "
                "and 1"
            )
        if self.widest_relative is not None and self.widest_relative <= 0:
            raise InputError(
                f"precision: widest_relative is {self.widest_relative}; give a positive multiple "
                "of the share"
            )
        if self.interval not in ("given", "korn-graubard"):
            raise InputError(
                f"precision: interval is {self.interval!r}; give 'given' or 'korn-graubard'"
            )
        if not 0 < self.level < 1:
            raise InputError(f"precision: level is {self.level}; give one between 0 and 1")


@dataclass(frozen=True)
class Dominance:
    """When a few respondents weigh so much that a weighted number is theirs.

    Attributes:
        largest: how many respondents are looked at (n of the (n, k) rule).
        most: the part of the cell's weight that they may have together (k).
        percent: the p of the p-percent rule: how closely, as a part of the largest weight, the
            second largest respondent may know the largest; None leaves the rule out.

    Raises:
        InputError: a limit cannot be.
    """

    largest: int = 1
    most: float = 0.5
    percent: float | None = None

    def __post_init__(self) -> None:
        if self.largest < 1 or not 0 < self.most <= 1:
            raise InputError(
                f"dominance: largest is {self.largest} and most {self.most}; give at least 1 and "
                "a part of the weight between 0 and 1"
            )
        if self.percent is not None and not 0 < self.percent <= 1:
            raise InputError(f"dominance: percent is {self.percent}; give a part between 0 and 1")


@dataclass(frozen=True)
class Rounding:
    """Bases and shares that are rounded when they are shown.

    Attributes:
        base: bases become multiples of this.
        share: shares and their intervals become multiples of this; None leaves them.

    Raises:
        InputError: a step cannot be.
    """

    base: int = 5
    share: float | None = 0.01

    def __post_init__(self) -> None:
        if self.base < 2 or (self.share is not None and not 0 < self.share < 1):
            raise InputError(
                f"rounding: base is {self.base} and share {self.share}; give at least 2, and a "
                "share between 0 and 1 or none"
            )


@dataclass(frozen=True)
class Rule:
    """What may be shown, what counts as certain enough, and what nobody may find out.

    Attributes:
        name: what the profile is called where it is printed.
        minimum_base: a cell with fewer answers (unweighted) is suppressed.
        certain_base: a cell with fewer answers, but at least `minimum_base`, is flagged uncertain.
        secondary: also suppress the cells that would give a suppressed one away.
        mean_base, index_base: `minimum_base` of a mean, and of an index over several items.
        minimum_answers: a kind of answer that fewer gave is suppressed; of a share of yes, "no" is
            a kind too.
        true_zeros: whether a kind of answer that nobody gave is shown all the same.
        group_disclosure: suppress 0 and 100 percent, which tell everybody's answer.
        dominance: when a few respondents weigh too much.
        precision: from what precision on a share is shown; says nothing of people.
        protection: how wide the interval of a suppressed base must be that a reader can work out;
            a third of the minimum base, rounded up, by default.
        answer_protection: the same of the answers of each kind in a suppressed cell.
        same_base: questions whose bases differ by no more than this part count as asked of the
            same people; a group is shown in all of them or in none.
        leftovers: protect also the few that a breakdown leaves out (those who gave no age), whose
            answers are the total less all groups.
        rounding: bases and shares are rounded.
        bands: (highest base, mark) of suppressed cells, the last without a highest base; where
            there are some, the flag tells the band of a small base.
        title: what readers call the profile, by language.
        source: where the rules are written down.

    Raises:
        InputError: the bounds contradict each other.

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
    mean_base: int | None = None
    index_base: int | None = None
    minimum_answers: int = 0
    true_zeros: bool = True
    group_disclosure: bool = False
    dominance: Dominance | None = None
    precision: Precision | None = None
    protection: int | None = None
    answer_protection: int = 3
    same_base: float = 0.1
    leftovers: bool = False
    rounding: Rounding | None = None
    bands: tuple[tuple[int | None, str], ...] = ()
    title: Mapping[str, str] = field(default_factory=dict, hash=False)
    source: str = ""

    def __post_init__(self) -> None:
        bases = {
            "minimum_base": self.minimum_base,
            "mean_base": self.mean_base,
            "index_base": self.index_base,
        }
        for key, base in bases.items():
            if base is not None and base < 1:
                raise InputError(f"Rule {self.name!r}: {key} is {base}; give at least 1")
        if self.certain_base < self.minimum_base:
            raise InputError(
                f"Rule {self.name!r}: certain_base ({self.certain_base}) is below minimum_base "
                f"({self.minimum_base}); raise it"
            )
        if self.minimum_answers < 0 or self.answer_protection < 0:
            raise InputError(
                f"Rule {self.name!r}: minimum_answers and answer_protection cannot be negative"
            )
        if (self.group_disclosure or not self.true_zeros) and self.minimum_answers < 3:
            raise InputError(
                f"Rule {self.name!r}: with fewer than 3 minimum_answers the flag of a hidden 0 or "
                "100 percent would tell what it hides; give minimum_answers of at least 3"
            )
        if self.protection is not None and self.protection < 1:
            raise InputError(
                f"Rule {self.name!r}: protection is {self.protection}; give at least 1"
            )
        if not 0 <= self.same_base < 1:
            raise InputError(
                f"Rule {self.name!r}: same_base is {self.same_base}; give a part between 0 and 1"
            )
        tops = [top for top, _ in self.bands]
        if self.bands and (None in tops[:-1] or tops[-1] is not None):
            raise InputError(f"Rule {self.name!r}: only the last of the bands has no highest base")
        known = [top for top in tops if top is not None]
        if known != sorted(set(known)):
            raise InputError(f"Rule {self.name!r}: the bands' highest bases must rise")

    @property
    def suppressed(self) -> str:
        """The flag of a cell that has too few answers."""
        return f"suppressed: base under {self.minimum_base}"

    @property
    def near(self) -> str:
        """The flag of a group that has too few answers to one of several like questions."""
        return f"suppressed: base under {self.minimum_base} or little above"

    @property
    def few_answers(self) -> str:
        """The flag of a share where too few gave an answer of some kind."""
        return f"suppressed: under {self.minimum_answers} answers of a kind"

    @property
    def uncertain(self) -> str:
        """The flag of a cell that is shown but rests on few answers."""
        return f"uncertain: base {self.minimum_base}-{self.certain_base - 1}"

    def base_of(self, statistic: str = "share") -> int:
        """The minimum base of a statistic.

        >>> Rule("school", 20, 20, mean_base=10).base_of("mean")
        10
        """
        own = {"mean": self.mean_base, "index": self.index_base}.get(statistic)
        return self.minimum_base if own is None else own

    def small(self, n: int, statistic: str = "share") -> tuple[str, int, int]:
        """The flag of a base that is too small, and the range of bases that the flag tells.

        >>> Rule("r").small(12)
        ('suppressed: base under 30', 1, 29)
        """
        least = self.base_of(statistic)
        start = 1
        for top, _ in self.bands:
            if top is None or top >= least:
                break
            if n <= top:
                return f"suppressed: base {start}-{top}", start, top
            start = top + 1
        if start > 1:
            return f"suppressed: base {start}-{least - 1}", start, least - 1
        return f"suppressed: base under {least}", 1, least - 1

    @property
    def spread(self) -> int:
        """How wide the interval of a suppressed base must stay."""
        return -(-self.minimum_base // 3) if self.protection is None else self.protection

    def notes(self, lang: Language = "sv", kinds: Collection[str] | None = None) -> list[str]:
        """What each mark means and each criterion asks for, one sentence each.

        Args:
            lang: the reader's language.
            kinds: with `suppressed` or `uncertain`, or neither, only what a table must say in which
                such cells are; everything by default.

        >>> Rule("r").notes("en")[0]
        '.. = not shown: fewer than 30 answers.'
        >>> Rule("r").notes("en", {"uncertain"})
        ['* = uncertain: 30–99 answers.']
        """
        from survey_stats.protect.words import notes, notes_under

        return notes(self, lang) if kinds is None else notes_under(self, lang, kinds)

    def mark(self, flag: str) -> str:
        """The mark of a flag in a printed table; empty where there is none.

        >>> rule = Rule("r")
        >>> rule.mark(rule.suppressed), rule.mark(rule.uncertain), rule.mark("")
        ('..', '*', '')
        """
        from survey_stats.protect.words import mark

        return mark(self, flag)

    def note(self, flag: str, lang: Language = "sv") -> str:
        """What a flag says to a reader, in a sentence; empty for a flag that is not this rule's.

        >>> Rule("r").note(SECONDARY, "en")
        'Not shown, since it would give away a figure that is not shown.'
        """
        from survey_stats.protect.words import told

        return told(self, flag, lang)


SECONDARY = "suppressed: protects another cell"
"""The flag of a cell that is suppressed because it would give another one away."""

PAIRED = "suppressed: one of the two shares is suppressed"
"""The flag of a change that is suppressed because a share it is made of is."""

DOMINATED = "suppressed: a few respondents weigh too much"
"""The flag of a weighted number that is a few respondents'."""

NO_ANSWERS = "no answers"
"""The flag of a cell in which nobody answered; there is nothing to protect in it."""

DEFAULT = Rule("survey_stats")
"""Under 30 answers suppressed, 30-99 uncertain, with secondary suppression."""
