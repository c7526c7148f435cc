"""Linearised estimates against plain loops, by every route through the tally."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey_stats.estimate import Survey, dense, elements, tally, taylor

from .conftest import sample
from .direct import linear

DESIGNS = [
    ("respondents", {}, {}),
    ("strata", {"strata": "stratum"}, {}),
    ("clusters", {"strata": "stratum", "clusters": "psu"}, {}),
    ("fpc", {"strata": "stratum", "clusters": "psu", "fpc": "psus"}, {}),
    (
        "two stages",
        {"strata": "stratum", "clusters": ["psu", "ssu"], "fpc": ["psus", "ssus"]},
        {},
    ),
]


def direct(frame: pd.DataFrame, design: dict, y: str, where: np.ndarray, **kw) -> tuple:
    clusters = design.get("clusters", [])
    fpc = design.get("fpc", [])
    x = frame[kw.pop("x")].to_numpy(float) if "x" in kw else np.ones(len(frame))
    return linear(
        frame,
        frame[y].to_numpy(float),
        x,
        where,
        "weight",
        design.get("strata"),
        [clusters] if isinstance(clusters, str) else clusters,
        [fpc] if isinstance(fpc, str) else fpc,
        **kw,
    )


@pytest.fixture(params=["tables", "sorted", "small blocks"])
def route(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same numbers whether the tally is dense, sorted, or cut into small blocks."""
    if request.param == "sorted":
        monkeypatch.setattr(taylor, "fits", lambda *_: False)
        monkeypatch.setattr(elements, "fits", lambda *_: False)
    if request.param != "tables":
        for module in (tally, dense):
            monkeypatch.setattr(module, "BLOCK", 7)
    return request.param


@pytest.mark.parametrize(("name", "design", "_"), DESIGNS, ids=[d[0] for d in DESIGNS])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_estimator_equals_plain_loops(name, design, _, seed, route):
    frame = sample(seed)
    survey = Survey(frame, weights="weight", **design)
    area = survey.frame["area"]
    for group in ("p", "q", "r"):
        where = (area == group).to_numpy()
        for est, want in [
            (survey.share("yes", by="area"), direct(frame, design, "yes", where)),
            (survey.mean("income", by="area"), direct(frame, design, "income", where)),
            (
                survey.total("income", by="area"),
                direct(frame, design, "income", where, total=True),
            ),
            (
                survey.ratio("income", "size", by="area"),
                direct(frame, design, "income", where, x="size"),
            ),
        ]:
            row = est.to_frame().set_index("area").loc[group]
            assert (row["estimate"], row["se"]) == pytest.approx(want, rel=1e-11)


def test_a_level_of_a_question_is_its_indicator(frame, route):
    survey = Survey(frame, weights="weight", strata="stratum", clusters="psu")
    levels = survey.share("grade", by="sex").to_frame()
    for level in ("low", "mid", "high"):
        known = frame["grade"].notna()
        indicator = (frame["grade"] == level).astype(float).where(known)
        alone = Survey(
            frame.assign(i=indicator), weights="weight", strata="stratum", clusters="psu"
        )
        want = alone.mean("i", by="sex").to_frame()
        got = levels[levels["level"] == level].reset_index(drop=True)
        np.testing.assert_allclose(
            got[["estimate", "se", "df", "n", "deff"]],
            want[["estimate", "se", "df", "n", "deff"]],
            rtol=1e-11,
        )


def test_a_domain_counts_every_psu_of_its_strata(frame):
    """Filtering the rows first loses PSUs without a member and gives another standard error."""
    survey = Survey(frame, weights="weight", strata="stratum", clusters="psu")
    chosen = (frame["area"] == "p") & (frame["sex"] == "u") & (frame["grade"] == "low")
    est = survey.share("yes", where=chosen)
    filtered = Survey(
        frame[chosen], weights="weight", strata="stratum", clusters="psu", lonely_psu="certainty"
    ).share("yes")
    assert est.estimate == pytest.approx(filtered.estimate)
    assert abs(est.se[0] / filtered.se[0] - 1) > 0.02


def test_a_missing_answer_is_a_domain_not_a_row_to_drop(frame):
    survey = Survey(frame, weights="weight", strata="stratum", clusters="psu")
    answered = survey.share("yes", where=frame["yes"].notna())
    np.testing.assert_array_equal(survey.share("yes").se, answered.se)
    assert survey.share("yes").n[0] == frame["yes"].notna().sum()


def test_where_by_and_zero_weights_are_one_domain(frame):
    design = {"strata": "stratum", "clusters": "psu"}
    survey = Survey(frame, weights="weight", **design)
    by = survey.share("yes", by="area").to_frame().set_index("area").loc["q"]
    where = survey.share("yes", where="area == 'q'").to_frame().iloc[0]
    zero = frame.assign(weight=frame["weight"].where(frame["area"] == "q", 0.0))
    if (zero.groupby("stratum")["weight"].sum() > 0).all():
        zeroed = Survey(zero, weights="weight", **design).share("yes").to_frame().iloc[0]
        assert zeroed["se"] == pytest.approx(by["se"], rel=1e-12)
    for column in ("estimate", "se", "ci_low", "ci_high", "df", "n", "n_effective", "deff"):
        assert where[column] == pytest.approx(by[column], rel=1e-12)


def test_domain_mean_is_a_ratio_and_a_share_is_a_mean(frame):
    survey = Survey(
        frame.assign(one=1.0), weights="weight", strata="stratum", clusters="psu", fpc="psus"
    )
    share = survey.share("yes", by="area")
    np.testing.assert_allclose(survey.mean("yes", by="area").se, share.se, rtol=1e-12)
    np.testing.assert_allclose(survey.ratio("yes", "one", by="area").se, share.se, rtol=1e-12)


def test_domain_mean_is_a_regression_coefficient(frame):
    """Weighted least squares on the domain's indicator, with the sandwich of the design."""
    kept = frame.dropna(subset=["income"])
    survey = Survey(kept, weights="weight", strata="stratum", clusters="psu")
    x = np.column_stack([(kept["area"] == a).to_numpy(float) for a in "pqr"])
    w, y = kept["weight"].to_numpy(), kept["income"].to_numpy()
    bread = np.linalg.inv(x.T @ (w[:, None] * x))
    beta = bread @ (x.T @ (w * y))
    scores = (w * (y - x @ beta))[:, None] * x @ bread
    variance = np.zeros((3, 3))
    for _, part in kept.reset_index(drop=True).groupby("stratum"):
        totals = np.array([scores[p.index].sum(axis=0) for _, p in part.groupby("psu")])
        n = len(totals)
        gap = totals - totals.mean(axis=0)
        variance += n / (n - 1) * gap.T @ gap
    est = survey.mean("income", by="area")
    np.testing.assert_allclose(est.estimate, beta, rtol=1e-12)
    np.testing.assert_allclose(est.cov(), variance, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("name", "design", "_"), DESIGNS, ids=[d[0] for d in DESIGNS])
def test_questions_asked_together_are_as_asked_alone(name, design, _, route):
    frame = sample(4)
    survey = Survey(frame, weights="weight", lonely_psu="adjust", **design)
    for where in (None, "size > size.median()"):
        together = survey.mean(["income", "size", "yes"], by=["area", "sex"], where=where)
        shares = survey.share(["yes", "grade"], by="area", where=where, margins=True)
        for question in ("income", "size", "yes"):
            alone = survey.mean(question, by=["area", "sex"], where=where).to_frame()
            part = together.to_frame().query("question == @question")
            part = part.drop(columns="question").reset_index(drop=True)
            pd.testing.assert_frame_equal(part, alone, rtol=1e-13)
        for question in ("yes", "grade"):
            one = survey.share(question, by="area", where=where, margins=True)
            mine = (shares.keys["question"] == question).to_numpy()
            # the sums are taken in another order
            np.testing.assert_allclose(shares.se[mine], one.se, rtol=1e-13)
            np.testing.assert_allclose(shares.n_effective[mine], one.n_effective, rtol=1e-13)


def test_one_answer_is_worth_one_whatever_the_other_groups_hold():
    frame = pd.DataFrame(
        {"y": [3.0, 1.0, 2.0, 5.0, 5.0], "g": list("abbcc"), "w": [4.0, 1.0, 2.0, 1.0, 3.0]}
    )
    for rows in (frame, frame[frame["g"] != "c"].reset_index(drop=True)):
        est = Survey(rows, weights="w").mean("y", by="g")
        assert est.n_effective[0] == 1
    # where all agree, (sum w)^2 / sum w^2
    assert Survey(frame, weights="w").mean("y", by="g").n_effective[2] == pytest.approx(16 / 10)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    scale=st.floats(1e-3, 1e3),
    design=st.sampled_from([d[1] for d in DESIGNS]),
)
def test_row_order_weight_scale_and_zero_weight_rows_change_nothing(seed, scale, design):
    frame = sample(seed, 3)
    rng = np.random.default_rng(seed)
    other = frame.assign(weight=frame["weight"] * scale)
    extra = other.sample(5, random_state=seed).assign(weight=0.0, yes=1.0)
    if "clusters" not in design or design["clusters"] == "psu":
        other = pd.concat([other, extra])
    other = other.iloc[rng.permutation(len(other))]
    first = Survey(frame, weights="weight", lonely_psu="certainty", **design)
    second = Survey(other, weights="weight", lonely_psu="certainty", **design)
    for a, b in [
        (first.share("yes", by=["area", "sex"]), second.share("yes", by=["area", "sex"])),
        (first.mean("income", by="grade"), second.mean("income", by="grade")),
    ]:
        one, two = a.to_frame(), b.to_frame()
        assert one.iloc[:, 0].tolist() == two.iloc[:, 0].tolist()
        numbers = ["estimate", "se", "ci_low", "ci_high", "df", "n", "n_effective", "deff"]
        np.testing.assert_allclose(one[numbers], two[numbers], rtol=1e-7, atol=1e-11)
        assert one["flag"].tolist() == two["flag"].tolist()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), design=st.sampled_from([d[1] for d in DESIGNS]))
def test_the_diagonal_of_cov_is_the_variance_and_shares_of_all_levels_sum_to_one(seed, design):
    frame = sample(seed, 3)
    survey = Survey(frame, weights="weight", lonely_psu="adjust", **design)
    est = survey.share(["grade", "yes"], by="area")
    np.testing.assert_allclose(np.sqrt(np.diag(est.cov())), est.se, rtol=1e-9, atol=1e-12)
    grade = survey.share("grade", by="area")
    assert grade.to_frame().groupby("area")["estimate"].sum().to_numpy() == pytest.approx(1)
    # the levels of a group sum to a constant, so their covariances sum to zero
    cov = grade.cov()
    per = len(grade) // 3
    for g in range(3):
        block = cov[g * per : (g + 1) * per, g * per : (g + 1) * per]
        np.testing.assert_allclose(block.sum(axis=0), 0, atol=1e-12)


def test_no_spread_is_no_standard_error():
    """The share of a stratum in a stratified sample is known, whatever the route."""
    frame = pd.DataFrame({"h": ["a"] * 40 + ["b"] * 60, "w": 2.5})
    frame["in_a"] = frame["h"] == "a"
    frame["psu"] = np.arange(100) // 5
    for clusters in (None, "psu"):
        survey = Survey(frame, weights="w", strata="h", clusters=clusters)
        assert survey.share("in_a").se[0] < 1e-15
        assert survey.total("in_a").se[0] < 1e-12
        assert survey.total().se[0] < 1e-12
        assert survey.total().estimate[0] == 250


def test_numbers_far_from_zero_keep_their_spread():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"year": 2e9 + rng.normal(size=500), "g": rng.integers(0, 3, 500)})
    shifted = frame.assign(year=frame["year"] - 2e9)
    big = Survey(frame).mean("year", by="g").se
    np.testing.assert_allclose(big, Survey(shifted).mean("year", by="g").se, rtol=1e-6)


def test_sums_are_the_same_every_time(frame):
    once = Survey(frame, weights="weight", strata="stratum").share("grade", by=["sex", "area"])
    again = Survey(frame, weights="weight", strata="stratum").share("grade", by=["sex", "area"])
    pd.testing.assert_frame_equal(once.to_frame(), again.to_frame(), check_exact=True)


def test_design_effect_and_effective_size(frame):
    survey = Survey(frame, weights="weight", strata="stratum", clusters="psu")
    row = survey.share("yes").to_frame().iloc[0]
    p, n = row["estimate"], row["n"]
    assert row["deff"] == pytest.approx(row["se"] ** 2 / (p * (1 - p) / (n - 1)), rel=1e-12)
    assert row["n_effective"] == pytest.approx(n / row["deff"], rel=1e-12)
    w = frame.loc[frame["yes"].notna(), "weight"].sum()
    est = survey.share("yes")
    assert est.deff_without[0] == pytest.approx(row["deff"] / (1 - n / w), rel=1e-12)
    # the weights of a sample scaled to its size cannot say how much of the population is left
    small = frame.assign(weight=frame["weight"] / frame["weight"].mean())
    assert np.isnan(Survey(small, weights="weight").share("yes").deff_without[0])


def test_df_says_whose_they_are(frame):
    survey = Survey(frame, weights="weight", strata="stratum", clusters="psu")
    where = frame["stratum"].isin(["s1", "s2"]) & frame["yes"].notna()
    part = frame[where]
    psus = len(part[["stratum", "psu"]].drop_duplicates())
    domain = survey.share("yes", where=where)
    assert domain.df[0] == psus - 2
    assert domain.df_rule == "domain"
    whole = survey.share("yes", where=where, df="design")
    assert whole.df[0] == survey.design.df != domain.df[0]
    assert whole.df_rule == "design"
    assert "design df" in whole.metadata.method
    assert whole.ci_high[0] - whole.ci_low[0] < domain.ci_high[0] - domain.ci_low[0]


def test_totals_of_nearly_equal_numbers_keep_their_digits():
    rng = np.random.default_rng(2)
    y = 1e6 + rng.normal(0, 0.1, 400)
    frame = pd.DataFrame({"y": y, "stratum": np.repeat(["a", "b"], 200), "weight": 2.0})
    est = Survey(frame, weights="weight", strata="stratum").total("y")
    want = sum(200 * np.var(2 * part, ddof=1) for part in np.split(y, 2))
    assert est.se[0] == pytest.approx(np.sqrt(want), rel=1e-9)


def test_shares_of_nearly_everybody_keep_their_digits():
    yes = np.ones(3_000_000, dtype=bool)
    yes[1_234_567] = False
    frame = pd.DataFrame({"yes": yes, "stratum": np.arange(yes.size) % 3})
    est = Survey(frame, strata="stratum").total("yes")
    n = yes.size // 3
    assert est.se[0] == pytest.approx(np.sqrt(n / (n - 1) * (1 - 1 / n)), rel=1e-9)
