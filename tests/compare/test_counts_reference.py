"""Exact tests, dispersions and predictions of counts against R."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from survey_stats.compare import poisson
from survey_stats.compare.overdispersion import (
    Fit,
    Outlook,
    dispersion_p,
    fit,
    outlook,
    pearson,
    shared_dispersion,
)

FOLDER = Path(__file__).parent / "reference"
CLOSE = 1e-8
EXACT = pd.read_csv(FOLDER / "poisson_exposures.csv")
SERIES = pd.read_csv(FOLDER / "series.csv").to_dict("records")
COUNTS = {
    "cycle": [281, 253, 342, 282, 81],
    "drugs": [256, 442, 562, 518, 681],
    "fraud": [79, 124, 125, 142, 288],
    "rare": [4, 4, 7, 2, 1],
    "zero": [3, 9, 1, 6, 0],
    "long": [40, 55, 38, 61, 72, 49, 66, 90],
}


def columns(*names):
    return [EXACT[n].to_numpy(float) for n in names]


def test_exact_p_of_other_null_ratios_with_exposures_is_that_of_r():
    before, after, t0, t1, r = columns("before", "after", "t0", "t1", "r")
    ours = poisson.exact_p(before, after, t1 / t0, r)
    assert np.allclose(ours, EXACT.p, rtol=CLOSE, atol=1e-300)
    assert len(EXACT) == 144


@pytest.mark.parametrize("level", [0.9, 0.99])
def test_exact_limits_with_exposures_are_those_of_r(level):
    rows = EXACT[EXACT.level == level]
    before, after, t0, t1 = (rows[n].to_numpy(float) for n in ("before", "after", "t0", "t1"))
    low, high = poisson.exact_interval(before, after, t1 / t0, level)
    assert np.allclose(low, rows.low, rtol=CLOSE, atol=0)
    open_ = np.isinf(rows.high)
    assert open_.any()
    # R says Inf; here an open limit is missing
    assert np.isnan(high[open_]).all()
    assert np.allclose(high[~open_], rows.high[~open_], rtol=CLOSE, atol=0)


def test_mid_p_is_that_of_its_definition_in_r():
    before, after, t0, t1, r = columns("before", "after", "t0", "t1", "r")
    ours = poisson.mid_p(before, after, t1 / t0, r)
    assert np.allclose(ours, EXACT.p_mid, rtol=CLOSE, atol=1e-300)


@pytest.mark.parametrize("level", [0.9, 0.99])
def test_mid_p_limits_are_those_of_its_definition_in_r(level):
    rows = EXACT[EXACT.level == level]
    before, after, t0, t1 = (rows[n].to_numpy(float) for n in ("before", "after", "t0", "t1"))
    low, high = poisson.mid_p_interval(before, after, t1 / t0, level)
    assert np.allclose(low, rows.mid_low, rtol=CLOSE, atol=0)
    closed = np.isfinite(rows.mid_high)
    assert np.allclose(high[closed], rows.mid_high[closed], rtol=CLOSE, atol=0)
    assert np.isnan(high[~closed]).all()


def test_mid_p_agrees_with_epitools_as_far_as_that_goes():
    rows = pd.read_csv(FOLDER / "midp_epitools.csv")
    before, after = rows.before.to_numpy(float), rows.after.to_numpy(float)
    exposure = (rows.t1 / rows.t0).to_numpy(float)
    p = poisson.mid_p(before, after, exposure, np.ones_like(before))
    low, high = poisson.mid_p_interval(before, after, exposure, 0.95)
    assert np.allclose(p, rows.p_mid, rtol=1e-6, atol=1e-15)
    # epitools solves for its limits to about four digits
    assert np.allclose(low, rows.low, rtol=5e-4)
    assert np.allclose(high, rows.high, rtol=5e-4)


def arrays(row):
    y = np.array([COUNTS[row["series"]]], dtype=float)
    k = y.shape[1]
    grown = 60000 * 1.03 ** np.arange(1, k + 1)
    exposure = (grown if row["exposed"] else np.ones(k))[None, :]
    return y, fit(y[:, :-1], exposure[:, :-1], exposure[:, -1], bool(row["trend"]))


@pytest.mark.parametrize(
    "row", SERIES, ids=lambda r: f"{r['series']}-exposed={r['exposed']}-trend={r['trend']}"
)
def test_series_are_those_of_glm(row):
    y, fitted = arrays(row)
    x2 = pearson(y[:, :-1], fitted.mean)
    df = np.array([float(row["df"])])
    assert fitted.residual_df == row["df"]
    assert fitted.expected[0] == pytest.approx(row["expected"], rel=CLOSE)
    assert x2[0] == pytest.approx(row["x2"], rel=CLOSE)
    assert dispersion_p(x2, fitted.residual_df)[0] == pytest.approx(row["p_dispersion"], rel=CLOSE)
    o = outlook(y[:, :-1], fitted, x2 / df, df, "quasi-poisson", False)
    assert o.relative_variance[0] == pytest.approx(row["relative_variance"], rel=CLOSE)
    one = np.ones(1)
    assert o.statistic(y[:, -1], one)[0] == pytest.approx(row["statistic"], rel=CLOSE)
    assert o.p_value(y[:, -1])[0] == pytest.approx(row["p_quasi"], rel=CLOSE)
    plain = outlook(y[:, :-1], fitted, one, np.array([np.inf]), "quasi-poisson", False)
    assert plain.p_value(y[:, -1])[0] == pytest.approx(row["p_poisson_trend"], rel=1e-7)
    # the upper threshold of the R package surveillance has a normal 1.96
    assert o.statistic(np.array([row["upper"]]), one)[0] == pytest.approx(1.959963984540054, 1e-8)


@pytest.mark.parametrize("row", [r for r in SERIES if np.isfinite(r["alpha"])])
def test_alpha_is_the_moment_estimate_of_mass(row):
    y, fitted = arrays(row)
    dispersion = pearson(y[:, :-1], fitted.mean) / fitted.residual_df
    o = outlook(y[:, :-1], fitted, dispersion, np.array([3.0]), "negative binomial", False)
    assert o.alpha[0] == pytest.approx(row["alpha"], rel=CLOSE)
    assert o.phi[0] == 1


def test_shared_dispersions_are_those_of_limma():
    table = pd.read_csv(FOLDER / "shared_dispersion.csv")
    kinds = set()
    for (_, df), rows in table.groupby(["set", "df"]):
        shared, total = shared_dispersion(rows.dispersion.to_numpy(float), int(df))
        assert np.allclose(shared, rows.shared, rtol=CLOSE)
        assert total == pytest.approx(rows.df_total.iloc[0], rel=CLOSE)
        kinds.add(np.ptp(shared) < 1e-12)
    # both drawn all the way together and part of it
    assert kinds == {True, False}


def test_the_limits_of_the_ratio_are_where_the_test_begins_to_reject():
    o = Outlook(*(np.array([v]) for v in (290.0, 0.004, 4.0, 0.002, 5.0)))
    count = np.array([81.0])
    low, high = o.ratio_interval(count, 0.95)
    for limit, sign in ((low, 1), (high, -1)):
        assert o.statistic(count, limit)[0] == pytest.approx(sign * 2.570581835636314, rel=1e-9)


def test_an_upper_limit_that_does_not_exist_is_missing():
    o = Outlook(*(np.array([v]) for v in (3.0, 0.5, 2.0, 0.0, 2.0)))
    low, high = o.ratio_interval(np.array([5.0]), 0.95)
    assert low[0] > 0
    assert np.isnan(high[0])
    assert o.ratio_interval(np.array([0.0]), 0.95)[0][0] == 0.0


def test_no_trend_where_all_events_lie_at_one_end():
    counts = np.array([[0, 0, 0, 5], [5, 0, 0, 0], [0, 5, 0, 0], [0, 0, 0, 0]], dtype=float)
    fitted = fit(counts, np.ones_like(counts), np.ones(4), trend=True)
    assert isinstance(fitted, Fit)
    assert np.isnan(fitted.expected[[0, 1, 3]]).all()
    assert np.isfinite(fitted.expected[2])
