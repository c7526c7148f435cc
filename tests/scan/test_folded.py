"""Sums from batches: those of a group-by, whatever the batches, and the same bits again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.scan import Further, collapse, folded, open_source, weight_range


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    n = 20_000
    frame = pd.DataFrame(
        {
            "area": rng.integers(0, 300, n),
            "age": pd.array(rng.integers(0, 5, n), dtype="Int8"),
            "answer": rng.choice(["a", "b", "c"], n).astype(object),
            "other": rng.random(n) < 0.2,
            "w": np.exp(rng.normal(0, 1, n)),
            "factor": rng.random(n) * 2,
        }
    )
    frame.loc[::11, "age"] = pd.NA
    frame.loc[::13, "answer"] = None
    frame.loc[::17, "w"] = 0.0
    return frame


@pytest.mark.parametrize("window", [1 << 4, 1 << 20])
def test_sums_are_those_of_a_group_by(
    frame: pd.DataFrame, window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folded, "CHUNK", 1500)
    monkeypatch.setattr(folded, "WINDOW", window)
    source = open_source(frame)
    known = weight_range(source, "w", [])
    tables = list(
        collapse(
            source,
            ["area", "age"],
            "w",
            known,
            3,
            [Further("factor", 2.0, factor=True)],
            [["answer"], ["other", "answer"], []],
        )
    )
    for names, table in zip((["answer"], ["other", "answer"], []), tables, strict=True):
        keys = ["area", "age", *names]
        w = frame["w"]
        held = frame.assign(one=1, zero=w == 0, w2=w**2, w3=w**3, times=frame["factor"] * w)
        grouped = held.groupby([*keys[:2], "zero", *names], dropna=False, sort=True)
        known_sums = grouped[["one", "w", "w2", "w3", "times"]].sum().reset_index()
        assert len(table.frame) == len(known_sums)
        for key in keys:
            one, other = table.frame[key], known_sums[key]
            assert one.isna().tolist() == other.isna().tolist(), key
            assert one.dropna().tolist() == other.dropna().tolist(), key
        assert table.count.tolist() == known_sums["one"].tolist()
        np.testing.assert_allclose(table.weights, known_sums["w"], rtol=1e-14)
        np.testing.assert_allclose(table.others["factor"], known_sums["times"], rtol=1e-13)
        some = table.weights > 0
        for power, name in zip(table.powers, ("w2", "w3"), strict=True):
            k = int(name[1])
            np.testing.assert_allclose(
                (power * table.weights**k)[some], known_sums[name][some], rtol=1e-13
            )
            assert (power[~some] == 1).all()


def test_two_runs_over_many_chunks_give_the_same_bits(
    frame: pd.DataFrame, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folded, "CHUNK", 1000)
    files = []
    for i in range(4):
        files.append(f"{tmp_path}/part_{i}.parquet")
        frame.iloc[i * 5000 : (i + 1) * 5000].to_parquet(files[-1])

    def run() -> pd.DataFrame:
        survey = ss.Survey.scan(files, weights="w", strata="age_", clusters="area")
        return survey.share(["answer", "other"], by="age_").to_frame()

    for file in files:
        part = pd.read_parquet(file)
        part.assign(age_=part["age"].fillna(9)).to_parquet(file)
    pd.testing.assert_frame_equal(run(), run(), check_exact=True)


def test_a_total_without_columns_or_weights(frame: pd.DataFrame) -> None:
    assert ss.Survey.scan(frame).total(None).estimate.tolist() == [len(frame)]


def test_continuous_numbers_are_as_many_rows(frame: pd.DataFrame) -> None:
    one = ss.Survey(frame, weights="w").mean("factor", by="other")
    other = ss.Survey.scan(frame, weights="w").mean("factor", by="other")
    np.testing.assert_allclose(other.estimate, one.estimate, rtol=1e-12)
    np.testing.assert_allclose(other.se, one.se, rtol=1e-12)
