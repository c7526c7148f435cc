"""Totals that are shares or percent: told from people before weights are brought to them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from survey_stats.weight.calibration.targets import Level, Target
from survey_stats.weight.errors import BenchmarkError
from survey_stats.weight.levels import told

# what rounded shares of many levels may sum to beside 1 (or 100)
_ROUNDED = 0.02
# weights that sum to this many times the totals are of another scale
_FAR = 20.0


def refuse_shares(targets: Sequence[Target], depth: int, people: Mapping[Level, float]) -> None:
    """Refuse shares and percent as totals where the weights sum to far more.

    Args:
        depth: the number of columns of the groups, which come first.
        people: the sum of the weights by group.

    Raises:
        BenchmarkError: it names the sum and `scale_to`.
    """
    for target in targets:
        for group, sums in _sums(target, depth).items():
            weights = math.fsum(people.values()) if group is None else people.get(group, 0.0)
            unit = _unit(sums)
            if unit is None or weights <= _FAR * sums:
                continue
            place = f" in {told(group)}" if group else ""
            what = "shares" if unit == 1 else "percent"
            raise BenchmarkError(
                f"The totals of {target.name!r}{place} sum to {sums:.6g} and the weights to "
                f"{weights:.6g}, so they seem to be {what} and not people; give scale_to='weights' "
                "to keep the sum of the weights, or scale_to= the number of people"
            )


def refuse_odd_shares(targets: Sequence[Target], depth: int) -> None:
    """Refuse shares to scale that sum to neither 1 nor 100: one of them must be wrong.

    Raises:
        BenchmarkError: it names the sum.
    """
    for target in targets:
        sums = _sums(target, depth)
        if not sums or max(target.totals.values()) > 1:
            continue
        if None in sums and _unit(sums[None]) is not None:
            continue
        for group, found in sums.items():
            if group is None and len(sums) > 1:
                continue
            if found > 0 and _unit(found) is None:
                place = f" in {told(group)}" if group else ""
                raise BenchmarkError(
                    f"The totals of {target.name!r}{place} seem to be shares, but sum to "
                    f"{found:.6g} and not to 1; correct them before they are scaled"
                )


def _sums(target: Target, depth: int) -> dict[Level | None, float]:
    """Sums of people by group, and under None in all; only of two levels or more."""
    if target.number is not None:
        return {}
    found: dict[Level | None, list[float]] = {}
    for level, total in target.totals.items():
        found.setdefault(level[:depth], []).append(total)
    out = {group: math.fsum(own) for group, own in found.items() if len(own) > 1}
    if depth and len(target.totals) > 1:
        out[None] = math.fsum(target.totals.values())
    return out


def _unit(sums: float) -> float | None:
    """1 for shares, 100 for percent, None for other sums."""
    for unit in (1.0, 100.0):
        if abs(sums / unit - 1) <= _ROUNDED + 1e-9:
            return unit
    return None
