"""Estimates that give the published total, and what that costs."""

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import InputError
from survey_stats.explain.small_areas import small_areas
from survey_stats.explain.small_areas.benchmark import gap_variance, step

RULES = ("ratio", "difference", "precision")
NAMES = list("abcdefghij")
SHARES = np.array([0.1, 0.2, 0.15, 0.3, 0.45, 0.25, 0.35, 0.2, 0.3, 0.6])
BASES = np.array([20, 60, 35, 80, 30, 45, 50, 25, 90, 40])
PEOPLE = dict(zip(NAMES, [4000, 900, 3000, 800, 5000, 700, 2500, 1500, 600, 4500], strict=True))
GROUPS = {a: "north" if a < "f" else "south" for a in NAMES}


def estimates(names=NAMES):
    rows = [
        (a, i < round(s * n)) for a, s, n in zip(names, SHARES, BASES, strict=True)
        for i in range(n)
    ]  # fmt: skip
    return ss.Survey(pd.DataFrame(rows, columns=["area", "yes"])).share("yes", by="area")


def weight(names=NAMES):
    people = np.array([PEOPLE[a] for a in names], dtype=float)
    return people / people.sum()


@pytest.mark.parametrize("rule", RULES)
def test_step_gives_one_and_is_what_it_says(rule):
    rng = np.random.default_rng(1)
    estimate, mse, share = rng.uniform(0.1, 0.5, 6), rng.uniform(1, 3, 6), rng.dirichlet(np.ones(6))
    found = step(estimate, mse, share, rule)
    assert share @ found == pytest.approx(1)
    expected = {"ratio": estimate, "difference": np.ones(6), "precision": mse * share}[rule]
    np.testing.assert_allclose(found / expected, (found / expected)[0])


def test_precision_is_the_least_change():
    """Of all moves that close the gap, that with the least sum of squares over mse."""
    rng = np.random.default_rng(2)
    mse, share = rng.uniform(1, 3, 6), rng.dirichlet(np.ones(6))
    least = step(np.ones(6), mse, share, "precision")
    for _ in range(50):
        other = least + rng.normal(0, 0.2, 6)
        other /= share @ other
        assert (other**2 / mse).sum() >= (least**2 / mse).sum() - 1e-12


def test_gap_variance_by_draws():
    rng = np.random.default_rng(3)
    m, A = 12, 0.4
    D = rng.uniform(0.2, 2.0, m)
    X = np.column_stack([np.ones(m), rng.normal(size=m)])
    w = 1 / (A + D)
    inner = np.linalg.inv(X.T * w @ X)
    share, gamma = rng.dirichlet(np.ones(m)), A * w
    y = X @ [1.0, 0.5] + np.sqrt(A + D) * rng.standard_normal((200_000, m))
    beta = y @ (inner @ (X.T * w)).T
    predictor = gamma * y + (1 - gamma) * (beta @ X.T)
    gap = (y - predictor) @ share
    found = gap_variance(share, gamma, A + D, X, inner)
    assert found == pytest.approx(gap.var(), rel=0.02)


@pytest.mark.parametrize("rule", RULES)
def test_total_is_met(rule):
    est = estimates()
    plain = small_areas(est)
    result = small_areas(est, benchmark=rule, populations=PEOPLE)
    assert weight() @ result.estimate == pytest.approx(weight() @ est.estimate, abs=1e-12)
    assert weight() @ plain.estimate != pytest.approx(weight() @ est.estimate, abs=1e-4)
    np.testing.assert_allclose(result.benchmark.before, weight() @ plain.estimate)
    assert (result.rmse > plain.rmse).all()
    assert (result.rmse < 1.2 * plain.rmse).all()
    assert ((result.ci_low < result.estimate) & (result.estimate < result.ci_high)).all()
    moved = result.estimate - plain.estimate
    np.testing.assert_array_equal(np.sign(moved), np.sign(moved[0]))
    np.testing.assert_array_equal(np.sign(result.ci_low - plain.ci_low), np.sign(moved))
    assert any("Benchmarked by" in n for n in result.notes)


def test_how_each_moves():
    est = estimates()
    plain = small_areas(est).estimate
    ratio, difference, precision = (
        small_areas(est, benchmark=r, populations=pd.Series(PEOPLE)).estimate for r in RULES
    )
    np.testing.assert_allclose(ratio / plain, (ratio / plain)[0])
    np.testing.assert_allclose(difference - plain, (difference - plain)[0])
    mse = small_areas(est).rmse ** 2
    np.testing.assert_allclose((precision - plain) / (mse * weight()),
                               ((precision - plain) / (mse * weight()))[0])  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_each_group_meets_its_own_total(rule):
    est = estimates()
    result = small_areas(est, benchmark=rule, populations=PEOPLE, within=GROUPS)
    people = weight()
    for group in ("north", "south"):
        mine = np.array([GROUPS[a] == group for a in NAMES])
        expected = people[mine] @ est.estimate[mine] / people[mine].sum()
        assert people[mine] @ result.estimate[mine] / people[mine].sum() == pytest.approx(expected)
    assert result.benchmark.groups == ("north", "south")


def test_total_from_elsewhere():
    est = estimates()
    result = small_areas(est, benchmark="difference", populations=PEOPLE, total=0.33)
    assert weight() @ result.estimate == pytest.approx(0.33)
    plain = small_areas(est)
    # the error counts the whole of the move
    moved = 0.33 - weight() @ plain.estimate
    np.testing.assert_allclose(result.rmse**2, plain.rmse**2 + moved**2)
    both = small_areas(
        est, benchmark="ratio", populations=PEOPLE, within=GROUPS,
        total={"north": 0.28, "south": 0.36},
    )  # fmt: skip
    np.testing.assert_allclose(both.benchmark.total, [0.28, 0.36])


def test_areas_without_respondents_move_along():
    extra = pd.DataFrame({"x": [*np.cos(np.arange(10)), 0.5]}, index=[*NAMES, "new"])
    people = PEOPLE | {"new": 3000}
    est = estimates()
    plain = small_areas(est, extra)
    for rule in ("ratio", "difference"):
        found = small_areas(est, extra, benchmark=rule, populations=people)
        # the direct total knows nothing of them: they are not summed
        assert weight() @ found.estimate[:10] == pytest.approx(weight() @ est.estimate)
        assert found.estimate[10] != plain.estimate[10]
    whole = small_areas(est, extra, benchmark="ratio", populations=people, total=0.3)
    every = np.array(list(people.values())) / sum(people.values())
    assert every @ whole.estimate == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"populations": dict.fromkeys(NAMES[1:], 1.0)}, "no number of inhabitants for a"),
        ({"populations": PEOPLE | {"b": -1}}, "no number of inhabitants for b"),
        ({"populations": dict.fromkeys(NAMES, 0.0)}, "no inhabitants"),
        ({"populations": PEOPLE, "total": 33.0}, "no share between"),
        ({"populations": PEOPLE, "total": 0.3, "within": GROUPS}, "a share for each"),
        ({"populations": PEOPLE, "total": {"north": 0.3}, "within": GROUPS}, "'south'"),
        ({"populations": PEOPLE, "within": {"a": "north"}}, "no group for b"),
        ({"populations": PEOPLE, "total": 0.99}, "out of 0 to 1"),
        ({"populations": pd.Series([1.0, 2.0], index=["a", "a"])}, "names a twice"),
        ({"populations": PEOPLE | {"c": "many"}}, "populations= of c is 'many'"),
        ({"populations": PEOPLE | {"c": None}}, "no number of inhabitants for c"),
        ({"populations": [4000.0] * 10}, "a mapping or a Series"),
    ],
)
def test_refused(how, told):
    with pytest.raises(InputError, match=told):
        small_areas(estimates(), benchmark="ratio", **how)
