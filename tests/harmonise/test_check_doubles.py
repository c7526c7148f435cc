import numpy as np
import pandas as pd
import pytest

from survey_stats.harmonise import check
from survey_stats.harmonise.check import doubles

SKIPPED = "single doubled rows"


@pytest.fixture
def wide(city):
    """A delivery with enough variables that nobody is another's twin by chance."""
    rng = np.random.default_rng(4)
    city.frame["STADSDEL"] = city.frame["SDO"] = 1.0
    extra = pd.DataFrame(rng.integers(0, 10, (len(city.frame), 40)).astype(float))
    city.frame = pd.concat([city.frame, extra.add_prefix("extra")], axis=1)
    return city


def found(small):
    checked = check(small.delivery(), small.book)
    return [(p.kind, p.severity, p.count) for p in checked if p.kind == "doubled rows"], checked


def copy_rows(small, to, of):
    key = small.frame["LOPNR"].to_numpy()
    small.frame.iloc[to] = small.frame.iloc[of].to_numpy()
    small.frame["LOPNR"] = key


def test_nobody_twice(wide):
    problems, checked = found(wide)
    assert problems == []
    assert not any(SKIPPED in w.en for w in checked.not_checked)


def test_somebody_twice_under_another_key(wide):
    copy_rows(wide, [50], [7])
    problems, checked = found(wide)
    assert problems == [("doubled rows", "warning", 2)]
    (twin,) = (p for p in checked if p.kind == "doubled rows")
    assert twin.what == "alike in every variable but the key: rows 8, 51"
    assert twin.what_sv == "lika i alla variabler utom nyckeln: rad 8, 51"


def test_variables_that_the_codebook_does_not_use_count_too(wide, tmp_path):
    copy_rows(wide, [50], [7])
    wide.frame.loc[50, "extra3"] += 1
    assert found(wide)[0] == []
    path = wide.sav(tmp_path / "a.sav")
    assert [p.kind for p in check(path, wide.book) if p.kind == "doubled rows"] == []


def test_a_block_of_rows_twice(wide):
    copy_rows(wide, slice(40, 52), slice(3, 15))
    problems, checked = found(wide)
    assert problems == [("doubled rows", "warning", 12)]
    assert "rows 41-52" in next(p.what for p in checked if p.kind == "doubled rows")


def test_few_variables_tell_no_twins_but_blocks(school):
    """Pupils of one school who answer alike are nothing; sixty of them in the same order are."""
    school.frame = school.frame[["ID", *[c for c in school.frame if c != "ID"]]]
    _, checked = found(school)
    assert any(SKIPPED in w.en for w in checked.not_checked)
    again = school.frame.copy()
    again["ID"] += 1000
    school.frame = pd.concat([school.frame, again], ignore_index=True)
    problems, _ = found(school)
    assert problems == [("doubled rows", "warning", 60)]


def test_rows_that_all_say_the_same_repeat_nothing():
    assert not doubles.in_blocks(np.zeros(9, dtype=np.intp), run=5).any()


def test_the_shortest_block_grows_with_what_rows_do_not_tell():
    assert doubles.shortest_block(10_000, 40) == 5
    assert doubles.shortest_block(10_000, 2) > doubles.shortest_block(10_000, 4) > 5
    assert doubles.shortest_block(100, 0) == 100


def test_the_untouched_demo_has_no_doubled_rows(demo_dir):
    from survey_stats.demo import file_name

    for survey, year in (("city_safety", 2017), ("regional_safety", 2023), ("school_survey", 2024)):
        checked = check(demo_dir / file_name(survey, year), survey)
        assert [p for p in checked if p.severity != "note"] == []
