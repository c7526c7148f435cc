import hashlib

import numpy as np
import pandas as pd
import pyreadstat
import pytest

import survey_stats as ss
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.read import write


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "F14": [1.0, 6.0, 99.0, np.nan],
            "F15": [1.0, 95.0, 97.0, 2.0],
            "Kön": ["K", "M", "", "K"],
        }
    )


@pytest.fixture
def sav(frame, tmp_path):
    path = tmp_path / "delivery.sav"
    pyreadstat.write_sav(
        frame,
        path,
        file_label="SYNTETISKA DATA",
        note=["Inga verkliga personer."],
        column_labels={"F14": "Trygg ute på kvällen"},
        variable_value_labels={"F14": {1.0: "Mycket trygg", 99.0: "Ej svar"}},
        missing_ranges={"F14": [99], "F15": [{"lo": 90, "hi": 99}]},
    )
    return path


def test_codes_stay_and_what_is_known_beside_them_is_kept(sav, frame):
    delivery = ss.read(sav)
    pd.testing.assert_frame_equal(delivery.frame[["F14", "F15"]], frame[["F14", "F15"]])
    assert delivery.labels.label("F14") == "Trygg ute på kvällen"
    assert delivery.labels.label("F15") == ""
    assert delivery.labels.value_labels["F14"] == {1.0: "Mycket trygg", 99.0: "Ej svar"}
    assert delivery.missing.codes == {"F14": (99.0,)}
    assert delivery.missing.ranges == {"F15": ((90.0, 99.0),)}
    assert delivery.missing.declares("F15", 95)
    assert not delivery.missing.declares("F15", 2)
    assert delivery.missing.mask(delivery.frame["F14"]).tolist() == [False, False, True, True]
    assert delivery.missing.mask(delivery.frame["F15"]).tolist() == [False, True, True, False]
    assert delivery.labelled("F14").tolist()[:3] == ["Mycket trygg", 6.0, "Ej svar"]


def test_the_manifest(sav):
    manifest = ss.read(sav, columns=["F15"]).manifest
    assert manifest.file == "delivery.sav"
    assert manifest.sha256 == hashlib.sha256(sav.read_bytes()).hexdigest()
    assert (manifest.rows, manifest.columns) == (4, 3)
    assert manifest.reader.startswith("pyreadstat")
    assert manifest.synthetic
    assert manifest.to_dict()["notes"] == ("SYNTETISKA DATA", "Inga verkliga personer.")


def test_only_the_wanted_columns_in_the_wanted_order(sav):
    delivery = ss.read(sav, columns=["Kön", "F14"])
    assert list(delivery.frame) == ["Kön", "F14"]
    with pytest.raises(UnknownNameError, match="did you mean 'F15' or 'F14'"):
        ss.read(sav, columns=["F16"])


def test_stata_keeps_tagged_missing_values(tmp_path):
    path = tmp_path / "delivery.dta"
    frame = pd.DataFrame({"q": [1.0, "a", 2.0]}, dtype=object)
    pyreadstat.write_dta(
        frame,
        path,
        missing_user_values={"q": ["a"]},
        variable_value_labels={"q": {1: "Ja", "a": "Vill ej svara"}},
    )
    delivery = ss.read(path)
    assert delivery.frame["q"].tolist() == [1.0, "a", 2.0]
    assert delivery.missing.declares("q", "a")


def test_spss_portable(tmp_path):
    path = tmp_path / "delivery.por"
    pyreadstat.write_por(pd.DataFrame({"F14": [1.0, 2.0, 6.0]}), path)
    delivery = ss.read(path)
    assert delivery.frame["F14"].tolist() == [1.0, 2.0, 6.0]
    assert delivery.manifest.rows == 3


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.99])
def test_a_file_that_is_cut_off(tmp_path, share):
    whole = tmp_path / "whole.sav"
    pyreadstat.write_sav(pd.DataFrame({"a": np.arange(500.0), "b": np.arange(500.0)}), whole)
    part = tmp_path / "part.sav"
    content = whole.read_bytes()
    part.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match=r"part\.sav .* cut off"):
        ss.read(part)


def test_a_file_of_another_format(tmp_path):
    path = tmp_path / "delivery.sav"
    path.write_text("a;b\n1;2\n")
    with pytest.raises(InputError, match="cannot be read as an SPSS file"):
        ss.read(path)


def test_a_wide_file_loads_only_what_is_asked_for(tmp_path):
    path = tmp_path / "wide.sav"
    wide = pd.DataFrame(np.ones((200, 300)), columns=[f"v{i}" for i in range(300)])
    pyreadstat.write_sav(wide, path, row_compress=True)
    delivery = ss.read(path, columns=["v7", "v3"])
    assert delivery.frame.shape == (200, 2)
    assert delivery.manifest.columns == 300


def test_valid_makes_declared_missing_codes_missing(sav):
    delivery = ss.read(sav)
    valid = delivery.valid()
    assert valid["F14"].isna().tolist() == [False, False, True, True]
    assert valid["F15"].isna().tolist() == [False, True, True, False]
    assert delivery.frame["F14"].tolist()[2] == 99.0


@pytest.mark.parametrize(
    ("declared", "codes", "ranges"),
    [
        (b"89/", {"Q": (9.0,)}, {}),
        (b"B8/9/", {}, {"Q": ((8.0, 9.0),)}),
        (b"A8/", {}, {"Q": ((8.0, np.inf),)}),
        (b"98/83/", {"Q": (3.0,)}, {"Q": ((-np.inf, 8.0),)}),
    ],
)
def test_user_missing_codes_of_a_portable_file_stay(tmp_path, declared, codes, ranges):
    """No writer for them is at hand: their records are put behind the format of the variable."""
    path = tmp_path / "delivery.por"
    pyreadstat.write_por(pd.DataFrame({"Q": [1.0, 2.0, 9.0]}), path)
    content = path.read_bytes().replace(b"\r\n", b"")
    formats = b"5/8/2/5/8/2/"
    assert content.count(formats) == 1
    label = b"D1/1/Q1/9/7/Ej svar"
    content = content.replace(formats, formats + declared + label)
    rows = [content[i : i + 80] for i in range(0, len(content), 80)]
    path.write_bytes(b"\r\n".join([*rows, b""]))
    delivery = ss.read(path)
    assert delivery.frame["Q"].tolist() == [1.0, 2.0, 9.0]
    assert (delivery.missing.codes, delivery.missing.ranges) == (codes, ranges)
    assert delivery.labels.value_labels == {"Q": {9.0: "Ej svar"}}
    again = ss.read(write(delivery, tmp_path / "again.sav"))
    assert again.missing == delivery.missing
    pd.testing.assert_frame_equal(again.frame, delivery.frame)
