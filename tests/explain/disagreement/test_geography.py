"""Areas that one survey alone covers, background that is missing, levels in two spellings."""

import numpy as np
import pytest

import survey_stats as ss
from survey_stats.errors import InputError
from survey_stats.explain.disagreement import decompose, disagreement
from survey_stats.explain.disagreement.spelling import lookalikes
from tests.explain.disagreement.samples import frame, survey

PARTS = ["part", "variable"]


@pytest.fixture(scope="module")
def county() -> tuple[ss.Survey, ss.Survey]:
    """The city's survey, and one of the whole county, in which people elsewhere answer otherwise
    and districts are blank."""
    city = frame(1).assign(municipality="Stockholm")
    region = frame(2, 0.05, 0.45).assign(municipality="Stockholm")
    away = region["psu"] >= 5
    region.loc[away, "municipality"] = np.where(region.loc[away, "psu"] % 2, "Nacka", "Solna")
    region.loc[away, "district"] = np.nan
    region.loc[away, "q__wide"] = region.loc[away, "q"] = True
    return survey(city, "local"), survey(region, "county")


def test_later_parts_are_those_of_the_common_areas(county):
    out = decompose(*county, "q", ["age", "gender"], coding="strict")
    within = decompose(
        *county, "q", ["age", "gender"], "municipality == 'Stockholm'", coding="strict"
    )
    table, by_hand = (d.to_frame().set_index(PARTS) for d in (out, within))
    assert ("definition", "areas") not in by_hand.index
    later = [i for i in by_hand.index if i[0] != "difference" and i != ("definition", "")]
    columns = ["contribution", "se"]
    np.testing.assert_allclose(table.loc[later, columns], by_hand.loc[later, columns], atol=1e-14)
    areas = table.loc[("definition", "areas")]
    whole, inside = (
        county[1].share("q", where=w).estimate[0] for w in (None, "municipality == 'Stockholm'")
    )
    assert areas.contribution == pytest.approx(whole - inside, abs=1e-14)
    leaves = out.uncertain.value
    assert leaves.sum() == pytest.approx(out.changes.difference[0], abs=1e-14)
    # first row and its error are those of the plain comparison
    plain = ss.change(*county, "q", adjust="none")
    assert table.loc[("difference", "")].se == pytest.approx(plain.se[0], rel=1e-10)


def test_readers_are_told_whom_the_other_survey_does_not_cover(county):
    away = int((county[1].frame["municipality"] != "Stockholm").sum())
    out = decompose(*county, "q", "age")
    told = f"{away} av {len(county[1])} svarande i county bor i områden som local inte har"
    assert out.areas == ("Stockholm",)
    assert told in str(out.summary("sv"))
    assert told in out.summary("sv").html
    assert f"{away} of {len(county[1])} respondents in county live in areas" in repr(out)
    assert "about Stockholm" in out.to_frame().attrs["notes"][1]
    assert out.area is None
    kept = decompose(*county, "q", "age", universe=None)
    assert "definition" not in set(kept.to_frame().part)
    assert "one between areas too" in repr(kept)
    here = decompose(*county, "q", "age", "municipality == 'Stockholm'")
    assert "live in areas" not in repr(here)
    assert "live in areas" in repr(disagreement(*county, "q"))
    assert "live in areas" in " ".join(disagreement(*county, "q").to_frame().attrs["caveats"])
    assert "live in areas" not in repr(disagreement(*county, "q", where="municipality != 'Nacka' "
        "and municipality != 'Solna'"))  # fmt: skip


def test_districts_tell_where_one_survey_has_no_municipality(county):
    city = survey(county[0].frame.drop(columns="municipality"), "local")
    out = decompose(city, county[1], "q", "age")
    same = decompose(*county, "q", "age")
    np.testing.assert_allclose(out.uncertain.value, same.uncertain.value, atol=1e-14)
    region = survey(county[1].frame.drop(columns="municipality"), "county")
    unclear = decompose(city, region, "q", "age")
    assert "areas" not in set(unclear.to_frame().variable)
    assert "whether they live where the other survey asks cannot be told" in repr(unclear)


def test_areas_in_two_spellings_are_not_taken_for_two_areas(county):
    other = county[1].frame.replace({"municipality": {"Stockholm": "STOCKHOLM"}})
    out = decompose(county[0], survey(other, "county"), "q", "age")
    assert "reas (municipality) are spelled in two ways ('Stockholm' / 'STOCKHOLM')" in repr(out)
    apart = survey(county[1].frame.query("municipality == 'Nacka'"), "county")
    with pytest.raises(InputError, match="no municipality in common: the first has Stockholm"):
        decompose(county[0], apart, "q", "age")
    assert decompose(county[0], apart, "q", "age", universe=None).areas == ()


def test_the_note_counts_whose_background_is_not_known(county):
    data = county[0].frame.copy()
    data.loc[:6, "gender"] = None
    out = decompose(survey(data, "local"), county[1], "q", ["age", "gender"])
    (row,) = out.to_frame().query("variable == 'background not known'").itertuples()
    assert row.note == "7 respondents of local have no known gender"
    assert "i local saknar 7 svarande uppgift om kön" in str(out.summary("sv"))
    blank = decompose(*county, "q", ["age", "district"], universe=None).to_frame()
    away = int((county[1].frame["municipality"] != "Stockholm").sum())
    (row,) = blank.query("variable == 'background not known'").itertuples()
    assert row.note == f"{away} respondents of county have no known district"


def test_levels_in_two_spellings_are_told(pair):
    data = pair[1].frame.copy()
    data.loc[data["gender"] == "women", "gender"] = "Women"
    out = decompose(pair[0], survey(data, "two"), "q", "gender")
    assert "ender seems to be spelled in two ways ('women' / 'Women')" in repr(out)
    assert "stavat på två sätt" in str(out.summary("sv"))
    mended = decompose(
        pair[0], survey(data, "two"), "q", "gender",
        merge={"gender": {"women": ["women", "Women"]}},
    )  # fmt: skip
    assert mended.spelled == ()
    assert "spelled" not in repr(decompose(*pair, "q", ["age", "gender"]))


def test_what_counts_as_one_level_in_two_spellings():
    assert lookalikes(["Hägersten-Älvsjö"], ["Hagersten Alvsjo"]) != ()
    assert lookalikes(["women", "men"], ["womn", "men"]) == (("women", "womn"),)
    assert lookalikes(["men"], ["women"]) == ()
    assert lookalikes(["16-24", "80+"], ["16-29", "80-84"]) == ()
    assert lookalikes([1, 2], [1, 3]) == ()
    assert lookalikes(["Solna"], ["Sollentuna"]) == ()


def test_the_base_is_told(pair):
    assert f"One: base {len(pair[0])}; two: base {len(pair[1])}" in repr(
        decompose(*pair, "q", "age")
    )


def test_a_narrow_page_stacks_its_table_and_scrolls_the_figure_alone(pair):
    page = decompose(*pair, "q", "age").summary().html
    narrow = page[page.index("@media screen and (max-width: 40rem)") :].partition("@page")[0]
    assert "table, caption, tbody, tr, th, td { display: block; }" in narrow
    assert "figure svg { width: 42rem; max-width: none; }" in narrow
    assert "figure { overflow-x: auto; }" in page
    assert page.count('<figure tabindex="0">') == 1
