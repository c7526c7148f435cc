"""US General Social Survey, fear of walking alone at night: the printed table of R survey.

The data are public but not the project's to redistribute: they lie in `shared/realdata` beside
the checkout, and the tests are skipped where they are not there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss

FILE = Path(__file__).parents[3] / "shared" / "realdata" / "gss_fear_1972_2018.parquet"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"{FILE.name} is not in ../shared")

YEARS = [2006, 2008, 2010, 2012, 2016, 2018]
# year: share, se, women's share, se, men's share, se; as printed in ../shared/realdata/README.md
PRINTED = {
    2006: (0.35143680, 0.015485590, 0.45106160, 0.020849633, 0.23159188, 0.016197510),
    2008: (0.32717664, 0.018215129, 0.46407534, 0.025351177, 0.16663149, 0.019520678),
    2010: (0.32702552, 0.017535826, 0.41808296, 0.021671209, 0.22354824, 0.022808563),
    2012: (0.33712713, 0.015980977, 0.44932698, 0.022401540, 0.20429150, 0.018781995),
    2016: (0.31217070, 0.014264642, 0.41057278, 0.021490570, 0.19048566, 0.017050991),
    2018: (0.33283789, 0.019284436, 0.43409325, 0.026744596, 0.21029167, 0.018364904),
}


@pytest.fixture(scope="module")
def gss() -> ss.Survey:
    frame = pd.read_parquet(FILE)
    frame = frame[frame["vstrat"].notna() & frame["wtssall"].notna()]
    return ss.Survey(
        frame,
        weights="wtssall",
        strata=["year", "vstrat"],
        clusters="vpsu",
        lonely_psu="adjust",
        name="GSS",
    )


def in_years(survey: ss.Survey) -> pd.Series:
    return survey.frame["year"].isin(YEARS) & survey.frame["fear"].notna()


def test_share_and_standard_error_of_every_year(gss: ss.Survey) -> None:
    frame = gss.share("fear", by="year", of=["Yes"], where=in_years(gss)).to_frame()
    assert frame["year"].tolist() == YEARS
    for row in frame.itertuples():
        share, se = PRINTED[row.year][:2]
        assert f"{row.estimate:.8f}" == f"{share:.8f}"
        assert f"{row.se:.9f}" == f"{se:.9f}"


def test_share_and_standard_error_of_women_and_men(gss: ss.Survey) -> None:
    frame = gss.share("fear", by=["year", "sex"], of=["Yes"], where=in_years(gss)).to_frame()
    assert len(frame) == 12
    for row in frame.itertuples():
        first = {"Female": 2, "Male": 4}[str(row.sex).capitalize()]
        share, se = PRINTED[row.year][first : first + 2]
        assert f"{row.estimate:.8f}" == f"{share:.8f}"
        assert f"{row.se:.9f}" == f"{se:.9f}"


def test_change_from_2016_to_2018(gss: ss.Survey) -> None:
    estimates = gss.share("fear", by="year", of=["Yes"], where=in_years(gss))
    frame, cov = estimates.to_frame(), estimates.cov()
    i, j = (frame["year"].tolist().index(y) for y in (2016, 2018))
    assert f"{frame['estimate'][j] - frame['estimate'][i]:.6f}" == "0.020667"
    assert f"{np.sqrt(cov[i, i] + cov[j, j] - 2 * cov[i, j]):.4f}" == "0.0240"
    # the waves share no PSU
    assert abs(cov[i, j]) < 1e-18


def test_a_strata_list_is_the_interaction_and_the_psus_of_years_stay_apart(gss: ss.Survey) -> None:
    frame = gss.frame.assign(
        stratum=lambda f: f["year"].astype(str) + "." + f["vstrat"].astype(str)
    )
    joined = ss.Survey(
        frame, weights="wtssall", strata="stratum", clusters="vpsu", lonely_psu="adjust"
    )
    ours = gss.share("fear", by="sex", of=["Yes"])
    theirs = joined.share("fear", by="sex", of=["Yes"])
    np.testing.assert_allclose(ours.se, theirs.se, rtol=1e-12)
    assert gss.design.df == joined.design.df > 2000
