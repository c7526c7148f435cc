"""Response propensity: factors against the fit and R, errors, and what cannot be fitted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from survey_stats.errors import DesignError, InputError, UnknownNameError
from survey_stats.weight import BaseWeightError, EmptyCellError, Weights, adjust_classes
from survey_stats.weight.response.logit import fit_many
from survey_stats.weight.response.propensity import adjust_propensity, as_blocks, auc

REFERENCE = Path(__file__).parent / "reference"
MODELS = [["age", "income"], "age * gender + income", "age + np.log(income)", "age", "1"]


def sample(n: int = 80, seed: int = 3) -> tuple[np.ndarray, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    age = rng.choice(["16-29", "30-64", "65-79"], n)
    income = rng.choice([1.0, 2.0, 3.5, 5.0], n)
    chance = expit(-1 + (age != "16-29") + 0.3 * income)
    frame = pd.DataFrame(
        {
            "age": age,
            "gender": rng.choice(["men", "women"], n),
            "income": income,
            "answered": rng.random(n) < chance,
        }
    )
    return rng.choice([3.0, 8.0, 20.0], n), frame


def test_a_saturated_model_is_weighting_classes() -> None:
    weights, frame = sample()
    start = Weights.delivered(weights)
    done = adjust_propensity(start, frame, "answered", "age")
    same = adjust_classes(start, frame, "answered", "age")
    assert done.values == pytest.approx(same.values)
    z = done.values * np.random.default_rng(1).normal(size=start.n)
    one, other = done.steps[-1].influence, same.steps[-1].influence
    assert one is not None
    assert other is not None
    assert one.apply(z) == pytest.approx(other.apply(z))


def test_the_score_equations_hold() -> None:
    weights, frame = sample(300)
    done = adjust_propensity(Weights.delivered(weights), frame, "answered", ["age", "income"])
    answered = frame["answered"].to_numpy()
    details = done.steps[-1].details
    beta = details["coefficients"].set_index("term")["estimate"]
    x = np.column_stack(
        [np.ones(300), frame["age"] == "30-64", frame["age"] == "65-79", frame["income"]]
    ).astype(float)
    p = expit(x @ beta.to_numpy())
    assert x.T @ (weights * (answered - p)) == pytest.approx(np.zeros(4), abs=1e-9)
    assert done.values == pytest.approx(np.where(answered, weights / p, 0))
    assert details["smallest_chance"] == pytest.approx(p.min())
    assert details["largest_factor"] == pytest.approx(1 / p[answered].min())
    mean = np.average(p, weights=weights)
    assert details["r_indicator"] == pytest.approx(
        1 - 2 * np.sqrt(np.average((p - mean) ** 2, weights=weights))
    )
    pairs = weights[answered][:, None] * weights[~answered]
    wins = (p[answered][:, None] > p[~answered]) + 0.5 * (p[answered][:, None] == p[~answered])
    assert details["auc"] == pytest.approx((pairs * wins).sum() / pairs.sum())
    assert "logistic model of age and income" in done.describe()


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("model", MODELS)
def test_errors_remember_the_fit(
    model: object, weighted: bool, check_influence: object, check_refit: object
) -> None:
    weights, frame = sample()
    weights[[5, 30]] = 0.0

    def adjust(start: Weights, rows: pd.DataFrame) -> Weights:
        return adjust_propensity(start, rows, "answered", model, weighted=weighted)

    copies = np.random.default_rng(4).integers(0, 4, (len(frame), 4))
    check_refit(adjust, weights, frame, copies, rtol=1e-8)
    if weighted:
        check_influence(adjust, weights, frame)


def test_errors_of_an_unweighted_fit_are_by_how_often_rows_are_there() -> None:
    weights, frame = sample()
    done = adjust_propensity(
        Weights.delivered(weights), frame, "answered", ["age", "income"], weighted=False
    )
    step = done.steps[-1]
    assert step.influence is not None
    assert step.refit is not None
    u = np.random.default_rng(2).normal(3, 1, weights.size)

    def total(copies: np.ndarray) -> float:
        before = weights * copies
        sums = np.bincount(step.refit.code, before, minlength=step.refit.size)
        return float((before * step.refit.factors(sums[:, None])[step.refit.code, 0]) @ u)

    one, h = np.ones(weights.size), 1e-4
    by_difference = [
        (total(one + h * e) - total(one - h * e)) / (2 * h) for e in np.eye(weights.size)
    ]
    found = step.influence.apply(done.values * u)
    np.testing.assert_allclose(found, by_difference, rtol=1e-5, atol=1e-4)


def test_classes_of_propensity(check_influence: object, check_refit: object) -> None:
    weights, frame = sample(200)
    frame["income"] += np.random.default_rng(0).random(200)
    start = Weights.delivered(weights)
    done = adjust_propensity(start, frame, "answered", ["age", "income"], classes=5)
    assert done.total == pytest.approx(start.total)
    table = done.steps[-1].details["classes"]
    assert len(table) == 5
    # a fifth of the weight each, but for who lies on a boundary
    assert table["drawn"].to_numpy() / start.total == pytest.approx(np.full(5, 0.2), abs=0.02)
    # the same as classes by hand
    single = adjust_propensity(start, frame, "answered", ["age", "income"])
    coefficients = single.steps[-1].details["coefficients"]["estimate"].to_numpy()
    x = np.column_stack(
        [np.ones(200), frame["age"] == "30-64", frame["age"] == "65-79", frame["income"]]
    ).astype(float)
    order = np.argsort(x @ coefficients)
    mid = np.empty(200)
    mid[order] = (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum()
    by_hand = adjust_classes(
        start, frame.assign(fifth=np.floor(mid * 5).astype(int)), "answered", "fifth"
    )
    assert done.values == pytest.approx(by_hand.values)

    def again(start: Weights, rows: pd.DataFrame) -> Weights:
        return adjust_propensity(start, rows, "answered", ["age", "income"], classes=5)

    check_influence(again, weights, frame)


def test_few_chances_make_few_classes() -> None:
    weights, frame = sample()
    done = adjust_propensity(Weights.delivered(weights), frame, "answered", ["age"], classes=5)
    same = adjust_classes(Weights.delivered(weights), frame, "answered", "age")
    assert done.values == pytest.approx(same.values)
    assert done.steps[-1].details["method"] == "3 propensity classes"


def test_against_svyglm_and_a_jackknife_of_r() -> None:
    """Weights of R's svyglm, and its jackknife in which the model is fitted in each replicate."""
    frame = pd.read_csv(REFERENCE / "propensity_sample.csv")
    factors = pd.read_csv(REFERENCE / "propensity_weights.csv")
    told = pd.read_csv(REFERENCE / "propensity_errors.csv").set_index("statistic")["value"]
    done = adjust_propensity(
        Weights.delivered(frame["w"].to_numpy()), frame, "answered", "age + income"
    )
    np.testing.assert_allclose(done.values, factors["adjusted"], rtol=1e-9, atol=1e-9)
    found = done.steps[-1].details["coefficients"]
    np.testing.assert_allclose(found["estimate"], told[["b1", "b2", "b3", "b4"]], rtol=1e-9)
    # R takes the variance of scores over n - 1
    robust = found["se"] * np.sqrt(len(frame) / (len(frame) - 1))
    np.testing.assert_allclose(robust, told[["s1", "s2", "s3", "s4"]], rtol=1e-8)

    y = frame["y"].to_numpy()
    mean = done.values @ y / done.total
    assert mean == pytest.approx(told["mean"], rel=1e-10)
    # JK1: one row dropped, the others n / (n - 1); variance (n - 1) / n Σ (θ_r - θ)²
    n = len(frame)
    before = frame["w"].to_numpy()[:, None] * (1 - np.eye(n)) * n / (n - 1)
    refit = done.steps[-1].refit
    assert refit is not None
    sums = np.zeros((refit.size, n))
    np.add.at(sums, refit.code, before)
    again = before * refit.factors(sums)[refit.code]
    means = (again * y[:, None]).sum(axis=0) / again.sum(axis=0)
    jackknife = np.sqrt((n - 1) / n * np.square(means - means.mean()).sum())
    assert jackknife == pytest.approx(told["se_jk1"], rel=1e-7)
    # the linearised error is that of the jackknife but for terms of second order
    influence = done.steps[-1].influence
    assert influence is not None
    linear = influence.apply(done.values * (y - mean) / done.total)
    se = np.sqrt(n * np.var(linear, ddof=1))
    assert se == pytest.approx(told["se_jk1"], rel=0.03)


def test_linearised_errors_and_coverage_in_a_simulation() -> None:
    rng = np.random.default_rng(21)
    n, runs = 300, 300
    estimates, variances, known = [], [], []
    for _ in range(runs):
        x = rng.normal(size=n)
        y = 10 + 3 * x + rng.normal(size=n)
        answered = rng.random(n) < expit(0.3 + x)
        frame = pd.DataFrame({"x": x, "r": answered})
        done = adjust_propensity(Weights.delivered(np.ones(n)), frame, "r", ["x"])
        mean = done.values @ y / done.total
        estimates.append(mean)
        z = done.values * (y - mean) / done.total
        variances.append(n * np.var(done.steps[-1].influence.apply(z), ddof=1))
        known.append(n * np.var(z, ddof=1))
    truth = np.var(estimates, ddof=1)
    assert np.mean(estimates) == pytest.approx(10, abs=4 * np.sqrt(truth / runs))
    # 300 runs tell a variance to 8 percent (one standard error)
    assert np.mean(variances) == pytest.approx(truth, rel=0.25)
    # chances taken for known overstate the error (Beaumont 2005)
    assert np.mean(known) > 1.5 * truth


def test_many_fits_at_once_are_the_fits_one_by_one() -> None:
    rng = np.random.default_rng(9)
    x = np.column_stack([np.ones(40), rng.normal(size=(40, 2))])
    all_of = rng.integers(1, 9, (40, 7)).astype(float)
    yes = np.floor(all_of * rng.random((40, 7)))
    together = fit_many(x, all_of, yes, np.zeros(3))
    for r in range(7):
        p = expit(x @ together[:, r])
        assert x.T @ (yes[:, r] - all_of[:, r] * p) == pytest.approx(np.zeros(3), abs=1e-9)
    # a start far away takes more steps to the same place
    assert fit_many(x, all_of, yes, np.array([4.0, -5, 6])) == pytest.approx(together)


def test_a_replicate_in_which_a_group_answers_without_exception_has_the_limit() -> None:
    frame = pd.DataFrame({"g": list("aaaabbbb"), "r": [1, 1, 0, 0, 1, 1, 1, 0]})
    step = adjust_propensity(Weights.delivered(np.ones(8)), frame, "r", "g").steps[-1]
    copies = np.array([1, 1, 1, 1, 1, 1, 1, 0.0])
    sums = np.bincount(step.refit.code, copies, minlength=step.refit.size)[:, None]
    factors = step.refit.factors(sums)[step.refit.code, 0]
    assert factors == pytest.approx([2, 2, 0, 0, 1, 1, 1, 0])
    # and one from which a group is absent has the fit of the others
    sums = np.bincount(step.refit.code, [1, 1, 1, 1, 0, 0, 0, 0], minlength=step.refit.size)
    assert step.refit.factors(sums[:, None].astype(float))[step.refit.code[:4], 0] == pytest.approx(
        [2, 2, 0, 0]
    )


@pytest.mark.parametrize(
    "values",
    [
        pd.Categorical(["b", "a"] * 20, ["b", "a", "unused"]),
        pd.array(["a", "b"] * 20, dtype="string"),
        pd.Series(["a", "b"] * 20, dtype=object),
        pd.array([True, False] * 20, dtype="boolean"),
        [True, False] * 20,
        pd.array([1, 2] * 20, dtype="Int64"),
        [1, 2] * 20,
    ],
)
def test_kinds_of_columns(values: object) -> None:
    frame = pd.DataFrame({"två ord": values, "r": [1, 1, 0, 0, 1] * 8})
    weights = np.arange(1.0, 41)
    by_list = adjust_propensity(Weights.delivered(weights), frame, "r", ["två ord"])
    by_formula = adjust_propensity(Weights.delivered(weights), frame, "r", "r ~ `två ord`")
    classes = adjust_classes(Weights.delivered(weights), frame, "r", "två ord")
    assert by_list.values == pytest.approx(classes.values)
    assert by_formula.values == pytest.approx(classes.values)


def test_columns_in_blocks_are_the_matrix() -> None:
    rng = np.random.default_rng(6)
    levels = np.eye(4)[rng.integers(0, 5, 30).clip(max=3)][:, 1:]
    x = np.column_stack([np.ones(30), levels, rng.normal(size=30), np.zeros(30), levels[:, 0]])
    blocks = as_blocks(x)
    assert sum(b.size for b in blocks) == x.shape[1]
    assert [b.size for b in blocks] == [1, 3, 2, 1]
    amounts = rng.normal(size=30)
    assert np.concatenate([b.sums(amounts) for b in blocks]) == pytest.approx(x.T @ amounts)
    assert auc(np.full(4, 0.5), np.array([True, False, True, False]), np.ones(4)) == 0.5


def test_models_that_cannot_be_fitted() -> None:
    frame = pd.DataFrame({"g": list("aaaabb"), "h": list("xxyyxy"), "r": [1, 0, 0, 1, 1, 1]})
    start = Weights.delivered(np.ones(6))
    with pytest.raises(DesignError, match=r"without exception.*terms g\[T.b\]"):
        adjust_propensity(start, frame, "r", ["g", "h"])
    with pytest.raises(DesignError, match="without exception"):
        adjust_propensity(start, frame.assign(x=[3, -1, 2, 3, 4, 5.0]), "r", "x")
    with pytest.raises(DesignError, match=r"terms g2\[T.q\] of the response model are 0 in all"):
        adjust_propensity(start, frame.assign(g2=list("ppppqq")), "r", ["h", "g", "g2"])
    with pytest.raises(DesignError, match="Everybody answered"):
        adjust_propensity(start, frame.assign(r=True), "r", ["h"])
    with pytest.raises(DesignError, match="Nobody answered"):
        adjust_propensity(start, frame.assign(r=False), "r", ["h"])
    frame["r"] = [1, 0, 0, 0, 1, 0]
    with pytest.raises(DesignError, match=r"1 factors are above 3, the largest 4.00 \(row 0"):
        adjust_propensity(start, frame, "r", ["g"], largest=3)
    with pytest.raises(DesignError, match="Fewer than 2 people answered"):
        adjust_propensity(start, frame, "r", ["g"], classes=2, smallest=2)


def test_models_that_cannot_be_read() -> None:
    frame = pd.DataFrame({"age": [1.0, 2, 3, 4], "r": [1, 0, 1, 0], "gap": [1, None, 2, 3]})
    start = Weights.delivered(np.ones(4))
    for bad in ("age +", "age + (", "", "~", []):
        with pytest.raises(InputError):
            adjust_propensity(start, frame, "r", bad)
    with pytest.raises(UnknownNameError, match="did you mean 'age'"):
        adjust_propensity(start, frame, "r", "agee")
    with pytest.raises(UnknownNameError, match="did you mean 'age'"):
        adjust_propensity(start, frame, "r", ["agee"])
    with pytest.raises(InputError, match="'gap' of the response model is missing in 1 of 4 rows"):
        adjust_propensity(start, frame, "r", "gap")
    with pytest.raises(InputError, match="missing or infinite"):
        adjust_propensity(start, frame, "r", "np.log(age - 1)")
    with pytest.raises(InputError, match="cannot explain it"):
        adjust_propensity(start, frame, "r", ["age", "r"])
    with pytest.raises(InputError, match="The left side"):
        adjust_propensity(start, frame, "r", "y ~ age")
    with pytest.raises(InputError, match="at least 2 classes"):
        adjust_propensity(start, frame, "r", "age", classes=1)
    with pytest.raises(InputError, match="about propensity classes"):
        adjust_propensity(start, frame, "r", "age", smallest=5)
    with pytest.raises(BaseWeightError, match="3 weights and 4 rows"):
        adjust_propensity(Weights.delivered(np.ones(3)), frame, "r", "age")
    assert issubclass(EmptyCellError, DesignError)


def test_the_scale_of_a_number_does_not_matter() -> None:
    weights, frame = sample()
    done = adjust_propensity(Weights.delivered(weights), frame, "answered", "income + I(income**2)")
    big = frame.assign(income=frame["income"] * 1e7)
    same = adjust_propensity(Weights.delivered(weights), big, "answered", "income + I(income**2)")
    assert same.values == pytest.approx(done.values, rel=1e-7)
    one, other = (w.steps[-1].details["coefficients"] for w in (done, same))
    assert other["estimate"].to_numpy() * [1, 1e7, 1e14] == pytest.approx(
        one["estimate"].to_numpy(), rel=1e-6
    )
    assert other["se"].to_numpy() * [1, 1e7, 1e14] == pytest.approx(one["se"].to_numpy(), rel=1e-6)


def test_who_is_not_in_a_replicate_has_a_finite_factor_there() -> None:
    """Without row 2 the replicate is separated, with a chance of answering of 0 at x = 0."""
    frame = pd.DataFrame({"x": [0.0, 0, 0, 1, 2, 3, 3], "r": [0, 0, 1, 0, 1, 1, 0]})
    step = adjust_propensity(Weights.delivered(np.ones(7)), frame, "r", "C(x > 0)").steps[-1]
    copies = np.array([1, 1, 0, 1, 1, 1, 1.0])
    sums = np.bincount(step.refit.code, copies, minlength=step.refit.size)[:, None]
    assert np.isfinite(step.refit.factors(sums)).all()
