"""Counts of events: against R's poisson.test, by enumeration, and at the edges."""

from fractions import Fraction
from math import comb
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from survey_stats.compare import count_change, count_changes
from survey_stats.compare.poisson import exact_p, mid_p_interval
from survey_stats.errors import InputError, UnknownNameError

# limits by beta quantiles and p by sums of at most 40 000 binomial terms: R agrees to about 1e-11
CLOSE = 1e-9
R = pd.read_csv(Path(__file__).parent / "reference" / "poisson.csv", skipinitialspace=True).to_dict(
    "records"
)


@pytest.mark.parametrize("row", R, ids=lambda r: f"{r['before']:g} to {r['after']:g}")
def test_agrees_with_r_poisson_test(row):
    c = count_change(row["before"], row["after"], row["t0"], row["t1"])
    assert c.p_value == pytest.approx(row["p"], rel=CLOSE)
    assert c.ratio_low == pytest.approx(row["low"], rel=CLOSE)
    if np.isfinite(row["high"]):
        assert c.ratio == pytest.approx(row["ratio"], rel=CLOSE)
        assert c.ratio_high == pytest.approx(row["high"], rel=CLOSE)
    else:
        # R says Inf; a reader gets no number and the reason
        assert np.isnan(c.ratio)
        assert np.isnan(c.ratio_high)
        assert "nothing was counted before" in c.flag


def enumerated(before: int, after: int) -> tuple[float, float]:
    """Exact and mid-p by counting splits, in fractions."""
    n = before + after
    pmf = [Fraction(comb(n, k), 2**n) for k in range(n + 1)]
    exact = sum(p for p in pmf if p <= pmf[after])
    lower = sum(pmf[:after]) + pmf[after] / 2
    return float(exact), float(min(1, 2 * min(lower, 1 - lower)))


@pytest.mark.parametrize("before", range(0, 12))
@pytest.mark.parametrize("after", [0, 1, 2, 5, 13])
def test_p_values_are_those_of_enumeration(before, after):
    if before + after == 0:
        return
    c = count_change(before, after)
    exact, mid = enumerated(before, after)
    assert c.p_value == pytest.approx(exact, rel=1e-12)
    assert c.p_mid == pytest.approx(mid, rel=1e-12)


def test_exact_test_keeps_its_level_and_mid_p_is_near_it():
    # every pair of counts that two Poisson variables of mean 9 can sensibly show
    grid = np.array([(a, b) for a in range(40) for b in range(40) if a + b > 0], dtype=float)
    one = np.ones(len(grid))
    p = exact_p(grid[:, 0], grid[:, 1], one, one)
    from scipy import stats

    weight = stats.poisson.pmf(grid[:, 0], 9) * stats.poisson.pmf(grid[:, 1], 9)
    assert weight.sum() > 0.999
    assert 0.01 < weight[p <= 0.05].sum() <= 0.05


def test_mid_p_interval_lies_inside_the_exact_one_and_excludes_what_the_test_rejects():
    c = count_change(62, 51)
    one = np.array([1.0])
    low, high = mid_p_interval(np.array([62.0]), np.array([51.0]), one, 0.95)
    assert c.ratio_low < low[0] < high[0] < c.ratio_high
    from survey_stats.compare.poisson import mid_p

    at_limit = mid_p(np.array([62.0]), np.array([51.0]), one, low)
    assert at_limit[0] == pytest.approx(0.05, abs=1e-9)


def test_seven_to_two_gets_a_sentence_for_laymen():
    c = count_change(7, 2)
    assert c.verdict == "cannot be decided"
    text = c.sentence("sv")
    assert "från 7 till 2" in text
    assert "ungefär 18 av 100" in text
    assert "kan inte avgöras" in text
    assert "p =" not in text
    assert "about 18 of 100" in c.sentence("en")


def test_a_certain_change_says_so():
    c = count_change(274, 142)
    assert c.verdict == "significant decrease"
    assert "statistiskt säkerställd" in c.sentence("sv")


def test_unchanged_needs_a_large_count():
    assert count_change(100_000, 100_100).verdict == "unchanged"
    assert count_change(40, 40).verdict == "cannot be decided"


def test_nothing_counted_is_no_test():
    c = count_change(0, 0)
    assert np.isnan(c.p_value)
    assert c.flag == "nothing was counted in either period"
    assert c.verdict == "cannot be decided"
    assert "inget att jämföra" in c.sentence()


def test_a_sentence_in_another_language_is_refused():
    with pytest.raises(UnknownNameError, match="no language 'de'; there is sv, en"):
        count_change(7, 2).sentence("de")


def test_a_change_prints_as_one_line():
    assert repr(count_change(7, 2)) == "CountChange: 7 to 2 (−71%), p = 0.18, cannot be decided"
    assert repr(count_change(7, 2, 1000, 1100)) == (
        "CountChange: 7 of 1,000 to 2 of 1,100 (−74%), p = 0.096, cannot be decided"
    )
    assert repr(count_change(0, 0)) == "CountChange: 0 to 0, cannot be decided"
    assert repr(count_change(900, 2683)) == (
        "CountChange: 900 to 2,683 (+198%), p < 0.0001, significant increase"
    )


def test_a_notebook_shows_a_small_table():
    html = count_change(7, 2)._repr_html_()
    assert "<caption>change of a count: 7 to 2" in html
    assert "<td>7</td><td>2</td><td>-71.4</td>" in html
    assert "population" not in html
    assert "<th>population_before</th>" in count_change(7, 2, 1000, 1100)._repr_html_()


def test_populations_change_the_answer():
    assert count_change(100, 150).verdict == "significant increase"
    assert count_change(100, 150, 10_000, 15_000).p_value == pytest.approx(1.0)


def test_difference_interval_covers_and_contains_the_difference():
    rng = np.random.default_rng(5)
    draws = pd.DataFrame(rng.poisson([12, 20], (400, 2)), columns=["a", "b"])
    out = count_changes(draws, "a", "b", adjust="none")
    assert ((out.difference_low < out.difference) & (out.difference < out.difference_high)).all()
    covered = (out.difference_low <= 8) & (out.difference_high >= 8)
    assert covered.mean() >= 0.93


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ((-1, 4), "is no count"),
        ((2.5, 4), "is no count"),
        ((1, 4, 1000, None), "both populations"),
        ((1, 4, 0, 10), "not positive"),
        ((float("nan"), 4), "missing"),
    ],
)
def test_impossible_counts_are_refused(args, text):
    with pytest.raises(InputError, match=text):
        count_change(*args)


def test_a_table_is_one_family_and_a_missing_count_does_not_count():
    table = pd.DataFrame(
        {"crime": ["a", "b", "c"], "n0": [60, 100, None], "n1": [40, 70, 5]}, index=[10, 20, 30]
    )
    out = count_changes(table, "n0", "n1", by="crime")
    assert out.attrs["family_size"] == 2
    assert out.index.tolist() == [10, 20, 30]
    p = out.p_value.to_numpy()
    assert out.p_adjusted.iloc[1] == pytest.approx(2 * p[1])
    assert out.p_adjusted.iloc[0] == pytest.approx(max(p[0], 2 * p[1]))
    assert out.flag.iloc[2] == "a count or a population is missing"
    assert np.isnan(out.p_adjusted.iloc[2])
    assert out.verdict.iloc[2] == "cannot be decided"


def test_adjustment_can_take_a_verdict_away():
    table = pd.DataFrame({"n0": [60] + [50] * 9, "n1": [36] + [50] * 9})
    assert count_changes(table, "n0", "n1", adjust="none").verdict.iloc[0] == "significant decrease"
    assert count_changes(table, "n0", "n1").verdict.iloc[0] == "cannot be decided"


def test_wrong_names_are_suggested():
    table = pd.DataFrame({"n_2021": [1], "n_2022": [2]})
    with pytest.raises(UnknownNameError, match="n_2022"):
        count_changes(table, "n_2021", "n_202")
    with pytest.raises(UnknownNameError, match="holm"):
        count_changes(table, "n_2021", "n_2022", adjust="holms")


def test_the_row_of_an_impossible_count_is_named():
    table = pd.DataFrame({"n0": [1, -3], "n1": [2, 2]}, index=["x", "y"])
    with pytest.raises(InputError, match="'n0', row y"):
        count_changes(table, "n0", "n1")
