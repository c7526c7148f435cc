"""Two ways to check what a step says about itself: by differences, and by doing it again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from survey_stats.weight import Weights

Adjust = Callable[[Weights, pd.DataFrame], Weights]


def _check_influence(
    adjust: Adjust, start: np.ndarray, frame: pd.DataFrame, rtol: float = 1e-6
) -> None:
    """The influence of the last step against central differences in the logarithm of each weight.

    The estimate is a total, Σ w' u: its scores after the step are w' u.
    """
    u = np.random.default_rng(5).normal(3, 2, start.size)
    done = adjust(Weights.delivered(start), frame)
    influence = done.steps[-1].influence
    assert influence is not None
    found = influence.apply(done.values * u)
    h = 1e-5
    by_difference = np.zeros(start.size)
    for i in np.flatnonzero(start > 0):
        ends = []
        for side in (h, -h):
            moved = start.copy()
            moved[i] *= np.exp(side)
            ends.append(adjust(Weights.delivered(moved), frame).values @ u)
        by_difference[i] = (ends[0] - ends[1]) / (2 * h)
    scale = np.abs(done.values * u).max()
    np.testing.assert_allclose(found, by_difference, rtol=rtol, atol=rtol * scale)


def _check_refit(
    adjust: Adjust, start: np.ndarray, frame: pd.DataFrame, copies: np.ndarray, rtol: float = 1e-9
) -> None:
    """The refit against the step made anew on a file with each row as often as `copies` (n, R)."""
    step = adjust(Weights.delivered(start), frame).steps[-1]
    assert step.refit is not None
    refit = step.refit
    assert refit.code.shape == start.shape
    assert 0 <= refit.code.min() <= refit.code.max() < refit.size
    before = start[:, None] * copies
    sums = np.zeros((refit.size, copies.shape[1]))
    np.add.at(sums, refit.code, before)
    again = refit.factors(sums)
    assert again.shape == sums.shape
    for r in range(copies.shape[1]):
        rows = np.repeat(np.arange(start.size), copies[:, r])
        anew = adjust(Weights.delivered(start[rows]), frame.iloc[rows].reset_index(drop=True))
        scale = np.abs(anew.values).max()
        np.testing.assert_allclose(
            start[rows] * again[refit.code[rows], r], anew.values, rtol=rtol, atol=rtol * scale
        )


@pytest.fixture
def check_influence() -> Callable[..., None]:
    return _check_influence


@pytest.fixture
def check_refit() -> Callable[..., None]:
    return _check_refit
