"""Districts whose respondents mostly live elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from survey_stats.errors import CodebookError
from survey_stats.harmonise import harmonise
from survey_stats.harmonise.places import misplaced
from survey_stats.harmonise.recode import Answers


def answers(names: tuple[str, ...], at: list[int]) -> Answers:
    return Answers(names, np.array(at, dtype=np.int16), np.full(len(at), -1, dtype=np.int16))


HOMES = ("Fruängen", "Hökarängen", "Alvik")


def test_a_district_with_most_of_its_people_elsewhere_is_told() -> None:
    district = answers(("Farsta", "Bromma"), [0, 0, 0, 1, 1, -1])
    found = misplaced(district, answers(HOMES, [0, 0, 1, 2, 2, 1]))
    assert [(f.district, f.n, f.elsewhere) for f in found] == [("Farsta", 3, 2)]
    assert (found[0].neighbourhood, found[0].its_district) == ("Fruängen", "Hägersten-Älvsjö")


def test_half_is_not_most_and_the_unknown_do_not_count() -> None:
    district = answers(("Farsta", "Bromma"), [0, 0, 0, -1, 1])
    assert misplaced(district, answers(HOMES, [0, 1, -1, 0, 2])) == []


def test_swapped_codes_of_districts_stop_a_delivery(city) -> None:
    variable = city.variable("district")
    # codes 3 and 4 change places, the neighbourhoods stay
    city.frame[variable] = city.frame[variable].replace({3.0: 4.0, 4.0: 3.0})
    with pytest.raises(CodebookError, match="live in neighbourhoods of other districts"):
        harmonise(city.delivery(), "city_safety", wave=2020)
