"""Calibration of random samples to random totals, which weights can meet or none can."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from survey_stats.errors import SurveyStatsError
from survey_stats.weight import InfeasibleError, NegativeWeightError, Weights, calibrate
from tests.weight.calibration_cases import totals_of

SETTINGS = settings(max_examples=60, deadline=None)


@st.composite
def samples(draw: st.DrawFn) -> tuple[pd.DataFrame, np.random.Generator]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(2, 60))
    columns = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    frame = pd.DataFrame({f"c{k}": rng.integers(0, size, n) for k, size in enumerate(columns)})
    frame = frame.astype(str)
    if draw(st.booleans()):
        frame["number"] = rng.normal(draw(st.sampled_from([0, 100])), 10, n)
    spread = draw(st.sampled_from([0.0, 0.5, 2.0]))
    frame["weight"] = 10 ** draw(st.integers(-3, 4)) * np.exp(spread * rng.normal(size=n))
    return frame, rng


def margins_of(frame: pd.DataFrame, weights: np.ndarray) -> dict[Any, Any]:
    return totals_of(frame, weights, *[c for c in frame.columns if c != "weight"])


def tried(*given: Any, **options: Any) -> tuple[Weights | None, SurveyStatsError | None]:
    """The weights, or the sentence that says why there are none."""
    try:
        return calibrate(*given, **options), None
    except SurveyStatsError as error:
        return None, error


@SETTINGS
@given(samples(), st.sampled_from(["raking", "entropy", "linear"]), st.floats(0.05, 3))
def test_totals_of_positive_weights_are_met(sample: Any, method: Any, spread: float) -> None:
    frame, rng = sample
    target = frame["weight"].to_numpy() * np.exp(rng.uniform(-spread, spread, len(frame)))
    margins = margins_of(frame, target)
    start = Weights.delivered(frame["weight"])
    try:
        found = calibrate(start, frame, margins, method=method)
    except NegativeWeightError:
        assert method == "linear"
        return
    size = np.abs(frame["number"]).to_numpy() @ found.values if "number" in frame else 1.0
    for name, totals in margins.items():
        if name == "number":
            assert found.values @ frame["number"] == pytest.approx(totals, abs=1e-9 * size)
        else:
            after = pd.Series(found.values).groupby(frame[name]).sum()
            np.testing.assert_allclose(after, totals, rtol=1e-9)
    assert (found.values > 0).all() or method == "linear"

    # of all weights that meet the totals they are the nearest: nearer than those that made them
    def distance(w: np.ndarray) -> float:
        g = w / start.values
        if method == "linear":
            return float(start.values @ (g - 1) ** 2)
        return float(start.values @ (g * np.log(g) - g + 1))

    assert distance(found.values) <= distance(target) * (1 + 1e-9) + 1e-12 * start.total


@SETTINGS
@given(samples(), st.sampled_from(["raking", "truncated", "logit"]), st.floats(0.1, 0.6))
def test_totals_of_weights_within_the_bounds_are_met(
    sample: Any, method: Any, width: float
) -> None:
    frame, rng = sample
    bounds = (1 - width, 1 + 2 * width)
    inside = rng.uniform(1 - 0.95 * width, 1 + 1.9 * width, len(frame))
    margins = margins_of(frame, frame["weight"].to_numpy() * inside)
    start = Weights.delivered(frame["weight"])
    found = calibrate(start, frame, margins, method=method, bounds=bounds)
    factor = found.steps[-1].factor
    assert factor.min() >= bounds[0] - 1e-12
    assert factor.max() <= bounds[1] + 1e-12
    table = found.steps[-1].details["margins"]
    people = table["variable"] != "number"
    np.testing.assert_allclose(table["after"][people], table["target"][people], rtol=1e-9)


@SETTINGS
@given(samples(), st.sampled_from([None, (0.5, 2.0)]), st.floats(1.0, 4.0))
def test_what_cannot_be_met_has_a_certificate(sample: Any, bounds: Any, spread: float) -> None:
    frame, rng = sample
    start = Weights.delivered(frame["weight"])
    margins = margins_of(frame, start.values)
    margins.pop("number", None)
    for name, totals in margins.items():
        other = totals * np.exp(rng.uniform(-spread, spread, len(totals)))
        margins[name] = other * (start.total / other.sum())
    found, error = tried(start, frame, margins, bounds=bounds)
    if isinstance(error, InfeasibleError):
        assume(error.certificate)
        y = error.certificate
        per_row = sum(
            v * (frame[k.split(": ")[0]] == k.split(": ")[1]).to_numpy(float) for k, v in y.items()
        )
        target = sum(v * margins[k.split(": ")[0]][k.split(": ")[1]] for k, v in y.items())
        size = sum(abs(v) * margins[k.split(": ")[0]][k.split(": ")[1]] for k, v in y.items())
        # Farkas: no weights at all, or none within the bounds, sum to what the totals do
        if bounds is None:
            assert (per_row <= 1e-9 * np.abs(list(y.values())).max()).all()
            most = 0.0
        else:
            most = start.values @ np.maximum(bounds[0] * per_row, bounds[1] * per_row)
        assert target > most + 1e-10 * size
        assert error.gaps
        assert all(name in str(error) for name in list(y)[:6])
    else:
        assert found is not None
        table = found.steps[-1].details["margins"]
        np.testing.assert_allclose(table["after"], table["target"], rtol=1e-9)


@SETTINGS
@given(samples(), st.sampled_from(["raking", "truncated", "logit"]), st.floats(1.0, 4.0))
def test_the_nearest_totals_are_never_worse_than_doing_nothing(
    sample: Any, method: Any, spread: float
) -> None:
    frame, rng = sample
    start = Weights.delivered(frame["weight"])
    margins = margins_of(frame, start.values)
    margins.pop("number", None)
    for name, totals in margins.items():
        other = totals * np.exp(rng.uniform(-spread, spread, len(totals)))
        margins[name] = other * (start.total / other.sum())
    found = calibrate(start, frame, margins, method=method, bounds=(0.3, 3), infeasible="nearest")
    table = found.steps[-1].details["margins"]

    def off(column: str) -> float:
        return float((np.abs(table[column] - table["target"]) / table["target"]).sum())

    assert off("after") <= off("before") + 1e-8
    assert found.steps[-1].factor.min() >= 0.3 - 1e-9
    assert found.steps[-1].factor.max() <= 3 + 1e-9


LEVELS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=3),
    st.just(pd.NA),
    st.dates(),
)

TOTALS = st.one_of(st.floats(), st.integers(0, 50), st.text(max_size=2))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(LEVELS, min_size=1, max_size=6),
    st.dictionaries(
        LEVELS, st.one_of(st.floats(), st.integers(0, 50), st.text(max_size=2)), max_size=4
    ),
    st.sampled_from(["raking", "linear", "post-stratification"]),
)
def test_whatever_is_given_there_is_a_weight_or_a_sentence(
    levels: Any, totals: Any, method: Any
) -> None:
    frame = pd.DataFrame({"level": pd.Series(levels, dtype=object)})
    start = Weights.delivered(np.ones(len(levels)))
    found, error = tried(start, frame, {"level": totals}, method=method)
    if found is None:
        assert "\n" not in str(error)
    else:
        assert (found.values > 0).all()
        assert np.isfinite(found.values).all()
        assert found.total == pytest.approx(sum(float(v) for v in totals.values()))
