"""Sums by parts are right to the last digit, whatever the order."""

from __future__ import annotations

import math

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey_stats.scan import sums


def added(values: np.ndarray) -> float:
    power = sums.shift(float(np.abs(values).max()))
    frame = nw.from_native(pd.DataFrame({"x": values}))
    names = [f"x{i}" for i in range(sums.count(1))]
    wide = frame.select(*sums.parts(nw.col("x"), power, names)).to_native()
    return float(sums.total([np.array([wide[n].sum()]) for n in names], power)[0])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=50),
    st.integers(-40, 40),
    st.randoms(use_true_random=False),
)
def test_the_sum_is_exact_in_any_order(values: list[float], power: int, random: object) -> None:
    scaled = [math.ldexp(v, power) for v in values]
    one = added(np.array(scaled))
    assert one == pytest.approx(math.fsum(scaled), rel=1e-15)
    random.shuffle(scaled)  # type: ignore[attr-defined]
    assert added(np.array(scaled)) == one


def test_negative_numbers_too() -> None:
    values = np.array([-3.25, 1e-7, 2.5, -1e-9])
    assert added(values) == pytest.approx(math.fsum(values), rel=1e-15)


def test_many_large_numbers_do_not_overflow() -> None:
    values = np.full(200_000, 0.1)
    assert added(values) == pytest.approx(20_000.0, rel=1e-15)
