"""Lines through the waves: where there is one, what it says, and in which family."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from survey_stats import protect
from survey_stats.compare import adjust_p
from survey_stats.report.figures import compute
from survey_stats.report.plan import CITY, DISTRICTS, Item
from survey_stats.report.schema import part, tidy
from survey_stats.report.sentences import trend_sentence
from survey_stats.report.trends import with_trends
from survey_stats.report.waves import Wave

AREA = "Farsta"
ITEMS = (Item("unsafe_evening", groups=()), Item("avoids_places", groups=()))


def wave(year: int, share: float, n: int = 500, here: int | None = None) -> Wave:
    rng = np.random.default_rng(year)
    sizes = [n if d != AREA or here is None else here for d in DISTRICTS]
    district = np.repeat(np.array(DISTRICTS, dtype=object), sizes)
    frame = pd.DataFrame({"district": district, "municipality": CITY, "weight": 1.0})
    frame["stratum"] = frame["district"]
    frame["psu"] = frame["respondent"] = [f"r{i}" for i in range(len(frame))]
    frame["wave"], frame["survey"] = year, "city_safety"
    # exactly the share, spread evenly
    place = frame.groupby("district").cumcount() + 0.5
    size = frame.groupby("district")["wave"].transform("size")
    frame["unsafe_evening"] = (place / size < share).astype("boolean")
    frame["avoids_places"] = pd.array(rng.random(len(frame)) < 0.3, dtype="boolean")
    return Wave("city_safety", year, frame, {}, f"{year}.sav", "0" * 64, True)


def made(waves: list[Wave], area: str = AREA) -> pd.DataFrame:
    figures = with_trends(compute(waves, area, ITEMS), waves, area, ITEMS)
    return tidy(figures)


def line(figures: pd.DataFrame, question: str = "unsafe_evening") -> dict[str, Any]:
    rows = figures[figures["trend_slope"].notna() & (figures["question"] == question)]
    assert len(rows) == 1
    return dict(rows.iloc[0])


def test_the_slope_is_that_of_the_shares_a_year() -> None:
    figures = made([wave(2017, 0.2), wave(2020, 0.3), wave(2023, 0.4)])
    row = line(figures)
    assert row["trend_slope"] == pytest.approx(0.2 / 6, abs=1e-9)
    assert (row["wave"], row["trend_first"], row["trend_waves"]) == (2023, 2017, 3)
    assert row["trend_verdict"] == "significant increase"
    assert "3 mätningar sedan 2017: säkerställd ökning, i genomsnitt 3,3" in trend_sentence(row)
    assert "a significant increase of 3.3 percentage points a year" in trend_sentence(row, "en")


def test_all_lines_of_the_area_are_one_family() -> None:
    figures = made([wave(2017, 0.2), wave(2020, 0.25), wave(2023, 0.27)])
    rows = figures[figures["trend_slope"].notna()]
    assert len(rows) == 2
    np.testing.assert_allclose(
        rows["trend_p_adjusted"].astype(float), adjust_p(rows["trend_p_value"].astype(float))
    )
    sure = rows["trend_verdict"].str.startswith("significant")
    assert (sure == (rows["trend_p_adjusted"] <= 0.05)).all()


def test_two_waves_have_no_line() -> None:
    figures = made([wave(2020, 0.2), wave(2023, 0.4)])
    assert figures[list(part("trend"))].drop(columns="trend_verdict").isna().all().all()
    assert (figures["trend_verdict"] == "").all()
    assert trend_sentence(dict(figures.iloc[0])) == ""


def test_a_hidden_share_takes_the_line_with_it() -> None:
    waves = [wave(2017, 0.2), wave(2020, 0.3, here=20), wave(2023, 0.4)]
    assert made(waves)["trend_slope"].isna().all()


def test_the_city_has_lines_too_and_no_change_is_one() -> None:
    waves = [wave(2017, 0.2, 4000), wave(2020, 0.2, 4000), wave(2023, 0.2, 4000)]
    row = line(made(waves, CITY))
    assert (row["area_level"], row["area"]) == ("city", CITY)
    assert row["trend_verdict"] == "unchanged"
    assert "oförändrat" in trend_sentence(row)


def test_waves_that_leave_the_line_are_told() -> None:
    row = line(made([wave(2017, 0.2), wave(2020, 0.5), wave(2023, 0.3)]))
    assert row["trend_verdict"] == "significant increase"
    assert "avviker från en jämn utveckling" in trend_sentence(row)
    assert "depart from an even development" in trend_sentence(row, "en")


def test_a_line_of_which_nothing_is_decided_is_not_told() -> None:
    row = line(made([wave(2017, 0.2), wave(2020, 0.5), wave(2023, 0.2)]))
    assert row["trend_verdict"] == "cannot be decided"
    assert trend_sentence(row) == ""


def test_the_slope_of_rounded_shares_is_that_of_the_line_through_them() -> None:
    rule = protect.profile("rounded")
    years, shares = (2017, 2020, 2023), (0.2, 0.298, 0.404)
    waves = [wave(y, s, here=497) for y, s in zip(years, shares, strict=True)]
    exact = with_trends(compute(waves, AREA, ITEMS), waves, AREA, ITEMS)
    rounded = with_trends(compute(waves, AREA, ITEMS, rule), waves, AREA, ITEMS, rule)
    old, row = line(tidy(exact)), line(tidy(rounded))
    printed = rounded[(rounded["question"] == "unsafe_evening") & (rounded["area"] == AREA)]
    printed = printed[printed["default_coding"].astype(bool)].sort_values("wave")
    assert printed["share"].tolist() == [0.2, 0.3, 0.4]
    assert row["trend_slope"] == pytest.approx(0.2 / 6, abs=1e-9)
    assert old["trend_slope"] != pytest.approx(0.2 / 6, abs=1e-4)
    # the interval is widened to whole percentage points from first to last
    for end, sign in (("trend_low", -1), ("trend_high", 1)):
        half = 600 * sign * (row[end] - row["trend_slope"])
        assert half == pytest.approx(round(half), abs=1e-6)
        assert half >= 600 * sign * (old[end] - old["trend_slope"]) - 1e-6
    assert row["trend_p_value"] in (0.001, 0.01, 0.05, 0.1, 0.5, 1.0)
    assert row["trend_verdict"] == old["trend_verdict"], "tests come before rounding"


def test_a_wave_without_weights_counts_as_much_as_the_others() -> None:
    waves = [wave(2017, 0.3), wave(2020, 0.4), wave(2023, 0.3)]
    grossed = [
        Wave(**{**vars(w), "frame": w.frame.assign(weight=50.0)}) if w.year < 2023 else w
        for w in waves
    ]
    plain, mixed = made(waves), made(grossed)
    slopes = [
        f.loc[f["trend_slope"].notna(), "trend_slope"].to_numpy(float) for f in (plain, mixed)
    ]
    assert len(slopes[0])
    np.testing.assert_allclose(slopes[1], slopes[0], atol=1e-12)
