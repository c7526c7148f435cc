"""What is fine with the weights, what is not: findings with their numbers, words elsewhere.

Every threshold is a named constant. Where a threshold concerns a few respondents or cells, how
much of the population they carry decides whether it is a warning or a note.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

Severity = Literal["warning", "note", "fine"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)

# half of the answers are lost to weighting: n_effective < n / 2; a convention of this project
MUCH_DESIGN_EFFECT = 2.0
# a margin that was weighted to must be met; what rounding of printed totals may leave is less
MISSED_TARGET = 0.001
# Austin 2009, Statistics in Medicine 28:3083
UNBALANCED = 0.1
# Stuart 2010, Statistical Science 25(1):1, section 4.1, after Rubin 2001
BADLY_UNBALANCED = 0.25
# a convention of this project; trimming in practice starts at 3 to 6 medians
HEAVY_OVER_MEDIAN = 10.0
# DeBell and Krosnick 2009, ANES Technical Report nes012427: adjustments are capped at 5
STRONG_FACTOR = 5.0
# ten times what the top 1 percent carry of equal weights; a convention of this project
TOP_CARRIES = 0.10
# Cochran 1977, Sampling Techniques, section 5A.9: post-stratification is safe with more than 20
FEW_IN_CELL = 20
# below, an average hardly is one; the base under which nothing is published here
FEW_RESPONDENTS = 30
# the part of the population (or of the respondents) from which an oddity matters
MATTERS = 0.01
FEW_CELLS_MATTER = 0.05
# respondents at a bound of the calibration, and sums that tell another population
MANY_AT_BOUND = 0.05
OTHER_TOTAL = 0.01
# a step that moves the sum of the weights counts other people; conventions of this project
SUM_TOLD = 0.02
SUM_MATTERS = 0.10
# a mean weight from which weights are taken to be people, and not scaled to the sample
PEOPLE_EACH = 3.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        severity: "warning" (do something, or say why not), "note" (know it) or "fine".
        kind: what was looked at.
        numbers: what the words need.
    """

    severity: Severity
    kind: str
    numbers: Mapping[str, Any] = field(default_factory=dict)


def judge(
    distribution: pd.DataFrame,
    steps: pd.DataFrame,
    design_effect: pd.DataFrame,
    margins: pd.DataFrame,
    balance: pd.DataFrame,
    facts: Mapping[str, Any],
) -> tuple[Finding, ...]:
    """The findings, warnings first.

    Args:
        distribution, steps, design_effect, margins, balance: the tables of a `WeightingReport`.
        facts: what the tables do not hold: `heavy` (share of the total of weights over
            `HEAVY_OVER_MEDIAN` medians), `strong` and `strong_share` (respondents whose factor is
            over `STRONG_FACTOR` times the median one, and what they carry), `below_one`,
            `benchmarks` (by table: missing, unknown, variables, n), `targets` and `moments`
            (whether there are any), `disagree` (variables whose benchmarks do), `by`, and `sums`
            (step, sum before and after of all drawn, of the steps that should keep it) and
            `joined` (whether steps are of a part of the respondents).
    """
    by = " x ".join(facts["by"])
    found = [
        *_size(distribution),
        *_sums(distribution, facts),
        *_targets(margins, steps),
        *_balance(balance, len(distribution) > 1),
        *_benchmarks(margins, facts, str(distribution["kind"].iloc[0])),
        *_design_effect(distribution, design_effect, by),
        *_heavy(distribution, facts),
        *_cells(margins),
        *_bounds(steps, int(distribution["n"].iloc[-1])),
        *_making(distribution, margins, facts),
    ]
    return tuple(sorted(found, key=lambda f: SEVERITIES.index(f.severity)))


def _size(distribution: pd.DataFrame) -> Iterator[Finding]:
    last = distribution.iloc[-1]
    if last["n"] < FEW_RESPONDENTS:
        yield Finding("warning", "few respondents", {"n": int(last["n"])})
    if last["zeros"]:
        yield Finding("note", "zeros", {"n": int(last["zeros"])})


def _sums(distribution: pd.DataFrame, facts: Mapping[str, Any]) -> Iterator[Finding]:
    """Steps that changed the sum of the weights."""
    first = distribution.iloc[0]
    people = first["mean"] > PEOPLE_EACH
    for step, before, after in facts["sums"]:
        change = after / before - 1
        if abs(change) <= SUM_TOLD:
            continue
        delivered = first["kind"] == "delivered"
        numbers = {"step": step, "start": before, "end": after, "change": change}
        numbers["delivered"] = delivered
        if not people and change > 0:
            yield Finding("note", "sum scaled", numbers)
            continue
        # the samples of which a joined one is made are delivered as far as their sums are known
        sure = people and abs(change) > SUM_MATTERS and not facts["joined"]
        yield Finding("warning" if sure else "note", "sum changed", numbers)


def own_targets(margins: pd.DataFrame) -> pd.DataFrame:
    """The cells that were weighted to, and not again to another total by a later step."""
    wanted = (margins["step"] > 0) & margins["given"].astype(bool)
    return margins[wanted & ~margins["replaced"].astype(bool)]


def missed(after: pd.Series[Any], target: pd.Series[Any]) -> pd.Series[Any]:
    """Which sums are off their target by more than rounding."""
    return (after - target).abs() > MISSED_TARGET * target.abs() + 1e-9


def _targets(margins: pd.DataFrame, steps: pd.DataFrame) -> Iterator[Finding]:
    rows = own_targets(margins)
    if not len(rows):
        return
    off = missed(rows["after"], rows["target"])
    worst = float(rows["relative_after"].abs().max())
    if not off.any():
        yield Finding("fine", "targets", {"n": len(rows), "worst": worst})
        return
    undone = off & ~missed(rows["after_step"], rows["target"])
    first = int(rows.loc[undone, "step"].min()) if undone.any() else 0
    moved = (steps["step"] > first) & (steps["changed"] > 0)
    later = steps.loc[moved, "kind"].tolist() if first else []
    yield Finding(
        "warning",
        "targets missed",
        {
            "missed": int(off.sum()),
            "n": len(rows),
            "undone_by": later[-1] if later else "",
            "cells": _named(rows[off], "relative_after"),
        },
    )


def _named(rows: pd.DataFrame, by: str, most: int = 3) -> list[tuple[str, str, str, float]]:
    """The cells with the largest absolute value of a column: variable, level, group, value."""
    order = rows[by].abs().fillna(np.inf).sort_values(ascending=False, kind="stable").index[:most]
    first = rows.loc[order]
    return list(
        zip(first["variable"], first["level"], first["group"], first[by].astype(float), strict=True)
    )


def _balance(balance: pd.DataFrame, changed: bool) -> Iterator[Finding]:
    for by, every in balance.groupby("within", sort=False):
        rows = every[every["smd_after"].notna()]
        if not len(rows):
            continue
        kind = "balance within groups" if by else "balance"
        size = rows["smd_after"].abs()
        off = size > UNBALANCED
        sure = off & ~(size <= rows["chance"])
        before = int((rows["smd_before"].abs() > UNBALANCED).sum())
        told = {
            "n": len(rows),
            "before": before,
            "changed": changed,
            "worst": float(size.max()),
            "by": str(by),
        }
        if sure.any():
            yield Finding(
                "warning",
                f"{kind} off",
                {
                    **told,
                    "off": int(sure.sum()),
                    "badly": int((size[sure] > BADLY_UNBALANCED).sum()),
                    "cells": _named(rows[sure], "smd_after"),
                },
            )
        chance = off & ~sure
        if chance.any():
            cells = _named(rows[chance], "smd_after")
            told_chance = {**told, "off": int(chance.sum()), "cells": cells}
            yield Finding("note", f"{kind} by chance", told_chance)
        if not off.any():
            yield Finding("fine", kind, told)


def _benchmarks(margins: pd.DataFrame, facts: Mapping[str, Any], first: str) -> Iterator[Finding]:
    for source, given in facts["benchmarks"].items():
        missing, unknown, n = given["missing"], given["unknown"], given["n"]
        if missing:
            severity: Severity = "warning" if missing > MATTERS * n else "note"
            numbers = {"n": missing, "variables": given["variables"], "source": source}
            yield Finding(severity, "missing values", numbers)
        if unknown:
            count = sum(k for _, k in unknown)
            severity = "warning" if count > MATTERS * n else "note"
            cells = [c for c, _ in unknown][:3]
            variables = given["variables"]
            numbers = {"n": count, "cells": cells, "source": source, "variables": variables}
            yield Finding(severity, "unknown cells", numbers)
        rows = margins[(margins["source"] == source) & margins["given"]]
        empty = rows[(rows["n"] == 0) & (rows["target"] > 0)]
        total, people = float(rows["after"].sum()), float(rows["target"].sum())
        if len(empty):
            part = float(empty["target"].sum() / people)
            severity = "warning" if part > MATTERS else "note"
            cells = [c[:3] for c in _named(empty, "target")]
            yield Finding(
                severity, "nobody answered", {"n": len(empty), "share": part, "cells": cells}
            )
        if abs(total / people - 1) > OTHER_TOTAL:
            own = first == "base" or facts["targets"]
            numbers = {"weights": total, "population": people, "source": source}
            yield Finding("warning" if own else "note", "other total", numbers)
    for name, worst in facts["disagree"]:
        yield Finding("warning", "benchmarks disagree", {"variable": name, "points": worst})


def _design_effect(distribution: pd.DataFrame, groups: pd.DataFrame, by: str) -> Iterator[Finding]:
    last, base = distribution.iloc[-1], distribution.iloc[0]
    numbers = {
        "deff": float(last["design_effect"]),
        "base": float(base["design_effect"]),
        "n": int(last["n"]),
        "n_effective": float(last["n_effective"]),
        "by": by,
    }
    within = groups[groups["design_effect"] > MUCH_DESIGN_EFFECT] if by else groups.head(0)
    if last["design_effect"] <= MUCH_DESIGN_EFFECT:
        yield Finding("fine", "design effect", numbers)
    elif by and not len(within) and base["design_effect"] > MUCH_DESIGN_EFFECT:
        # samples of different size by area are meant to be, and cost nothing where areas are shown
        yield Finding("note", "design effect by design", numbers)
    else:
        yield Finding("warning", "design effect high", numbers)
    if len(within):
        worst = within.sort_values("design_effect", ascending=False, kind="stable").head(3)
        names = worst[by.split(" x ")].astype(str).agg(" | ".join, axis=1)
        cells = list(zip(names, worst["design_effect"].astype(float), strict=True))
        told = {"n": len(within), "of": len(groups), "cells": cells, "by": by}
        yield Finding("warning", "design effect in groups", told)


def _heavy(distribution: pd.DataFrame, facts: Mapping[str, Any]) -> Iterator[Finding]:
    last = distribution.iloc[-1]
    top = float(last["top_1_percent"])
    ratio = float(last["max_over_median"])
    any_found = False
    if top > TOP_CARRIES:
        any_found = True
        yield Finding("warning", "top carries", {"share": top})
    if ratio > HEAVY_OVER_MEDIAN:
        any_found = True
        severity: Severity = "warning" if facts["heavy_share"] > MATTERS else "note"
        numbers = {"ratio": ratio, "n": facts["heavy"], "share": facts["heavy_share"]}
        yield Finding(severity, "heavy weights", numbers)
    if facts["strong"]:
        any_found = True
        severity = "warning" if facts["strong_share"] > MATTERS else "note"
        numbers = {"n": facts["strong"], "share": facts["strong_share"]}
        yield Finding(severity, "strong adjustment", numbers)
    if not any_found and last["n"] >= FEW_RESPONDENTS:
        yield Finding("fine", "no heavy weights", {"ratio": ratio, "share": top})


def _cells(margins: pd.DataFrame) -> Iterator[Finding]:
    rows = own_targets(margins)
    # a sum of a number has no cell
    rows = rows[rows["level"] != ""]
    if not len(rows):
        return
    few = rows[(rows["n"] > 0) & (rows["n"] < FEW_IN_CELL)]
    if not len(few):
        least = int(rows.loc[rows["target"] > 0, "n"].min())
        yield Finding("fine", "cells", {"n": len(rows), "least": least})
        return
    keys = ["step", "variable"]
    whole = rows.groupby(keys)["target"].sum()
    part = (few.groupby(keys)["target"].sum() / whole).max()
    severity: Severity = "warning" if part > FEW_CELLS_MATTER else "note"
    least_first = few.sort_values("n", kind="stable").head(3)
    cells = list(
        zip(
            least_first["variable"], least_first["level"], least_first["group"], least_first["n"],
            strict=True,
        )
    )  # fmt: skip
    yield Finding(severity, "small cells", {"n": len(few), "share": float(part), "cells": cells})


def _bounds(steps: pd.DataFrame, n: int) -> Iterator[Finding]:
    for row in steps.to_dict("records"):
        count = int(row["at_lower"] + row["at_upper"])
        if count <= MANY_AT_BOUND * n:
            continue
        kind = "much trimmed" if row["kind"] == "trimmed" else "at bounds"
        numbers = {"n": count, "of": n, "lower": row["lower"], "upper": row["upper"]}
        yield Finding("warning", kind, numbers)


def _making(
    distribution: pd.DataFrame, margins: pd.DataFrame, facts: Mapping[str, Any]
) -> Iterator[Finding]:
    kinds = distribution["kind"].tolist()
    if kinds[0] == "delivered":
        yield Finding("note", "delivered", {"alone": len(kinds) == 1})
    if len(kinds) == 1 and kinds[0] == "base":
        yield Finding("note", "not weighted to the population", {})
    if not len(margins) and not facts["moments"]:
        yield Finding("note", "no population", {})
    if facts["below_one"]:
        yield Finding("note", "below one", {"n": facts["below_one"]})
