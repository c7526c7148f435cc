"""Successive changes of fear at night, US General Social Survey 1976-2018, by sex, as R has them.

The microdata are public but not the project's to redistribute: they lie in `shared/realdata`
beside the checkout, and the tests are skipped where they are not there.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss

FILE = Path(__file__).parents[3] / "shared" / "realdata" / "gss_fear_1972_2018.parquet"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"{FILE.name} is not in ../shared")

R = pd.read_csv(Path(__file__).parent / "reference" / "gss_changes.csv", skipinitialspace=True)
PAIRS = R[["before", "after"]].drop_duplicates().to_numpy().tolist()
DESIGN = {"weights": "wtssall", "clusters": "vpsu", "lonely_psu": "adjust"}
# R prints 17 digits; the odds go through one more function
CLOSE = 1e-8


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    frame = pd.read_parquet(FILE)
    frame = frame[frame["vstrat"].notna() & frame["wtssall"].notna()]
    return frame.assign(fear=frame["fear"].map({"Yes": True, "No": False}).astype("boolean"))


@pytest.fixture(scope="module")
def gss(frame) -> ss.Survey:
    return ss.Survey(frame, strata=["year", "vstrat"], name="GSS", **DESIGN)


def test_r_has_every_pair_of_years_that_asked(frame):
    years = sorted(frame.loc[frame["fear"].notna(), "year"].unique().tolist())
    assert [list(pair) for pair in pairwise(years)] == PAIRS
    assert len(R) == 3 * len(PAIRS) >= 60


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_successive_changes_by_sex_agree_with_r(gss, before, after):
    sides = {"before_where": f"year == {before}", "after_where": f"year == {after}"}
    by_sex = ss.change(gss, gss, "fear", by="sex", df="domain", **sides)
    for out in (by_sex, ss.change(gss, gss, "fear", df="domain", **sides)):
        odds = out.odds_ratio()
        for row in range(len(out)):
            sex = str(out.keys["sex"][row]) if "sex" in out.keys else "all"
            told = R[(R.before == before) & (R.after == after) & (R.sex == sex)].iloc[0]
            assert out.difference[row] == pytest.approx(told.difference, rel=CLOSE)
            assert out.se[row] == pytest.approx(told.se, rel=CLOSE)
            assert out.df[row] == pytest.approx(told.df, rel=CLOSE)
            assert np.log(odds.value[row]) == pytest.approx(told.log_odds_ratio, rel=CLOSE)
            assert odds.se_log[row] == pytest.approx(told.log_odds_ratio_se, rel=CLOSE)


def test_2016_to_2018_is_the_printed_change_by_every_way_of_asking(gss, frame):
    sides = {"before_where": "year == 2016", "after_where": "year == 2018"}
    waves = [
        ss.Survey(frame[frame.year == year], strata="vstrat", **DESIGN) for year in (2016, 2018)
    ]
    found = ss.change(gss, gss, "fear", **sides), ss.change(*waves, "fear")
    for out in found:
        assert f"{out.difference[0]:.6f}" == "0.020667"
        assert f"{out.se[0]:.4f}" == "0.0240"
        assert out.verdict[0] == "cannot be decided"
    assert found[0].se[0] == pytest.approx(found[1].se[0], rel=1e-12)
