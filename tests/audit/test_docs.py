"""The example and the tables of `docs/audit.md` are what the audit does."""

import re
from pathlib import Path

import pytest

from survey_stats.audit import audit
from survey_stats.audit.claims import COLUMNS, KINDS
from survey_stats.audit.statement import parse_statement

TEXT = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return TEXT.split(f"## {title}\n")[1].split("\n## ")[0]


def first_cells(title: str) -> list[str]:
    """The first cells of the section's table, below its header."""
    rows = re.findall(r"^\| (.*?) \|", section(title), re.M)
    return rows[2:]


def test_the_example_comes_out_as_told(tmp_path):
    for name, text in re.findall(r"```csv (\S+)\n(.*?)```", TEXT, re.S):
        (tmp_path / name).write_bytes(text.replace("\n", "\r\n").encode("cp1252"))
    found = audit(tmp_path / "claims.csv")
    told = re.findall(r"^\| (\d) \| (.*?) \| (.*?) \|$", section("An example"), re.M)
    assert [(f.id, f.verdict) for f in found] == [(i, verdict) for i, verdict, _ in told]
    for f, (_, _, why) in zip(found, told, strict=True):
        for p in re.findall(r"p = [\d.]+", why):
            assert p in f.reason
    assert "In the column 2023 the rows sum to 354; printed is 352" in found[3].reason
    assert "allows 1.8 to 2.2" in found[1].reason


def test_every_column_and_kind_is_told():
    assert tuple(c.strip("`") for c in first_cells("The claims file")) == COLUMNS
    assert {c.strip("`") for c in first_cells("Kinds")} == set(KINDS)


RANGES = {"~20": (18, 22), "nästan 20": (18, 20.5), "drygt 20": (19.5, 22), "12.5": (12.45, 12.55)}


@pytest.mark.parametrize("cell", first_cells("What may be stated"))
def test_every_form_of_a_statement_is_understood(cell):
    for text in re.findall(r"`([^`]+)`", cell):
        s = parse_statement(text)
        assert s.shape not in ("other", "empty")
        assert s.value is not None or s.direction
        if text in RANGES:
            assert s.range()[:2] == pytest.approx(RANGES[text])
