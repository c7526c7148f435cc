"""Trimming that keeps margins: optimality, totals, limits, errors, and what cannot be kept."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from survey_stats.errors import DesignError, InputError, UnknownNameError
from survey_stats.weight import BaseWeightError, Weights, adjust_classes, calibrate, post_stratify
from survey_stats.weight.trimming.capping import Capped
from survey_stats.weight.trimming.caps import limits
from survey_stats.weight.trimming.recapping import level
from survey_stats.weight.trimming.trim import trim


def raked(n: int = 300, seed: int = 1, zeros: int = 0) -> tuple[Weights, pd.DataFrame]:
    """Raked weights with a long tail."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.choice(["16-29", "30-64", "65-79"], n, p=[0.2, 0.4, 0.4]),
            "gender": rng.choice(["men", "women"], n),
            "area": rng.choice(["a", "b"], n),
        }
    )
    start = rng.choice([3.0, 8.0, 20.0, 60.0], n, p=[0.35, 0.3, 0.2, 0.15])
    start[:zeros] = 0
    total = 3000.0
    margins = {
        "age": {"16-29": 0.25 * total, "30-64": 0.45 * total, "65-79": 0.3 * total},
        "gender": {"men": 0.5 * total, "women": 0.5 * total},
    }
    return calibrate(Weights.delivered(start), frame, margins), frame


def sums(weights: np.ndarray, frame: pd.DataFrame) -> np.ndarray:
    parts = [pd.Series(weights).groupby(frame[c].to_numpy()).sum() for c in ("age", "gender")]
    return np.concatenate([p.to_numpy() for p in parts])


def test_by_hand() -> None:
    done = trim(Weights.delivered([1, 1, 2, 6]), upper=5)
    # 1 is cut off the last, the others (sum 4) take it over in proportion
    assert done.values == pytest.approx([1.25, 1.25, 2.5, 5])
    # what is pushed over the limit stops there too
    assert trim(Weights.delivered([1, 1, 4, 10]), upper=5).values == pytest.approx([3, 3, 5, 5])
    low = trim(Weights.delivered([1, 5, 6]), lower=2)
    assert low.values == pytest.approx([2, 5 * 10 / 11, 6 * 10 / 11])
    both = trim(Weights.delivered([1, 5, 5, 9]), lower=2, upper=8)
    assert both.values == pytest.approx([2, 5, 5, 8])


def test_margins_are_kept_and_limits_hold() -> None:
    start, frame = raked(zeros=5)
    cap = float(np.quantile(start.values, 0.93))
    done = trim(start, upper=cap)
    assert done.values.max() <= cap * (1 + 1e-9)
    assert (done.values >= cap * (1 - 1e-9)).sum() == done.steps[-1].details["at_upper"] > 5
    np.testing.assert_allclose(sums(done.values, frame), sums(start.values, frame), rtol=1e-9)
    assert (done.values[5:] > 0).all()
    assert done.values[:5].tolist() == [0] * 5
    step = done.steps[-1]
    assert step.kind == "trimmed"
    assert step.on == ("age", "gender")
    assert step.totals == pytest.approx(start.steps[-1].totals)
    assert step.details["design_effect_after"] < step.details["design_effect_before"]
    assert "trimmed, keeping 5 totals of age and gender" in done.describe()
    # the second time there is nothing to do
    again = trim(done, upper=cap)
    assert again.values == pytest.approx(done.values, rel=1e-9)


def test_the_weights_are_the_nearest() -> None:
    """Karush-Kuhn-Tucker: log factors are linear in the margins, and limits hold back the rest."""
    start, frame = raked()
    cap, floor = float(np.quantile(start.values, 0.93)), 4.0
    done = trim(start, upper=cap, lower=floor)
    x = pd.get_dummies(frame[["age", "gender"]], drop_first=True).astype(float)
    x = np.column_stack([np.ones(len(x)), x])
    g = np.log(done.values / start.values)
    at_cap, at_floor = done.values >= cap * (1 - 1e-9), done.values <= floor * (1 + 1e-9)
    free = ~at_cap & ~at_floor
    assert at_cap.sum() > 5
    assert at_floor.sum() > 5
    multipliers, *_ = np.linalg.lstsq(x[free], g[free])
    wanted = x @ multipliers
    assert g[free] == pytest.approx(wanted[free], abs=1e-8)
    assert (wanted[at_cap] >= g[at_cap] - 1e-8).all()
    assert (wanted[at_floor] <= g[at_floor] + 1e-8).all()


def test_after_post_stratification_each_cell_is_on_its_own() -> None:
    frame = pd.DataFrame({"g": ["a", "a", "a", "b", "b"]})
    start = post_stratify(Weights.delivered([1, 1, 2, 3, 9]), frame["g"], {"a": 8, "b": 12})
    assert start.values == pytest.approx([2, 2, 4, 3, 9])
    done = trim(start, upper=7)
    assert done.values == pytest.approx([2, 2, 4, 5, 7])


def test_never_calibrated_weights_keep_their_sums() -> None:
    frame = pd.DataFrame({"g": ["a", "a", "b", "b"], "h": ["x", "y", "x", "y"]})
    start = Weights.delivered([1, 9, 2, 4])
    assert trim(start, upper=6).values == pytest.approx([10 / 7, 6, 20 / 7, 40 / 7])
    by_group = trim(start, frame, upper=6, keep="g")
    assert by_group.values == pytest.approx([4, 6, 2, 4])
    assert np.isnan(by_group.steps[-1].totals).all()
    with pytest.raises(DesignError, match=r"keep the totals \(a\): `upper` must be at least 5;"):
        trim(start, frame, upper=4.9, keep="g")
    crossed = trim(start, frame, upper=9, keep=["g", "h"])
    assert crossed.values == pytest.approx(start.values)


def test_rules() -> None:
    w = np.array([1.0, 2, 3, 4, 40, 10, 20, 30, 40, 50])
    group = np.array([0] * 5 + [1] * 5)
    one = np.zeros(10, dtype=np.intp)
    assert set(limits("2 x median", w, one, "upper")) == {2 * np.median(w)}
    assert set(limits("2,5×mean", w, one, "upper")) == {2.5 * w.mean()}
    assert set(limits("3 times median", w, group, "upper")) == {9.0, 90.0}
    quartiles = np.percentile(w, [25, 50, 75])
    wanted = quartiles[1] + 6 * (quartiles[2] - quartiles[0])
    assert limits("Median + 6 IQR", w, one, "upper") == pytest.approx(np.full(10, wanted))
    assert limits(np.float64(7), w, one, "upper").tolist() == [7.0] * 10
    for bad in (
        "5 medians",
        "median",
        "five x median",
        "",
        0,
        -1,
        float("nan"),
        True,
        None,
        "0 x median",
    ):
        with pytest.raises(InputError, match="`upper` is"):
            limits(bad, w, one, "upper")


def test_rules_within_groups() -> None:
    frame = pd.DataFrame({"g": ["a"] * 5 + ["b"] * 5})
    w = np.array([1.0, 1, 1, 1, 6, 10, 10, 10, 10, 10])
    done = trim(Weights.delivered(w), frame, upper="4 x median", keep="g", within="g")
    assert done.values == pytest.approx([1.5] * 4 + [4] + [10] * 5)
    assert done.steps[-1].details["upper"] == "4 to 40 (4 x median)"
    # without groups the limit is 4 x 8 = 32, which nothing exceeds
    same = trim(Weights.delivered(w), frame, upper="10 x median")
    assert same.values.tolist() == w.tolist()
    assert same.steps[-1].details["trimmed"] == 0
    assert same.steps[-1].influence is None


@pytest.mark.parametrize("margins", ["raked", "cells", "sum"])
def test_the_smallest_limit_is_told_and_is_the_smallest(margins: str) -> None:
    start, frame = raked(80, seed=4)
    if margins == "cells":
        start = post_stratify(start, frame["age"], {"16-29": 900, "30-64": 100, "65-79": 100})
    elif margins == "sum":
        start = Weights.delivered(start.values)
    with pytest.raises(DesignError, match="No weights within the limits keep") as caught:
        trim(start, upper=1.0)
    told = float(re.search(r"`upper` must be at least ([0-9.e+]+);", str(caught.value))[1])
    done = trim(start, upper=told * 1.001)
    assert done.values.max() <= told * 1.0011
    with pytest.raises(DesignError):
        trim(start, upper=told * 0.999)
    if margins == "cells":
        # the average of the cell that needs most
        assert told == pytest.approx(900 / (frame["age"] == "16-29").sum(), rel=1e-4)


def test_a_lower_limit_that_cannot_be() -> None:
    start = Weights.delivered([1, 2, 3])
    with pytest.raises(DesignError, match=r"of at least `lower` keep the totals .* lower `lower`"):
        trim(start, lower=2.5)


def _chain(done: Weights, copies: np.ndarray, first: int = 1) -> np.ndarray:
    """Weights of rows that are there as often as `copies` (n, R), with every step made again."""
    before = np.prod([s.factor for s in done.steps[:first]], axis=0)[:, None]
    now, taken = before * copies, np.ones_like(copies, dtype=float)
    for step in done.steps[first:]:
        if step.refit is None:
            now = now * step.factor[:, None]
            continue
        sums = np.zeros((step.refit.size, copies.shape[1]))
        np.add.at(sums, step.refit.code, now)
        own = np.ones_like(sums)
        own[step.refit.code] = taken
        after = getattr(step.refit, "factors_after", None)
        made = step.refit.factors(sums) if after is None else after(sums, own)
        made = made[step.refit.code]
        now = now * made
        ratio = made / np.where(step.factor > 0, step.factor, 1.0)[:, None]
        taken = taken * np.where(step.factor[:, None] > 0, ratio, 1.0)
    return now


def _by_difference(done: Weights, u: np.ndarray, first: int = 1) -> np.ndarray:
    """Derivatives of Σ w u by how often each row is there."""
    h = 1e-5
    one = np.eye(done.n)
    up, down = (_chain(done, 1 + side * one, first) for side in (h, -h))
    assert _chain(done, np.ones((done.n, 1)), first)[:, 0] == pytest.approx(done.values, rel=1e-8)
    return u @ (up - down) / (2 * h)


@pytest.mark.parametrize("kept", ["raked", "cells", "sum", "groups"])
def test_errors_by_how_often_rows_are_there(kept: str) -> None:
    start, frame = raked(60, seed=2)
    keep = "last"
    if kept == "cells":
        start = post_stratify(start, frame["age"], {"16-29": 500, "30-64": 900, "65-79": 700})
    elif kept != "raked":
        start = Weights.delivered(start.values)
        keep = "last" if kept == "sum" else "gender"
    cap, floor = np.quantile(start.values, 0.93), 1.05 * np.quantile(start.values, 0.2)
    done = trim(start, frame, upper=cap, lower=floor, keep=keep)
    assert done.steps[-1].details["at_upper"] > 1
    assert done.steps[-1].details["at_lower"] > 1
    u = np.random.default_rng(2).normal(3, 1, start.n)
    found = done.steps[-1].refit.route.influence.apply(done.values * u)
    wanted = _by_difference(done, u, first=len(done.steps) - 1)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(
    "chain", ["raked", "cells", "answered", "answered, raked", "twice", "between", "ridge"]
)
def test_errors_of_a_chain_with_trimming_in_it(chain: str) -> None:
    """Weights at a limit do not move with the steps before; the others do."""
    start, frame = raked(80, seed=7)
    start = Weights.delivered(start.values)
    frame["answered"] = np.random.default_rng(3).random(80) < 0.75
    margins = {
        "age": {"16-29": 600, "30-64": 1400, "65-79": 1000},
        "gender": {"men": 1500, "women": 1500},
    }
    done = start
    if "answered" in chain:
        done = adjust_classes(done, frame, "answered", "area")
    if chain == "cells":
        done = post_stratify(done, frame["age"], margins["age"])
    elif chain in ("raked", "answered, raked", "twice"):
        done = calibrate(done, frame, margins, linearisation="derivative")
    elif chain == "ridge":
        done = calibrate(
            done, frame, margins, ridge=0.1, method="linear", linearisation="derivative"
        )
        assert "gaps" in done.steps[-1].details
    before = sums(done.values, frame)
    done = trim(done, upper=float(np.quantile(done.values, 0.93)))
    assert done.steps[-1].details["at_upper"] > 3
    kept = {"answered": 0, "cells": 3, "between": 0}.get(chain, 5)
    assert sums(done.values, frame)[:kept] == pytest.approx(before[:kept], rel=1e-8)
    if chain == "twice":
        done = trim(done, lower=float(np.quantile(done.values[done.values > 0], 0.1)))
        assert done.steps[-1].details["at_lower"] > 3
    elif chain == "between":
        done = calibrate(done, frame, margins, linearisation="derivative")
        done = trim(done, upper=float(np.quantile(done.values, 0.93)))
    u = np.random.default_rng(2).normal(3, 1, start.n)
    z = done.values * u
    for step in reversed(done.steps):
        z = z if step.influence is None else step.influence.apply(z)
    assert sum(s.influence is not None for s in done.steps) == 1
    np.testing.assert_allclose(z, _by_difference(done, u), rtol=2e-5, atol=2e-4)


def test_a_resample_is_trimmed_like_a_sample(check_refit: object) -> None:
    start, frame = raked(60, seed=3)
    copies = np.random.default_rng(1).integers(0, 4, (60, 4))
    cap = float(np.quantile(start.values, 0.93))

    check_refit(lambda w, f: trim(w, upper=cap), start.values, frame, copies)
    check_refit(
        lambda w, f: trim(w, f, upper=cap, lower=4.5, keep="gender"), start.values, frame, copies
    )


def test_replicates_meet_the_totals_within_the_limits() -> None:
    start, frame = raked(200, seed=6)
    cap = float(np.quantile(start.values, 0.93))
    done = trim(start, upper=cap)
    refit = done.steps[-1].refit
    rng = np.random.default_rng(0)
    copies = rng.multinomial(200, np.full(200, 1 / 200), 6).T
    before = start.values[:, None] * copies
    by_pattern = np.zeros((refit.size, 6))
    np.add.at(by_pattern, refit.code, before)
    after = before * refit.factors(by_pattern)[refit.code]
    for r in range(6):
        np.testing.assert_allclose(sums(after[:, r], frame), sums(start.values, frame), rtol=1e-9)
    assert (after <= copies * cap * (1 + 1e-9)).all()


def test_errors_of_a_chain_against_trimming_anew_and_a_simulation() -> None:
    """Answers that go with the chance of being drawn, so that it matters who is at the limit."""
    rng = np.random.default_rng(3)
    N, n, runs = 4000, 250, 120
    age = rng.choice(["a", "b", "c"], N, p=[0.1, 0.5, 0.4])
    gender = rng.choice(["m", "w"], N)
    size = rng.lognormal(0, 0.8, N)
    y = 5 + 2 * (age == "a") + (gender == "m") + 0.8 * np.log(size) + rng.normal(size=N)
    chance = n * size / size.sum()
    margins = {
        "age": pd.Series(age).value_counts().to_dict(),
        "gender": pd.Series(gender).value_counts().to_dict(),
    }

    def made(rows: np.ndarray) -> Weights:
        frame = pd.DataFrame({"age": age[rows], "gender": gender[rows]})
        start = Weights.delivered(1 / chance[rows])
        return trim(calibrate(start, frame, margins, linearisation="derivative"), upper=30.0)

    estimates, linear = [], []
    for run in range(runs):
        rows = np.flatnonzero(rng.random(N) < chance)
        done = made(rows)
        assert done.steps[-1].details["at_upper"] > 0
        mean = done.values @ y[rows] / N
        estimates.append(mean)
        z = done.steps[-1].influence.apply(done.values * (y[rows] - mean) / N)
        m = z.size
        linear.append(m * np.var(z, ddof=1))
        if run == 0:
            dropped = y[rows] @ _chain(done, 1 - np.eye(m))
            some = np.arange(0, m, 9)
            anew = [made(np.delete(rows, i)).values @ np.delete(y[rows], i) for i in some]
            assert dropped[some] == pytest.approx(np.array(anew), rel=1e-7)
            jackknife = (m - 1) / m * np.square(dropped / N - dropped.mean() / N).sum()
            assert linear[0] == pytest.approx(jackknife, rel=0.12)
    # 120 runs tell a variance to 13 percent (one standard error)
    assert np.mean(linear) == pytest.approx(np.var(estimates, ddof=1), rel=0.3)


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(1, 12), unbounded=st.booleans())
def test_filling_a_cell(seed: int, size: int, unbounded: bool) -> None:
    rng = np.random.default_rng(seed)
    low = rng.choice([0.0, 0.2, 0.5], size)
    high = low + rng.choice([0.3, 1.0, 4.0], size)
    if unbounded:
        high[0] = np.inf
    amounts = rng.integers(0, 5, (size, 3)) + rng.random((size, 3))
    most = amounts.T @ np.where(np.isfinite(high), high, 50.0)
    least = amounts.T @ low
    total = float((least + rng.choice([0, 0.3, 0.9, 1.0]) * (most - least))[0])
    one, none = np.ones(size), np.zeros(size, dtype=np.intp)
    x = sparse.csr_array(np.ones((size, 1)))
    problem = Capped(none, x, none, one, one, low, high, np.array([total]), ("all",), True)
    found, lost = level(problem, amounts, low[:, None], high[:, None])
    within = (total >= least - 1e-9) & ((total <= most + 1e-9) | unbounded)
    assert set(np.flatnonzero(~within)) == set(lost)
    sums = (amounts * found).sum(axis=0)
    assert sums[within] == pytest.approx(np.full(within.sum(), total), rel=1e-9, abs=1e-9)
    assert (found >= low[:, None]).all()
    assert (found <= high[:, None]).all()
    # between the limits all factors of a column are one number
    for r in range(3):
        inside = (found[:, r] > low + 1e-9) & (found[:, r] < high - 1e-9)
        assert not inside.any() or np.ptp(found[inside, r]) <= 1e-9


def test_trimming_does_not_undo_calibration() -> None:
    start, frame = raked()
    with pytest.raises(InputError, match="calibrated to age and gender would no longer meet"):
        trim(start, frame, upper=50, keep="area")
    frame["answered"] = np.arange(len(frame)) % 3 > 0
    later = adjust_classes(start, frame, "answered", "area")
    with pytest.raises(InputError, match=r"no longer meet .*\(non-response\); calibrate again"):
        trim(later, upper=50)
    # numbers changed by hand are found out too
    changed = Weights(start.values * 1.01, start.steps)
    with pytest.raises(InputError, match=r"no longer meet .*\(other weights\)"):
        trim(changed, upper=50)


def test_what_cannot_be_trimmed() -> None:
    start, frame = raked()
    with pytest.raises(InputError, match="needs a limit"):
        trim(start)
    with pytest.raises(InputError, match=r"`lower` \(9\) is not below `upper` \(5\) for 300 rows"):
        trim(start, upper=5, lower=9)
    plain = Weights.delivered(start.values)
    with pytest.raises(InputError, match="give the frame"):
        trim(plain, upper=50, keep="area")
    with pytest.raises(UnknownNameError, match="did you mean 'area'"):
        trim(plain, frame, upper=50, keep="aera")
    with pytest.raises(BaseWeightError, match="300 weights and 10 rows"):
        trim(plain, frame.head(10), upper=50)
    with pytest.raises(BaseWeightError, match="at position 0"):
        trim(Weights.delivered([float("nan"), 1]), upper=50)
