"""Identities that hold for every sample, and properties on random designs.

1e-10 relative unless said: both sides are sums of the same few hundred terms in another order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

import survey_stats as ss

CLOSE = {"rtol": 1e-10, "atol": 1e-14}
NUMBERS = ["estimate", "se", "ci_low", "ci_high", "df", "n", "n_effective", "deff"]
FixtureOf = Callable[[str], pd.DataFrame]

CLUSTERED: dict[str, Any] = {
    "weights": "w",
    "strata": "stratum",
    "clusters": "psu",
    "fpc": "n_psu",
}
DESIGNS: dict[str, tuple[str, dict[str, Any]]] = {
    "element": ("element", {"weights": "w", "strata": "stratum"}),
    "element_fpc": ("element", {"weights": "w", "strata": "stratum", "fpc": "size"}),
    "clusters": ("clusters", {**CLUSTERED, "fpc": None}),
    "clusters_fpc": ("clusters", CLUSTERED),
    "threestage": (
        "twostage",
        {
            "weights": "w",
            "strata": "stratum",
            "clusters": ["psu", "ssu", "id"],
            "fpc": ["n1", "n2", "n3"],
        },
    ),
}


@pytest.fixture(params=list(DESIGNS))
def declared(request: pytest.FixtureRequest, fixture_of: FixtureOf) -> tuple[Any, dict[str, Any]]:
    fixture, arguments = DESIGNS[request.param]
    return fixture_of(fixture), arguments


def equal(left: ss.Estimates | pd.DataFrame, right: ss.Estimates | pd.DataFrame) -> None:
    a, b = (e if isinstance(e, pd.DataFrame) else e.to_frame() for e in (left, right))
    assert len(a) == len(b) > 0
    for name in NUMBERS:
        np.testing.assert_allclose(
            a[name].to_numpy(dtype=float), b[name].to_numpy(dtype=float), err_msg=name, **CLOSE
        )


def test_domain_mean_is_the_ratio_of_totals_and_a_regression_coefficient(declared: Any) -> None:
    frame, design = declared
    answered = frame["x"].notna()
    members = (frame["s"] == "women") & answered
    frame = frame.assign(
        member=members.astype(float), x_member=frame["x"].where(members, 0.0).astype(float)
    )
    survey = ss.Survey(frame, **design)
    mean = survey.mean("x", where=members)
    ratio = survey.ratio("x_member", "member")
    np.testing.assert_allclose(mean.estimate, ratio.estimate, **CLOSE)
    np.testing.assert_allclose(mean.se, ratio.se, **CLOSE)
    # weighted least squares on the dummies of the groups has the domain means as coefficients
    use = answered & frame["s"].notna()
    dummies = pd.get_dummies(frame.loc[use, "s"]).to_numpy(dtype=float)
    root = np.sqrt(frame.loc[use, "w"].to_numpy())
    x = frame.loc[use, "x"].to_numpy()
    beta = np.linalg.lstsq(dummies * root[:, None], x * root, rcond=None)[0]
    np.testing.assert_allclose(survey.mean("x", by="s").estimate, beta, rtol=1e-9)


def test_the_ratio_of_totals_has_the_delta_variance_of_their_covariance(declared: Any) -> None:
    frame, design = declared
    both = frame["x"].notna()
    survey = ss.Survey(frame, **design)
    ratio = survey.ratio("x", "v")
    totals = survey.total(["x", "v"], where=both)
    cov = totals.cov()
    x, v = totals.estimate
    gradient = np.array([1 / v, -x / v**2])
    np.testing.assert_allclose(ratio.estimate, x / v, **CLOSE)
    np.testing.assert_allclose(ratio.se**2, gradient @ cov @ gradient, rtol=1e-9)


def test_share_is_the_mean_of_the_indicator_and_levels_add_to_one(declared: Any) -> None:
    frame, design = declared
    survey = ss.Survey(frame, **design)
    share, mean = survey.share("y", by="s"), survey.mean("y", by="s")
    np.testing.assert_allclose(share.estimate, mean.estimate, **CLOSE)
    np.testing.assert_allclose(share.se, mean.se, **CLOSE)
    np.testing.assert_allclose(share.deff, mean.deff, **CLOSE)
    if "z" in frame:
        levels = survey.share("z", by="s")
        sums = levels.to_frame().groupby("s")["estimate"].sum()
        np.testing.assert_allclose(sums, 1.0, **CLOSE)
        # each group's shares add to one for certain, so every row of its covariance adds to zero
        cov = levels.cov()
        np.testing.assert_allclose(cov[:3, :3].sum(axis=1), 0.0, atol=1e-16)


def test_where_is_by_is_subset(declared: Any) -> None:
    frame, design = declared
    survey = ss.Survey(frame, **design)
    for estimate in (
        lambda s, **k: s.share("y", **k),
        lambda s, **k: s.mean("x", **k),
        lambda s, **k: s.total("x", **k),
        lambda s, **k: s.ratio("x", "v", **k),
    ):
        by = estimate(survey, by="s").to_frame().set_index("s")
        for group in ("men", "women"):
            row = by.loc[[group]]
            equal(estimate(survey, where=f"s == '{group}'"), row)
            equal(estimate(survey, where=frame["s"] == group), row)
            equal(estimate(survey, where=(frame["s"] == group).to_numpy()), row)
            # outside the domain a question is as good as unanswered
            hidden = frame.assign(
                y=frame["y"].where(frame["s"] == group), x=frame["x"].where(frame["s"] == group)
            )
            equal(estimate(ss.Survey(hidden, **design)), row)


def test_row_order_changes_nothing(declared: Any) -> None:
    frame, design = declared
    shuffled = frame.sample(frac=1, random_state=3).reset_index(drop=True)
    odd_index = frame.set_axis(np.arange(len(frame))[::-1] % 7)
    for question in ("y", "x"):
        method = "share" if question == "y" else "mean"
        for other in (shuffled, odd_index):
            left, right = (
                getattr(ss.Survey(f, **design), method)(question, by="s") for f in (frame, other)
            )
            equal(left, right)
            np.testing.assert_allclose(left.cov(), right.cov(), rtol=1e-9, atol=1e-18)


def test_the_scale_of_the_weights_changes_totals_only(declared: Any) -> None:
    frame, design = declared
    survey = ss.Survey(frame, **design)
    scaled = ss.Survey(frame.assign(w=frame["w"] * 1024.0), **design)
    equal(survey.share("y", by="s"), scaled.share("y", by="s"))
    equal(survey.mean("x", by="s"), scaled.mean("x", by="s"))
    totals, larger = survey.total("x", by="s"), scaled.total("x", by="s")
    np.testing.assert_allclose(larger.estimate, 1024 * totals.estimate, **CLOSE)
    np.testing.assert_allclose(larger.se, 1024 * totals.se, **CLOSE)
    np.testing.assert_allclose(larger.deff, totals.deff, **CLOSE)


def test_rows_of_weight_zero_change_nothing(declared: Any) -> None:
    frame, design = declared
    extra = frame.sample(25, random_state=5).assign(w=0.0, y=1.0, x=1e6, v=1e3)
    more = pd.concat([frame, extra], ignore_index=True)
    if "id" in frame:
        more.loc[len(frame) :, "id"] += 100
    for where in (None, "s == 'women'"):
        for question, method in (("y", "share"), ("x", "mean"), ("x", "total")):
            equal(
                getattr(ss.Survey(more, **design), method)(question, by="s", where=where),
                getattr(ss.Survey(frame, **design), method)(question, by="s", where=where),
            )


def test_integer_weights_are_repeated_rows_for_the_estimate(fixture_of: FixtureOf) -> None:
    frame = fixture_of("clusters").assign(w=lambda f: f["w"].round())
    repeated = frame.loc[frame.index.repeat(frame["w"].astype(int))]
    design = {"strata": "stratum", "clusters": "psu"}
    weighted = ss.Survey(frame, weights="w", **design).mean("x", by="s")
    plain = ss.Survey(repeated.reset_index(drop=True), **design).mean("x", by="s")
    # the PSUs have the same totals, so the variance is the same as well
    np.testing.assert_allclose(weighted.estimate, plain.estimate, **CLOSE)
    np.testing.assert_allclose(weighted.se, plain.se, **CLOSE)
    assert plain.n.sum() > 5 * weighted.n.sum()


def jackknife(frame: pd.DataFrame, statistic: Callable[[pd.DataFrame], float]) -> float:
    """Delete-one-PSU jackknife, stratum by stratum (Wolter 2007, eq. 4.5.3), without fpc."""
    full = statistic(frame)
    variance = 0.0
    for _, stratum in frame.groupby("stratum"):
        psus = stratum["psu"].unique()
        n = len(psus)
        for psu in psus:
            inside = frame["stratum"] == stratum["stratum"].iloc[0]
            factor = np.where(inside, np.where(frame["psu"] == psu, 0.0, n / (n - 1)), 1.0)
            variance += (n - 1) / n * (statistic(frame.assign(w=frame["w"] * factor)) - full) ** 2
    return variance


def test_the_jackknife_of_a_total_is_its_closed_form(fixture_of: FixtureOf) -> None:
    frame = fixture_of("clusters")
    survey = ss.Survey(frame, **{**CLUSTERED, "fpc": None})
    for where in (None, "s == 'women'"):
        part = frame if where is None else frame.assign(x=frame["x"].where(frame.eval(where)))
        expected = jackknife(part, lambda f: float((f["w"] * f["x"]).sum()))
        np.testing.assert_allclose(survey.total("x", where=where).se ** 2, expected, rtol=1e-9)


def test_the_jackknife_of_a_share_is_near_its_linearised_variance(fixture_of: FixtureOf) -> None:
    frame = fixture_of("clusters")
    use = frame["y"].notna()
    known = frame.assign(y=frame["y"].fillna(0), w=frame["w"].where(use, 0.0))
    expected = jackknife(known, lambda f: float((f["w"] * f["y"]).sum() / f["w"].sum()))
    found = float(ss.Survey(frame, **{**CLUSTERED, "fpc": None}).share("y").se[0] ** 2)
    # equal to the order 1 / number of PSUs
    assert 0.85 < found / expected < 1.0


def test_one_sampled_stage_is_the_design_without_later_stages(fixture_of: FixtureOf) -> None:
    frame = fixture_of("twostage")
    one = ss.Survey(frame, weights="w", strata="stratum", clusters="psu")
    many = ss.Survey(frame, weights="w", strata="stratum", clusters=["psu", "ssu", "id"])
    # with replacement at the first stage, the later ones are in the spread of the PSUs
    equal(one.share("y", by="s"), many.share("y", by="s"))


def test_a_population_that_was_wholly_interviewed_has_no_sampling_error(
    fixture_of: FixtureOf,
) -> None:
    frame = fixture_of("element").assign(
        w=1.0, size=lambda f: f.groupby("stratum")["w"].transform("size")
    )
    census = ss.Survey(frame, weights="w", strata="stratum", fpc="size").share("y", by="g")
    np.testing.assert_array_equal(census.se, 0.0)
    np.testing.assert_allclose(
        census.estimate, frame[frame["y"].notna()].groupby("g")["y"].mean(), rtol=1e-12
    )


@st.composite
def samples(draw: st.DrawFn) -> pd.DataFrame:
    """A random clustered sample: 1 to 5 strata of 2 to 5 PSUs of 1 to 6 respondents."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    rows = []
    for stratum in range(draw(st.integers(1, 5))):
        for psu in range(draw(st.integers(2, 5))):
            rows += [(stratum, psu)] * int(rng.integers(1, 7))
    frame = pd.DataFrame(rows, columns=["stratum", "psu"])
    n = len(frame)
    missing = draw(st.floats(0, 0.4))
    frame["w"] = rng.uniform(0.2, 20, n)
    frame["y"] = np.where(rng.random(n) < missing, np.nan, rng.random(n) < draw(st.floats(0, 1)))
    frame["x"] = np.where(rng.random(n) < missing, np.nan, rng.normal(size=n))
    frame["g"] = pd.Series(rng.choice(["a", "b", "c"], n)).mask(rng.random(n) < missing / 2)
    frame["s"] = rng.choice(["men", "women"], n)
    return frame


DECLARED: dict[str, Any] = {"weights": "w", "strata": "stratum", "clusters": "psu"}
RANDOM = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def by_hand(frame: pd.DataFrame, score: pd.Series) -> float:
    """Between-PSU variance of the total of `score`, straight from the textbook."""
    variance = 0.0
    for _, stratum in score.groupby(frame["stratum"]):
        totals = stratum.groupby(frame["psu"]).sum()
        k = len(totals)
        variance += k / (k - 1) * float(((totals - totals.mean()) ** 2).sum())
    return variance


@given(samples())
@RANDOM
def test_share_and_variance_are_the_textbook_formula(frame: pd.DataFrame) -> None:
    estimates = ss.Survey(frame, **DECLARED).share("y", by="g").to_frame()
    for row in estimates.itertuples():
        use = (frame["g"] == row.g) & frame["y"].notna()
        assert row.n == use.sum()
        if row.n == 0:
            assert np.isnan(row.estimate)
            assert row.flag
            continue
        w = frame["w"].where(use, 0.0)
        y = frame["y"].fillna(0.0)
        p = (w * y).sum() / w.sum()
        assert row.estimate == pytest.approx(p, rel=1e-10, abs=1e-12)
        variance = by_hand(frame, w * (y - p) / w.sum())
        assert row.se**2 == pytest.approx(variance, rel=1e-8, abs=1e-20)
        held = frame[use]
        df = len(held[["stratum", "psu"]].drop_duplicates()) - held["stratum"].nunique()
        assert row.df == df


@given(samples())
@RANDOM
def test_intervals_hold_the_estimate_and_stay_in_range(frame: pd.DataFrame) -> None:
    survey = ss.Survey(frame, **DECLARED)
    for interval in ("wilson", "logit", "korn-graubard", "likelihood"):
        rows = survey.share("y", by="g", interval=interval).to_frame()
        narrow = survey.share("y", by="g", interval=interval, level=0.8).to_frame()
        known = rows["ci_low"].notna()
        assert (known == ((rows["n"] > 0) & (rows["df"] > 0))).all()
        assert (rows["flag"].ne("") >= ~known).all()
        use, low, high = rows["estimate"][known], rows["ci_low"][known], rows["ci_high"][known]
        assert ((low >= 0) & (high <= 1)).all()
        assert ((low <= use + 1e-12) & (high >= use - 1e-12)).all()
        assert (high - low > 0).all()
        assert (narrow["ci_high"][known] - narrow["ci_low"][known] <= high - low + 1e-12).all()


@given(samples())
@RANDOM
def test_covariance_is_symmetric_semidefinite_with_the_variances(frame: pd.DataFrame) -> None:
    survey = ss.Survey(frame, **DECLARED)
    estimates = survey.mean("x", by=["g", "s"])
    cov = estimates.cov()
    known = estimates.n > 0
    cov = cov[np.ix_(known, known)]
    np.testing.assert_allclose(np.diag(cov), estimates.se[known] ** 2, rtol=1e-8, atol=1e-18)
    np.testing.assert_allclose(cov, cov.T, rtol=1e-10, atol=1e-20)
    assert np.linalg.eigvalsh(cov).min() >= -1e-12 * max(1.0, float(np.diag(cov).max()))


@given(samples())
@RANDOM
def test_domains_add_up_to_the_whole(frame: pd.DataFrame) -> None:
    survey = ss.Survey(frame, **DECLARED)
    whole, parts = survey.total("x"), survey.total("x", by="s")
    assert parts.n.sum() == whole.n[0]
    known = parts.n > 0
    if known.any():
        sums = parts.estimate[known].sum()
        assert sums == pytest.approx(whole.estimate[0], rel=1e-9, abs=1e-9)
        # the variance of the sum of the parts is the variance of the whole
        cov = parts.cov()[np.ix_(known, known)]
        assert cov.sum() == pytest.approx(whole.se[0] ** 2, rel=1e-8, abs=1e-12)


@given(samples())
@RANDOM
def test_renamed_psus_and_split_frames_are_the_same_survey(frame: pd.DataFrame) -> None:
    renamed = frame.assign(
        psu=frame["stratum"].astype(str) + "/" + frame["psu"].astype(str),
        stratum="stratum " + frame["stratum"].astype(str),
    )
    equal(
        ss.Survey(frame, **DECLARED).mean("x", by="s"),
        ss.Survey(renamed, **DECLARED).mean("x", by="s"),
    )


def test_several_questions_at_once_are_those_asked_alone(declared: Any) -> None:
    frame, design = declared
    survey = ss.Survey(frame, **design)
    for method, questions in (("mean", ["x", "v"]), ("total", ["v", "x"])):
        both = getattr(survey, method)(questions, by="s").to_frame()
        for question in questions:
            alone = getattr(survey, method)(question, by="s")
            equal(both[both["question"] == question], alone)


def test_margins_are_the_coarser_tables(fixture_of: FixtureOf) -> None:
    survey = ss.Survey(fixture_of("clusters"), **CLUSTERED)
    for method, question in (("share", "y"), ("share", "z"), ("mean", "x"), ("total", "x")):
        ask = getattr(survey, method)
        rows = ask(question, by=["area", "s"], margins=True).to_frame()
        every_area, every_s = rows["area"] == "all", rows["s"] == "all"
        equal(rows[~every_area & ~every_s], ask(question, by=["area", "s"]))
        equal(rows[~every_area & every_s], ask(question, by="area"))
        equal(rows[every_area & ~every_s], ask(question, by="s"))
        equal(rows[every_area & every_s], ask(question))


def test_grouped_levels_are_a_recoded_question(fixture_of: FixtureOf) -> None:
    frame = fixture_of("clusters")
    recoded = frame["z"].isin(["good", "fair"]).astype(float).where(frame["z"].notna())
    survey = ss.Survey(frame.assign(fine=recoded), **CLUSTERED)
    expected = survey.share("fine", by="s")
    equal(survey.share("z", by="s", of=["good", "fair"]), expected)
    equal(survey.share("z", by="s", of={"fine": ["good", "fair"]}), expected)
    # a single level grouped alone is that level's row of the whole question
    rows = survey.share("z", by="s").to_frame()
    equal(survey.share("z", by="s", of="bad"), rows[rows["level"] == "bad"])


def test_differences_are_contrasts_of_the_covariance(declared: Any) -> None:
    frame, design = declared
    estimates = ss.Survey(frame, **design).mean("x", by="s")
    cov = estimates.cov()
    difference = estimates.differences("s", "men")
    np.testing.assert_allclose(difference.estimate, np.diff(estimates.estimate), **CLOSE)
    variance = cov[0, 0] + cov[1, 1] - 2 * cov[0, 1]
    np.testing.assert_allclose(difference.se**2, variance, rtol=1e-9)
    doubled = estimates.function({"twice": lambda e: 2 * (e[1] - e[0])})
    np.testing.assert_allclose(doubled.se, 2 * difference.se, rtol=1e-9)


def test_covariance_between_two_results_of_one_survey(declared: Any) -> None:
    frame, design = declared
    survey = ss.Survey(frame, **design)
    together = survey.mean(["x", "v"], by="s").cov()
    x, v = survey.mean("x", by="s"), survey.mean("v", by="s")
    apart = x.scores().covariance(v.scores())
    np.testing.assert_allclose(apart, together[:2, 2:], rtol=1e-9, atol=1e-14)
