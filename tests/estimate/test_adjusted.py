"""Variances after adjustments of weights: against dense arithmetic, derivatives and replicates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import survey_stats as ss
from survey_stats.estimate.scores import AdjustedScores, row_scores
from survey_stats.weight import Weights, cross, post_stratify
from survey_stats.weight.influence import Block, Influence
from survey_stats.weight.result import Step

CELLS = {
    f"{g} | {d}": 100.0 + 10 * i for i, (g, d) in enumerate((g, d) for g in "mf" for d in "ABC")
}
DESIGNS = [
    {"strata": "h", "clusters": "psu"},
    {"strata": "h"},
    {"clusters": "psu"},
    {"strata": "h", "clusters": ["psu", "house"], "fpc": ["N", "M"]},
    {"strata": "h", "fpc": "N"},
]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n = 900
    f = pd.DataFrame(
        {
            "h": rng.integers(0, 6, n),
            "psu": rng.integers(0, 7, n),
            "house": rng.integers(0, 9, n),
            "w": rng.uniform(1, 5, n),
            "gender": rng.choice(["m", "f"], n, p=[0.4, 0.6]),
            "district": rng.choice(list("ABC"), n),
            "size": rng.integers(1, 5, n).astype(float),
            "N": 4000.0,
            "M": 40.0,
        }
    )
    f["unsafe"] = rng.random(n) < 0.2 + 0.3 * (f.gender == "f") + 0.05 * f.psu
    f["fear"] = rng.normal(size=n) + (f.gender == "f") + 0.3 * f.psu
    return f.sort_values("fear", ignore_index=True)


def linear(weights: Weights, frame: pd.DataFrame, total: dict[str, float], size: float) -> Weights:
    """Linear calibration to margins of gender and the sum of `size`, by the textbook."""
    d = weights.values
    code = (frame["gender"] == "f").to_numpy().astype(int)
    x = np.column_stack([code == 0, code == 1, frame["size"]]).astype(float)
    target = np.array([total["m"], total["f"], size])
    core = np.linalg.inv(x.T @ (d[:, None] * x))
    factor = 1 + x @ core @ (target - d @ x)
    n = len(frame)
    blocks = (Block(code, 2), Block(np.zeros(n, dtype=int), 1, x[:, 2]))
    influence = Influence(blocks, 1 / factor, d * factor, core)
    return weights.then(
        Step("calibrated", ("gender", "size"), ("m", "f", "size"), target, factor, {}, influence)
    )


def chain(frame: pd.DataFrame, base: np.ndarray) -> Weights:
    w = post_stratify(Weights.delivered(base), cross(frame["gender"], frame["district"]), CELLS)
    return linear(w, frame, {"m": 330.0, "f": 420.0}, 1700.0)


def adjusted(frame: pd.DataFrame, **design: object) -> ss.Survey:
    survey = ss.Survey(frame, weights="w", lonely_psu="adjust", **design)
    first = post_stratify(survey.weighting, cross(frame["gender"], frame["district"]), CELLS)
    second = linear(first, frame, {"m": 330.0, "f": 420.0}, 1700.0)
    return survey._reweighted(first, "aw")._reweighted(second, "aw")


def dense_scores(survey: ss.Survey, question: str, domain: np.ndarray) -> np.ndarray:
    """Scores of a mean in a domain after all steps, by arithmetic on whole arrays."""
    w, y = survey.design.weights, survey.frame[question].to_numpy(float)
    inside = w * domain
    z = inside * (y - inside @ y / inside.sum()) / inside.sum()
    for step in reversed(survey.weighting.steps[1:]):
        z = step.influence.apply(z)
    return z


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("question", ["unsafe", "fear"])
def test_variance_is_that_of_the_dense_residuals(frame, design, question) -> None:
    survey = adjusted(frame, **design)
    plain = ss.Survey(frame.assign(one=1.0), weights="one", lonely_psu="adjust", **design)
    result = (
        survey.mean(question, by="district")
        if question == "fear"
        else survey.share(question, by="district")
    )
    for row, district in enumerate(result.keys["district"]):
        z = dense_scores(survey, question, (frame["district"] == district).to_numpy())
        # the total of given scores in an unweighted Survey has the variance of the scores
        expected = plain.assign(z=z).total("z").se[0]
        assert result.se[row] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("design", DESIGNS)
def test_covariance_adds_up_to_variances_of_combinations(frame, design) -> None:
    scores = adjusted(frame, **design).share("unsafe", by=["gender", "district"]).scores()
    assert isinstance(scores, AdjustedScores)
    covariance = scores.covariance()
    rng = np.random.default_rng(2)
    weights = rng.normal(size=(scores.n_rows, 4))
    combined = scores.combine(weights)
    np.testing.assert_allclose(
        np.diag(weights.T @ covariance @ weights), combined.variance(), rtol=1e-9
    )
    np.testing.assert_allclose(np.diag(covariance), scores.variance(), rtol=1e-12)
    np.testing.assert_allclose(scores.covariance(combined), covariance @ weights, rtol=1e-7)
    assert (np.linalg.eigvalsh(covariance) > -1e-15).all()


def test_scores_are_the_derivative_of_the_whole_chain(frame) -> None:
    base = frame["w"].to_numpy()
    survey = adjusted(frame, strata="h")
    domain = (frame["district"] == "B").to_numpy()

    def estimate(weights: np.ndarray) -> float:
        w = chain(frame, weights).values * domain
        return float(w @ frame["fear"] / w.sum())

    z = dense_scores(survey, "fear", domain)
    for i in [0, 17, 333, 899]:
        up, down = base.copy(), base.copy()
        up[i] *= 1 + 1e-4
        down[i] *= 1 - 1e-4
        slope = (estimate(up) - estimate(down)) / 2e-4
        assert slope == pytest.approx(z[i], rel=1e-6, abs=1e-10)


@pytest.mark.parametrize("design", DESIGNS)
def test_a_total_that_was_calibrated_to_has_no_error(frame, design) -> None:
    survey = adjusted(frame, **design)
    people = survey.total(by="gender")
    np.testing.assert_allclose(people.estimate, [420.0, 330.0], rtol=1e-12)
    assert (people.se == 0).all()
    assert survey.total("size").se[0] == 0
    assert (survey.total("unsafe", by="gender").se > 0).all()


def test_jackknife_made_again_agrees_with_linearisation(frame) -> None:
    survey = ss.Survey(frame, weights="w", strata="h", clusters="psu")
    cells = cross(frame["gender"], frame["district"])
    taylor = survey._reweighted(post_stratify(survey.weighting, cells, CELLS), "aw")
    before = taylor.with_replicates("jkn")
    jackknife = survey.with_replicates("jkn")
    after = jackknife._reweighted(post_stratify(jackknife.weighting, cells, CELLS), "aw")
    one, other = before.share("unsafe", by="district"), after.share("unsafe", by="district")
    np.testing.assert_allclose(one.se, other.se, rtol=1e-12)
    np.testing.assert_allclose(one.se, taylor.share("unsafe", by="district").se, rtol=0.02)
    unadjusted = survey.share("unsafe", by="district").se
    assert (np.abs(one.se / unadjusted - 1) > 0.02).any()
    np.testing.assert_allclose(before.total(by=["gender", "district"]).se, 0, atol=1e-10)


def test_given_replicates_are_made_again(frame) -> None:
    rng = np.random.default_rng(3)
    factors = rng.poisson(1, (len(frame), 30)).astype(float)
    names = [f"rep{i + 1}" for i in range(30)]
    reps = pd.DataFrame(factors * frame["w"].to_numpy()[:, None], columns=names)
    both = pd.concat([frame, reps], axis=1)
    survey = ss.Survey(both, weights="w", replicates=ss.ReplicateWeights("rep", "bootstrap"))
    cells = cross(frame["gender"], frame["district"])
    again = survey._reweighted(post_stratify(survey.weighting, cells, CELLS), "aw")
    thetas = []
    for name in names:
        w = reps[name].to_numpy()
        own = np.zeros_like(w)
        for cell, total in CELLS.items():
            inside = cells == cell
            own[inside] = w[inside] * total / w[inside].sum()
        thetas.append(own @ frame["unsafe"] / own.sum())
    expected = np.std(thetas, ddof=1)
    assert again.share("unsafe").se[0] == pytest.approx(expected, rel=1e-10)


def test_joined_waves_keep_their_steps(frame) -> None:
    first = adjusted(frame, strata="h", clusters="psu")
    second = adjusted(frame.iloc[:700].reset_index(drop=True), strata="h", clusters="psu")
    both = ss.join([first, second])
    result = both.share("unsafe", by="wave")
    expected = [first.share("unsafe").se[0], second.share("unsafe").se[0]]
    np.testing.assert_allclose(result.se, expected, rtol=1e-10)
    assert result.scores().covariance()[0, 1] == pytest.approx(0, abs=1e-15)
    people = both.total(by=["wave", "gender"])
    assert (people.se == 0).all()


def test_where_by_and_tests_see_the_steps(frame) -> None:
    survey = adjusted(frame, strata="h", clusters="psu")
    by = survey.share("unsafe", by="district")
    where = survey.share("unsafe", where="district == 'B'")
    at = by.keys["district"].tolist().index("B")
    assert by.se[at] == pytest.approx(where.se[0], rel=1e-12)
    half = survey.quantile("fear", 0.5, by="gender")
    plain = ss.Survey(survey.frame, weights="aw", strata="h", clusters="psu")
    assert half.estimate[0] == plain.quantile("fear", 0.5, by="gender").estimate[0]
    assert (half.deff != plain.quantile("fear", 0.5, by="gender").deff).all()
    assert (
        survey.independence("unsafe", "gender").p_value
        != plain.independence("unsafe", "gender").p_value
    )


def test_scores_by_row_follow_the_steps(frame) -> None:
    survey = adjusted(frame, strata="h", clusters="psu")
    w, y = survey.design.weights, frame["fear"].to_numpy()
    z = w * (y - w @ y / w.sum()) / w.sum()
    scores = row_scores(survey.design, np.column_stack([z, 2 * z]))
    assert np.sqrt(scores.variance()) == pytest.approx(
        survey.mean("fear").se[0] * np.array([1, 2]), rel=1e-10
    )


def test_dense_and_sparse_cores_do_the_same(frame) -> None:
    n = len(frame)
    rng = np.random.default_rng(0)
    code = rng.integers(0, 4, n)
    core = np.diag(rng.uniform(0.1, 1, 4))
    look, back, z = rng.normal(size=(3, n))
    one = Influence((Block(code, 4),), look, back, core)
    other = Influence((Block(code, 4),), look, back, sparse.csc_array(core))
    np.testing.assert_allclose(one.apply(z), other.apply(z), rtol=1e-14)


def test_columns_of_the_design_are_not_assigned(frame) -> None:
    survey = ss.Survey(frame, weights="w", strata="h")
    with pytest.raises(ss.errors.DesignError, match="'h' is a column of the design"):
        survey.assign(h=1)
    assert survey.assign(double=lambda f: 2 * f["fear"]).mean("double").estimate[0] == (
        pytest.approx(2 * survey.mean("fear").estimate[0])
    )
    weights = post_stratify(survey.weighting, cross(frame["gender"], frame["district"]), CELLS)
    with pytest.raises(ss.errors.InputError, match="has a column 'fear' already"):
        survey._reweighted(weights, "fear")
