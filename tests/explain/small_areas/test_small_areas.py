"""`small_areas` from a Survey to its frame: identities, hostile input and a small simulation."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special, stats

import survey_stats as ss
from survey_stats import protect
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.explain.small_areas import fay_herriot as fh
from survey_stats.explain.small_areas import small_areas

METHODS = ("reml", "ml", "adjusted", "li-lahiri")
SCALES = ("arcsine", "logit", "none")
NAMES = list("abcdefghijkl")
YES = [2, 14, 11, 9, 36, 6, 21, 10, 9, 18, 16, 6]
BASES = [20, 35, 40, 25, 60, 30, 50, 45, 18, 70, 33, 28]


def frame(yes=YES, bases=BASES, names=NAMES):
    parts = [
        pd.DataFrame({"area": a, "yes": np.arange(n) < k})
        for a, k, n in zip(names, yes, bases, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def direct(**how):
    return ss.Survey(frame(**how)).share("yes", by="area")


def auxiliaries():
    return pd.DataFrame(
        {"crime": np.array(YES) / np.array(BASES) + 0.1 * np.cos(np.arange(12)),
         "income": np.sin(np.arange(12.0))},
        index=NAMES,
    )  # fmt: skip


def test_pooled_waves_are_told():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "area": np.repeat([f"a{i}" for i in range(12)], 80),
            "wave": np.tile(np.repeat([2020, 2023], 40), 12),
            "q": rng.random(960) < 0.3,
        }
    )
    frame["late"] = frame["q"].astype("boolean").where(frame["wave"] == 2023)
    both = ss.Survey(frame)
    assert both.share("q", by="area").metadata.waves == ("2020", "2023")
    told = small_areas(both.share("q", by="area")).notes
    assert any("several waves together (2020, 2023)" in note for note in told)
    one = [
        both.share("q", by="area", where="wave == 2023"),
        both.share("late", by="area"),
        ss.Survey(frame[frame["wave"] == 2020], wave=2020).share("q", by="area"),
        ss.Survey(frame, name="x", wave="both").share("q", by="area"),
    ]
    for shares in one:
        assert shares.metadata.waves == ()
        assert not any("waves" in note for note in small_areas(shares).notes)
    assert both.share("q", by=["area", "wave"]).metadata.waves == ()
    odd = ss.Survey(frame.assign(wave=[[1]] * 960)).share("q", by="area")
    assert odd.metadata.waves == ()


def test_frame():
    result = small_areas(direct(), auxiliaries())
    found = result.to_frame()
    assert list(found.columns) == [
        *("area", "estimate", "rmse", "ci_low", "ci_high", "gamma"),
        *("direct", "direct_se", "n", "n_effective", "source", "flag"),
    ]
    assert found.n.tolist() == BASES
    np.testing.assert_allclose(found.direct, np.array(YES) / BASES)
    assert ((found.ci_low > 0) & (found.ci_low < found.estimate)).all()
    assert ((found.estimate < found.ci_high) & (found.ci_high < 1)).all()
    assert (found.source == "model").all()
    assert found.attrs["scale"] == "arcsine"
    pd.testing.assert_series_equal(
        result.shrinkage.reset_index(drop=True), found.gamma, check_names=False
    )
    assert result.coefficients["column"].tolist() == ["constant", "crime", "income"]
    # the auxiliary that was made from the shares is found, the other is not
    assert result.coefficients["p_value"][1] < 0.05 < result.coefficients["p_value"][2]


def test_by_hand_on_the_arcsine_scale():
    """EBLUP, mean of the share, its error and interval, from their definitions."""
    est = direct()
    result = small_areas(est, variances="common", method="reml")
    n = np.array(BASES, dtype=float)
    assert est.deff.min() <= result.deff <= est.deff.max()
    size = n / max(result.deff, 1.0)
    np.testing.assert_allclose(result.n_effective, size)
    share = np.array(YES) / n
    p = 0.5 + (share - 0.5) * np.exp(-0.5 / size)
    y, D = np.arcsin(np.sqrt(p)), 0.25 / size

    def deviance(a):
        w = 1 / (a + D)
        mean = (w @ y) / w.sum()
        return -np.log(w).sum() + np.log(w.sum()) + (w * (y - mean) ** 2).sum()

    grid = np.linspace(0, 0.1, 200_001)
    w = 1 / (grid[:, None] + D)
    A = grid[np.argmin([deviance(a) for a in grid[::100]]) * 100]
    near = np.linspace(A - 1e-4, A + 1e-4, 20_001)
    A = near[np.argmin([deviance(a) for a in near])]
    assert result.model_variance == pytest.approx(A, abs=2e-8)
    w = 1 / (result.model_variance + D)
    mean = (w @ y) / w.sum()
    gamma = result.model_variance * w
    theta = gamma * y + (1 - gamma) * mean
    g1, g2 = gamma * D, (1 - gamma) ** 2 / w.sum()
    g3 = (1 - gamma) ** 2 * w * 2 / (w**2).sum()
    mse = g1 + g2 + 2 * g3
    np.testing.assert_allclose(result.gamma, gamma, rtol=1e-9)

    def moment(i, k, variance, about=0.0):
        sd = np.sqrt(variance)
        return integrate.quad(
            lambda x: (np.sin(x) ** 2 - about) ** k * stats.norm.pdf(x, theta[i], sd),
            theta[i] - 9 * sd, theta[i] + 9 * sd,
        )[0]  # fmt: skip

    estimate = np.array([moment(i, 1, g1[i]) for i in range(12)])
    np.testing.assert_allclose(result.estimate, estimate, rtol=1e-8)
    error = [moment(i, 2, mse[i], estimate[i]) for i in range(12)]
    np.testing.assert_allclose(result.rmse**2, error, rtol=1e-7)
    reach = stats.t.ppf(0.975, 11) * np.sqrt(mse)
    np.testing.assert_allclose(result.ci_low, np.sin(theta - reach) ** 2, rtol=1e-9)
    np.testing.assert_allclose(result.ci_high, np.sin(theta + reach) ** 2, rtol=1e-9)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("method", METHODS)
def test_between_direct_and_synthetic_with_less_error(scale, method):
    result = small_areas(direct(), auxiliaries(), scale=scale, method=method)
    far = np.abs(result.direct - result.direct.mean()).argmax()
    middle = result.working.fit.synthetic[far]
    back = {"arcsine": np.sin(middle) ** 2, "logit": special.expit(middle), "none": middle}[scale]
    low, high = sorted([back, result.direct[far]])
    assert low - 0.01 < result.estimate[far] < high + 0.01
    assert np.median(result.rmse / result.direct_se) < 1
    if scale == "arcsine" and result.model_variance > 0:
        # who has fewer answers borrows more
        assert (np.diff(result.gamma[np.argsort(result.n_effective)]) > 0).all()


def test_scales_agree_where_shares_are_moderate():
    found = [small_areas(direct(), scale=s).estimate for s in SCALES]
    assert np.abs(found[0] - found[1]).max() < 0.02
    assert np.abs(found[0] - found[2]).max() < 0.02


def test_all_and_none_are_handled():
    yes = [0, *YES[1:-1], BASES[-1]]
    est = direct(yes=yes)
    for scale in SCALES:
        result = small_areas(est, scale=scale)
        found = result.to_frame().set_index("area")
        assert 0 < found.loc["a", "estimate"] < 0.3
        assert 0.3 < found.loc["l", "estimate"] < 1
        assert found.loc["a", "flag"] == "direct share 0 %"
        assert found.loc["l", "flag"] == "direct share 100 %"
        assert ((found.ci_low >= 0) & (found.ci_high <= 1)).all()
        assert (found.ci_low < found.ci_high).all()
        assert np.isfinite(found[["rmse", "gamma"]].to_numpy()).all()


def test_areas_without_respondents():
    data = frame()
    data["area"] = pd.Categorical(data["area"], [*NAMES, "empty"])
    est = ss.Survey(data).share("yes", by="area")
    extra = pd.DataFrame({"crime": [0.3, 0.5], "income": [0.1, 0.0]}, index=["empty", "unseen"])
    result = small_areas(est, pd.concat([auxiliaries(), extra]))
    found = result.to_frame().set_index("area")
    assert found.loc["unseen", "source"] == "synthetic"
    assert found.loc["unseen", "flag"] == "no respondents: synthetic estimate"
    assert found.loc["unseen", ["gamma", "n"]].tolist() == [0, 0]
    assert math.isnan(found.loc["unseen", "direct"])
    assert found.loc["empty", "source"] == "synthetic"
    assert found.loc["unseen", "rmse"] > found.loc["j", "rmse"]
    # they change nothing of the others
    plain = small_areas(direct(), auxiliaries()).to_frame().set_index("area")
    pd.testing.assert_frame_equal(found.loc[NAMES], plain.loc[NAMES], check_dtype=False)
    model = result.working.fit
    at = [1, *((np.array([0.5, 0.0]) - auxiliaries().mean()) / auxiliaries().std(ddof=0))]
    value, mse = fh.predict(model, np.array([at]))
    share = 0.5 - 0.5 * np.cos(2 * value[0]) * np.exp(-2 * model.variance)
    assert found.loc["unseen", "estimate"] == pytest.approx(share)
    assert mse[0] > model.variance


def test_row_without_answers_in_the_estimates():
    data = frame()
    gone = data["area"] == "d"
    data["yes"] = data["yes"].astype("boolean").mask(gone)
    est = ss.Survey(data).share("yes", by="area")
    found = small_areas(est, auxiliaries()).to_frame().set_index("area")
    assert found.loc["d", "source"] == "synthetic"
    assert found.loc["d", "n"] == 0
    assert list(found.index) == NAMES


def test_zero_model_variance_is_said():
    est = direct(yes=[round(0.3 * n) for n in BASES])
    result = small_areas(est, method="reml")
    assert result.model_variance == 0
    assert (result.gamma == 0).all()
    assert any("model variance is estimated as 0" in note for note in result.notes)
    np.testing.assert_allclose(result.estimate, result.estimate[0])
    adjusted = small_areas(est)
    assert adjusted.model_variance > 0
    assert not any("estimated as 0" in note for note in adjusted.notes)


def test_order_of_rows_and_of_auxiliaries_does_not_matter():
    one = small_areas(direct(), auxiliaries()).to_frame()
    turned = small_areas(
        ss.Survey(frame().iloc[::-1].reset_index(drop=True)).share("yes", by="area"),
        auxiliaries().iloc[::-1, ::-1],
    ).to_frame()
    both = one.sort_values("area", ignore_index=True), turned.sort_values("area", ignore_index=True)
    pd.testing.assert_frame_equal(*both, rtol=1e-9)


def test_level():
    wide, narrow = (small_areas(direct(), level=v) for v in (0.99, 0.8))
    assert (wide.ci_low < narrow.ci_low).all()
    assert (wide.ci_high > narrow.ci_high).all()
    np.testing.assert_array_equal(wide.rmse, narrow.rmse)


def test_clusters_make_sampling_variances_larger():
    rng = np.random.default_rng(8)
    data = pd.DataFrame({"area": np.repeat(NAMES, 60), "psu": np.arange(720) // 6})
    level = rng.normal(0, 0.8, 120)[data["psu"]]
    data["yes"] = special.expit(-0.7 + level) > rng.uniform(size=720)
    apart = small_areas(ss.Survey(data).share("yes", by="area"))
    clustered = small_areas(ss.Survey(data, strata="area", clusters="psu").share("yes", by="area"))
    assert clustered.deff > 1.2 > apart.deff
    assert (clustered.n_effective < apart.n_effective).all()
    own = ss.Survey(data, strata="area", clusters="psu").share("yes", by="area")
    design = small_areas(own, variances="design")
    np.testing.assert_allclose(design.n_effective, np.minimum(60 / own.deff, 60), rtol=1e-9)


def test_replicate_weights():
    rng = np.random.default_rng(9)
    data = frame()
    for r in range(40):
        data[f"r{r}"] = rng.choice([0.0, 2.0], len(data))
    replicates = ss.ReplicateWeights("r", "bootstrap", combined=False)
    est = ss.Survey(data, replicates=replicates).share("yes", by="area")
    found, plain = small_areas(est), small_areas(direct())
    assert found.deff == pytest.approx(1.0, abs=0.25)
    assert np.abs(found.estimate - plain.estimate).max() < 0.02


def test_protect_does_not_let_small_bases_through():
    """A frame that is handed on loses all numbers of small bases, direct shares too."""
    shown = protect.apply(small_areas(direct()).to_frame())
    small = np.array(BASES) < 30
    assert shown.loc[small, ["estimate", "direct", "gamma"]].isna().all(axis=None)
    assert shown.loc[~small & (shown.flag != protect.SECONDARY), "estimate"].notna().all()


@pytest.mark.parametrize(
    ("how", "error", "told"),
    [
        ({"method": "rmle"}, UnknownNameError, "'reml'"),
        ({"scale": "arcsin"}, UnknownNameError, "'arcsine'"),
        ({"variances": "own"}, UnknownNameError, "rule for sampling variances"),
        ({"benchmark": "raking"}, UnknownNameError, "way to benchmark"),
        ({"benchmark": "ratio"}, InputError, "needs populations="),
        ({"populations": dict.fromkeys(NAMES, 1.0)}, InputError, "goes with benchmark="),
        ({"level": 95}, InputError, "level"),
    ],
)
def test_refused(how, error, told):
    with pytest.raises(error, match=told):
        small_areas(direct(), **how)


def test_other_things_than_estimates_are_refused():
    for given in (direct().to_frame(), None):
        with pytest.raises(InputError, match="need the Estimates"):
            small_areas(given)


def test_public_name():
    assert ss.small_areas is small_areas


def test_too_few_areas():
    est = direct(yes=YES[:5], bases=BASES[:5], names=NAMES[:5])
    with pytest.raises(InputError, match="5 areas with respondents are too few"):
        small_areas(est)


def test_nobody_answers_yes():
    with pytest.raises(InputError, match="No area has a design effect"):
        small_areas(direct(yes=[0] * 12))


def test_shared_psus_are_said():
    data = frame()
    data["psu"] = data.groupby("area").cumcount() // 2
    told = small_areas(ss.Survey(data, clusters="psu").share("yes", by="area")).notes
    assert any("correlated by up to" in note for note in told)
    assert not any("correlated" in note for note in small_areas(direct()).notes)


def test_area_of_one_psu_has_no_error_of_its_own():
    data = frame()
    data["psu"] = np.where(data["area"] == "c", 0, np.arange(len(data)))
    est = ss.Survey(data, strata="area", clusters="psu", lonely_psu="certainty").share(
        "yes", "area"
    )
    assert not est.se[2] > 0
    found = small_areas(est, auxiliaries(), variances="design")
    assert found.n_effective[2] == pytest.approx(BASES[2] / max(found.deff, 1))
    assert found.rmse[2] > 0.01


def test_few_areas_are_said():
    assert any("tell little" in note for note in small_areas(direct()).notes)


def test_coverage_and_gain():
    """Clustered samples of 30 areas, 120 draws: 95 % intervals, and less than half the error.

    The simulation error of the coverage is about half a point; `benchmarks/small_areas.py` is the
    thorough version.
    """
    rng = np.random.default_rng(17)
    inside = square = plain = claimed = 0.0
    draws = 120
    base = np.linspace(15, 120, 30).round().astype(int)
    area = np.repeat(np.arange(30), base)
    for _ in range(draws):
        x = rng.standard_normal(30)
        share = np.sin(0.58 + 0.06 * x + 0.06 * rng.standard_normal(30)) ** 2
        psu = 1000 * area + np.arange(area.size) // 5
        _, unit = np.unique(psu, return_inverse=True)
        latent = 0.3 * rng.standard_normal(unit.max() + 1)[unit]
        latent += np.sqrt(1 - 0.09) * rng.standard_normal(area.size)
        data = pd.DataFrame({"area": area, "psu": psu, "yes": latent < special.ndtri(share)[area]})
        est = ss.Survey(data, strata="area", clusters="psu").share("yes", by="area")
        found = small_areas(est, pd.DataFrame({"x": x}))
        inside += ((found.ci_low <= share) & (share <= found.ci_high)).mean() / draws
        square += ((found.estimate - share) ** 2).mean() / draws
        plain += ((est.estimate - share) ** 2).mean() / draws
        claimed += (found.rmse**2).mean() / draws
    assert 0.93 < inside < 0.97
    assert square < 0.55 * plain
    assert claimed == pytest.approx(square, rel=0.15)


@pytest.mark.parametrize("level", ["x", True, 95, [0.9]])
def test_levels_that_are_none_are_refused_by_name(level):
    est = direct()
    for ask in (small_areas, ss.rank_areas):
        with pytest.raises(InputError, match="confidence level"):
            ask(est, level=level)
