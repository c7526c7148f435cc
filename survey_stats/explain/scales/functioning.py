"""Do groups with the same index answer an item alike? Differential item functioning.

An item that one group answers higher than another with the same total does not measure the same
thing in both (or is understood differently), and a part of the groups' difference in the index is
that item's. Measured as the standardised mean difference of Dorans and Schmitt (1991, ETS Research
Report 91-47): respondents are matched on the total of all items, and the means of an item are
compared at each total, weighted by the group's totals. What all items share is not seen: the
differences of the items add up to zero, and each is to be read against the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import special

from survey_stats.compare import adjust_p
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate import Survey, intervals
from survey_stats.estimate.columns import Bools, Floats, Ints
from survey_stats.explain.scales.answers import item_word
from survey_stats.labels import Language, number, word
from survey_stats.results import html_table

if TYPE_CHECKING:
    from survey_stats.explain.scales.scale import Scale

# totals with more values than this are matched in bands of equal weight
MOST_TOTALS = 60
BANDS = 20
# standardised mean differences over the standard deviation that the National Assessment of
# Educational Progress calls moderate and large
MODERATE, LARGE = 0.17, 0.25
# of the group's weight that must have somebody with the same total in the reference
LEAST_MATCHED = 0.5


@dataclass(frozen=True, eq=False)
class Functioning:
    """Differences in items between groups of equal totals, a row an item and group.

    `frame` has `item, group, reference, n_group, n_reference, matched` (weighted share of the group
    with a partner), `difference` (group less reference, in the item's units), `se, ci_low, ci_high,
    df, statistic, p_value, p_adjusted, size` (of the difference in standard deviations: small,
    moderate from 0.17, large from 0.25), `flag`.
    """

    scale: str
    group: str
    adjust: str
    level: float
    frame: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """One row an item and group."""
        frame = self.frame.copy()
        frame.attrs.update(scale=self.scale, group=self.group, adjust=self.adjust)
        return frame

    @property
    def suspects(self) -> tuple[str, ...]:
        """Items whose difference is significant and not small."""
        hit = (self.frame["p_adjusted"] <= 1 - self.level) & (self.frame["size"] != "small")
        return tuple(dict.fromkeys(self.frame.loc[hit, "item"]))

    def sentence(self, lang: Language = "sv") -> str:
        """Which items work differently, for laymen."""
        sv, parts = lang == "sv", []
        for row in self.frame[self.frame["item"].isin(self.suspects)].to_dict("records"):
            if not row["p_adjusted"] <= 1 - self.level or row["size"] == "small":
                continue
            gap = number(abs(row["difference"]), 2, lang)
            higher = row["difference"] > 0
            who, other = word(str(row["group"]), lang), word(str(row["reference"]), lang)
            item = item_word(row["item"], lang)
            if sv:
                parts.append(
                    f"”{item}”: {who} svarar {gap} {'högre' if higher else 'lägre'} än {other} "
                    "med samma värde i övrigt"
                )
            else:
                parts.append(
                    f"“{item}”: {who} answer {gap} {'higher' if higher else 'lower'} than {other} "
                    "with the same total"
                )
        if not parts:
            return (
                "Inga frågor fungerar säkert olika i grupperna."
                if sv
                else "No question works differently in the groups for certain."
            )
        head = "Frågor som fungerar olika: " if sv else "Questions that work differently: "
        return head + "; ".join(parts) + "."

    def __repr__(self) -> str:
        return f"Functioning of {self.scale} by {self.group}\n{self.frame.to_string(index=False)}"

    def _repr_html_(self) -> str:
        caption = f"items of {self.scale} in groups of equal totals, by {self.group}"
        return html_table(self.to_frame(), caption, {"df": 0, "matched": 2})


def functioning(
    scale: Scale, group: str, reference: object = None, *, adjust: str = "holm"
) -> Functioning:
    """Compare every item between groups of a column at equal totals.

    Parameters
    ----------
    scale: whose respondents with all items answered are compared
    group: column of the groups
    reference: the group that the others are compared with, by default the first
    adjust: of the p-values, over all items and groups; as in `change`

    Matching is on the total of all items including the one studied (Holland and Thayer 1988), in
    bands where there are many totals. With few items, matching is coarse, and groups that differ
    much in the index show small differences in items that are not there; judge by `size` too.

    Raises
    ------
    UnknownNameError: no such column or reference
    InputError: fewer than two groups
    """
    if not isinstance(group, str):
        raise InputError(f"functioning is about the groups of one column, not {group!r}; name it")
    groups, keys = scale.origin.groups(group)
    labels = keys[group].tolist()
    if len(labels) < 2:
        raise InputError(f"{group!r} has {len(labels)} groups; a comparison needs two")
    at = 0
    if reference is not None:
        if reference not in labels:
            raise UnknownNameError("group", reference, labels, where=f"column {group!r}")
        at = labels.index(reference)
    rows: list[dict[str, Any]] = []
    for g, label in enumerate(labels):
        if g == at:
            continue
        one, other = scale.complete & (groups.codes == g), scale.complete & (groups.codes == at)
        found = differences(
            Side(scale.origin, scale.values, one), Side(scale.origin, scale.values, other)
        )
        for name, row in zip(scale.names, found, strict=True):
            rows.append({"item": name, "group": label, "reference": labels[at], **row})
    return result(scale.name, group, rows, adjust, scale.level)


def result(
    name: str, group: str, rows: list[dict[str, Any]], adjust: str, level: float
) -> Functioning:
    """The rows of `differences` with their tests, as one family."""
    frame = pd.DataFrame(rows)
    se, df, gap = (frame[c].to_numpy(dtype=np.float64) for c in ("se", "df", "difference"))
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.where(se > 0, gap / se, np.nan)
        half = intervals.t_quantile(df, level) * np.where(se > 0, se, np.nan)
        p = np.where(df > 0, 2 * special.stdtr(np.maximum(df, 1e-300), -np.abs(t)), np.nan)
    frame["ci_low"], frame["ci_high"] = gap - half, gap + half
    frame["statistic"], frame["p_value"] = t, p
    frame["p_adjusted"] = adjust_p(frame["p_value"], adjust)
    size = np.abs(gap) / frame.pop("sd").to_numpy()
    frame["size"] = np.select(
        [np.isnan(size), size >= LARGE, size >= MODERATE], ["", "large", "moderate"], "small"
    )
    order = ["item", "group", "reference", "n_group", "n_reference", "matched", "difference", "se"]
    order += ["ci_low", "ci_high", "df", "statistic", "p_value", "p_adjusted", "size", "flag"]
    return Functioning(name, group, adjust, level, frame[order])


@dataclass(frozen=True, eq=False)
class Side:
    """Respondents `rows` (n,) with complete items `values` (n, k) in a Survey."""

    survey: Survey
    values: Floats
    rows: Bools

    @property
    def weights(self) -> Floats:
        found: Floats = self.survey.design.weights[self.rows]
        return found


def differences(group: Side, reference: Side) -> list[dict[str, Any]]:
    """Standardised mean difference of each item, with its standard error and df."""
    k = group.values.shape[1]
    x, y = group.values[group.rows], reference.values[reference.rows]
    w, v = group.weights, reference.weights
    base = {"n_group": len(x), "n_reference": len(y)}
    gap = {"matched": np.nan, "difference": np.nan, "se": np.nan, "df": np.nan, "sd": np.nan}
    if min(len(x), len(y)) < 2:
        return [{**base, **gap, "flag": "too few answered all items"} for _ in range(k)]
    s, t, size = bands(x.sum(axis=1), y.sum(axis=1), np.concatenate([w, v]))
    rows = []
    for j in range(k):
        theta, z, u, matched = standardised_difference(x[:, j], s, w, y[:, j], t, v, size)
        row = {**base, **gap, "matched": matched, "flag": ""}
        if matched < LEAST_MATCHED:
            row["flag"] = "most of the group have nobody with the same total to compare with"
        else:
            se, df = _error(group, reference, z / w, u / v)
            both = np.concatenate([x[:, j], y[:, j]])
            every = np.concatenate([w / w.sum(), v / v.sum()]) / 2
            sd = float(np.sqrt(every @ (both - every @ both) ** 2))
            row |= {"difference": theta, "se": se, "df": df, "sd": sd if sd > 0 else np.nan}
            if not se > 0:
                row["flag"] = "no test or interval: the standard error is zero"
        rows.append(row)
    return rows


def bands(x: Floats, y: Floats, weights: Floats) -> tuple[Ints, Ints, int]:
    """Totals of two groups as common codes: each total its own, or bands of equal weight."""
    both = np.round(np.concatenate([x, y]), 9)
    values, codes = np.unique(both, return_inverse=True)
    if values.size > MOST_TOTALS:
        mass = np.cumsum(np.bincount(codes, weights)) / weights.sum()
        middle = mass - np.bincount(codes, weights) / weights.sum() / 2
        codes = np.minimum((middle * BANDS).astype(np.intp), BANDS - 1)[codes]
    return codes[: x.size], codes[x.size :], int(codes.max()) + 1


def standardised_difference(
    x: Floats, s: Ints, w: Floats, y: Floats, t: Ints, v: Floats, size: int
) -> tuple[float, Floats, Floats, float]:
    """Mean of x less that of y at equal totals, weighted by the totals of x.

    `x, s, w` are the answers, totals (codes below `size`) and weights of the group, `y, t, v` of
    the reference. Returns the difference, the errors that each respondent adds to it (their sum is
    the linearised error), and the share of the group's weight that has a partner.

    >>> one, three = np.array([1.0, 3.0]), np.array([0.0, 1.0])
    >>> same = np.array([0, 1])
    >>> standardised_difference(one, same, np.ones(2), three, same, np.ones(2), 2)[0]
    1.5
    """
    W, V = np.bincount(s, w, minlength=size), np.bincount(t, v, minlength=size)
    common = (W > 0) & (V > 0)
    total = W[common].sum()
    if total == 0:
        return np.nan, np.zeros(x.size), np.zeros(y.size), 0.0
    mean = np.zeros(size)
    mean[common] = np.bincount(t, v * y, minlength=size)[common] / V[common]
    part = np.where(common, W, 0.0) / total
    inside, partner = common[s], common[t]
    gap = np.where(inside, x - mean[s], 0.0)
    theta = float(w @ gap / total)
    z = np.where(inside, w * (gap - theta) / total, 0.0)
    per = np.divide(part, V, out=np.zeros(size), where=common)
    u = np.where(partner, -per[t] * v * (y - mean[t]), 0.0)
    return theta, z, u, float(total / W.sum())


def _error(group: Side, reference: Side, z: Floats, u: Floats) -> tuple[float, float]:
    """Standard error and df of a difference whose scores by unit of weight are z and u."""
    name = "__scale_difference"

    def spread(survey: Survey, scores: Floats) -> tuple[float, float]:
        row = survey.assign(**{name: scores}).total(name)
        return float(row.se[0]), float(row.df[0])

    if group.survey.design is reference.survey.design:
        scores = np.full(group.rows.size, np.nan)
        scores[group.rows] = z
        scores[reference.rows] = u
        return spread(group.survey, scores)
    parts = []
    for side, own in ((group, z), (reference, u)):
        scores = np.full(side.rows.size, np.nan)
        scores[side.rows] = own
        parts.append(spread(side.survey, scores))
    (a, m), (b, n) = parts
    if a == b == 0:
        return 0.0, np.nan
    return float(np.hypot(a, b)), (a**2 + b**2) ** 2 / (a**4 / m + b**4 / n)
