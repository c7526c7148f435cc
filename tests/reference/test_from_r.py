"""The calls of docs/from_r.md are calls of this package, and what it says of R and us holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.estimate import ReplicateWeights

TEXT = (Path(__file__).parents[2] / "docs" / "from_r.md").read_text(encoding="utf-8")
CALLS = [
    call
    for line in TEXT.splitlines()
    if line.startswith("| `")
    for call in re.findall(r"`([^`]+)`", line.split(" | ")[1])
]


def test_the_table_is_read() -> None:
    assert len(CALLS) == 28


@pytest.mark.parametrize("call", CALLS)
def test_a_call_of_the_table_gives_a_number(
    call: str,
    survey_of: Callable[[str], ss.Survey],
    fixture_of: Callable[[str], pd.DataFrame],
) -> None:
    d = survey_of("apistrat")
    known = {
        "ss": ss,
        "np": np,
        "ReplicateWeights": ReplicateWeights,
        "d": d,
        "m": d.glm("api00 ~ meals + stype", "gaussian"),
        "people": {"E": 4421, "H": 755, "M": 1018},
        "apistrat": fixture_of("apistrat"),
        "apiclus2": fixture_of("apiclus2"),
        "scd": pd.concat([fixture_of("scd"), fixture_of("scd_brr")], axis=1),
    }
    found = eval(call, known)
    if isinstance(found, ss.Survey):
        question = "alive" if "alive" in found.frame else "api00"
        found = found.mean(question)
    number = found.cov() if hasattr(found, "cov") else found
    number = getattr(found, "p_value", number)
    assert np.isfinite(np.asarray(number, dtype=float)).all()


def test_equal_sums_of_weights_are_equal(fixture_of: Callable[[str], pd.DataFrame]) -> None:
    sample = fixture_of("apisrs")
    assert len(sample) == 200
    found = ss.Survey(sample, weights="pw").quantile("api00", 0.05)
    assert found.estimate[0] == sorted(sample["api00"])[9]


def test_a_domain_of_the_health_survey_has_fewer_df_than_the_rank(
    survey_of: Callable[[str], ss.Survey],
) -> None:
    health = survey_of("nhanes").with_replicates("jkn")
    assert health.share("HI_CHOL").df.tolist() == [16.0]
    assert health.share("HI_CHOL", where="race == 'other'").df.tolist() == [14.0]


def test_a_row_of_weight_zero_was_not_sampled(fixture_of: Callable[[str], pd.DataFrame]) -> None:
    sample = fixture_of("apisrs")
    kept = sample["api00"] >= 500
    zero = ss.Survey(sample.assign(w=sample["pw"].where(kept, 0.0)), weights="w")
    part = ss.Survey(sample, weights="pw").mean("enroll", where="api00 >= 500")
    n, left = len(sample), int(kept.sum())
    ratio = np.sqrt(n / (n - 1) / (left / (left - 1)))
    assert part.se[0] / zero.mean("enroll").se[0] == pytest.approx(ratio, rel=1e-12)


@pytest.mark.parametrize("mse", [False, True])
@pytest.mark.parametrize(
    ("design", "file", "ratio"),
    [("clusters", "clusters_jkn", ("x", "v")), ("hospital", "hospital_jkn", ("births", "tothosp"))],
)
def test_replicates_made_here_are_those_of_r(
    design: str,
    file: str,
    ratio: tuple[str, str],
    mse: bool,
    survey_of: Callable[[str], ss.Survey],
    replicate_survey_of: Callable[[str], ss.Survey],
) -> None:
    made = survey_of(design).with_replicates("jkn", mse=mse).ratio(*ratio)
    given = replicate_survey_of(f"{file}|{'mse' if mse else 'centred'}").ratio(*ratio)
    assert made.se[0] == pytest.approx(given.se[0], rel=1e-9)
    if design == "clusters":
        other = survey_of(design).with_replicates("jkn", mse=not mse).ratio(*ratio)
        assert abs(other.se[0] / made.se[0] - 1) > 1e-7
