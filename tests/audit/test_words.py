"""What a reader sees: Swedish numbers, no machine names, nouns in the right number."""

import re

import pytest

from survey_stats.audit import audit, audit_tables, stated_text
from survey_stats.audit.claims import KINDS
from survey_stats.audit.wording import many, p_text
from survey_stats.labels import told
from survey_stats.resources import data_path

HEADER = "id,source,subject,kind,stated,data,from_key,to_key\n"
DECIMAL_POINT = re.compile(r"\d\.\d")
HYPHEN_MINUS = re.compile(r"(^|[\s(])-\d")
MACHINE = re.compile(r"[a-z0-9]_[a-z0-9]|\w/\w|[~<>]\d|\w\+\w|'")
TABLE = """\
area,group,category,is_total,n_2021,n_2022,girls_2022,change_2021_2022
Norr,household,Bilstöld,0,30,20,4,-10
Norr,household,Inbrott i bostad,0,12,15,3,3
Norr,household,Summa,1,42,35,7,-7
Norr,person,Rån,0,10,20,5,10
Norr,person,Hot,0,5,6,1,1
Norr,person,Summa,1,15,21,6,11
"""


def published():
    return [*audit(data_path("published", "claims.csv")), *audit_tables(data_path("published"))]


def test_published_reasons_have_no_machine_name_and_no_foreign_number():
    for f in published():
        told = f.reason_sv.replace("p < 0,001", "")
        assert not DECIMAL_POINT.search(told), told
        assert not HYPHEN_MINUS.search(told), told
        assert not MACHINE.search(told), told
        assert f.reason_sv.endswith(".")


@pytest.fixture
def judge(tmp_path):
    (tmp_path / "t.csv").write_text(TABLE, encoding="utf-8")

    def run(kind, stated, a, b, data="t"):
        path = tmp_path / "claims.csv"
        cells = ("c", "doc", "about", kind, stated, data, a, b)
        path.write_text(HEADER + ",".join(f'"{c}"' for c in cells) + "\n", encoding="utf-8")
        (finding,) = audit(path)
        return finding

    return run


# every kind of failing key, statement and figure
PROBLEMS = [
    ("difference", "1", "Norr/household/Ran/2022", "Norr/person/Rån/2022"),
    ("difference", "1", "household/Rån/2022", "household/Rån/2021"),
    ("difference", "1", "person/Rån/2019", "person/Rån/2022"),
    ("difference", "1", "person/Rån", "person/Rån/2022"),
    ("difference", "1", "person/2022", "person/Rån/2022"),
    ("difference", "1", "person/Rån/n_2023", "person/Rån/2022"),
    ("ratio", "banana", "person/Rån/2021", "person/Rån/2022"),
    ("direction", "banana", "person/Rån/n_2021", "person/Rån/n_2022"),
    ("sum", "", "household/*", "person/Summa"),
    ("sum", "~20", "person/*/2022", "person/Summa/2022"),
    ("sum", "-20.5", "person/*", "person/Summa"),
    ("sum", "", "person/Summa", "person/Summa"),
    ("sum", "", "person/*", "Norr"),
    ("row_sum", "", "n_2021+n_2022", "change_2021_2022"),
    ("row_sum", "", "n_2021+girls_2022", "n_2022"),
    ("row_sum", "", "n_2021+girls_2020", "n_2022"),
    ("percent_share", "28.6", "person/Summa/girls_2022", "person/Summa/n_2022"),
    ("percent_change", ">100", "person/Rån/2021", "household/Summa/2022"),
]


@pytest.mark.parametrize(("kind", "stated", "a", "b"), PROBLEMS)
def test_no_swedish_reason_holds_a_machine_name(judge, kind, stated, a, b):
    f = judge(kind, stated, a, b)
    assert not MACHINE.search(f.reason_sv), f.reason_sv
    assert not DECIMAL_POINT.search(f.reason_sv), f.reason_sv
    assert not HYPHEN_MINUS.search(f.reason_sv), f.reason_sv


def test_a_total_is_told_by_what_it_is_the_total_of(judge):
    f = judge("sum", "", "household/*", "household/Summa")
    assert f.verdict == "holds"
    assert f.reason_sv.startswith("Summa för brott mot hushåll stämmer: i alla 4 kolumner")
    assert "'household/Summa'" in f.reason
    g = judge("sum", "", "person/*", "person/Summa")
    assert "Summa för brott mot person är inte summan av sina rader i 1 av 4 kolumner" in (
        g.reason_sv
    )
    assert "I kolumnen 2022 ger raderna tillsammans 26, men den tryckta summan är 21" in (
        g.reason_sv
    )
    assert "Skillnaden är exakt" not in g.reason_sv
    assert "anger förändringen +11. Mellan de tryckta summorna, 15 och 21, är den +6" in (
        g.reason_sv
    )


def test_columns_are_told_in_both_languages(judge):
    f = judge("row_sum", "", "n_2021+girls_2022", "n_2022")
    assert f.reason.startswith("2021 + girls 2022 does not equal 2022 in")
    assert f.reason_sv.startswith("2021 + flickor 2022 är inte lika med 2022 i")


@pytest.mark.parametrize(
    ("text", "swedish", "english"),
    [
        ("~20", "omkring 20", "about 20"),
        ("ca 20 procent", "omkring 20 procent", "about 20 percent"),
        (">100", "mer än 100", "more than 100"),
        ("≥100", "minst 100", "at least 100"),
        ("<5", "mindre än 5", "less than 5"),
        ("at most 5", "högst 5", "at most 5"),
        ("nearly -20", "nästan −20", "nearly −20"),
        ("drygt 20", "drygt 20", "just over 20"),
        ("-51.7", "−51,7", "−51.7"),
        ("+37,8%", "+37,8 procent", "+37.8 percent"),
        ("10455", "10\xa0455", "10,455"),
        ("10-20", "10 till 20", "10 to 20"),
        ("doubled", "en fördubbling", "a doubling"),
        ("halverats", "en halvering", "a halving"),
        ("has more than doubled", "mer än en fördubbling", "more than a doubling"),
        ("nästan tredubblats", "nästan en tredubbling", "nearly a tripling"),
        ("mer än hälften", "mer än hälften", "more than half"),
        ("small increase", "small increase", "small increase"),
        ("", "", ""),
    ],
)
def test_what_is_stated_is_told_as_each_language_writes_it(text, swedish, english):
    assert stated_text(text) == swedish
    assert stated_text(text, "en") == english


def test_the_stated_number_in_a_reason(judge):
    assert "Det stämmer med vad som anges: omkring 12,5." in (
        judge("percent_change", "~12.5", "9296", "10455", "inline").reason_sv
    )
    assert "är +12,5 procent, inte mer än 100." in (
        judge("percent_change", ">100", "9296", "10455", "inline").reason_sv
    )


@pytest.mark.parametrize(
    ("p", "alpha", "text"),
    [
        (0.0487, 0.05, "p = 0,049"),
        (0.0496, 0.05, "p = 0,0496"),
        (0.0504, 0.05, "p = 0,0504"),
        (0.0521, 0.05, "p = 0,052"),
        (0.05, 0.05, "p = 0,05"),
        (0.0099, 0.01, "p = 0,0099"),
        (0.0961, 0.1, "p = 0,096"),
        (0.061, 0.05, "p = 0,06"),
        (0.0004, 0.05, "p < 0,001"),
        (0.0007, 0.0005, "p = 0,0007"),
        (0.0001, 0.0005, "p < 0,0005"),
    ],
)
def test_a_p_value_is_never_rounded_to_its_limit(p, alpha, text):
    assert p_text(p, alpha).sv == text


def test_a_count_just_inside_the_limit_says_so(judge):
    # the exact p of 18 against 33 is 0.0489
    f = judge("direction", "increase", "18", "33", "inline")
    assert f.verdict == "holds"
    assert f.test["p_value"] == pytest.approx(0.0489, abs=5e-5)
    assert "större än vad slumpen" not in f.reason_sv
    assert "mer än vad slumpen rimligen ger (exakt Poissontest, p = 0,049)" in f.reason_sv


def test_one_thing_is_told_in_the_singular(judge, tmp_path):
    assert many(1, ("{n} row", "{n} rows"), ("{n} rad", "{n} rader")).sv == "1 rad"
    (tmp_path / "one.csv").write_text(
        "area,boys,girls,all_children\nNorr,1,2,3\n", encoding="utf-8"
    )
    f = judge("row_sum", "", "boys+girls", "all_children", "one")
    assert f.reason == "Boys + girls equals all children in the one row."
    assert f.reason_sv == "Pojkar + flickor är lika med all children i den enda raden."
    g = judge("row_sum", "", "boys+boys", "all_children", "one")
    assert "in 1 of 1 row (" in g.reason
    assert "i 1 av 1 rad (" in g.reason_sv
    h = judge("sum", "", "7", "7", "inline")
    assert (h.reason, h.reason_sv) == ("The one figure is 7.", "Talet är 7.")


def test_an_unknown_kind_names_all_kinds_in_both_languages(judge):
    f = judge("per_cent", "1", "1", "2", "inline")
    assert all(kind in f.reason and kind in f.reason_sv for kind in KINDS)


def test_every_published_column_has_a_readers_word():
    words = {
        "population_0_20": ("befolkning 0–20 år", "population aged 0–20"),
        "handled_in_investigation": ("hanterade i utredning", "handled in investigation"),
        "girls": ("flickor", "girls"),
        "boys": ("pojkar", "boys"),
        "n_2022": ("2022", "2022"),
        "change_2021_2022_percent": (
            "förändring 2021–2022 i procent",
            "change 2021–2022 in percent",
        ),
        "per_100000_2023": ("per 100\xa0000 invånare 2023", "per 100,000 inhabitants 2023"),
        "unknown_column": ("unknown column", "unknown column"),
    }
    assert {k: (told(k), told(k, "en")) for k in words} == words
    for path in data_path("published").glob("*.csv"):
        header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        assert not any("_" in told(c) or "_" in told(c, "en") for c in (path.stem, *header))
