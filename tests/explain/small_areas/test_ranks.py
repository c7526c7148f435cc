"""Ranks with their uncertainty: against csranks and Holm in R, and by their promise."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import special

import survey_stats as ss
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.explain.small_areas import rank_areas, small_areas
from survey_stats.explain.small_areas import ranks as ranks_module
from survey_stats.explain.small_areas.ranks import certainly_above, draws, never_extreme

HERE = Path(__file__).parent / "reference"
RANKS = pd.read_csv(HERE / "ranks.csv")
DIRECT = pd.read_csv(HERE / "areas.csv").query("set == 'few'")


def case(name):
    rows = RANKS[RANKS["case"] == name]
    covariance = np.diag(DIRECT.D)
    if name == "far correlated":
        covariance = pd.read_csv(HERE / "correlated.csv").to_numpy()
    value = rows.value.to_numpy()
    own = np.diag(covariance)
    se = np.sqrt(own[:, None] + own - 2 * covariance)
    tested = ~np.eye(value.size, dtype=bool)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (value[:, None] - value) / se
    return rows, z, tested, se, covariance


@pytest.mark.parametrize("name", ["near", "far", "far correlated"])
@pytest.mark.parametrize("method", ["max-t", "holm"])
def test_places_are_those_of_r(name, method):
    rows, z, tested, se, covariance = case(name)
    above = certainly_above(z, tested, se, draws(covariance), 0.95, method)
    low, high = ("low", "high") if method == "max-t" else ("holm_low", "holm_high")
    np.testing.assert_array_equal(1 + above.sum(axis=0), rows[low])
    np.testing.assert_array_equal(9 - above.sum(axis=1), rows[high])


@pytest.mark.parametrize("name", ["near", "far", "far correlated"])
def test_sets_of_one_end_are_those_of_r(name):
    rows, z, tested, se, covariance = case(name)
    not_highest, not_lowest = never_extreme(z, tested, se, draws(covariance), 0.95, "max-t")
    np.testing.assert_array_equal(~not_highest, rows.may_be_highest)
    np.testing.assert_array_equal(~not_lowest, rows.may_be_lowest)


def areas(shares, n=200):
    parts = [
        pd.DataFrame({"area": a, "yes": np.arange(n) < round(s * n)}) for a, s in shares.items()
    ]
    return ss.Survey(pd.concat(parts, ignore_index=True)).share("yes", by="area")


def test_estimates_and_their_frame():
    ranks = rank_areas(areas({"x": 0.2, "y": 0.6, "z": 0.22, "v": 0.9}))
    frame = ranks.to_frame()
    assert frame.area.tolist() == ["v", "y", "z", "x"]
    assert frame.rank_low.tolist() == [1, 2, 3, 3]
    assert frame.rank_high.tolist() == [1, 2, 4, 4]
    assert ranks.could_be_highest == ranks.highest == ("v",)
    assert ranks.could_be_lowest == ranks.lowest == ("x", "z")
    assert frame.could_be_lowest.tolist() == [False, False, True, True]
    assert frame.attrs["level"] == 0.95


@pytest.mark.parametrize("clusters", [None, "psu"])
def test_tests_are_those_of_letters(clusters, monkeypatch):
    """Areas that are strata: the same differences, standard errors and df, pair by pair."""
    rng = np.random.default_rng(6)
    data = pd.DataFrame({"area": np.repeat(list("abcde"), 60), "psu": np.arange(300) // 6})
    data["weight"] = rng.gamma(3, 1, 300)
    data["yes"] = rng.random(300) < np.repeat([0.2, 0.3, 0.35, 0.5, 0.6], 60)
    est = ss.Survey(data, weights="weight", strata="area", clusters=clusters).share("yes", "area")
    seen = {}

    def keep(z, tested, se, covariance, level, method):
        seen.update(z=z, se=se)
        return found(z, tested, se, covariance, level, method)

    found = ranks_module._Found.of
    monkeypatch.setattr(ranks_module._Found, "of", keep)
    rank_areas(est)
    tests = ss.letters(est, "area", adjust="none").tests
    first, second = np.triu_indices(5, 1)
    np.testing.assert_allclose(seen["se"][second, first], tests.se, rtol=1e-10)
    p = 2 * special.ndtr(-np.abs(seen["z"][second, first]))
    np.testing.assert_allclose(p, tests.p_value, rtol=1e-8)
    np.testing.assert_array_equal(np.sign(seen["z"][second, first]), np.sign(tests.difference))


def test_one_end_alone_is_told_more_sharply():
    shares = {f"a{i}": 0.3 + 0.02 * i for i in range(12)}
    ranks = rank_areas(areas(shares, 400))
    assert set(ranks.highest) < set(ranks.could_be_highest)
    assert set(ranks.lowest) < set(ranks.could_be_lowest)
    holm = rank_areas(areas(shares, 400), method="holm")
    assert (holm.rank_low <= ranks.rank_low).all()
    assert (holm.rank_high >= ranks.rank_high).all()
    wide = rank_areas(areas(shares, 400), 0.999)
    assert (wide.rank_low <= ranks.rank_low).all()


def test_area_without_a_test_may_have_any_place():
    """Where nobody says yes the standard error is 0: no test, and no place is ruled out."""
    ranks = rank_areas(areas({"x": 0.2, "none": 0.0, "z": 0.7}))
    frame = ranks.to_frame().set_index("area")
    assert frame.loc["none", ["rank_low", "rank_high"]].tolist() == [1, 3]
    assert frame.loc["none", "flag"] != ""
    # nor is it known to be below or above the others
    assert frame.loc["z", ["rank_low", "rank_high"]].tolist() == [1, 2]
    assert "none" in ranks.highest


def test_order_of_rows_does_not_matter():
    shares = {f"a{i}": 0.2 + 0.05 * i for i in range(6)}
    one = rank_areas(areas(shares)).to_frame()
    two = rank_areas(areas(dict(reversed(shares.items())))).to_frame()
    pd.testing.assert_frame_equal(one, two)


def test_shared_psus_count():
    """Areas whose PSUs rise and fall together are told apart though each alone is uncertain."""
    rng = np.random.default_rng(4)
    rows = []
    for psu in range(30):
        level = rng.uniform(0.1, 0.6)
        for area, more in (("x", 0.0), ("y", 0.1)):
            yes = round(20 * (level + more) + rng.uniform(-1, 1))
            rows += [(area, psu, i < yes) for i in range(20)]
    frame = pd.DataFrame(rows, columns=["area", "psu", "yes"])
    joint = ss.Survey(frame, clusters="psu").share("yes", by="area")
    apart = ss.Survey(frame.assign(psu=frame.area + frame.psu.astype(str)), clusters="psu")
    assert rank_areas(joint, 0.9999).could_be_highest == ("y",)
    assert rank_areas(apart.share("yes", by="area"), 0.9999).could_be_highest == ("x", "y")


def test_of_a_model():
    est = areas({f"a{i}": 0.1 + 0.05 * i for i in range(10)}, 300)
    model = small_areas(est)
    ranks = model.ranks()
    assert ranks.of == "model"
    assert ranks.could_be_highest[-1] == "a9"
    direct = model.ranks(of="direct")
    assert direct.of == "direct"
    plain = rank_areas(est)
    # the same tests but for the scale
    assert np.abs(direct.rank_low - plain.rank_low).max() <= 1
    assert "95" in ranks.sentence()
    assert "högsta" in ranks.sentence()
    assert "highest" in ranks.sentence("en")


@pytest.mark.parametrize("rule", ["ratio", "difference", "precision"])
def test_benchmarked_estimates_are_ranked_as_they_are_shown(rule):
    rng = np.random.default_rng(4)
    est = areas({f"a{i:02}": float(p) for i, p in enumerate(rng.uniform(0.2, 0.5, 24))}, 60)
    people = {f"a{i:02}": 1000.0 + 10 * i for i in range(24)}
    within = {name: "north" if name < "a12" else "south" for name in people}
    plain = small_areas(est)
    moved = small_areas(
        est, benchmark=rule, populations=people, within=within,
        total={"north": 0.24, "south": 0.45},
    )  # fmt: skip
    order = plain.ranks().to_frame()["area"].tolist()
    found = moved.ranks().to_frame()
    assert found["area"].tolist() != order
    assert found["estimate"].is_monotonic_decreasing
    assert found["rank"].between(found["rank_low"], found["rank_high"]).all()
    np.testing.assert_allclose(moved.estimate - plain.estimate, moved.benchmark.moved, atol=1e-12)


def test_a_move_that_two_areas_share_does_not_blur_their_difference():
    est = areas({f"a{i:02}": 0.3 + 0.01 * i for i in range(20)}, 400)
    people = {f"a{i:02}": 1000.0 for i in range(20)}
    options = {"benchmark": "difference", "populations": people, "scale": "none"}
    plain = small_areas(est, scale="none").ranks()
    moved = small_areas(est, total=0.6, **options)
    # on the scale of shares the same number is added to all: no place is lost or gained by it
    np.testing.assert_array_equal(moved.ranks().above, plain.above)
    np.testing.assert_allclose(moved.benchmark.covariance, moved.benchmark.error[0] ** 2)
    halves = {name: name < "a10" for name in people}
    apart = small_areas(est, total={True: 0.5, False: 0.6}, within=halves, **options)
    between = ~np.equal.outer(list(halves.values()), list(halves.values()))
    assert (apart.benchmark.covariance[between] == 0).all()
    # between two groups it is not known by how much they were moved apart
    assert not apart.ranks().above[:10, 10:].any()


@pytest.mark.parametrize("method", ["max-t", "holm"])
@pytest.mark.parametrize("spread", [0.0, 0.5, 2.0])
def test_all_places_hold_as_often_as_promised(method, spread):
    """200 draws of twelve areas at 90 %, whose simulation error is 2.1 points."""
    rng = np.random.default_rng(11)
    truth = spread * rng.normal(size=12)
    own = rng.uniform(0.1, 0.6, 12)
    covariance = np.diag(own**2)
    se = np.sqrt(own[:, None] ** 2 + own**2)
    tested = ~np.eye(12, dtype=bool)
    errors = draws(covariance)[::10]
    held = top = 0
    for _ in range(200):
        x = truth + own * rng.normal(size=12)
        z = (x[:, None] - x) / se
        above = certainly_above(z, tested, se, errors, 0.9, method)
        held += not (above & (truth[:, None] <= truth)).any()
        not_highest, _ = never_extreme(z, tested, se, errors, 0.9, method)
        top += not not_highest[truth.argmax()]
    assert held / 200 > 0.9 - 2.2 * 0.021
    assert top / 200 > 0.9 - 2.2 * 0.021


def test_refused():
    est = areas({"x": 0.2, "y": 0.4})
    with pytest.raises(UnknownNameError):
        rank_areas(est, method="max")
    with pytest.raises(InputError, match="level"):
        rank_areas(est, 95)
    with pytest.raises(InputError, match="of='model'"):
        rank_areas(est, of="model")
    with pytest.raises(InputError, match="two areas"):
        rank_areas(areas({"x": 0.2}))
    with pytest.raises(InputError, match="DataFrame"):
        rank_areas(est.to_frame())
