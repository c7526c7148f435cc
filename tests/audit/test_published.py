"""The real documents: what the audit must find in `data/published` by its own computation."""

import json

import pytest

from survey_stats.audit import audit, audit_tables, findings_to_json
from survey_stats.resources import data_path


@pytest.fixture(scope="module")
def found():
    return {f.id: f for f in audit(data_path("published", "claims.csv"))}


# each recomputed by hand from the printed tables
EXPECTED = {
    "hv2022-01": ("holds", 100 * (395 - 818) / 818),
    "hv2022-02": ("does not hold", 100 * (977 - 827) / 827),
    "hv2022-03": ("does not hold", 150),
    "hv2022-04": ("holds", 100 * (977 - 827) / 827),
    "hv2022-05": ("does not hold", 1.5),
    "hv2022-06": ("holds", 100 * (681 - 256) / 256),
    "hv2022-07": ("holds", 100 * (288 - 142) / 142),
    "hv2022-08": ("holds", 395),
    "hv2022-09": ("does not hold", 1658),
    "hv2023-01": ("holds", -100 * 5 / 7),
    "hv2023-02": ("holds", 100 * 19482 / 76396),
    "ha2024-01": ("does not hold", 100 * 1159 / 9296),
    "ha2024-02": ("holds", 207),
    "ha2024-03": ("does not hold", 100 * (2131 - 1893) / 1893),
    "ha2024-04": ("cannot be decided", 100 * 13 / 240),
    "ha2024-05": ("cannot be decided", -5),
    "ha2024-06": ("cannot be decided", 1),
    "ha2024-07": ("does not hold", 213877),
    "ha2024-08": ("holds", 23369),
    "plan2020-01": ("holds", -100 * 132 / 274),
    "plan2020-02": ("holds", -100 * 29 / 60),
    "plan2020-03": ("cannot be decided", -100 * 11 / 62),
    "plan2020-04": ("holds", 87.5),
}


def test_every_claim_gets_a_verdict_in_the_order_of_the_file(found):
    assert list(found) == list(EXPECTED)


@pytest.mark.parametrize("claim", EXPECTED)
def test_verdict_and_recomputed_number(found, claim):
    verdict, number = EXPECTED[claim]
    assert found[claim].verdict == verdict
    assert found[claim].recomputed == pytest.approx(number)


@pytest.mark.parametrize(
    ("claim", "english", "swedish"),
    [
        (
            "hv2022-02",
            "totals 827 and 977 leave out Narkotikabrott",
            "827 och 977, saknas Narkotikabrott",
        ),
        ("hv2022-02", "all 12 rows, +313, divided by the printed earlier total (827)", "+313"),
        ("hv2022-03", "+313 is that of all 12 rows", "alla 12 rader"),
        ("hv2022-04", "But the printed totals leave out Narkotikabrott", "Men i de tryckta"),
        ("hv2022-05", "allows 1.8 to 2.2", "tillåter 1,8 till 2,2"),
        ("hv2022-09", "exactly Narkotikabrott in every such column", "saknas i summorna"),
        (
            "hv2022-09",
            "Over all rows together it is +313",
            "För alla rader tillsammans är den +313",
        ),
        ("hv2023-01", "p = 0.18", "p = 0,18"),
        ("ha2024-01", "with the later figure 10,455 as the denominator", "som nämnare"),
        ("ha2024-03", "more than the 5 percent that can be called small", "kallas litet"),
        ("ha2024-04", "tested against the rest", "prövas mot resten"),
        ("ha2024-05", "from 519 answers in each of the two (from 361 to 811", "519 svar"),
        ("ha2024-06", "between 0 and 2 percentage points", "mellan 0 och 2 procentenheter"),
        ("ha2024-06", "at worst no base is enough", "i sämsta fall räcker inget antal svar"),
        ("ha2024-07", "sum to 213,877; printed is 214,755", "tryckta summan är 214\xa0755"),
        ("ha2024-07", "Not added up: problems at school", "Inte summerat: problem i skolan"),
    ],
)
def test_reasons_say_why_in_both_languages(found, claim, english, swedish):
    assert english in found[claim].reason
    assert swedish in found[claim].reason_sv


def test_counts_carry_the_exact_test(found):
    test = found["plan2020-03"].test
    assert test["method"].startswith("exact conditional Poisson")
    assert test["p_value"] == pytest.approx(0.346893105095, rel=1e-9)
    assert test["interval"] == pytest.approx([0.556520426340, 1.211056598610], rel=1e-9)


def test_shares_without_a_base_carry_the_smallest_base(found):
    test = found["ha2024-05"].test
    assert test["p_value"] is None
    assert test["smallest_base"] == 519
    assert test["smallest_base_range"] == [361, 811]
    assert test["change_range_points"] == [-6.0, -4.0]
    assert found["ha2024-06"].test["smallest_base_range"][1] is None


def test_json_is_plain_and_complete(found):
    rows = json.loads(findings_to_json(list(found.values())), parse_constant=pytest.fail)
    assert len(rows) == 23
    assert {"id", "verdict", "recomputed", "reason", "test"} <= set(rows[0])
    assert all(isinstance(r["recomputed"], int | float) for r in rows)
    assert all(r["reason"] and r["reason_sv"] for r in rows)


def test_the_tables_own_totals_and_changes_are_checked():
    found = audit_tables(data_path("published"))
    wrong = {f.id.split("/", 1)[1] for f in found if f.verdict != "holds"}
    assert wrong == {
        "Totalt i staden/total",
        "person/Summa/total",
        "person/Summa/change_2021_2022",
        "person/Summa/change_2021_2022_percent",
    }
    assert len(found) == 39
