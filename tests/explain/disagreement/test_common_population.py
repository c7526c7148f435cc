"""Composition and rest against both surveys weighted to one population."""

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.explain.disagreement import decompose


def survey(seed: int, old: float, shift: float) -> ss.Survey:
    rng = np.random.default_rng(seed)
    n = 700
    age = rng.choice(["young", "middle", "old"], n, p=[0.6 - old, 0.4, old])
    gender = rng.choice(["women", "men"], n)
    yes = rng.random(n) < 0.2 + shift + 0.2 * (age == "old") + 0.1 * (gender == "women")
    weight = rng.uniform(0.5, 2, n)
    return ss.Survey(pd.DataFrame({"q": yes, "age": age, "gender": gender, "w": weight}), "w")


def reweighted(one: ss.Survey, to: ss.Survey, on: list[str]) -> float:
    """The share in `one` with the cells of `to`."""
    frame, other = one.frame, to.frame
    target = other.groupby(on)["w"].sum() / other["w"].sum()
    own = frame.groupby(on)["w"].sum() / frame["w"].sum()
    factor = (target / own).reindex(pd.MultiIndex.from_frame(frame[on])).to_numpy()
    return float(np.average(frame["q"], weights=frame["w"] * factor))


def test_the_rest_is_the_difference_at_one_population():
    one, two = survey(1, 0.15, 0.0), survey(2, 0.35, 0.04)
    on = ["age", "gender"]
    at_second = two.share("q").estimate[0] - reweighted(one, two, on)
    at_first = reweighted(two, one, on) - one.share("q").estimate[0]
    rest = {
        rates: decompose(one, two, "q", on, rates=rates).uncertain.value[-1]
        for rates in ("first", "second", "both")
    }
    assert rest["first"] == pytest.approx(at_second, abs=1e-14)
    assert rest["second"] == pytest.approx(at_first, abs=1e-14)
    assert rest["both"] == pytest.approx((at_first + at_second) / 2, abs=1e-14)
    for method in ("oaxaca", "fairlie", "reweighting"):
        full = decompose(one, two, "q", on, method=method, saturated=True)
        assert full.uncertain.value[-1] == pytest.approx(rest["both"], abs=1e-12)


def test_post_stratified_to_one_population_the_difference_is_the_rest():
    one, two = survey(1, 0.15, 0.0), survey(2, 0.35, 0.04)
    on = ["age", "gender"]
    people = {"young": 300.0, "middle": 400.0, "old": 300.0}
    totals = {(a, g): n / 2 for a, n in people.items() for g in ("women", "men")}
    both = [s.post_stratify({tuple(on): totals}) for s in (one, two)]
    table = decompose(*both, "q", on).to_frame()
    whole, rest = table.iloc[0], table.iloc[-1]
    assert rest.contribution == pytest.approx(whole.contribution, abs=1e-12)
    assert rest.se == pytest.approx(whole.se, rel=1e-8)
