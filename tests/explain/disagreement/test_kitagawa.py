"""The arithmetic of a decomposition: published examples, identities, slopes."""

from itertools import permutations

import numpy as np
import pytest

from survey_stats.errors import InputError
from survey_stats.explain.disagreement import das_gupta
from survey_stats.explain.disagreement.kitagawa import (
    Margin,
    Totals,
    by_variable,
    composition,
    difference,
    rest_by_group,
    shapley_weights,
)
from survey_stats.explain.disagreement.modelled import modelled

MODELS = ("oaxaca", "fairlie", "reweighting")
LEVELS = np.array([(i, j, k) for i in range(3) for j in range(2) for k in range(2)])
NAMES = ("a", "b", "c")


def made_up(seed: int = 1, cells: int = 12) -> Totals:
    rng = np.random.default_rng(seed)
    weights, rates = rng.uniform(1, 5, (2, cells)), rng.uniform(0.1, 0.9, (2, cells))
    return Totals(weights[0], weights[0] * rates[0], weights[1], weights[1] * rates[1])


def swapped(t: Totals) -> Totals:
    return Totals(t.weight_second, t.yes_second, t.weight_first, t.yes_first)


# Das Gupta (1993, Standardization and Decomposition of Rates, P23-186): example 5.1, household
# headship rates by age 1970 and 1985; example 5.3, death rates by race and age 1970 and 1985
HEADSHIP = Totals(
    a := np.array([12.9, 10.9, 9.5, 8.0, 7.8, 8.4, 8.6, 7.8, 7.0, 5.9, 4.7, 3.6, 4.9]),
    a * [1.9, 25.8, 45.7, 49.6, 51.2, 51.6, 51.8, 54.9, 58.7, 60.4, 62.8, 66.6, 66.8],
    b := np.array([10.1, 11.2, 11.6, 10.9, 9.4, 7.7, 6.3, 6.0, 6.3, 5.9, 5.1, 4.0, 5.5]),
    b * [2.2, 24.3, 45.8, 52.5, 56.1, 55.6, 56.0, 57.4, 57.2, 61.2, 63.9, 68.6, 72.2],
)
# fmt: off
DEATHS_1985 = (
    [3041, 11577, 27450, 32711, 35480, 27411, 19555, 19795, 15254, 8022, 2472,
     707, 2692, 6473, 6841, 6547, 4352, 3034, 2540, 1749, 804, 236],
    [9.163, 0.462, 0.248, 0.929, 1.084, 1.810, 4.715, 12.187, 27.728, 64.068, 157.570,
     17.208, 0.738, 0.328, 1.103, 2.045, 3.724, 8.052, 17.812, 34.128, 68.276, 125.161],
)
DEATHS_1970 = (
    [2968, 11484, 34614, 30992, 21983, 20314, 20928, 16897, 11339, 5720, 1315,
     535, 2162, 6120, 4781, 3096, 2718, 2363, 1767, 1149, 448, 117],
    [18.469, 0.751, 0.391, 1.146, 1.287, 2.672, 6.636, 15.691, 34.723, 79.763, 176.837,
     36.993, 1.352, 0.541, 2.040, 3.523, 6.746, 12.967, 24.471, 45.091, 74.902, 123.205],
)
# fmt: on


def test_headship_rates_split_as_published():
    assert difference(HEADSHIP).value[0] == pytest.approx(2.9672, abs=5e-4)
    age = by_variable(HEADSHIP, np.arange(13)[:, None]).value[0]
    assert age == pytest.approx(1.2269, abs=5e-4)
    assert difference(HEADSHIP).value[0] - age == pytest.approx(1.7403, abs=5e-4)


def test_death_rates_by_race_and_age_split_as_published():
    sizes = [np.array(x[0], dtype=float) for x in (DEATHS_1970, DEATHS_1985)]
    deaths = [s * np.array(x[1]) for s, x in zip(sizes, (DEATHS_1970, DEATHS_1985), strict=True)]
    totals = Totals(sizes[0], deaths[0], sizes[1], deaths[1])
    levels = np.stack([np.repeat([0, 1], 11), np.tile(np.arange(11), 2)], axis=1)
    race, age = das_gupta.by_variable(totals, levels).value
    assert difference(totals).value[0] == pytest.approx(-0.6862158, abs=5e-8)
    assert age == pytest.approx(1.5217347, abs=5e-8)
    assert race == pytest.approx(0.0197749, abs=5e-8)
    whole = composition(totals, Margin.of(levels, (0, 1))).value[0]
    assert whole == pytest.approx(1.5415096, abs=5e-8)
    assert by_variable(totals, levels).value.sum() == pytest.approx(whole, abs=1e-12)


def test_one_variable_is_kitagawa_by_hand():
    totals = Totals(*(np.array(x) for x in ([60.0, 40], [30.0, 8], [50.0, 150], [30.0, 45])))
    # parts 0.6 and 0.4 against 0.25 and 0.75; rates 0.5 and 0.2 against 0.6 and 0.3
    by_hand = (0.25 - 0.6) * (0.5 + 0.6) / 2 + (0.75 - 0.4) * (0.2 + 0.3) / 2
    assert by_variable(totals, np.array([[0], [1]])).value == pytest.approx([by_hand], abs=1e-15)
    assert difference(totals).value == pytest.approx([0.375 - 0.38], abs=1e-15)


@pytest.mark.parametrize("lean", [0.0, 0.5, 1.0])
def test_parts_sum_to_the_difference(lean):
    t = made_up()
    every = Margin.of(LEVELS, range(3))
    whole = composition(t, every, lean).value[0]
    assert by_variable(t, LEVELS, lean).value.sum() == pytest.approx(whole, abs=1e-14)
    for margin in (every, Margin.of(LEVELS, (1,)), Margin.of(LEVELS, ())):
        rest = rest_by_group(t, margin, lean).value.sum()
        assert rest + whole == pytest.approx(difference(t).value[0], abs=1e-14)


def test_swapping_the_surveys_changes_signs_only():
    t, other = made_up(), swapped(made_up())
    for function in (by_variable, das_gupta.by_variable):
        assert function(t, LEVELS).value == pytest.approx(-function(other, LEVELS).value, abs=1e-14)
    for method in MODELS:
        one = modelled(t, LEVELS, NAMES, method, 0.5, False).value
        two = modelled(other, LEVELS, NAMES, method, 0.5, False).value
        assert one == pytest.approx(-two, abs=1e-12)
    # the rates of one survey become those of the other
    assert by_variable(t, LEVELS, 0.0).value == pytest.approx(
        -by_variable(other, LEVELS, 1.0).value, abs=1e-14
    )


def test_the_order_of_variables_changes_nothing():
    t = made_up()
    for order in permutations(range(3)):
        chosen = list(order)
        for function in (by_variable, das_gupta.by_variable):
            straight = function(t, LEVELS).value[chosen]
            assert function(t, LEVELS[:, chosen]).value == pytest.approx(straight, abs=1e-14)
        for method in MODELS:
            straight = modelled(t, LEVELS, NAMES, method, 0.5, False).value[chosen]
            turned = modelled(t, LEVELS[:, chosen], NAMES, method, 0.5, False).value
            assert turned == pytest.approx(straight, abs=1e-12)


def test_no_difference_gives_zeros():
    t = made_up()
    same = Totals(t.weight_first, t.yes_first, 3 * t.weight_first, 3 * t.yes_first)
    assert np.abs(by_variable(same, LEVELS).value).max() < 1e-15
    assert np.abs(das_gupta.by_variable(same, LEVELS).value).max() < 1e-15
    assert np.abs(rest_by_group(same, Margin.of(LEVELS, (0,))).value).max() < 1e-15
    for method in MODELS:
        assert np.abs(modelled(same, LEVELS, NAMES, method, 0.5, False).value).max() < 1e-14


@pytest.mark.parametrize("method", MODELS)
@pytest.mark.parametrize("lean", [0.0, 0.5])
def test_saturated_models_and_reweighting_are_kitagawa(method, lean):
    t = made_up()
    cells, model = by_variable(t, LEVELS, lean), modelled(t, LEVELS, NAMES, method, lean, True)
    assert model.value == pytest.approx(cells.value, abs=1e-12)
    assert model.slope == pytest.approx(cells.slope, abs=1e-12)
    # main effects of one variable are saturated
    one = modelled(t, LEVELS[:, :1], NAMES[:1], method, lean, False)
    alone = by_variable(t, LEVELS[:, :1], lean)
    assert one.value == pytest.approx(alone.value, abs=1e-12)
    assert one.slope == pytest.approx(alone.slope, abs=1e-12)


def test_oaxaca_is_two_regressions():
    t = made_up()
    columns = np.stack(
        [np.ones(12), LEVELS[:, 0] == 1, LEVELS[:, 0] == 2, LEVELS[:, 1], LEVELS[:, 2]], axis=1
    )
    betas, means = [], []
    for weight, yes in ((t.weight_first, t.yes_first), (t.weight_second, t.yes_second)):
        root = np.sqrt(weight)
        betas.append(np.linalg.lstsq(columns * root[:, None], yes / weight * root, rcond=None)[0])
        means.append(weight @ columns / weight.sum())
    terms = (means[1] - means[0]) * (betas[0] + betas[1]) / 2
    expected = [terms[1] + terms[2], terms[3], terms[4]]
    assert modelled(t, LEVELS, NAMES, "oaxaca", 0.5, False).value == pytest.approx(expected)


def test_fairlie_is_the_mean_prediction_of_logistic_models():
    import statsmodels.api as sm

    t = made_up()
    columns = np.stack(
        [np.ones(12), LEVELS[:, 0] == 1, LEVELS[:, 0] == 2, LEVELS[:, 1], LEVELS[:, 2]], axis=1
    ).astype(float)
    expected = 0.0
    for weight, yes in ((t.weight_first, t.yes_first), (t.weight_second, t.yes_second)):
        fit = sm.GLM(yes / weight, columns, sm.families.Binomial(), freq_weights=weight).fit(
            tol=1e-14
        )
        rate = fit.predict(columns)
        a, b = t.weight_first, t.weight_second
        expected += (b @ rate / b.sum() - a @ rate / a.sum()) / 2
    found = modelled(t, LEVELS, NAMES, "fairlie", 0.5, False).value
    assert found.sum() == pytest.approx(expected, abs=1e-10)


def functions():
    yield "difference", difference
    for lean in (0.3, 0.5):
        yield f"composition {lean}", lambda t, x=lean: composition(t, Margin.of(LEVELS, (0, 1)), x)
        yield f"variables {lean}", lambda t, x=lean: by_variable(t, LEVELS, x)
        yield f"rest {lean}", lambda t, x=lean: rest_by_group(t, Margin.of(LEVELS, (0,)), x)
    yield "das gupta", lambda t: das_gupta.by_variable(t, LEVELS)
    for method in MODELS:
        yield method, lambda t, m=method: modelled(t, LEVELS, NAMES, m, 0.3, False)


@pytest.mark.parametrize(("name", "function"), list(functions()))
def test_slopes_are_those_of_small_changes(name, function):
    at, step = made_up(2).stacked(), 1e-6
    slope = function(Totals(*at)).slope
    for row in range(4):
        for cell in (0, 5, 11):
            moved = []
            for sign in (1, -1):
                x = at.copy()
                x[row, cell] += sign * step
                moved.append(function(Totals(*x)).value)
            assert slope[:, row, cell] == pytest.approx((moved[0] - moved[1]) / 2 / step, abs=1e-8)


def test_shapley_weights_share_the_whole_and_nothing_else():
    sets, weights = shapley_weights(4)
    assert len(sets) == 16
    assert weights.sum(axis=0)[-1] == pytest.approx(1.0)
    assert weights.sum(axis=0)[1:-1] == pytest.approx(np.zeros(14), abs=1e-15)
    assert weights[0, sets.index((0,))] == pytest.approx(1 / 4)


def test_variables_that_say_the_same_are_named():
    doubled = np.stack([LEVELS[:, 0], LEVELS[:, 0]], axis=1)
    with pytest.raises(InputError, match=r"main effects of district, area cannot be told apart"):
        modelled(made_up(), doubled, ("district", "area"), "oaxaca", 0.5, False)
    # cells do not mind: the two share what the one has
    one = by_variable(made_up(), LEVELS[:, :1]).value[0]
    assert by_variable(made_up(), doubled).value == pytest.approx([one / 2, one / 2])


def test_a_logistic_model_that_separates_is_refused():
    t = made_up()
    never = np.where(LEVELS[:, 0] == 2, 0.0, t.yes_first)
    with pytest.raises(InputError, match="in some group all answers agree"):
        modelled(
            Totals(t.weight_first, never, t.weight_second, t.yes_second),
            LEVELS, NAMES, "fairlie", 0.5, False,
        )  # fmt: skip
