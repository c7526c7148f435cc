"""Simultaneous intervals: against mvtnorm, at their two extremes, and by coverage."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

import survey_stats as ss
from survey_stats.compare import simultaneous as rules
from survey_stats.compare.simultaneous import find_blocks, max_quantile
from survey_stats.errors import InputError

HERE = Path(__file__).parent / "reference"
QMVT = pd.read_csv(HERE / "qmvt.csv")


def sidak(size: int, level: float = 0.95) -> float:
    return float(stats.norm.ppf((1 + level ** (1 / size)) / 2))


def power(m: int, rho: float) -> np.ndarray:
    i = np.arange(m)
    return rho ** np.abs(np.subtract.outer(i, i)) + 0.0


@pytest.mark.parametrize("row", list(QMVT[QMVT.df == 0].itertuples(index=False)))
def test_quantiles_are_those_of_mvtnorm(row):
    q, se = max_quantile([power(row.m, row.rho)], 0, row.level, 8000)
    assert se < 0.005
    assert q == pytest.approx(row.quantile, abs=0.01)


@pytest.mark.parametrize("m", [2, 5, 10])
@pytest.mark.parametrize("rho", [0.3, 0.7, 0.95])
def test_on_few_df_the_quantile_is_at_or_a_little_above_qmvt(m, rho):
    """qmvt has one variance for all, which makes the largest t smaller than one variance each."""
    told = QMVT.set_index(["m", "rho", "df"]).loc[(m, rho, 20), "quantile"]
    z, _ = max_quantile([power(m, rho)], 0, 0.95, 8000)
    q = stats.t.isf(special.ndtr(-z), 20)
    assert told - 0.01 < q < told + 0.05
    assert q < stats.t.isf(special.ndtr(-sidak(m)), 20)


@pytest.mark.parametrize("size", [1, 7, 1000, 10_000])
def test_independent_cells_are_sidak(size):
    assert max_quantile([], size, 0.95, 8000)[0] == pytest.approx(sidak(size), abs=1e-8)
    if 1 < size <= 1000:
        q, _ = max_quantile([np.eye(size)], 0, 0.95, 8000)
        assert q == pytest.approx(sidak(size), abs=0.01)


@pytest.mark.parametrize("size", [2, 300])
def test_equal_cells_are_one(size):
    q, _ = max_quantile([np.ones((size, size))], 0, 0.95, 8000)
    assert q == pytest.approx(1.959964, abs=0.002)
    signs = np.where(np.arange(size) % 2, -1.0, 1.0)
    assert max_quantile([np.outer(signs, signs)], 0, 0.95, 8000)[0] == pytest.approx(q, abs=0.002)


def test_blocks_multiply():
    q, _ = max_quantile([np.ones((4, 4))] * 50, 30, 0.95, 8000)
    assert q == pytest.approx(sidak(80), abs=0.005)


def test_a_large_correlated_block_is_what_plain_simulation_says():
    size, rho = 400, 0.5
    matrix = np.full((size, size), rho) + (1 - rho) * np.eye(size)
    rng = np.random.default_rng(1)
    draws = np.sqrt(rho) * rng.standard_normal((40_000, 1))
    largest = np.concatenate(
        [
            np.abs(d + np.sqrt(1 - rho) * rng.standard_normal((d.size, size))).max(axis=1)
            for d in np.split(draws, 40)
        ]
    )
    q, se = max_quantile([matrix], 0, 0.95, 8000)
    assert se < 0.02
    # plain simulation of 40 000 has a standard error of about 0.01
    assert q == pytest.approx(np.quantile(largest, 0.95), abs=0.03)


def family(seed: int = 3, clusters: str | None = None, areas: int = 12) -> list[ss.Survey]:
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(2):
        n = 100 * areas
        psu = np.repeat(np.arange(n // 10), 10)
        area = np.repeat(np.arange(areas), 100)
        lean = rng.normal(0, 0.5, n // 10)[psu] + rng.normal(0, 1, n)
        frame = pd.DataFrame({"area": area, "psu": psu, "spread": psu % 7, "q": lean > 0.3})
        frame["r"] = frame["q"] ^ (rng.random(n) < 0.1)
        frame["s"] = rng.random(n) < 0.4
        out.append(ss.Survey(frame, strata="area", clusters=clusters))
    return out


@pytest.mark.parametrize("clusters", [None, "psu"])
def test_correlations_are_those_of_all_covariances_written_out(clusters):
    before, after = family(clusters=clusters)
    out = ss.change(before, after, ["q", "r", "s"], by="area", adjust="none")
    found = out.simultaneous()
    assert found.blocks == 12
    assert found.size == 36
    whole = before.share(["q", "r", "s"], by="area").cov()
    whole = whole + after.share(["q", "r", "s"], by="area").cov()
    size = np.sqrt(np.diag(whole))
    q, _ = max_quantile([whole / np.outer(size, size)], 0, 0.95, 30_000)
    assert found.quantile == pytest.approx(q, abs=0.01)
    assert q < sidak(36) - 0.015
    assert found.alpha == pytest.approx(2 * stats.norm.sf(found.quantile))
    reach = stats.t.isf(found.alpha / 2, out.df) * out.se
    assert np.allclose(found.ci_low, np.maximum(out.difference - reach, -1))
    assert np.allclose(found.ci_high, np.minimum(out.difference + reach, 1))
    assert (found.ci_low < out.ci_low).all()


@pytest.mark.parametrize("small", [0, 40])
def test_both_ways_to_correlations_are_one(monkeypatch, small):
    monkeypatch.setattr(rules, "_SMALL", small)
    before, after = family(clusters="psu")
    found = ss.change(before, after, ["q", "r", "s"], by="area").simultaneous()
    assert found.quantile_se <= 0.004
    monkeypatch.setattr(rules, "_SMALL", 40 - small)
    again = ss.change(before, after, ["q", "r", "s"], by="area").simultaneous()
    assert again.quantile == pytest.approx(found.quantile, abs=1e-6)


def test_the_same_answer_each_time_and_for_each_order():
    before, after = family()
    one = ss.change(before, after, ["q", "r", "s"], by="area").simultaneous()
    same = ss.change(before, after, ["q", "r", "s"], by="area").simultaneous()
    assert one.quantile == same.quantile
    turned = ss.change(before, after, ["s", "q", "r"], by="area").simultaneous()
    assert turned.quantile == pytest.approx(one.quantile, abs=0.01)
    assert one.quantile_se <= 0.004


def test_a_block_that_is_cut_is_wider_and_not_narrower(monkeypatch):
    before, after = family(clusters="spread")
    make = {"strata": None, "clusters": "spread"}
    sides = [ss.Survey(s.frame, **make) for s in (before, after)]
    out = ss.change(*sides, ["q", "r", "s"], by="area")
    whole = out.simultaneous()
    assert whole.blocks == 1
    monkeypatch.setattr(rules, "LARGEST", 5)
    cut = out.simultaneous()
    assert whole.quantile - 0.01 < cut.quantile < sidak(36)


def test_part_against_the_whole_and_complements_are_correlated():
    survey = family()[0]
    sides = {"before_where": "area < 6", "after_where": "area >= 6"}
    levels = ss.Survey(survey.frame.assign(q=np.where(survey.frame.q, "yes", "no")), strata="area")
    out = ss.change(levels, levels, "q", **sides).simultaneous()
    assert out.size == 2
    assert out.quantile == pytest.approx(1.96, abs=0.002)


@pytest.mark.parametrize("groups", [4, 8])
def test_all_pairs_of_groups_are_tukeys_range(groups):
    rng = np.random.default_rng(1)
    n = 500 * groups
    frame = pd.DataFrame({"g": np.arange(n) % groups, "x": rng.normal(0, 1, n)})
    tests = ss.letters(ss.Survey(frame).mean("x", by="g"), "g").tests
    found = tests.simultaneous()
    assert found.size == groups * (groups - 1) // 2
    assert found.blocks == 1
    tukey = stats.studentized_range.ppf(0.95, groups, 1e5) / np.sqrt(2)
    assert found.quantile == pytest.approx(tukey, abs=0.01)


def test_replicates_have_simultaneous_intervals_too():
    survey = family(clusters="psu")[0]
    sides = {"before_where": "psu % 2 == 0", "after_where": "psu % 2 == 1"}
    made = survey.with_replicates("jkn")
    one = ss.change(survey, survey, ["q", "r"], by="area", **sides).simultaneous()
    other = ss.change(made, made, ["q", "r"], by="area", **sides).simultaneous()
    assert other.blocks == one.blocks == 12
    assert other.quantile == pytest.approx(one.quantile, abs=0.02)


def test_without_tests_there_are_no_intervals():
    frame = pd.DataFrame({"q": [True] * 40})
    out = ss.change(ss.Survey(frame), ss.Survey(frame.copy()), "q")
    assert np.isnan(out.simultaneous().ci_low).all()
    assert out.to_frame(simultaneous=True).simultaneous_high.isna().all()
    with pytest.raises(InputError, match="confidence level"):
        out.simultaneous(5)


def test_blocks_are_found_through_common_units():
    from scipy import sparse

    held = [
        sparse.csc_array(np.array([[1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0]])),
        sparse.csc_array(np.array([[0, 1, 1, 0, 0]])),
    ]
    count, parts = find_blocks(held)
    assert count == 3
    assert sorted(p.tolist() for p in parts) == [[0, 1, 2], [3], [4]]


def test_all_intervals_hold_together_as_often_as_they_say():
    """Clustered data, three correlated questions in ten areas of ten PSUs each, no change."""
    held, single, width = [], [], []
    rng = np.random.default_rng(77)
    areas, psus, members = 10, 10, 10
    area = np.repeat(np.arange(areas), psus * members)
    psu = np.repeat(np.arange(areas * psus), members)
    for _ in range(120):
        sides = []
        for _ in range(2):
            lean = rng.normal(0, 0.6, areas * psus)[psu] + rng.normal(0, 1, psu.size)
            frame = pd.DataFrame({"area": area, "psu": psu})
            for i in range(3):
                frame[f"q{i}"] = lean + rng.normal(0, 0.5, psu.size) > 0
            sides.append(ss.Survey(frame, strata="area", clusters="psu"))
        out = ss.change(*sides, ["q0", "q1", "q2"], by="area", adjust="none")
        found = out.simultaneous()
        held.append(((found.ci_low <= 0) & (found.ci_high >= 0)).all())
        single.append(((out.ci_low <= 0) & (out.ci_high >= 0)).all())
        width.append(found.quantile)
    assert np.mean(single) < 0.7
    # 95 % of 120 are 114; 107 or fewer have a chance of 0.3 %
    assert np.sum(held) >= 108
    assert np.mean(width) < sidak(30) - 0.07
