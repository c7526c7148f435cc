"""Effective bases."""

import numpy as np
import pytest

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.explain.small_areas.variances import effective_bases


def drawn(rng, true, df):
    return true * rng.chisquare(df) / df


def test_rules():
    n, deff = np.array([50.0, 80, 20]), np.array([1.0, 2.0, np.nan])
    df = np.array([10.0, 30, 10])
    common = effective_bases(n, deff, df, "common")
    assert common.common == pytest.approx((10 * 1 + 30 * 2) / 40)
    np.testing.assert_allclose(common.size, n / 1.75)
    own = effective_bases(n, deff, df, "design")
    np.testing.assert_allclose(own.deff, [1.0, 2.0, 1.75])
    np.testing.assert_array_equal(own.own, [1, 1, 0])


def test_never_more_than_the_respondents():
    n = np.array([50.0, 80, 20])
    found = effective_bases(n, np.full(3, 0.7), np.full(3, 20.0), "common")
    np.testing.assert_array_equal(found.size, n)


@pytest.mark.parametrize("df", [6.0, 11.0])
def test_chance_alone_is_smoothed_away(df):
    rng = np.random.default_rng(1)
    n, dfs = np.full(60, 40.0), np.full(60, df)
    found = effective_bases(n, drawn(rng, np.full(60, 1.5), dfs), dfs, "smoothed")
    assert found.deff.std() < 0.12
    assert found.deff.mean() == pytest.approx(1.5, rel=0.1)


def test_true_differences_stay():
    rng = np.random.default_rng(2)
    true = np.repeat([1.0, 3.0], 40)
    df = np.full(80, 40.0)
    raw = drawn(rng, true, df)
    found = effective_bases(np.full(80, 60.0), raw, df, "smoothed")
    assert ((found.deff - true) ** 2).mean() < ((raw - true) ** 2).mean()
    assert ((found.deff - true) ** 2).mean() < ((raw.mean() - true) ** 2).mean() / 4
    assert (found.own > 0.5).all()


def test_smoothing_beats_both_ends_between():
    """Moderate differences and few df: nearer the truth than own and than common ones."""
    rng = np.random.default_rng(3)
    errors = dict.fromkeys(("smoothed", "common", "design"), 0.0)
    for _ in range(30):
        true = np.exp(rng.normal(0.5, 0.3, 50))
        df = np.full(50, 11.0)
        raw = drawn(rng, true, df)
        for rule in errors:
            found = effective_bases(np.full(50, 60.0), raw, df, rule)
            errors[rule] += ((np.log(found.deff) - np.log(true)) ** 2).mean()
    assert errors["smoothed"] < 0.9 * min(errors["common"], errors["design"])


def test_refused():
    with pytest.raises(InputError, match="No area has a design effect"):
        effective_bases(np.ones(3), np.full(3, np.nan), np.ones(3), "common")
    with pytest.raises(UnknownNameError):
        effective_bases(np.ones(3), np.ones(3), np.ones(3), "own")
