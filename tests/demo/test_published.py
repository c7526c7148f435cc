"""Every published share comes back from the package's own estimator, to the printed digit."""

from __future__ import annotations

import csv
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest

from survey_stats.demo.models import AIMS
from survey_stats.demo.targets import Target, read_targets
from survey_stats.estimate import Survey
from survey_stats.harmonise import Harmonised
from survey_stats.resources import data_path

Wave = tuple[str, int]
TABLE = data_path("published", "survey_shares.csv")
ROWS = list(csv.DictReader(TABLE.open(encoding="utf-8", newline="")))


def _domain(frame: pd.DataFrame, row: dict[str, str]) -> np.ndarray:
    """Who the printed share is about; written here anew, not taken from the demo."""
    inside = frame["wave"].isin([int(y) for y in row["year"].split("+")])
    column = {"city": "municipality"}.get(row["area_level"], row["area_level"])
    if row["area_level"] != "region":
        inside &= frame[column].eq(row["area"]).fillna(False).astype(bool)
    if row["group"] != "all":
        inside &= frame["gender"].eq(row["group"]).fillna(False).astype(bool)
    return inside.to_numpy(dtype=bool)


@pytest.mark.parametrize(
    "row", ROWS, ids=[f"{k}-{r['survey']}-{r['year']}-{r['area']}" for k, r in enumerate(ROWS, 2)]
)
def test_printed_share_comes_back(row: dict[str, str], pooled: dict[str, pd.DataFrame]) -> None:
    frame = pooled[row["survey"]]
    inside = _domain(frame, row)
    waves = frame[frame["wave"].isin([int(y) for y in row["year"].split("+")])]
    survey = Survey(
        waves.reset_index(drop=True), weights="weight", strata=["wave", "stratum"], name="pooled"
    )
    est = survey.share(row["question"], where=inside[waves.index]).to_frame()
    assert len(est) == 1
    assert est["n"].iloc[0] >= 60
    percent = Decimal(f"{100 * est['estimate'].iloc[0]:.10g}")
    printed = Decimal(row["share_percent"])
    if row["qualifier"] == "exact":
        assert percent.quantize(Decimal(1), ROUND_HALF_UP) == printed
        # well inside the rounding interval, so that no reader's rounding can differ
        assert abs(percent - printed) < Decimal("0.41")
    elif row["qualifier"] == "at_least":
        assert printed <= percent < printed + 10
    else:
        assert row["qualifier"] == "more_than"
        assert printed < percent < printed + 10


def test_one_wave_alone_does_not_need_to_hold_a_pooled_share(
    harmonised: dict[Wave, Harmonised],
) -> None:
    shares = []
    for year in (2020, 2021, 2023):
        frame = harmonised["regional_safety", year].frame
        here = frame["neighbourhood"].eq("Hässelby gård").fillna(False).astype(bool)
        est = harmonised["regional_safety", year].survey().share("unsafe_evening", where=here)
        shares.append(float(est.to_frame()["estimate"].iloc[0]))
    assert len({round(s, 3) for s in shares}) == 3
    assert min(shares) < 0.47 < max(shares)


@pytest.mark.parametrize("aim", AIMS, ids=[f"{a.survey}-{a.years[0]}-{a.area}" for a in AIMS])
def test_what_the_documents_say_in_words_is_there(
    aim: Target, pooled: dict[str, pd.DataFrame]
) -> None:
    frame = pooled[aim.survey]
    inside = aim.members(frame) & frame[aim.question].notna().to_numpy()
    share = np.average(frame[aim.question][inside].astype(float), weights=frame["weight"][inside])
    assert aim.holds(float(share))


def test_the_two_surveys_disagree_in_2023_as_the_document_says(
    harmonised: dict[Wave, Harmonised],
) -> None:
    def share(survey: str, year: int) -> float:
        frame = harmonised[survey, year].frame
        here = frame["district"].eq("Hässelby-Vällingby").fillna(False).astype(bool)
        est = harmonised[survey, year].survey().share("unsafe_evening", where=here)
        return float(est.to_frame()["estimate"].iloc[0])

    assert share("city_safety", 2023) > share("city_safety", 2020) + 0.02
    assert share("regional_safety", 2023) < share("regional_safety", 2021) - 0.02


def test_targets_cover_every_row_and_can_fail() -> None:
    targets = read_targets()
    assert len(targets) == len(ROWS)
    for target, row in zip(targets, ROWS, strict=True):
        printed = float(row["share_percent"]) / 100
        assert target.holds(printed + 0.0051) == (row["qualifier"] != "exact")
        assert not target.holds(printed - 0.0051)
