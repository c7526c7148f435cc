"""Intervals: textbook values, limits, and what they hold to everywhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from survey_stats.estimate import Survey
from survey_stats.estimate.intervals import (
    korn_graubard,
    likelihood,
    logit,
    share_interval,
    t_quantile,
    wilson,
)

METHODS = ["wilson", "logit", "korn-graubard", "wald", "likelihood"]


def one(*values: float) -> tuple[np.ndarray, ...]:
    return tuple(np.array([v]) for v in values)


def test_t_quantiles_are_scipys():
    df = np.array([1, 2.5, 30, 1e6, np.inf, 0, -1, np.nan])
    got = t_quantile(df, 0.95)
    np.testing.assert_allclose(got[:4], stats.t.ppf(0.975, df[:4]), rtol=1e-10)
    assert got[4] == pytest.approx(stats.norm.ppf(0.975))
    assert np.isnan(got[5:]).all()


@pytest.mark.parametrize("hits", [0, 1, 7, 19, 20])
def test_a_simple_random_sample_gives_the_textbook_intervals(hits):
    p, n, z = one(hits / 20, 20.0, stats.norm.ppf(0.975))
    test = stats.binomtest(hits, 20)
    want = test.proportion_ci(method="wilson")
    low, high = wilson(p, n, z)
    assert (low[0], high[0]) == pytest.approx((want.low, want.high), abs=1e-12)
    exact = test.proportion_ci(method="exact")
    t = t_quantile(np.array([19.0]), 0.95)
    low, high = korn_graubard(p, n, np.array([20]), t, 0.95)
    assert (low[0], high[0]) == pytest.approx((exact.low, exact.high), abs=1e-12)


def test_logit_and_likelihood_from_their_definitions():
    p, n, t = one(0.1, 80.0, 2.1)
    low, high = logit(p, p * (1 - p) / n, t)
    half = 2.1 / np.sqrt(80 * 0.1 * 0.9)
    assert np.log(high / (1 - high))[0] - np.log(0.1 / 0.9) == pytest.approx(half)
    assert np.log(0.1 / 0.9) - np.log(low / (1 - low))[0] == pytest.approx(half)
    for bound in (b[0] for b in likelihood(p, n, t)):
        deviance = 2 * 80 * (0.1 * np.log(0.1 / bound) + 0.9 * np.log(0.9 / (1 - bound)))
        assert deviance == pytest.approx(2.1**2, rel=1e-9)


@given(
    p=st.integers(0, 1000).map(lambda i: i / 1000),
    n=st.integers(2, 500),
    deff=st.floats(0.3, 6),
    df=st.integers(1, 200),
    method=st.sampled_from(METHODS),
    level=st.floats(0.5, 0.999),
)
def test_intervals_hold_their_estimate_and_have_a_width(p, n, deff, df, method, level):
    variance = deff * p * (1 - p) / n
    low, high = share_interval(
        method, *one(p, variance), np.array([n]), *one(n / 1.2, float(df)), level
    )
    assert low[0] <= p + 1e-12
    assert high[0] >= p - 1e-12
    if method != "wald":
        assert low[0] >= -1e-12
        assert high[0] <= 1 + 1e-12
        assert high[0] > low[0]
    other_low, other_high = share_interval(
        method, *one(1 - p, variance), np.array([n]), *one(n / 1.2, float(df)), level
    )
    # the answers no have the mirrored interval
    assert (other_low[0], other_high[0]) == pytest.approx((1 - high[0], 1 - low[0]), abs=1e-7)


def test_the_default_does_not_trust_a_design_effect_below_one():
    p, v = one(0.3, 0.3 * 0.7 / 100)
    args = (np.array([50]), *one(50.0, 12.0), 0.95)
    trusted = share_interval("wilson", p, v / 2, *args)
    assert trusted == share_interval("wilson", p, v, *args)
    wider = share_interval("wilson", p, 4 * v, *args)
    assert wider[1] - wider[0] > trusted[1] - trusted[0]


@pytest.mark.parametrize("method", METHODS)
def test_nobody_and_everybody(method):
    frame = pd.DataFrame({"y": [0.0] * 30, "z": [1.0] * 30, "psu": np.arange(30) // 3})
    survey = Survey(frame, clusters="psu")
    none = survey.share("y", interval=method).to_frame().iloc[0]
    everybody = survey.share("z", interval=method).to_frame().iloc[0]
    assert none["estimate"] == none["se"] == none["ci_low"] == 0
    assert everybody["ci_high"] == 1
    if method != "wald":
        assert 0.03 < none["ci_high"] < 0.25
        assert everybody["ci_low"] == pytest.approx(1 - none["ci_high"])
    assert none["n_effective"] == 30


def test_the_size_in_the_interval_is_the_domains(frame):
    survey = Survey(frame, weights="weight", strata="stratum", clusters="psu")
    row = survey.share("yes", by="area", interval="korn-graubard").to_frame().iloc[0]
    p, v = row["estimate"], row["se"] ** 2
    t = t_quantile(np.array([row["df"]]), 0.95)
    low, high = korn_graubard(*one(p, p * (1 - p) / v), np.array([int(row["n"])]), t, 0.95)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low[0], high[0]), rel=1e-12)
    whole = korn_graubard(*one(p, p * (1 - p) / v), np.array([len(frame)]), t, 0.95)
    assert whole[0][0] != pytest.approx(low[0], rel=1e-6)
