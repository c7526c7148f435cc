"""What every engine must give: the numbers of a frame in memory, to 1e-12, in the same rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.scan import folded, source
from tests.scan.engines import ENGINES, UNORDERED, deliver

N = 3000
TOTALS = {"age": {0: 3000.0, 1: 4100.0, 2: 5000.0}}
DESIGNS: dict[str, dict[str, Any]] = {
    "clustered": {"strata": "stratum", "clusters": "psu"},
    "element": {"strata": "stratum", "fpc": "size"},
    "simple": {},
}
QUESTIONS: dict[str, Callable[[Any], Any]] = {
    "yes or no": lambda s: s.share("unsafe", by=["age", "gender"]),
    "levels": lambda s: s.share("answer", by="gender"),
    "several": lambda s: s.share(["unsafe", "answer"], by="age"),
    "several numbers": lambda s: s.mean(["score", "rooms"], by="gender"),
    "several medians": lambda s: s.quantile(["score", "rooms"], [0.25, 0.5], by="gender"),
    "several with margins": lambda s: s.share(
        ["unsafe", "answer"], by=["age", "gender"], margins=True
    ),
    "of": lambda s: s.share("answer", of=["often", "never"], by="age"),
    "where": lambda s: s.share("answer", by="gender", where="age > 0 and score < 7"),
    "where the group decides too": lambda s: s.share(
        ["answer", "unsafe"], by="age", where="age == 2 or gender == 'men' and score > 3"
    ),
    "where parts": lambda s: s.share(
        ["answer", "unsafe"],
        by="age",
        where="age != 1 and score > 3 and (rooms < 4 or gender == 'men') and unsafe.notna()",
    ),
    "where nobody is": lambda s: s.share("unsafe", by="gender", where="score > 50"),
    "margins": lambda s: s.share("unsafe", by=["age", "gender"], margins=True),
    "mean": lambda s: s.mean("score", by="gender"),
    "people": lambda s: s.total(None, by="age"),
    "total": lambda s: s.total("score", by="age"),
    "ratio": lambda s: s.ratio("score", "rooms", by="age"),
    "median": lambda s: s.median("score", by="age"),
    "change": lambda s: ss.change(
        s, s, "unsafe", by="gender", before_where="age < 1", after_where="age > 1"
    ),
    "calibrated": lambda s: s.calibrate(TOTALS).share("unsafe", by="gender"),
    "calibrated change": lambda s: (
        lambda c: ss.change(
            c, c, "unsafe", by="gender", before_where="age < 1", after_where="age > 1"
        )
    )(s.calibrate(TOTALS, method="linear")),
}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    made = pd.DataFrame(
        {
            "stratum": rng.integers(0, 5, N),
            "psu": rng.integers(0, 6, N),
            "w": np.exp(rng.normal(1, 0.7, N)),
            "age": rng.integers(0, 3, N).astype(np.int8),
            "gender": pd.Categorical.from_codes(rng.integers(0, 2, N), ["women", "men"]),
            "unsafe": pd.array(rng.random(N) < 0.3, dtype="boolean"),
            "answer": rng.choice(["never", "sällan", "often"], N),
            "score": rng.integers(0, 11, N).astype(float),
            "rooms": pd.array(rng.integers(1, 6, N), dtype="Int64"),
        }
    )
    made.loc[::17, "unsafe"] = pd.NA
    made.loc[::19, "score"] = np.nan
    made.loc[::23, "rooms"] = pd.NA
    made.loc[5::97, "w"] = 0.0
    made["size"] = made["stratum"].map(made.groupby("stratum").size() * 7)
    return made


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def data(engine: str, frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return deliver(engine, frame, tmp_path_factory.mktemp("data"))


def same(ours: Any, theirs: Any, sort: bool = False) -> None:
    """Both tables hold the same: numbers to 1e-12 of each column's size, all else exactly."""
    one, other = ours.to_frame(), theirs.to_frame()
    assert list(one.columns) == list(other.columns)
    if sort:
        keys = [c for c in one if one[c].dtype.kind not in "f" and c not in ("n", "flag")]
        one, other = (
            f.astype(dict.fromkeys(keys, str)).sort_values(keys, ignore_index=True)
            for f in (one, other)
        )
    for name in one:
        a, b = one[name], other[name]
        if a.dtype.kind == "f":
            scale = np.nanmax(np.abs(a.to_numpy()), initial=1e-12)
            np.testing.assert_allclose(b, a, rtol=1e-12, atol=1e-12 * scale, err_msg=name)
        else:
            assert a.astype(object).tolist() == b.astype(object).tolist(), name


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("design", DESIGNS)
def test_the_numbers_are_those_of_a_frame(
    engine: str, data: Any, frame: pd.DataFrame, design: str, question: str
) -> None:
    if engine == "spark" and (design, question) not in SPARK:
        pytest.skip("Spark is slow; it does a part")
    ask = QUESTIONS[question]
    known = ss.Survey(frame, weights="w", **DESIGNS[design])
    scanned = ss.Survey.scan(data, weights="w", **DESIGNS[design])
    same(ask(known), ask(scanned), sort=engine in UNORDERED)


@pytest.mark.parametrize("design", DESIGNS)
def test_an_engine_that_groups_the_rows_itself(
    engine: str, data: Any, frame: pd.DataFrame, design: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine == "spark":
        pytest.skip("Spark always does")
    monkeypatch.setattr(folded, "BUDGET", 0)
    # given up before all rows are read
    monkeypatch.setattr(folded, "CHUNK", 500)
    monkeypatch.setattr(source, "BATCH", 250)
    known = ss.Survey(frame, weights="w", **DESIGNS[design])
    scanned = ss.Survey.scan(data, weights="w", **DESIGNS[design])
    for question in ("several", "mean", "change", "calibrated"):
        ask = QUESTIONS[question]
        same(ask(known), ask(scanned), sort=engine in UNORDERED)


def test_tables_that_do_not_fit_beside_each_other_take_further_passes(
    frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    # room for two questions, found out in the middle of the rows
    monkeypatch.setattr(folded, "BUDGET", 24_000)
    monkeypatch.setattr(folded, "CHUNK", 500)
    monkeypatch.setattr(source, "BATCH", 250)
    passes = []
    batches = source.Source.batches
    monkeypatch.setattr(
        source.Source, "batches", lambda self, names: passes.append(names) or batches(self, names)
    )
    names = ["unsafe", "answer", "score", "rooms"]
    made = frame.assign(score=frame["score"].astype("Int64"))
    design = DESIGNS["clustered"]
    ask: Callable[[Any], Any] = lambda s: s.share(names, by=["age", "gender"])  # noqa: E731
    found = ask(ss.Survey.scan(made, weights="w", **design))
    assert len(set(names) & set(passes[0])) == 4
    assert 1 < len(passes) < 5
    same(ask(ss.Survey(made, weights="w", **design)), found)


SPARK = {
    ("clustered", "several"),
    ("element", "yes or no"),
    ("element", "change"),
    ("simple", "where"),
    ("clustered", "calibrated"),
}


def test_two_runs_give_the_same_bits(engine: str, data: Any) -> None:
    def run() -> pd.DataFrame:
        survey = ss.Survey.scan(data, weights="w", strata="stratum")
        return survey.share("answer", by=["age", "gender"]).to_frame()

    pd.testing.assert_frame_equal(run(), run(), check_exact=True)


@pytest.mark.parametrize(
    "question", ["unsafe", ["unsafe", "answer"]], ids=["one question", "two questions"]
)
@pytest.mark.parametrize(
    "where", [None, "score > 3", "wave > 2020", "unsafe == True", "wave > 2021"]
)
def test_a_result_of_several_waves_says_which(
    engine: str, frame: pd.DataFrame, tmp_path: Path, question: Any, where: str | None
) -> None:
    if engine == "spark":
        pytest.skip("Spark is slow; it does a part")
    waves = frame.assign(wave=np.array([2020, 2021, 2023])[np.arange(N) % 3])
    # a question that the first wave did not ask
    waves.loc[waves["wave"] == 2020, "answer"] = None
    known = ss.Survey(waves).share(question, by="age", where=where)
    data = deliver(engine, waves, tmp_path)
    scanned = ss.Survey.scan(data).share(question, by="age", where=where)
    assert scanned.metadata.waves == known.metadata.waves
    assert ss.Survey.scan(data, wave=2023).share("unsafe").metadata.waves == ()
    assert ss.Survey.scan(data).share("unsafe", by="wave").metadata.waves == ()


def test_covariances_and_tests(engine: str, data: Any, frame: pd.DataFrame) -> None:
    if engine == "spark":
        pytest.skip("Spark is slow; it does a part")
    for design in DESIGNS.values():
        known = ss.Survey(frame, weights="w", **design)
        scanned = ss.Survey.scan(data, weights="w", **design)
        one = np.asarray(known.share("answer", by="age").cov())
        other = np.asarray(scanned.share("answer", by="age").cov())
        np.testing.assert_allclose(other, one, rtol=0, atol=1e-12 * np.abs(one).max())
        one = np.asarray(known.share(["unsafe", "answer"], by="age").cov())
        other = np.asarray(scanned.share(["unsafe", "answer"], by="age").cov())
        np.testing.assert_allclose(other, one, rtol=0, atol=1e-12 * np.abs(one).max())
        for ask in (
            lambda s: s.independence("answer", "age"),
            lambda s: s.t_test("score", "unsafe"),
        ):
            a, b = ask(known), ask(scanned)
            assert b.n == a.n
            assert [b.statistic, b.df, b.p_value] == pytest.approx(
                [a.statistic, a.df, a.p_value], rel=1e-9
            )


@pytest.mark.parametrize(
    ("formula", "family"),
    [
        ("unsafe ~ C(age) * gender", "binomial"),
        ("score ~ gender + unsafe", "gaussian"),
        ("np.abs(score) ~ gender + np.square(age)", "gaussian"),
        ("age ~ gender", "poisson"),
        ("answer ~ gender", "multinomial"),
    ],
)
def test_models(engine: str, data: Any, frame: pd.DataFrame, formula: str, family: str) -> None:
    if engine in ("spark", *UNORDERED):
        pytest.skip("another order of levels is another reference")
    for design in DESIGNS.values():
        known = ss.Survey(frame, weights="w", **design).glm(formula, family)
        survey = ss.Survey.scan(data, weights="w", **design)
        scanned = survey.glm(formula, family, also="stratum")
        assert (scanned.n, scanned.left_out) == (known.n, known.left_out)
        for ask in (
            lambda m: m.to_frame(),
            lambda m: m.margins("gender").to_frame(),
            lambda m: m.margins("gender", by="stratum").to_frame(),
        ):
            one, other = ask(known), ask(scanned)
            for name in one:
                if one[name].dtype.kind == "f":
                    scale = np.nanmax(np.abs(one[name].to_numpy()), initial=1e-9)
                    np.testing.assert_allclose(
                        other[name], one[name], rtol=1e-9, atol=1e-10 * scale, err_msg=name
                    )
                else:
                    assert one[name].astype(str).tolist() == other[name].astype(str).tolist()


def test_a_frame_of_another_kind_is_scanned_by_survey_itself(engine: str, data: Any) -> None:
    if engine == "pandas":
        assert isinstance(ss.Survey(data), ss.Survey)
        return
    survey = ss.Survey(data, weights="w", strata="stratum", name="city", wave=2023)
    assert len(survey) == N
    assert "3000 respondents" in repr(survey)
    assert survey.total(None).metadata.wave == 2023


def test_kinds_of_columns(engine: str, tmp_path: Path) -> None:
    if engine == "spark":
        pytest.skip("Spark is slow; it does a part")
    n = 60
    frame = pd.DataFrame(
        {
            "yes": [True, False, True] * 20,
            "small": np.arange(n, dtype=np.int8) % 3,
            "unsigned": np.arange(n, dtype=np.uint16) % 2,
            "nullable": pd.array([1, 2, None] * 20, dtype="Int32"),
            "single": (np.arange(n) % 4).astype(np.float32),
            "text": ["åäö", None, "🙂", "'\"; drop table"] * 15,
            "day": pd.to_datetime(["2023-01-01", "2023-06-01", None] * 20),
            "nothing": [None] * n,
            "group by": ["a", "b"] * 30,
        }
    )
    frame["nothing"] = frame["nothing"].astype("string")
    frame.loc[frame["single"] == 3, "single"] = np.nan
    known, scanned = ss.Survey(frame), ss.Survey.scan(deliver(engine, frame, tmp_path))
    for by in ("small", "unsigned", "nullable", "single", "text", "day", "group by", "nothing"):
        one, other = (s.share("yes", by=by).to_frame() for s in (known, scanned))
        assert one["n"].tolist() == other["n"].tolist(), by
        assert one[by].astype(str).tolist() == other[by].astype(str).tolist(), by
        np.testing.assert_allclose(other["estimate"], one["estimate"], rtol=1e-12)


def test_one_row_is_no_sample(engine: str, tmp_path: Path) -> None:
    if engine == "spark":
        pytest.skip("Spark is slow; it does a part")
    one = pd.DataFrame({"yes": [True], "w": [2.0]})
    survey = ss.Survey.scan(deliver(engine, one, tmp_path), weights="w")
    with pytest.raises(ss.DesignError, match="one primary sampling unit"):
        survey.share("yes")


@pytest.mark.parametrize("combined", [True, False])
def test_replicate_weights(
    engine: str, frame: pd.DataFrame, tmp_path: Path, combined: bool
) -> None:
    if engine == "spark":
        pytest.skip("Spark is slow; it does a part")
    made = ss.Survey(frame, weights="w", strata="stratum", clusters="psu").with_replicates(
        "bootstrap", replicates=12
    )
    assert made.design.replicates is not None
    matrix = made.design.replicates.matrix[made.design.replicates.unit]
    held = frame["w"].to_numpy()[:, None] if combined else 1.0
    columns = {f"rep{j + 1}": column for j, column in enumerate((matrix * held).T)}
    wide = frame.assign(**columns)
    given = ss.ReplicateWeights("rep", "bootstrap", combined=combined)
    known = ss.Survey(wide, weights="w", replicates=given)
    scanned = ss.Survey.scan(deliver(engine, wide, tmp_path), weights="w", replicates=given)
    for ask in ("yes or no", "several", "mean", "median", "change"):
        same(QUESTIONS[ask](known), QUESTIONS[ask](scanned), sort=engine in UNORDERED)
