import numpy as np
import pytest

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.harmonise import Codebook, check
from survey_stats.harmonise.check.totals import read_population
from survey_stats.weight import district_population


@pytest.fixture
def weighted(make_delivery):
    """A delivery of 2023 whose weights sum to four fifths of each district's inhabitants."""
    small = make_delivery("city_safety", 2023, n=2000)
    codes = {float(k): v for k, v in small.book.codes(small.book.item("district", 2023)).items()}
    register = district_population(2023, 11).set_index("area")["population"]
    small.inhabitants = small.frame["Sdo_kod"].map(codes).map(register)
    n = small.frame.groupby("Sdo_kod")["Sdo_kod"].transform("size")
    small.frame["VIKT"] = 0.8 * small.inhabitants / n
    small.people = (0.8 * register).to_dict()
    return small


def totals(small, declared=None, **options):
    waves = dict(small.book.waves)
    facts = waves[2023].facts.model_copy(update={"answers": None})
    update = {"facts": facts}
    if declared is not None:
        update["weights_sum_to"] = declared
    waves[2023] = waves[2023].model_copy(update=update)
    checked = check(small.delivery(), small.book.model_copy(update={"waves": waves}), **options)
    return [p for p in checked if p.kind == "weight total"], checked


def test_what_the_weights_sum_to_is_not_known_of_any_shipped_survey():
    for name in Codebook.names():
        declared = {w.weights_sum_to for w in Codebook.load(name).waves.values()}
        assert declared == {"unknown"}


def test_unknown_totals_are_not_checked_and_that_is_told(weighted):
    weighted.frame["VIKT"] *= 1000
    problems, checked = totals(weighted)
    assert problems == []
    assert [w.en for w in checked.not_checked if "does not say what they sum to" in w.en]


def test_a_part_of_the_inhabitants_is_the_population_of_some_ages(weighted):
    assert totals(weighted, "population")[0] == []
    assert totals(weighted, population="register")[0] == []


@pytest.mark.parametrize("factor", [1000, 0.001])
def test_weights_on_another_scale(weighted, factor):
    weighted.frame["VIKT"] *= factor
    (problem,) = totals(weighted, "population")[0]
    assert problem.severity == "warning"
    assert "inhabitants of 2023" in problem.what
    assert "power of ten" in problem.hint
    assert ("80" in problem.what_sv) or ("1/1" in problem.what_sv)


def test_one_district_that_does_not_sum(weighted):
    farsta = weighted.frame["Sdo_kod"] == 9.0
    weighted.frame.loc[farsta, "VIKT"] *= 1.5
    (problem,) = totals(weighted, "population")[0]
    assert (problem.count, problem.where) == (1, "VIKT")
    assert "Farsta 1.20" in problem.what
    assert "Farsta 1,20" in problem.what_sv


def test_a_district_without_respondents(weighted):
    weighted.frame = weighted.frame[weighted.frame["Sdo_kod"] != 9.0].reset_index(drop=True)
    _, checked = totals(weighted, "population")
    assert [p.what for p in checked if p.kind == "geography"] == [
        "districts without a respondent: Farsta"
    ]


def test_a_population_that_is_given_must_be_met(weighted):
    assert totals(weighted, population=weighted.people)[0] == []
    people = {**weighted.people, "Bromma": 2 * weighted.people["Bromma"]}
    (problem,) = totals(weighted, population=people)[0]
    assert problem.what.startswith("do not sum to the population in 1 of 11 areas")
    assert "Bromma" in problem.what


def test_a_population_of_neighbourhoods(weighted):
    people = {"Farsta": 5.0, "Tallkrogen": 5.0}
    (problem,) = totals(weighted, population=people)[0]
    assert problem.count == 2


def test_a_population_of_unknown_areas(weighted):
    with pytest.raises(UnknownNameError, match="did you mean 'Bromma'"):
        totals(weighted, population={**weighted.people, "Broma": 1.0})
    with pytest.raises(InputError, match="must be a positive number"):
        totals(weighted, population={"Bromma": 0.0})


def test_weights_to_the_sample(weighted):
    assert len(totals(weighted, "sample")[0]) == 1
    weighted.frame["VIKT"] /= weighted.frame["VIKT"].mean()
    assert totals(weighted, "sample")[0] == []


def test_a_census_has_no_total(school):
    _, checked = (None, check(school.delivery(), "school_survey", population="register"))
    assert [p for p in checked if p.kind == "weight total"] == []
    assert not any("sum of the weights" in w.en for w in checked.not_checked)


def test_a_year_without_a_register(weighted):
    waves = dict(weighted.book.waves)
    waves[2031] = waves.pop(2023)
    moved = {"waves": waves}
    for section in ("background", "parts", "questions"):
        entries = getattr(weighted.book, section)
        moved[section] = {
            name: e.model_copy(
                update={"waves": {2031 if y == 2023 else y: i for y, i in e.waves.items()}}
            )
            for name, e in entries.items()
        }
    book = weighted.book.model_copy(update=moved)
    checked = check(weighted.delivery(), book, wave=2031, population="register")
    assert [w.en for w in checked.not_checked if "not for 2031" in w.en]


def test_the_demo_sums_to_its_population(demo_dir):
    """The demo's weights were made to sum to the people aged 16 and over of every district."""
    from survey_stats.demo import file_name

    for year in (2017, 2020, 2023):
        file = demo_dir / file_name("city_safety", year)
        checked = check(file, "city_safety", population="register")
        assert [p for p in checked if p.severity != "note"] == []


def test_the_table_of_a_population(tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("area;population\nBromma;70 000,5\nFarsta;60 000,0\n", encoding="utf-8")
    assert read_population(file) == {"Bromma": 70000.5, "Farsta": 60000.0}
    assert read_population("register") == "register"
    file.write_text("area,population\nBromma,7\nBromma,8\n", encoding="utf-8")
    with pytest.raises(InputError, match="'Bromma' is there twice"):
        read_population(file)
    file.write_text("area,population\nBromma,\nFarsta,8\n", encoding="utf-8")
    with pytest.raises(InputError, match="row 1 has no area or no population"):
        read_population(file)
    file.write_text("omrade,folk\nBromma,7\n", encoding="utf-8")
    with pytest.raises(InputError, match="needs the columns area and population"):
        read_population(file)


def test_the_weights_are_finite_where_they_are_broken(weighted):
    weighted.frame.loc[0, "VIKT"] = np.nan
    weighted.frame.loc[1, "VIKT"] = -5.0
    _, checked = totals(weighted, "population")
    assert {p.kind for p in checked if p.severity == "error"} == {"weight"}
