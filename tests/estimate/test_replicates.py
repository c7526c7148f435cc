"""Replicate weights: against closed forms where there are any, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from survey_stats.errors import DesignError, InputError
from survey_stats.estimate import ReplicateWeights, Survey
from survey_stats.estimate.hadamard import hadamard

DESIGN = {"weights": "weight", "strata": "stratum", "clusters": "psu"}


@pytest.fixture
def paired(frame) -> pd.DataFrame:
    """Two PSUs in every stratum."""
    return frame[frame["psu"] < 2].reset_index(drop=True)


def with_columns(frame: pd.DataFrame, factors: np.ndarray, combined: bool = True) -> pd.DataFrame:
    values = factors * frame["weight"].to_numpy()[:, None] if combined else factors
    columns = {f"rep{i + 1}": values[:, i] for i in range(factors.shape[1])}
    return frame.assign(**columns)


def factors_of(survey: Survey) -> np.ndarray:
    made = survey.design.replicates
    return made.matrix if made.unit is None else made.matrix[made.unit]


@pytest.mark.parametrize("fpc", [None, "psus"])
def test_the_jackknife_of_a_total_is_its_closed_form(frame, fpc):
    survey = Survey(frame, fpc=fpc, **DESIGN)
    for est in (lambda s: s.total("income", by="area"), lambda s: s.total("grade")):
        np.testing.assert_allclose(est(survey.with_replicates()).se, est(survey).se, rtol=1e-10)
    respondents = Survey(frame, weights="weight", strata="stratum")
    np.testing.assert_allclose(
        respondents.with_replicates().total("income").se, respondents.total("income").se, rtol=1e-10
    )


@pytest.mark.parametrize("kind", ["brr", "fay"])
def test_half_samples_of_a_total_are_its_closed_form(paired, kind):
    survey = Survey(paired, **DESIGN)
    half = survey.with_replicates(kind, rho=0.3)
    np.testing.assert_allclose(
        half.total("income", by="area").se, survey.total("income", by="area").se, rtol=1e-10
    )
    assert half.design.df == survey.design.df == 5


def test_a_jackknifed_ratio_is_the_sum_over_dropped_psus(frame):
    """Written out: every stratum's PSUs are dropped in turn, the others grow by n / (n - 1)."""
    thetas, scales = [], []
    for stratum, part in frame.groupby("stratum"):
        psus = part["psu"].unique()
        n = len(psus)
        for psu in psus:
            w = frame["weight"].where(frame["stratum"] != stratum, frame["weight"] * n / (n - 1))
            w = w.where((frame["stratum"] != stratum) | (frame["psu"] != psu), 0.0)
            thetas.append(
                (w * frame["income"]).sum() / (w * frame["size"])[frame["income"].notna()].sum()
            )
            scales.append((n - 1) / n)
    thetas = np.array(thetas)
    want = np.sqrt((scales * (thetas - thetas.mean()) ** 2).sum())
    got = Survey(frame, **DESIGN).with_replicates().ratio("income", "size")
    assert got.se[0] == pytest.approx(want, rel=1e-11)


def test_bootstrap_nears_linearisation_and_repeats_from_its_seed(frame):
    survey = Survey(frame, **DESIGN)
    boot = survey.with_replicates("bootstrap", replicates=4000, seed=3)
    np.testing.assert_allclose(boot.total("income").se, survey.total("income").se, rtol=0.05)
    again = survey.with_replicates("bootstrap", replicates=4000, seed=3)
    assert again.total("income").se[0] == boot.total("income").se[0]
    census = Survey(frame, fpc="psus", **DESIGN)
    smaller = census.with_replicates("bootstrap", replicates=4000, seed=3).total("income").se[0]
    assert smaller == pytest.approx(census.total("income").se[0], rel=0.05)


def test_given_weights_equal_the_ones_they_were_made_from(frame):
    survey = Survey(frame, **DESIGN)
    jack = survey.with_replicates("jkn")
    sizes = frame.groupby("stratum")["psu"].nunique()
    rscales = np.repeat((sizes - 1) / sizes, sizes)
    for combined in (True, False):
        given = Survey(
            with_columns(frame, factors_of(jack), combined),
            weights="weight",
            replicates=ReplicateWeights("rep", "jkn", rscales=rscales.tolist(), combined=combined),
        )
        assert given.design.df == survey.design.df
        for est in (
            lambda s: s.share("grade", by=["area", "sex"]),
            lambda s: s.mean("income", by="area"),
            lambda s: s.ratio("income", "size"),
        ):
            np.testing.assert_allclose(est(given).se, est(jack).se, rtol=1e-10, atol=1e-15)
            np.testing.assert_allclose(est(given).cov(), est(jack).cov(), rtol=1e-9, atol=1e-14)
            np.testing.assert_array_equal(est(given).estimate, est(jack).estimate)


def scale_of(kind: str, n: int, rho: float) -> float:
    return {
        "brr": 1 / n,
        "fay": 1 / (n * (1 - rho) ** 2),
        "jk1": (n - 1) / n,
        "jk2": 1.0,
        "bootstrap": 1 / (n - 1),
        "sdr": 4 / n,
        "other": 0.7,
    }[kind]


@pytest.mark.parametrize("kind", ["brr", "fay", "jk1", "jk2", "bootstrap", "sdr", "other"])
@pytest.mark.parametrize("mse", [False, True])
def test_every_kind_has_its_scale(paired, kind, mse):
    rng = np.random.default_rng(5)
    survey = Survey(paired, **DESIGN)
    n = 8
    if kind in ("brr", "fay"):
        factors = factors_of(survey.with_replicates(kind, rho=0.4))
        n = factors.shape[1]
    elif kind == "jk1":
        groups = rng.integers(0, n, len(paired))
        factors = np.where(groups[:, None] == np.arange(n), 0.0, n / (n - 1))
    elif kind == "jk2":
        n = 5
        strata = paired["stratum"].str[1].astype(int).to_numpy()
        factors = np.ones((len(paired), n))
        own = strata[:, None] == np.arange(n)
        factors[own & (paired["psu"].to_numpy() == 0)[:, None]] = 0.0
        factors[own & (paired["psu"].to_numpy() == 1)[:, None]] = 2.0
    else:
        factors = rng.choice([0.3, 1.0, 1.7], size=(len(paired), n))
    extra = {"rho": 0.4} if kind == "fay" else {}
    if kind == "other":
        extra = {"scale": 0.7, "rscales": [1.0] * n}
    given = Survey(
        with_columns(paired, factors),
        weights="weight",
        replicates=ReplicateWeights("rep", kind, mse=mse, **extra),
    )
    w = paired["weight"].to_numpy()
    y = paired["income"].to_numpy()
    kept = ~np.isnan(y)

    def mean(weights):
        return (weights[kept] * y[kept]).sum() / weights[kept].sum()

    thetas = np.array([mean(w * factors[:, r]) for r in range(n)])
    centre = mean(w) if mse else thetas.mean()
    want = np.sqrt(scale_of(kind, n, 0.4) * ((thetas - centre) ** 2).sum())
    assert given.mean("income").se[0] == pytest.approx(want, rel=1e-11)


def test_a_prefix_takes_numbered_columns_only(paired):
    frame = with_columns(paired, factors_of(Survey(paired, **DESIGN).with_replicates("brr")))
    frame["rep_flag"] = -1.0
    frame["repeat"] = "x"
    survey = Survey(frame, weights="weight", replicates=ReplicateWeights("rep", "brr"))
    assert survey.design.replicates.n == 8
    with pytest.raises(DesignError, match="run from 1 to 8 but there are 7"):
        Survey(
            frame.drop(columns="rep4"), weights="weight", replicates=ReplicateWeights("rep", "brr")
        )
    with pytest.raises(
        DesignError, match=r"'rep\[1-8\]' and a number; give what the names .* begin"
    ):
        Survey(frame, weights="weight", replicates=ReplicateWeights("rep[1-8]", "brr"))
    with pytest.raises(DesignError, match="two or more"):
        Survey(frame, weights="weight", replicates=ReplicateWeights(["rep1"], "brr"))


def test_replicates_that_do_not_match_their_kind_are_refused(paired):
    survey = Survey(paired, **DESIGN)
    brr = with_columns(paired, factors_of(survey.with_replicates("brr")))
    fay = with_columns(paired, factors_of(survey.with_replicates("fay", rho=0.5)))
    jkn = with_columns(paired, factors_of(survey.with_replicates("jkn")))

    def make(frame, kind, **kw):
        return Survey(frame, weights="weight", replicates=ReplicateWeights("rep", kind, **kw))

    for frame, kind, kw, message in [
        (fay, "brr", {}, "drop about half"),
        (jkn, "brr", {}, "drop about half"),
        (brr, "fay", {"rho": 0.5}, "none should drop"),
        (brr, "jk1", {}, "exactly one"),
        (brr, "jkn", {"rscales": [0.5] * 8}, "at most once"),
        (fay, "jk2", {}, "one PSU of a pair"),
        (brr, "sdr", {}, "none should drop"),
        (brr, "fay", {}, "rho between 0 and 1"),
        (brr, "brr", {"rho": 0.5}, "rho belongs"),
        (jkn, "jkn", {}, "needs rscales"),
        (jkn, "jkn", {"rscales": [0.5]}, "rscales has 1 values for 10"),
        (brr, "other", {}, "both scale and rscales"),
        (brr, "brr", {"scale": 1.0}, "follows from its kind"),
        (brr, "brr", {"combined": False}, "combined=True"),
    ]:
        with pytest.raises(DesignError, match=message):
            make(frame, kind, **kw)
    factors = with_columns(
        paired.assign(weight=paired["weight"] * 100),
        factors_of(survey.with_replicates("brr")),
        False,
    )
    with pytest.raises(DesignError, match="combined=False"):
        make(factors, "brr")
    broken = brr.copy()
    broken.loc[4, "rep3"] = np.nan
    with pytest.raises(DesignError, match=r"rep3 are missing, infinite or negative in rows 4"):
        make(broken, "brr")
    with pytest.raises(InputError, match="no kind of replicate"):
        make(brr, "jackknife")
    with pytest.raises(InputError, match="leave strata"):
        Survey(brr, weights="weight", strata="stratum", replicates=ReplicateWeights("rep", "brr"))


def test_what_cannot_be_made(frame):
    survey = Survey(frame, **DESIGN)
    with pytest.raises(DesignError, match="two PSUs in every stratum"):
        survey.with_replicates("brr")
    with pytest.raises(DesignError, match="rho between"):
        survey.with_replicates("fay", rho=1.0)
    with pytest.raises(InputError, match="cannot be made"):
        survey.with_replicates("sdr")
    with pytest.raises(InputError, match="two or more"):
        survey.with_replicates("bootstrap", replicates=1)
    many = Survey(pd.DataFrame({"y": np.zeros(20_000)}))
    with pytest.raises(DesignError, match="fit in memory"):
        many.with_replicates("jkn")


@pytest.mark.parametrize("order", [1, 2, 3, 5, 12, 20, 25, 37, 61, 90])
def test_hadamard_matrices_are_orthogonal_and_balanced(order):
    h = hadamard(order)
    n = len(h)
    assert n >= order
    assert n <= max(2, order * 1.35 + 4)
    np.testing.assert_array_equal(h @ h.T, n * np.eye(n))
    assert (h[0] == 1).all()


def test_a_domain_that_replicates_empty_keeps_the_others(frame):
    survey = Survey(frame, **DESIGN).with_replicates("jkn")
    where = (frame["stratum"] == "s1") & (frame["psu"] == 0)
    row = survey.share("yes", by="area", where=where).to_frame()
    assert (row["df"] <= 0).all()
    assert row["ci_low"].isna().all()
    assert row["flag"].str.contains("no").all()


def test_quantiles_of_replicates(frame):
    survey = Survey(frame, **DESIGN).with_replicates("bootstrap", replicates=300)
    spread = survey.median("income", interval="replicates")
    woodruff = survey.median("income")
    assert spread.estimate[0] == woodruff.estimate[0]
    assert spread.se[0] == pytest.approx(woodruff.se[0], rel=0.5)
    assert spread.cov()[0, 0] == pytest.approx(spread.se[0] ** 2)
    with pytest.raises(InputError, match="with_replicates"):
        Survey(frame, **DESIGN).median("income", interval="replicates")


def test_successive_differences_may_be_negative():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"y": rng.random(40), "w": rng.uniform(1, 3, 40)})
    factors = rng.normal(1, 0.6, (40, 8))
    weights = factors * frame[["w"]].to_numpy()
    assert (weights < 0).any()
    frame = frame.join(pd.DataFrame(weights, columns=[f"rep{i}" for i in range(1, 9)]))
    with pytest.raises(DesignError, match="negative in rows"):
        Survey(frame, weights="w", replicates=ReplicateWeights("rep", "bootstrap"))
    est = Survey(frame, weights="w", replicates=ReplicateWeights("rep", "sdr", mse=True)).mean("y")
    thetas = weights.T @ frame["y"] / weights.sum(axis=0)
    assert est.se[0] == pytest.approx(np.sqrt(4 / 8 * ((thetas - est.estimate[0]) ** 2).sum()))
