"""Every failure is one sentence that names the file, and leaves no result."""

from __future__ import annotations

import gc
import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.scan import folded, source

N = 40


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "w": np.linspace(1, 2, N),
            "stratum": ["a", "b"] * (N // 2),
            "yes": [True, False, False, True] * (N // 4),
            "age": np.arange(N) % 5,
        }
    )


def two(folder: Path, one: pd.DataFrame, other: pd.DataFrame) -> str:
    one.to_parquet(folder / "one.parquet")
    other.to_parquet(folder / "two.parquet")
    return str(folder / "*.parquet")


def test_a_column_that_one_of_the_files_lacks(tmp_path: Path, frame: pd.DataFrame) -> None:
    survey = ss.Survey.scan(two(tmp_path, frame, frame.drop(columns="age")), weights="w")
    assert survey.share("yes").n.tolist() == [2 * N]
    with pytest.raises(ss.InputError, match=r"two\.parquet' has no column 'age', which '.*one"):
        survey.share("yes", by="age")
    with pytest.raises(ss.InputError, match=r"one\.parquet' has no column 'extra', which '.*two"):
        ss.Survey.scan(two(tmp_path, frame, frame.assign(extra=1)), weights="w").share(
            "yes", by="extra"
        )


def test_types_that_differ_between_files(tmp_path: Path, frame: pd.DataFrame) -> None:
    survey = ss.Survey.scan(two(tmp_path, frame, frame.astype({"age": str})), weights="w")
    with pytest.raises(ss.InputError, match=r"'age' is .*string in '.*two.* and int64 in '.*one"):
        survey.share("yes", by="age")


@pytest.mark.parametrize("unasked_first", [False, True])
def test_a_question_that_a_wave_was_not_asked_has_no_type_there(
    tmp_path: Path, frame: pd.DataFrame, unasked_first: bool
) -> None:
    place = pd.Categorical(["south", "north"] * (N // 2), categories=["south", "north"])
    asked = frame.assign(wave=2023, place=place, belongs=frame["stratum"])
    unasked = asked.assign(wave=2020, yes=None, age=None, place=None, belongs=None)
    waves = [unasked, asked] if unasked_first else [asked, unasked]
    survey = ss.Survey.scan(two(tmp_path, *waves), weights="w")
    known = ss.Survey(asked, weights="w")
    for question in ("yes", "place", "belongs"):
        found = survey.share(question, by="wave").to_frame()
        rest = known.share(question).to_frame()
        assert found["n"].tolist() == [0] * len(rest) + rest["n"].tolist()
        np.testing.assert_allclose(found["estimate"][len(rest) :], rest["estimate"], rtol=1e-12)
        assert set(found["flag"][: len(rest)]) == {"no answers"}
    np.testing.assert_allclose(survey.mean("age").estimate, known.mean("age").estimate, rtol=1e-12)
    assert survey.share("yes", by="place").to_frame()["place"].tolist() == ["south", "north"]


def test_a_column_that_is_nowhere(tmp_path: Path, frame: pd.DataFrame) -> None:
    survey = ss.Survey.scan(two(tmp_path, frame, frame), weights="w")
    with pytest.raises(ss.UnknownNameError, match=r"'agee'.*age"):
        survey.share("yes", by="agee")
    with pytest.raises(ss.UnknownNameError, match="'weight'"):
        ss.Survey.scan(str(tmp_path / "*.parquet"), weights="weight")


@pytest.mark.parametrize(
    ("value", "what"), [(None, "missing"), (np.nan, "missing"), (np.inf, "infinite"), (-1, "neg")]
)
def test_a_bad_weight_names_its_file(
    tmp_path: Path, frame: pd.DataFrame, value: Any, what: str
) -> None:
    bad = frame.copy()
    bad["w"] = pd.array([*frame["w"][:-1], 1.0], dtype="Float64")
    if value is None:
        bad.loc[7, "w"] = pd.NA
    else:
        bad["w"] = bad["w"].to_numpy(float)
        bad.loc[7, "w"] = value
    good = frame.assign(w=frame["w"].astype(bad["w"].dtype))
    with pytest.raises(
        ss.DesignError, match=rf"'w' are {what}\w* in 1 of 80 rows .*row 7 of .*two"
    ):
        ss.Survey.scan(two(tmp_path, good, bad), weights="w")


def test_weights_that_are_zero_or_no_numbers(frame: pd.DataFrame) -> None:
    with pytest.raises(ss.DesignError, match="all zero"):
        ss.Survey.scan(frame.assign(w=0.0), weights="w")
    with pytest.raises(ss.DesignError, match="not numbers"):
        ss.Survey.scan(frame.assign(w="1"), weights="w")


def test_a_missing_stratum_names_its_file(tmp_path: Path, frame: pd.DataFrame) -> None:
    bad = frame.copy()
    bad.loc[3, "stratum"] = None
    with pytest.raises(ss.DesignError, match=r"'stratum' .* missing in 1 of 80 .*row 3 of .*two"):
        ss.Survey.scan(two(tmp_path, frame, bad), weights="w", strata="stratum")


def test_a_table_without_rows(frame: pd.DataFrame) -> None:
    with pytest.raises(ss.InputError, match="no rows"):
        ss.Survey.scan(frame.iloc[:0], weights="w")


def test_files_that_are_not_there_or_no_parquet(tmp_path: Path) -> None:
    with pytest.raises(ss.InputError, match="No file fits"):
        ss.Survey.scan(str(tmp_path / "*.parquet"))
    with pytest.raises(ss.InputError, match="does not exist"):
        ss.Survey.scan(tmp_path / "none.parquet")
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(ss.InputError, match=r"broken\.parquet' is not a whole parquet file"):
        ss.Survey.scan(broken)
    pd.DataFrame({"w": [1.0]}).to_parquet(tmp_path / "a_whole_one.parquet")
    with pytest.raises(ss.InputError, match=r"broken\.parquet' is not a whole parquet file"):
        ss.Survey.scan(str(tmp_path / "*.parquet"))


def test_a_file_cut_short_after_it_was_opened(tmp_path: Path, frame: pd.DataFrame) -> None:
    files = two(tmp_path, frame, frame)
    survey = ss.Survey.scan(files, weights="w")
    file = tmp_path / "two.parquet"
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(ss.InputError, match=r"two\.parquet|there is no result"):
        survey.share("yes", by="age")


def test_a_disk_that_is_full_while_spilling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folded, "BUDGET", 0)
    monkeypatch.setattr(source, "MEMORY_LIMIT", "60MB")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "spill"))
    (tmp_path / "spill").mkdir()
    monkeypatch.chdir(tmp_path)
    n = 500_000
    many = pd.DataFrame({"w": np.ones(n), "one": np.arange(n), "yes": np.arange(n) % 2 == 0})
    many.to_parquet(tmp_path / "many.parquet")
    table = source.open_source("many.parquet")
    assert table.progress.engine is not None
    connection = table.progress.engine.__self__  # type: ignore[attr-defined]
    connection.execute("SET max_temp_directory_size = '1MB'")
    survey = ss.Survey.scan(table, weights="w")
    with pytest.raises(ss.InputError, match=r"many\.parquet .*no result; make room in .*spill, or"):
        survey.share("yes", by="one")
    # nothing is left behind, here or there, and the next question is answered
    assert sorted(p.name for p in tmp_path.iterdir()) == ["many.parquet", "spill"]
    assert survey.share("yes").n.tolist() == [n]
    del survey, table, connection
    gc.collect()
    assert not list((tmp_path / "spill").iterdir())


def test_what_is_no_table() -> None:
    for thing in (3, {"a": [1]}, object()):
        with pytest.raises(ss.InputError, match="takes a frame"):
            ss.Survey(thing)


def test_columns_of_one_name(frame: pd.DataFrame) -> None:
    with pytest.raises(ss.InputError, match="age"):
        ss.Survey.scan(pd.concat([frame, frame[["age"]]], axis=1), weights="w")


def test_what_needs_respondents_one_by_one(frame: pd.DataFrame) -> None:
    survey = ss.Survey.scan(frame, weights="w")
    with pytest.raises(ss.InputError, match="expression"):
        survey.share("yes", where=frame["age"] > 2)
    with pytest.raises(ss.InputError, match="households"):
        survey.calibrate({"age": {0: 1.0}}, household="age")
    with pytest.raises(ss.InputError, match="single weights"):
        survey.calibrate({"age": {0: 1.0}}, bounds_on="weight")
    for formula in ("yes ~ poly(age, 2)", "yes ~ scale(age)", "scale(age) ~ yes"):
        with pytest.raises(ss.InputError, match="looks at all respondents at once"):
            survey.glm(formula, "gaussian")
    with pytest.raises(ss.InputError, match="or its offset, looks at all respondents at once"):
        survey.glm("yes ~ 1", "poisson", offset="center(age)")
    with pytest.raises(ss.InputError, match="'w' is the weight"):
        survey.mean("w")
    with pytest.raises(ss.InputError, match="expression"):
        ss.change(survey, survey, "yes", before_where=frame["age"] > 2, after_where="age < 2")
    with pytest.raises(AttributeError):
        survey.rank_test("age", "yes")


@pytest.mark.parametrize(
    "where",
    [
        "age > age.mean()",
        "age == age.shift(1)",
        "w.rank() > 3",
        "index > 20",
        "age == age[0]",
        "age in w",
        "age.isin(w)",
        "age.fillna(age.max()) > 2",
        "stratum.str.cat() == 'a'",
    ],
)
def test_a_domain_that_looks_at_other_rows(frame: pd.DataFrame, where: str) -> None:
    survey = ss.Survey.scan(frame, weights="w")
    with pytest.raises(ss.InputError, match="may look at other rows"):
        survey.share("yes", where=where)
    assert survey.share("yes", where="stratum.str.startswith('a')").n.tolist() == [N // 2]


def test_a_domain_of_a_continuous_number(frame: pd.DataFrame) -> None:
    made = frame.assign(income=np.linspace(0, 1, N) ** 2)
    survey = ss.Survey.scan(made, weights="w")
    assert len(survey._holding("yes", None, "income > 0.5")) <= 4
    where = "income > 0.5 and `age` < 3 and age >= 0 and stratum == 'a' and income < 0.9"
    assert len(survey._holding("yes", "stratum", where)) <= 8
    for by in ("stratum", "age"):
        one = ss.Survey(made, weights="w").share("yes", by=by, where=where)
        other = survey.share("yes", by=by, where=where)
        np.testing.assert_allclose(other.se, one.se, rtol=1e-12)
        assert other.n.tolist() == one.n.tolist()


def test_too_many_combinations(frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.import_module("survey_stats.scan.collapse"), "MOST_ROWS", 9)
    with pytest.raises(ss.InputError, match="more than 9 combinations"):
        ss.Survey.scan(frame, weights="w").share("yes", by=["age", "stratum"])


def test_replicate_weights_that_do_not_match(frame: pd.DataFrame) -> None:
    wide = frame.assign(r1=frame["w"], r2=frame["w"] * 2)
    wide.loc[3, "r2"] = None
    given = ss.ReplicateWeights("r", "bootstrap")
    with pytest.raises(ss.DesignError, match=r"'?r2'? .*missing, infinite or negative in 1 rows"):
        ss.Survey.scan(wide, weights="w", replicates=given)
    wide["r2"] = 0.0
    with pytest.raises(ss.DesignError, match="sum to"):
        ss.Survey.scan(wide, weights="w", replicates=given)
    with pytest.raises(ss.DesignError, match="jk1"):
        ss.Survey.scan(
            frame.assign(r1=frame["w"], r2=frame["w"]),
            weights="w",
            replicates=ss.ReplicateWeights("r", "jk1"),
        )
    with pytest.raises(ss.InputError, match="already hold the design"):
        ss.Survey.scan(wide, weights="w", strata="stratum", replicates=given)


def test_without_the_libraries(frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "narwhals", None)
    with pytest.raises(ss.InputError, match=r"pip install 'survey-stats-lagesbild\[scan\]'"):
        ss.Survey.scan(frame)
