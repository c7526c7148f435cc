"""A small run of benchmarks/changes.py: errors and power of the verdicts of `change`."""

import importlib.util
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "changes.py"


@pytest.fixture(scope="module")
def sim() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_changes", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # dataclasses look their module up
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def repeat(sim, setting, families, seed, thorough=False) -> dict[tuple[str, str], np.ndarray]:
    rng = np.random.default_rng(seed)
    found = defaultdict(list)
    for _ in range(families):
        for name, value in sim.measures(setting, sim.compare(setting, rng), thorough).items():
            found[name].append(value)
    return {name: np.array(values) for name, values in found.items()}


@pytest.fixture(scope="module")
def small(sim):
    """1 000 cells in areas of 12 equal PSUs that both waves visit."""
    return sim.Setting("small", "no change", per_psu=5, weights=0.4, sizes=0.0)


def test_answers_have_the_shares_of_the_setting(sim):
    setting = sim.Setting(
        "drawn", "mixture", areas=2000, shares=(0.1, 0.4), changed=0.5, points=0.05, weights=1.0
    )
    drawn = sim.draw(setting, np.random.default_rng(1))
    assert set(np.round(drawn.truth, 9).ravel()) == {-0.05, 0.0, 0.05}
    for k, share in enumerate(setting.shares):
        before = drawn.before[f"q{k}"]
        moved = drawn.truth[drawn.after["area"], k]
        # 240 000 answers in 24 000 PSUs: a standard error of 0.0015 at most
        assert before.mean() == pytest.approx(share, abs=0.005)
        for change in (-0.05, 0.05):
            after = drawn.after[f"q{k}"][np.isclose(moved, change)]
            assert after.mean() == pytest.approx(share + change, abs=0.01)
    # a PSU keeps its level: what is above its share before is so after
    by_psu = [wave.groupby(["area", "psu"])["q1"].mean() for wave in (drawn.before, drawn.after)]
    assert by_psu[0].corr(by_psu[1]) > 0.1


def test_false_verdicts_without_any_change(sim, small):
    found = repeat(sim, small, 20, seed=2)
    assert found["all", "cells tested"].min() > 950
    assert set(found["all", "df"]) == {11.0}
    # at most 5 percent of the families; four of 20 would be one chance in 60
    for rule in ("holm", "hochberg", "fdr_bh", "fdr_by"):
        assert (found[rule, sim.FALSE] > 0).sum() <= 3
    # the same statistics against the normal distribution, and without an adjustment
    assert (found["holm, normal test", sim.FALSE] > 0).sum() >= 10
    assert (found["none", sim.FALSE] > 0).all()
    assert found["none", sim.LEVEL].mean() == pytest.approx(5, abs=1)


def test_false_among_the_findings_when_a_fifth_changed(sim, small):
    mixed = replace(small, claim="mixture", per_psu=10, changed=0.2, points=0.25)
    found = repeat(sim, mixed, 8, seed=3)
    assert found["fdr_bh", sim.SHARE].mean() < 6.5
    assert found["fdr_by", sim.SHARE].mean() < 2
    assert found["none", sim.SHARE].mean() > 15
    assert found["fdr_bh", sim.FOUND].mean() > 40
    assert found["fdr_bh", sim.FOUND].mean() > found["holm", sim.FOUND].mean()


def test_power_beside_intervals_that_do_not_overlap(sim):
    districts = replace(sim.LARGE, areas=25, shares=(0.2, 0.3, 0.4, 0.5), points=0.08)
    found = repeat(sim, districts, 4, seed=4)
    assert found["none", sim.FOUND].mean() > found["intervals apart", sim.FOUND].mean() + 20
    assert found["none", sim.LEVEL].mean() == pytest.approx(5, abs=2)
    assert found["intervals apart", sim.LEVEL].mean() < 2


@pytest.mark.parametrize(("points", "least", "most"), [(0, 15, 100), (0.03, 0, 6), (0.04, 0, 2)])
def test_unchanged_is_seldom_said_of_a_change_of_the_margin(sim, points, least, most):
    found = repeat(sim, replace(sim.SURE, points=points), 6, seed=5)
    assert least <= found["none", "cells called unchanged, %"].mean() <= most


def test_shared_psus_taken_as_independent(sim):
    visited = sim.Setting(
        "visited again", "no change", areas=200, per_psu=10, correlation=0.3, lasting=0.9, sizes=0.0
    )
    found = repeat(sim, visited, 2, seed=6, thorough=True)
    right, wrong = "covariance from the PSUs", "as if independent"
    assert found[right, sim.SE_RATIO].mean() == pytest.approx(100, abs=5)
    assert found[right, sim.COVERAGE].mean() == pytest.approx(95, abs=1.5)
    assert found[wrong, sim.SE_RATIO].mean() > 120
    assert found[wrong, sim.COVERAGE].mean() > 97


def test_df_of_equal_and_of_unequal_psus(sim):
    equal = sim.Setting("equal", "no change", areas=3, weights=0.0, sizes=0.0)
    for overlap, expected in ((1.0, 11.0), (None, 22.0)):
        setting = replace(equal, overlap=overlap)
        drawn = sim.draw(setting, np.random.default_rng(7))
        np.testing.assert_allclose(sim.worth(setting, drawn), expected)
    unequal = replace(equal, weights=1.0, sizes=1.0)
    assert (sim.worth(unequal, sim.draw(unequal, np.random.default_rng(7))) < 9).all()
