"""The audit report: every statement with its verdict, in words, and nothing that could be code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from survey_stats.audit import Finding
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.report.audited import VERDICTS, AuditReport, words
from survey_stats.resources import data_path

POISSON = {
    "method": "exact conditional Poisson test of two counts",
    "n": 90.0,
    "p_value": 0.0725,
    "ratio": 1.5,
    "interval": [0.966, 2.354],
}


@pytest.fixture(scope="module")
def published() -> AuditReport:
    return AuditReport.load()


def finding(verdict: str, kind: str = "ratio", **more: object) -> Finding:
    told: dict[str, object] = {
        "id": "x-1",
        "recomputed": 1.5,
        "reason": "Why.",
        "reason_sv": "Därför.",
        "test": POISSON,
        "source": "doc",
        "subject": "it doubled",
        "stated": "2",
    }
    return Finding(verdict=verdict, kind=kind, **(told | more))  # type: ignore[arg-type]


def test_every_statement_has_one_verdict(published: AuditReport) -> None:
    rows = published.overview().rows
    assert rows["all"].tolist()[-1] == len(published.findings) == 23
    documents = rows.iloc[:-1]
    for verdict in VERDICTS:
        assert documents[verdict].sum() == rows[verdict].tolist()[-1]
    assert rows.iloc[-1][list(VERDICTS)].sum() == 23
    assert published.summary[0] == (
        "23 uppgifter i 4 dokument har räknats om: 12 stämmer, 7 stämmer inte och 4 kan inte "
        "avgöras."
    )


def test_every_statement_is_told(published: AuditReport) -> None:
    page = published.show_documents().text
    for f in published.findings:
        assert page.count(f"({f.id})") == 1, f.id
    assert page.count("- Att göra: ") >= 11
    assert "# Lägesbild 2024 Hägersten-Älvsjö" in page


def test_what_holds_is_short_and_what_does_not_is_whole(published: AuditReport) -> None:
    wrong = AuditReport((finding("does not hold"),)).show_documents().text
    for start in ("Dokumentet anger: 2", "Omräkningen ger: 1,50 gånger", "Varför: Därför"):
        assert f"- {start}" in wrong
    right = AuditReport((finding("holds", test=None),)).show_documents().text
    assert "- Varför: " in right
    assert "- Att göra: " not in right
    assert "- Dokumentet anger" not in right


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (finding("does not hold"), "Skriv 1,50 gånger i stället"),
        (finding("does not hold", "sum"), "Rätta summan"),
        (finding("does not hold", "direction"), "Byt ordval"),
        (finding("cannot be decided", "direction"), "kan bero på slumpen"),
        (finding("cannot be decided", test={"smallest_base": 519}), "hur många som har svarat"),
        (finding("cannot be decided", test=None), "Komplettera"),
        (finding("holds"), "rätt räknat, men skillnaden kan bero på slumpen"),
    ],
)
def test_authors_are_told_what_to_do(given: Finding, told: str) -> None:
    assert told in words.advice(given)
    assert words.advice(given, "en") != words.advice(given)


def test_what_surely_holds_asks_for_nothing() -> None:
    assert words.advice(finding("holds", test={**POISSON, "p_value": 0.001})) == ""


def test_tests_are_told_with_their_numbers() -> None:
    said = words.how_tested(finding("holds")).replace("\xa0", " ")
    assert said == "Exakt betingat Poissontest: kvot 1,50 (0,97–2,35), p = 0,07, 90 fall."
    assert words.how_tested(finding("holds", test=None)).startswith("Ren räkning")
    base = {"method": "pooled two-proportion z test, solved for the base", "smallest_base": 519,
            "smallest_base_range": [361, 811]}  # fmt: skip
    assert "519 svar i varje grupp (361–811" in words.how_tested(finding("holds", test=base))
    sums = {
        "method": "sum over rows",
        "rows": 12,
        "columns": [
            {"column": "n_2018", "difference": 256.0},
            {"column": "n_2019", "difference": 0.0},
        ],
    }
    assert words.how_tested(finding("does not hold", test=sums)) == (
        "Summering av 12 rader i 2 kolumner; raderna ger mer eller mindre än den tryckta summan i "
        "2018 (+256)."
    )


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_verdict_is_a_sign_and_words(verdict: str) -> None:
    signs = [words.verdict(v).split()[0] for v in VERDICTS]
    assert len(set(signs)) == 3
    assert words.verdict(verdict) != words.verdict(verdict, "en")


def test_one_document_alone(published: AuditReport) -> None:
    own = AuditReport.load(source="ha2024")
    assert own.sources == ["ha2024"]
    assert len(own.findings) == len(published.of("ha2024")) == 8
    with pytest.raises(UnknownNameError, match="ha2024"):
        AuditReport.load(source="ha2025")
    with pytest.raises(UnknownNameError):
        AuditReport.load(lang="de")  # type: ignore[arg-type]


def test_english_is_english(published: AuditReport) -> None:
    told = AuditReport.load(lang="en")
    page = told.show_documents().text + told.show_summary().text
    assert "household crime, total" in page
    for swedish in ("Stämmer", "Varför", "procent ", "Ren räkning"):
        assert swedish not in page


def test_labels_are_no_code() -> None:
    odd = '<script>alert(1)</script> =HYPERLINK("x")\n```\n| **b** `c` [d](e) @fig-x\u202e'
    told = AuditReport((finding("does not hold", subject=odd, source=odd),), file="c.csv")
    page = told.show_documents().text
    assert "<script>" not in page
    prose = re.sub(r"```\{=html\}.*?\n```", "", page, flags=re.DOTALL)
    assert odd.split()[0] not in prose
    for mark in ("[d](e)", "**b**", "`c`", " @fig-x"):
        assert mark not in prose, mark
    blocks = told.front().text
    assert blocks.count("---") == 2


def test_a_claims_file_of_ones_own(tmp_path: Path) -> None:
    head = "id;source;subject;kind;stated;data;from_key;to_key\n"
    path = tmp_path / "claims.csv"
    path.write_text(f"{head}1;rapport;ökade med 50 %;percent_change;50;inline;36;54\n", "utf-8")
    told = AuditReport.load(path)
    assert (told.file, told.sources) == ("claims.csv", ["rapport"])
    assert told.subject(told.findings[0]) == "ökade med 50 %"
    (tmp_path / "claims_sv.csv").write_text("id,subject\n1,på svenska\n", "utf-8")
    assert AuditReport.load(path).subject(told.findings[0]) == "på svenska"
    assert AuditReport.load(path, "en").subject(told.findings[0]) == "ökade med 50 %"
    (tmp_path / "claims_sv.csv").write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(InputError, match="id and subject"):
        AuditReport.load(path)
    path.write_text(head, "utf-8")
    with pytest.raises(InputError, match="holds no claim"):
        AuditReport.load(path)


def test_the_shipped_statements_are_told_in_swedish(published: AuditReport) -> None:
    assert data_path("published", "claims_sv.csv").is_file()
    assert {f.id for f in published.findings} <= set(published.subjects)
