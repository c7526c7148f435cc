"""The share of a group and its gap in answers, in the one survey that knows who belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate.scores import stack
from survey_stats.explain.disagreement.kitagawa import Floats
from survey_stats.explain.disagreement.leaves import Uncertain, by_row

if TYPE_CHECKING:
    from survey_stats.explain.disagreement.result import Decomposition, Source

_YES = ("yes", "ja")


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of a group that one survey tells and the other does not.

    Attributes
    ----------
    side: 0 where the first survey has the variable, 1 where the second has
    label: the level that makes the group
    values: the rest; the share of the group; its gap in answers to all others, within cells
    rates: shares of yes, at the people of the decomposition: in the survey without the variable,
        then of those outside the group in the survey with it
    n: respondents of the group, and all whose group is known
    unknown: respondents of that survey who are in the cells and whose group is not known
    """

    side: int
    label: object
    values: Uncertain
    rates: tuple[float, float]
    n: tuple[int, int]
    unknown: int


def known(parts: Decomposition, variable: str, value: object) -> Known:
    """Find the survey that has `variable` and estimate the group in it.

    The share D is standardised to the people of the decomposition, `sum_x m_x D_x` with the weights
    m of the rest; the gap g is that of a linear model of the answers with an effect for every
    cell, `sum_x h_x (r1_x - r0_x) / sum_x h_x` with h_x = t1_x t0_x / t_x (Angrist and Pischke
    2009, Mostly Harmless Econometrics, eq. 3.3.7).
    """
    side = _side(parts, variable)
    source = parts.sources[side]
    group, label = _group(source, variable, value)
    size = parts.cells.size
    used = (source.cell < size) & (group >= 0)
    code = np.where(used, 2 * source.cell + group, 2 * size)
    rows = source.sample.totals(source.answers, code, 2 * size)
    table = rows.value.reshape(size, 2, 2)
    n_group = int((used & (group == 1)).sum())
    if n_group == 0 or n_group == int(used.sum()):
        raise InputError(
            f"{'Nobody' if n_group == 0 else 'Everybody'} in the groups that both surveys have is "
            f"{label!r} in {variable!r}; there is no gap to carry over"
        )
    share, by_people, by_share = _share(parts, table)
    gap, by_gap = _gap(table)
    own = stack([source.rows[-1].scores, rows.scores])
    slopes = [np.zeros((2 * size, 3)), np.zeros((2 * size, 3))]
    for at in (0, 1):
        slopes[at][:, 0] = by_row(parts.rest, at)[:, 0]
        slopes[at][:, 1] = np.repeat(by_people[at], 2)
    mine = np.zeros((4 * size, 3))
    mine[:, 1], mine[:, 2] = by_share.ravel(), by_gap.ravel()
    covariances = [np.zeros((3, 3)), np.zeros((3, 3))]
    covariances[side] = own.combine(
        sparse.csc_array(np.concatenate([slopes[side], mine]))
    ).covariance()
    other = 1 - side
    covariances[other] = (
        parts.sources[other].rows[-1].scores.combine(sparse.csc_array(slopes[other])).covariance()
    )
    value_of = np.array([float(parts.rest.value[0]), share, gap])
    return Known(
        side,
        label,
        Uncertain(value_of, (covariances[0], covariances[1]), parts.uncertain.df, parts.level),
        _rates(parts, side, share, gap),
        (n_group, int(used.sum())),
        int(((source.cell < size) & (group < 0)).sum()),
    )


def _side(parts: Decomposition, variable: str) -> int:
    has = [_has(source, variable, parts.cells.size) for source in parts.sources]
    if variable in parts.variables:
        raise InputError(f"{variable!r} is among the variables of the decomposition already")
    if has == [True, True]:
        raise InputError(f"Both surveys have {variable!r}; name it among the variables instead")
    if has == [False, False]:
        names = [
            c
            for source in parts.sources
            for c in map(str, source.sample.survey.frame.columns)
            if c not in parts.variables
        ]
        raise UnknownNameError("variable", variable, dict.fromkeys(names), "either survey")
    return has.index(True)


def _has(source: Source, variable: str, size: int) -> bool:
    frame = source.sample.survey.frame
    if variable not in frame.columns:
        return False
    return bool(frame[variable].notna().to_numpy()[source.cell < size].any())


def _group(source: Source, variable: str, value: object) -> tuple[NDArray[np.intp], object]:
    """1 in the group, 0 outside, -1 where it is not known; and the level that makes it."""
    coded = source.sample.survey.coded(variable)
    labels = coded.labels.tolist()
    if value is None:
        yes = [v for v in labels if v is True or v == 1 or str(v).lower() in _YES]
        if len(yes) != 1:
            raise InputError(
                f"{variable!r} has the levels {', '.join(map(repr, labels[:6]))}; say which makes "
                "the group with value="
            )
        value = yes[0]
    elif value not in labels:
        raise UnknownNameError("level", value, labels, where=variable)
    table = np.array([*(int(v == value) for v in labels), -1], dtype=np.intp)
    return table[coded.codes], value


def _share(parts: Decomposition, table: Floats) -> tuple[float, tuple[Floats, Floats], Floats]:
    """The standardised share of the group, and its slopes by the weights of the cells of both
    surveys, (C,) each, and by the totals by cell, group and answer, (C, 2, 2)."""
    t, lean = parts.totals, parts.lean
    wholes = t.weight_first.sum(), t.weight_second.sum()
    a, b = t.weight_first / wholes[0], t.weight_second / wholes[1]
    people = table.sum(axis=2)
    all_people = people.sum(axis=1)
    told = all_people > 0
    m = np.where(told, lean * a + (1 - lean) * b, 0.0)
    whole = m.sum()
    inside = np.divide(people[:, 1], all_people, out=np.zeros(m.size), where=told)
    share = float(m @ inside / whole)
    q = np.where(told, (inside - share) / whole, 0.0)
    by_people = lean * (q - a @ q) / wholes[0], (1 - lean) * (q - b @ q) / wholes[1]
    scale = np.divide(m / whole, all_people, out=np.zeros(m.size), where=told)
    by_group = np.stack([-scale * inside, scale * (1 - inside)], axis=1)
    return share, by_people, np.repeat(by_group[:, :, None], 2, axis=2)


def _gap(table: Floats) -> tuple[float, Floats]:
    """The gap in answers within cells, and its slopes by cell, group and answer, (C, 2, 2)."""
    people, yes = table.sum(axis=2), table[:, :, 1]
    both = (people > 0).all(axis=1)
    if not both.any():
        raise InputError(
            "No cell holds people inside and outside the group; use fewer or merged variables"
        )
    t0, t1 = people[both].T
    y0, y1 = yes[both].T
    t = t0 + t1
    cross = y1 * t0 - y0 * t1
    spread = (t1 * t0 / t).sum()
    gap = float((cross / t).sum() / spread)
    by_t1 = (-y0 / t - cross / t**2 - gap * (t0 / t) ** 2) / spread
    by_t0 = (y1 / t - cross / t**2 - gap * (t1 / t) ** 2) / spread
    by_y1, by_y0 = t0 / t / spread, -t1 / t / spread
    slope = np.zeros(table.shape)
    slope[both, 0, 0], slope[both, 0, 1] = by_t0, by_t0 + by_y0
    slope[both, 1, 0], slope[both, 1, 1] = by_t1, by_t1 + by_y1
    return gap, slope


def _rates(parts: Decomposition, side: int, share: float, gap: float) -> tuple[float, float]:
    t = parts.totals
    a, b = t.weight_first / t.weight_first.sum(), t.weight_second / t.weight_second.sum()
    m = parts.lean * a + (1 - parts.lean) * b
    rates = float(m @ (t.yes_first / t.weight_first)), float(m @ (t.yes_second / t.weight_second))
    return rates[1 - side], rates[side] - share * gap
