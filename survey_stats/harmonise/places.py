"""Whether the districts and the neighbourhoods of a delivery fit each other."""

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
    """The districts most of whose respondents live in neighbourhoods of other districts.

    Args:
        district: the columns as told, districts in the cut of 2023.
        neighbourhood: the same respondents' neighbourhoods.

    Returns:
        One for each district with more than half of its respondents elsewhere, by name; those
        without a district or a known neighbourhood do not count.
    """
    geo = Geography.load()
    home = {name: geo.district_of(name) for name in neighbourhood.names if name in geo.home}
    both = pd.DataFrame({"district": district.text(), "neighbourhood": neighbourhood.text()})
    both = both.assign(its_district=both["neighbourhood"].map(home)).dropna()
    found = []
    for name, rows in both.groupby("district"):
        elsewhere = rows[rows["its_district"] != name]
        if 2 * len(elsewhere) > len(rows):
            first = elsewhere.iloc[0]
            found.append(
                Misplaced(
                    str(name),
                    len(rows),
                    len(elsewhere),
                    first["neighbourhood"],
                    first["its_district"],
                )
            )
    return found
