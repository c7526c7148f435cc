"""Figures of a document as a rule rounds them: what compares two rows is of what they print."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats import protect
from survey_stats.protect.rounding import floats, freedom, multiples, p_class, put, upwards
from survey_stats.report.plan import SURVEYS

Floats = NDArray[np.float64]

LEVEL = 0.95
_CELL = ["survey", "question", "area_level", "area", "group", "value"]
_ENDS = {
    "difference": ("difference_low", "difference_high"),
    "rest_difference": ("rest_low", "rest_high"),
    "survey_difference": ("survey_low", "survey_high"),
    "coding_difference": ("coding_low", "coding_high"),
}
_P = ("p_value", "p_adjusted", "rest_p_value", "rest_p_adjusted", "survey_p_adjusted")
_OF_LINES = ("trend_p_value", "trend_p_adjusted", "trend_p_nonlinear")


def rounded_figures(figures: pd.DataFrame, rule: protect.Rule) -> pd.DataFrame:
    """The figures of a document as a rule rounds them; the same where it does not.

    Shares and bases by `protect.rounded`. A difference is that of the two shares that the document
    prints. The error of a change is that of the two printed ones, times what the design makes of
    it (to one decimal); of other differences, half the width of the interval is rounded up to
    whole steps. Verdicts stay, since they were reached before.

    Args:
        figures: after suppression and all tests (columns of `schema`).
        rule: the profile.
    """
    if rule.rounding is None:
        return figures
    exact = figures.reset_index(drop=True)
    out = protect.rounded(exact, rule)
    step = rule.rounding.share
    if "change_df" in out:
        both = floats(out, "n") + _before(out, "n")
        coarse = freedom(floats(out, "change_df"), both, rule.rounding.base)
        put(out, "change_df", coarse, floats(exact, "change_df"))
    for column in (c for c in _P if c in out):
        out[column] = p_class(out[column])
    if step is None:
        return out
    shares = floats(out, "share")
    # the share of the rest is printed nowhere else
    rest = pd.Series(floats(exact, "share") - floats(exact, "rest_difference"))
    compared = {
        "difference": _before(out, "share"),
        "rest_difference": multiples(rest, step).to_numpy(np.float64, na_value=np.nan),
        "survey_difference": _of_city_survey(out),
        "coding_difference": _of_coding_in_use(out),
    }
    for name, ends in _ENDS.items():
        if name not in out:
            continue
        old = floats(exact, name)
        made = _sign(old, floats(exact, "share") - compared[name]) * (shares - compared[name])
        put(out, name, made, old)
        for end, sign in zip(ends, (-1, 1), strict=True):
            half = sign * (floats(exact, end) - old)
            put(out, end, made + sign * upwards(half, step), floats(exact, end))
    if "change_se" in out:
        _change_errors(out, exact, step)
    return out


def _change_errors(out: pd.DataFrame, figures: pd.DataFrame, step: float) -> None:
    """Errors and intervals of changes from the printed errors of both shares."""
    from survey_stats.estimate.intervals import t_quantile

    exact = floats(figures, "change_se")
    apart, printed = (np.hypot(floats(f, "se"), _before(f, "se")) for f in (figures, out))
    with np.errstate(invalid="ignore", divide="ignore"):
        design = np.round(exact / apart, 1)
        design = np.where(np.isfinite(design), np.maximum(design, 0.1), 1.0)
        error = design * printed
        wide = upwards(t_quantile(floats(out, "change_df"), LEVEL) * error, step)
        needed = floats(figures, "smallest_detectable") / exact
    made = floats(out, "difference")
    for column, values in {
        "change_se": upwards(error, step),
        "difference_low": made - wide,
        "difference_high": made + wide,
        "smallest_detectable": upwards(needed * error, step),
    }.items():
        if column in out:
            put(out, column, values, floats(figures, column))


def rounded_slopes(figures: pd.DataFrame, rule: protect.Rule) -> pd.DataFrame:
    """The lines through waves as a rule rounds them: through the shares that are printed.

    Args:
        figures: rounded (`rounded_figures`), with the exact slopes of lines.
        rule: the profile.
    """
    if rule.rounding is None or "trend_slope" not in figures:
        return figures
    out = figures.reset_index(drop=True)
    for column in (c for c in _OF_LINES if c in out):
        out[column] = p_class(out[column])
    step = rule.rounding.share
    if step is None:
        return out
    exact = {c: floats(out, c) for c in ("trend_slope", "trend_low", "trend_high")}
    made = {c: v.copy() for c, v in exact.items()}
    for row in np.flatnonzero(np.isfinite(exact["trend_slope"])).tolist():
        told = out.loc[row]
        same = (out[_CELL] == told[_CELL]).all(axis=1) & out["default_coding"].astype(bool)
        line = out[same & out["wave"].between(told["trend_first"], told["wave"])]
        years = floats(line, "wave")
        centred = years - years.mean()
        slope = float(centred @ floats(line, "share") / (centred @ centred))
        span = float(np.ptp(years))
        made["trend_slope"][row] = slope
        for end, sign in (("trend_low", -1), ("trend_high", 1)):
            half = sign * (exact[end][row] - exact["trend_slope"][row]) * span
            made[end][row] = slope + sign * float(upwards(np.array(half), step)) / span
    for column, values in made.items():
        put(out, column, values, exact[column])
    return out


def _before(out: pd.DataFrame, column: str) -> Floats:
    """A column of the row with which each row's wave is compared."""
    if "previous_wave" not in out:
        return np.full(len(out), np.nan)
    known = out.loc[out["default_coding"].astype(bool), [*_CELL, "wave", column]]
    own = out[[*_CELL, "previous_wave"]].rename(columns={"previous_wave": "wave"})
    known, own = (f.assign(wave=f["wave"].astype("Int64")) for f in (known, own))
    return floats(own.merge(known, on=[*_CELL, "wave"], how="left", sort=False), column)


def _of_city_survey(out: pd.DataFrame) -> Floats:
    """The latest share of the survey that the others are compared with, for their total rows."""
    own = out[
        out["survey"].eq(SURVEYS[0]) & out["group"].eq("all") & out["default_coding"].astype(bool)
    ].sort_values("wave", kind="stable")
    keys = ["question", "area_level", "area"]
    last = own.drop_duplicates(keys, keep="last")[[*keys, "share"]]
    return floats(out[keys].merge(last, on=keys, how="left", sort=False), "share")


def _of_coding_in_use(out: pd.DataFrame) -> Floats:
    """The share by the coding in use, for rows of rival codings."""
    keys = [*_CELL, "wave"]
    used = out.loc[out["default_coding"].astype(bool), [*keys, "share"]]
    return floats(out[keys].merge(used, on=keys, how="left", sort=False), "share")


def _sign(old: Floats, made: Floats) -> Floats:
    """1 where a difference is this share less the other, -1 where it is the other way round."""
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(old + made) < np.abs(old - made), -1.0, 1.0)
