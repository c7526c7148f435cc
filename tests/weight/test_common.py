"""Two surveys with one composition: shares, what is left out, what the target adds to errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from survey_stats.errors import DesignError, InputError, UnknownNameError
from survey_stats.weight import EmptyCellError, UnknownCellError, Weights, post_stratify
from survey_stats.weight.common import CommonPopulation, common_population

ON = ["age", "gender"]


def two(seed: int = 1, old: bool = False) -> tuple[Weights, pd.DataFrame, Weights, pd.DataFrame]:
    """A city survey and a police survey of one population; only the city's has the oldest."""
    rng = np.random.default_rng(seed)
    frames = []
    for n, p in ((90, [0.2, 0.5, 0.3]), (70, [0.4, 0.4, 0.2])):
        frame = pd.DataFrame(
            {
                "age": rng.choice(["16-29", "30-64", "65-79"], n, p=p),
                "gender": rng.choice(["m", "w"], n),
            }
        )
        frames.append(frame)
    if old:
        frames[0].loc[:9, "age"] = "80+"
    weights = [Weights.delivered(rng.uniform(5, 15, len(f)) * 90 / len(f)) for f in frames]
    return weights[0], frames[0], weights[1], frames[1]


def shares(weights: Weights, frame: pd.DataFrame, on: object) -> pd.Series:
    return frame.assign(w=weights.values / weights.total).groupby(on)["w"].sum()


@pytest.mark.parametrize("source", ["first", "second", "pooled"])
def test_crossed_compositions_are_equal(source: str) -> None:
    w1, f1, w2, f2 = two()
    both = common_population(w1, f1, w2, f2, ON, population=source)
    before = [shares(w1, f1, ON), shares(w2, f2, ON)]
    target = {"first": before[0], "second": before[1], "pooled": (before[0] + before[1]) / 2}[
        source
    ]
    total = {"first": w1.total, "second": w2.total, "pooled": (w1.total + w2.total) / 2}[source]
    for weights, frame in ((both.first, f1), (both.second, f2)):
        assert shares(weights, frame, ON).to_numpy() == pytest.approx(target.to_numpy())
        assert weights.total == pytest.approx(total)
    # who gives the population keeps its weights
    assert (both.first is w1) == (source == "first")
    assert (both.second is w2) == (source == "second")
    table = both.table.set_index(ON)
    assert table["target"].to_numpy() == pytest.approx(target.to_numpy())
    assert table["first_before"].to_numpy() == pytest.approx(before[0].to_numpy())
    assert table["second_after"].to_numpy() == pytest.approx(target.to_numpy())
    assert table["n_first"].sum() == 90
    assert table["in_both"].all()
    assert both.left_out.empty
    assert both.kept == {"first": 1.0, "second": 1.0}
    assert f"composition of {source.replace('pooled', 'both pooled')} by age x gender" in repr(both)


def test_crossed_is_post_stratification() -> None:
    w1, f1, w2, f2 = two()
    both = common_population(w1, f1, w2, f2, ON, population="first")
    cells = f1["age"] + f1["gender"]
    totals = pd.Series(w1.values).groupby(cells.to_numpy()).sum().to_dict()
    same = post_stratify(w2, f2["age"] + f2["gender"], totals)
    assert both.second.values == pytest.approx(same.values)


@pytest.mark.parametrize("source", ["first", "pooled"])
def test_marginal_compositions_are_equal(source: str) -> None:
    w1, f1, w2, f2 = two()
    both = common_population(w1, f1, w2, f2, ON, population=source, crossed=False)
    for each in ON:
        one, other = shares(both.first, f1, each), shares(both.second, f2, each)
        assert one.to_numpy() == pytest.approx(other.to_numpy())
        rows = both.table[both.table["variable"] == each]
        assert rows["level"].tolist() == one.index.tolist()
        assert rows["target"].to_numpy() == pytest.approx(one.to_numpy())
        assert rows["target"].sum() == pytest.approx(1)
    crossed = shares(both.first, f1, ON) - shares(both.second, f2, ON)
    assert crossed.abs().max() > 0.001


def test_benchmarks() -> None:
    w1, f1, w2, f2 = two()
    margins = {"age": {"16-29": 300, "30-64": 500, "65-79": 200}}
    both = common_population(w1, f1, w2, f2, "age", population=margins, names=("city", "police"))
    for weights, frame in ((both.first, f1), (both.second, f2)):
        assert shares(weights, frame, "age").to_numpy() == pytest.approx([0.3, 0.5, 0.2])
        assert weights.total == pytest.approx(1000)
    assert both.population == "given"
    assert both.table["target"].tolist() == pytest.approx([0.3, 0.5, 0.2])
    assert {"n_city", "city_before", "police_after"} <= set(both.table)
    zero = both.carried(both.first.values, both.second.values)
    assert not zero[0].any()
    assert not zero[1].any()


def test_cells_that_one_lacks_are_an_error_with_their_share() -> None:
    w1, f1, w2, f2 = two(old=True)
    share = w1.values[:10].sum() / w1.total
    with pytest.raises(EmptyCellError, match=rf"police has nobody in 80\+ \({share:.1%} of city\)"):
        common_population(w1, f1, w2, f2, "age", names=("city", "police"))


@pytest.mark.parametrize("crossed", [True, False])
def test_restriction_leaves_people_out_of_both_and_says_so(crossed: bool) -> None:
    w1, f1, w2, f2 = two(old=True)
    f2.loc[:2, "gender"] = "x"
    both = common_population(
        w1,
        f1,
        w2,
        f2,
        ON,
        population="first",
        crossed=crossed,
        restrict=True,
        names=("city", "police"),
    )
    assert not both.first.values[:10].any()
    assert not both.second.values[:3].any()
    assert both.first.values[10:] == pytest.approx(w1.values[10:])
    inside = f1["age"] != "80+"
    kept = w1.values[inside].sum() / w1.total
    assert both.kept["city"] == pytest.approx(kept)
    assert both.kept["police"] == pytest.approx(1 - w2.values[:3].sum() / w2.total)
    assert [s.kind for s in both.first.steps] == ["delivered", "restricted"]
    assert [s.kind for s in both.second.steps] == ["delivered", "restricted", "calibrated"]
    assert both.first.steps[-1].details["left_out"] == f"{1 - kept:.2%} of the population"
    for each in ON:
        one, other = (shares(w, f, each) for w, f in ((both.first, f1), (both.second, f2)))
        one, other = one[one > 0], other[other > 0]
        assert one.index.tolist() == other.index.tolist()
        assert one.to_numpy() == pytest.approx(other.to_numpy())
    gone = both.left_out["level" if not crossed else "age"].tolist()
    assert "80+" in gone
    assert (both.table.loc[~both.table["in_both"], "target"] == 0).all()


def test_leaving_out_can_empty_other_levels() -> None:
    f1 = pd.DataFrame({"a": ["x", "x", "y"], "b": ["p", "p", "q"]})
    f2 = pd.DataFrame({"a": ["x", "x", "z"], "b": ["p", "p", "q"]})
    flat = Weights.delivered([1.0, 1, 1])
    both = common_population(flat, f1, flat, f2, ["a", "b"], crossed=False, restrict=True)
    # without y and z nobody is left in q either
    assert both.first.values.tolist() == both.second.values.tolist() == [1, 1, 0]
    assert set(both.left_out["level"]) == {"y", "z", "q"}


def test_restricted_benchmarks_are_crossed() -> None:
    w1, f1, w2, f2 = two(old=True)
    table = pd.DataFrame({"age": ["16-29", "30-64", "65-79", "80+"], "population": [30, 50, 20, 9]})
    both = common_population(w1, f1, w2, f2, "age", population=table, restrict=True)
    assert both.second.total == pytest.approx(100)
    mapped = {"age": dict(zip(table["age"], table["population"], strict=True))}
    same = common_population(w1, f1, w2, f2, "age", population=mapped, restrict=True)
    assert same.first.values == pytest.approx(both.first.values)
    with pytest.raises(InputError, match="benchmarks must tell all columns"):
        common_population(w1, f1, w2, f2, ON, population=mapped, crossed=False, restrict=True)
    short = {"age": {"16-29": 3, "30-64": 5, "80+": 1}}
    with pytest.raises(UnknownCellError, match=r"first: .*'65-79'"):
        common_population(w1, f1, w2, f2, "age", population=short, restrict=True)


def _scores(both: CommonPopulation, u1: np.ndarray, u2: np.ndarray) -> tuple[np.ndarray, ...]:
    """Scores of Σ w u, first less second, by the weights before."""
    z1, z2 = both.first.values * u1, -both.second.values * u2
    more1, more2 = both.carried(z1, z2)
    out = []
    for weights, z, more in ((both.first, z1, more1), (both.second, z2, more2)):
        step = weights.steps[-1]
        out.append((z if step.influence is None else step.influence.apply(z)) + more)
    return tuple(out)


@pytest.mark.parametrize("crossed", [True, False])
@pytest.mark.parametrize(
    ("source", "total"), [("first", None), ("second", None), ("pooled", None), ("pooled", 5000.0)]
)
def test_what_the_target_adds_against_differences(
    source: str, crossed: bool, total: float | None
) -> None:
    w1, f1, w2, f2 = two(seed=5, old=True)
    rng = np.random.default_rng(3)
    u1, u2 = rng.normal(3, 1, w1.n), rng.normal(2, 1, w2.n)

    def both(a: np.ndarray, b: np.ndarray) -> CommonPopulation:
        return common_population(
            Weights.delivered(a),
            f1,
            Weights.delivered(b),
            f2,
            ON,
            population=source,
            crossed=crossed,
            restrict=True,
            total=total,
            linearisation="derivative",
        )

    def value(a: np.ndarray, b: np.ndarray) -> float:
        found = both(a, b)
        return float(found.first.values @ u1 - found.second.values @ u2)

    found = _scores(both(w1.values, w2.values), u1, u2)
    h = 1e-5
    for place, start in enumerate((w1.values, w2.values)):
        for i in range(0, start.size, 9):
            ends = []
            for side in (h, -h):
                moved = [w1.values.copy(), w2.values.copy()]
                moved[place][i] *= np.exp(side)
                ends.append(value(*moved))
            wanted = (ends[0] - ends[1]) / (2 * h)
            assert found[place][i] == pytest.approx(wanted, rel=1e-5, abs=1e-4)


def test_the_variance_of_a_standardised_difference_needs_the_target() -> None:
    """A small survey weighted to the composition of another small one, many times."""
    rng = np.random.default_rng(2)
    mean = {"a": 0.0, "b": 4.0}
    values, with_target, without = [], [], []
    for _ in range(200):
        frames, ys = [], []
        for n, share in ((80, 0.5), (120, 0.3)):
            g = np.where(rng.random(n) < share, "a", "b")
            frames.append(pd.DataFrame({"g": g}))
            ys.append(np.array([mean[k] for k in g]) + rng.normal(size=n))
        flat = [Weights.delivered(np.full(len(f), 1 / len(f))) for f in frames]
        both = common_population(flat[0], frames[0], flat[1], frames[1], "g", population="first")
        theta = both.second.values @ ys[1]
        values.append(theta)
        z2 = both.second.values * (ys[1] - theta)
        extra = both.carried(None, z2)[0]
        own = both.second.steps[-1].influence.apply(z2)
        one = 120 * np.var(own, ddof=1)
        without.append(one)
        with_target.append(one + 80 * np.var(extra, ddof=1))
    truth = np.var(values, ddof=1)
    # 200 runs tell a variance to 10 percent (one standard error)
    assert np.mean(with_target) == pytest.approx(truth, rel=0.25)
    assert np.mean(without) < 0.5 * truth


def test_zero_weights_and_kinds_of_columns() -> None:
    f1 = pd.DataFrame({"g": pd.Categorical(["b", "a", "a", None], ["b", "a", "c"])})
    f2 = pd.DataFrame({"g": pd.array(["a", "b", "b"], dtype="string")})
    both = common_population(
        Weights.delivered([1, 1, 2, 0]),
        f1,
        Weights.delivered([1, 1, 1]),
        f2,
        "g",
        population="second",
    )
    assert both.first.values == pytest.approx([2, 1 / 3, 2 / 3, 0])
    flags = [pd.DataFrame({"g": v}) for v in ([True, False], pd.array([True, False], "boolean"))]
    flat = Weights.delivered([1, 1])
    assert common_population(flat, flags[0], flat, flags[1], "g").first.values.tolist() == [1, 1]


def test_what_cannot_be() -> None:
    w1, f1, w2, f2 = two()
    with pytest.raises(UnknownNameError, match="common population 'frist'; did you mean 'first'"):
        common_population(w1, f1, w2, f2, ON, population="frist")
    with pytest.raises(UnknownNameError, match="in the frame of 'second'"):
        common_population(w1, f1.assign(x=1), w2, f2, "x")
    gap = f2.assign(age=f2["age"].where(f2.index != 4))
    with pytest.raises(InputError, match="'age' of the common population is missing in 1 of 70"):
        common_population(w1, f1, w2, gap, ON)
    with pytest.raises(EmptyCellError, match="written alike but are of another type"):
        common_population(w1, f1.assign(k=1), w2, f2.assign(k="1"), "k")
    with pytest.raises(DesignError, match="No cell of k has people in both"):
        common_population(w1, f1.assign(k=1), w2, f2.assign(k="1"), "k", restrict=True)
    scaled = Weights.delivered(w2.values * 100)
    with pytest.raises(DesignError, match="which is not one scale; tell with total="):
        common_population(w1, f1, scaled, f2, ON)
    told = common_population(w1, f1, scaled, f2, ON, total=1000)
    assert told.first.total == pytest.approx(1000)
    assert told.second.total == pytest.approx(1000)
    with pytest.raises(InputError, match="total= is for population='pooled'"):
        common_population(w1, f1, w2, f2, ON, population="first", total=10)
    with pytest.raises(InputError, match="no number of people"):
        common_population(w1, f1, w2, f2, ON, total=-1)
    with pytest.raises(InputError, match="two different names"):
        common_population(w1, f1, w2, f2, ON, names=("a", "a"))
