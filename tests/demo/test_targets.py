"""Reading the table of published shares."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from survey_stats.demo.targets import Target, read_targets
from survey_stats.errors import InputError, UnknownNameError

HEAD = "source,survey,year,area_level,area,question,group,share_percent,qualifier\n"


def _table(tmp_path: Path, row: str) -> Path:
    path = tmp_path / "shares.csv"
    path.write_text(HEAD + row + "\n", encoding="utf-8")
    return path


def test_years_are_pooled_and_decimals_are_kept(tmp_path: Path) -> None:
    path = _table(tmp_path, "x,regional_safety,2020+2021,district,Farsta,q,all,12.5,exact")
    (target,) = read_targets(path)
    assert target.years == (2020, 2021)
    assert target.unit == Decimal("0.1")
    low, high = target.interval()
    assert (low, high) == pytest.approx((0.12475, 0.12525))
    assert target.holds(0.12549)
    assert not target.holds(0.12551)
    assert target.where == "shares.csv line 2"


@pytest.mark.parametrize(
    ("row", "error", "text"),
    [
        ("x,s,2020,distrikt,A,q,all,12,exact", UnknownNameError, "did you mean 'district'"),
        ("x,s,2020,district,A,q,all,12,atleast", UnknownNameError, "did you mean 'at_least'"),
        ("x,s,2020,district,A,q,all,112,exact", InputError, "is no percentage"),
        ("x,s,2020,district,A,q,all,,exact", InputError, "is no percentage"),
        ("x,s,20-21,district,A,q,all,12,exact", InputError, "is no year"),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, row: str, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text) as caught:
        read_targets(_table(tmp_path, row))
    assert "shares.csv line 2" in str(caught.value)


@pytest.mark.parametrize(
    ("qualifier", "share", "holds"),
    [
        ("at_least", 0.30, True),
        ("at_least", 0.2999, False),
        ("more_than", 0.30, False),
        ("more_than", 0.3001, True),
        ("at_most", 0.30, True),
        ("at_most", 0.3001, False),
        ("less_than", 0.30, False),
        ("less_than", 0.2999, True),
        ("exact", 0.295, True),
        ("exact", 0.305, False),
    ],
)
def test_qualifiers_at_their_edges(qualifier: str, share: float, holds: bool) -> None:
    target = Target("", "s", (2020,), "city", "A", "q", "all", Decimal(30), qualifier)
    assert target.holds(share) is holds
    low, high = target.interval()
    middle = (max(low, 0.2) + min(high, 0.4)) / 2
    assert target.holds(low + 1e-9 if low else middle)
    assert target.holds(high - 1e-9 if high < 1 else middle)


def test_an_old_district_is_found_in_its_own_year() -> None:
    frame = pd.DataFrame(
        {
            "wave": 2017,
            "district": ["Hägersten-Älvsjö", "Farsta"],
            "district_own_year": ["Älvsjö", "Farsta"],
            "gender": ["women", None],
        }
    )
    target = Target("", "s", (2017,), "district", "Älvsjö", "q", "all", Decimal(1), "exact")
    assert target.members(frame).tolist() == [True, False]
    men = Target("", "s", (2017,), "district", "Farsta", "q", "men", Decimal(1), "exact")
    with pytest.raises(InputError, match="found in none of"):
        men.members(frame)
