"""Files as spreadsheets save them: delimiter, encoding and decimal mark make no difference."""

import csv
import io

import pytest

from survey_stats.audit import audit, audit_tables, findings_to_json
from survey_stats.audit.claims import read_csv
from survey_stats.audit.tables import read_table
from survey_stats.errors import InputError
from survey_stats.resources import data_path

CLAIMS = """\
id,source,subject,kind,stated,data,from_key,to_key
a,doc,"Rån i Söder, alla",percent_change,"12,5",brott,Söder/Rån/n/2022,Söder/Rån/n/2023
b,doc,"nästan, men inte helt",difference,"-1,5",brott,Söder/Stöld/medel/2022,Söder/Stöld/medel/2023
c,doc,summan,sum,,brott,Söder/*/n/2022,Söder/Summa/n/2022
d,doc,i uppgiften själv,percent_share,"25,5",inline,19 482,76 396
"""
DATA = """\
område,brott,n_2022,n_2023,medel_2022,medel_2023
Söder,Rån,"9 296","10 455","1,5","1,25"
Söder,Stöld,12,11,"12,5","11,0"
Söder,Summa,"9 308","10 466",,
"""


def as_saved(text: str, delimiter: str, encoding: str, end: str = "\r\n") -> bytes:
    out = io.StringIO()
    rows = csv.reader(io.StringIO(text))
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue().encode(encoding)


SAVED = [
    (";", "cp1252"),
    (";", "utf-8-sig"),
    (";", "utf-8"),
    ("\t", "utf-16"),
    (",", "cp1252"),
]


@pytest.mark.parametrize(("delimiter", "encoding"), SAVED)
def test_what_a_spreadsheet_saves_is_read_as_the_comma_file(tmp_path, delimiter, encoding):
    found = []
    for name, mark, code in (("plain", ",", "utf-8"), ("saved", delimiter, encoding)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "brott.csv").write_bytes(as_saved(DATA, mark, code))
        (folder / "claims.csv").write_bytes(as_saved(CLAIMS, mark, code))
        found.append(audit(folder / "claims.csv"))
    plain, saved = found
    assert findings_to_json(saved) == findings_to_json(plain)
    assert [f.verdict for f in saved] == ["holds", "holds", "holds", "holds"]
    assert [f.recomputed for f in saved] == pytest.approx([12.467728, -1.5, 9308, 25.501335])
    assert saved[0].subject == "Rån i Söder, alla"


def test_the_published_tables_give_the_same_with_semicolons(tmp_path):
    for path in data_path("published").glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        (tmp_path / path.name).write_bytes(as_saved(text, ";", "cp1252"))
    claims = audit(tmp_path / "claims.csv")
    assert findings_to_json(claims) == findings_to_json(audit(data_path("published", "claims.csv")))
    tables = findings_to_json(audit_tables(tmp_path))
    assert tables == findings_to_json(audit_tables(data_path("published")))


def test_comma_files_are_read_as_the_csv_module_reads_them():
    for path in data_path("published").glob("*.csv"):
        rows, header = read_csv(path)
        with path.open(encoding="utf-8", newline="") as stream:
            expected = list(csv.DictReader(stream))
        assert [row for _, row in rows] == expected
        assert header == list(expected[0])


def test_notes_and_the_line_that_names_the_delimiter_are_passed_over(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("# made up\nsep=;\na;n_2022\nx;1\n\ny;2;3\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"t\.csv, row 6: 3 values under 2 columns.*semicolon"):
        read_csv(path)
    path.write_text("# made up\nsep=;\na;n_2022\nx;1\n", encoding="utf-8")
    assert read_csv(path) == ([(4, {"a": "x", "n_2022": "1"})], ["a", "n_2022"])


def test_thousands_marks_are_told_from_decimal_marks_by_the_column(tmp_path):
    (tmp_path / "t.csv").write_text(
        "a;n_2022;mean_2022\nx;1.234,5;1.234\ny;2.345;2.5\n", encoding="utf-8"
    )
    table = read_table(tmp_path, "t")
    grouped, decimal = table.measures
    assert [table.cell(i, grouped).value for i in (0, 1)] == [1234.5, 2345]
    assert [table.cell(i, decimal).value for i in (0, 1)] == [1.234, 2.5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("\ufeff\n", "is empty"),
        ("a;n_2022\n", "no rows below its header"),
        ("Norr;12;13\n", "has no header: its first line holds the figure '12'"),
        ("a;n;n\nx;1;2\n", "two columns named 'n'"),
        ("a;;n\nx;1;2\n", "column 2 has no name"),
    ],
)
def test_a_broken_table_is_one_sentence(tmp_path, text, message):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        audit_tables(tmp_path)
    assert "t.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_years_may_be_names_of_columns(tmp_path):
    (tmp_path / "t.csv").write_text("a;2021;2022\nx;4;5\ny;1;1\n", encoding="utf-8")
    table = read_table(tmp_path, "t")
    assert table.years == ("2021", "2022")
    assert table.cell(0, table.measures[1]).value == 5
