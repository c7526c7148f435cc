"""Diagnostics of the area model."""

import numpy as np
import pytest
from scipy import stats

from survey_stats.explain.small_areas.diagnostics import diagnose, left_out
from survey_stats.explain.small_areas.fay_herriot import fit


def drawn(m=60, A=0.3, b=1.0, seed=1, outlier=0.0):
    rng = np.random.default_rng(seed)
    D = rng.uniform(0.1, 0.6, m)
    X = np.column_stack([np.ones(m), rng.standard_normal(m)])
    y = X @ [1.0, b] + np.sqrt(A + D) * rng.standard_normal(m)
    y[3] += outlier
    return y, X, D


def found(y, X, D):
    model = fit(y, X, D)
    names = tuple(f"a{i}" for i in range(y.size))
    return diagnose(names, "area", y, X, D, model, np.sqrt(D), np.sqrt(model.mse))


def test_residuals_are_standard_normal_where_the_model_holds():
    every = np.concatenate([left_out(*drawn(40, seed=s), "reml") for s in range(20)])
    assert every.mean() == pytest.approx(0, abs=0.08)
    assert every.std() == pytest.approx(1, abs=0.06)


def test_an_outlier_is_found_and_does_not_hide_itself():
    y, X, D = drawn(outlier=6.0)
    result = found(y, X, D)
    assert result.outlier.tolist() == [i == 3 for i in range(60)]
    assert result.to_frame()["area"][0] == "a3"
    # told from the others: larger than from a model that it is part of
    model = fit(y, X, D)
    with_itself = (y - model.synthetic) / np.sqrt(model.variance + D)
    assert result.residual[3] > with_itself[3]


def test_few_false_outliers():
    """At most 5 % of the models have one; of 60, 7 with an error of 1.7."""
    assert sum(found(*drawn(25, seed=s)).outlier.any() for s in range(60)) <= 7


def test_heterogeneity_is_cochrans_q():
    y, X, D = drawn()
    q, p = found(y, X[:, :1], D).checks[0].statistic, found(y, X[:, :1], D).checks[0].p_value
    mean = np.average(y, weights=1 / D)
    assert q == pytest.approx(((y - mean) ** 2 / D).sum())
    assert p == pytest.approx(stats.chi2.sf(q, 59))


def test_tests_find_what_is_there():
    named = {c.name: c for c in found(*drawn()).checks}
    assert named["auxiliaries"].p_value < 1e-6
    assert named["heterogeneity"].p_value < 0.05
    assert named["normality (Shapiro-Wilk)"].p_value > 0.01
    assert named["direct against model"].p_value > 0.05
    none = {c.name: c for c in found(*drawn(b=0.0)).checks}
    assert none["auxiliaries"].p_value > 0.05


def test_explained_and_gain():
    strong, weak = found(*drawn(m=300, b=1.0)), found(*drawn(m=300, b=0.0))
    # of a variance of 1 + 0.3 between areas the auxiliary makes 1
    assert strong.explained == pytest.approx(1 / 1.3, abs=0.08)
    assert weak.explained < 0.1
    assert strong.gain > 1.2


def test_an_area_that_alone_tells_a_coefficient():
    y, X, D = drawn()
    X = np.column_stack([X, np.arange(60) == 7])
    result = found(y, X, D)
    assert np.isnan(result.residual[7])
    assert np.isfinite(np.delete(result.residual, 7)).all()
    assert not result.outlier[7]
    assert all(np.isfinite(c.p_value) for c in result.checks)
