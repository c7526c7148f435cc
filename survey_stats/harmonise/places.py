"""Whether the districts and the neighbourhoods of a delivery fit each other.

NOTE TO ITS AUTHOR: the first version of this file was overwritten by mistake before it was
committed (two files of one name); this stands in so that `build.py` can be imported. Put yours
back.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from survey_stats.harmonise.geography import Geography
from survey_stats.harmonise.recode import Answers


@dataclass(frozen=True)
class Misplaced:
    """A district most of whose respondents live in neighbourhoods of other districts."""

    district: str
    n: int
    elsewhere: int
    neighbourhood: str
    its_district: str


def misplaced(district: Answers, neighbourhood: Answers) -> list[Misplaced]:
    """The districts (in the cut of 2023) whose neighbourhoods mostly lie in other districts."""
    geo = Geography.load()
    home = {n: geo.district_of(n) for n in neighbourhood.names if n in geo.home}
    frame = pd.DataFrame({"district": district.text(), "neighbourhood": neighbourhood.text()})
    frame = frame[frame.district.notna() & frame.neighbourhood.isin(list(home))]
    frame["its_district"] = frame.neighbourhood.map(home)
    found = []
    for name, rows in frame.groupby("district"):
        wrong = rows[rows.its_district != name]
        if 2 * len(wrong) > len(rows):
            first = wrong.iloc[0]
            found.append(
                Misplaced(str(name), len(rows), len(wrong), first.neighbourhood, first.its_district)
            )
    return found
