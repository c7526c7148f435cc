"""Effective bases of small areas: design effects that few respondents tell little about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from survey_stats.errors import InputError, UnknownNameError

Floats = NDArray[np.float64]
Variances = Literal["smoothed", "common", "design"]

# fewer design effects than this cannot be told to differ
LEAST_EFFECTS = 3
# more df than this make no difference
_MOST_DF = 1e6


@dataclass(frozen=True, eq=False)
class Effective:
    """Effective bases of R areas.

    Attributes
    ----------
    size: base / design effect, never more than the base; (R,)
    deff: the design effect used, (R,)
    common: that of all areas together
    own: how much each area's own design effect counts in `deff`, 0-1; (R,)
    """

    size: Floats
    deff: Floats
    common: float
    own: Floats


def check_variances(rule: str) -> None:
    """Raise `UnknownNameError` unless `rule` makes sampling variances."""
    if rule not in get_args(Variances):
        raise UnknownNameError("rule for sampling variances", rule, get_args(Variances))


def effective_bases(n: Floats, deff: Floats, df: Floats, rule: Variances) -> Effective:
    """Effective bases from bases, estimated design effects and the df these are worth; (R,) each.

    Parameters
    ----------
    n: respondents, positive
    deff: NaN where there is none, as where all answers agree
    rule: "design" takes each area's own design effect and "common" the mean of all, weighted by
        df. "smoothed" draws each towards what all share, as far as they differ no more than their
        df let expect (Smyth 2004, Stat. Appl. Genetics and Molecular Biology 3:3, section 6.2)

    An area without a design effect has the common one. A design effect under 1 counts as 1: a
    small area is never taken to know more than its respondents.

    Raises
    ------
    InputError: no area has a design effect

    >>> few = np.array([30.0, 40, 50, 60])
    >>> effective_bases(few, np.array([1.0, 1.4, 0.8, 1.2]), np.full(4, 9.0), "smoothed").deff
    array([1.1, 1.1, 1.1, 1.1])
    """
    check_variances(rule)
    known = np.isfinite(deff) & (deff > 0) & (df > 0)
    df = np.minimum(df, _MOST_DF)
    if not known.any():
        raise InputError(
            "No area has a design effect, since all answers agree or no variance is known in each; "
            "small areas need some that have"
        )
    common = float(np.average(deff[known], weights=df[known]))
    own = np.zeros(n.shape)
    used = np.full(n.shape, common)
    if rule == "design":
        used[known], own[known] = deff[known], 1.0
    elif rule == "smoothed" and known.sum() >= LEAST_EFFECTS:
        prior, prior_df = _prior(deff[known], df[known])
        if np.isfinite(prior_df):
            common = prior
            own[known] = df[known] / (df[known] + prior_df)
            used = own * np.where(known, deff, 0.0) + (1 - own) * prior
    return Effective(np.minimum(n / used, n), used, common, own)


def _prior(variance: Floats, df: Floats) -> tuple[float, float]:
    """What variances share, and the df it is worth; infinite where they differ only by chance.

    From mean and variance of the logs as Smyth has it, but weighted by their precision
    (DerSimonian and Laird 1986, Controlled Clinical Trials 7:177): where bases differ tenfold the
    smallest would else drown what the largest tell.
    """
    half = df / 2
    logs = np.log(variance) - special.digamma(half) + np.log(half)
    chance = special.polygamma(1, half)
    weight = 1 / chance
    total = weight.sum()
    q = float(weight @ (logs - weight @ logs / total) ** 2)
    excess = (q - (logs.size - 1)) / float(total - weight @ weight / total)
    if excess <= 1e-6:
        return float(np.average(variance, weights=df)), np.inf
    half_prior = optimize.brentq(
        lambda y: float(special.polygamma(1, np.exp(y))) - excess, -20.0, 20.0
    )
    prior_df = 2 * float(np.exp(half_prior))
    level = np.average(logs, weights=1 / (chance + excess))
    return float(np.exp(level + special.digamma(prior_df / 2) - np.log(prior_df / 2))), prior_df
