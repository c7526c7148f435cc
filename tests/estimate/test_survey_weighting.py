"""`Survey.calibrate` and its kin: chains, replicates, and errors that name what is wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss

MARGINS = {"gender": {"m": 4200.0, "f": 4400.0}, "district": {"A": 2600, "B": 2500, "C": 3500}}


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    """Everybody drawn: strata, areas, and who answered."""
    rng = np.random.default_rng(11)
    n = 1200
    f = pd.DataFrame(
        {
            "h": np.repeat(np.arange(6), n // 6),
            "psu": np.tile(np.repeat(np.arange(10), n // 60), 6),
            "w": np.repeat(rng.uniform(3, 12, 6), n // 6),
            "gender": rng.choice(["m", "f"], n),
            "district": rng.choice(list("ABC"), n),
            "age": rng.integers(16, 85, n),
        }
    )
    chance = 1 / (1 + np.exp(-(-1.2 + 0.03 * f.age + 0.5 * (f.gender == "f"))))
    f["answered"] = rng.random(n) < chance
    unsafe = rng.random(n) < 0.55 - 0.004 * f.age + 0.15 * (f.gender == "f")
    f["unsafe"] = unsafe.astype("boolean").where(f["answered"])
    return f


DESIGNS = [{"strata": "h", "clusters": "psu"}, {"strata": "h"}]


def chain(survey: ss.Survey) -> ss.Survey:
    return survey.adjust_nonresponse("answered", ["gender", "district"]).calibrate(
        MARGINS, linearisation="derivative"
    )


def propensity(survey: ss.Survey) -> ss.Survey:
    return survey.adjust_propensity("answered", ["gender", "age"]).calibrate(
        MARGINS, linearisation="derivative"
    )


def trimmed(survey: ss.Survey) -> ss.Survey:
    return chain(survey).trim(upper="2 x median")


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("steps", [chain, propensity, trimmed])
def test_linearisation_agrees_with_replicates_made_again(drawn, design, steps) -> None:
    survey = ss.Survey(drawn, weights="w", **design)
    taylor = steps(survey)
    before = steps(survey.with_replicates("jkn"))
    after = taylor.with_replicates("jkn")
    for by in (None, "district", "gender"):
        one = taylor.share("unsafe", by=by)
        np.testing.assert_allclose(before.share("unsafe", by=by).se, one.se, rtol=0.03)
        np.testing.assert_allclose(
            before.share("unsafe", by=by).se, after.share("unsafe", by=by).se, rtol=1e-6
        )
        np.testing.assert_allclose(before.share("unsafe", by=by).estimate, one.estimate)
    fixed = ss.Survey(taylor.frame, weights="adjusted_weight", **design)
    # taking the weights as given would say something else
    assert taylor.total().se[0] == 0
    assert fixed.total().se[0] > 50


@pytest.mark.parametrize("steps", [chain, propensity])
def test_scores_are_the_derivative_of_all_steps(drawn, steps) -> None:
    def total(weights: np.ndarray) -> float:
        survey = steps(ss.Survey(drawn.assign(w=weights), weights="w"))
        return float(survey.share("unsafe", where="district == 'A'").estimate[0])

    base = drawn["w"].to_numpy()
    survey = steps(ss.Survey(drawn, weights="w"))
    w = survey.design.weights
    y = drawn["unsafe"].fillna(False).to_numpy(bool)
    inside = w * ((drawn["district"] == "A") & drawn["unsafe"].notna()).to_numpy()
    z = inside * (y - inside @ y / inside.sum()) / inside.sum()
    for step in reversed(survey.weighting.steps[1:]):
        z = step.influence.apply(z)
    answered = np.flatnonzero(drawn["answered"])
    silent = np.flatnonzero(~drawn["answered"])
    for i in [*answered[[3, 200]], *silent[[5, 100]]]:
        up, down = base.copy(), base.copy()
        up[i] *= 1 + 1e-4
        down[i] *= 1 - 1e-4
        slope = (total(up) - total(down)) / 2e-4
        assert slope == pytest.approx(z[i], rel=1e-5, abs=2e-10)
        assert z[i] != 0


def test_who_did_not_answer_stays_in_the_design_and_in_no_domain(drawn) -> None:
    survey = chain(ss.Survey(drawn, weights="w", strata="h"))
    assert survey.design.df == len(drawn) - 6
    assert survey.total().n[0] == drawn["answered"].sum()
    assert (survey.frame.loc[~drawn["answered"], "adjusted_weight"] == 0).all()
    assert survey.total().estimate[0] == pytest.approx(8600)
    assert "adjusted for non-response in 6 classes" in repr(survey)
    assert [s.kind for s in survey.weighting.steps] == ["delivered", "non-response", "calibrated"]


def test_the_first_survey_stays_as_it_was(drawn) -> None:
    survey = ss.Survey(drawn, weights="w", strata="h")
    chain(survey)
    assert "adjusted_weight" not in survey.frame
    assert survey.weighting.steps[-1].kind == "delivered"
    assert survey.design.trail is None


def test_post_stratification_is_saturated_calibration(drawn) -> None:
    frame = drawn[drawn["answered"]]
    survey = ss.Survey(frame, weights="w", strata="h", clusters="psu")
    totals = {
        (g, d): 1000.0 + 50 * i for i, (g, d) in enumerate((g, d) for g in "mf" for d in "ABC")
    }
    one = survey.post_stratify({("gender", "district"): totals})
    other = survey.calibrate({("gender", "district"): totals})
    linear = survey.calibrate({("gender", "district"): totals}, method="linear")
    for again in (other, linear):
        np.testing.assert_allclose(again.design.weights, one.design.weights, rtol=1e-10)
        np.testing.assert_allclose(
            again.share("unsafe", by="gender").se, one.share("unsafe", by="gender").se, rtol=1e-10
        )


def test_calibration_by_district_is_that_of_each_district(drawn) -> None:
    frame = drawn[drawn["answered"]]
    margins = {
        ("district", "gender"): {
            (d, g): 900.0 + 10 * i for i, (d, g) in enumerate((d, g) for d in "ABC" for g in "mf")
        }
    }
    survey = ss.Survey(frame, weights="w", strata="h", clusters="psu")
    together = survey.calibrate(
        {"gender": {}}
        and [
            pd.DataFrame(
                [(d, g, n) for (d, g), n in margins["district", "gender"].items()],
                columns=["district", "gender", "population"],
            )
        ],
        by="district",
    )
    crossed = survey.calibrate(margins)
    np.testing.assert_allclose(together.design.weights, crossed.design.weights, rtol=1e-10)
    np.testing.assert_allclose(
        together.share("unsafe", by="district").se,
        crossed.share("unsafe", by="district").se,
        rtol=1e-10,
    )


def test_change_follows_the_weights_of_both_waves(drawn) -> None:
    half = len(drawn) // 2
    order = np.random.default_rng(1).permutation(len(drawn))
    parts = [drawn.iloc[np.sort(order[:half])], drawn.iloc[np.sort(order[half:])]]
    waves = [
        chain(ss.Survey(p.reset_index(drop=True), weights="w", strata="h", wave=2020 + i))
        for i, p in enumerate(parts)
    ]
    shares = [w.share("unsafe") for w in waves]
    change = ss.change(*waves, "unsafe")
    assert change.se[0] == pytest.approx(np.hypot(shares[0].se[0], shares[1].se[0]))
    joined = ss.join(waves)
    both = joined.share("unsafe", by="wave")
    np.testing.assert_allclose(both.se, [s.se[0] for s in shares], rtol=1e-9)
    assert joined.design.df == sum(w.design.df for w in waves)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda s: s.calibrate({"gender": {"m": 1, "w": 1}}), ss.SurveyStatsError, "gender"),
        (lambda s: s.calibrate({"gendre": {"m": 1}}), ss.UnknownNameError, "did you mean 'gender'"),
        (lambda s: s.adjust_nonresponse("answered"), ss.InputError, "classes="),
        (
            lambda s: s.calibrate(MARGINS, name="age"),
            ss.InputError,
            "has a column 'age' already",
        ),
    ],
)
def test_errors_name_what_is_wrong(drawn, call, error, text) -> None:
    with pytest.raises(error, match=text):
        call(ss.Survey(drawn, weights="w", strata="h"))


def test_a_replicate_that_cannot_be_calibrated_is_named(drawn) -> None:
    frame = drawn[drawn["answered"]].assign(rare=lambda f: (np.arange(len(f)) == 0).astype(int))
    survey = ss.Survey(frame, weights="w", strata="h", clusters="psu").with_replicates("jkn")
    total = survey.total().estimate[0]
    with pytest.raises(ss.DesignError, match=r"[Rr]eplicate"):
        survey.calibrate({"rare": {0: total - 10, 1: 10}})


def test_two_weightings_of_one_sample_are_not_independent(drawn) -> None:
    frame = drawn[drawn["answered"]]
    survey = ss.Survey(frame, weights="w", strata="h")
    again = survey.calibrate(MARGINS)
    for sides in [(survey, again), (survey.share("unsafe"), again.share("unsafe"))]:
        with pytest.raises(ss.InputError, match="one frame"):
            ss.change(*sides, "unsafe") if isinstance(sides[0], ss.Survey) else ss.change(*sides)


def test_trimming_keeps_the_margins_and_is_in_the_errors(drawn) -> None:
    calibrated = chain(ss.Survey(drawn, weights="w", strata="h", clusters="psu"))
    survey = calibrated.trim(upper="2 x median")
    w = survey.design.weights
    assert w.max() < calibrated.design.weights.max()
    people = survey.total(by="gender")
    np.testing.assert_allclose(people.estimate, [4400, 4200], rtol=1e-9)
    assert (people.se < 1e-6 * people.estimate).all()
    with pytest.raises(ss.DesignError, match="must be at least"):
        calibrated.trim(upper=float(w[w > 0].min()))


@pytest.mark.parametrize("fraction", [1.0, 0.5, 0.1])
@pytest.mark.parametrize("steps", ["classes", "propensity"])
def test_an_fpc_does_not_lessen_what_is_due_to_answering(fraction, steps) -> None:
    rng = np.random.default_rng(8)
    population = pd.DataFrame({"c": np.repeat(list("abc"), 500)})
    population["y"] = rng.normal(size=1500) + (population["c"] == "a")
    chance = population["c"].map({"a": 0.3, "b": 0.5, "c": 0.8})
    n = int(1500 * fraction)
    means, variances = [], []
    for _ in range(400):
        sample = population.iloc[np.sort(rng.permutation(1500)[:n])].assign(w=1500 / n, N=1500.0)
        sample["r"] = rng.random(n) < chance[sample.index]
        survey = ss.Survey(sample, weights="w", fpc="N")
        survey = (
            survey.adjust_nonresponse("r", "c")
            if steps == "classes"
            else survey.adjust_propensity("r", ["c"])
        )
        result = survey.mean("y")
        means.append(result.estimate[0])
        variances.append(result.se[0] ** 2)
        if len(means) == 1:
            both = survey.mean("y", by="c").scores()
            covariance = both.covariance()
            np.testing.assert_allclose(np.diag(covariance), both.variance(), rtol=1e-9)
            weights = np.array([[1.0], [-1.0], [0.5]])
            np.testing.assert_allclose(
                np.diag(weights.T @ covariance @ weights),
                both.combine(weights).variance(),
                rtol=1e-9,
            )
    # the estimate of a variance from 400 draws has a standard error of 7 %
    assert np.mean(variances) / np.var(means) == pytest.approx(1, abs=0.2)


def test_what_cannot_tell_answering_from_the_draw_refuses_an_fpc(drawn) -> None:
    survey = ss.Survey(drawn.assign(N=400.0), weights="w", strata="h", fpc="N")
    adjusted = survey.adjust_nonresponse("answered", "gender")
    for refused in (
        adjusted.with_replicates,
        lambda: adjusted.trim(upper="2 x median"),
        lambda: survey.with_replicates("bootstrap").adjust_nonresponse("answered", "gender"),
    ):
        with pytest.raises(ss.DesignError, match="without fpc="):
            refused()


def test_a_survey_takes_weights_with_their_history(drawn) -> None:
    population = {str(h): 900.0 + 10 * h for h in range(6)}
    sample = {str(h): 200.0 for h in range(6)}
    base = ss.base_weights(population, sample, drawn["h"].astype(str))
    survey = ss.Survey(drawn, weights=base, strata="h")
    assert survey.weighting.steps[0].kind == "base"
    assert survey.frame["base_weight"].sum() == pytest.approx(base.total)
    given = ss.Survey(drawn.assign(b=base.values), weights="b", strata="h")
    pd.testing.assert_frame_equal(
        chain(survey).share("unsafe", by="gender").to_frame(),
        chain(given).share("unsafe", by="gender").to_frame(),
    )
    history = chain(survey).weighting
    again = ss.Survey(drawn, weights=history, strata="h")
    assert again.design.df == survey.design.df
    np.testing.assert_allclose(
        again.share("unsafe").se, chain(survey).share("unsafe").se, rtol=1e-12
    )
    assert "adjusted_weight" not in drawn
    with pytest.raises(ss.DesignError, match="1200 weights and 5 rows"):
        ss.Survey(drawn.head(), weights=base)


def test_a_test_says_what_it_found(drawn) -> None:
    survey = chain(ss.Survey(drawn, weights="w", strata="h"))
    told = repr(survey.independence("unsafe", "gender"))
    assert "F(" in told
    assert "p = " in told
    assert "difference" in repr(
        survey.assign(u=drawn["unsafe"].astype(float)).t_test("u", "gender")
    )
