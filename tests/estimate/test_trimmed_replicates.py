"""Trimming within replicates: limits are of single weights, whatever came before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from survey_stats.estimate import Survey, join
from survey_stats.estimate.replicates import ReplicateWeights


@pytest.fixture
def drawn() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    n = 240
    frame = pd.DataFrame(
        {
            "stratum": rng.choice(["a", "b", "c"], n),
            "age": rng.choice(["young", "middle", "old"], n),
            "gender": rng.choice(["men", "women"], n),
        }
    )
    frame["w"] = frame["stratum"].map({"a": 10.0, "b": 20.0, "c": 40.0})
    frame["answered"] = rng.random(n) < frame["age"].map({"young": 0.45, "middle": 0.6, "old": 0.7})
    frame["unsafe"] = rng.random(n) < frame["age"].map({"young": 0.6, "middle": 0.4, "old": 0.2})
    frame["unsafe"] = frame["unsafe"].astype("boolean").where(frame["answered"])
    return frame


def weighted(survey: Survey, total: float) -> Survey:
    margins = {
        "gender": {"men": 0.5 * total, "women": 0.5 * total},
        "age": {"young": 0.3 * total, "middle": 0.35 * total, "old": 0.35 * total},
    }
    done = survey.adjust_nonresponse("answered", "age").calibrate(
        margins, linearisation="derivative"
    )
    done = done.trim(upper="2 x median")
    assert done.weighting.steps[-1].details["at_upper"] > 5
    return done


def test_all_ways_to_replicates_are_one(drawn: pd.DataFrame) -> None:
    survey = Survey(drawn, weights="w", strata="stratum")
    total = drawn["w"].sum()
    done = weighted(survey, total)
    after = done.with_replicates("jkn").share("unsafe").se
    before = weighted(survey.with_replicates("jkn"), total).share("unsafe").se
    columns, scales = {}, []
    for stratum, rows in drawn.groupby("stratum").groups.items():
        size = len(rows)
        for row in rows:
            w = drawn["w"].where(drawn["stratum"] != stratum, drawn["w"] * size / (size - 1))
            columns[f"rep{len(columns)}"] = w.where(drawn.index != row, 0.0)
            scales.append((size - 1) / size)
    given = Survey(
        pd.concat([drawn, pd.DataFrame(columns)], axis=1),
        weights="w",
        replicates=ReplicateWeights(list(columns), "jkn", rscales=scales),
    )
    assert before == pytest.approx(after, rel=1e-9)
    assert weighted(given, total).share("unsafe").se == pytest.approx(after, rel=1e-9)
    # and the linearised error is the jackknife's but for terms of second order
    assert done.share("unsafe").se == pytest.approx(after, rel=0.03)


def test_trimmed_samples_side_by_side(drawn: pd.DataFrame) -> None:
    total = drawn["w"].sum()
    surveys = [
        weighted(Survey(part.reset_index(drop=True), weights="w", strata="stratum"), total)
        for part in (drawn, drawn.iloc[::2])
    ]
    both = join(surveys)
    alone = np.concatenate([s.share("unsafe").se for s in surveys])
    assert both.share("unsafe", by="wave").se == pytest.approx(alone, rel=1e-9)
    # replicates are centred at their mean, in which those of the other sample have a part
    replicated = np.concatenate([s.with_replicates("jkn").share("unsafe").se for s in surveys])
    found = both.with_replicates("jkn").share("unsafe", by="wave").se
    assert found == pytest.approx(replicated, rel=1e-5)
