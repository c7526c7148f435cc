"""`change`: against R survey, by hand, and where a cell cannot be compared."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import survey_stats as ss
from survey_stats.compare.contrast import equivalence_p, smallest_detectable
from survey_stats.compare.multiplicity import adjust_p
from survey_stats.errors import ComparabilityError, InputError, UnknownNameError

HERE = Path(__file__).parent / "reference"
# the same linearisation in the same arithmetic: only the order of sums differs
CLOSE = 1e-10
R = pd.read_csv(HERE / "changes.csv", skipinitialspace=True).set_index(["what", "group"])
DESIGN = {"weights": "weight", "strata": "stratum", "clusters": "psu"}


@pytest.fixture(scope="module")
def waves() -> pd.DataFrame:
    frame = pd.read_csv(HERE / "waves.csv")
    return frame.astype({"unsafe": "boolean", "strict": "boolean"})


@pytest.fixture(scope="module")
def both(waves) -> ss.Survey:
    return ss.Survey(waves, **DESIGN, name="schools")


def wave(waves: pd.DataFrame, year: int) -> ss.Survey:
    return ss.Survey(waves[waves.wave == year], **DESIGN, name="schools", wave=year)


def check(row: pd.Series, expected: pd.Series) -> None:
    assert row.difference == pytest.approx(expected.difference, rel=CLOSE)
    assert row.se == pytest.approx(expected.se, rel=CLOSE)
    assert row.df == pytest.approx(expected.df, rel=CLOSE)
    t = expected.difference / expected.se
    assert row.p_value == pytest.approx(2 * stats.t.sf(abs(t), expected.df), rel=1e-8)
    reach = stats.t.ppf(0.975, expected.df) * expected.se
    assert row.ci_low == pytest.approx(expected.difference - reach, rel=1e-8)
    assert row.ci_high == pytest.approx(expected.difference + reach, rel=1e-8)


@pytest.mark.parametrize("area", ["A", "B", "C"])
def test_waves_that_share_schools_agree_with_r(both, area):
    out = ss.change(
        both, both, "unsafe", by="area", before_where="wave == 2020", after_where="wave == 2023"
    )
    assert out.family.samples == "one design"
    check(out.to_frame().set_index("area").loc[area], R.loc["shared", area])


@pytest.mark.parametrize("area", ["A", "B", "C"])
def test_independent_waves_agree_with_r(waves, area):
    out = ss.change(wave(waves, 2020), wave(waves, 2023), "unsafe", by="area", df="domain")
    assert out.family.samples == "independent"
    check(out.to_frame().set_index("area").loc[area], R.loc["independent", area])


@pytest.mark.parametrize(
    ("what", "before", "after"),
    [
        ("women against men", "gender == 'men'", "gender == 'women'"),
        ("part against whole", "wave == 2023", "area == 'A'"),
        ("part against rest", "area != 'A'", "area == 'A'"),
    ],
)
def test_two_domains_of_one_survey_agree_with_r(both, what, before, after):
    out = ss.change(
        both,
        both,
        "unsafe",
        where="wave == 2023",
        before_where=before,
        after_where=after,
        df="domain",
    )
    expected = R.xs(what, level="what").iloc[0]
    check(out.to_frame().iloc[0], expected)


def test_two_results_of_one_survey_keep_their_covariance(both):
    late = both.share("unsafe", where="wave == 2023")
    strict = both.share("strict", where="wave == 2023")
    out = ss.change(late, strict, df="domain").to_frame().iloc[0]
    check(out, R.loc["strict coding", "all"])
    apart = np.hypot(late.se[0], strict.se[0])
    assert out.se < 0.6 * apart


def test_covariance_is_what_distinguishes_shared_from_independent(waves, both):
    shared = ss.change(
        both, both, "unsafe", by="area", before_where="wave == 2020", after_where="wave == 2023"
    )
    apart = ss.change(wave(waves, 2020), wave(waves, 2023), "unsafe", by="area")
    assert np.allclose(shared.difference, apart.difference)
    assert (shared.se < apart.se).all()


def test_results_by_the_df_of_the_design_keep_it(both):
    sides = [both.share("unsafe", "area", f"wave == {w}", df="design") for w in (2020, 2023)]
    assert (ss.change(*sides).df == both.design.df).all()


@pytest.mark.parametrize("replicated", [False, True])
def test_the_variance_is_that_of_the_cells_of_one_call(both, replicated):
    survey = both.with_replicates("jkn") if replicated else both
    out = ss.change(
        survey,
        survey,
        "unsafe",
        by="area",
        before_where="wave == 2020",
        after_where="wave == 2023",
    )
    together = survey.share("unsafe", by=["area", "wave"])
    contrast = np.kron(np.eye(3), [-1.0, 1.0])
    assert np.allclose(out.se**2, np.diag(contrast @ together.cov() @ contrast.T), rtol=1e-10)
    assert (out.se**2 < np.diag(contrast**2 @ np.diag(together.se**2) @ contrast.T**2)).all()


def test_domains_without_common_units_are_as_good_as_two_surveys():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "wave": np.repeat([1, 2], 200),
            "stratum": np.repeat(np.arange(10), 40),
            "psu": np.tile(np.repeat(np.arange(4), 10), 10),
            "q": rng.random(400) < 0.4,
        }
    )
    design = {"strata": "stratum", "clusters": "psu"}
    one = ss.Survey(frame, **design)
    within = ss.change(one, one, "q", before_where="wave == 1", after_where="wave == 2")
    parts = [ss.Survey(frame[frame.wave == w], **design) for w in (1, 2)]
    apart = ss.change(*parts, "q")
    assert within.se[0] == pytest.approx(apart.se[0], rel=1e-12)
    assert within.df[0] == pytest.approx(apart.df[0], rel=1e-12)


def test_results_of_two_surveys_have_no_covariance_to_share(waves):
    sides = [wave(waves, year).share("unsafe") for year in (2020, 2023)]
    with pytest.raises(ComparabilityError, match="give change the Surveys themselves"):
        ss.change(*sides, shared="psu")


def test_columns_are_those_of_the_contract(both):
    out = ss.change(
        both,
        both,
        "unsafe",
        by=["area", "gender"],
        before_where="wave == 2020",
        after_where="wave == 2023",
    ).to_frame()
    assert out.columns.tolist() == [
        "area",
        "gender",
        "before",
        "after",
        "difference",
        "se",
        "ci_low",
        "ci_high",
        "statistic",
        "df",
        "p_value",
        "p_adjusted",
        "verdict",
        "n_before",
        "n_after",
        "smallest_detectable",
        "flag",
    ]
    assert out.attrs["family_size"] == 6
    assert out.attrs["adjust"] == "holm"


def simple(yes: int, no: int, **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"q": [True] * yes + [False] * no, **columns})


def test_several_questions_are_one_family():
    frame = simple(60, 140).assign(r=lambda d: ~d.q)
    later = simple(90, 110).assign(r=lambda d: ~d.q)
    out = ss.change(ss.Survey(frame), ss.Survey(later), ["q", "r"]).to_frame()
    assert out.question.tolist() == ["q", "r"]
    assert np.allclose(out.p_adjusted, 2 * out.p_value)
    assert out.verdict.tolist() == ["significant increase", "significant decrease"]


def test_a_categorical_question_has_a_row_per_level():
    before = pd.DataFrame({"q": ["a"] * 50 + ["b"] * 30 + ["c"] * 20})
    after = pd.DataFrame({"q": ["a"] * 20 + ["b"] * 30 + ["c"] * 50})
    out = ss.change(ss.Survey(before), ss.Survey(after), "q").to_frame().set_index("level")
    assert out.difference.round(12).to_dict() == {"a": -0.3, "b": 0.0, "c": 0.3}
    assert out.attrs["family_size"] == 3


EDGES = pd.concat(
    [
        simple(40, 60, area="both"),
        simple(3, 1, area="few"),
        simple(50, 0, area="all yes"),
        simple(20, 30, area="gone"),
        pd.DataFrame({"q": [None] * 20, "area": "silent"}),
    ],
    ignore_index=True,
).astype({"q": "boolean"})
EDGES_AFTER = pd.concat(
    [
        simple(60, 40, area="both"),
        simple(30, 30, area="few"),
        simple(30, 20, area="all yes"),
        simple(20, 30, area="new"),
        simple(20, 30, area="silent"),
    ],
    ignore_index=True,
).astype({"q": "boolean"})


def test_cells_that_cannot_be_compared_say_why_and_do_not_count():
    out = ss.change(ss.Survey(EDGES), ss.Survey(EDGES_AFTER), "q", by="area")
    frame = out.to_frame().set_index("area")
    assert frame.flag.to_dict() == {
        "both": "",
        "few": "base under 5 before",
        "all yes": "standard error 0 before: all answers are equal",
        "gone": "only before: nothing to compare with",
        "silent": "no answers before",
        "new": "only after: nothing to compare with",
    }
    untested = frame[frame.flag != ""]
    numbers = [
        "se",
        "ci_low",
        "ci_high",
        "statistic",
        "df",
        "p_value",
        "p_adjusted",
        "smallest_detectable",
    ]
    assert untested[numbers].isna().all(axis=None)
    assert (untested.verdict == "cannot be decided").all()
    # the difference of two known shares stands, that of a handful of answers does not
    assert frame.difference["all yes"] == pytest.approx(-0.4)
    assert untested.difference.drop("all yes").isna().all()
    assert out.family.size == 1
    assert frame.p_adjusted["both"] == frame.p_value["both"]
    assert np.isfinite(frame.loc["both", numbers].astype(float)).all()


def test_no_degrees_of_freedom_is_missing_not_normal():
    frame = simple(10, 10, area=["x"] * 10 + ["y"] * 10).assign(psu=[1] * 10 + list(range(2, 12)))
    survey = ss.Survey(frame.assign(q=[True, False] * 10), clusters="psu")
    other = ss.Survey(simple(30, 30, area="x"))
    out = ss.change(survey, other, "q", by="area").to_frame().set_index("area")
    assert out.flag["x"] == "no degrees of freedom before"
    assert np.isnan(out.p_value["x"])
    assert np.isnan(out.ci_low["x"])


def test_unchanged_is_shown_and_not_assumed():
    large = ss.Survey(simple(3_000, 7_000)), ss.Survey(simple(3_010, 6_990))
    small = ss.Survey(simple(30, 70)), ss.Survey(simple(30, 70))
    assert ss.change(*large, "q").verdict[0] == "unchanged"
    assert ss.change(*small, "q").verdict[0] == "cannot be decided"
    assert ss.change(*large, "q", margin=0.005).verdict[0] == "cannot be decided"


def test_a_certain_change_within_the_margin_is_still_a_change():
    pair = ss.Survey(simple(30_000, 70_000)), ss.Survey(simple(31_000, 69_000))
    out = ss.change(*pair, "q")
    assert out.p_equivalence[0] < 0.05
    assert out.verdict[0] == "significant increase"


def test_holm_takes_away_what_many_looks_give():
    before = pd.concat([simple(40, 60, area=f"{i:02d}") for i in range(20)])
    after = pd.concat(
        [simple(55 if i == 0 else 40, 45 if i == 0 else 60, area=f"{i:02d}") for i in range(20)]
    )
    pair = ss.Survey(before), ss.Survey(after)
    single = ss.change(*pair, "q", by="area", adjust="none")
    family = ss.change(*pair, "q", by="area")
    assert single.verdict[0] == "significant increase"
    assert family.verdict[0] == "cannot be decided"
    assert family.p_adjusted[0] == pytest.approx(20 * family.p_value[0])
    assert family.smallest_detectable[0] > single.smallest_detectable[0]


@pytest.mark.parametrize("adjust", ["none", "holm", "hochberg", "fdr_bh", "fdr_by"])
def test_the_smallest_detectable_change_is_at_the_strictest_step(adjust):
    """A change of one cell among nothing else is found at its level and not just above it."""
    sizes = {"none": 0.05, "fdr_by": 0.05 / (4 * (1 + 1 / 2 + 1 / 3 + 1 / 4))}
    strict = sizes.get(adjust, 0.05 / 4)
    others = [0.99, 0.995, 1.0]
    assert adjust_p([strict * 0.999, *others], adjust)[0] <= 0.05
    assert adjust_p([strict * 1.001, *others], adjust)[0] > 0.05
    cells = [pd.concat([simple(y, 100 - y, area=a) for a in "abcd"]) for y in (40, 41)]
    out = ss.change(*map(ss.Survey, cells), "q", by="area", adjust=adjust)
    power = stats.nct.sf(stats.t.isf(strict / 2, out.df), out.df, out.smallest_detectable / out.se)
    assert np.allclose(power, 0.8, atol=1e-6)


def test_what_could_have_been_found_stands_beside_what_cannot_be_decided():
    out = ss.change(ss.Survey(simple(30, 70)), ss.Survey(simple(35, 65)), "q")
    assert out.verdict[0] == "cannot be decided"
    assert f"{out.smallest_detectable[0]:.4f}" in out._repr_html_()
    assert "smallest_detectable" in out._repr_html_()
    assert f"{out.smallest_detectable[0]:.6f}" in repr(out)


def test_smallest_detectable_is_what_the_test_finds_four_times_in_five():
    se, df = np.array([0.02]), np.array([9.0])
    d = smallest_detectable(se, df, 0.05)
    bar = stats.t.ppf(0.975, 9)
    assert stats.nct.sf(bar, 9, d[0] / se[0]) == pytest.approx(0.8, abs=1e-6)


def test_smallest_detectable_of_many_df_has_its_power():
    rng = np.random.default_rng(4)
    df = np.exp(rng.uniform(np.log(2), np.log(5000), 400))
    df[:3] = np.nan, 0.0, 2.0
    alpha = 0.05 / 400
    d = smallest_detectable(np.full(400, 0.5), df, alpha)
    assert np.isnan(d[:2]).all()
    bar = stats.t.ppf(1 - alpha / 2, df[2:])
    assert np.allclose(stats.nct.sf(bar, df[2:], d[2:] / 0.5), 0.8, atol=1e-6)
    few = smallest_detectable(np.full(8, 0.5), df[2:10], alpha)
    assert np.allclose(d[2:10], few, rtol=1e-6)


def test_equivalence_errs_at_most_at_the_level_on_the_margin():
    rng = np.random.default_rng(11)
    n, df = 40_000, 8
    se = 0.01 * np.sqrt(rng.chisquare(df, n) / df)
    p = equivalence_p(rng.normal(0.03, 0.01, n), se, np.full(n, float(df)), 0.03)
    assert 0.046 < (p <= 0.05).mean() < 0.054


def test_no_change_at_all_gives_a_false_verdict_in_few_families():
    rng = np.random.default_rng(20)
    areas, psus, members, families = 40, 12, 20, 30
    area = np.repeat(np.arange(areas), psus * members)
    psu = np.tile(np.repeat(np.arange(psus), members), areas)
    false, single = 0, []
    for _ in range(families):
        surveys = []
        for _ in range(2):
            level = 1 / (1 + np.exp(1 - rng.normal(0, 0.4, (areas, psus, 1))))
            q = (rng.random((areas, psus, members)) < level).ravel()
            frame = pd.DataFrame({"area": area, "psu": psu, "q": q})
            surveys.append(ss.Survey(frame, strata="area", clusters="psu"))
        out = ss.change(*surveys, "q", by="area")
        false += bool((out.p_adjusted <= 0.05).any())
        single.append((out.p_value <= 0.05).mean())
    # 5 % of 30 is 1.5; six or more have a chance of 0.3 %
    assert false <= 5
    assert 0.035 < np.mean(single) < 0.06


def test_means_are_compared_too():
    rng = np.random.default_rng(2)
    a = pd.DataFrame({"x": rng.normal(0, 1, 100)})
    b = pd.DataFrame({"x": rng.normal(1, 2, 80)})
    out = ss.change(ss.Survey(a), ss.Survey(b), "x", statistic="mean").to_frame().iloc[0]
    welch = stats.ttest_ind(b.x, a.x, equal_var=False)
    assert out.statistic == pytest.approx(welch.statistic, rel=1e-10)
    assert out.p_value == pytest.approx(welch.pvalue, rel=1e-8)


def test_bad_calls_say_what_to_do(both, waves):
    one, two = wave(waves, 2020), wave(waves, 2023)
    with pytest.raises(InputError, match="before_where="):
        ss.change(both, both, "unsafe")
    with pytest.raises(InputError, match="name a column"):
        ss.change(one, two)
    with pytest.raises(UnknownNameError, match="unsafe"):
        ss.change(one, two, "unsaf")
    with pytest.raises(UnknownNameError, match="fdr_bh"):
        ss.change(one, two, "unsafe", adjust="fdr_b")
    with pytest.raises(InputError, match="row by row"):
        ss.change(one, two, "unsafe", where=[True] * len(one))
    with pytest.raises(InputError, match="leave these arguments out"):
        ss.change(one.share("unsafe"), two.share("unsafe"), "unsafe")
    with pytest.raises(InputError, match="two Surveys or two Estimates"):
        ss.change(one, two.share("unsafe"), "unsafe")
    with pytest.raises(ComparabilityError, match="same statistic"):
        ss.change(one.share("unsafe"), two.total("unsafe"))
    with pytest.raises(ComparabilityError, match="same by columns"):
        ss.change(one.share("unsafe", by="area"), two.share("unsafe"))
    with pytest.raises(InputError, match="margin"):
        ss.change(one, two, "unsafe", margin=0)


def test_the_family_is_named_for_people(waves):
    out = ss.change(wave(waves, 2020), wave(waves, 2023), "unsafe", by="area")
    assert out.family.caption() == (
        "change of share of unsafe, schools 2020 to schools 2023, independent samples, "
        "3 comparisons (holm)"
    )
    assert "3 comparisons" in out._repr_html_()


@pytest.mark.parametrize("clusters", [None, "psu"])
def test_thousands_of_cells_are_what_each_is_alone(clusters):
    rng = np.random.default_rng(12)
    n, cells = 80_000, 10_000
    frame = pd.DataFrame({"cell": np.arange(n) % cells, "q": rng.random(n) < 0.4})
    frame["wave"], frame["h"] = rng.choice([2020, 2023], n), rng.integers(0, 6, n)
    frame["psu"], frame["w"] = rng.integers(0, 15, n), rng.uniform(1, 3, n)
    # the last wave asks some of the first again
    frame["both"] = rng.random(n) < 0.3
    survey = ss.Survey(frame, "w", "h", clusters)
    sides = {"before_where": "wave == 2020 or both", "after_where": "wave == 2023 or both"}
    out = ss.change(survey, survey, "q", by="cell", adjust="none", **sides)
    assert len(out) == cells
    tested = np.flatnonzero(out.smallest_detectable > 0)
    assert tested.size > 500
    for cell in tested[[0, 5, 77, 200, -1]].tolist():
        at = frame["cell"] == out.keys["cell"][cell]
        alone = ss.change(survey, survey, "q", where=at, adjust="none", **sides)
        assert alone.flag[0] == out.flag[cell] == ""
        for name in ("difference", "se", "df", "ci_low", "p_value", "n_after"):
            want = getattr(alone, name)[0]
            assert getattr(out, name)[cell] == pytest.approx(want, rel=1e-9, nan_ok=True)
        want = alone.smallest_detectable[0]
        assert out.smallest_detectable[cell] == pytest.approx(want, rel=1e-6, nan_ok=True)


def test_means_that_differ_by_rounding_only_have_no_test():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": 7.3, "w": rng.uniform(1, 9, 900), "g": rng.integers(0, 2, 900)})
    survey = ss.Survey(frame, "w")
    out = ss.change(
        survey, survey, "x", statistic="mean", before_where="g == 0", after_where="g == 1"
    )
    assert out.flag[0] == "standard error 0 before: all answers are equal"
    assert np.isnan([out.ci_low[0], out.ci_high[0], out.p_value[0]]).all()


def test_cells_in_another_order_find_each_other(both):
    late = both.share("unsafe", by="area", where="wave == 2023")
    some = both.share("unsafe", by="area", where="wave == 2020 and area != 'A'")
    out = ss.change(late, some).to_frame().set_index("area")
    assert out.flag["A"] == "only before: nothing to compare with"
    whole = ss.change(late, both.share("unsafe", by="area", where="wave == 2020")).to_frame()
    assert out.se["C"] == pytest.approx(whole.set_index("area").se["C"], rel=1e-10)


def test_a_first_comparison_loads_no_library_of_distributions():
    code = "import sys, survey_stats as ss; ss.change; print('scipy.stats' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


def test_different_codings_are_no_change_unless_the_caller_says_why():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"q": rng.random(800) < 0.3, "other": rng.random(800) < 0.4})
    old = ss.Survey(frame.iloc[:400], codings={"q": "research"})
    new = ss.Survey(frame.iloc[400:], codings={"q": "city"})
    why = "counted by different codings: research before, city after"
    for made in (
        ss.change(old, new, ["q", "other"]),
        ss.change(old.share(["q", "other"]), new.share(["q", "other"])),
    ):
        assert made.flag == (why, "")
        assert made.family.size == 1
        assert np.isnan(made.difference[0])
        assert np.isnan(made.ratio().value[0])
        assert np.isfinite(made.before).all()
    single = ss.change(old, new, "q")
    assert single.flag == (why,)
    forced = ss.change(old, new, ["q", "other"], override="to see what the coding does")
    assert forced.flag == ("", "")
    assert forced.override == "to see what the coding does"
    assert ss.change(new, ss.Survey(frame.iloc[:400], codings={"q": "city"}), "q").flag == ("",)
