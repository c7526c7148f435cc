"""Building: the same bytes every time, other figures on request, and errors before any file."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from survey_stats.demo import Target, build, file_name, read_targets
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.harmonise import harmonise
from survey_stats.read import read


def _hashes(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def test_a_second_build_is_the_same_to_the_byte(demo_dir: Path, tmp_path: Path) -> None:
    script = "import sys; from survey_stats.demo import build; build(sys.argv[1])"
    # another process with another order of hashes, at another time
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "4711"},
    )
    assert _hashes(tmp_path) == _hashes(demo_dir)


def test_one_survey_alone_is_the_same_and_progress_is_told(demo_dir: Path, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    files = build(tmp_path / "new" / "folder", lambda *step: steps.append(step), ["school_survey"])
    assert [f.name for f in files] == [
        file_name("school_survey", y) for y in (2018, 2020, 2022, 2024)
    ]
    for file in files:
        assert file.read_bytes() == (demo_dir / file.name).read_bytes()
    assert steps[0] == ("answers to school_survey", 0, 4)
    assert steps[-1] == (files[-1].name, 4, 4)
    assert not list(files[0].parent.glob("*.part"))


def _target(area: str, question: str, percent: str, **other: object) -> Target:
    base = Target(
        "here", "city_safety", (2020,), "district", area, question, "all", Decimal(percent), "exact"
    )
    return replace(base, **other)  # type: ignore[arg-type]


def test_any_other_figures_come_back_too(tmp_path: Path) -> None:
    wanted = [
        _target("Farsta", "unsafe_evening", "41"),
        _target("Farsta", "unsafe_evening", "55", group="women"),
        _target("Hökarängen", "unsafe_evening", "63", level="neighbourhood"),
        _target("Stockholm", "unsafe_evening", "33.3", level="city"),
        _target("Stockholm", "unsafe_evening", "40", level="city", group="yes"),
        _target("Bromma", "avoids_places", "12", qualifier="less_than"),
        _target("Bromma", "victim_any_crime", "45", years=(2017, 2023), qualifier="at_most"),
        _target("Bromma", "victim_any_crime", "44", years=(2017, 2023), qualifier="more_than"),
    ]
    build(tmp_path, surveys=["city_safety"], targets=wanted)
    frames = {
        year: harmonise(read(tmp_path / file_name("city_safety", year)), "city_safety").frame
        for year in (2017, 2020, 2023)
    }
    frame = pd.concat(frames.values(), ignore_index=True)
    for target in wanted:
        inside = target.members(frame) & frame[target.question].notna().to_numpy()
        share = np.average(
            frame[target.question][inside].astype(float), weights=frame["weight"][inside]
        )
        assert target.holds(float(share)), (str(target), share)


def test_shares_that_contradict_each_other_are_named_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    impossible = [
        _target("Farsta", "unsafe_evening", "30"),
        _target("Farsta", "unsafe_evening", "40", group="women"),
        _target("Farsta", "unsafe_evening", "50", group="men"),
    ]
    with pytest.raises(InputError, match=r"cannot all hold.*Farsta"):
        build(tmp_path / "out", surveys=["city_safety"], targets=impossible)
    assert not (tmp_path / "out").exists()


def test_an_area_that_is_not_there_is_suggested(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean 'Farsta'"):
        build(tmp_path, surveys=["city_safety"], targets=[_target("Fasta", "unsafe_evening", "3")])


def test_a_question_that_the_survey_does_not_ask(tmp_path: Path) -> None:
    target = _target("Farsta", "unsafe_evenings", "3")
    with pytest.raises(UnknownNameError, match=r"did you mean 'unsafe_evening'"):
        build(tmp_path, surveys=["city_safety"], targets=[target])


def test_unknown_survey_and_a_file_for_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'city_safety'"):
        build(tmp_path, surveys=["citty_safety"])
    file = tmp_path / "taken"
    file.write_text("x")
    with pytest.raises(InputError, match="is a file; give a folder"):
        build(file)


def test_the_published_table_is_what_is_built_from() -> None:
    assert {t.survey for t in read_targets()} == {"city_safety", "regional_safety"}
    assert len(read_targets(survey="city_safety")) < len(read_targets())
