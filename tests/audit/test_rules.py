"""Rules on other claims than the published ones: each file is made here."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from survey_stats.audit import audit, findings_to_json
from survey_stats.audit.claims import KINDS
from survey_stats.errors import InputError

HEADER = "id,source,subject,kind,stated,data,from_key,to_key\n"
CRIME = """\
area,group,category,is_total,n_2021,n_2022,n_2023,change_2022_2023,change_2022_2023_percent
Norr,x,Stöld,0,100,200,150,-50,"-25,0%"
Norr,x,Rån,0,10,20,30,10,"50,0%"
Norr,x,Mord/dråp,0,2,3,1,-2,"-66,7%"
Norr,x,Skadegörelse,0,400,500,700,200,"40,0%"
Norr,x,Summa,1,512,723,881,-42,"-5,8%"
"""
LONG = """\
area,category,period,n
Norr,Stöld,2021-09/2022-08,40
Norr,Stöld,2022-09/2023-08,70
Norr,Rån,2021-09/2022-08,15
Norr,Rån,2022-09/2023-08,11
Norr,Summa,2021-09/2022-08,40
Norr,Summa,2022-09/2023-08,70
"""
RATES = """\
area,category,n_2022,per_100000_2022,n_2023,per_100000_2023
Stockholm,Rån,2000,200,2100,208
Söder,Rån,300,250,420,345
Väster,Rån,100,210,104,212
"""
SHARES = """\
survey,year,area,question,group,share_percent,base,qualifier
s,2020,Norr,unsafe,all,24,1500,exact
s,2023,Norr,unsafe,all,19,1600,exact
s,2020,Norr,unsafe,women,30,750,exact
s,2023,Norr,unsafe,women,29,800,exact
s,2020,Söder,unsafe,all,24,40000,exact
s,2023,Söder,unsafe,all,23,40000,exact
s,2020,Väster,unsafe,all,30,,at_least
s,2023,Väster,unsafe,all,25,,exact
"""
PARTS = """\
area,girls,boys,handled,referrals,people
A,10,12,22,40,100
B,5,9,15,30,80
C,1,,7,9,20
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("claims")
    for name, text in (
        ("crime", CRIME),
        ("long", LONG),
        ("rates", RATES),
        ("shares", SHARES),
        ("parts", PARTS),
    ):
        (root / f"{name}.csv").write_text(text, encoding="utf-8")
    return root


def judge(folder: Path, kind: str, stated: str, data: str, from_key: str, to_key: str, about=""):
    path = folder / "one.csv"
    cells = ("c1", "doc", about, kind, stated, data, from_key, to_key)
    path.write_text(HEADER + ",".join(f'"{c}"' for c in cells) + "\n", encoding="utf-8")
    (finding,) = audit(path)
    json.loads(findings_to_json([finding]), parse_constant=pytest.fail)
    return finding


ARITHMETIC = [
    # kind, stated, from, to, verdict, recomputed, part of the reason
    ("percent_change", "12.5", "9296", "10455", "holds", 12.467728, ""),
    ("percent_change", "12.4", "9296", "10455", "does not hold", 12.467728, "cut off"),
    ("percent_change", "+12,5 %", "9 296", "10 455", "holds", 12.467728, ""),
    ("percent_change", "~12", "9296", "10455", "holds", 12.467728, ""),
    ("percent_change", "ca 11 procent", "9296", "10455", "does not hold", 12.467728, "9.9"),
    ("percent_change", ">12", "9296", "10455", "holds", 12.467728, ""),
    ("percent_change", ">100", "50", "100", "does not hold", 100, ""),
    ("percent_change", ">=100", "50", "100", "holds", 100, ""),
    ("percent_change", "mer än 100", "50", "101", "holds", 102, ""),
    ("percent_change", "nästan 20", "100", "119", "holds", 19, ""),
    ("percent_change", "nästan 20", "100", "121", "does not hold", 21, ""),
    ("percent_change", "drygt 20", "100", "121", "holds", 21, ""),
    ("percent_change", "drygt 20", "100", "119", "does not hold", 19, ""),
    ("percent_change", "10-20", "100", "115", "holds", 15, ""),
    ("percent_change", "150", "200", "300", "does not hold", 50, "in percent of the earlier"),
    ("percent_change", "-50", "200", "300", "does not hold", 50, "wrong sign"),
    ("percent_change", "33", "200", "300", "does not hold", 50, "later figure 300"),
    ("percent_change", "100", "200", "300", "does not hold", 50, "difference itself"),
    ("percent_change", "40", "200", "300", "does not hold", 50, "mean of the two"),
    ("percent_change", "7", "200", "300", "does not hold", 50, "From 200 to 300 is +50.0 percent"),
    ("percent_change", "5", "0", "5", "cannot be decided", None, "earlier figure is 0"),
    ("percent_change", "5", "abc", "5", "cannot be decided", None, "'abc' is not a number"),
    ("percent_change", "foo", "4", "5", "cannot be decided", 25, "not a number"),
    ("percent_change", "", "4", "5", "cannot be decided", 25, "Nothing is stated"),
    ("percent_change", "-100", "5", "0", "holds", -100, "p = 0.06"),
    ("difference", "207", "840", "1047", "holds", 207, ""),
    ("difference", "-207", "840", "1047", "does not hold", 207, "wrong sign"),
    ("difference", "25", "840", "1047", "does not hold", 207, "change in percent"),
    ("ratio", "2", "36", "54", "does not hold", 1.5, "1.8 to 2.2"),
    ("ratio", "2", "36", "71", "holds", 71 / 36, ""),
    ("ratio", "doubled", "36", "54", "does not hold", 1.5, ""),
    ("ratio", "fördubblats", "142", "288", "holds", 288 / 142, ""),
    ("ratio", "1.5", "36", "54", "holds", 1.5, ""),
    ("ratio", "1.6", "36", "54", "does not hold", 1.5, ""),
    ("ratio", "0.5", "274", "142", "holds", 142 / 274, ""),
    ("ratio", "2", "100", "300", "does not hold", 3, "increase as a share"),
    ("ratio", "2", "0", "3", "cannot be decided", None, "earlier figure is 0"),
    ("percent_share", "25.5", "19482", "76396", "holds", 25.501335, ""),
    ("percent_share", "34.2", "19482", "76396", "does not hold", 25.501335, "with the rest"),
    ("percent_share", "74.5", "19482", "76396", "does not hold", 25.501335, "share of the rest"),
    ("percent_share", "5", "5", "0", "cannot be decided", None, "The whole is 0"),
    ("sum", "", "142+49+32", "223", "holds", 223, ""),
    ("sum", "", "142+49+32", "224", "does not hold", 223, "not 224"),
]


@pytest.mark.parametrize(("kind", "stated", "a", "b", "verdict", "number", "text"), ARITHMETIC)
def test_inline_arithmetic(folder, kind, stated, a, b, verdict, number, text):
    f = judge(folder, kind, stated, "inline", a, b)
    assert f.verdict == verdict
    assert f.recomputed == (None if number is None else pytest.approx(number, rel=1e-6))
    assert text in f.reason


DIRECTIONS = [
    ("decrease", "62", "51", "cannot be decided"),
    ("decrease", "60", "31", "holds"),
    ("increase", "60", "31", "does not hold"),
    ("increase", "60", "60", "does not hold"),
    ("minskning", "60", "31", "holds"),
    ("small decrease", "60", "31", "does not hold"),
    ("small increase", "136", "146", "cannot be decided"),
    ("small increase", "100000", "103000", "holds"),
    ("liten ökning", "100000", "113000", "does not hold"),
    ("large increase", "100000", "103000", "does not hold"),
    ("kraftig ökning", "100000", "153000", "holds"),
    ("unchanged", "10000", "10010", "holds"),
    ("unchanged", "60", "62", "cannot be decided"),
    ("unchanged", "60", "131", "does not hold"),
    ("oförändrad", "10000", "10010", "holds"),
    ("increase", "0", "0", "cannot be decided"),
    ("increase", "0", "9", "holds"),
    ("banana", "60", "131", "cannot be decided"),
    ("increase", "24.5", "26.1", "holds"),
    ("increase", "17%", "18%", "cannot be decided"),
    ("increase", "18%", "17%", "does not hold"),
]


@pytest.mark.parametrize(("stated", "a", "b", "verdict"), DIRECTIONS)
def test_inline_directions(folder, stated, a, b, verdict):
    assert judge(folder, "direction", stated, "inline", a, b).verdict == verdict


def test_a_total_whose_change_left_other_rows_out(folder):
    # totals are right for 2022 and 2023; the change forgot Skadegörelse: -42 and -42/723
    keys = "Norr/x/Summa/2022", "Norr/x/Summa/2023"
    f = judge(folder, "difference", "-42", "crime", *keys)
    assert f.verdict == "does not hold"
    assert f.recomputed == 158
    assert "-42" in f.reason.replace("−", "-")
    assert "the rows without Skadegörelse" in f.reason
    g = judge(folder, "percent_change", "-18.8", "crime", *keys)
    assert "the rows without Skadegörelse" in g.reason
    assert "Over all 4 rows the change is +158, or +21.9 percent" in g.reason


def test_a_total_that_leaves_a_row_out_in_a_long_table(folder):
    keys = "Summa/2021-09/2022-08", "Summa/2022-09/2023-08"
    f = judge(folder, "percent_change", "65", "long", *keys)
    assert f.verdict == "does not hold"
    assert f.recomputed == pytest.approx(75)
    assert "totals 40 and 70 leave out Rån" in f.reason
    assert "all 2 rows, +26, divided by the printed earlier total (40)" in f.reason


def test_sums_by_year_and_by_column(folder):
    good = judge(folder, "sum", "", "crime", "x/*/2022", "x/Summa/2022")
    assert (good.verdict, good.recomputed) == ("holds", 723)
    bad = judge(folder, "sum", "", "crime", "x/*", "x/Summa")
    assert bad.verdict == "does not hold"
    assert [c["column"] for c in bad.test["columns"] if c["difference"]] == ["change_2022_2023"]
    assert "From 723 to 881, its printed totals, it is +158" in bad.reason
    stated = judge(folder, "sum", "880", "crime", "x/*/2023", "x/Summa/2023")
    assert (stated.verdict, stated.recomputed) == ("does not hold", 881)


def test_sum_in_a_long_table(folder):
    f = judge(folder, "sum", "", "long", "Norr/*/2022-09/2023-08", "Norr/Summa/2022-09/2023-08")
    assert (f.verdict, f.recomputed) == ("does not hold", 81)
    assert f.test["left_out"] == ["Rån"]


def test_a_star_in_a_change_sums_the_rows_without_their_total(folder):
    f = judge(folder, "difference", "158", "crime", "x/*/2022", "x/*/2023")
    assert (f.verdict, f.recomputed) == ("holds", 158)


def test_row_sums_name_the_rows(folder):
    f = judge(folder, "row_sum", "", "parts", "girls+boys", "handled")
    assert f.verdict == "does not hold"
    assert [w["row"] for w in f.test["not_equal"]] == ["B"]
    assert "Not checked for want of figures: C" in f.reason
    g = judge(folder, "row_sum", "", "parts", "girls+boyz", "handled")
    assert g.verdict == "cannot be decided"
    assert "the nearest is 'boys'" in g.reason


def test_a_share_of_another_column(folder):
    assert judge(folder, "percent_share", "55", "parts", "A/handled", "A/referrals").verdict == (
        "holds"
    )
    f = judge(folder, "percent_share", "22", "parts", "A/handled", "A/referrals")
    assert f.verdict == "does not hold"
    assert "share of people in the same row, 100" in f.reason


def test_rates_are_tested_with_their_counts(folder):
    f = judge(
        folder,
        "direction",
        "small increase",
        "rates",
        "Söder/Rån/2022",
        "Söder/Rån/2023",
        "robberies per 100 000",
    )
    assert f.verdict == "does not hold"
    assert f.recomputed == pytest.approx(38)
    assert f.test["population_before"] == pytest.approx(120_000)
    counts = judge(folder, "direction", "increase", "rates", "Söder/Rån/2022", "Söder/Rån/2023")
    assert counts.recomputed == pytest.approx(40)
    assert "population_before" not in counts.test


def test_rates_without_their_counts_cannot_be_tested(tmp_path):
    (tmp_path / "r.csv").write_text(
        "area,category,per_100000_2022,per_100000_2023\nNorr,Rån,200,260\n", encoding="utf-8"
    )
    keys = "r", "Norr/Rån/2022", "Norr/Rån/2023"
    up = judge(tmp_path, "direction", "increase", *keys)
    assert up.verdict == "cannot be decided"
    assert "not printed" in up.reason
    assert judge(tmp_path, "direction", "decrease", *keys).verdict == "does not hold"
    assert judge(tmp_path, "percent_change", "30", *keys).verdict == "holds"


def test_an_area_is_compared_with_the_rest_of_the_city(folder):
    f = judge(folder, "comparison", "above", "rates", "Stockholm/Rån/2023", "Söder/Rån/2023")
    assert f.verdict == "holds"
    assert f.test["rate_ratio_of"] == [1680, 420]
    near = judge(folder, "comparison", "above", "rates", "Stockholm/Rån/2023", "Väster/Rån/2023")
    assert near.verdict == "cannot be decided"
    below = judge(folder, "comparison", "below", "rates", "Stockholm/Rån/2023", "Söder/Rån/2023")
    assert below.verdict == "does not hold"
    apart = judge(folder, "comparison", "above", "rates", "Väster/Rån/2023", "Söder/Rån/2023")
    assert "rest" not in apart.reason


SHARE_CLAIMS = [
    # stated, from, to, verdict; a base is printed in this table
    ("decrease", "s/2020/Norr/unsafe", "s/2023/Norr/unsafe", "holds"),
    ("small decrease", "s/2020/Norr/unsafe", "s/2023/Norr/unsafe", "does not hold"),
    ("increase", "s/2020/Norr/unsafe", "s/2023/Norr/unsafe", "does not hold"),
    ("decrease", "s/2020/Norr/unsafe/women", "s/2023/Norr/unsafe/women", "cannot be decided"),
    ("small decrease", "s/2020/Söder/unsafe", "s/2023/Söder/unsafe", "holds"),
    ("unchanged", "s/2020/Söder/unsafe", "s/2023/Söder/unsafe", "does not hold"),
    ("decrease", "s/2020/Väster/unsafe", "s/2023/Väster/unsafe", "cannot be decided"),
    ("-5", "s/2020/Norr/unsafe", "s/2023/Norr/unsafe", "holds"),
    ("-4", "s/2020/Norr/unsafe", "s/2023/Norr/unsafe", "cannot be decided"),
    ("-7", "s/2020/Norr/unsafe", "s/2023/Norr/unsafe", "does not hold"),
]


@pytest.mark.parametrize(("stated", "a", "b", "verdict"), SHARE_CLAIMS)
def test_shares_with_a_base_are_tested(folder, stated, a, b, verdict):
    assert judge(folder, "share_change", stated, "shares", a, b).verdict == verdict


def test_inline_shares_are_no_counts(folder):
    f = judge(folder, "share_change", "decrease", "inline", "24", "19")
    assert f.verdict == "cannot be decided"
    assert f.test["smallest_base"] == 519


KEYS = [
    ("Norr/x/Ran/2022", "The nearest is 'Norr/x/Rån/2022'"),
    ("Norr/x/Rån/2020", "It has the years 2021, 2022 and 2023"),
    ("Norr/x/Rån", "names no year"),
    ("Norr/2022", "leaves open which 'category' is meant"),
    ("Norr/x/Rån/n_2020", "The nearest is"),
]


@pytest.mark.parametrize(("key", "text"), KEYS)
def test_keys_that_lead_nowhere_cannot_be_decided(folder, key, text):
    f = judge(folder, "difference", "1", "crime", key, "Norr/x/Rån/2023")
    assert f.verdict == "cannot be decided"
    assert f.recomputed is None
    assert text in f.reason
    assert f.reason_sv != f.reason


def test_a_value_may_hold_a_slash_and_parts_may_be_left_out(folder):
    f = judge(folder, "difference", "-2", "crime", "Mord/dråp/2022", "x/Mord/dråp/2023")
    assert (f.verdict, f.recomputed) == ("holds", -2)
    g = judge(
        folder, "difference", "30", "long", "Norr/Stöld/2021-09/2022-08", "Stöld/2022-09/2023-08"
    )
    assert (g.verdict, g.recomputed) == ("holds", 30)


def test_keys_that_exist_but_not_together_get_the_nearest(tmp_path):
    (tmp_path / "t.csv").write_text("group,category,n_2020\na,Rån,1\nb,Hot,2\n", encoding="utf-8")
    f = judge(tmp_path, "difference", "1", "t", "a/Hot/2020", "b/Hot/2020")
    assert "no row has them together" in f.reason
    assert "'b/Hot/2020'" in f.reason


MALFORMED = [
    ("id,source\n1,2\n", "lacks the column 'subject'"),
    (HEADER, "holds no claim"),
    ("", "is empty"),
    (HEADER + "a,s,x,ratio,1,inline,1,2\na,s,x,ratio,1,inline,1,2\n", "row 3, column 'id'"),
    (HEADER + ",s,x,ratio,1,inline,1,2\n", "row 2, column 'id'"),
    ("\n \n", "is empty"),
    ("a,s,x,ratio,2,inline,1,2\n", "has no header: its first line holds the figure '2'"),
    ("doc,text\n", "has no header of a claims file"),
    (HEADER + "a,s,x,y,ratio,1,inline,1,2\n", "row 2: 9 values under 8 columns"),
]


@pytest.mark.parametrize(("text", "message"), MALFORMED)
def test_a_malformed_file_is_one_sentence(folder, text, message):
    path = folder / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        audit(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_a_folder_and_a_workbook_are_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        audit(tmp_path / "none.csv")
    with pytest.raises(InputError, match="is a folder; give a CSV file in it"):
        audit(tmp_path)
    (tmp_path / "my_claims.csv").write_text(HEADER, encoding="utf-8")
    with pytest.raises(InputError, match=r"is a folder; did you mean '.*my_claims\.csv'"):
        audit(tmp_path)
    book = tmp_path / "book.xlsx"
    book.write_bytes(b"PK\x03\x04rest")
    with pytest.raises(InputError, match="save the sheet as CSV"):
        audit(book)


BROKEN = [
    # kind, data, from, to, English, Swedish
    (
        "percent_chnge",
        "inline",
        "1",
        "2",
        "The kinds are " + ", ".join(KINDS[:-1]) + " and " + KINDS[-1],
        "menas ”percent_change”",
    ),
    ("sum", "crime", "x/*", "", "'to_key' does not say", "inte angivet vilken rad"),
    ("ratio", "inline", "", "2", "'from_key' is empty", "första siffran"),
    ("ratio", "inline", "1", "", "'to_key' is empty", "andra siffran"),
    ("ratio", "", "1", "2", "'data' is empty", "vilken datafil"),
    ("ratio", "crimes", "1", "2", "Did you mean 'crime'?", "Menas ”crime”?"),
    ("ratio", "zzz", "1", "2", "Put the CSV beside", "bredvid filen"),
    ("ratio", "../crime", "1", "2", "beside the claims file", "i samma mapp"),
    ("ratio", "void", "1", "2", "is empty", "kan inte läsas"),
    ("ratio", "bare", "1", "2", "has no header", "kan inte läsas"),
    ("ratio", "short", "1", "2", "row 3: 2 values under 3 columns", "kan inte läsas"),
]


@pytest.mark.parametrize(("kind", "data", "a", "b", "english", "swedish"), BROKEN)
def test_one_broken_claim_leaves_the_others_judged(tmp_path, kind, data, a, b, english, swedish):
    (tmp_path / "crime.csv").write_text(CRIME, encoding="utf-8")
    (tmp_path / "void.csv").write_text("", encoding="utf-8")
    (tmp_path / "bare.csv").write_text("Norr,Stöld,12,13\nNorr,Rån,1,2\n", encoding="utf-8")
    (tmp_path / "short.csv").write_text("a,b,n\nx,y,1\nx,y\n", encoding="utf-8")
    good = "ok{},doc,about,difference,20,crime,Norr/x/Rån/2021,Norr/x/Rån/2023\n"
    path = tmp_path / "claims.csv"
    path.write_text(
        HEADER + good.format(1) + f"bad,doc,about,{kind},2,{data},{a},{b}\n" + good.format(2),
        encoding="utf-8",
    )
    first, bad, last = audit(path)
    assert (first.verdict, last.verdict) == ("holds", "holds")
    assert (bad.id, bad.verdict, bad.recomputed) == ("bad", "cannot be decided", None)
    assert english in bad.reason
    assert swedish in bad.reason_sv


CELL = st.one_of(
    st.sampled_from(
        [
            "Norr/x/Summa/2022",
            "Norr/x/Summa/2023",
            "x/*",
            "*",
            "Summa",
            "2022",
            "//",
            "a+b",
            "-3",
            "0",
            "1e5",
            "17%",
            "≥30",
            "nan",
            "inf",
            "12,5",
            "s/2020/Norr/unsafe",
            "Stockholm/Rån/2022",
            "increase",
            "small decrease",
            "~20",
            ">100",
            "drygt 3",
            "10-20",
            "unchanged",
            "2",
        ]
    ),
    st.text(
        st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters='"'), max_size=12
    ),
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    kind=st.sampled_from(KINDS),
    stated=CELL,
    data=st.sampled_from(["inline", "crime", "rates", "shares", "parts", "long"]),
    a=CELL.filter(lambda t: t.strip() != ""),
    b=CELL.filter(lambda t: t.strip() != ""),
)
def test_any_claim_gets_a_verdict_and_plain_json(folder, kind, stated, data, a, b):
    f = judge(folder, kind, stated, data, a, b)
    assert f.verdict in ("holds", "does not hold", "cannot be decided")
    assert f.reason
    assert f.reason_sv


@pytest.mark.parametrize("stated", ["no increase", "ingen ökning", "utan ökning", "not higher"])
def test_a_negated_direction_is_never_read_as_that_direction(folder, stated):
    finding = judge(folder, "direction", stated, "inline", "840", "1047")
    assert finding.verdict == "cannot be decided"


@pytest.mark.parametrize("stated", ["increase of 20 percent", "ökat med 20 procent"])
def test_a_direction_with_a_number_does_not_hold_on_the_direction_alone(folder, stated):
    assert judge(folder, "direction", stated, "inline", "100", "160").verdict == "cannot be decided"


@pytest.mark.parametrize(
    ("kind", "stated", "from_key", "to_key", "verdict"),
    [
        ("ratio", "more than doubled", "256", "681", "holds"),
        ("ratio", "mer än fördubblats", "100", "199", "does not hold"),
        ("ratio", "less than half", "1000", "100", "holds"),
        ("ratio", "nearly doubled", "100", "215", "does not hold"),
        ("ratio", "nästan fördubblats", "100", "190", "holds"),
        ("percent_change", "doubled", "142", "288", "holds"),
        ("percent_change", "doubled", "36", "54", "does not hold"),
        ("percent_change", "halverats", "600", "300", "holds"),
        ("percent_share", "half", "500", "1000", "holds"),
        ("percent_share", "more than half", "558", "1000", "holds"),
        ("percent_share", "mer än hälften", "480", "1000", "does not hold"),
        ("difference", "doubled", "100", "200", "cannot be decided"),
    ],
)
def test_words_for_times_keep_their_bound_and_fit_the_kind(
    folder, kind, stated, from_key, to_key, verdict
):
    assert judge(folder, kind, stated, "inline", from_key, to_key).verdict == verdict


def test_no_change_is_unchanged(folder):
    told = {
        judge(folder, "direction", t, "inline", "500", "505").verdict
        for t in ("unchanged", "ingen förändring", "no change", "har inte förändrats")
    }
    assert len(told) == 1
