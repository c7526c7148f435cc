import pytest

import survey_stats as ss
from survey_stats.errors import InputError


def test_a_missing_file_suggests_the_nearest(tmp_path):
    (tmp_path / "SDO_2023_slut_v3.sav").write_bytes(b"x")
    with pytest.raises(InputError, match=r"did you mean 'SDO_2023_slut_v3\.sav'"):
        ss.read(tmp_path / "SDO_2023_slut_v2.sav")


def test_a_missing_folder(tmp_path):
    with pytest.raises(InputError, match="check the path"):
        ss.read(tmp_path / "nowhere" / "a.sav")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        ss.read(tmp_path)


@pytest.mark.parametrize("ending", [".sav", ".dta", ".csv", ".xlsx", ".parquet", ".por"])
def test_an_empty_file_of_any_format(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"is empty \(0 bytes\)"):
        ss.read(path)


@pytest.mark.parametrize("ending", [".sav", ".dta", ".xlsx", ".parquet", ".por"])
def test_noise_in_any_format(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    path.write_bytes(b"this is no such file" * 50)
    with pytest.raises(InputError, match="cannot be read as"):
        ss.read(path)


def test_an_unknown_ending(tmp_path):
    path = tmp_path / "a.docx"
    path.write_bytes(b"x")
    with pytest.raises(InputError, match=r"cannot read the format '\.docx'"):
        ss.read(path)
