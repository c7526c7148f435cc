"""What R survey does in one call and this package in two: results/practice.csv, from r/practice.R.

`calibrate(aggregate.stage = 1)` is `household=`, `svystandardize` is calibration within groups to
the proportions of the standard, and `cbind(yes, no)` in a model is a row for each answer, weighted
by its count.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

import survey_stats as ss

SurveyOf = Callable[[str], ss.Survey]
FixtureOf = Callable[[str], pd.DataFrame]


def whole_clusters(survey_of: SurveyOf, _: FixtureOf) -> ss.Survey:
    margins = {"stype": {"E": 4421, "H": 755, "M": 1018}, "api99": 3914069.0}
    return survey_of("apiclus1").calibrate(margins, household="dnum")


def standardised(_: SurveyOf, fixture_of: FixtureOf) -> ss.Survey:
    health = fixture_of("nhanes")
    counted = (health["age"] != "0-19") & health["HI_CHOL"].notna()
    # who is not counted keeps his PSU in the design
    health = health.assign(w=health["WTMEC2YR"].where(counted, 0.0))
    people = health.groupby(["race", "sex"])["w"].sum().to_dict()
    ages = {"20-39": 55901, "40-59": 77670, "60+": 72816}
    survey = ss.Survey(health, weights="w", strata="SDMVSTRA", clusters="SDMVPSU")
    return survey.calibrate(
        {group: {"age": ages} for group in people}, by=["race", "sex"], scale_to=people
    )


def of_counts(_: SurveyOf, fixture_of: FixtureOf) -> ss.Survey:
    scd = fixture_of("scd")
    died = scd["arrests"] - scd["alive"]
    rows = [
        scd.assign(answer=1, w=scd["w"] * scd["alive"]),
        scd.assign(answer=0, w=scd["w"] * died),
    ]
    return ss.Survey(
        pd.concat(rows, ignore_index=True), weights="w", strata="ESA", clusters="ambulance"
    )


MADE = {
    "apiclus1|whole clusters": whole_clusters,
    "nhanes|standardised": standardised,
    "scd|counts": of_counts,
}


def test_practice(
    block: pd.DataFrame,
    survey_of: SurveyOf,
    fixture_of: FixtureOf,
    rows_of: Callable[[pd.DataFrame, list[str]], dict[tuple[str, str], int]],
) -> None:
    first = block.iloc[0]
    survey = MADE[first["design"]](survey_of, fixture_of)
    if first["estimator"] == "glm":
        found = survey.glm("answer ~ C(ambulance)").to_frame()
        where = {("", term): i for i, term in enumerate(found["term"])}
    else:
        by = first["columns"].split("+")
        found = getattr(survey, first["estimator"])(first["question"], by=by).to_frame()
        where = rows_of(found, by)
    assert len(block) == 2 * len(where)
    for row in block.itertuples():
        ours = found[row.statistic].iloc[where[row.by, row.level]]
        assert ours == pytest.approx(row.value, rel=1e-9), (row.by, row.level, row.statistic)
