"""Adjusted p-values by their definitions."""

import numpy as np
import pytest

from survey_stats.compare import adjust_p
from survey_stats.errors import UnknownNameError

THEIR_NAMES = {"holm": "holm", "hochberg": "simes-hochberg", "fdr_bh": "fdr_bh", "fdr_by": "fdr_by"}

P = np.array([0.001, 0.011, 0.02, 0.024, 0.2])


def test_holm_and_hochberg_by_hand():
    steps = P * np.array([5, 4, 3, 2, 1])
    assert np.allclose(adjust_p(P, "holm"), np.maximum.accumulate(steps))
    assert np.allclose(adjust_p(P, "hochberg"), np.minimum.accumulate(steps[::-1])[::-1])
    assert not np.allclose(adjust_p(P, "holm"), adjust_p(P, "hochberg"))


def test_false_discovery_rate_by_hand():
    steps = P * 5 / np.arange(1, 6)
    bh = np.minimum.accumulate(steps[::-1])[::-1]
    assert np.allclose(adjust_p(P, "fdr_bh"), bh)
    harmonic = (1 / np.arange(1, 6)).sum()
    assert np.allclose(adjust_p(P, "fdr_by"), np.minimum(1, bh * harmonic))


@pytest.mark.parametrize("method", ["holm", "hochberg", "fdr_bh", "fdr_by", "none"])
def test_missing_tests_do_not_count_and_order_is_kept(method):
    shuffled = np.array([0.2, np.nan, 0.001, 0.024, np.nan, 0.011, 0.02])
    out = adjust_p(shuffled, method)
    assert np.isnan(out[[1, 4]]).all()
    assert np.allclose(np.sort(out[np.isfinite(out)]), np.sort(adjust_p(P, method)))
    assert out[2] == np.nanmin(out)


def test_all_missing_is_all_missing():
    assert np.isnan(adjust_p([np.nan, np.nan])).all()
    assert adjust_p([]).size == 0


def test_unknown_method():
    with pytest.raises(UnknownNameError, match="hochberg"):
        adjust_p(P, "hochburg")


@pytest.mark.parametrize("method", THEIR_NAMES)
def test_adjustments_are_those_of_statsmodels(method):
    from statsmodels.stats.multitest import multipletests

    rng = np.random.default_rng(3)
    for size in (1, 2, 7, 400):
        p = rng.beta(0.3, 2, size)
        p[size // 2 :] = np.round(p[size // 2 :], 2)
        want = multipletests(p, method=THEIR_NAMES[method])[1]
        np.testing.assert_allclose(adjust_p(p, method), want, rtol=1e-12)
