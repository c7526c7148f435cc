"""What a step of weighting did, in a line that tells crossed margins from separate ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

_CROSSED = " x "
_COUNTED = {
    "base": ("stratum", "strata"),
    "post-stratified": ("cell", "cells"),
    "calibrated": ("total", "totals"),
    "non-response": ("class", "classes"),
    "trimmed": ("total", "totals"),
    "restricted": ("cell", "cells"),
}


def step_text(
    kind: str, on: Sequence[str], labels: Sequence[str], details: Mapping[str, Any]
) -> str:
    """What a step did; the arguments are the attributes of `Step` of these names.

    >>> step_text("post-stratified", ("gender", "age"), ("men | old",), {})
    'post-stratified to 1 cell of gender x age'
    >>> labels = ("gender: men", "gender: women", "age: old", "age: young")
    >>> details = {"method": "raking", "bounds": (0.5, 3.0), "bounds_on": "factor"}
    >>> step_text("calibrated", ("gender", "age"), labels, details)
    'calibrated to 4 totals of gender and age (raking, factors 0.5 to 3)'
    """
    crossed = _CROSSED.join(on)
    number = _number(kind, len(labels))
    if kind == "base":
        text = f"base weights N/n in {number} by {crossed}"
    elif kind == "delivered":
        text = "weights as delivered"
    elif kind == "post-stratified":
        text = f"post-stratified to {number} of {crossed}"
    elif kind == "calibrated":
        text = f"calibrated to {number} of {margins_text(on, labels, details)}"
    elif kind == "non-response":
        text = f"adjusted for non-response in {number} of {crossed}"
    elif kind == "propensity":
        text = f"adjusted for non-response by a logistic model of {_listed(on)}"
    elif kind == "trimmed":
        nobody = " nobody, as all weights were within the limits"
        cut = nobody if details.get("trimmed") == 0 else ""
        kept = f"{number} of {margins_text(on, labels, details)}"
        if tuple(labels) == ("sum of weights",):
            kept = "the sum of weights"
        text = f"trimmed{cut}, keeping {kept}"
    else:
        text = f"{kind} to {number} of {crossed}"
    how = _how(details)
    return f"{text} ({how})" if how else text


def _number(kind: str, number: int) -> str:
    one, several = _COUNTED.get(kind, ("level", "levels"))
    return f"{number} {one if number == 1 else several}"


def margins_text(on: Sequence[str], labels: Sequence[str], details: Mapping[str, Any]) -> str:
    """The margins by name, those of crossed columns with an x, others with commas and `and`."""
    by = tuple(details.get("by") or ())
    known = set(on)
    names: dict[str, None] = {}
    for label in labels:
        parts = _columns_of(label, known)
        if parts is None:
            # cells of one crossed table, which are named by their levels only
            return _CROSSED.join(on)
        own = [p for i, p in enumerate(parts) if not (i < len(by) and p == by[i])]
        names[_CROSSED.join(own) or "the population"] = None
    told = _listed(list(names)) if names else _CROSSED.join(on)
    return f"{told} within each {_CROSSED.join(by)}" if by else told


def _columns_of(label: str, known: set[str]) -> list[str] | None:
    """The columns of a total called such as "gender x age: men | old"; None if it names none."""
    if label == "population":
        return []
    at = len(label)
    while at > 0:
        parts = label[:at].split(_CROSSED)
        if set(parts) <= known:
            return parts
        at = label.rfind(": ", 0, at)
    return None


def _how(details: Mapping[str, Any]) -> str:
    """The method, its bounds, and whether totals were met."""
    method = details.get("method")
    first = [] if method is None else [str(method)]
    bounds = details.get("bounds")
    if isinstance(bounds, Sequence) and not isinstance(bounds, str) and len(bounds) == 2:
        what = "weights" if details.get("bounds_on") == "weight" else "factors"
        first.append(f"{what} {_between(bounds[0], bounds[1])}")
    parts = [", ".join(first)] if first else []
    gaps = details.get("gaps") or {}
    missed = f"{len(gaps)} missed" if gaps else ""
    if details.get("ridge") is not None:
        parts.append("totals met softly" + (f", {missed}" if missed else ""))
    elif missed:
        parts.append(f"nearest totals, {missed}")
    return "; ".join(parts)


def _between(low: float | None, high: float | None) -> str:
    below = low is not None and math.isfinite(low)
    above = high is not None and math.isfinite(high)
    if below and above:
        return f"{low:g} to {high:g}"
    return f"at most {high:g}" if above else f"at least {low:g}"


def _listed(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
