"""Where a scan could tell another number than a frame without anybody seeing it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.estimate import scanned
from survey_stats.scan import collapse, folded, open_source, source, weight_range

N = 1500
DESIGN: dict[str, Any] = {"weights": "w", "strata": "stratum", "clusters": "psu"}


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "stratum": rng.integers(0, 4, N),
            "psu": rng.integers(0, 6, N),
            "w": np.exp(rng.normal(1, 0.5, N)),
            "g": rng.choice(["a", "b", "c"], N),
            "a": rng.integers(0, 2, N),
            "b": rng.integers(0, 2, N),
            "x": rng.integers(-5, 6, N).astype(float),
            "k": rng.integers(1, 4, N),
        }
    )


def close(ask: Callable[[Any], Any], data: pd.DataFrame, design: Any = None) -> None:
    one, other = (ask(make(data, **(design or DESIGN))) for make in (ss.Survey, ss.Survey.scan))
    np.testing.assert_allclose(np.asarray(other, float), np.asarray(one, float), rtol=1e-10)


@pytest.mark.parametrize("kept", [0, 1_000_000])
def test_a_change_within_one_table_knows_that_it_is_one(
    frame: pd.DataFrame, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanned, "_KEPT_ROWS", kept)

    def ask(survey: Any) -> Any:
        found = ss.change(
            survey, survey, "a", by="g", before_where="k == 1", after_where="k == 2"
        ).to_frame()
        return found[["difference", "se", "df"]]

    close(ask, frame)


def test_results_of_one_table_are_not_taken_as_independent(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    survey = ss.Survey.scan(frame, **DESIGN)
    first = survey.share("a", by="g", where="k == 1")
    for second in (
        survey.share("a", by="g", where="k == 2"),
        ss.Survey.scan(frame, **DESIGN).share("a", by="g"),
        pickle.loads(pickle.dumps(survey.calibrate({"k": {1: 1, 2: 1, 3: 1}}).share("a", by="g"))),
    ):
        with pytest.raises(ss.InputError, match="come from one table that is scanned"):
            ss.change(first, second)
    with pytest.raises(ss.InputError, match="come from one table that is scanned"):
        ss.change(survey, survey.calibrate({"k": {1: 1, 2: 1, 3: 1}}), "a")
    for name in ("one", "two"):
        frame.to_parquet(tmp_path / f"{name}.parquet")
    one, both, two = (
        ss.Survey.scan(tmp_path / f"{n}.parquet", **DESIGN) for n in ("one", "*", "two")
    )
    with pytest.raises(ss.InputError, match="come from one table that is scanned"):
        ss.change(one, both, "a")
    assert len(ss.change(one, two, "a").to_frame()) == 1


def test_covariances_of_questions_that_are_also_groups_or_domains(frame: pd.DataFrame) -> None:
    def kept(survey: Any) -> Any:
        survey.share(["a", "b"]).cov()
        return survey.share(["a", "b"], where="a == 1").cov()

    close(kept, frame)
    close(lambda s: s.total(["a", "b"], by="a").cov(), frame)
    close(lambda s: s.total(["x", "x"]).cov(), frame)
    close(lambda s: s.total(["stratum", "x"]).cov(), frame)
    close(lambda s: (s.share(["a", "b"]).cov(), s.share(["b", "a"]).cov()), frame)


def test_weights_that_are_also_of_the_design(frame: pd.DataFrame) -> None:
    made = frame.assign(w=frame["k"].astype(float))
    for design in (
        {"weights": "w", "clusters": "w"},
        {"weights": "w", "strata": "w"},
        {"strata": "stratum"},
    ):
        close(lambda s: s.share("a", by="g").to_frame()[["estimate", "se", "df"]], made, design)
    taken = made.assign(_survey_stats_weight=made["g"])
    close(lambda s: s.share("a", by="_survey_stats_weight").se, taken, {"strata": "stratum"})
    close(
        lambda s: s.calibrate({"w": {1.0: 5, 2.0: 6, 3.0: 7}}).share("a", by="g").se,
        made,
        {"weights": "w", "strata": "stratum"},
    )


def test_the_hour_that_comes_twice(frame: pd.DataFrame) -> None:
    times = pd.to_datetime(["2023-10-29T00:30Z", "2023-10-29T01:30Z", None] * (N // 3))
    made = frame.assign(t=times.tz_convert("Europe/Stockholm").as_unit("us"))
    close(lambda s: s.share("a", by="t").n, made)
    close(lambda s: s.share("a", where="t < '2023-10-29T02:45:00+02:00'").n, made)


@pytest.mark.parametrize("budget", [0, folded.BUDGET])
def test_df_where_weights_are_of_very_different_size(
    frame: pd.DataFrame, budget: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folded, "BUDGET", budget)
    rng = np.random.default_rng(1)
    small, large = rng.uniform(0.02, 0.03, N), rng.uniform(500, 3000, N)
    made = frame.assign(w=np.where(frame["g"] == "a", small, large))

    def ask(survey: Any) -> Any:
        found = ss.change(survey, survey, "x", by="g", before_where="k == 1", after_where="k == 2")
        return found.to_frame()[["se", "df"]]

    close(ask, made, {"weights": "w", "strata": "stratum"})


def test_weights_of_no_size_that_can_be_summed(frame: pd.DataFrame) -> None:
    for factor in (1e-60, 1e60):
        with pytest.raises(ss.DesignError, match="divide them by their mean"):
            ss.Survey.scan(frame.assign(w=frame["w"] * factor), **DESIGN)


def test_a_column_called_wave_that_holds_none(frame: pd.DataFrame) -> None:
    for wave in ([[1]] * N, np.random.default_rng(0).normal(size=N)):
        survey = ss.Survey.scan(frame.assign(wave=wave), **DESIGN)
        assert survey.share("a").metadata.waves == ()


def test_a_table_is_made_only_where_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folded, "BUDGET", 1_000_000)
    monkeypatch.setattr(folded, "CHUNK", 100)
    monkeypatch.setattr(source, "BATCH", 100)
    made: list[int] = []
    zeros = np.zeros
    monkeypatch.setattr(
        folded.np, "zeros", lambda shape, **k: made.append(int(np.prod(shape))) or zeros(shape, **k)
    )
    n = 3000
    table = open_source(pd.DataFrame({"id": np.arange(n), "x": np.arange(n) * 0.5, "w": 1.0}))
    (found,) = collapse(table, ["id"], "w", weight_range(table, "w", []), 2, each=[["x"]])
    assert len(found.frame) == n
    # a count and the sums of two powers of the weights
    assert 3 * 8 * max(made) <= folded.BUDGET


@pytest.mark.parametrize("name", ["stratum", "w"])
def test_what_is_not_a_number_in_a_file(frame: pd.DataFrame, tmp_path: Path, name: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    made = frame.astype({name: float})
    made.loc[900, name] = np.nan
    table = pa.table({n: pa.array(made[n].to_numpy()) for n in ("stratum", "psu", "w", "a")})
    pq.write_table(table, tmp_path / "bad.parquet")
    with pytest.raises(ss.DesignError, match=rf"'{name}' .*missing in 1 of 1500 .*row 900 of"):
        ss.Survey.scan(tmp_path / "bad.parquet", **DESIGN)


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: ss.trend(s, "a", time="k"),
        lambda s: ss.against(s, "a", "g"),
        lambda s: ss.pools(s, "a", time="k"),
        lambda s: ss.join([s, s]),
    ],
    ids=["trend", "against", "pools", "join"],
)
def test_what_needs_a_frame_says_so(frame: pd.DataFrame, ask: Callable[[Any], Any]) -> None:
    with pytest.raises(ss.InputError, match="needs every respondent by himself"):
        ask(ss.Survey.scan(frame, **DESIGN))
