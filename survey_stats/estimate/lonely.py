"""What a stratum adds to a variance, also when it, or a domain in it, holds a single unit."""

from __future__ import annotations

from survey_stats.estimate.columns import Bools, Floats, Ints
from survey_stats.estimate.design import LonelyRule, Stage


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
    if not in_domain and not stage.lonely.any():
        return added, None
    lonely = stage.lonely[stratum]
    if in_domain:
        lonely = lonely | ((present == 1) & (stage.size[stratum] > 1) & (factor > 0))
    if not lonely.any():
        return added, None
    if rule == "adjust":
        added[lonely] += (factor * stage.size[stratum] * mean**2)[lonely]
    elif rule in ("average", "error"):
        added[lonely] = 0.0
        return added, ~lonely
    return added, None
