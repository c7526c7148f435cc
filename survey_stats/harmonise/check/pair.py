"""A delivery beside one of an earlier wave: who is compared, and which questions."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from survey_stats.harmonise.check.breaks import LARGE, Sample, sample
from survey_stats.harmonise.check.finding import NOTHING, Words
from survey_stats.harmonise.check.view import Bools, View
from survey_stats.harmonise.codebook.schema import AGE_GROUPS, Facts
from survey_stats.harmonise.recode import REASON_NAMES

_REASONS_IN_ORDER = ("answered", *REASON_NAMES)


@dataclass(frozen=True, eq=False)
class Pair:
    """The wave in hand and an earlier one, told by the same codebook."""

    now: View
    then: View

    @functools.cached_property
    def rows(self) -> tuple[Bools, Bools]:
        """Who is compared, now and then: the areas and ages that both waves asked."""
        return self._asked(self.now), self._asked(self.then)

    @property
    def within(self) -> Words:
        """The respondents who are compared, where those are not all."""
        areas, ages = ", ".join(self._areas), ""
        if self._ages:
            last = self._ages[-1].rpartition("-")[2]
            ages = f"{self._ages[0][:2]}–{last}"
        if not (areas or ages):
            return NOTHING
        en, sv = ([areas] if areas else [] for _ in range(2))
        if ages:
            en.append(f"ages {ages}")
            sv.append(f"{ages} år")
        return Words(", ".join(en), ", ".join(sv))

    @property
    def narrower(self) -> bool:
        """Whether the earlier wave asked in fewer areas."""
        return bool(self._facts(self.then).areas) and not self._facts(self.now).areas

    @property
    def large(self) -> float:
        """From which size on a change is a break.

        Twice the usual where one of the waves went to chosen areas only: they were chosen for
        what goes on there, and the field work was another.
        """
        return 2 * LARGE if self._areas else LARGE

    def names(self) -> list[str]:
        """The items that both waves asked in the same way and that could be read in both."""
        return [n for n in self.now.answers if n in self.then.answers and self.alike(n)]

    def alike(self, name: str) -> bool:
        """Whether the codebook gives an item the same wording, scale and universe in both."""
        book, entry = self.now.book, self.now.book.asked(name)

        def asked(year: int) -> tuple[object, ...]:
            item = book.item(name, year)
            own = (item.scale, item.wording, item.universe)
            return tuple(
                o or getattr(entry, f, None)
                for o, f in zip(own, ("scale", "wording", "universe"), strict=True)
            )

        return asked(self.now.year) == asked(self.then.year)

    def answers(self, name: str) -> tuple[tuple[str, ...], bool]:
        """The answers of an item in order, and whether that order means anything."""
        order = self.now.order(name)
        told = {*self.now.places[name].names, *self.then.places[name].names}
        if order is not None and told <= set(order):
            return tuple(a for a in order if a in told), True
        return tuple(sorted(told)), False

    def shares(self, name: str, answers: Sequence[str]) -> tuple[Sample, Sample]:
        """The shares of an item's answers then and now."""
        then, now = (
            sample(v.positions(name, tuple(answers), r), v.weights[r], v.units[r], len(answers))
            for v, r in ((self.then, self.rows[1]), (self.now, self.rows[0]))
        )
        return then, now

    def reasons(self, name: str) -> tuple[tuple[str, ...], Sample, Sample]:
        """The shares of those who answered, and of each reason for a missing answer."""
        samples = []
        for view, r in ((self.then, self.rows[1]), (self.now, self.rows[0])):
            told = view.places[name]
            if name == "age_group":
                # who has no age is in no age group, and could not be missing among them
                r = self._asked(view, ages=False)
            at = np.where(told.answer >= 0, 0, told.reason + 1).astype(np.int16)[r]
            samples.append(sample(at, view.weights[r], view.units[r], len(_REASONS_IN_ORDER)))
        return _REASONS_IN_ORDER, samples[0], samples[1]

    def _facts(self, view: View) -> Facts:
        return view.book.waves[view.year].facts

    @functools.cached_property
    def _areas(self) -> list[str]:
        both = [set(self._facts(v).areas) for v in (self.now, self.then)]
        if not any(both):
            return []
        return sorted(both[0] & both[1] if all(both) else both[0] | both[1])

    @functools.cached_property
    def _ages(self) -> list[str]:
        """The age groups in common, where not both waves asked the same ones."""
        asked = [_age_groups(self._facts(v).ages) for v in (self.now, self.then)]
        if asked[0] == asked[1] or any("age_group" not in v.answers for v in (self.now, self.then)):
            return []
        return [a for a in AGE_GROUPS if a in asked[0] and a in asked[1]]

    def _asked(self, view: View, ages: bool = True) -> Bools:
        use = np.ones(len(view.frame), dtype=np.bool_)
        if self._areas:
            inside = np.zeros_like(use)
            for name in ("municipality", "district"):
                if name in view.places:
                    inside |= np.isin(view.places[name].text().astype(str), self._areas)
            use &= inside
        if ages and self._ages:
            use &= np.isin(view.places["age_group"].text().astype(str), self._ages)
        return use


def _age_groups(ages: tuple[int | None, int | None] | None) -> list[str]:
    if ages is None:
        return list(AGE_GROUPS)
    low, high = ages[0] or 0, ages[1] or np.inf
    starts = [int(g[:2]) for g in AGE_GROUPS]
    ends = [*(s - 1 for s in starts[1:]), np.inf]
    return [g for g, s, e in zip(AGE_GROUPS, starts, ends, strict=True) if e >= low and s <= high]


def choose(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs in the order in which a question looks for one to be compared in.

    First those that asked in all areas that the delivery has, then the nearest wave.
    """
    return sorted(pairs, key=lambda p: (p.narrower, abs(p.now.year - p.then.year)))
