"""Rows that stand for several respondents give what the respondents give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.estimate.declaration import declare
from survey_stats.estimate.design import Alike
from survey_stats.estimate.survey import Survey, survey_of

N = 1500
TOTALS = {"b": {"x": 3000.0, "y": 4100.0, "z": 5000.0}}
DESIGNS: list[dict[str, Any]] = [
    {},
    {"strata": "h", "fpc": "size"},
    {"strata": "h", "clusters": "c"},
    {"strata": "h", "clusters": ["c", "a"], "fpc": ["units", "parts"]},
    {"strata": "alone", "lonely_psu": "adjust"},
    {"strata": "alone", "lonely_psu": "average"},
    {"strata": "alone", "lonely_psu": "certainty"},
    {"strata": "alone", "lonely_psu": "collapse"},
    {"strata": "alone", "lonely_psu": "average", "lonely_domain": True},
    {"strata": "alone", "lonely_psu": "adjust", "lonely_domain": True},
]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    made = pd.DataFrame(
        {
            "h": rng.integers(0, 6, N),
            "c": rng.integers(0, 8, N),
            "w": np.exp(rng.normal(1, 0.8, N)),
            "a": rng.integers(0, 4, N),
            "b": rng.choice(["x", "y", "z"], N),
            "q": rng.integers(0, 3, N).astype(float),
            "y": rng.integers(0, 11, N).astype(float),
            "x": rng.integers(1, 5, N),
            "u": rng.random(N) < 0.3,
            "units": 40,
            "parts": 9,
        }
    )
    made.loc[::19, "q"] = np.nan
    made.loc[::23, "y"] = np.nan
    made.loc[7::71, "w"] = 0.0
    made["alone"] = made["h"]
    made.loc[0, ["alone", "w"]] = [99, 2.0]
    made["size"] = made["h"].map(made.groupby("h").size() * 5)
    return made


def collapsed(frame: pd.DataFrame, columns: list[str], design: dict[str, Any]) -> Survey:
    """The combinations of the columns and those of the design, by pandas."""
    own: list[str] = []
    for name in ("strata", "clusters", "fpc"):
        value = design.get(name, [])
        own += [value] if isinstance(value, str) else value
    keys = list(dict.fromkeys([*own, *columns]))
    sums = {f"s{k}": frame["w"] ** k for k in range(1, 7)}
    wide = frame[keys].assign(positive=frame["w"] > 0, **sums)
    table = wide.groupby([*keys, "positive"], dropna=False, sort=False)
    added = table[list(sums)].sum().assign(n=table.size()).reset_index()
    weight = added["s1"].to_numpy()
    safe = np.where(weight > 0, weight, 1.0)
    powers = [np.where(weight > 0, added[f"s{k}"] / safe**k, 1.0) for k in range(2, 7)]
    made = added[keys].assign(w=weight)
    built = declare(
        made,
        "w",
        design.get("strata"),
        design.get("clusters"),
        design.get("fpc"),
        design.get("lonely_psu", "error"),
        design.get("lonely_domain", False),
        alike=Alike(added["n"].to_numpy(), tuple(powers)),
    )
    return survey_of(made, built, None, None, {})


def close(one: pd.DataFrame, other: pd.DataFrame) -> None:
    assert list(one.columns) == list(other.columns)
    for name in one:
        if one[name].dtype.kind == "f":
            size = np.nanmax(np.abs(one[name].to_numpy()), initial=1e-9)
            np.testing.assert_allclose(
                other[name], one[name], rtol=1e-11, atol=1e-12 * size, err_msg=name
            )
        else:
            assert one[name].astype(str).tolist() == other[name].astype(str).tolist(), name


ASKED: list[tuple[list[str], Callable[[Survey], pd.DataFrame]]] = [
    (["u", "a", "b"], lambda s: s.share("u", by=["a", "b"]).to_frame()),
    (["q", "b"], lambda s: s.share("q", by="b").to_frame()),
    (["u", "q", "b"], lambda s: s.share(["u", "q"], by="b", where="q != 1").to_frame()),
    (["y", "a"], lambda s: s.mean("y", by="a").to_frame()),
    (["y", "a"], lambda s: s.total("y", by="a", margins=True).to_frame()),
    (["b"], lambda s: s.total(None, by="b").to_frame()),
    (["y", "x", "b"], lambda s: s.ratio("y", "x", by="b").to_frame()),
    (["y", "a"], lambda s: s.median("y", by="a").to_frame()),
    (
        ["u", "a", "b"],
        lambda s: ss.change(
            s, s, "u", by="b", before_where="a < 2", after_where="a > 0"
        ).to_frame(),
    ),
    (
        ["y", "a", "b"],
        lambda s: ss.change(
            s, s, "y", by="b", before_where="a < 2", after_where="a >= 2", statistic="mean"
        ).to_frame(),
    ),
]


@pytest.mark.parametrize("design", DESIGNS, ids=str)
def test_estimates_and_changes(frame: pd.DataFrame, design: dict[str, Any]) -> None:
    known = Survey(frame, weights="w", **design)
    for columns, ask in ASKED:
        close(ask(known), ask(collapsed(frame, columns, design)))


@pytest.mark.parametrize("design", DESIGNS, ids=str)
def test_covariances(frame: pd.DataFrame, design: dict[str, Any]) -> None:
    known = Survey(frame, weights="w", **design)
    few = collapsed(frame, ["q", "y", "x", "b"], design)
    for ask in (
        lambda s: s.share("q", by="b"),
        lambda s: s.mean(["y", "x"], by="b"),
        lambda s: s.share(["q", "b"]),
    ):
        one, other = np.asarray(ask(known).cov()), np.asarray(ask(few).cov())
        scale = np.nanmax(np.abs(one), initial=0.0)
        np.testing.assert_allclose(other, one, rtol=0, atol=1e-12 * scale)


@pytest.mark.parametrize("design", DESIGNS[:4], ids=str)
@pytest.mark.parametrize("method", ["raking", "linear"])
def test_after_calibration(frame: pd.DataFrame, design: dict[str, Any], method: Any) -> None:
    known = Survey(frame, weights="w", **design).calibrate(TOTALS, method=method)
    for columns, ask in ASKED:
        few = collapsed(frame, [*columns, "b"], design).calibrate(TOTALS, method=method)
        close(ask(known), ask(few))


def test_respondents_are_counted_and_not_rows(frame: pd.DataFrame) -> None:
    few = collapsed(frame, ["u"], {})
    assert len(few) < 10
    assert few.design.respondents == N
    assert f"{N} respondents" in few.design.text
    known = Survey(frame, weights="w")
    assert few.design.df == known.design.df
    one, other = (
        known.independence("u", "b"),
        collapsed(frame, ["u", "b"], {}).independence("u", "b"),
    )
    assert (one.n, one.df) == (other.n, pytest.approx(other.df, rel=1e-12))
