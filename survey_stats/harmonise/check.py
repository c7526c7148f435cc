"""What is wrong with a delivery, all of it at once: the list that a good compiler would print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from survey_stats.errors import CodebookError, enumerate_first
from survey_stats.harmonise.build import to_float
from survey_stats.harmonise.codebook import Codebook
from survey_stats.harmonise.columns import Fault, add_districts, tell_items, text_of
from survey_stats.harmonise.geography import Geography
from survey_stats.harmonise.recode import Answers
from survey_stats.harmonise.schema import Constant
from survey_stats.harmonise.source import Source, candidates
from survey_stats.harmonise.waves import LackingVariablesError, closest, find_wave, question_text
from survey_stats.read import Delivery

Kind = Literal[
    "wave",
    "missing variable",
    "unknown code",
    "contradicted code",
    "contradicted label",
    "weight",
    "respondent",
    "stratum",
    "psu",
    "age",
    "geography",
    "no answers",
]
_FAULTS: dict[str, Kind] = {
    "unknown": "unknown code",
    "declared": "contradicted code",
    "label": "contradicted label",
    "variable": "contradicted label",
}
_MOST_CODES = 3
# fewer respondents than this share of the answers that the codebook tells is worth a warning
_HARDLY_COMPLETE = 0.9
# a wave's answers are hardly all missing unless the variable is the wrong one
_HARDLY_ANSWERED = 0.02


@dataclass(frozen=True)
class Problem:
    """One finding.

    Attributes:
        severity: `error` stops `harmonise`; `warning` does not.
        kind: what sort of problem.
        where: the variable, with the harmonised name where there is one.
        what: what is wrong.
        count: how many respondents (or variables) it concerns.
        hint: what to do, "" where that is plain.
    """

    severity: Literal["error", "warning"]
    kind: Kind
    where: str
    what: str
    count: int
    hint: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The finding as plain values, for JSON."""
        return asdict(self)


def check(
    delivery: Delivery | str | Path, codebook: Codebook | str | Path, wave: int | None = None
) -> list[Problem]:
    """Everything that stops a delivery from being harmonised, or that looks wrong in it.

    Args:
        delivery: what `read` gave, or a path.
        codebook: a name or a path.
        wave: the year; found out when None. Where that fails, the nearest wave is checked.

    Returns:
        The problems, errors first, in the order of the codebook; [] when all is well.

    Raises:
        InputError: the file cannot be read at all.
        CodebookError: the codebook is not valid.
        UnknownNameError: there is no such codebook or wave.
    """
    book = Codebook.load(codebook)
    source = Source(delivery)
    problems: list[Problem] = []
    try:
        year = find_wave(source, book, wave).wave
    except LackingVariablesError as error:
        year = error.wave
    except CodebookError as error:
        year = wave if wave is not None else closest(source, book)
        problems.append(Problem("error", "wave", source.file, str(error), 1))
    needed = book.variables(year)
    columns, lacking = source.find_all(needed)
    problems += _lacking(source, book, needed, lacking)
    if not columns:
        return problems
    loaded = source.load(columns.values())
    problems += _design(loaded, book, year, columns)
    told, faults = tell_items(loaded, book, year, columns)
    problems += _codes(faults)
    sound = {name: a for name, a in told.items() if name not in {f.name for f in faults}}
    problems += _plausible(loaded, book, year, columns, sound)
    return sorted(problems, key=lambda p: p.severity != "error")


def _lacking(
    source: Source, book: Codebook, needed: Mapping[str, str], lacking: list[str]
) -> Iterator[Problem]:
    for variable in lacking:
        purpose = needed[variable]
        close = candidates(source, variable, question_text(book, purpose))
        hints = [f"{c} ({source.labels.label(c)})" if source.labels.label(c) else c for c in close]
        yield Problem(
            "error",
            "missing variable",
            f"{variable} ({purpose})",
            "is not in the delivery",
            1,
            f"did you mean {' or '.join(hints)}?" if hints else "",
        )


def _codes(faults: list[Fault]) -> Iterator[Problem]:
    """The first few codes of each variable, and one line for the others."""
    by_variable: dict[str, list[Fault]] = {}
    for fault in faults:
        by_variable.setdefault(f"{fault.variable} ({fault.name})", []).append(fault)
    for where, found in by_variable.items():
        for f in found[:_MOST_CODES]:
            what = f"labelled {f.label!r}"
            if f.kind != "variable":
                label = f" ({f.label!r})" if f.label else ""
                what = f"the code {f.code!r}{label}, first in row {f.first_row}"
            yield Problem("error", _FAULTS[f.kind], where, what, f.n, f.hint)
        rest = found[_MOST_CODES:]
        if rest:
            what = f"{len(rest)} more codes that do not fit"
            yield Problem("error", _FAULTS[rest[0].kind], where, what, sum(f.n for f in rest))


def _design(
    delivery: Delivery, book: Codebook, year: int, columns: Mapping[str, str]
) -> Iterator[Problem]:
    wave = book.waves[year]
    frame = delivery.frame
    if not len(frame):
        yield Problem("error", "respondent", delivery.manifest.file, "has no respondents", 0)
        return
    if not delivery.manifest.complete:
        yield Problem(
            "warning",
            "respondent",
            delivery.manifest.file,
            "its last line has no line end",
            1,
            "compare the last row with the original; the file may be cut off",
        )
    expected = wave.facts.answers
    if expected is not None and len(frame) < _HARDLY_COMPLETE * expected:
        yield Problem(
            "warning",
            "respondent",
            delivery.manifest.file,
            f"{len(frame)} respondents where the codebook tells of {expected}",
            expected - len(frame),
            "the file may be cut off",
        )
    if wave.respondent in columns:
        column = columns[wave.respondent]
        keys = pd.Series(text_of(frame[column]))
        empty = keys == ""
        if empty.any():
            yield Problem("error", "respondent", column, _rows("no key", empty), int(empty.sum()))
        doubled = keys.duplicated(keep=False) & ~empty
        if doubled.any():
            yield Problem(
                "error",
                "respondent",
                column,
                _rows("keys that are there more than once", doubled),
                int(doubled.sum()),
                "remove the doubled rows",
            )
    for kind, variable in (("stratum", wave.stratum), ("psu", wave.psu)):
        if variable is not None and variable in columns:
            empty = pd.Series(text_of(frame[columns[variable]])) == ""
            if empty.any():
                yield Problem(
                    "error",
                    "stratum" if kind == "stratum" else "psu",
                    columns[variable],
                    _rows(f"no {kind}", empty),
                    int(empty.sum()),
                )
    yield from _lonely(frame, book, year, columns)
    if not isinstance(wave.weight, Constant) and wave.weight in columns:
        yield from _weight(frame[columns[wave.weight]], columns[wave.weight])


def _lonely(
    frame: pd.DataFrame, book: Codebook, year: int, columns: Mapping[str, str]
) -> Iterator[Problem]:
    wave = book.waves[year]
    if wave.stratum is None or wave.stratum not in columns:
        return
    strata = frame[columns[wave.stratum]]
    unit = wave.psu or wave.respondent
    if unit not in columns:
        return
    units = frame[columns[unit]].groupby(strata).nunique()
    lonely = [str(s) for s in text_of(units.index[units == 1])]
    if lonely:
        yield Problem(
            "warning",
            "stratum",
            columns[wave.stratum],
            f"strata with a single {'PSU' if wave.psu else 'respondent'}: "
            + enumerate_first(lonely),
            len(lonely),
            "say with lonely_psu= what they add to the standard error",
        )


def _weight(values: pd.Series[Any], column: str) -> Iterator[Problem]:
    weights = to_float(values)
    bad = ~(np.isfinite(weights) & (weights > 0))
    if bad.any():
        yield Problem(
            "error",
            "weight",
            column,
            _rows("missing, zero, negative or no number", pd.Series(bad)),
            int(bad.sum()),
            "ask for the weights again",
        )
    good = weights[~bad]
    if len(good) > 1 and good.max() > 100 * np.median(good):
        huge = pd.Series(weights > 100 * np.median(good))
        yield Problem(
            "warning",
            "weight",
            column,
            _rows("more than 100 times the median", huge),
            int(huge.sum()),
            "a decimal mark may have been lost",
        )


def _plausible(
    delivery: Delivery,
    book: Codebook,
    year: int,
    columns: Mapping[str, str],
    told: dict[str, Answers],
) -> Iterator[Problem]:
    n = len(delivery.frame)
    for name, answers in told.items():
        item = book.item(name, year)
        answered = int((answers.answer >= 0).sum())
        sparse = name == "place" or item.variable is None
        if n and not sparse and answered < _HARDLY_ANSWERED * n:
            yield Problem(
                "warning",
                "no answers",
                f"{columns.get(item.variable or '')} ({name})",
                f"{answered} of {n} have an answer",
                n - answered,
                "check that the codebook names the right variable",
            )
    yield from _ages(delivery, book, year, columns)
    yield from _outside(book, year, told, n)


def _ages(
    delivery: Delivery, book: Codebook, year: int, columns: Mapping[str, str]
) -> Iterator[Problem]:
    limits = book.waves[year].facts.ages
    entry = book.background.get("age_group")
    item = entry.waves.get(year) if entry else None
    if limits is None or item is None or not item.years or item.variable is None:
        return
    if item.variable not in columns:
        return
    column = columns[item.variable]
    missing = book.missing(item, year)
    ages = to_float(delivery.frame[column]).copy()
    ages[np.isin(ages, [float(c) for c in missing if c.lstrip("-").isdigit()])] = np.nan
    low, high = limits[0] or 0, limits[1] or np.inf
    outside = pd.Series((ages < low) | (ages > high))
    if outside.any():
        yield Problem(
            "warning",
            "age",
            f"{column} (age_group)",
            _rows(f"outside the ages {low} to {limits[1] or 'any'} that were sampled", outside),
            int(outside.sum()),
            "confirm with who made the delivery; they are kept",
        )


def _outside(book: Codebook, year: int, told: dict[str, Answers], n: int) -> Iterator[Problem]:
    """Neighbourhoods that lie in another district than the one delivered."""
    if "district" not in told or "neighbourhood" not in told:
        return
    geo = Geography.load()
    both = dict(told)
    add_districts(both, book, year, n)
    district, neighbourhood = both["district"].text(), both["neighbourhood"].text()
    home = pd.Series(neighbourhood, dtype=object).map(
        {name: geo.district_of(name) for name in told["neighbourhood"].names}
    )
    here = pd.Series(district, dtype=object)
    wrong = home.notna() & here.notna() & (home != here)
    if wrong.any():
        pairs = sorted(set(zip(pd.Series(neighbourhood)[wrong], here[wrong], strict=True)))
        shown = enumerate_first([f"{a} in {b}" for a, b in pairs], 3)
        yield Problem(
            "warning",
            "geography",
            "neighbourhood, district",
            f"neighbourhoods in another district than their own: {shown}",
            int(wrong.sum()),
            "check the codes of district and neighbourhood",
        )


def _rows(what: str, hit: pd.Series[Any]) -> str:
    rows = [int(i) + 1 for i in np.flatnonzero(hit.to_numpy(dtype=bool))]
    return f"{what}: row{'s' if len(rows) > 1 else ''} {enumerate_first(rows, 3)}"
