"""df of unequal sampling units, against the definition with full matrices."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from survey_stats.compare import change
from survey_stats.errors import InputError
from survey_stats.estimate import Survey, join
from survey_stats.estimate.effective import effective_df
from survey_stats.estimate.scores import stack


def sample(seed: int, clustered: bool = True) -> Survey:
    rng = np.random.default_rng(seed)
    rows = [(h, u) for h in range(3) for u in range(3 + h) for _ in range(rng.integers(2, 9))]
    frame = pd.DataFrame(rows, columns=["stratum", "psu"]).sample(frac=1, random_state=seed)
    frame["w"] = rng.lognormal(0, 0.7, len(frame))
    frame["yes"] = rng.random(len(frame)) < 0.4
    frame["wave"] = rng.integers(1, 3, len(frame))
    frame["area"] = rng.choice(list("abc"), len(frame))
    return Survey(frame, weights="w", strata="stratum", clusters="psu" if clustered else None)


def by_definition(survey: Survey, sides: list[np.ndarray]) -> float:
    """tr(MS)^2 / tr(MSMS) with the full matrices."""
    stage = survey.design.stages[0]
    unit = np.arange(len(survey)) if stage.unit is None else stage.unit
    stratum = stage.stratum if stage.unit is None else stage.unit_stratum
    U, w = stratum.size, survey.design.weights
    form = np.zeros((U, U))
    for h in range(stage.n_strata):
        here = np.flatnonzero(stratum == h)
        form[np.ix_(here, here)] = stage.factor[h] * (np.eye(here.size) - 1 / here.size)
    spread = np.zeros((U, U))
    for inside in sides:
        total = w[inside].sum()
        part = np.bincount(unit[inside], w[inside], U) / total
        error = np.bincount(unit[inside], w[inside] ** 2, U) / total**2
        keep = np.eye(U) - np.outer(part, np.ones(U))
        spread += keep @ np.diag(error) @ keep.T
    product = form @ spread
    return np.trace(product) ** 2 / np.trace(product @ product)


@pytest.mark.parametrize("clustered", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_df_are_those_of_the_definition(seed, clustered):
    survey = sample(seed, clustered)
    before = survey.share("yes", by="area", where="wave == 1")
    after = survey.share("yes", by="area", where="wave == 2")
    both = stack([before.scores(), after.scores()])
    first, second = both.domain[:, :3], both.domain[:, 3:]
    got = effective_df(both.basis, [first, second])
    alone = effective_df(both.basis, [first])
    frame = survey.frame
    for i, area in enumerate("abc"):
        sides = [((frame["area"] == area) & (frame["wave"] == k)).to_numpy() for k in (1, 2)]
        assert got[i] == pytest.approx(by_definition(survey, sides), rel=1e-10)
        assert alone[i] == pytest.approx(by_definition(survey, sides[:1]), rel=1e-10)


def test_equal_units_have_units_less_strata():
    frame = pd.DataFrame(
        [(h, u, i % 2) for h in range(4) for u in range(5) for i in range(6)],
        columns=["stratum", "psu", "yes"],
    )
    survey = Survey(frame, strata="stratum", clusters="psu")
    scores = survey.share("yes").scores()
    assert effective_df(scores.basis, [scores.domain])[0] == pytest.approx(16, rel=1e-10)


def test_a_domain_of_nobody_has_none():
    survey = sample(4)
    scores = survey.share("yes", by="area").scores()
    empty = sparse.csc_array((scores.basis.size, 2))
    assert np.isnan(effective_df(scores.basis, [empty])).all()


@pytest.mark.parametrize("shared", ["psu", None])
def test_change_takes_the_fewer_df(shared):
    rng = np.random.default_rng(6)
    waves = []
    for year in (2020, 2023):
        rows = [(h, u) for h in "ab" for u in range(6) for _ in range(rng.integers(3, 30))]
        frame = pd.DataFrame(rows, columns=["stratum", "psu"])
        frame["w"] = rng.lognormal(0, 0.8, len(frame))
        frame["yes"] = rng.random(len(frame)) < 0.4
        waves.append(Survey(frame, weights="w", strata="stratum", clusters="psu", wave=year))
    told = change(*waves, "yes", by="stratum", shared=shared)
    plain = change(*waves, "yes", by="stratum", shared=shared, df="domain")
    np.testing.assert_array_equal(told.se, plain.se)
    both = join(waves, shared=shared)
    year = both.frame["wave"].to_numpy()
    for i, stratum in enumerate("ab"):
        sides = [(year == y) & (both.frame["stratum"] == stratum).to_numpy() for y in (2020, 2023)]
        if shared:
            want = min(by_definition(both, sides), 5.0)
        else:
            one, two = (min(by_definition(both, [side]), 5.0) for side in sides)
            v = [w.share("yes", by="stratum").se[i] ** 2 for w in waves]
            want = sum(v) ** 2 / (v[0] ** 2 / one + v[1] ** 2 / two)
        assert told.df[i] == pytest.approx(want, rel=1e-10)
        assert told.df[i] < plain.df[i]
    with pytest.raises(InputError, match="df='satterthwaite'"):
        change(*waves, "yes", df="satterthwaite")


def test_replicates_and_totals_keep_their_df():
    survey = sample(5)
    sides = {"before_where": "wave == 1", "after_where": "wave == 2"}
    made = survey.with_replicates("jkn")
    told = change(made, made, "yes", **sides)
    assert told.df[0] == change(made, made, "yes", df="domain", **sides).df[0]
    totals = [survey.total("yes", where=f"wave == {k}") for k in (1, 2)]
    assert change(*totals).df[0] == change(*totals, df="domain").df[0]
