"""The parts of calibration: distances, normal equations, linear programmes, forms of margins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from survey_stats.weight import calibrate
from survey_stats.weight.calibration import problem
from survey_stats.weight.calibration.distances import Exponential, Linear, Logit, Truncated
from survey_stats.weight.calibration.feasible import reach, room, sparsest
from survey_stats.weight.calibration.normal import Normal, gram, independent, inverse_of
from survey_stats.weight.calibration.solve import Part
from survey_stats.weight.calibration.targets import POPULATION, read_targets
from survey_stats.weight.levels import combine
from tests.weight.calibration_cases import other_weights, respondents, start_of, totals_of

LOW, HIGH = np.array([[0.4], [0.9], [0.0]]), np.array([[1.5], [np.inf], [4.0]])
FINITE = np.array([[1.5], [3.0], [4.0]])
DISTANCES = {
    "linear": Linear(),
    "exponential": Exponential(),
    "truncated": Truncated(Linear(), LOW, HIGH),
    "truncated exponential": Truncated(Exponential(), LOW, HIGH),
    "logit": Logit(LOW, FINITE),
}


@pytest.mark.parametrize("name", DISTANCES)
class TestDistances:
    def test_slope_and_potential_belong_to_the_factor(self, name: str) -> None:
        distance = DISTANCES[name]
        h = 1e-6
        for u in np.linspace(-1.9, 1.9, 24):
            at = np.full(3, u)
            by_difference = (distance.factor(at + h) - distance.factor(at - h)) / (2 * h)
            np.testing.assert_allclose(distance.slope(at), by_difference, rtol=1e-7, atol=1e-9)
            grown = (distance.potential(at + h) - distance.potential(at - h)) / (2 * h)
            np.testing.assert_allclose(distance.factor(at), grown, rtol=1e-7, atol=1e-9)
            assert (distance.steepness(at) > 0).all()

    def test_nothing_changes_where_nothing_is_asked(self, name: str) -> None:
        distance = DISTANCES[name]
        np.testing.assert_allclose(distance.factor(np.zeros(3)), 1.0, rtol=1e-15)
        np.testing.assert_allclose(distance.slope(np.zeros(3)), 1.0, rtol=1e-14)

    def test_many_replicates_are_as_one_sample(self, name: str) -> None:
        distance = DISTANCES[name]
        u = np.random.default_rng(0).normal(0, 2, (3, 7))
        for method in ("factor", "slope", "steepness", "potential"):
            function = getattr(distance, method)
            alone = np.column_stack([function(u[:, r]) for r in range(7)])
            np.testing.assert_array_equal(function(u), alone)

    def test_far_away_it_is_at_its_bounds_and_finite(self, name: str) -> None:
        distance = DISTANCES[name]
        if not isinstance(distance, Truncated | Logit):
            return
        low, high = distance.low[:, 0], distance.high[:, 0]
        np.testing.assert_allclose(distance.factor(np.full(3, -900.0)), low, atol=1e-12)
        at = distance.factor(np.full(3, 90.0))
        np.testing.assert_allclose(at[[0, 2]], high[[0, 2]], rtol=1e-12)
        assert np.isfinite(distance.potential(np.full(3, -900.0))).all()


class TestNormal:
    def matrix(self) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(3)
        codes = np.column_stack([rng.integers(0, k, 80) for k in (12, 4, 3)])
        parts = [np.eye(k)[codes[:, j]] for j, k in enumerate((12, 4, 3))]
        return np.column_stack([*parts, rng.normal(5, 1, 80)]), rng.uniform(0.5, 2, 80)

    def test_independent_columns_span_all(self) -> None:
        x, s = self.matrix()
        kept = independent(gram(x, s))
        assert kept.size == np.linalg.matrix_rank(x) == 12 + 3 + 2 + 1
        assert np.linalg.matrix_rank(x[:, kept]) == kept.size

    def test_a_number_far_from_zero_is_not_taken_for_a_constant(self) -> None:
        year = np.array([2019.0, 2020, 2021, 2022])
        x = np.column_stack([np.ones(4), year])
        assert independent(gram(x, np.ones(4))).size == 2

    def test_the_large_margin_last_is_the_same_as_all_at_once(self) -> None:
        x, s = self.matrix()
        give = np.zeros(20)
        whole, halves = Normal(x, 0, give), Normal(sparse.csr_array(x), 12, give)
        kept = halves.independent(s)
        assert kept.size == whole.independent(s).size
        assert list(kept[:12]) == list(range(12))
        np.testing.assert_allclose(
            x @ halves.inverse(s) @ x.T, x @ whole.inverse(s) @ x.T, rtol=1e-8, atol=1e-10
        )
        slope = np.random.default_rng(1).normal(size=kept.size)
        one = Normal(x[:, kept], 0, give[kept]).step(s, slope)
        np.testing.assert_allclose(
            Normal(x[:, kept], 12, give[kept]).step(s, slope), one, rtol=1e-9, atol=1e-12
        )

    def test_the_inverse_is_one(self) -> None:
        x, s = self.matrix()
        h = gram(x, s)
        core = inverse_of(h)
        np.testing.assert_allclose(h @ core @ h, h, atol=1e-9)
        np.testing.assert_allclose(sparse.csr_array(x).T @ np.diag(s) @ x, h, atol=1e-12)

    def test_a_large_margin_is_calibrated_as_a_small_one(self, monkeypatch: Any) -> None:
        frame = respondents()
        margins = totals_of(frame, other_weights(frame), ("district", "age"), "gender", "income")
        plain = calibrate(start_of(frame), frame, margins)
        monkeypatch.setattr(problem, "_LARGE", 2)
        large = calibrate(start_of(frame), frame, margins)
        assert large.steps[-1].refit.parts[0].part.lead == 12
        np.testing.assert_allclose(large.values, plain.values, rtol=1e-11)
        scores = np.random.default_rng(0).normal(size=len(frame)) * plain.values
        np.testing.assert_allclose(
            large.steps[-1].influence.apply(scores),
            plain.steps[-1].influence.apply(scores),
            rtol=1e-7,
            atol=1e-7,
        )
        sums = np.random.default_rng(2).uniform(20, 90, (plain.steps[-1].refit.size, 4))
        np.testing.assert_allclose(
            large.steps[-1].refit.factors(sums), plain.steps[-1].refit.factors(sums), rtol=1e-9
        )


def part_of(x: list[list[float]], totals: list[float]) -> Part:
    matrix, t = np.array(x, dtype=float), np.array(totals)
    p = t.size
    kept = independent(gram(matrix, np.ones(len(x))))
    every = np.arange(len(x))
    return Part("", every, np.arange(p), matrix, np.ones(len(x)), t, np.zeros(p), t.copy(), kept)


class TestFeasible:
    x = ((1, 0, 1, 0), (1, 0, 0, 1), (0, 1, 0, 1))
    low, high = np.zeros(3), np.full(3, np.inf)

    def part(self, totals: list[float]) -> Part:
        return part_of([list(row) for row in self.x], totals)

    def test_what_can_be_met(self) -> None:
        found = reach(self.part([10, 20, 5, 25]), self.low, self.high)
        assert found.met
        assert not found.multipliers.any()
        np.testing.assert_allclose(found.gap, 0, atol=1e-8)
        np.testing.assert_allclose(found.factor, [5, 5, 20], rtol=1e-8)

    def test_what_cannot(self) -> None:
        part = self.part([10, 20, 15, 15])
        found = reach(part, self.low, self.high)
        assert not found.met
        y = sparsest(part, found.multipliers)
        assert np.count_nonzero(y) == 2
        assert (part.x @ y <= 1e-9).all()
        assert y @ part.totals > 0.1
        assert np.abs(found.gap / part.totals).sum() == pytest.approx(0.25 + 1 / 3)

    def test_room(self) -> None:
        every, none = np.arange(3), np.zeros(0, dtype=int)
        free = self.part([10, 20, 5, 25])
        # the average factor is the median of 10/2, 20/1, 5/1 and 25/2, that is 8.75
        assert room(free, self.low, self.high, every, none) == pytest.approx(5 / 8.75)
        high = np.full(3, 23.0)
        assert room(free, self.low, high, every, every) == pytest.approx(3 / 8.75)
        assert room(free, self.low, high, every[:2], none) == pytest.approx(5 / 8.75)
        forced = self.part([10, 20, 10, 20])
        assert room(forced, self.low, self.high, every, none) == pytest.approx(0, abs=1e-9)


class TestForms:
    frame = pd.DataFrame(
        {"a": ["x", "y", "y"], "b": [1, 1, 2], "v": [1.0, 2.0, 3.0], "year": [2023] * 3}
    )

    def same(self, margins: object, **levels: float) -> None:
        found = read_targets(margins, self.frame)
        assert len(found) == 1
        assert {" ".join(map(str, k)): v for k, v in found[0].totals.items()} == levels

    def test_one_column(self) -> None:
        for totals in (
            {"x": 1, "y": 2},
            pd.Series({"x": 1, "y": 2}),
            pd.DataFrame({"a": ["x", "y"], "population": [1, 2]}),
            pd.DataFrame({"a": pd.Categorical(["x", "y"]), "population": [1.0, 2.0]}),
        ):
            self.same({"a": totals}, x=1, y=2)
            self.same({("a",): totals}, x=1, y=2)

    def test_columns_crossed(self) -> None:
        expected = {"x 1": 1.0, "y 1": 2.0, "y 2": 3.0}
        series = pd.Series([1, 2, 3], pd.MultiIndex.from_tuples([("x", 1), ("y", 1), ("y", 2)]))
        table = pd.DataFrame({"a": ["x", "y", "y"], "b": [1, 1, 2], "population": [1, 2, 3]})
        turned = table.set_index(["b", "a"])["population"]
        for totals in (series, series.to_dict(), turned, table):
            self.same({("a", "b"): totals}, **expected)
        self.same(table, **expected)
        self.same([table], **expected)

    def test_a_table_may_tell_where_its_figures_are_from(self) -> None:
        frame = self.frame.drop(columns="year")
        table = pd.DataFrame({"a": ["x", "y"], "population": [1, 2], "source": "s", "year": 2024})
        assert read_targets(table, frame)[0].columns == ("a",)
        # where the frame has the column it is a variable like any other
        assert read_targets(table, self.frame)[0].columns == ("a", "year")

    def test_the_population(self) -> None:
        for margins in (
            {None: 7},
            {POPULATION: 7},
            pd.DataFrame({POPULATION: [7]}),
        ):
            (target,) = read_targets(margins, self.frame)
            assert target.columns == ()
            assert target.totals == {(): 7.0}
            assert target.name == POPULATION

    def test_a_number(self) -> None:
        (target,) = read_targets({"v": -4}, self.frame)
        assert (target.number, target.totals, target.name) == ("v", {(): -4.0}, "v")

    def test_several(self) -> None:
        table = pd.DataFrame({"b": [1, 2], "population": [1, 2]})
        names = [t.name for t in read_targets([{"a": {"x": 1, "y": 2}, "v": 3}, table], self.frame)]
        assert names == ["a", "v", "b"]

    def test_groups(self) -> None:
        inner = {"b": {1: 1, 2: 2}, "v": 3.0}
        people, number = read_targets({"x": inner, "y": inner}, self.frame, ["a"])
        assert people.columns == ("a", "b")
        assert people.partial
        assert number.columns == ("a",)
        assert number.totals == {("x",): 3.0, ("y",): 3.0}
        crossed = {("b", "a"): {(1, "x"): 1, (1, "y"): 2, (2, "y"): 3}}
        (target,) = read_targets(crossed, self.frame, ["a"])
        assert target.columns == ("a", "b")
        assert target.totals[("y", 2)] == 3.0


def test_combined_codes_have_no_gaps_and_keep_their_order() -> None:
    rng = np.random.default_rng(0)
    for sizes in ((3, 5, 7), (2, 1, 1), (10**6, 10**6, 10**6, 10**6)):
        codes = [rng.integers(0, size, 500).astype(np.intp) for size in sizes]
        code, first = combine(codes, sizes)
        keys = list(zip(*codes, strict=True))
        expected = {key: k for k, key in enumerate(sorted(set(keys)))}
        assert [expected[key] for key in keys] == code.tolist()
        assert [keys.index(key) for key in sorted(set(keys))] == first.tolist()
