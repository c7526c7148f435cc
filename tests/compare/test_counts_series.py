"""Series of counts: what they lead to expect, subtotals, an area against the rest of the city."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from survey_stats.compare import count_change, count_changes, count_rest, count_series
from survey_stats.compare.expectation import ByChance, prediction_interval
from survey_stats.compare.subtotals import Subtotal, find_subtotals
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.resources import data_path

YEARS = [f"n_{y}" for y in range(2018, 2023)]
TABLE = pd.read_csv(data_path("published") / "reported_crime_hasselby_vallingby_2018_2022.csv")
BRA = pd.read_csv(data_path("published") / "reported_crime_bra_2022_2023.csv")


def of(category, group="person", **kwargs):
    rows = TABLE[(TABLE.category == category) & (TABLE.group == group)]
    return count_series(rows, YEARS, by="category", **kwargs)


@pytest.fixture(scope="module")
def all_of_hasselby():
    return count_series(TABLE, YEARS, by=["group", "category"])


def test_the_printed_totals_are_found_and_are_a_family_of_their_own(all_of_hasselby):
    s = all_of_hasselby
    assert (s.family_size, s.totals_size) == (16, 2)
    assert TABLE.category[s.is_total].tolist() == ["Summa", "Summa"]
    totals = {t["total"]: t["parts"] for t in s.subtotals}
    assert len(totals["household, Summa"]) == 4
    # the printed total of crimes against persons leaves drug offences out
    assert len(totals["person, Summa"]) == 11
    assert "person, Narkotikabrott" not in totals["person, Summa"]
    p = s.p_value[s.is_total]
    assert s.p_adjusted[s.is_total].max() == pytest.approx(p.max())
    assert s.p_adjusted[~s.is_total].min() == pytest.approx(16 * s.p_value[~s.is_total].min())


def test_drug_offences_are_outside_chance_but_not_outside_what_the_years_do(all_of_hasselby):
    row = TABLE.index[TABLE.category == "Narkotikabrott"][0]
    s = all_of_hasselby
    assert s.verdict_poisson[row] == "significant increase"
    assert s.verdict[row] == "cannot be decided"
    assert s.dispersion[row] > 20
    assert s.p_dispersion[row] < 1e-10
    assert s.prediction_low[row] < 681 < s.prediction_high[row]
    text = s.sentence("sv", row)
    assert "Slumpen ensam förklarar knappast skillnaden" in text
    assert "kan inte avgöras" in text


def test_thefts_of_bicycles_fell_whatever_the_years_do(all_of_hasselby):
    row = TABLE.index[TABLE.category == "Cykelstöld"][0]
    s = all_of_hasselby
    assert s.verdict[row] == "significant decrease"
    assert s.expected[row] == pytest.approx((281 + 253 + 342 + 282) / 4)
    assert s.prediction_low[row] > 81
    assert "Minskningen är statistiskt säkerställd." in s.sentence("sv", row)
    assert "since the numbers have varied more than by chance" in s.sentence("en", row)


def test_the_prediction_interval_is_what_the_test_does_not_reject():
    for last in (166, 167, 432, 433):
        row = pd.DataFrame([[281, 253, 342, 282, last]], columns=YEARS)
        s = count_series(row, YEARS)
        inside = s.prediction_low[0] <= last <= s.prediction_high[0]
        assert inside == (s.p_value[0] > 0.05)
        assert inside == (167 <= last <= 432)


def test_no_test_is_surer_than_the_exact_one(all_of_hasselby):
    s = all_of_hasselby
    assert (s.p_value >= s.p_poisson).all()
    plain = count_changes(TABLE, "n_2021", "n_2022", totals=None)
    previous = count_series(TABLE, YEARS, against="previous")
    assert np.allclose(previous.p_poisson, plain.p_value, rtol=1e-12)
    assert (previous.ratio_low <= plain.ratio_low + 1e-12).all()
    open_ = np.isnan(previous.ratio_high)
    assert (previous.ratio_high >= plain.ratio_high - 1e-12)[~open_].all()


def test_level_by_chance_alone_is_the_exact_test_against_the_sum_of_the_years():
    s = of("Rån")
    four = [56, 49, 52, 44]
    assert s.p_poisson[0] == pytest.approx(count_change(sum(four), 39, 4, 1).p_value, rel=1e-12)
    assert s.dispersion[0] < 1
    assert s.dispersion_used[0] == 1.0


def test_a_trend_that_goes_on_is_no_surprise():
    cars = of("Bilstöld", "household")
    going = of("Bilstöld", "household", trend=True)
    assert cars.expected[0] == 76
    assert going.expected[0] == pytest.approx(39.857457, rel=1e-6)
    assert going.verdict_poisson[0] == "cannot be decided"
    assert cars.verdict_poisson[0] == "significant decrease"
    assert "Om utvecklingen 2018–2021 hade fortsatt" in going.sentence()


def test_models_differ_in_how_the_variance_grows():
    quasi, nb = (
        of("Cykelstöld", "household", model=m) for m in ("quasi-poisson", "negative binomial")
    )
    # alike at the level of the earlier years, where the dispersion was measured
    assert nb.p_value[0] == pytest.approx(quasi.p_value[0])
    # a level below them varies less when the variance goes with the square of the mean
    assert nb.ratio_low[0] > quasi.ratio_low[0]
    assert nb.ratio_high[0] < quasi.ratio_high[0]


def test_short_series_say_so():
    s = count_series(TABLE, YEARS[-3:], by="category", totals="is_total")
    assert set(s.flag) == {
        "the series is too short to tell whether it varies more than chance; "
        "the test takes chance for the only variation"
    }
    assert np.isnan(s.dispersion).all()
    assert np.allclose(s.p_value, s.p_poisson)
    assert "Serien är för kort" in s.sentence("sv", 0) or "serien är för kort" in s.sentence(
        "sv", 0
    )
    assert count_series(TABLE, YEARS[-4:], trend=True).flag[0].startswith("the series is too short")


def test_bad_series_have_a_reason_and_do_not_stop_the_others():
    rows = pd.DataFrame(
        [
            [5, 6, 7, 8, 9],
            [0, 0, 0, 0, 0],
            [0, 0, 0, 0, 6],
            [4, 4, 4, 4, 4],
            [1, None, 3, 4, 5],
            [0, 0, 0, 9, 2],
            [9, 2, 0, 3, 0],
        ],
        columns=YEARS,
    )
    with np.errstate(all="raise"):
        s = count_series(rows, YEARS)
    assert s.family_size == 5
    assert s.flag[1] == "nothing was counted in any period"
    assert s.flag[2].startswith("nothing was counted in the periods compared with")
    assert s.expected[2] == 0
    assert s.p_value[2] == pytest.approx(0.2**6)
    assert s.flag[4] == "a count or a population is missing"
    frame = s.to_frame()
    numbers = frame.select_dtypes("number")
    assert not np.isinf(numbers.to_numpy()).any()
    # equal counts still have an interval
    assert frame.prediction_low[3] < 4 < frame.prediction_high[3]
    assert (frame.ratio_low < frame.ratio_high)[~frame.ratio_high.isna()].all()
    assert frame.verdict[[1, 4]].tolist() == ["cannot be decided"] * 2
    trend = count_series(rows, YEARS, trend=True)
    assert "no trend can be fitted" in trend.flag[5]
    assert np.isnan(trend.p_value[5])
    assert "inget att jämföra" in trend.sentence("sv", 5)
    previous = count_series(rows, YEARS, against="previous")
    assert previous.flag[2].startswith("nothing was counted in the periods compared with")


def test_populations_are_part_of_what_is_expected():
    frame = pd.DataFrame([[100, 110, 105, 95, 205]], columns=YEARS)
    people = [f"p{y}" for y in range(5)]
    frame[people] = [10_000, 10_000, 10_000, 10_000, 20_000]
    assert count_series(frame, YEARS).verdict[0] == "significant increase"
    s = count_series(frame, YEARS, people)
    assert s.expected[0] == pytest.approx(205)
    assert s.verdict[0] == "cannot be decided"


def test_a_notebook_and_a_frame_show_the_series(all_of_hasselby):
    html = all_of_hasselby._repr_html_()
    assert "quasi-poisson, shared dispersion, 16 tests (holm)" in html
    frame = all_of_hasselby.to_frame()
    assert frame.columns[:4].tolist() == ["group", "category", "count", "expected"]
    assert frame.attrs["periods"] == YEARS
    assert "16 tests" in repr(all_of_hasselby)


@pytest.mark.parametrize(
    ("kwargs", "error", "text"),
    [
        ({"counts": ["n_2018"]}, InputError, "two or more"),
        ({"counts": YEARS[:2], "trend": True}, InputError, "three or more"),
        ({"counts": YEARS, "populations": ["p"]}, InputError, "one population for each"),
        ({"counts": [*YEARS, "n_2032"]}, UnknownNameError, "n_2022"),
        ({"counts": YEARS, "model": "poisson"}, UnknownNameError, "quasi-poisson"),
        ({"counts": YEARS, "against": "level"}, UnknownNameError, "expected"),
        ({"counts": YEARS, "adjust": "holms"}, UnknownNameError, "holm"),
        ({"counts": YEARS, "level": 1.5}, InputError, "between 0 and 1"),
        ({"counts": YEARS, "totals": "summa"}, UnknownNameError, "summa"),
        ({"counts": YEARS, "totals": [True]}, InputError, "true or false"),
    ],
)
def test_wrong_calls_say_what_is_wrong(kwargs, error, text):
    with pytest.raises(error, match=text):
        count_series(TABLE, **kwargs)


def test_a_sentence_needs_one_series(all_of_hasselby):
    with pytest.raises(InputError, match="18 series"):
        all_of_hasselby.sentence()
    with pytest.raises(InputError, match="row=18"):
        all_of_hasselby.sentence(row=18)
    with pytest.raises(UnknownNameError, match="language"):
        all_of_hasselby.sentence("de", 0)


def test_an_exact_prediction_covers_as_it_says():
    rng = np.random.default_rng(8)
    past = rng.poisson(6, (4000, 4)).sum(axis=1).astype(float)
    now = rng.poisson(6, 4000)
    low, high = prediction_interval(ByChance(past, np.full(4000, 0.25)), past / 4, 0.95)
    assert ((low <= now) & (now <= high)).mean() > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 4000)


@pytest.mark.parametrize("spread", [0.0, 0.25])
def test_shared_dispersion_keeps_the_level_that_chance_alone_does_not(spread):
    rng = np.random.default_rng(11)
    wrong = plain = tests = 0
    for _ in range(20):
        mean = np.tile(rng.uniform(20, 200, (12, 1)), 5)
        if spread:
            mean = mean * rng.gamma(spread**-2, spread**2, mean.shape)
        frame = pd.DataFrame(rng.poisson(mean), columns=YEARS)
        s = count_series(frame, YEARS, totals=None)
        wrong += int((s.p_value <= 0.05).sum())
        plain += int((s.p_poisson <= 0.05).sum())
        tests += len(s)
    slack = 3 * np.sqrt(0.05 * 0.95 / tests)
    assert wrong / tests <= 0.05 + slack
    assert (plain / tests > 0.3) == bool(spread)


def test_chapters_that_sum_to_another_row_are_found():
    found = find_subtotals(BRA[["n_2022", "n_2023"]], [BRA.area])
    assert found == (Subtotal(2, (3, 4, 5, 6, 7)), Subtotal(10, (11, 12, 13, 14, 15)))


def test_accidental_sums_are_not_told():
    rng = np.random.default_rng(0)
    for _ in range(50):
        assert find_subtotals(rng.poisson(rng.gamma(1, 100, (14, 1)) * np.ones((1, 2)))) == ()
    assert find_subtotals([[1], [2], [3], [4], [5]]) == ()
    assert find_subtotals([[0, 0], [0, 0], [0, 0]]) == ()


def test_areas_that_sum_to_the_city_are_found_within_each_type_of_crime():
    rng = np.random.default_rng(6)
    areas, kinds = [f"area {a}" for a in range(11)], [f"kind {k}" for k in range(95)]
    table = pd.DataFrame([(a, k) for a in areas for k in kinds], columns=["area", "kind"])
    level = table.kind.map(dict(zip(kinds, rng.gamma(1, 80, 95), strict=True)))
    table["n0"], table["n1"] = rng.poisson(level), rng.poisson(level)
    city = table.groupby("kind")[["n0", "n1"]].sum().reset_index().assign(area="city")
    out = count_changes(
        pd.concat([table, city], ignore_index=True), "n0", "n1", by=["area", "kind"]
    )
    # no more than the totals of crimes so rare that a sum says nothing are missed
    assert out.attrs["totals_size"] >= 90
    assert all(t["total"].startswith("city") for t in out.attrs["subtotals"])
    assert all(len(t["parts"]) == 11 for t in out.attrs["subtotals"])


def test_the_caller_names_rows_that_hold_more_than_the_table_shows():
    own = BRA[BRA.area == "Stockholm"]
    named = own.category.isin(["Totalt antal brott", "Brott mot brottsbalken"]) | (
        own.category.str.startswith("3-7")
    )
    found = count_changes(own, "n_2022", "n_2023", by="category")
    assert (found.attrs["family_size"], found.attrs["totals_size"]) == (7, 1)
    told = count_changes(own, "n_2022", "n_2023", by="category", totals=named)
    assert (told.attrs["family_size"], told.attrs["totals_size"]) == (5, 3)
    none = count_changes(own, "n_2022", "n_2023", by="category", totals=None)
    assert none.attrs["family_size"] == 8
    smallest = none.p_value[~named].idxmin()
    assert told.p_adjusted[smallest] == pytest.approx(5 * none.p_value[smallest])


def with_people():
    frame = BRA.copy()
    for year in (2022, 2023):
        total = frame[frame.category == "Totalt antal brott"].set_index("area")
        people = 1e5 * total[f"n_{year}"] / total[f"per_100000_{year}"]
        frame[f"people_{year}"] = frame.area.map(people)
    return frame


def test_a_district_is_compared_with_the_city_without_it():
    frame = with_people()
    table = count_rest(frame, "n_2023", "people_2023", whole="Stockholm", by="category")
    assert table.attrs["family_size"] == 7
    row = table[table.category == "6 kap. Sexualbrott"].iloc[0]
    assert (row["count"], row.rest_count) == (319, 2372 - 319)
    city, own = frame.people_2023[0], frame.people_2023[8]
    assert row.rest_population == pytest.approx(city - own)
    assert row.p_value == pytest.approx(count_change(2053, 319, city - own, own).p_value, rel=1e-12)
    assert row.verdict == "cannot be decided"
    assert (table.verdict == "lower").sum() == 6
    assert row.ratio_low < row.ratio < row.ratio_high


def test_what_cannot_be_compared_with_the_rest_says_why():
    frame = pd.DataFrame(
        {
            "area": ["City", "A", "A", "B", "City"],
            "kind": ["x", "x", "y", "x", "z"],
            "n": [100, 30, 4, 120, 0],
            "people": [1000, 200, 200, 300, 1000],
        }
    )
    table = count_rest(frame, "n", "people", whole="City", by="kind")
    assert table.flag.tolist() == [
        "",
        "the whole has no such row",
        "the area has more than the whole that should contain it",
    ]
    assert table.verdict.tolist()[1:] == ["cannot be decided"] * 2
    assert table.attrs["family_size"] == 1
    with pytest.raises(InputError, match="several rows"):
        count_rest(frame, "n", "people", whole="City")
    with pytest.raises(UnknownNameError, match="City"):
        count_rest(frame, "n", "people", whole="Citty", by="kind")
    marked = count_rest(
        frame, "n", "people", whole="City", by="kind", totals=[False, True, False, False, False]
    )
    assert marked.attrs["totals_size"] == 1


@pytest.mark.parametrize(
    ("counts", "sv", "en"),
    [
        ((40, 40), "minskat med upp till 37", "risen by up to 59%"),
        ((3, 3), "ökat till 7 gånger så mycket", "risen to 7 times as much"),
        ((0, 0), "inget att jämföra", "nothing to compare"),
        ((0, 5), "från 0 till 5. Så små antal", "from 0 to 5. Numbers this small"),
        ((5, 0), "minskade från 5 till 0", "(−100%)"),
        ((40, 41), "i nästan alla jämförelser", "in nearly all comparisons"),
        (
            (100, 110, 10_000, 15_000),
            "ökade från 100 till 110, men räknat per 100\xa0000 invånare från 1\xa0000 till 733",
            "the decrease is statistically significant",
        ),
        (
            (40, 40, 1000, 1200),
            "40 båda gångerna, men räknat per 100\xa0000 invånare från 4\xa0000 till 3\xa0333",
            "40 both times, but per 100,000 inhabitants from 4,000 to 3,333 (−17%)",
        ),
        ((100_000, 100_100), "(+0,1\xa0%). Nivån är oförändrad", "(+0.1%). The level is unchanged"),
        (
            (100, 150, 10_000, 15_000),
            "eller 1\xa0000 per 100\xa0000 invånare båda gångerna",
            "or 1,000 per 100,000 inhabitants both times",
        ),
        ((0, 4, 1000, 1000), "per 100\xa0000 invånare från 0 till 400", "from 0 to 400"),
    ],
)
def test_what_a_layman_reads(counts, sv, en):
    c = count_change(*counts)
    assert sv in c.sentence("sv")
    assert en in c.sentence("en")


def test_the_reference_folder_says_where_its_numbers_are_from():
    folder = Path(__file__).parent / "reference"
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for name in ("poisson_exposures.csv", "series.csv", "shared_dispersion.csv"):
        assert name in readme
