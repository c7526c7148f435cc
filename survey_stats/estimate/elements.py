"""Variance where every respondent is a sampling unit, from sums by stratum and group.

With z the score of a respondent the variance is the sum over strata h of
`factor_h (sum z^2 - (sum z)^2 / n_h)`, whose first term may be added over strata at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from survey_stats.estimate.columns import Bools, Floats, Ints
from survey_stats.estimate.design import Design, Stage
from survey_stats.estimate.layout import Layout
from survey_stats.estimate.strata import NOISE, Spread, rescue
from survey_stats.estimate.tally import Measure, Values, blocks, fits

# a variance below this part of its terms has lost digits in their difference
CANCELLED = 1e-6


def as_units(layout: Layout, stage: Stage, targets: int = 1) -> bool:
    """Whether rows are units, and a table of strata by group for each target is cheap."""
    design = layout.design
    cells = targets * layout.width
    return stage.unit is None and not design.lonely_domain and fits(stage.n_strata, cells, design.n)


def factors(design: Design, stage: Stage) -> Floats:
    """What the squares of a stratum are multiplied by; zero where it is lonely and left out."""
    if design.lonely_psu == "adjust":
        return stage.factor
    return np.where(stage.lonely, 0.0, stage.factor)


def squared_weights(design: Design, stage: Stage) -> Values:
    """factor w^2 of rows."""
    factor = factors(design, stage)

    def of(rows: slice) -> Floats:
        squares = design.squared(rows)
        squares *= factor[0] if factor.size == 1 else factor.take(stage.stratum[rows])
        return squares

    return of


def element_shares(
    design: Design,
    stage: Stage,
    targets: Sequence[int],
    sums: Floats,
    squares: Floats,
    n: Ints,
    b: Floats,
) -> list[Spread] | None:
    """Variance of each target's y - b x; None where only the rows tell it to enough digits.

    Parameters
    ----------
    sums: sums of w by level, stratum and group, shape (L, H, G)
    squares: sums of factor w^2 by level and group, shape (L, G)
    n: respondents who answered, shape (G,)
    b: shape (K, G)
    """
    answers, everybody = sums.sum(axis=0), squares.sum(axis=0)
    total, square = [], []
    for k, target in enumerate(targets):
        # z is (1 - b) w for the level itself and -b w for the others: no term cancels
        own = squares[target]
        square.append((1 - b[k]) ** 2 * own + b[k] ** 2 * (everybody - own))
        total.append(sums[target] - b[k] * answers)
    return _spread(design, stage, n, total, square, answers > 0, NOISE)


def element_variance(
    layout: Layout, stage: Stage, measure: Measure, b: Floats
) -> list[Spread] | None:
    """As `element_shares`, from the rows: for numbers, or where the tables of levels are large."""
    design, H, width = layout.design, layout.height, layout.width
    factor, slope = factors(design, stage), np.column_stack([b, np.zeros(len(b))])
    square, total = np.zeros((len(b), width)), np.zeros((len(b), H * width))
    held = np.zeros(H * width, dtype=bool)
    for rows in blocks(design.n):
        group, cell = layout.groups.codes[rows].astype(np.intp), layout.cell[rows].astype(np.intp)
        here = measure.at(rows)
        w = here.answered(design.weights[rows])
        x, ys = here.denominators(w), here.numerators(w)
        held[cell[~here.missing()]] = True
        spread = factor[0] if H == 1 else factor.take(stage.stratum[rows])
        for k, z in enumerate(ys):
            z -= slope[k].take(group) * x
            np.add.at(total[k], cell, z)
            z *= z
            z *= spread
            if design.alike is not None:
                z *= design.alike.squares[rows]
            np.add.at(square[k], group, z)
    G, shape = layout.groups.n_groups, (H, width)
    totals = [t.reshape(shape)[:, :G] for t in total]
    n = layout.answers_by_group(measure)
    noise = 0.0 if measure.codes is None else NOISE
    present = held.reshape(shape)[:, :G]
    return _spread(design, stage, n, totals, square[:, :G], present, noise)


def _spread(
    design: Design,
    stage: Stage,
    units: Ints,
    totals: Sequence[Floats],
    squares: Sequence[Floats] | Floats,
    present: Bools,
    noise: float,
) -> list[Spread] | None:
    """From sums of z by stratum and group (H, G) and of factor z^2 by group (G,), by target."""
    factor = factors(design, stage)
    # a lonely unit is measured from zero
    centre = np.where(stage.lonely, 0.0, factor / stage.size)
    strata = np.count_nonzero(present, axis=0)
    scale: Floats | float = 1.0
    if stage.lonely.any() and design.lonely_psu in ("average", "error"):
        scale = rescue(design, strata, np.count_nonzero(present[~stage.lonely], axis=0))
    found = []
    for total, square in zip(totals, squares, strict=True):
        variance = square - np.einsum("h,hg,hg->g", centre, total, total)
        # of numbers nothing is too small to be spread, and what is below zero has lost its digits
        rounding = variance < noise * square if noise else square == 0
        if ((variance < CANCELLED * square) & ~rounding).any():
            return None
        variance[rounding] = 0.0
        found.append(Spread(variance * scale, units, strata))
    return found
