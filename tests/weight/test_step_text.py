"""What a step says of itself: which margins were crossed, and what was not met."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from survey_stats.weight import Weights, adjust_classes, calibrate, kish_design_effect, trim

FRAME = pd.DataFrame(
    {
        "area": ["a", "a", "a", "a", "b", "b", "b", "b"],
        "gender": ["men", "women"] * 4,
        "age": ["old", "old", "young", "young"] * 2,
        "income": [1.0, 2, 3, 4, 5, 6, 7, 8],
    }
)
START = Weights.delivered([10.0] * 8)
GENDER = {"men": 30.0, "women": 50.0}
AGE = {"old": 35.0, "young": 45.0}
CROSSED = {(g, a): 20.0 for g in ("men", "women") for a in ("old", "young")}


def text(margins: Any, start: Weights = START, **options: Any) -> str:
    return str(calibrate(start, FRAME, margins, **options).steps[-1])


def test_crossed_margins_are_told_from_separate_ones() -> None:
    both = text({"gender": GENDER, "age": AGE})
    assert both == "calibrated to 4 totals of gender and age (raking)"
    assert text({("gender", "age"): CROSSED}) == ("calibrated to 4 totals of gender x age (raking)")
    mixed = text({("gender", "age"): CROSSED, "income": 350})
    assert mixed == "calibrated to 5 totals of gender x age and income (raking)"


def test_groups_and_one_total() -> None:
    by = {(area, g): 20.0 for area in "ab" for g in ("men", "women")}
    assert text({("area", "gender"): by}, by="area") == (
        "calibrated to 4 totals of gender within each area (raking)"
    )
    assert text({None: 100}) == "calibrated to 1 total of the population (raking)"


def test_bounds_are_told() -> None:
    margins = {"gender": GENDER}
    assert text(margins, method="truncated", bounds=(0.5, 3)).endswith(
        "(truncated, factors 0.5 to 3)"
    )
    assert text(margins, bounds=(None, 20), bounds_on="weight").endswith(
        "(raking, weights at most 20)"
    )
    assert text(margins, bounds=(0.1, None)).endswith("(raking, factors at least 0.1)")


def test_totals_that_were_not_met_are_told() -> None:
    far = {"gender": {"men": 10.0, "women": 70.0}}
    nearest = text(far, bounds=(0.5, 1.5), infeasible="nearest")
    assert nearest.endswith("(raking, factors 0.5 to 1.5; nearest totals, 2 missed)")
    # what can be met is met, and nothing is said
    assert "nearest" not in text({"gender": GENDER}, infeasible="nearest")
    assert text({"gender": GENDER}, ridge=0.1).endswith("(raking; totals met softly, 2 missed)")


def test_a_trim_says_what_it_kept_and_that_it_cut_nobody() -> None:
    raked = calibrate(START, FRAME, {"gender": GENDER, "age": AGE})
    nobody = trim(raked, upper=1000).steps[-1]
    assert str(nobody) == (
        "trimmed nobody, as all weights were within the limits, keeping 4 totals of gender and age"
    )
    assert str(trim(Weights.delivered([1, 1, 2, 6]), upper=5).steps[-1]) == (
        "trimmed, keeping the sum of weights"
    )


def test_one_class_is_in_the_singular() -> None:
    frame = FRAME.assign(one="all", answered=[True] * 6 + [False] * 2)
    done = adjust_classes(START, frame, "answered", "one")
    assert str(done.steps[-1]) == "adjusted for non-response in 1 class of one"


def test_weights_of_zero_are_not_in_the_design_effect() -> None:
    weights = Weights.delivered([1.0, 3.0, 0.0, 0.0])
    assert weights.design_effect == kish_design_effect([1, 3]) == 1.25
    assert weights.describe().startswith("4 weights, 2 of them 0, total 4, design effect 1.25")
    assert "of them" not in Weights.delivered(np.ones(3)).describe()
    assert Weights.delivered(np.ones(3)).design_effect == pytest.approx(1)


def test_a_number_that_may_be_codes_is_noted() -> None:
    frame = FRAME.assign(level=[1, 2, 3, 1, 2, 3, 1, 2], has=[0, 1] * 4, part=np.arange(8) / 2)
    done = calibrate(START, frame, {None: 80, "level": 150})
    assert "   note: level has only the values 1, 2, 3, and" in done.describe()
    assert "{code: people}" in done.steps[-1].details["notes"][0]
    for margins in ({"has": 45}, {"part": 150}, {"level": {1: 20, 2: 30, 3: 30}}):
        assert "note" not in calibrate(START, frame, margins).describe()
