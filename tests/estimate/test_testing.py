"""Tests of hypotheses: identities with textbook tests, and what they refuse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from survey_stats.errors import InputError
from survey_stats.estimate import Survey
from survey_stats.estimate.testing import rao_scott

DESIGN = {"weights": "weight", "strata": "stratum", "clusters": "psu"}


def test_simple_random_sampling_gives_pearsons_test():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"a": rng.choice(list("xyz"), 900), "b": rng.choice(list("uv"), 900)})
    table = pd.crosstab(frame["a"], frame["b"])
    want = stats.chi2_contingency(table, correction=False)
    got = Survey(frame).independence("a", "b", statistic="chisq")
    assert got.pearson == pytest.approx(want.statistic, rel=1e-12)
    # the design effects of a simple random sample are n/(n-1) times nearly one
    assert np.allclose(got.design_effects, 900 / 899, rtol=0.02)
    assert got.p_value == pytest.approx(want.pvalue, abs=0.01)
    second = Survey(frame).independence("a", "b")
    assert second.distribution == "F"
    assert second.df == pytest.approx(2, rel=1e-3)


def test_two_by_two_tests_agree_with_each_other(frame):
    survey = Survey(frame, **DESIGN)
    first, second, plain = (
        survey.independence("yes", "sex", statistic=s) for s in ("F1", "F", "chisq")
    )
    assert first.statistic == pytest.approx(second.statistic, rel=1e-12)
    assert (first.df, second.df) == (1, pytest.approx(1))
    assert plain.statistic == pytest.approx(second.statistic, rel=1e-12)
    wald, adjusted = (
        survey.independence("yes", "sex", statistic=s) for s in ("wald", "adjusted-wald")
    )
    assert wald.statistic == pytest.approx(adjusted.statistic, rel=1e-12)
    assert wald.df_denominator == adjusted.df_denominator == survey.design.df


def test_the_order_of_the_questions_does_not_matter(frame):
    survey = Survey(frame, **DESIGN)
    for statistic in ("F", "F1", "chisq", "wald", "adjusted-wald"):
        a = survey.independence("grade", "area", statistic=statistic)
        b = survey.independence("area", "grade", statistic=statistic)
        assert a.statistic == pytest.approx(b.statistic, rel=1e-8)
        assert a.p_value == pytest.approx(b.p_value, rel=1e-8)
        assert 0 <= a.p_value <= 1
    assert survey.independence("grade", "area").df < 4


def test_repeating_every_psu_does_not_make_evidence(frame):
    """A chi-square on weighted counts would take doubled weights for twice the data."""
    survey = Survey(frame, **DESIGN)
    doubled = Survey(frame.assign(weight=2 * frame["weight"]), **DESIGN)
    assert doubled.independence("grade", "area").p_value == pytest.approx(
        survey.independence("grade", "area").p_value, rel=1e-9
    )


def test_empty_cells_are_fine(frame):
    empty = frame[~((frame["grade"] == "high") & (frame["area"] == "q"))]
    test = Survey(empty, lonely_psu="certainty", **DESIGN).independence("grade", "area")
    assert np.isfinite(test.p_value)
    assert len(test.design_effects) == 4
    unused = frame.assign(
        grade=frame["grade"].astype(pd.CategoricalDtype(["low", "mid", "high", "none"]))
    )
    assert Survey(unused, **DESIGN).independence("grade", "area").p_value == pytest.approx(
        Survey(frame, **DESIGN).independence("grade", "area").p_value, rel=1e-9
    )


def test_a_nearly_empty_table_has_an_answer_or_a_reason():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"psu": np.repeat(np.arange(12), 10)})
    frame["a"] = rng.choice(list("xyz"), 120)
    frame["b"] = frame["a"].map({"x": "u", "y": "v", "z": "w"})
    survey = Survey(frame, clusters="psu")
    assert survey.independence("a", "b").p_value < 1e-6
    few = Survey(frame[frame["psu"] < 4], clusters="psu")
    wald = few.independence("a", "b", statistic="wald")
    assert np.isnan(wald.p_value)
    assert "singular" in wald.flag


def test_rao_scott_of_a_known_covariance():
    p = np.array([[0.3, 0.2], [0.2, 0.3]])
    flat = p.ravel()
    simple = (np.diag(flat) - np.outer(flat, flat)) / 400
    pearson, effects = rao_scott(p, 2.5 * simple, 400)
    assert pearson == pytest.approx(400 * 4 * 0.05**2 / 0.25)
    # with dependence the interaction contrast is not the independence one: near, not equal
    assert effects[0] == pytest.approx(2.5, rel=0.1)
    even = np.full((2, 2), 0.25).ravel()
    _, exact = rao_scott(
        np.full((2, 2), 0.25), 2.5 * (np.diag(even) - np.outer(even, even)) / 400, 400
    )
    assert exact[0] == pytest.approx(2.5, rel=1e-12)


def test_t_test_is_the_contrast_of_two_means(frame):
    survey = Survey(frame, **DESIGN)
    test = survey.t_test("income", "sex")
    both = frame["income"].notna() & frame["sex"].notna()
    gap = survey.mean("income", by="sex", where=both).differences("sex").to_frame().iloc[0]
    assert (test.estimate, test.se) == pytest.approx((gap["estimate"], gap["se"]), rel=1e-11)
    assert test.statistic == pytest.approx(gap["statistic"], rel=1e-11)
    assert test.df == survey.design.df - 1
    assert test.p_value == pytest.approx(2 * stats.t.sf(abs(test.statistic), test.df), rel=1e-9)
    assert "v less u" in test.method
    one = survey.t_test("income", null=20)
    mean = survey.mean("income")
    assert one.statistic == pytest.approx((mean.estimate[0] - 20) / mean.se[0])
    assert (one.ci_low, one.ci_high) == pytest.approx((mean.ci_low[0], mean.ci_high[0]))
    assert one.df == mean.df[0]


def test_a_rank_test_only_sees_the_order(frame):
    survey = Survey(frame, **DESIGN)
    curved = Survey(frame.assign(income=np.exp(frame["income"] / 10)), **DESIGN)
    for score in ("wilcoxon", "vanderwaerden", "median"):
        for by in ("sex", "area"):
            a, b = (s.rank_test("income", by, score=score) for s in (survey, curved))
            assert a.statistic == pytest.approx(b.statistic, rel=1e-9)
            assert a.distribution == ("t" if by == "sex" else "F")
            assert 0 <= a.p_value <= 1


def test_an_unweighted_rank_test_nears_mann_whitney():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"y": rng.normal(size=2000), "g": rng.integers(0, 2, 2000)})
    frame.loc[frame["g"] == 1, "y"] += 0.1
    want = stats.mannwhitneyu(frame.loc[frame["g"] == 1, "y"], frame.loc[frame["g"] == 0, "y"])
    assert Survey(frame).rank_test("y", "g").p_value == pytest.approx(want.pvalue, rel=0.05)


def test_what_cannot_be_tested_says_why(frame):
    survey = Survey(frame, **DESIGN)
    with pytest.raises(InputError, match="3 groups"):
        survey.t_test("income", "area")
    with pytest.raises(InputError, match="two or more"):
        survey.rank_test("income", "area", where="area == 'p'")
    with pytest.raises(InputError, match="'area' has 1 answer"):
        survey.independence("area", "sex", where="area == 'p'")
    with pytest.raises(InputError, match="against itself"):
        survey.independence("area", "area")
    with pytest.raises(InputError, match="no test of independence"):
        survey.independence("area", "sex", statistic="lr")
    with pytest.raises(InputError, match="no rank score"):
        survey.rank_test("income", "sex", score="savage")
    inside = (frame["stratum"] == "s1") & (frame["psu"] == 0)
    test = survey.independence("yes", "grade", where=inside)
    assert np.isnan(test.p_value)
    assert "df" in test.flag
    t = survey.t_test("income", "sex", where=inside)
    assert np.isnan(t.p_value)
    assert "df" in t.flag


def test_tests_run_on_replicates(frame):
    survey = Survey(frame, **DESIGN)
    jack = survey.with_replicates("jkn")
    for a, b in [
        (survey.independence("grade", "area"), jack.independence("grade", "area")),
        (survey.t_test("income", "sex"), jack.t_test("income", "sex")),
        (survey.rank_test("income", "sex"), jack.rank_test("income", "sex")),
    ]:
        assert b.statistic == pytest.approx(a.statistic, rel=0.35)
    frame_of = survey.independence("grade", "area").to_frame()
    assert frame_of.loc[0, "p_value"] == survey.independence("grade", "area").p_value
    assert "independence of grade, area" in survey.independence("grade", "area")._repr_html_()


@pytest.mark.parametrize("statistic", ["F", "F1", "chisq", "wald", "adjusted-wald"])
def test_independence_in_a_census_has_no_variance_to_test_with(frame, statistic):
    everybody = Survey(frame.assign(N=1.0), fpc="N")
    got = everybody.independence("yes", "sex", statistic=statistic)
    assert np.isnan(got.p_value)
    assert "standard error is zero" in got.flag


@pytest.mark.parametrize("by", ["sex", "area"])
def test_ranks_of_a_constant_are_not_tested(frame, by):
    got = Survey(frame.assign(same=3.0), **DESIGN).rank_test("same", by=by)
    assert np.isnan(got.p_value)
    assert "standard error is zero" in got.flag


@pytest.mark.parametrize("rule", ["adjust", "average"])
def test_the_difference_of_a_t_test_is_that_of_the_contrast(frame, rule):
    """Where a domain leaves one PSU of a stratum, the rule sees both groups at once."""
    few = ~(frame["stratum"].eq("s4") & frame["sex"].eq("u") & (frame["psu"] > 0))
    survey = Survey(frame, **DESIGN, lonely_psu=rule, lonely_domain=True)
    want = survey.mean("income", by="sex", where=few).differences("sex")
    got = survey.t_test("income", by="sex", where=few)
    assert got.se == pytest.approx(want.se[0], rel=1e-10)
    cov = survey.mean("income", by="sex", where=few).cov()
    pieces = np.sqrt(np.array([-1, 1]) @ cov @ np.array([-1, 1]))
    assert got.se != pytest.approx(pieces, rel=1e-3)


def test_df_of_a_table_are_of_those_who_answered_both_unless_asked():
    """R survey 4.1: `svychisq` of the answered subset, and of the sample with missing answers."""
    rng = np.random.default_rng(3)
    n = 900
    frame = pd.DataFrame({"h": rng.integers(0, 8, n), "p": rng.integers(0, 5, n)})
    frame["w"], frame["g"] = rng.uniform(1, 3, n), rng.choice(list("ab"), n)
    frame["q"] = rng.choice(list("xyz"), n)
    frame.loc[rng.random(n) < 0.1, "q"] = None
    frame.loc[(frame["h"] == 2) & (frame["p"] == 1), "q"] = None
    want = {
        (None, "domain"): (1517.707, 0.2109574),
        (None, "design"): (1783.656, 0.2109073),
        ("p", "domain"): (61.30214, 0.2582218),
        ("p", "design"): (63.27962, 0.257986),
    }
    for (clusters, rule), (df, p) in want.items():
        got = Survey(frame, "w", "h", clusters).independence("q", "g", df=rule)
        assert (got.df_denominator, got.p_value) == pytest.approx((df, p), rel=1e-6)
