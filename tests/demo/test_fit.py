"""The constraint engine on small made-up samples."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey_stats.demo.fit import allocate, atoms_of, draw, expit, settle, shift_to
from survey_stats.demo.targets import Target
from survey_stats.errors import InputError


def _target(percent: str, qualifier: str = "exact", name: str = "q") -> Target:
    return Target("t", "s", (2020,), "city", name, "q", "all", Decimal(percent), qualifier)


def test_atoms_partition_and_rebuild_every_domain() -> None:
    rng = np.random.default_rng(1)
    members = rng.random((11, 500)) < 0.4
    atom, domains = atoms_of(members)
    assert np.array_equal(domains[:, atom], members)
    assert len({tuple(c) for c in domains.T}) == domains.shape[1]
    assert set(atom) == set(range(domains.shape[1]))


def test_allocate_leaves_a_model_that_already_fits_alone() -> None:
    domains = np.array([[True, True, False]])
    share = allocate(
        [_target("30")], domains, np.array([10.0, 10.0, 5.0]), np.array([0.2, 0.4, 0.9])
    )
    assert share == pytest.approx([0.2, 0.4, 0.9], abs=1e-6)


def test_allocate_spreads_a_shift_by_the_variance_of_each_atom() -> None:
    # both move by the same share of m (1 - m); the domain lands on the edge of the aim, 39.75
    model = np.array([0.1, 0.3])
    share = allocate([_target("40")], np.array([[True, True]]), np.array([1.0, 1.0]), model)
    assert share.mean() == pytest.approx(0.3975, abs=1e-6)
    assert (share - model) / (model * (1 - model)) == pytest.approx([0.1975 / 0.15] * 2, rel=1e-3)


def test_contradictions_are_named() -> None:
    members = np.zeros((3, 90), dtype=bool)
    members[0] = True
    members[1, :45] = True
    members[2, 45:] = True
    targets = [_target("20", name="all"), _target("40", name="women"), _target("50", name="men")]
    with pytest.raises(InputError, match=r"cannot all hold.*all q"):
        draw(targets, members, np.zeros(90), np.ones(90), np.linspace(0, 0.999, 90))


def test_a_bound_that_an_exact_share_of_the_same_people_breaks() -> None:
    members = np.ones((2, 200), dtype=bool)
    rng = np.random.default_rng(2)
    with pytest.raises(InputError, match="cannot all hold"):
        draw(
            [_target("20"), _target("30", "at_least")],
            members,
            np.zeros(200),
            rng.uniform(1, 2, 200),
            rng.random(200),
        )


def test_too_few_people_for_the_printed_digit() -> None:
    with pytest.raises(InputError, match="So few people"):
        draw([_target("43")], np.ones((1, 3), dtype=bool), np.zeros(3), np.ones(3), np.zeros(3))


def test_shift_to_hits_every_atom() -> None:
    rng = np.random.default_rng(3)
    eta, weight, atom = rng.normal(0, 3, 900), rng.uniform(1, 50, 900), rng.integers(0, 4, 900)
    share = np.array([0.01, 0.3, 0.77, 0.98])
    p = shift_to(eta, weight, atom, share)
    for a in range(4):
        assert np.average(p[atom == a], weights=weight[atom == a]) == pytest.approx(share[a])
    # a shift keeps the order of respondents
    assert np.array_equal(np.argsort(p[atom == 1]), np.argsort(eta[atom == 1]))


def test_settle_changes_the_fewest_answers_nearest_their_threshold() -> None:
    answer = np.zeros(10, dtype=bool)
    distance = np.arange(10.0)[::-1]
    settled = settle(answer, distance, np.ones(10), 3.0)
    assert np.flatnonzero(settled).tolist() == [7, 8, 9]
    assert not settle(settled, distance, np.ones(10), 0.0).any()


def test_settle_closes_the_gap_with_a_pair_of_changes() -> None:
    # 5 can only be reached by giving up 3 for 1 + 4, or the like
    answer = np.array([True, False, False, False])
    weight = np.array([3.0, 4.0, 1.5, 5.0])
    settled = settle(answer, np.array([0.4, 0.1, 0.2, 0.3]), weight, 5.0)
    assert weight[settled].sum() == pytest.approx(5.0, abs=0.5)


def test_without_targets_the_draw_is_the_model() -> None:
    rng = np.random.default_rng(4)
    eta, u = rng.normal(size=2000), rng.random(2000)
    none = np.zeros((0, 2000), dtype=bool)
    assert np.array_equal(draw([], none, eta, np.ones(2000), u), u < expit(eta))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    cells=st.integers(2, 5),
    shares=st.lists(st.integers(5, 90), min_size=5, max_size=5),
)
def test_nested_and_crossed_targets_that_some_truth_meets_are_met(
    seed: int, cells: int, shares: list[int]
) -> None:
    rng = np.random.default_rng(seed)
    n = 3000
    weight = rng.gamma(4.0, 10.0, n)
    cell, women = rng.integers(0, cells, n), rng.random(n) < 0.5
    truth = np.array(shares)[cell] / 100 * np.where(women, 1.1, 0.9)
    domains = [np.ones(n, dtype=bool), women, ~women]
    domains += [cell == k for k in range(cells)] + [(cell == 0) & women]
    # what a document would print of that truth
    exact = [100 * np.average(truth[d], weights=weight[d]) for d in domains]
    targets = [_target(f"{share:.0f}", name=str(k)) for k, share in enumerate(exact)]
    members = np.array(domains)
    uniform = rng.random(n)
    eta = rng.normal(-1, 1, n)
    try:
        answer = draw(targets, members, eta, weight, uniform)
    except InputError:
        # whole respondents need room: a truth printed from close to .5 may leave none
        assert max(abs(share - round(share)) for share in exact) > 0.4
        return
    for target, inside in zip(targets, members, strict=True):
        assert target.holds(float(weight[inside & answer].sum() / weight[inside].sum()))
