"""What a variable that one survey lacks could explain: ranges and turning points, never a guess."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import optimize

from survey_stats.compare.changes import html_notes
from survey_stats.errors import InputError
from survey_stats.explain.disagreement.cells import Bools
from survey_stats.explain.disagreement.kitagawa import Floats
from survey_stats.explain.disagreement.leaves import Numbers, Uncertain, numbers
from survey_stats.explain.disagreement.missing_variable import Known, known
from survey_stats.labels import Language, word
from survey_stats.results import html_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from survey_stats.explain.disagreement.result import Decomposition

Gap = Literal["same"] | float | tuple[float, float]

_STEPS = 10
_SEARCH = 401


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """What differing shares of a group could explain of the rest between two surveys.

    One survey tells who belongs to the group; in the other its share d and its gap in answers g
    are assumed. Then `(d - D) (G + g) / 2`, with D and G those of the survey that tells, is
    composition (Kitagawa's, within the cells of the decomposition), and what is left of the rest
    remains. Signs are those of the second survey less the first.

    Attributes
    ----------
    question, variable: what it is about
    of: the answer whose share it is, where the question is not one of yes and no
    first, second: the surveys as they name themselves
    surveys: their names and waves
    has: the one that has the variable, and `lacks` the one that does not
    known: the share and the gap of the group in the survey that has it, and the rest
    shares: the lowest and highest share assumed
    gaps: the gaps assumed, lowest and highest; None for "same"
    synthetic: whether the answers of either survey are made up
    """

    question: str
    variable: str
    first: str
    second: str
    surveys: tuple[tuple[str | None, object], tuple[str | None, object]]
    known: Known
    shares: tuple[float, float]
    gaps: tuple[float, ...] | None
    synthetic: bool = False
    of: object = None

    @property
    def has(self) -> str:
        """The survey that has the variable."""
        return (self.first, self.second)[self.known.side]

    @property
    def lacks(self) -> str:
        """The survey that does not have it."""
        return (self.second, self.first)[self.known.side]

    @property
    def level(self) -> float:
        """Of the intervals."""
        return self.known.values.level

    @property
    def share(self) -> float:
        """The share of the group in the survey that has it, at the people of the decomposition."""
        return float(self.known.values.value[1])

    @property
    def gap(self) -> float:
        """How much higher the share of yes is inside the group, in the survey that has it."""
        return float(self.known.values.value[2])

    @property
    def rest(self) -> float:
        """What is to be explained."""
        return float(self.known.values.value[0])

    @property
    def sign(self) -> float:
        """1 where the second survey lacks the variable, else -1."""
        return 1.0 if self.known.side == 0 else -1.0

    def numbers(self) -> Numbers:
        """The rest, the share and the gap with their intervals."""
        return self.known.values.sums(np.eye(3))

    def remaining(self, share: Floats, gap: Floats | None) -> tuple[Numbers, Numbers]:
        """What composition explains, and what remains, at assumed shares and gaps; (Q,) each.

        `gap` is None where it is the same in both surveys.
        """
        D, G = self.share, self.gap
        mean = np.full(share.size, G) if gap is None else (G + gap) / 2
        moved = self.sign * (share - D)
        explained = np.zeros((share.size, 3))
        explained[:, 1] = -self.sign * mean
        explained[:, 2] = moved if gap is None else moved / 2
        left = -explained
        left[:, 0] = 1.0
        rest = self.rest
        return (
            _at(moved * mean, explained, self.known.values),
            _at(rest - moved * mean, left, self.known.values),
        )

    def among(self, share: Floats, gap: Floats) -> tuple[Floats, Floats]:
        """The difference of the surveys outside and inside the group, (Q,) each."""
        outside = self.rest - self.sign * (share * gap - self.share * self.gap)
        return outside, outside + self.sign * (gap - self.gap)

    def possible(self, share: Floats, gap: Floats) -> Bools:
        """Whether the answers of the survey that lacks the variable allow this, (Q,)."""
        outside = self.known.rates[0] - share * gap
        inside = outside + gap
        tight = 1e-9
        ok = (outside >= -tight) & (outside <= 1 + tight)
        found: Bools = ok & ((share == 0) | ((inside >= -tight) & (inside <= 1 + tight)))
        return found & (share >= 0) & (share <= 1)

    def to_frame(self) -> pd.DataFrame:
        """A row for each assumed share and gap.

        Columns: `assumed_share, assumed_gap, explained, explained_low, explained_high, remaining,
        se, ci_low, ci_high, verdict, outside_group, inside_group, possible`. `verdict` says whether
        a difference `remains` for certain or `may be nothing`; `outside_group` and `inside_group`
        are the difference of the surveys among people outside and inside the group that the
        assumption leads to; `possible` is False where the answers forbid it. The share known from
        the other survey is among the rows.
        """
        low, high = self.shares
        grid = np.linspace(low, high, _STEPS + 1) if high > low else np.array([low])
        grid = np.unique(np.append(grid, self.share)) if low <= self.share <= high else grid
        gaps: tuple[float | None, ...] = (None,) if self.gaps is None else self.gaps
        frames = []
        for gap in gaps:
            at = np.full(grid.size, self.gap if gap is None else gap)
            explained, left = self.remaining(grid, None if gap is None else at)
            outside, inside = self.among(grid, at)
            certain = (left.low > 0) | (left.high < 0)
            frames.append(
                pd.DataFrame(
                    {
                        "assumed_share": grid,
                        "assumed_gap": at,
                        "explained": explained.value,
                        "explained_low": explained.low,
                        "explained_high": explained.high,
                        "remaining": left.value,
                        "se": left.se,
                        "ci_low": left.low,
                        "ci_high": left.high,
                        "verdict": np.where(certain, "remains", "may be nothing"),
                        "outside_group": outside,
                        "inside_group": inside,
                        "possible": self.possible(grid, at),
                    }
                )
            )
        frame = pd.concat(frames, ignore_index=True)
        frame.attrs.update(
            question=self.question,
            of="" if self.of is None else str(self.of),
            variable=self.variable,
            first=self.first,
            second=self.second,
            lacks=self.lacks,
            level=self.level,
            assumptions=list(self.assumptions("en")),
        )
        return frame

    @cached_property
    def range(self) -> tuple[float, float]:
        """The least and the most that composition explains under the assumptions."""
        ends = self._corners()
        value = self.sign * (ends[:, 0] - self.share) * (self.gap + ends[:, 1]) / 2
        return float(value.min()), float(value.max())

    def _corners(self) -> Floats:
        gaps = (self.gap,) if self.gaps is None else self.gaps
        return np.array([(d, g) for d in self.shares for g in gaps])

    def turning_points(self) -> pd.DataFrame:
        """The values at which the conclusion turns, a row each.

        Columns: `what, assumed_gap, assumed_share, value, possible`. `what` is
        `share that explains all`: at this share nothing remains (`value` is the share);
        `share where certainty turns`: there the interval of what remains reaches zero;
        `gap that leaves others alike`: at the assumed share, people outside the group answer alike
        in both surveys if the gap is this (`value` is the gap). `possible` is False where no such
        share or gap can be, and then the assumption cannot turn the conclusion.
        """
        rows: list[tuple[str, float, float, float, bool]] = []
        gaps: tuple[float | None, ...] = (None,) if self.gaps is None else self.gaps
        for gap in gaps:
            at = self.gap if gap is None else gap
            mean = (self.gap + at) / 2
            share = self.share + self.sign * self.rest / mean if mean != 0 else np.nan
            rows.append(("share that explains all", at, np.nan, share, self._can(share, at)))
            for turn in self._turns(gap):
                rows.append(("share where certainty turns", at, np.nan, turn, self._can(turn, at)))
        for share in dict.fromkeys([self.shares[0], self.share, self.shares[1]]):
            if share > 0:
                gap = (self.sign * self.rest + self.share * self.gap) / share
                rows.append(
                    ("gap that leaves others alike", np.nan, share, gap, self._can(share, gap))
                )
        columns = ["what", "assumed_gap", "assumed_share", "value", "possible"]
        return pd.DataFrame(rows, columns=columns)

    def _can(self, share: float, gap: float) -> bool:
        return bool(self.possible(np.array([share]), np.array([gap]))[0])

    def _turns(self, gap: float | None) -> list[float]:
        """Shares between 0 and 1 at which an end of the interval of what remains is zero."""

        def margin(share: float) -> float:
            at = np.array([share])
            _, left = self.remaining(at, None if gap is None else np.array([gap]))
            reach = (left.high - left.low)[0] / 2
            return float(abs(left.value[0]) - reach)

        grid = np.linspace(0.0, 1.0, _SEARCH)
        _, left = self.remaining(grid, None if gap is None else np.full(grid.size, gap))
        side = np.sign(np.abs(left.value) - (left.high - left.low) / 2)
        turns = np.flatnonzero(side[1:] * side[:-1] < 0).tolist()
        return [float(optimize.brentq(margin, grid[i], grid[i + 1])) for i in turns]

    def assumptions(self, lang: Language = "sv") -> tuple[str, ...]:
        """What is assumed, in words."""
        from survey_stats.explain.disagreement.sensitivity_words import assumptions

        return assumptions(self, lang)

    def sentences(self, lang: Language = "sv") -> tuple[str, ...]:
        """What follows from the assumptions, for readers."""
        from survey_stats.explain.disagreement.sensitivity_words import sensitivity_sentences

        return sensitivity_sentences(self, lang)

    def plot(self, *, lang: Language = "sv", ax: Axes | None = None) -> Axes:
        """What remains by assumed share, with intervals; see `sensitivity_figure.draw`."""
        from survey_stats.explain.disagreement.sensitivity_figure import draw

        return draw(self, lang=lang, ax=ax)

    def alt_text(self, lang: Language = "sv") -> str:
        """What the figure shows, in words: the assumptions and what follows from them."""
        made_up = [word("synthetic", lang) + "."] if self.synthetic else []
        return " ".join([*made_up, *self.assumptions(lang), *self.sentences(lang)])

    def _repr_html_(self) -> str:
        return html_table(self.to_frame(), self._caption()) + html_notes(self.assumptions("en"))

    def __repr__(self) -> str:
        frame = self.to_frame()[
            [
                "assumed_share",
                "assumed_gap",
                "explained",
                "remaining",
                "ci_low",
                "ci_high",
                "verdict",
            ]
        ]
        table = frame.to_string(index=False, float_format="{:.4g}".format)
        return "\n".join([f"Sensitivity: {self._caption()}", table, *self.assumptions("en")])

    def _caption(self) -> str:
        what = self.question if self.of is None else f"{self.of} of {self.question}"
        return f"{what}, {self.second} less {self.first}: what {self.variable} could explain"


def sensitivity(
    parts: Decomposition,
    variable: str,
    shares: tuple[float, float],
    gap: Gap,
    value: object,
) -> Sensitivity:
    """See `Decomposition.sensitivity`."""
    low, high = _range(shares, "shares", 0.0, 1.0)
    gaps: tuple[float, ...] | None = None
    if gap != "same":
        if isinstance(gap, str):
            raise InputError(f"gap={gap!r} is not known; use 'same', a number or a range")
        given = (gap, gap) if isinstance(gap, int | float) else gap
        gaps = tuple(dict.fromkeys(_range(given, "gap", -1.0, 1.0)))
    return Sensitivity(
        parts.question,
        variable,
        parts.first,
        parts.second,
        (_origin(parts, 0), _origin(parts, 1)),
        known(parts, variable, value),
        (low, high),
        gaps,
        parts.synthetic,
        parts.of,
    )


def _origin(parts: Decomposition, side: int) -> tuple[str | None, object]:
    survey = parts.sources[side].sample.survey
    return survey.name, survey.wave


def _range(given: object, name: str, least: float, most: float) -> tuple[float, float]:
    try:
        low, high = (float(v) for v in given)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise InputError(f"{name}={given!r} is no range; give two numbers") from None
    if not least <= low <= high <= most:
        raise InputError(
            f"{name}={given!r} must go upwards within {least:g} and {most:g}; shares and gaps are "
            "proportions, 10 percent is 0.10"
        )
    return low, high


def _at(value: Floats, slopes: Floats, known_values: Uncertain) -> Numbers:
    """Values with the errors that slopes (Q, 3) of the known give them."""
    one, two = (
        np.maximum(np.einsum("qi,ij,qj->q", slopes, c, slopes), 0.0)
        for c in known_values.covariances
    )
    return numbers(value, one, two, known_values.df, known_values.level)
