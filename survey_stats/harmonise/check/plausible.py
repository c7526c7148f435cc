"""Values that cannot be, or hardly: ages, places, questions that nobody answered."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from survey_stats.errors import enumerate_first
from survey_stats.harmonise.build import to_float
from survey_stats.harmonise.check.finding import Problem, Words, first_sv, problem, rows
from survey_stats.harmonise.check.view import View
from survey_stats.harmonise.geography import Geography

# a wave's answers are hardly all missing unless the variable is the wrong one
_HARDLY_ANSWERED = 0.02


def plausible(view: View) -> Iterator[Problem]:
    """Everything that looks impossible in the delivery itself."""
    yield from _unanswered(view)
    yield from _ages(view)
    yield from _outside(view)


def _unanswered(view: View) -> Iterator[Problem]:
    n = len(view.frame)
    for name, answers in view.answers.items():
        answered = int((answers.answer >= 0).sum())
        sparse = name == "place" or view.book.item(name, view.year).variable is None
        if n and not sparse and answered < _HARDLY_ANSWERED * n:
            what = Words(f"{answered} of {n} have an answer", f"{answered} av {n} har ett svar")
            hint = Words(
                "check that the codebook names the right variable",
                "kontrollera att kodboken anger rätt variabel",
            )
            where = view.where(name)
            yield problem("warning", "no answers", where, n - answered, what, hint, name=name)


def _ages(view: View) -> Iterator[Problem]:
    entry = view.book.background.get("age_group")
    item = entry.waves.get(view.year) if entry else None
    if item is None or not item.years or view.column(item.variable) is None:
        return
    column = view.columns[str(item.variable)]
    missing = view.book.missing(item, view.year)
    ages = to_float(view.frame[column]).copy()
    ages[np.isin(ages, [float(c) for c in missing if c.lstrip("-").isdigit()])] = np.nan
    where = view.where("age_group")
    limits = view.book.waves[view.year].facts.ages
    if limits is not None:
        low, high = limits[0] or 0, limits[1] or np.inf
        outside = (ages < low) | (ages > high)
        if outside.any():
            what = rows(
                Words(
                    f"outside the ages {low} to {limits[1] or 'any'} that were sampled",
                    f"utanför de åldrar som ingick, {low} till {limits[1] or 'obegränsat'}",
                ),
                outside,
            )
            hint = Words(
                "confirm with who made the delivery; they are kept",
                "fråga den som gjort leveransen; de är kvar",
            )
            n = int(outside.sum())
            yield problem("warning", "age", where, n, what, hint, name="age_group")
    broken = np.isfinite(ages) & (ages != np.round(ages))
    if broken.any():
        what = rows(Words("ages that are no whole years", "åldrar som inte är hela år"), broken)
        n = int(broken.sum())
        yield problem("warning", "age", where, n, what, name="age_group")


def _outside(view: View) -> Iterator[Problem]:
    """Neighbourhoods that lie in another district than the one delivered."""
    if "district" not in view.answers or "neighbourhood" not in view.answers:
        return
    geo = Geography.load()
    district, neighbourhood = (view.places[n].text() for n in ("district", "neighbourhood"))
    home = pd.Series(neighbourhood, dtype=object).map(
        {name: geo.district_of(name) for name in view.answers["neighbourhood"].names}
    )
    here = pd.Series(district, dtype=object)
    wrong = home.notna() & here.notna() & (home != here)
    if wrong.any():
        pairs = sorted(set(zip(pd.Series(neighbourhood)[wrong], here[wrong], strict=True)))
        what = Words(
            "neighbourhoods in another district than their own: "
            + enumerate_first([f"{a} in {b}" for a, b in pairs], 3),
            "stadsdelar i ett annat stadsdelsområde än sitt eget: "
            + first_sv([f"{a} i {b}" for a, b in pairs], 3),
        )
        hint = Words(
            "check the codes of district and neighbourhood",
            "kontrollera koderna för stadsdelsområde och stadsdel",
        )
        where = "neighbourhood, district"
        n = int(wrong.sum())
        yield problem("warning", "geography", where, n, what, hint, name="neighbourhood")
