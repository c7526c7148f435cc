"""What a file declares as missing is missing, as when it is read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.read import Delivery, Manifest, UserMissing, VariableLabels, read, write


def delivery(missing: UserMissing) -> Delivery:
    frame = pd.DataFrame(
        {"age": [1, 2, 99, 1, 95, 2] * 5, "yes": [1, 0, 1, 9, 0, 1] * 5, "w": [1.0, 2.0, 3.0] * 10}
    )
    about = Manifest("a.sav", "", 0, 30, 3, "pyreadstat", "UTF-8")
    return Delivery(frame, VariableLabels(), missing, about)


def test_codes_and_ranges_declared_as_missing(tmp_path: Path) -> None:
    file = tmp_path / "wave.parquet"
    write(delivery(UserMissing({"yes": (9,)}, {"age": ((90.0, 99.0),)})), file)
    known = ss.Survey(read(file).valid(), weights="w").share("yes", by="age").to_frame()
    scanned = ss.Survey.scan(file, weights="w").share("yes", by="age").to_frame()
    assert scanned["age"].tolist() == known["age"].tolist() == [1, 2]
    assert scanned["n"].tolist() == known["n"].tolist() == [5, 10]
    assert scanned["se"].tolist() == pytest.approx(known["se"].tolist(), rel=1e-12)


def test_files_that_declare_differently(tmp_path: Path) -> None:
    write(delivery(UserMissing({"yes": (9,)})), tmp_path / "one.parquet")
    write(delivery(UserMissing({"yes": (8,)})), tmp_path / "two.parquet")
    with pytest.raises(ss.InputError, match=r"two\.parquet' declares other codes of 'yes'"):
        ss.Survey.scan(str(tmp_path / "*.parquet"), weights="w")


def test_made_up_answers_say_so(tmp_path: Path, demo_dir: Path) -> None:
    frame = pd.DataFrame({"yes": [True, False] * 5})
    frame.to_parquet(tmp_path / "wave_SYNTETISK.parquet")
    frame.to_parquet(tmp_path / "wave.parquet")
    made_up = ss.Survey.scan(tmp_path / "wave_SYNTETISK.parquet").share("yes")
    assert made_up.metadata.synthetic
    assert not ss.Survey.scan(tmp_path / "wave.parquet").share("yes").metadata.synthetic
    city = ss.harmonise(demo_dir / "SDO_trygghet_2023_SYNTETISK.sav", "city_safety").survey()
    survey = ss.Survey.scan(city.frame, weights="weight", strata="stratum")
    assert survey.share("unsafe_evening").metadata.synthetic
