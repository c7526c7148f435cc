"""Figures that nobody computed: small enough to know every number by heart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from survey_stats.report.schema import tidy

AREA = "Hässelby-Vällingby"


@pytest.fixture(autouse=True)
def own_folder(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A working directory of each test's own: figures of a document are written into it."""
    monkeypatch.chdir(tmp_path_factory.mktemp("here"))
    yield
    # or it could be swept away while it is the working directory
    monkeypatch.undo()


def total(
    survey: str,
    wave: int,
    level: str,
    share: float,
    question: str = "unsafe_evening",
    **more: object,
) -> dict[str, object]:
    half = 0.025 if level == "district" else 0.008
    return {
        "survey": survey,
        "wave": wave,
        "area_level": level,
        "area": AREA if level == "district" else "Stockholm",
        "question": question,
        "coding": "city",
        "group": "all",
        "value": "all",
        "share": share,
        "se": half / 1.96,
        "ci_low": share - half,
        "ci_high": share + half,
        "df": 1000.0,
        "n": 1400 if level == "district" else 15000,
        "n_effective": 1200.0,
        "deff": 1.15,
        **more,
    }


def changed(
    verdict: str, difference: float, previous: int, low: float = 0.0, high: float = 0.0
) -> dict[str, Any]:
    return {
        "previous_wave": previous,
        "difference": difference,
        "difference_low": low or difference - 0.035,
        "difference_high": high or difference + 0.035,
        "p_value": 0.001,
        "p_adjusted": 0.01,
        "comparisons": 5,
        "smallest_detectable": 0.05,
        "verdict": verdict,
    }


@pytest.fixture
def figures() -> pd.DataFrame:
    """The figures of `evening`."""
    return evening()


def evening() -> pd.DataFrame:
    """The evening question in three surveys, and one more of the city's."""
    rows = [
        total("city_safety", 2017, "district", 0.31),
        total("city_safety", 2017, "city", 0.20),
        total("city_safety", 2020, "district", 0.35),
        total("city_safety", 2020, "city", 0.22),
        total(
            "city_safety", 2023, "district", 0.40, **changed("significant increase", 0.05, 2020),
            rest_difference=0.17, rest_low=0.14, rest_high=0.20, rest_p_value=1e-9,
            rest_p_adjusted=1e-8, rest_verdict="higher",
        ),
        total("city_safety", 2023, "city", 0.23, **changed("unchanged", 0.01, 2020, 0.001, 0.02)),
        total("regional_safety", 2020, "district", 0.42),
        total("regional_safety", 2020, "city", 0.30),
        total("regional_safety", 2021, "district", 0.41),
        total("regional_safety", 2021, "city", 0.29),
        total(
            "regional_safety", 2023, "district", 0.385, **changed("cannot be decided", -0.025, 2021)
        ),
        total("regional_safety", 2023, "city", 0.27),
        total("school_survey", 2020, "district", 0.30),
        total("school_survey", 2020, "city", 0.27),
        total("school_survey", 2022, "district", 0.29, **changed("unchanged", -0.01, 2020)),
        total("school_survey", 2022, "city", 0.28),
        total("city_safety", 2020, "district", 0.26, "worry_crime_monthly"),
        total("city_safety", 2020, "city", 0.19, "worry_crime_monthly"),
        total(
            "city_safety", 2023, "district", 0.20, "worry_crime_monthly",
            **changed("significant decrease", -0.06, 2020),
        ),
        total("city_safety", 2023, "city", 0.18, "worry_crime_monthly"),
    ]  # fmt: skip
    return tidy(pd.DataFrame(rows))
