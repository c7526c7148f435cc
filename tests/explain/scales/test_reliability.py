"""Alpha, omega and item statistics against R (reference/make.R), and what must hold of them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import InputError
from survey_stats.explain.scales import factor, inference, moments, polychoric
from survey_stats.explain.scales.scale import scale

REFERENCE = Path(__file__).parent / "reference"
FIVE = list("abcde")
FOUR = list("wxyz")


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "answers.csv")


@pytest.fixture(scope="module")
def told() -> pd.Series:
    return pd.read_csv(REFERENCE / "reliability.csv").set_index(["what", "item"])["value"]


@pytest.fixture(scope="module")
def survey(answers) -> ss.Survey:
    return ss.Survey(answers, weights="weight", strata="stratum", clusters="psu")


@pytest.fixture(scope="module")
def five(survey):
    return scale(survey, FIVE, name="unrest", reverse="c")


@pytest.fixture(scope="module")
def plain(answers):
    """The complete answers, unweighted."""
    return scale(ss.Survey(answers.dropna(subset=FIVE)), FIVE, reverse="c")


def test_weighted_alpha_is_that_of_svycralpha(five, survey, told):
    assert five.alpha == pytest.approx(told["weighted alpha", "abcde"], abs=1e-12)
    yes = scale(survey, FOUR)
    assert yes.alpha == pytest.approx(told["weighted alpha", "wxyz"], abs=1e-12)
    women = scale(survey, FIVE, reverse="c", where="group == 'women'")
    assert women.alpha == pytest.approx(told["weighted alpha women", "abcde"], abs=1e-12)


def test_groups_are_domains(five, told):
    frame = five.reliability("group").to_frame().set_index(["group", "statistic"])
    expected = told["weighted alpha women", "abcde"]
    assert frame.estimate["women", "alpha"] == pytest.approx(expected, abs=1e-12)
    assert frame.n["women", "alpha"] + frame.n["men", "alpha"] == five.complete.sum()


def test_linearised_errors_are_those_of_svycontrast(five, told):
    row = five.reliability()["alpha"]
    assert row.se == pytest.approx(told["se of alpha", "abcde"], rel=1e-10)
    assert row.df == 48 - 6
    frame = five.to_frame().set_index("item")
    for item in FIVE:
        assert frame.item_rest[item] == pytest.approx(told["weighted item-rest", item], abs=1e-12)
        assert frame.item_rest_se[item] == pytest.approx(told["se of item-rest", item], rel=1e-9)


def test_jackknife_errors_are_those_of_with_replicates(survey, told):
    found = scale(survey.with_replicates("jkn"), FIVE, reverse="c").reliability()
    assert found["alpha"].se == pytest.approx(told["jackknife se of alpha", "abcde"], rel=1e-10)
    # factanal stops at 1e-10 of its likelihood
    assert found["omega"].se == pytest.approx(told["jackknife se of omega", "abcde"], rel=1e-6)


def test_linearised_and_jackknife_errors_nearly_agree(five, survey):
    linear = five.reliability(ordinal=True).to_frame().set_index("statistic")
    twin = scale(survey.with_replicates("jkn"), FIVE, reverse="c")
    again = twin.reliability(ordinal=True).to_frame().set_index("statistic")
    np.testing.assert_allclose(linear.se, again.se, rtol=0.03)
    np.testing.assert_allclose(linear.estimate, again.estimate, rtol=1e-12)
    # the bootstrap of few PSUs is rougher
    boot = scale(survey.with_replicates("bootstrap", replicates=400), FIVE, reverse="c")
    assert boot.reliability()["omega"].se == pytest.approx(linear.se["omega"], rel=0.2)


def test_omega_is_that_of_lavaan_and_factanal(five, plain, told):
    assert five.omega == pytest.approx(told["weighted omega", "abcde"], abs=1e-8)
    assert five.omega == pytest.approx(told["lavaan weighted omega", "abcde"], abs=1e-7)
    assert plain.omega == pytest.approx(told["lavaan omega", "abcde"], abs=1e-7)
    loading = plain.to_frame().set_index("item").loading
    for item in FIVE:
        # optimisers know the place of a minimum to the root of its value
        assert loading[item] == pytest.approx(told["lavaan loading", item], abs=1e-6)


def test_omega_of_standardised_items_is_that_of_psych(answers, told):
    frame = answers.dropna(subset=FIVE)
    found = scale(ss.Survey(frame), FIVE, reverse="c", standardise=True)
    # psych stops its maximum likelihood early
    assert found.omega == pytest.approx(told["psych omega", "abcde"], abs=1e-4)
    standard = told["standardised alpha", "abcde"]
    assert found.alpha == pytest.approx(standard, abs=1e-12)


def test_unweighted_numbers_are_those_of_psych(plain, told):
    rows = plain.reliability()
    assert rows["alpha"].estimate == pytest.approx(told["alpha", "abcde"], abs=1e-12)
    standard = told["standardised alpha", "abcde"]
    assert rows["alpha_standardised"].estimate == pytest.approx(standard, abs=1e-12)
    mean = told["mean correlation", "abcde"]
    assert rows["mean_correlation"].estimate == pytest.approx(mean, abs=1e-12)
    frame = plain.to_frame().set_index("item")
    for column, what in (
        ("item_rest", "item-rest"),
        ("alpha_without", "alpha without"),
        ("mean", "item mean"),
        ("sd", "item sd"),
    ):
        for item in FIVE:
            assert frame[column][item] == pytest.approx(told[what, item], abs=1e-12)


def test_pingouin_says_the_same_unweighted(plain):
    pytest.importorskip("pingouin")
    rows = plain.reliability(unweighted=True)
    assert rows["alpha"].estimate == pytest.approx(rows["alpha_unweighted"].estimate, abs=1e-12)
    # Feldt's and our interval rest on different approximations
    assert rows["alpha"].ci_low == pytest.approx(rows["alpha_unweighted"].ci_low, abs=0.01)
    assert rows["alpha"].ci_high == pytest.approx(rows["alpha_unweighted"].ci_high, abs=0.01)


def test_ordinal_alpha_is_that_of_polychoric_correlations(five, survey, told):
    found = five.reliability(ordinal=True)["alpha_ordinal"]
    assert found.estimate == pytest.approx(told["ordinal alpha", "abcde"], abs=1e-7)
    tetrachoric = scale(survey, FOUR).reliability(ordinal=True)["alpha_ordinal"]
    assert tetrachoric.estimate == pytest.approx(told["ordinal alpha", "wxyz"], abs=1e-7)
    rows = five.complete
    R = polychoric.ordinal_alpha(five.values[rows], survey.design.weights[rows]).correlations
    assert R[0, 1] == pytest.approx(told["weighted polychoric", "ab"], abs=1e-6)
    assert R[3, 4] == pytest.approx(told["weighted polychoric", "de"], abs=1e-6)


def test_polycor_agrees_unweighted(plain, told):
    R = polychoric.ordinal_alpha(plain.values, np.ones(len(plain.values))).correlations
    # polycor searches to 1e-4
    assert R[0, 1] == pytest.approx(told["polycor", "ab"], abs=2e-4)


def test_eigenvalues_are_those_of_r(five, told):
    expected = [told["eigenvalue", str(i)] for i in range(1, 6)]
    np.testing.assert_allclose(five.factor.eigenvalues, expected, rtol=1e-12)
    assert five.factor.first_share == pytest.approx(expected[0] / 5)
    assert five.factor.one_dimension


def covariances(seed: int, k: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    load = rng.uniform(0.4, 1.2, k)
    return np.outer(load, load) + np.diag(rng.uniform(0.3, 1.5, k))


@pytest.mark.parametrize("k", [3, 4, 8])
def test_gradients_are_those_of_small_steps(k):
    C = covariances(k, k) + 0.02 * covariances(k + 1, k)
    start = factor.one_factor(moments.correlation(C))
    statistics = [
        moments.ALPHA,
        moments.STANDARDISED_ALPHA,
        moments.MEAN_CORRELATION,
        moments.item_rest_statistic(1),
        moments.of_correlation(moments.item_rest_statistic(0)),
        factor.omega_statistic(start),
        moments.of_correlation(factor.omega_statistic(start)),
    ]
    for statistic in statistics:
        slope = statistic.gradient(C)
        for i, j in [(0, 0), (0, 1), (k - 1, k - 2), (k - 1, k - 1)]:
            step = np.zeros((k, k))
            step[i, j] += 5e-6
            step[j, i] += 5e-6
            moved = (statistic.value(C + step) - statistic.value(C - step)) / 1e-5
            assert (slope * step).sum() / 5e-6 == pytest.approx(moved, rel=1e-5)


def test_omega_of_a_true_one_factor_model_is_exact():
    rng = np.random.default_rng(4)
    load, own = rng.uniform(0.5, 1.5, 6), rng.uniform(0.2, 2, 6)
    C = np.outer(load, load) + np.diag(own)
    assert factor.omega(C) == pytest.approx(load.sum() ** 2 / C.sum(), abs=1e-12)
    # equal loadings: alpha is omega; unequal: alpha is below
    even = np.full((6, 6), 0.4) + np.diag(own)
    assert moments.alpha(even) == pytest.approx(factor.omega(even), abs=1e-12)
    assert moments.alpha(C) < factor.omega(C)


def test_two_items_are_spearman_brown(survey):
    both = scale(survey, ["x", "y"])
    rows = both.reliability()
    r = rows["mean_correlation"].estimate
    assert rows["alpha_standardised"].estimate == pytest.approx(2 * r / (1 + r), abs=1e-14)
    assert np.isnan(rows["omega"].estimate)
    assert rows["omega"].flag == "omega needs three items; two do not tell their loadings apart"
    assert both.to_frame()["alpha_without"].isna().all()


def test_scale_of_weights_order_of_rows_and_order_of_items_change_nothing(answers, five):
    expected = five.reliability(ordinal=True).to_frame()
    shuffled = answers.sample(frac=1, random_state=3).assign(weight=lambda d: 1000 * d.weight)
    other = ss.Survey(shuffled, weights="weight", strata="stratum", clusters="psu")
    found = scale(other, FIVE[::-1], name="unrest", reverse="c").reliability(ordinal=True)
    for column in ("estimate", "se", "ci_low", "ci_high", "df", "n"):
        np.testing.assert_allclose(found.to_frame()[column], expected[column], rtol=1e-9)


def test_a_respondent_of_weight_zero_changes_nothing(answers, five):
    extra = answers.iloc[:40].assign(weight=0.0, a=1, b=4, c=4, d=1, e=4)
    more = pd.concat([answers, extra], ignore_index=True)
    found = scale(
        ss.Survey(more, weights="weight", strata="stratum", clusters="psu"), FIVE, reverse="c"
    )
    assert found.alpha == pytest.approx(five.alpha, abs=1e-14)
    assert found.reliability()["alpha"].se == pytest.approx(five.reliability()["alpha"].se)
    assert found.n == five.n


def test_alpha_without_an_item_is_alpha_of_the_others(five, survey):
    # on the same respondents: those who answered all five
    both = survey.frame[FIVE].notna().all(axis=1)
    short = scale(survey, list("abde"), where=both)
    frame = five.to_frame().set_index("item")
    assert frame.alpha_without["c"] == pytest.approx(short.alpha, abs=1e-13)


def test_intervals_stay_below_one_and_widen_with_the_level(five):
    narrow, wide = five.reliability(level=0.8)["alpha"], five.reliability(level=0.99)["alpha"]
    assert wide.ci_low < narrow.ci_low < narrow.estimate < narrow.ci_high < wide.ci_high < 1


def test_intervals_of_alpha_cover_the_truth():
    """Clustered samples with unequal weights from a known model; 95 % within Monte Carlo error."""
    rng = np.random.default_rng(12)
    k, psus, size, rounds = 4, 40, 10, 300
    load = np.array([0.6, 0.9, 0.8, 0.7])
    between = 0.3
    C = np.outer(load, load) * (1 + between) + np.eye(k)
    truth = float(moments.alpha(C))
    psu = np.repeat(np.arange(psus), size)
    hits, ratio = 0, []
    estimates, every = np.empty(rounds), np.ones(psus * size, dtype=bool)
    for i in range(rounds):
        common = rng.normal(size=psus * size) + np.sqrt(between) * rng.normal(size=psus)[psu]
        frame = pd.DataFrame(
            common[:, None] * load + rng.normal(size=(psus * size, k)), columns=list("abcd")
        )
        frame["psu"] = psu
        frame["w"] = rng.choice([1.0, 3.0], psus * size)
        survey = ss.Survey(frame, weights="w", clusters="psu")
        values = frame[list("abcd")].to_numpy()
        got = inference.measure(survey, values, every, [moments.ALPHA])
        low, high = inference.reliability_interval(got.estimate, got.se, got.df, 0.95)
        estimates[i] = got.estimate[0]
        ratio.append(got.se[0])
        hits += int(low[0] <= truth <= high[0])
    assert 0.915 <= hits / rounds <= 0.985
    assert np.mean(ratio) == pytest.approx(estimates.std(ddof=1), rel=0.12)


def test_identical_items_have_no_omega_and_no_interval():
    rng = np.random.default_rng(0)
    a = rng.integers(1, 5, 200)
    frame = pd.DataFrame({"a": a, "b": a, "c": a})
    rows = scale(ss.Survey(frame), list("abc")).reliability()
    assert rows["alpha"].estimate == pytest.approx(1)
    assert rows["alpha"].flag == "no interval: the standard error is zero"
    assert np.isnan(rows["alpha"].ci_low)
    assert "copy of others" in rows["omega"].flag


def test_a_heywood_case_is_said():
    R = np.array([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]])
    rng = np.random.default_rng(1)
    z = rng.normal(size=(500, 3))
    z = (z - z.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(z.T))).T
    frame = pd.DataFrame(z @ np.linalg.cholesky(R).T, columns=list("abc"))
    made = scale(ss.Survey(frame), list("abc"))
    assert "Heywood" in made.reliability()["omega"].flag
    assert 0 < made.omega < 1


def test_a_small_group_says_why_it_has_no_reliability(answers):
    frame = answers.assign(area=np.where(np.arange(len(answers)) < 5, "tiny", "big"))
    made = scale(ss.Survey(frame, weights="weight"), FIVE, reverse="c")
    rows = made.reliability("area", ordinal=True).to_frame().set_index(["area", "statistic"])
    assert rows.loc["tiny", "estimate"].isna().all()
    assert rows.flag["tiny", "alpha"].endswith("answered all 5 items, too few")
    assert np.isfinite(rows.estimate["big", "alpha"])


def test_ordinal_alpha_needs_steps():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(50, 3)), columns=list("abc"))
    with pytest.raises(InputError, match="Ordinal alpha is for items with steps"):
        scale(ss.Survey(frame), list("abc")).reliability(ordinal=True)


def test_a_table_with_an_empty_corner_has_its_correlation_at_the_bound():
    frame = pd.DataFrame({"a": [0, 0, 1, 1] * 20, "b": [0, 1, 1, 1] * 20, "c": [0, 1, 0, 1] * 20})
    row = scale(ss.Survey(frame), list("abc")).reliability(ordinal=True)["alpha_ordinal"]
    assert row.flag == "no interval: a pair of items has a correlation at its bound"


def test_without_pingouin_the_check_says_what_to_install(five, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pingouin", None)
    with pytest.raises(InputError, match="pip install pingouin"):
        five.reliability(unweighted=True)


def test_calibrated_weights_go_into_alpha_and_its_error(answers):
    """Linearised residuals against replicates that are calibrated anew."""
    base = ss.Survey(answers, weights="weight", strata="stratum", clusters="psu")
    total = float(answers.weight.sum())
    margins = {"group": {"women": 0.6 * total, "men": 0.4 * total}}
    calibrated = base.calibrate(margins)
    made = scale(calibrated, FIVE, name="unrest", reverse="c")
    weight = calibrated.design.weights
    by_hand = answers.assign(new=weight)
    plain = scale(ss.Survey(by_hand, weights="new"), FIVE, reverse="c")
    assert made.alpha == pytest.approx(plain.alpha, abs=1e-14)
    linear = made.reliability()
    again = scale(calibrated.with_replicates("jkn"), FIVE, reverse="c").reliability()
    assert linear["alpha"].se == pytest.approx(again["alpha"].se, rel=0.03)
    means = made.survey.mean("unrest").se[0]
    frame = answers.assign(unrest=made.survey.frame["unrest"])
    direct = ss.Survey(frame, weights="weight", strata="stratum", clusters="psu")
    assert means == pytest.approx(direct.calibrate(margins).mean("unrest").se[0], rel=1e-10)


def test_an_empty_corner_elsewhere_does_not_hide_the_correlation():
    """Rare answers, whose score underflows far from the solution, keep their correlation."""
    rng = np.random.default_rng(3)
    common = rng.normal(size=5000)
    pairs = [("a", 2), ("b", 2), ("c", 0.4)]
    frame = pd.DataFrame(
        {name: common * 0.7 + rng.normal(size=5000) > limit for name, limit in pairs}
    )
    table = pd.crosstab(frame.a, frame.b).to_numpy(dtype=float)
    assert polychoric.polychoric(table) == pytest.approx(0.49 / 1.49, abs=0.1)
    opposite = polychoric.polychoric(table[:, ::-1].copy())
    assert opposite == pytest.approx(-polychoric.polychoric(table), abs=1e-10)
