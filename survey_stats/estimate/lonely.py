"""What a stratum adds to a variance, also when it, or a domain in it, holds a single unit."""

from __future__ import annotations

from survey_stats.estimate.columns import Bools, Floats, Ints
from survey_stats.estimate.design import LonelyRule, Stage

# where the deviations of a lonely unit are measured from zero, and where it is left out and the
# other strata stand in for it; "certainty" lets it deviate from itself, which adds nothing
FROM_ZERO: tuple[LonelyRule, ...] = ("adjust",)
LEFT_OUT: tuple[LonelyRule, ...] = ("average", "error")


def lonely_segments(stage: Stage, stratum: Ints, present: Ints, in_domain: bool) -> Bools | None:
    """Which of the segments (a group in a stratum) a rule for lonely units is for; None if none.

    Arguments as in `contributions`.
    """
    if not in_domain and not stage.lonely.any():
        return None
    lonely = stage.lonely[stratum]
    if in_domain:
        several = (stage.size[stratum] > 1) & (stage.factor[stratum] > 0)
        lonely = lonely | ((present == 1) & several)
    return lonely if lonely.any() else None


def contributions(
    stage: Stage,
    stratum: Ints,
    centred: Floats,
    mean: Floats,
    present: Ints,
    rule: LonelyRule,
    in_domain: bool,
) -> tuple[Floats, Bools | None]:
    """Variance that each stratum adds to each group, for pairs (stratum, group) in S segments.

    Parameters
    ----------
    stratum: stratum of each segment, shape (S,)
    centred: sum over the units of the squared deviation from `mean`, shape (S,)
    mean: mean of the scores over all units of the stratum (zeros included), shape (S,)
    present: units that hold a member of the group, shape (S,)
    in_domain: apply the rule also where a domain leaves one unit of a larger stratum

    Returns
    -------
    added: shape (S,)
    usable: segments that count for the rule "average" and, under "error", are not lonely in
        their domain; None when all are. Shape (S,).

    The rules are those of `options(survey.lonely.psu, survey.adjust.domain.lonely)` in R survey
    (Lumley 2010, Complex Surveys, section 3.2.1): "adjust" measures the lonely unit from zero,
    the mean of all linearised scores; "certainty" lets it add nothing; "average" gives it the
    average of the other strata.
    """
    factor = stage.factor[stratum]
    added = factor * centred
    lonely = lonely_segments(stage, stratum, present, in_domain)
    if lonely is None:
        return added, None
    if rule in FROM_ZERO:
        added[lonely] += (factor * stage.size[stratum] * mean**2)[lonely]
    elif rule in LEFT_OUT:
        added[lonely] = 0.0
        return added, ~lonely
    return added, None


def row_factors(stage: Stage, rule: LonelyRule) -> tuple[Floats, Floats]:
    """As `contributions` where every row is a unit and domains are no matter; both (n_strata,).

    What the sum of the squared scores of a stratum is multiplied by, and what is taken off for
    each square of their sum.
    """
    factor, lonely = stage.factor, stage.lonely
    if lonely.any() and rule not in FROM_ZERO:
        # a single unit deviates from its own mean by nothing, also where it is not left out
        factor = factor * ~lonely
    centring = factor / stage.size.clip(min=1)
    if lonely.any() and rule in FROM_ZERO:
        centring *= ~lonely
    return factor, centring
