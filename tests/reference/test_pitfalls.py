"""Mistakes that released survey packages made, one test for each that can happen here."""

from __future__ import annotations

import math
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import survey_stats as ss
from survey_stats.errors import DesignError, SurveyStatsError, UnknownNameError
from survey_stats.estimate import ReplicateWeights

FixtureOf = Callable[[str], pd.DataFrame]
DESIGN: dict[str, Any] = {"weights": "w", "strata": "stratum", "clusters": "psu"}


@pytest.fixture
def clusters(fixture_of: FixtureOf) -> pd.DataFrame:
    return fixture_of("clusters")


@pytest.fixture
def lonely(fixture_of: FixtureOf) -> pd.DataFrame:
    return fixture_of("lonely")


# --- domains and degrees of freedom


def test_rows_filtered_before_the_design_is_declared_lose_psus(clusters: pd.DataFrame) -> None:
    rural = clusters["area"] == "rural"
    domain = ss.Survey(clusters, **DESIGN).total("x", where=rural)
    filtered = ss.Survey(clusters[rural], **DESIGN).total("x")
    assert domain.estimate[0] == pytest.approx(filtered.estimate[0], rel=1e-12)
    scores = (clusters["w"] * clusters["x"]).where(rural).fillna(0.0)
    variance = 0.0
    for _, stratum in scores.groupby(clusters["stratum"]):
        totals = stratum.groupby(clusters["psu"]).sum()
        variance += len(totals) * totals.var(ddof=1)
    assert domain.se[0] ** 2 == pytest.approx(variance, rel=1e-10)


def test_a_missing_answer_is_a_domain_and_not_a_dropped_row(clusters: pd.DataFrame) -> None:
    # nobody in two PSUs of stratum 4 answers: they still count, with a total of zero
    silent = (clusters["stratum"] == 4) & (clusters["psu"] <= 2)
    frame = clusters.assign(x=clusters["x"].mask(silent))
    kept = ss.Survey(frame, **DESIGN).total("x")
    dropped = ss.Survey(frame[frame["x"].notna()], **DESIGN).total("x")
    assert kept.estimate[0] == pytest.approx(dropped.estimate[0], rel=1e-12)
    assert kept.se[0] > 1.1 * dropped.se[0]
    assert kept.n[0] == frame["x"].notna().sum()


def test_each_row_has_its_df_and_says_by_which_rule(clusters: pd.DataFrame) -> None:
    survey = ss.Survey(clusters, **DESIGN)
    own = survey.mean("x", by="area")
    whole = survey.mean("x", by="area", df="design")
    assert whole.df.tolist() == [19.0, 19.0]
    rural, urban = own.df
    assert rural < 10 < urban
    assert "domain" in own.metadata.method
    assert "design" in whole.metadata.method
    half = own.ci_high - own.estimate
    np.testing.assert_allclose(half, stats.t.ppf(0.975, own.df) * own.se, rtol=1e-10)


def test_no_df_gives_no_interval_and_says_why() -> None:
    frame = pd.DataFrame(
        {
            "stratum": [1, 1, 2, 2],
            "psu": [1, 2, 1, 2],
            "g": ["a", "b", "b", "b"],
            "x": [1.0, 2.0, 4.0, 3.0],
            "y": [1, 0, 1, 0],
        }
    )
    survey = ss.Survey(frame, strata="stratum", clusters="psu")
    for estimates in (survey.mean("x", by="g"), survey.share("y", by="g")):
        row = estimates.to_frame().iloc[0]
        assert row["df"] == 0
        assert math.isnan(row["ci_low"])
        assert math.isnan(row["ci_high"])
        assert "df" in row["flag"]


def test_the_base_of_the_interval_is_the_domains_not_the_files(clusters: pd.DataFrame) -> None:
    rural = clusters["area"] == "rural"
    found = ss.Survey(clusters, **DESIGN).share("y", where=rural, interval="korn-graubard")
    n, p, df = int(found.n[0]), found.estimate[0], found.df[0]
    assert n == clusters.loc[rural, "y"].notna().sum() < len(clusters) / 2

    def low(base: int) -> float:
        shrink = (stats.t.ppf(0.025, base - 1) / stats.t.ppf(0.025, df)) ** 2
        size = p * (1 - p) / found.se[0] ** 2 * shrink
        return float(stats.beta.ppf(0.025, size * p, size * (1 - p) + 1))

    assert found.ci_low[0] == pytest.approx(low(n), rel=1e-9)
    assert abs(found.ci_low[0] / low(len(clusters)) - 1) > 1e-3


# --- strata and PSUs


def test_lonely_psus_are_named_and_the_caller_chooses(lonely: pd.DataFrame) -> None:
    with pytest.raises(DesignError, match=r"3 of 7 strata.*\(2, 5, 7\)"):
        ss.Survey(lonely, **DESIGN)
    errors = {
        rule: ss.Survey(lonely, **DESIGN, lonely_psu=rule).mean("x").se[0]
        for rule in ("certainty", "adjust", "average", "collapse")
    }
    assert len({round(float(se), 10) for se in errors.values()}) == 4
    assert errors["certainty"] == min(errors.values())


def test_a_domain_that_leaves_one_psu_follows_the_rule_where_asked(lonely: pd.DataFrame) -> None:
    frame = lonely[~lonely["stratum"].isin([2, 5, 7])]
    for rule in ("certainty", "adjust", "average"):
        plain = ss.Survey(frame, **DESIGN, lonely_psu=rule).mean("x", by="g")
        asked = ss.Survey(frame, **DESIGN, lonely_psu=rule, lonely_domain=True).mean("x", by="g")
        assert plain.se[0] == pytest.approx(asked.se[0], rel=1e-12)
        assert (plain.se[1] != asked.se[1]) == (rule != "certainty")
    stop = ss.Survey(frame, **DESIGN, lonely_domain=True).mean("x", by="g").to_frame()
    assert math.isnan(stop["se"].iloc[1])
    assert "single PSU" in stop["flag"].iloc[1]
    assert stop["flag"].iloc[0] == ""


def test_psu_codes_reused_between_strata_stay_apart(clusters: pd.DataFrame) -> None:
    reused = ss.Survey(clusters, **DESIGN)
    unique = ss.Survey(clusters, **{**DESIGN, "clusters": "psu_unique"})
    assert reused.design.df == unique.design.df == 25 - 6
    np.testing.assert_array_equal(reused.mean("x").se, unique.mean("x").se)
    with pytest.raises(DesignError, match="more than one stratum"):
        ss.Survey(clusters, **DESIGN, nest=False)


def test_stratum_codes_read_as_floats_are_strata(clusters: pd.DataFrame) -> None:
    floats = clusters.assign(stratum=clusters["stratum"].astype(float))
    np.testing.assert_array_equal(
        ss.Survey(floats, **DESIGN).mean("x").se, ss.Survey(clusters, **DESIGN).mean("x").se
    )


def test_an_fpc_is_a_size_or_a_fraction_and_never_smaller_than_the_sample(
    clusters: pd.DataFrame,
) -> None:
    by_size = ss.Survey(clusters, **DESIGN, fpc="n_psu").mean("x")
    by_fraction = ss.Survey(clusters, **DESIGN, fpc="f_psu").mean("x")
    np.testing.assert_allclose(by_size.se, by_fraction.se, rtol=1e-12)
    assert by_size.se[0] < ss.Survey(clusters, **DESIGN).mean("x").se[0]
    with pytest.raises(DesignError, match=r"smaller than the sample.*2: 5 < 6"):
        ss.Survey(clusters.assign(n_psu=5), **DESIGN, fpc="n_psu")
    mixed = clusters.assign(n_psu=clusters["n_psu"].where(clusters["stratum"] > 1, 0.3))
    with pytest.raises(DesignError, match=r"sizes.*fractions"):
        ss.Survey(mixed, **DESIGN, fpc="n_psu")


# --- shares and intervals


@pytest.mark.parametrize("interval", ["wilson", "logit", "korn-graubard", "likelihood"])
@pytest.mark.parametrize("answer", [0, 1])
def test_nobody_and_everybody_have_an_interval_with_a_width(
    clusters: pd.DataFrame, interval: str, answer: int
) -> None:
    survey = ss.Survey(clusters.assign(y=answer), **DESIGN)
    rows = survey.share("y", by="area", interval=interval).to_frame()
    assert (rows["estimate"] == answer).all()
    low, high = rows["ci_low"], rows["ci_high"]
    assert (high - low > 0.005).all()
    assert ((low >= 0) & (high <= 1)).all()
    assert (high == 1).all() if answer else (low == 0).all()


def test_the_level_is_honoured_in_every_group(clusters: pd.DataFrame) -> None:
    survey = ss.Survey(clusters, **DESIGN)
    for method, question in (("share", "y"), ("mean", "x"), ("total", "x")):
        at = {v: getattr(survey, method)(question, by="area", level=v) for v in (0.8, 0.99)}
        width = {v: e.ci_high - e.ci_low for v, e in at.items()}
        assert (width[0.99] > 1.3 * width[0.8]).all()
    for level in (0, 1, 95):
        with pytest.raises(SurveyStatsError, match="level"):
            survey.share("y", level=level)


def test_a_share_of_a_cell_has_the_variance_of_a_ratio(clusters: pd.DataFrame) -> None:
    survey = ss.Survey(clusters, **DESIGN)
    share = survey.share("y", by="area")
    known = clusters["y"].notna()
    totals = survey.total("y", by="area")
    people = survey.total(where=known, by="area")
    as_total = totals.se / people.estimate
    assert (np.abs(share.se / as_total - 1) > 0.02).all()
    np.testing.assert_allclose(share.estimate, totals.estimate / people.estimate, rtol=1e-12)


def test_a_group_with_only_missing_answers_leaves_the_others_alone(clusters: pd.DataFrame) -> None:
    silent = clusters["area"] == "rural"
    frame = clusters.assign(y=clusters["y"].mask(silent), x=clusters["x"].mask(silent))
    survey = ss.Survey(frame, **DESIGN)
    plain = ss.Survey(clusters, **DESIGN)
    for method, question in (("share", "y"), ("mean", "x"), ("ratio", "x")):
        arguments = ("v",) if method == "ratio" else ()
        rows = getattr(survey, method)(question, *arguments, by="area").to_frame()
        rest = getattr(plain, method)(question, *arguments, by="area").to_frame()
        assert rows["area"].tolist() == ["rural", "urban"]
        first = rows.iloc[0]
        assert first["n"] == 0
        assert math.isnan(first["estimate"])
        assert math.isnan(first["se"])
        assert "no answers" in first["flag"]
        pd.testing.assert_series_equal(rows.iloc[1], rest.iloc[1], check_exact=False, rtol=1e-12)


def test_missing_group_values_make_no_group(fixture_of: FixtureOf) -> None:
    frame = fixture_of("element")
    assert frame["s"].isna().any()
    rows = ss.Survey(frame, weights="w", strata="stratum").share("y", by="s").to_frame()
    assert rows["s"].tolist() == ["men", "women"]


# --- weights


@pytest.mark.parametrize(
    ("value", "word"), [(-1.0, "negative"), (np.nan, "missing"), (np.inf, "in")]
)
def test_impossible_weights_are_refused_before_any_number(
    clusters: pd.DataFrame, value: float, word: str
) -> None:
    weights = clusters["w"].to_numpy(copy=True)
    weights[[3, 7]] = value
    with pytest.raises(DesignError, match=rf"(?s){word}.*3, 7"):
        ss.Survey(clusters.assign(w=weights), **DESIGN)


def test_a_stratum_without_weight_is_refused_by_name(clusters: pd.DataFrame) -> None:
    frame = clusters.assign(w=clusters["w"].where(clusters["stratum"] != 4, 0.0))
    with pytest.raises(DesignError, match=r"zero in 1 strata \(4\)"):
        ss.Survey(frame, **DESIGN)


def test_names_that_are_not_there_are_refused_with_the_nearest(clusters: pd.DataFrame) -> None:
    survey = ss.Survey(clusters, **DESIGN)
    with pytest.raises(UnknownNameError, match="'area'"):
        survey.share("y", by="aera")
    with pytest.raises(UnknownNameError, match="'good'"):
        survey.share("z", of="goood")
    with pytest.raises(UnknownNameError, match="'stratum'"):
        ss.Survey(clusters, weights="w", strata="stratumm")


# --- engineering


def test_the_same_question_gives_the_same_bits(clusters: pd.DataFrame) -> None:
    code = (
        "import pandas as pd, survey_stats as ss;"
        "f = pd.DataFrame({'g': [c for c in 'hgfedcba'] * 40, 'y': [0, 1, 1, 0, 1] * 64,"
        " 'w': [1 + i % 7 / 3 for i in range(320)], 'p': [f'p{i % 23}' for i in range(320)]});"
        "e = ss.Survey(f, weights='w', clusters='p').share('y', by='g');"
        "print(e.estimate.tobytes().hex(), e.se.tobytes().hex())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_a_new_frame_is_never_answered_from_an_old_one(clusters: pd.DataFrame) -> None:
    for shift in range(20):
        frame = clusters.assign(x=clusters["x"] + shift, area=f"area {shift}")
        rows = ss.Survey(frame, **DESIGN).mean("x", by="area").to_frame()
        assert rows["area"].tolist() == [f"area {shift}"]
        del frame


def test_a_survey_keeps_its_answers_when_the_callers_frame_changes(clusters: pd.DataFrame) -> None:
    frame = clusters.copy()
    survey = ss.Survey(frame, **DESIGN)
    before = survey.mean("x").estimate[0]
    frame["x"] = 0.0
    frame.loc[:, "w"] = 1.0
    assert survey.mean("x").estimate[0] == before
    with pytest.raises(AttributeError):
        survey.name = "changed"  # type: ignore[misc]


def test_the_frame_of_the_caller_is_not_changed(clusters: pd.DataFrame) -> None:
    frame = clusters.copy()
    survey = ss.Survey(frame, **DESIGN)
    survey.share("z", by=["area", "s"], where="v < 20").cov()
    survey.ratio("x", "v", by="s")
    pd.testing.assert_frame_equal(frame, clusters)


# --- tests and quantiles


def test_an_empty_cell_does_not_stop_the_test_of_a_table(clusters: pd.DataFrame) -> None:
    frame = clusters.assign(z=clusters["z"].mask((clusters["z"] == "bad") & (clusters["y"] == 1)))
    assert pd.crosstab(frame["z"], frame["y"]).to_numpy().min() == 0
    survey = ss.Survey(frame, **DESIGN)
    for statistic in ("F", "chisq"):
        test = survey.independence("z", "y", statistic=statistic)
        assert 0 <= test.p_value <= 1
        assert test.statistic > 0


def test_the_p_value_of_a_table_is_not_that_of_weighted_counts(clusters: pd.DataFrame) -> None:
    survey = ss.Survey(clusters, **DESIGN)
    test = survey.independence("z", "s")
    known = clusters[clusters["z"].notna()]
    counts = known.pivot_table(index="z", columns="s", values="w", aggfunc="sum")
    naive = stats.chi2_contingency(counts, correction=False)
    # weighted counts pretend that each weight is a respondent
    assert naive.pvalue < 0.2 * test.p_value
    assert test.pearson == pytest.approx(
        naive.statistic * test.n / counts.to_numpy().sum(), rel=1e-9
    )
    scaled = ss.Survey(clusters.assign(w=clusters["w"] * 1000), **DESIGN).independence("z", "s")
    assert scaled.p_value == pytest.approx(test.p_value, rel=1e-9)


def test_overlapping_intervals_are_not_a_test(fixture_of: FixtureOf) -> None:
    """Two cells of one sample whose intervals overlap although they differ for certain."""
    rng = np.random.default_rng(2)
    level = rng.normal(0, 5, 40)
    frame = pd.DataFrame({"psu": np.repeat(np.arange(40), 10), "g": ["a", "b"] * 200})
    frame["x"] = level[frame["psu"]] + (frame["g"] == "b") + rng.normal(0, 0.5, 400)
    survey = ss.Survey(frame, clusters="psu")
    by = survey.mean("x", by="g")
    assert by.ci_low[1] < by.ci_high[0]
    test = survey.t_test("x", "g")
    assert test.p_value < 1e-6
    # the PSUs are shared, so the covariance is most of the variances
    cov = by.cov()
    assert test.se**2 == pytest.approx(cov[0, 0] + cov[1, 1] - 2 * cov[0, 1], rel=1e-9)
    assert cov[0, 1] > 0.9 * cov[0, 0]


def test_endpoints_of_a_quantile_follow_the_rule_of_the_point(clusters: pd.DataFrame) -> None:
    survey = ss.Survey(clusters, **DESIGN)
    answers = set(clusters["x"].dropna())
    stepped = survey.quantile("x", [0.1, 0.5, 0.9], rule="math")
    for bound in (stepped.estimate, stepped.ci_low, stepped.ci_high):
        assert set(bound) <= answers
    smooth = survey.quantile("x", [0.1, 0.5, 0.9], rule="hf7")
    for bound in (smooth.estimate, smooth.ci_low, smooth.ci_high):
        assert not set(bound) <= answers


def test_the_median_is_the_quantile_of_one_half_and_orders_are_honoured(
    clusters: pd.DataFrame,
) -> None:
    survey = ss.Survey(clusters, **DESIGN)
    median, half = survey.median("x", by="s"), survey.quantile("x", by="s")
    np.testing.assert_array_equal(median.estimate, half.estimate)
    np.testing.assert_array_equal(median.ci_low, half.ci_low)
    orders = survey.quantile("x", [0.2, 0.5, 0.8], by="s").to_frame()
    assert (orders.groupby("s")["estimate"].diff().dropna() > 0).all()
    low = survey.quantile("x", 0.2, by="s")
    assert (low.estimate < median.estimate).all()
    with pytest.raises(SurveyStatsError):
        survey.quantile("x", 1.5)


# --- replicates


def hadamard_pairs(fixture_of: FixtureOf) -> ss.Survey:
    return ss.Survey(fixture_of("pairs"), **DESIGN)


def test_replicates_made_from_the_design_have_the_closed_form_of_a_total(
    fixture_of: FixtureOf,
) -> None:
    pairs = hadamard_pairs(fixture_of)
    clusters_survey = ss.Survey(fixture_of("clusters"), **DESIGN)
    for survey, kinds in ((pairs, ("jkn", "brr", "fay")), (clusters_survey, ("jkn",))):
        closed = survey.total(["x", "y"], by="s")
        for kind in kinds:
            # a defective Hadamard matrix or a wrong scale would show here
            made = survey.with_replicates(kind).total(["x", "y"], by="s")
            np.testing.assert_allclose(made.estimate, closed.estimate, rtol=1e-12)
            np.testing.assert_allclose(made.se, closed.se, rtol=1e-9, err_msg=kind)
            np.testing.assert_allclose(made.cov(), closed.cov(), rtol=1e-8, atol=1e-6)


def test_the_rao_wu_bootstrap_is_near_the_closed_form_of_a_total(fixture_of: FixtureOf) -> None:
    survey = ss.Survey(fixture_of("clusters"), **DESIGN)
    made = survey.with_replicates("bootstrap", replicates=4000, seed=7)
    closed = survey.total("x", by="s")
    # the relative error of a variance from R replicates is about sqrt(2 / R) = 2 %
    np.testing.assert_allclose(made.total("x", by="s").se ** 2, closed.se**2, rtol=0.1)


def test_replicate_weights_that_do_not_fit_their_kind_are_refused(fixture_of: FixtureOf) -> None:
    frame = pd.concat([fixture_of("pairs"), fixture_of("pairs_brr")], axis=1)
    n = fixture_of("pairs_brr").shape[1]
    names = [f"r{i + 1}" for i in range(n)]
    wrong = (
        ReplicateWeights(names, "jkn"),
        ReplicateWeights(names, "fay"),
        ReplicateWeights(names, "jkn", rscales=[0.5] * (n - 1)),
        ReplicateWeights("q", "brr"),
        ReplicateWeights(names, "brr", rho=0.3),
    )
    for given in wrong:
        with pytest.raises(SurveyStatsError):
            ss.Survey(frame, weights="w", replicates=given)
    holed = frame.assign(r2=frame["r2"].where(frame.index != 4))
    with pytest.raises(DesignError, match=r"r2.*4"):
        ss.Survey(holed, weights="w", replicates=ReplicateWeights("r", "brr"))


def test_a_prefix_of_replicate_weights_takes_no_other_column(fixture_of: FixtureOf) -> None:
    frame = pd.concat([fixture_of("pairs"), fixture_of("pairs_brr")], axis=1)
    plain = ss.Survey(frame, weights="w", replicates=ReplicateWeights("r", "brr")).mean("x")
    extra = frame.assign(r_flag=1.0, region=2.0, r1_note=3.0, r=4.0)
    more = ss.Survey(extra, weights="w", replicates=ReplicateWeights("r", "brr")).mean("x")
    np.testing.assert_array_equal(plain.se, more.se)


# --- cost


def test_memory_stays_near_the_columns_used() -> None:
    n = 200_000
    rng = np.random.default_rng(11)
    frame = pd.DataFrame(
        {
            "stratum": rng.integers(0, 40, n),
            "psu": rng.integers(0, 10, n),
            "w": rng.uniform(1, 5, n),
            "a": pd.Categorical.from_codes(rng.integers(0, 11, n), list("abcdefghijk")),
            "b": pd.Categorical.from_codes(rng.integers(0, 12, n), list("abcdefghijkl")),
            "y": rng.random(n) < 0.3,
        }
    )
    bytes_used = frame.memory_usage(index=False).sum()
    for design in (DESIGN, {"weights": "w", "strata": "stratum"}):
        tracemalloc.start()
        rows = ss.Survey(frame, **design).share("y", by=["a", "b"]).to_frame()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(rows) == 132
        assert peak < 3 * bytes_used


def test_importing_loads_only_what_is_used() -> None:
    code = (
        "import sys, survey_stats as ss; first = set(sys.modules); ss.Survey;"
        "print('pandas' in first, *(m in sys.modules for m in ('matplotlib', 'statsmodels',"
        " 'seaborn', 'great_tables', 'nbclient', 'pydantic')))"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert set(output.split()) == {"False"}
