"""A variable that one survey lacks: ranges, turning points, and the truth where it is known."""

import itertools

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.explain.disagreement import decompose
from survey_stats.explain.disagreement.missing_variable import _gap, _share

AGES, GROUPS = ("young", "old"), ("no", "yes")


def exact(
    people: np.ndarray, rates: np.ndarray, name: str, with_group: bool, n: int = 4000
) -> ss.Survey:
    """A survey whose weights and answers are exactly these by age (2) and disability (2)."""
    rows = []
    for age in range(2):
        for group in range(2):
            for yes in (1, 0):
                rate = rates[age, group] if yes else 1 - rates[age, group]
                weight = people[age, group] * rate
                rows += [(AGES[age], GROUPS[group], yes, weight)] * 20
    data = pd.DataFrame(rows, columns=["age", "disability", "q", "weight"])
    data["weight"] *= n / data["weight"].sum()
    return ss.Survey(data if with_group else data.drop(columns="disability"), "weight", name=name)


CITY = np.array([[0.45, 0.05], [0.35, 0.15]])
REGION = np.array([[0.36, 0.04], [0.48, 0.12]])
# the gap is 0.2 in both surveys and at both ages, and the first survey is higher by 0.03
ADDITIVE = np.array([[0.25, 0.45], [0.35, 0.55]])


def pair(with_second: bool = False, second_rates: np.ndarray = ADDITIVE - 0.03):
    return (
        exact(CITY, ADDITIVE, "one", True),
        exact(REGION, second_rates, "two", with_second),
    )


def test_at_the_truth_it_says_what_the_variable_itself_says():
    full = decompose(*pair(True), "q", ["age", "disability"]).to_frame()
    rest = full[full["part"] == "rest"].iloc[0]
    assert rest.contribution == pytest.approx(-0.03, abs=1e-12)
    parts = decompose(*pair(), "q", "age")
    result = parts.sensitivity("disability")
    assert result.gap == pytest.approx(0.2, abs=1e-12)
    # at the mean of both surveys' ages
    middle = (CITY + REGION) / 2
    people = middle.sum(axis=1)
    share = people @ (CITY[:, 1] / CITY.sum(axis=1))
    assert result.share == pytest.approx(share, abs=1e-12)
    true = people @ (REGION[:, 1] / REGION.sum(axis=1))
    explained, left = result.remaining(np.array([true]), None)
    assert left.value[0] == pytest.approx(-0.03, abs=1e-12)
    assert explained.value[0] == pytest.approx((true - share) * 0.2, abs=1e-12)
    assert explained.value[0] + left.value[0] == pytest.approx(result.rest, abs=1e-15)


def test_another_gap_says_how_far_each_group_differs():
    # people with a disability answer alike in both surveys, others 0.05 lower in the second
    rates = np.array([[0.20, 0.45], [0.30, 0.55]])
    result = decompose(*pair(second_rates=rates), "q", "age").sensitivity("disability", gap=0.25)
    middle = ((CITY + REGION) / 2).sum(axis=1)
    true = middle @ (REGION[:, 1] / REGION.sum(axis=1))
    outside, inside = result.among(np.array([true]), np.array([0.25]))
    assert outside[0] == pytest.approx(-0.05, abs=1e-12)
    assert inside[0] == pytest.approx(0.0, abs=1e-12)
    table = result.turning_points()
    # with those two facts the share itself is where composition and rates meet the rest
    explained, left = result.remaining(np.array([true]), np.array([0.25]))
    mean_share = (true + result.share) / 2
    assert left.value[0] == pytest.approx(-0.05 * (1 - mean_share), abs=1e-12)
    assert set(table["what"]) >= {"share that explains all", "gap that leaves others alike"}
    assert explained.value[0] == pytest.approx((true - result.share) * 0.225, abs=1e-12)


def test_turning_points_turn():
    result = decompose(*pair(), "q", "age").sensitivity("disability", shares=(0.1, 0.3))
    table = result.turning_points()
    all_of_it = table[table["what"] == "share that explains all"].iloc[0]
    _, left = result.remaining(np.array([all_of_it["value"]]), None)
    assert left.value[0] == pytest.approx(0.0, abs=1e-12)
    assert all_of_it["value"] == pytest.approx(result.share + result.rest / result.gap)
    for share in table[table["what"] == "share where certainty turns"]["value"]:
        _, left = result.remaining(np.array([share]), None)
        assert min(abs(left.low[0]), abs(left.high[0])) == pytest.approx(0.0, abs=1e-9)
    gaps = table[table["what"] == "gap that leaves others alike"]
    for _, row in gaps.iterrows():
        outside, _ = result.among(np.array([row["assumed_share"]]), np.array([row["value"]]))
        assert outside[0] == pytest.approx(0.0, abs=1e-12)
    assert gaps["assumed_share"].tolist() == pytest.approx([0.1, result.share, 0.3])


def test_what_no_share_can_do_is_not_possible():
    # far more than the gap allows
    result = decompose(*pair(second_rates=ADDITIVE - 0.24), "q", "age").sensitivity("disability")
    table = result.turning_points()
    assert not table[table["what"] == "share that explains all"]["possible"].any()
    told = " ".join(result.sentences())
    assert "Ingen andel personer med funktionsnedsättning, från 0 till 100 procent" in told
    assert "No share of people with disability, from 0 to 100 percent" in " ".join(
        result.sentences("en")
    )


def test_the_survey_that_lacks_it_may_be_the_first():
    one, two = pair()
    straight = decompose(one, two, "q", "age").sensitivity("disability", gap=(0.1, 0.3))
    turned = decompose(two, one, "q", "age").sensitivity("disability", gap=(0.1, 0.3))
    assert (straight.has, straight.lacks) == (turned.has, turned.lacks) == ("one", "two")
    a, b = straight.to_frame(), turned.to_frame()
    for column in ("explained", "remaining", "outside_group", "inside_group"):
        assert b[column].to_numpy() == pytest.approx(-a[column].to_numpy(), abs=1e-14)
    assert b["se"].to_numpy() == pytest.approx(a["se"].to_numpy(), rel=1e-10)
    assert turned.range == pytest.approx((-straight.range[1], -straight.range[0]))
    assert straight.turning_points()["value"].to_numpy() == pytest.approx(
        turned.turning_points()["value"].to_numpy(), abs=1e-6
    )


def test_the_range_holds_every_row():
    result = decompose(*pair(), "q", "age").sensitivity(
        "disability", shares=(0.05, 0.4), gap=(0.0, 0.35)
    )
    table = result.to_frame()
    low, high = result.range
    assert table["explained"].min() == pytest.approx(low)
    assert table["explained"].max() == pytest.approx(high)
    assert np.abs(table["explained"] + table["remaining"] - result.rest).max() < 1e-14
    assert set(table["assumed_gap"]) == {0.0, 0.35}
    assert table["assumed_share"].min() == 0.05
    certain = (table["ci_low"] > 0) | (table["ci_high"] < 0)
    assert (table["verdict"] == np.where(certain, "remains", "may be nothing")).all()
    # a share of 0.4 with a gap of 0.35 would need less than nobody unsafe outside the group
    forced = decompose(*pair(second_rates=ADDITIVE - 0.24), "q", "age").sensitivity(
        "disability", shares=(0.4, 0.4), gap=0.35
    )
    assert not forced.to_frame()["possible"].any()


def test_standard_errors_follow_a_jackknife():
    rng = np.random.default_rng(5)

    def sample(people: np.ndarray, shift: float, n: int = 900) -> pd.DataFrame:
        cell = rng.choice(4, n, p=people.ravel())
        age, group = np.divmod(cell, 2)
        yes = rng.random(n) < (ADDITIVE.ravel()[cell] + shift)
        return pd.DataFrame(
            {
                "q": yes,
                "age": np.array(AGES)[age],
                "disability": np.array(GROUPS)[group],
                "weight": rng.uniform(0.5, 1.5, n),
                "psu": np.arange(n) % 30,
            }
        )

    data = [sample(CITY, 0.0), sample(REGION, -0.03).drop(columns="disability")]

    def values(frames: list[pd.DataFrame]) -> np.ndarray:
        surveys = [ss.Survey(f, "weight", clusters="psu") for f in frames]
        result = decompose(*surveys, "q", "age").sensitivity("disability")
        _, left = result.remaining(np.array([0.3]), None)
        return np.array([result.rest, result.share, result.gap, left.value[0]])

    whole = values(data)
    variance = np.zeros(4)
    for side in (0, 1):
        for unit in range(30):
            left = list(data)
            left[side] = data[side][data[side]["psu"] != unit].reset_index(drop=True)
            variance += 29 / 30 * (values(left) - whole) ** 2
    surveys = [ss.Survey(f, "weight", clusters="psu") for f in data]
    result = decompose(*surveys, "q", "age").sensitivity("disability")
    ours = [*result.numbers().se, result.remaining(np.array([0.3]), None)[1].se[0]]
    assert ours == pytest.approx(np.sqrt(variance), rel=0.03)


def test_slopes_of_share_and_gap_are_those_of_small_changes():
    parts = decompose(*pair(), "q", "age")
    table = np.random.default_rng(3).uniform(1, 5, (2, 2, 2))
    for function, slope in (
        (lambda t: _share(parts, t)[0], _share(parts, table)[2]),
        (lambda t: _gap(t)[0], _gap(table)[1]),
    ):
        for at in np.ndindex(2, 2, 2):
            step = np.zeros_like(table)
            step[at] = 1e-6
            change = (function(table + step) - function(table - step)) / 2e-6
            assert slope[at] == pytest.approx(change, abs=1e-8)


def test_the_words_say_what_is_assumed():
    result = decompose(*pair(), "q", "age").sensitivity("disability", shares=(0.1, 0.2))
    assert "was not measured but is assumed" in result.assumptions("en")[0]
    assert "between 10% and 20%" in result.assumptions("en")[1]
    assert "by as much in both surveys" in result.assumptions("en")[2]
    assert "20.0 percentage points higher than among the others" in result.sentences("en")[0]
    assert "antas ligga mellan 10\xa0% och 20\xa0%" in result.assumptions()[1]
    assert "was not measured but is assumed" in repr(result)
    assert "<li>Only one asks about disability" in result._repr_html_()
    other = decompose(*pair(), "q", "age").sensitivity("disability", gap=(0.1, 0.3))
    assert (
        "between 10.0 percentage points higher and 30.0 percentage points higher than"
        in other.assumptions("en")[2]
    )
    assert len(other.sentences()) == len(other.sentences("en")) >= 4


def test_the_words_follow_what_remains():
    """Every number and direction that is told is that of the result."""
    base = decompose(*pair(), "q", "age")
    for shares, gap in itertools.product([(0.0, 0.1), (0.05, 0.4), (0.2, 0.9)], ["same", -0.1]):
        result = base.sensitivity("disability", shares=shares, gap=gap)
        told = " ".join(result.sentences("en"))
        left = [100 * (result.rest - x) for x in result.range]
        for value in left:
            assert ss.labels.points(value / 100, 1, "en") in told
        grows = [abs(v) > abs(100 * result.rest) + 0.1 for v in left]
        shrinks = [abs(v) < abs(100 * result.rest) - 0.1 for v in left]
        crosses = any(v * result.rest < 0 for v in left)
        if not crosses:
            assert ("larger" in told) == any(grows)
            assert ("smaller" in told) == any(shrinks)


def test_the_nearest_turn_is_told_and_not_what_lies_behind_it():
    result = decompose(*pair(), "q", "age").sensitivity("disability")
    table = result.turning_points()
    turns = table[table["what"] == "share where certainty turns"]["value"].to_numpy()
    told = next(t for t in result.sentences("en") if t.startswith("If the share of people"))
    up, down = turns[turns > result.share], turns[turns < result.share]
    assert up.size + down.size > 0
    for near, how in ((up[:1], "reaches"), (down[-1:], "falls to")):
        assert (how in told) == bool(near.size)
        assert all(f"{how} {100 * t:.1f}%" in told for t in near)
    for hidden in (*up[1:], *down[:-1]):
        assert f"{100 * hidden:.1f}%" not in told


def test_a_group_that_is_not_a_yes_is_named():
    first, second = pair()
    words = first.frame["disability"].map({"yes": "women", "no": "men"})
    first = ss.Survey(first.frame.assign(disability=words), "weight", name="one")
    result = decompose(first, second, "q", "age").sensitivity("disability", value="women")
    told = " ".join((*result.assumptions("sv"), *result.sentences("sv")))
    assert "Andelen kvinnor där antas" in told
    assert "personer med" not in told


@pytest.mark.parametrize(
    ("variable", "options", "error", "message"),
    [
        ("income", {}, UnknownNameError, "no variable 'income' in either survey"),
        ("age", {}, InputError, "among the variables of the decomposition already"),
        ("disability", {"shares": (0.3, 0.1)}, InputError, "must go upwards"),
        ("disability", {"shares": (10, 20)}, InputError, "10 percent is 0.10"),
        ("disability", {"shares": 0.1}, InputError, "is no range"),
        ("disability", {"shares": (np.nan, 0.2)}, InputError, "must go upwards"),
        ("disability", {"gap": "larger"}, InputError, "use 'same', a number or a range"),
        ("disability", {"gap": 2}, InputError, "within -1 and 1"),
        ("disability", {"value": "maybe"}, UnknownNameError, "no level 'maybe' in disability"),
    ],
)
def test_what_cannot_be_assumed_says_so(variable, options, error, message):
    parts = decompose(*pair(), "q", "age")
    with pytest.raises(error, match=message):
        parts.sensitivity(variable, **options)


def test_a_variable_of_both_or_without_a_group_is_refused():
    both = decompose(*pair(True), "q", "age")
    with pytest.raises(InputError, match="Both surveys have 'disability'; name it among"):
        both.sensitivity("disability")
    one, two = pair()
    odd = ss.Survey(one.frame.assign(disability="no"), "weight")
    with pytest.raises(InputError, match=r"say which makes the group with value="):
        decompose(odd, two, "q", "age").sensitivity("disability")
    with pytest.raises(InputError, match="Everybody in the groups"):
        decompose(odd, two, "q", "age").sensitivity("disability", value="no")
    # a column without any answer is a column that is not there
    empty = ss.Survey(two.frame.assign(disability=None), "weight")
    assert decompose(one, empty, "q", "age").sensitivity("disability").known.side == 0


def test_boolean_groups_and_missing_answers():
    one, two = pair()
    data = one.frame.assign(disability=(one.frame["disability"] == "yes").astype("boolean"))
    data.loc[data.index[::5], "disability"] = pd.NA
    result = decompose(ss.Survey(data, "weight"), two, "q", "age").sensitivity("disability")
    assert result.known.label is True or result.known.label == 1
    assert result.known.unknown == 32
    assert result.known.n[1] == 128
