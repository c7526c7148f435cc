import numpy as np
import pytest

from survey_stats.harmonise.check import breaks, order
from survey_stats.harmonise.check.breaks import Sample, sample


def drawn(shares, n, seed=0, weights=None, units=None):
    rng = np.random.default_rng(seed)
    answers = rng.choice(len(shares), n, p=shares).astype(np.int16)
    w = np.ones(n) if weights is None else weights
    return sample(answers, w, np.arange(n) if units is None else units, len(shares))


def test_the_effective_size_is_kishs_where_answers_do_not_depend_on_weights():
    rng = np.random.default_rng(1)
    weights = rng.gamma(2.0, 1.0, 20_000)
    s = drawn([0.3, 0.5, 0.2], 20_000, weights=weights)
    kish = weights.sum() ** 2 / (weights @ weights)
    assert s.effective == pytest.approx(kish, rel=0.03)
    assert s.effective <= kish * (1 + 1e-12)
    assert s.shares.sum() == pytest.approx(1)


def test_whole_schools_that_answer_alike_count_as_one_each():
    units = np.repeat(np.arange(50), 40)
    answers = (np.arange(50) % 2).repeat(40).astype(np.int16)
    s = sample(answers, np.ones(2000), units, 2)
    # 50 schools: the variance of a share is p(1-p)/50 with 49 in the divisor
    assert s.effective == pytest.approx(49)
    assert s.units == 50


def test_against_the_variance_of_the_estimator():
    """The same linearised variance as `Survey` without strata, summed over the answers."""
    import pandas as pd

    import survey_stats as ss

    rng = np.random.default_rng(3)
    units = rng.integers(0, 60, 3000)
    answers = ((rng.random(3000) + units / 60) * 1.5).astype(np.int16)
    weights = rng.uniform(0.5, 2.5, 3000)
    s = sample(answers, weights, units, 3)
    frame = pd.DataFrame({"a": pd.Categorical(answers), "w": weights, "u": units})
    table = ss.Survey(frame, weights="w", clusters="u").share("a").to_frame()
    assert s.shares == pytest.approx(table["estimate"].to_numpy())
    simple = (s.shares * (1 - s.shares)).sum() / s.n
    assert s.n / s.effective == pytest.approx((table["se"] ** 2).sum() / simple)


def test_a_break_is_large_and_beyond_chance():
    few = (drawn([0.5, 0.5], 60, 1), drawn([0.7, 0.3], 60, 2))
    many = (drawn([0.5, 0.5], 6000, 1), drawn([0.7, 0.3], 6000, 2))
    small = (drawn([0.5, 0.5], 60_000, 1), drawn([0.55, 0.45], 60_000, 2))
    assert [breaks.is_break(*s, True) for s in (few, many, small)] == [False, True, False]


def test_few_schools_are_no_break():
    """The change is huge, and three schools a wave tell nothing of it."""
    units = np.repeat(np.arange(3), 100)
    one = sample(np.zeros(300, np.int16), np.ones(300), units, 2)
    other = sample(np.repeat([1, 1, 0], 100).astype(np.int16), np.ones(300), units, 2)
    assert breaks.size(one.shares, other.shares, True) > 1
    assert not breaks.is_break(one, other, True)


def test_nobody_answered():
    empty = sample(np.full(5, -1, np.int16), np.ones(5), np.arange(5), 2)
    assert (empty.n, empty.units) == (0, 0)
    assert not breaks.is_break(empty, drawn([0.5, 0.5], 500), True)


def test_a_scale_is_also_cut_in_two():
    """No answer moved much, but the middle of the scale did."""
    p = np.array([0.2, 0.2, 0.2, 0.2, 0.2])
    q = np.array([0.29, 0.29, 0.14, 0.14, 0.14])
    assert breaks.size(p, q, ordered=False) < breaks.size(p, q, ordered=True)


@pytest.mark.parametrize(
    ("after", "ordered", "expected"),
    [
        ([0.1, 0.3, 0.6], True, (2, 1, 0)),
        ([0.3, 0.6, 0.1], True, (1, 0, 2)),
        ([0.3, 0.1, 0.6], False, (2, 0, 1)),
        ([0.34, 0.33, 0.33], True, None),
    ],
)
def test_the_reading_that_undoes_a_break(after, ordered, expected):
    assert breaks.reading(np.array([0.6, 0.3, 0.1]), np.array(after), ordered) == expected


def test_a_correlation_with_missing_answers_is_that_of_the_pairs():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((400, 2)) @ np.array([[1.0, 0.4], [0.0, 1.0]])
    x[::9, 0] = np.nan
    x[::7, 1] = np.nan
    w = rng.uniform(1, 3, 400)
    both = np.isfinite(x).all(axis=1)
    cov = np.cov(x[both].T, aweights=w[both])
    expected = cov[0, 1] / np.sqrt(cov[0, 0] * cov[1, 1])
    assert breaks.together(x, w, np.ones(2)).r[0, 1] == pytest.approx(expected)


def test_two_questions_between_which_nothing_decides():
    telling = np.zeros((3, 3), bool)
    telling[0, 1] = telling[1, 0] = True
    assert breaks.culprits(telling, telling, 1) == [(0, 1)]
    assert breaks.culprits(telling, telling, 2) == []


def test_answers_that_changed_places():
    rng = np.random.default_rng(5)
    score = rng.standard_normal(4000)
    answers = np.digitize(score + rng.standard_normal(4000), [-0.5, 0.5]).astype(float)
    swapped = np.array([1.0, 0.0, 2.0])[answers.astype(int)]
    before = order.profile(answers, score, np.ones(4000), 3, 1.0)
    after = order.profile(swapped, score, np.ones(4000), 3, 1.0)
    assert order.changed_places(before, before) == []
    assert order.changed_places(before, after) == [(0, 1)]
    few = order.profile(swapped[:40], score[:40], np.ones(40), 3, 1.0)
    assert order.changed_places(before, few) == []


def test_no_false_alarm_over_samples_of_one_population():
    """1 000 pairs of samples of 500 from one population: at a chance of 1e-6, none."""
    rng = np.random.default_rng(7)
    shares = np.array([0.45, 0.3, 0.15, 0.1])
    found = 0
    for _ in range(1000):
        pair = [Sample(rng.multinomial(500, shares) / 500, 500, 500.0, 500) for _ in range(2)]
        found += breaks.is_break(*pair, True)
    assert found == 0
