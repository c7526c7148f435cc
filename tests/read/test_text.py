import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.read import peek


@pytest.fixture
def write(tmp_path):
    def write(text, encoding="utf-8", name="delivery.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


def message(path, **options):
    with pytest.raises(InputError) as error:
        ss.read(path, **options)
    text = str(error.value)
    assert path.name in text
    assert "\n" not in text
    return text


def test_a_swedish_delivery(write):
    delivery = ss.read(write("område;vikt;kod\r\nJärva;0,75;01\r\nFarsta;1,25;02\r\n", "cp1252"))
    assert delivery.frame["område"].tolist() == ["Järva", "Farsta"]
    assert delivery.frame["vikt"].tolist() == [0.75, 1.25]
    assert delivery.frame["kod"].tolist() == ["01", "02"]
    manifest = delivery.manifest
    assert (manifest.encoding, manifest.delimiter, manifest.decimal) == ("windows-1252", ";", ",")
    assert (manifest.rows, manifest.columns) == (2, 3)


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_found_out(write, delimiter):
    delivery = ss.read(write(f"a{delimiter}b\n1{delimiter}2\n3{delimiter}4\n"))
    assert delivery.manifest.delimiter == delimiter
    assert delivery.frame.to_dict("list") == {"a": [1, 3], "b": [2, 4]}


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("cp1252", "windows-1252"),
    ],
)
def test_the_encoding_is_found_out(write, encoding, told):
    delivery = ss.read(write("å;ä\nHässelby gård;1\n", encoding))
    assert list(delivery.frame) == ["å", "ä"]
    assert delivery.frame["å"].tolist() == ["Hässelby gård"]
    assert delivery.manifest.encoding == told


def test_decimal_commas_in_a_comma_file(write):
    frame = ss.read(write('a,b\n1,"2,5"\n3,"0,5"\n')).frame
    assert frame["b"].tolist() == [2.5, 0.5]


def test_the_delimiter_may_be_told_on_the_first_line(write):
    delivery = ss.read(write("sep=|\na,b|c\n1|2\n"))
    assert delivery.frame.to_dict("list") == {"a,b": [1], "c": [2]}


def test_leading_comments_are_notes(write):
    delivery = ss.read(write("# SYNTETISKA DATA\n# inga personer\na;b\n1;2\n"))
    assert delivery.manifest.notes == ("SYNTETISKA DATA", "inga personer")
    assert delivery.manifest.synthetic


def test_quoted_delimiters_line_ends_and_quotes(write):
    frame = ss.read(write('a;b\n1;"x;y"\n2;"x\ny"\n3;"x""y"\n')).frame
    assert frame["b"].tolist() == ["x;y", "x\ny", 'x"y']


def test_only_the_wanted_columns_in_the_wanted_order(write):
    delivery = ss.read(write("a;b;c\n1;2;3\n"), columns=["c", "a"])
    assert list(delivery.frame) == ["c", "a"]
    assert delivery.manifest.columns == 3


def test_an_unknown_column_is_named_with_the_nearest(write):
    with pytest.raises(UnknownNameError, match="did you mean 'VIKT'"):
        ss.read(write("VIKT;b\n1;2\n"), columns=["VIKTT"])


def test_blanks_are_missing(write):
    frame = ss.read(write("a;b\n1;\n;x\n")).frame
    assert np.isnan(frame["a"][1])
    assert frame["b"].isna().tolist() == [True, False]


def test_a_header_alone_has_no_rows(write):
    assert len(ss.read(write("a;b\n")).frame) == 0


@pytest.mark.parametrize("rows", [2, 5000])
def test_a_line_that_is_too_short_or_too_long(write, rows):
    body = "1;2\n" * rows
    assert f"line {rows + 2}: 1 value" in message(write("a;b\n" + body + "3\n"))
    assert f"line {rows + 3}: 3 values" in message(write("# note\na;b\n" + body + "1;2;3\n"))


def test_mixed_decimal_marks_name_column_and_rows(write):
    text = message(write("a;b\n1;2,5\n3;7\n4;4.25\n"))
    assert "'b'" in text
    assert "row 1" in text
    assert "row 3" in text


def test_an_open_quotation_mark(write):
    assert "quotation mark" in message(write('a;b\n1;"2\n3;4\n'))


def test_encodings_that_cannot_be(write):
    assert "DOS" in message(write("a;b\nJärva;1\n", "cp850"))
    assert "mixes encodings" in message(write("a;b\nJärva;Å\n".encode() + "Ä;1\n".encode("cp1252")))
    assert "neither UTF-8" in message(write(b"a;b\n\x81;1\n"))
    assert "no text file" in message(write(b"a;b\n\x00\x01;1\n"))


def test_names_that_cannot_be(write):
    assert "several columns named a" in message(write("a;a\n1;2\n"))
    assert "column 2 has no name" in message(write("a;\n1;2\n"))


def test_two_delimiters_that_fit_equally(write):
    assert "could be separated by" in message(write("a,b;c\n1,2;3\n"))


def test_an_empty_file(write):
    assert "0 bytes" in message(write(""))
    assert "no rows" in message(write("\n\n"))


def test_names_without_values(write):
    raw = peek(write("# SYNTETISKA DATA\na;b\n1;2\n"))
    assert raw.names == ["a", "b"]
    assert raw.notes == ("SYNTETISKA DATA",)


def test_reading_what_pandas_wrote(write, tmp_path):
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "id": np.arange(1000),
            "namn": rng.choice(["Årsta", "Örby", "Kärrtorp"], 1000),
            "vikt": rng.gamma(3, 1, 1000).round(4),
        }
    )
    path = tmp_path / "pandas.csv"
    frame.to_csv(path, sep=";", decimal=",", index=False, encoding="cp1252")
    read = ss.read(path).frame
    assert read["id"].tolist() == frame["id"].tolist()
    assert read["namn"].tolist() == frame["namn"].tolist()
    assert read["vikt"].tolist() == frame["vikt"].tolist()
