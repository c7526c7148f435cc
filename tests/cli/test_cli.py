"""The command line as a user meets it: exit status, one sentence, files whole or absent."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from survey_stats.cli import main
from survey_stats.resources import data_path


def run(*argv: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main([str(a) for a in argv])
    return int(stop.value.code or 0)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    frame = pd.DataFrame(
        {
            "unsafe": [1, 0, 1, 1, 0, 0, 1, 0],
            "area": ["Norr", "Norr", "Norr", "Norr", "Söder", "Söder", "Söder", "Söder"],
            "w": [1.5, 2.0, 1.0, 1.0, 3.0, 1.0, 1.0, 1.0],
        }
    )
    path = tmp_path / "answers.csv"
    frame.to_csv(path, sep=";", decimal=",", index=False, encoding="cp1252")
    return path


def test_share_writes_the_weighted_share(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "shares.json"
    assert (
        run("share", table, "--question", "unsafe", "--by", "area", "--weights", "w", "--json", out)
        == 0
    )
    rows = {row["area"]: row for row in json.loads(out.read_text(encoding="utf-8"))}
    assert rows["Norr"]["estimate"] == pytest.approx(3.5 / 5.5, rel=1e-12)
    assert rows["Söder"]["estimate"] == pytest.approx(1 / 6, rel=1e-12)
    assert rows["Norr"]["n"] == 4
    assert "Söder" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--question", "unsaef", ["unsaef", "unsafe"]),
        ("--by", "aera", ["aera", "area"]),
        ("--weights", "ww", ["ww", "w"]),
        ("--level", "95", ["level", "95"]),
    ],
)
def test_a_wrong_name_or_value_is_one_sentence_and_status_2(
    table: Path, option: str, value: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = {"--question": "unsafe", "--by": "area", "--weights": "w", option: value}
    assert run("share", table, *[part for pair in arguments.items() for part in pair]) == 2
    told = capsys.readouterr().err
    assert told.startswith("Error:")
    assert told.count("\n") == 1
    assert all(word in told for word in words)
    assert "Traceback" not in told


def test_a_negative_weight_names_its_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("y;w\n1;1\n0;-2\n", encoding="utf-8")
    out = tmp_path / "out.json"
    assert run("share", path, "--question", "y", "--weights", "w", "--json", out) == 2
    told = capsys.readouterr().err
    assert "'w'" in told
    assert "negative" in told
    assert not out.exists()


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("share", tmp_path / "no.sav", "--question", "y") == 2
    assert "no.sav" in capsys.readouterr().err
    assert run("audit", tmp_path / "no.csv") == 2
    assert "no.csv" in capsys.readouterr().err


def test_audit_ends_well_whatever_the_verdicts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "audit.json"
    assert run("audit", data_path("published", "claims.csv"), "--json", out) == 0
    findings = json.loads(out.read_text(encoding="utf-8"))
    verdicts = {f["id"]: f["verdict"] for f in findings}
    assert verdicts["hv2022-05"] == "does not hold"
    assert set(verdicts.values()) <= {"holds", "does not hold", "cannot be decided"}
    assert all({"id", "verdict", "recomputed", "reason"} <= set(f) for f in findings)
    assert "hv2022-05" in capsys.readouterr().out
    assert run("audit") == 0


def test_json_into_a_folder_that_is_not_there_says_so(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("share", table, "--question", "unsafe", "--json", tmp_path / "no" / "a.json") == 2
    assert "does not exist" in capsys.readouterr().err


def test_an_unknown_area_suggests_the_nearest_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "build"
    assert run("appendix", "--area", "Hasselby", "--year", 2023, "--out", out) == 2
    told = capsys.readouterr().err
    assert "Hässelby-Vällingby" in told
    assert not list(out.rglob("*.html")) if out.exists() else True


def test_an_area_with_markup_is_told_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("appendix", "--area", "[bold]X[/]", "--year", 2023, "--out", tmp_path) == 2
    assert "[bold]X[/]" in capsys.readouterr().err


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    from survey_stats import __version__

    assert run("--version") == 0
    assert capsys.readouterr().out.strip() == __version__


def school_delivery(path: Path, wave: int) -> Path:
    """A delivery of the school survey in which everybody gives the first answer."""
    from survey_stats.harmonise import Codebook

    book = Codebook.load("school_survey")
    columns: dict[str, object] = {v: [1, 1, 1] for v in book.variables(wave)}
    for _, item in book.items(wave):
        if item.codes is not None and item.variable is not None:
            columns[item.variable] = [next(iter(book.codes(item)))] * 3
    columns |= {"ID": ["a1", "a2", "a3"], "ar": [wave] * 3}
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def test_harmonise_writes_a_data_set_and_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [school_delivery(tmp_path / f"school_{w}.csv", w) for w in (2022, 2024)]
    out = tmp_path / "new" / "set"
    assert run("harmonise", *files, "--codebook", "school_survey", "--out", out) == 0
    told = capsys.readouterr()
    assert "Missing in 6 respondents" in told.out
    assert "not_asked 6" in told.out
    assert "data.parquet" in told.out
    assert "[11/11]" in told.err
    data = pd.read_parquet(out / "data.parquet")
    assert data["wave"].tolist() == [2022] * 3 + [2024] * 3
    assert data["respondent"].tolist() == ["a1", "a2", "a3"] * 2
    assert (out / "ddi.xml").is_file()
    # the two waves have the same boolean questions as one by one
    assert data["unsafe_evening"].tolist() == [False] * 6


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--codebook", "school_survey", "--wave", "2022"], "--wave is the year of one delivery"),
        (["--codebook", "school_survey", "--codebook", "a/b.yaml"], "no codebook file a/b.yaml"),
        (
            ["--codebook", "city_safety", "--codebook", "regional_safety"],
            "needs variables that are not there",
        ),
        (["--codebook", "school_survey", "--coding", "x"], "'x' is not QUESTION=CODING"),
        (["--codebook", "school_survy"], "did you mean 'school_survey'"),
    ],
)
def test_harmonise_refuses_in_one_sentence_and_writes_nothing(
    tmp_path: Path, options: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [school_delivery(tmp_path / f"school_{w}.csv", w) for w in (2022, 2024)]
    assert run("harmonise", *files, "--out", tmp_path / "set", *options) == 2
    told = capsys.readouterr().err
    assert says in told
    assert "Traceback" not in told
    assert not (tmp_path / "set").exists()


def test_the_schema_of_codebooks_is_printed_as_it_is_shipped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("codebook-schema") == 0
    shipped = data_path("codebooks", "codebook.schema.json").read_text(encoding="utf-8")
    assert capsys.readouterr().out == shipped


def test_share_of_several_files_is_that_of_their_rows(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {"yes": rng.random(90) < 0.4, "w": rng.random(90) + 1, "g": ["a", "b"] * 45}
    )
    frame.iloc[:40].to_parquet(tmp_path / "p_1.parquet")
    frame.iloc[40:].to_parquet(tmp_path / "p_2.parquet")
    frame.to_csv(tmp_path / "all.csv", index=False)
    found = []
    for files in ([tmp_path / "p_*.parquet"], [tmp_path / "p_1.parquet", tmp_path / "p_2.parquet"]):
        out = tmp_path / "out.json"
        run(
            "share",
            *map(str, files),
            "--question",
            "yes",
            "--by",
            "g",
            "--weights",
            "w",
            "--json",
            str(out),
        )
        found.append(json.loads(out.read_text()))
    run(
        "share",
        str(tmp_path / "all.csv"),
        "--question",
        "yes",
        "--by",
        "g",
        "--weights",
        "w",
        "--json",
        str(out),
    )
    known = json.loads(out.read_text())
    assert found[0] == found[1]
    for ours, theirs in zip(found[0], known, strict=True):
        assert ours["n"] == theirs["n"]
        assert ours["se"] == pytest.approx(theirs["se"], rel=1e-12)


def test_what_the_machine_refuses_is_one_sentence(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "a folder.json"
    there.mkdir()
    assert run("share", table, "--question", "unsafe", "--json", there) == 2
    told = capsys.readouterr().err
    assert "a folder.json" in told
    assert "give a file" in told
    assert "defect" not in told
