"""Several waves as one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from survey_stats.compare import pools
from survey_stats.errors import ComparabilityError, DesignError, InputError, UnknownNameError
from survey_stats.estimate import Survey

SAMPLE = pd.read_csv(Path(__file__).parent / "reference" / "trend_sample.csv")
SHARED = Survey(SAMPLE, weights="w", strata="stratum", clusters="psu", lonely_psu="adjust")


def test_a_pool_is_the_domain_of_its_waves() -> None:
    found = pools(SHARED, "yes", by="area", waves=[[2008, 2011, 2023]])
    want = SHARED.share("yes", by="area", where="wave in [2008, 2011, 2023]")
    np.testing.assert_array_equal(found.estimate, want.estimate)
    np.testing.assert_array_equal(found.se, want.se)
    np.testing.assert_allclose(found.cov(), want.cov(), rtol=1e-12)
    assert found.keys.to_numpy().tolist() == [
        ["2008+2011+2023", "north"],
        ["2008+2011+2023", "south"],
    ]
    assert "pooled" in found.metadata.caption()


def test_overlapping_pools_are_correlated() -> None:
    moving = pools(SHARED, "yes", width=3)
    assert moving.keys["pool"].tolist() == ["2008+2011+2014", "2011+2014+2017", "2014+2017+2023"]
    cov = moving.cov()
    np.testing.assert_allclose(np.sqrt(np.diag(cov)), moving.se, rtol=1e-12)
    # by the delta method from the totals of the waves
    yes = SHARED.total("yes", by="wave", where="yes >= 0")
    people = SHARED.total(None, by="wave", where="yes >= 0")
    scores = [e.scores() for e in (yes, people)]
    joint = np.block([[a.covariance(b) for b in scores] for a in scores])
    slopes = []
    for start in range(3):
        y, n = yes.estimate[start : start + 3].sum(), people.estimate[start : start + 3].sum()
        one = np.zeros((2, 5))
        one[0, start : start + 3], one[1, start : start + 3] = 1 / n, -y / n**2
        slopes.append(one.ravel())
    want = np.array(slopes) @ joint @ np.array(slopes).T
    np.testing.assert_allclose(cov, want, rtol=1e-9)
    step = moving.differences("pool", "2008+2011+2014")
    assert len(step) == 2


def test_codebooks_say_what_may_be_pooled() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"wave": np.repeat([2020, 2021, 2022, 2023], 100), "district": "Bromma"})
    frame["unsafe_evening"] = rng.random(len(frame)) < 0.3
    region = Survey(frame, name="regional_safety")
    assert pools(region, "unsafe_evening", width=3).keys["pool"].tolist() == ["2020+2021+2023"]
    with pytest.raises(ComparabilityError, match=r"2021, 2022 must not be pooled: .*apart"):
        pools(region, "unsafe_evening", waves=[[2021, 2022]])
    told = pools(region, "unsafe_evening", waves=[[2021, 2022]], override="only to look")
    assert "although: only to look" in told.metadata.method


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({}, InputError, "either width=, or the sets"),
        ({"width": 2, "waves": [[2008, 2011]]}, InputError, "either width=, or the sets"),
        ({"width": 1}, InputError, "two waves or more"),
        ({"width": 6}, InputError, "No 6 waves can be pooled; the longest line .* has 5"),
        ({"waves": [[2008]]}, InputError, "fewer than two waves"),
        ({"waves": [[2008, 2009]]}, UnknownNameError, "'2009'"),
        ({"width": 2, "by": "wave"}, InputError, "tells the pools apart"),
        ({"width": 2, "time": "year"}, UnknownNameError, "'year'"),
    ],
)
def test_what_cannot_be_pooled(kwargs: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        pools(SHARED, "yes", **kwargs)


def test_weights_on_different_scales_are_not_pooled() -> None:
    grossed = SAMPLE.assign(w=SAMPLE["w"] * np.where(SAMPLE["wave"] == 2023, 1000, 1))
    survey = Survey(grossed, weights="w", strata=["wave", "stratum"], clusters="psu")
    with pytest.raises(DesignError, match=r"different scales .*2023: "):
        pools(survey, "yes", width=2)
    assert len(pools(survey, "yes", waves=[[2008, 2017]])) == 1


def test_a_group_without_one_of_the_waves_says_so() -> None:
    frame = SAMPLE.assign(area=SAMPLE["area"].where(SAMPLE["wave"] != 2011, "north"))
    survey = Survey(frame, weights="w", strata=["wave", "stratum"], clusters="psu")
    found = pools(survey, ["yes", "area"], by="area", width=2).to_frame()
    told = found[found["question"] == "yes"].set_index(["pool", "area"])["flag"]
    assert told["2008+2011", "south"] == "no answers in 2011"
    assert told["2008+2011", "north"] == ""
    assert told["2014+2017", "south"] == ""
