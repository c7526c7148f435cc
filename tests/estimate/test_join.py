"""Several samples as one design."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from survey_stats.errors import DesignError, InputError, UnknownNameError
from survey_stats.estimate import Survey, join

DESIGN = {"weights": "w", "strata": "stratum", "clusters": "psu"}


def wave(seed: int, psus: range = range(8)) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [(h, p) for h in ("north", "south") for p in psus for _ in range(6)]
    frame = pd.DataFrame(rows, columns=["stratum", "psu"])
    level = np.random.default_rng(99).normal(0, 1, 40)[frame["psu"]]
    frame["w"] = rng.uniform(1, 3, len(frame))
    frame["yes"] = pd.array(rng.normal(level, 1) > 0, dtype="boolean")
    frame.loc[frame.sample(frac=0.1, random_state=seed).index, "yes"] = pd.NA
    frame["area"] = pd.Categorical(rng.choice(["a", "b"] if seed % 2 else ["a", "c"], len(frame)))
    return frame


def test_independent_waves_keep_their_own_standard_errors():
    surveys = [Survey(wave(s), wave=2000 + s, **DESIGN) for s in (1, 2)]
    joined = join(surveys)
    est = joined.share("yes", by="wave")
    for i, survey in enumerate(surveys):
        alone = survey.share("yes")
        assert est.estimate[i] == alone.estimate[0]
        assert est.se[i] == pytest.approx(alone.se[0], rel=1e-12)
        assert est.df[i] == alone.df[0]
    assert est.cov()[0, 1] == pytest.approx(0, abs=1e-18)
    assert est.keys["wave"].tolist() == [2001, 2002]
    assert joined.wave == "2001, 2002"


def test_shared_psus_are_in_the_covariance_of_their_totals():
    frames = [wave(1, range(8)), wave(2, range(3, 11))]
    joined = join([Survey(f, **DESIGN) for f in frames], shared="psu")
    cov = joined.share("yes", by="wave").cov()
    want = np.zeros((2, 2))
    totals = []
    for f in frames:
        y, w = f["yes"].astype(float), f["w"].where(f["yes"].notna(), 0.0)
        p = np.nansum(w * y) / w.sum()
        totals.append((w * (y.fillna(0) - p) / w.sum()).groupby([f["stratum"], f["psu"]]).sum())
    both = pd.concat(totals, axis=1).fillna(0.0)
    for _, part in both.groupby(level=0):
        gap = (part - part.mean()).to_numpy()
        want += len(part) / (len(part) - 1) * gap.T @ gap
    np.testing.assert_allclose(cov, want, rtol=1e-12)
    assert cov[0, 1] > 0


def test_a_panel_has_people_as_units():
    rng = np.random.default_rng(5)
    before = pd.DataFrame({"id": np.arange(60), "y": rng.normal(0, 1, 60), "w": 1.0})
    after = before.assign(y=before["y"] + rng.normal(0.2, 0.1, 60)).iloc[10:]
    surveys = [Survey(f, weights="w") for f in (before, after)]
    joined = join(surveys, shared="respondent", respondent="id")
    cov = joined.mean("y", by="wave").cov()
    assert cov[0, 1] > 0.7 * cov[0, 0]
    with pytest.raises(InputError, match="respondent="):
        join(surveys, shared="respondent")
    with pytest.raises(UnknownNameError, match="'idd'"):
        join(surveys, shared="respondent", respondent="idd")
    moved = [s.frame.assign(stratum=(s.frame["id"] + i) % 2) for i, s in enumerate(surveys)]
    with pytest.raises(DesignError, match="more than one stratum"):
        join(
            [Survey(f, weights="w", strata="stratum") for f in moved],
            shared="respondent",
            respondent="id",
        )


def test_columns_keep_their_kinds():
    one, two = wave(1), wave(2).assign(only=True)
    two["only"] = two["only"].astype("boolean")
    joined = join([Survey(one, **DESIGN), Survey(two, **DESIGN)], wave="year")
    assert joined.frame["area"].cat.categories.tolist() == ["a", "b", "c"]
    assert joined.frame["yes"].dtype == "boolean"
    assert joined.frame["only"].isna().sum() == len(one)
    assert joined.frame["year"].tolist() == [1] * len(one) + [2] * len(two)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: [s[0]], "1 surveys to join"),
        (lambda s: [s[0], s[1].with_replicates("jkn")], "replicate weights cannot be joined"),
        (lambda s: [s[0], Survey(s[1].frame, weights="w")], r"strata differently.*rename"),
        (
            lambda s: [s[0], Survey(s[1].frame, lonely_psu="adjust", **DESIGN)],
            "different rules for lonely PSUs",
        ),
        (
            lambda s: [Survey(x.frame.assign(wave=3), **DESIGN) for x in s],
            "does not tell the surveys apart",
        ),
        (
            lambda s: [s[0], Survey(s[1].frame.assign(wave=3), **DESIGN)],
            "Some of the surveys have a column 'wave'",
        ),
    ],
)
def test_what_cannot_be_joined(change, message):
    surveys = [Survey(wave(s), **DESIGN) for s in (1, 2)]
    with pytest.raises((InputError, DesignError), match=message):
        join(change(surveys))


def test_shared_needs_what_it_shares():
    frames = [wave(1), wave(2)]
    with pytest.raises(InputError, match="needs surveys with clusters"):
        join([Survey(f, weights="w") for f in frames], shared="psu")
    with pytest.raises(InputError, match="shared='psus' is not known"):
        join([Survey(f, **DESIGN) for f in frames], shared="psus")


def test_codings_are_said_and_must_agree():
    surveys = [Survey(wave(s), codings={"yes": c}, **DESIGN) for s, c in ((1, "city"), (2, "city"))]
    joined = join(surveys)
    assert joined.share("yes").metadata.caption().startswith("share of yes (coding: city)")
    assert joined.independence("yes", "area").metadata.coding == (("yes", "city"),)
    other = Survey(wave(2), codings={"yes": "research"}, **DESIGN)
    with pytest.raises(InputError, match=r"'yes' differently \(city and research\)"):
        join([surveys[0], other])
