"""The working likelihood-ratio test of answers of several outcomes, which R survey does not have.

`regTermTest` of R knows it for `svyglm` only (`test_r_models.py`). Here it is put together from
statsmodels' likelihoods and derivatives by the formulas of Rao and Scott (1984), and its
distribution is looked at where the hypothesis is true.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from threadpoolctl import threadpool_limits

import survey_stats as ss
from survey_stats.explain.models import Model, glm

CASES = [
    ("scale ~ gender + age + district", "ordinal", "district"),
    ("scale ~ gender + age + district", "ordinal", "gender"),
    ("place ~ gender + age + district", "multinomial", "district"),
]


def ours(model: Model) -> np.ndarray:
    """Derivatives of statsmodels' parameters by ours, (K, K)."""
    K, p = model.fit.theta.size, model.fit.columns.size
    turn = np.eye(K)
    if model.family == "ordinal":
        cuts = np.diff(model.fit.theta[p:])
        for c, step in enumerate(cuts):
            turn[p + c + 1, p + c + 1], turn[p + c + 1, p + c] = 1 / step, -1 / step
    return turn


@pytest.mark.parametrize(("formula", "family", "term"), CASES)
def test_by_hand(clustered: ss.Survey, formula: str, family: str, term: str) -> None:
    model = glm(clustered, formula, family)
    small = glm(clustered, formula.replace(f" + {term}", "").replace(f"{term} + ", ""), family)
    # on the respondents of the larger model
    inside = np.zeros(len(clustered), dtype=bool)
    inside[model.fit.sample.rows] = True
    small = glm(clustered, small.formula, family, where=inside)
    full, reduced = model.to_statsmodels("respondents"), small.to_statsmodels("respondents")
    statistic = 2 * (full.llf - reduced.llf)
    found = model.test(term, "LRT")
    assert found.statistic == pytest.approx(statistic, rel=1e-8)

    params = np.ravel(np.asarray(full.params), order="F")
    turn = ours(model)
    rows = full.model.score_obs(params) @ turn
    information = -turn.T @ full.model.hessian(params) @ turn
    working = np.linalg.inv(information)
    frame = clustered.frame.iloc[model.fit.sample.rows]
    psus = pd.MultiIndex.from_product([range(6), range(7)], names=["stratum", "psu"])
    units = [frame["stratum"].to_numpy(), frame["psu"].to_numpy()]
    sums = pd.DataFrame(rows @ working).groupby(units).sum()
    sums = sums.reindex(psus, fill_value=0.0)
    centred = sums - sums.groupby(level=0).transform("mean")
    V = 7 / 6 * centred.to_numpy().T @ centred.to_numpy()
    np.testing.assert_allclose(V, model.fit.cov, rtol=1e-5, atol=1e-9)
    index = model.parameters_of([term])
    part = np.ix_(index, index)
    effects = np.sort(np.linalg.eigvals(np.linalg.solve(working[part], V[part])).real)[::-1]
    np.testing.assert_allclose(found.design_effects, effects, rtol=1e-5)

    rng = np.random.default_rng(4)
    draws = 400_000
    above = rng.chisquare(1, (draws, effects.size)) @ effects
    below = rng.chisquare(model.df, draws) / model.df
    p = float((above > statistic * below).mean())
    exact = model.test(term, "LRT", approximation="integration").p_value
    assert exact == pytest.approx(p, abs=4.5 * np.sqrt(max(p * (1 - p), 1e-6) / draws))
    assert found.p_value == pytest.approx(exact, abs=0.01)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Matrices of three columns: threads only wait for each other, on a busy machine for long."""
    with threadpool_limits(1):
        yield


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("family", ["ordinal", "multinomial"])
def test_where_the_hypothesis_is_true(family: str) -> None:
    """Answers of a cluster are alike, and the group belongs to the cluster, but has no effect."""
    rng = np.random.default_rng(12)
    clusters, size, times = 40, 12, 100
    psu = np.repeat(np.arange(clusters), size)
    group = np.resize(list("abc"), clusters)[psu]
    adjusted, naive = [], []
    for _ in range(times):
        level = rng.normal(0, 0.8, clusters)[psu]
        latent = level + rng.logistic(size=psu.size)
        frame = pd.DataFrame(
            {
                "y": np.digitize(latent, [-1.0, 0.0, 1.0]),
                "g": group,
                "psu": psu,
                "w": rng.uniform(1, 3, psu.size),
            }
        )
        model = glm(ss.Survey(frame, weights="w", clusters="psu"), "y ~ g", family)
        found = model.test("g", "LRT")
        adjusted.append(found.p_value)
        naive.append(stats.chi2.sf(found.statistic, found.df))
    rejected = np.mean(np.array(adjusted) < 0.1)
    # 100 times: 0.1 +- 0.06 at two standard errors
    assert 0.03 < rejected < 0.17
    assert np.mean(np.array(naive) < 0.1) > 0.3
    assert stats.kstest(adjusted, "uniform").pvalue > 0.01
