"""Planning: against R, statsmodels, what `change` tells afterwards, and by simulation."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.compare.allocation import allocate, allocation_weights
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate.intervals import t_quantile, wilson

FOLDER = Path(__file__).parent / "reference"
T = pd.read_csv(FOLDER / "power_t.csv")
PROP = pd.read_csv(FOLDER / "power_prop.csv", float_precision="round_trip")


@pytest.mark.parametrize("m", [1, 11, 90])
def test_smallest_detectable_is_that_of_power_t_test(m):
    rows = T[T.comparisons == m]
    plan = ss.smallest_change(rows.share, rows.n, comparisons=m).to_frame()
    # R stops at 1e-13; the noncentral t is the same to the digits that scipy finds it with
    assert np.allclose(plan.smallest_detectable, rows.delta, rtol=1e-8)
    assert len(rows) == 9


@pytest.mark.parametrize("change", [0.03, 0.05, 0.1, -0.05])
@pytest.mark.parametrize("m", [1, 11])
def test_bases_are_near_those_of_power_prop_test(change, m):
    rows = PROP[(PROP.change == change) & (PROP.comparisons == m)]
    plan = ss.base_needed(rows.share, change, comparisons=m).to_frame()
    # R's test pools the variance under no change, ours is the unpooled t test of `change`
    assert np.allclose(plan.n.astype(float), rows.n, rtol=0.012, atol=3)


def test_power_is_that_of_statsmodels():
    from statsmodels.stats.power import TTestIndPower
    from statsmodels.stats.proportion import power_proportions_2indep

    n, p, m = 700, 0.2, 5
    plan = ss.smallest_change(p, n, 500, comparisons=m).to_frame().iloc[0]
    # different bases: the pooled sd of two waves of equal share is that of one, but for n - 1
    sd = np.sqrt(p * (1 - p))
    reached = TTestIndPower().power(
        plan.smallest_detectable / sd, n, 0.05 / m, ratio=500 / n, alternative="two-sided"
    )
    assert reached == pytest.approx(0.8, abs=1e-3)
    n = int(ss.base_needed(0.2, 0.05).rows.n[0])
    their = power_proportions_2indep(0.05, 0.2, n, ratio=1, alpha=0.05, return_results=False)
    assert float(np.squeeze(their)) == pytest.approx(0.8, abs=2e-3)


def survey(share, n, seed=None):
    ones = round(share * n)
    return ss.Survey(pd.DataFrame({"unsafe": [1] * ones + [0] * (n - ones)}))


def test_it_is_what_change_tells_after_the_waves():
    told = ss.change(survey(0.2, 500), survey(0.2, 650), "unsafe")
    plan = ss.smallest_change(0.2, 500, 650).to_frame()
    assert plan.smallest_detectable[0] == pytest.approx(told.smallest_detectable[0], rel=1e-8)


def clustered(seed, n_psu, shift=0.0):
    rng = np.random.default_rng(seed)
    frames = []
    for area in ("A", "B", "C"):
        base = np.clip(rng.normal(0.25, 0.08, n_psu), 0.02, 0.9)
        for psu, p in enumerate(base):
            frames.append(
                pd.DataFrame(
                    {
                        "area": area,
                        "psu": f"{area}{psu}",
                        "weight": rng.uniform(0.5, 2, 25),
                        "unsafe": rng.random(25) < p + shift,
                    }
                )
            )
    return ss.Survey(pd.concat(frames), weights="weight", strata="area", clusters="psu")


def test_design_effects_and_df_of_a_family_are_those_of_change():
    before, after = clustered(1, 12), clustered(2, 9)
    told = ss.change(before, after, "unsafe", by="area", df="domain").to_frame()
    one, two = (s.share("unsafe", by="area") for s in (before, after))
    # the plan has one share for both waves, so that the later deff carries the later variance
    spread = two.se**2 * (two.n - 1) / (one.estimate * (1 - one.estimate))
    plan = ss.smallest_change(
        one.estimate,
        one.n,
        two.n,
        deff=one.deff,
        deff_after=spread,
        df=one.df,
        df_after=two.df,
        comparisons=3,
    ).to_frame()
    assert (one.df == 11).all()
    assert np.allclose(plan.smallest_detectable, told.smallest_detectable, rtol=1e-7)


def test_few_clusters_need_a_larger_change():
    many, few = (
        ss.smallest_change(0.3, 600, deff=1.5, df=df).to_frame().increase[0] for df in (500, 3)
    )
    assert few > 1.1 * many


def test_an_increase_and_a_decrease_are_found_as_often_as_planned():
    rng = np.random.default_rng(3)
    n = 900
    plan = ss.smallest_change(0.2, n).to_frame().iloc[0]
    for change in (plan.increase, -plan.decrease):
        p0 = rng.binomial(n, 0.2, 20_000) / n
        p1 = rng.binomial(n, 0.2 + change, 20_000) / n
        se = np.sqrt((p0 * (1 - p0) + p1 * (1 - p1)) / (n - 1))
        found = (p1 - p0) * np.sign(change) / se > 1.9612
        assert found.mean() == pytest.approx(0.8, abs=0.01)
    assert plan.increase > plan.smallest_detectable > plan.decrease


def test_the_base_is_the_smallest_that_is_enough():
    for share, change, kwargs in (
        (0.2, 0.05, {}),
        (0.2, -0.05, {"deff": 1.4, "comparisons": 7}),
        (0.4, 0.06, {"n_before": 1500}),
        (0.4, 0.06, {"n_before": 1500, "overlap": 0.5, "correlation": 0.6}),
        (0.0, 0.02, {}),
        (0.5, 0.1, {"df": 14}),
    ):
        n = int(ss.base_needed(share, change, **kwargs).rows.n[0])
        sizes = {k: v for k, v in kwargs.items() if k not in ("n_before",)}
        name = "increase" if change > 0 else "decrease"

        def reach(size, kwargs=kwargs, share=share, sizes=sizes, name=name):
            before = kwargs.get("n_before", size)
            return ss.smallest_change(share, before, size, **sizes).rows[name][0]

        assert reach(n) <= abs(change) + 1e-7, (share, change, kwargs)
        assert reach(n - 1) > abs(change) - 1e-7, (share, change, kwargs)


def test_overlap_makes_a_smaller_change_visible():
    plain = ss.smallest_change(0.3, 500).rows.smallest_detectable[0]
    panel = ss.smallest_change(0.3, 500, overlap=1, correlation=0.6).rows.smallest_detectable[0]
    # the variance of the difference is 2 v (1 - 0.6)
    assert panel / plain == pytest.approx(np.sqrt(0.4), rel=1e-9)


def test_multiplicity_asks_for_more():
    one, holm, none = (
        ss.base_needed(0.2, 0.05, comparisons=m, adjust=a).rows.n[0]
        for m, a in ((1, "holm"), (90, "holm"), (90, "none"))
    )
    assert one == none == 1093
    assert holm > 2 * one
    assert ss.base_needed(0.2, 0.05, comparisons=90).alpha == pytest.approx(0.05 / 90)


@pytest.mark.parametrize("share", [0.0, 0.03, 0.2, 0.5, 1.0])
@pytest.mark.parametrize("deff", [0.8, 1.0, 2.3])
def test_the_base_for_an_interval_gives_that_interval(share, deff):
    for width in (0.01, 0.03, 0.1):
        n = int(ss.base_for_interval(share, width, deff=deff).rows.n[0])

        def half(size, deff=deff):
            t = t_quantile(np.array([size - 1.0]), 0.95)
            low, high = wilson(np.array([share]), np.array([size / max(deff, 1)]), t)
            return float(high[0] - low[0]) / 2

        if 0 < share < 1:
            assert half(n) <= width + 1e-12
            assert half(n - 1) > width
        else:
            # one side of the interval is cut off at 0 or 1
            assert half(n) <= width + 1e-12


def test_the_interval_of_a_survey_is_as_wide_as_planned():
    n = int(ss.base_for_interval(0.2, 0.03).rows.n[0])
    est = survey(0.2, n).share("unsafe")
    assert (est.ci_high[0] - est.ci_low[0]) / 2 == pytest.approx(0.03, abs=2e-4)


def test_what_cannot_be_planned_says_why():
    rows = ss.base_needed(
        [0.2, 0.02], [0.05, -0.05, 0.0], n_before=[400, 400], comparisons=11
    ).to_frame()
    assert rows.flag.tolist() == [
        "no base is enough: the earlier wave alone leaves too much doubt",
        "no base is enough: the earlier wave alone leaves too much doubt",
        "a change of 0 cannot be found by any base",
        "",
        "a change of that size leaves the range from 0 to 1",
        "a change of 0 cannot be found by any base",
    ]
    assert rows.n.isna().tolist() == [True, True, True, False, True, True]
    few = ss.smallest_change([0.5, 0.3], [3, 50], comparisons=50).to_frame()
    assert few.flag.tolist() == ["not even the largest possible change would be found", ""]
    assert few[["increase", "decrease", "smallest_detectable"]].iloc[0].isna().all()
    nodf = ss.smallest_change(0.3, 50, df=0).to_frame()
    assert nodf.flag[0] == "no degrees of freedom"
    assert nodf[["increase", "decrease", "smallest_detectable"]].isna().all(axis=None)
    assert ss.base_needed(0.3, 0.1, df=0).rows.flag[0] == "no degrees of freedom"
    assert (
        ss.base_for_interval(0.3, 0.6).rows.flag[0] == "the half width must lie between 0 and 0.5"
    )


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: ss.smallest_change(20, 400), "percent are divided by 100"),
        (lambda: ss.smallest_change(0.2, 1), "at least 2"),
        (lambda: ss.smallest_change([0.2, 0.3], [1, 2, 3]), "arrays of one length"),
        (lambda: ss.smallest_change(0.2, 400, deff=0), "deff must be positive"),
        (lambda: ss.smallest_change(0.2, 400, overlap=1.2), "overlap"),
        (lambda: ss.smallest_change(0.2, 400, correlation=2), "correlation"),
        (lambda: ss.smallest_change(0.2, 400, power=0.2), "power"),
        (lambda: ss.base_needed(0.2, 0.05, comparisons=0), "comparisons"),
        (lambda: ss.base_needed(0.2, 0.05, level=95), "confidence level"),
        (lambda: ss.base_needed(0.2, 0.05, n_before=0), "at least 2"),
        (lambda: ss.base_for_interval(1.2, 0.05), "between 0 and 1"),
    ],
)
def test_wrong_calls_say_what_is_wrong(call, text):
    with pytest.raises(InputError, match=text):
        call()
    with pytest.raises(UnknownNameError, match="holm"):
        ss.base_needed(0.2, 0.05, adjust="hulm")


@pytest.mark.parametrize(
    ("plan", "sv", "en"),
    [
        (
            ss.base_needed(0.2, 0.05, comparisons=11),
            "För att visa att 20\xa0% har blivit 25\xa0% behövs 1\xa0885 svar vid vardera "
            "tillfället; då upptäcks förändringen i 80 fall av 100 när 11 jämförelser prövas "
            "samtidigt.",
            "1,885 answers are needed each time",
        ),
        (
            ss.smallest_change(0.2, 500, 800),
            "Med 500 svar första gången och 800 den andra måste en andel på 20\xa0% ändras till",
            "With 500 answers the first time and 800 the second a share of 20% must change to",
        ),
        (ss.base_for_interval(0.2, 0.03), "±3,0 procentenheter behövs 684 svar", "684 answers"),
        (ss.base_needed(0.2, 0.02, n_before=400), "är för osäker", "is too uncertain"),
        (ss.smallest_change(0.5, 3, comparisons=50), "ingen förändring", "no change"),
    ],
)
def test_a_plan_in_words(plan, sv, en):
    assert sv in plan.sentence("sv")
    assert en in plan.sentence("en")
    assert plan.caption() in plan._repr_html_()
    with pytest.raises(UnknownNameError):
        plan.sentence("de")


PEOPLE = {"A": 60_000, "B": 90_000, "C": 30_000}


@pytest.fixture(scope="module")
def last():
    return clustered(1, 12).share("unsafe", by="area")


def test_a_plan_takes_what_the_last_wave_had(last):
    plan = ss.plan_sample(last, 3600, PEOPLE, response=0.4)
    rows = plan.to_frame()
    assert rows.n.tolist() == [1200, 1800, 600]
    assert rows.invited.tolist() == [3000, 4500, 1500]
    assert np.allclose(rows.deff, last.deff)
    assert plan.comparisons == 3
    alone = ss.smallest_change(
        last.estimate,
        last.n,
        rows.n,
        deff=last.deff,
        df=last.df,
        df_after=last.df * rows.n / last.n,
        comparisons=3,
    ).to_frame()
    for name in ("increase", "decrease", "smallest_detectable"):
        assert np.allclose(rows[name], alone[name])
    part = np.array([60, 90, 30]) / 180
    variance = last.deff * last.estimate * (1 - last.estimate) / (rows.n - 1)
    assert plan.total["se"] == pytest.approx(np.sqrt((part**2 * variance).sum()))
    assert "3600 answers, proportional allocation" in repr(plan)
    assert "proportional" in plan._repr_html_()


def test_areas_by_changes(last):
    plan = ss.plan_sample(last, 6000, PEOPLE)
    table = plan.changes([-0.1, 0.1, 0.01])
    assert len(table) == 9
    assert table.area.tolist() == ["A"] * 3 + ["B"] * 3 + ["C"] * 3
    # where the answers planned are more than those needed the power is reached, else not
    needed = table.n_needed.astype("Float64").fillna(np.inf).to_numpy(float)
    assert ((table.power >= 0.8 - 1e-6) == (table.n >= needed)).all()
    assert table.n_needed[table.change == 0.01].isna().all()


def test_equal_allocation_needs_no_population(last):
    plan = ss.plan_sample(last, 1000, allocation="equal")
    assert sorted(plan.to_frame().n) == [333, 333, 334]
    with pytest.raises(InputError, match="needs the population"):
        ss.plan_sample(last, 1000)


def test_neyman_has_the_smallest_variance_of_the_whole(last):
    best = ss.plan_sample(last, 3000, PEOPLE, allocation="neyman")
    for rule in ("proportional", "equal", "power"):
        other = ss.plan_sample(last, 3000, PEOPLE, allocation=rule)
        assert best.total["se"] <= other.total["se"] + 1e-9
    weights = allocation_weights(
        "neyman", np.array(list(PEOPLE.values()), float), last.estimate, last.deff, 0.5
    )
    moved = weights / weights.sum() * 3000
    variance = last.deff * last.estimate * (1 - last.estimate)
    part2 = np.array([60.0, 90.0, 30.0]) ** 2

    def total(n):
        return (part2 * variance / n).sum()

    for step in (np.array([10, -10, 0.0]), np.array([0.0, 10, -10])):
        assert total(moved) < min(total(moved + step), total(moved - step))


def test_power_allocation_of_bankier_goes_from_equal_precision_to_neymans():
    population = np.array([1000.0, 50_000, 200_000])
    share, deff = np.array([0.1, 0.3, 0.5]), np.array([1.0, 1.5, 1.2])
    n = allocation_weights("power", population, share, deff, 0.0)
    cv = np.sqrt(deff * (1 - share) / share)
    # equal weights on relative errors: n in proportion to the coefficient of variation
    assert np.allclose(n / n.sum(), cv / cv.sum())
    one = allocation_weights("power", population * share, share, deff, 1.0)
    neyman = allocation_weights("neyman", population, share, deff, 0.5)
    assert np.allclose(one, neyman)


def test_allocation_keeps_its_limits_and_its_total():
    rng = np.random.default_rng(4)
    for _ in range(200):
        h = int(rng.integers(2, 12))
        weights = rng.gamma(0.5, 1000, h)
        least = rng.integers(0, 50, h).astype(float)
        most = least + rng.integers(10, 500, h)
        total = int(rng.integers(least.sum(), most.sum() + 1))
        size = allocate(total, weights, least, most)
        assert size.sum() == total
        assert ((size >= least) & (size <= most)).all()
    with pytest.raises(InputError, match="at least 60"):
        allocate(50, np.ones(2), np.full(2, 30.0), np.full(2, np.inf))


def test_odd_groups_of_the_last_wave_have_a_reason():
    frame = pd.DataFrame(
        {
            "area": ["A"] * 40 + ["B"] * 40 + ["C"] * 3 + ["D"] * 5,
            "unsafe": [1, 0] * 20 + [0] * 40 + [1, 0, 1] + [None] * 5,
        }
    )
    last = ss.Survey(frame.convert_dtypes()).share("unsafe", by="area")
    people = dict.fromkeys(last.keys["area"], 1000)
    plan = ss.plan_sample(last, 300, people, allocation="neyman", minimum=20)
    rows = plan.to_frame().set_index("area")
    assert rows.n.sum() == 300
    assert rows.n["B"] >= 20
    assert rows.flag["A"] == ""
    assert "median design effect" in rows.flag["B"]
    assert rows.increase["B"] > 0
    assert np.isnan(rows.decrease["B"])
    assert not np.isinf(rows.select_dtypes("number").to_numpy(float, na_value=np.nan)).any()


@pytest.mark.parametrize(
    ("kwargs", "error", "text"),
    [
        ({"population": {"A": 1, "B": 2}}, UnknownNameError, "group 'C'"),
        ({"population": [1, 2]}, InputError, "3 groups and 2"),
        ({"population": [1, 2, 0]}, InputError, "positive"),
        ({"population": PEOPLE, "minimum": 800}, InputError, "at least 2400"),
        ({"population": PEOPLE, "response": 0}, InputError, "response"),
        ({"population": PEOPLE, "allocation": "nyman"}, UnknownNameError, "neyman"),
    ],
)
def test_wrong_plans_say_what_is_wrong(last, kwargs, error, text):
    with pytest.raises(error, match=text):
        ss.plan_sample(last, 1000, **kwargs)
    with pytest.raises(InputError, match="whole number"):
        ss.plan_sample(last, 0, PEOPLE)


def test_only_shares_of_one_question_can_be_planned_for():
    s = clustered(1, 3)
    with pytest.raises(InputError, match="shares of the last wave"):
        ss.plan_sample(s.mean("unsafe", by="area"), 100, PEOPLE)
