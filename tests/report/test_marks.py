"""The notes under tables."""

from __future__ import annotations

import pandas as pd
import pytest

from survey_stats.protect import DEFAULT
from survey_stats.report.marks import table_notes


@pytest.mark.parametrize(
    ("totals", "groups", "sv", "en"),
    [
        (4, 20, "4 totaler och 20 grupper", "4 totals and 20 groups"),
        (1, 6, "1 total och 6 grupper", "1 total and 6 groups"),
        # most groups are hidden
        (5, 1, "5 totaler och 1 grupp", "5 totals and 1 group"),
    ],
)
def test_each_family_has_its_own_size(totals: int, groups: int, sv: str, en: str) -> None:
    rows = pd.DataFrame(
        {
            "group": ["all", "gender", "gender"],
            "comparisons": pd.array([totals, groups, pd.NA], dtype="Int64"),
        }
    )
    assert f"till att {sv} jämförs samtidigt" in table_notes(rows, "sv", DEFAULT)[0]
    assert f"allows for {en} being compared" in table_notes(rows, "en", DEFAULT)[0]
