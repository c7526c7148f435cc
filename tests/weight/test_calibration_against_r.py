"""Weights after calibration against those of R survey 4.1-1 (reference/make_calibration.R)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from survey_stats.weight.calibration.calibrate import calibrate
from survey_stats.weight.result import Weights

HERE = Path(__file__).parent / "reference"
PEOPLE = 44_000.0


def shares(**values: float) -> dict[str, float]:
    return {level: share * PEOPLE for level, share in values.items()}


FOUR: dict[Any, Any] = {
    "district": shares(Farsta=0.24, Hässelby=0.32, Kista=0.24, Norrmalm=0.2),
    "gender": shares(men=0.53, women=0.47),
    "age": shares(**{"16-29": 0.2, "30-64": 0.52, "65+": 0.28}),
    "tenure": shares(own=0.6, rent=0.4),
}
FIVE = FOUR | {"income": 325 * PEOPLE}
CROSSED = {
    (d, g): FOUR["district"][d] * FOUR["gender"][g] / PEOPLE
    for d in FOUR["district"]
    for g in FOUR["gender"]
}
CASES: dict[str, tuple[dict[Any, Any], dict[str, Any]]] = {
    "post_stratified": ({("district", "gender"): CROSSED}, {"method": "post-stratification"}),
    "rake": (FOUR, {}),
    "raking": (FOUR, {"method": "raking"}),
    "linear": (FOUR, {"method": "linear"}),
    "logit": (FOUR, {"method": "logit", "bounds": (0.5, 3)}),
    "truncated": (FOUR, {"method": "truncated", "bounds": (0.75, 1.6)}),
    "raking_mixed": (FIVE, {}),
    "linear_mixed": (FIVE, {"method": "linear"}),
    "logit_mixed": (FIVE, {"method": "logit", "bounds": (0.4, 3)}),
    "truncated_mixed": (FIVE, {"method": "truncated", "bounds": (0.75, 1.6)}),
    "raking_bounded": (FOUR, {"method": "raking", "bounds": (0.75, 1.6)}),
    "weights_bounded": (
        FOUR,
        {"method": "truncated", "bounds": (25, 150), "bounds_on": "weight"},
    ),
    "household_linear": (FIVE, {"method": "linear", "household": "household"}),
    "household_raking": (FIVE, {"household": "household"}),
}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return pd.read_csv(HERE / "calibration_sample.csv")


@pytest.fixture(scope="module")
def expected() -> pd.DataFrame:
    return pd.read_csv(HERE / "calibration_weights.csv")


def test_every_column_of_r_is_compared(expected: pd.DataFrame) -> None:
    assert set(expected.columns) == set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_weights(case: str, frame: pd.DataFrame, expected: pd.DataFrame) -> None:
    margins, options = CASES[case]
    found = calibrate(Weights.delivered(frame["weight"]), frame, margins, **options)
    # R's rake stops at 1e-11 of a total, the others at 1e-13.
    np.testing.assert_allclose(found.values, expected[case], rtol=1e-9 if case == "rake" else 1e-11)
    table = found.steps[-1].details["margins"]
    np.testing.assert_allclose(table["after"], table["target"], rtol=1e-12)


@pytest.mark.parametrize("case", ["truncated", "raking_bounded"])
def test_some_factors_are_at_both_bounds(case: str, frame: pd.DataFrame) -> None:
    margins, options = CASES[case]
    start = Weights.delivered(frame["weight"])
    factor = calibrate(start, frame, margins, **options).steps[-1].factor
    assert (factor == 0.75).sum() >= 5
    assert np.isclose(factor, 1.6, rtol=1e-15).sum() >= 5


def with_errors(x: Any, scores: np.ndarray, frame: pd.DataFrame) -> float:
    """The standard error of a total with scores (n,) by strata of PSUs, as R's onestrat."""
    for step in reversed(x.steps):
        if step.influence is not None:
            scores = step.influence.apply(scores)
    sums = pd.Series(scores).groupby([frame["stratum"], frame["psu"]]).sum()
    by_stratum = sums.groupby(level=0)
    n = by_stratum.transform("size")
    centred = sums - by_stratum.transform("mean")
    return float(np.sqrt((n / (n - 1) * centred**2).sum()))


@pytest.mark.parametrize("case", CASES)
def test_standard_errors(case: str, frame: pd.DataFrame) -> None:
    margins, options = CASES[case]
    if case == "rake":
        options = {"linearisation": "rake"}
    found = calibrate(Weights.delivered(frame["weight"]), frame, margins, **options)
    table = pd.read_csv(HERE / "calibration_estimates.csv", keep_default_na=False)
    rows = table[table["design"].str.strip() == case]
    assert len(rows) == 2 + 3 + 6
    y, w = frame["unsafe"].to_numpy(float), found.values
    for row in rows.itertuples():
        group, what = str(row.group).strip(), str(row.what).strip()
        inside = np.ones(len(frame))
        if group:
            column = frame["age"] if what == "mean" else frame["stratum"].astype(str)
            inside = (column == group).to_numpy(float)
        total, size = (w * inside * y).sum(), (w * inside).sum()
        if what == "mean":
            estimate, scores = total / size, w * inside * (y - total / size) / size
        else:
            estimate, scores = total, w * inside * y
        assert estimate == pytest.approx(row.estimate, rel=1e-10)
        assert with_errors(found, scores, frame) == pytest.approx(row.se, rel=1e-9)
