"""Parameters: what may be asked for, and what is said when it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.harmonise import Codebook
from survey_stats.protect import DEFAULT, Rule
from survey_stats.report.plan import CITY, DISTRICTS, PLAN, SURVEYS, Parameters, area_name


def test_an_area_is_found_whatever_its_case_accents_and_hyphens() -> None:
    assert area_name("hasselby vallingby") == "Hässelby-Vällingby"
    assert area_name("ENSKEDE ÅRSTA VANTÖR") == "Enskede-Årsta-Vantör"


def test_an_unknown_area_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'Hässelby-Vällingby'"):
        Parameters("Hasselby", 2023)
    with pytest.raises(UnknownNameError, match="There is no area"):
        Parameters("Göteborg", 2023)


@pytest.mark.parametrize("year", ["", "last year", 23, 20233, None])
def test_a_year_that_is_none_is_refused(year: object) -> None:
    with pytest.raises(InputError, match="no year of a lägesbild"):
        Parameters("Farsta", year)  # type: ignore[arg-type]


def test_language_and_folder_are_checked(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="language 'se'"):
        Parameters("Farsta", 2023, "se")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"nowhere does not exist"):
        Parameters("Farsta", 2023, deliveries=tmp_path / "nowhere")
    assert Parameters("Farsta", 2023, deliveries=tmp_path).deliveries == tmp_path
    assert Parameters("Farsta", 2023, deliveries="").deliveries is None  # type: ignore[arg-type]


def test_file_names_have_no_accents_and_say_the_language() -> None:
    assert Parameters("Skärholmen", 2022).stem == "appendix-skarholmen-2022"
    assert Parameters("Skärholmen", 2022, "en").stem == "appendix-skarholmen-2022-en"
    stems = {Parameters(d, 2023).stem for d in DISTRICTS}
    assert len(stems) == len(DISTRICTS) == 11
    assert all(s.isascii() for s in stems)


def test_the_city_is_an_area_by_any_of_its_names() -> None:
    for name in ("Stockholm", "hela staden", "the whole city"):
        told = Parameters(name, 2023)
        assert (told.area, told.whole_city, told.stem) == (CITY, True, "appendix-stockholm-2023")
    assert not Parameters("Farsta", 2023).whole_city


def test_a_rule_profile_goes_by_name_or_as_it_is() -> None:
    strict = Rule("strict", minimum_base=50)
    assert Parameters("Farsta", 2023, profile=strict).rule == strict
    assert Parameters("Farsta", 2023, profile=DEFAULT.name).rule == DEFAULT
    with pytest.raises(UnknownNameError, match="rule profile 'survey_stat'"):
        Parameters("Farsta", 2023, profile="survey_stat")


def test_the_plan_asks_all_that_a_codebook_has_and_nothing_twice() -> None:
    known = {q for s in SURVEYS for q in Codebook.load(s).questions}
    assert set(PLAN.questions) == known, "a row a question in reports/plans/appendix.yaml"
    assert len(PLAN.questions) == len(set(PLAN.questions))
    assert all(item.surveys == SURVEYS for item in PLAN.items)
