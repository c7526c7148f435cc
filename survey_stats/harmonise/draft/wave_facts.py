"""What all variables of a new delivery together tell of its wave."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from survey_stats.errors import enumerate_first
from survey_stats.harmonise.draft.items import as_number, told_pairs
from survey_stats.harmonise.geography import Geography
from survey_stats.harmonise.matching.profiles import Seen


def wave_missing(
    seen: list[Seen], before: Mapping[str, str]
) -> tuple[dict[Any, str], dict[str, str], list[str]]:
    """The missing codes that most coded variables of a wave share.

    Returns:
        code as written -> reason for the codebook, the same by code, and what to confirm.
    """
    coded = [s for s in seen if s.kind == "codes" and not s.words]
    tally: dict[str, list[str | None]] = {}
    originals: dict[str, Any] = {}
    for s in coded:
        for code, reason in s.missing.items():
            tally.setdefault(code, []).append(reason)
            originals.setdefault(code, s.original.get(code, code))
    told: dict[str, str] = {}
    confirm: list[str] = []
    for code, reasons in tally.items():
        if len(reasons) < max(2, len(coded) / 4):
            continue
        known = [r for r in reasons if r is not None]
        if known:
            told[code] = max(set(known), key=known.count)
        elif code in before:
            told[code] = before[code]
            confirm.append(f"{code} is declared missing without a reason; {before[code]!r} is kept")
        else:
            confirm.append(f"{code} is declared missing without a reason; add it with its reason")
    if not told:
        there = {c for s in coded for c in s.counts}
        told = {c: r for c, r in before.items() if c in there}
        originals = {c: as_number(c) for c in told}
        if told:
            confirm.append(f"the delivery names no missing codes; {told_pairs(told)} is kept")
        odd: dict[str, int] = {}
        for s in coded:
            for c in set(s.counts) - {"", *told, *s.shares}:
                odd[c] = odd.get(c, 0) + 1
        if odd:
            shown = [f"{c} (in {n} variables)" for c, n in odd.items()]
            confirm.append(
                f"these stand apart and may be missing codes: {enumerate_first(shown, 4)}; "
                "add them with their reasons"
            )
    in_order = sorted(told, key=lambda c: (len(c), c))
    return {originals[c]: told[c] for c in in_order}, told, confirm


def district_cut(labels: list[str], wave: int) -> tuple[datetime.date | None, int]:
    """The date whose districts know most of the names, and how many it does not know.

    The end of the wave's year comes first, then the earlier cuts, latest first; then the later
    ones, since some series are recoded backwards.

    >>> district_cut(["Järva", "Farsta"], 2025)
    (datetime.date(2025, 12, 31), 0)
    >>> district_cut(["Rinkeby-Kista", "Farsta"], 2025)
    (datetime.date(2023, 6, 30), 0)
    >>> district_cut(["Järva", "Farsta"], 2020)
    (datetime.date(2023, 7, 1), 0)
    """
    geo = Geography.load()
    last = datetime.date(wave, 12, 31)
    mergers = sorted(e.date for e in geo.mergers)
    days = [last]
    days += [d - datetime.timedelta(days=1) for d in reversed(mergers) if d <= last]
    days += [d for d in mergers if d > last]
    unknown = {day: len(geo.match(labels, "district", day)[1]) for day in days}
    best = min(days, key=lambda day: unknown[day])
    return (best, unknown[best]) if unknown[best] < len(labels) else (None, len(labels))
