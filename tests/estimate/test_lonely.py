"""Strata with a single PSU under every rule, and what a domain leaves of a stratum."""

from __future__ import annotations

import numpy as np
import pytest

from survey_stats.errors import DesignError
from survey_stats.estimate import Survey

DESIGN = {"weights": "weight", "strata": "stratum", "clusters": "psu"}


def unit_scores(frame, y):
    """Linearised totals of a mean by stratum and PSU, straight from the definition."""
    kept = frame[y].notna()
    w = frame["weight"].where(kept, 0.0)
    values = frame[y].fillna(0.0)
    mean = (w * values).sum() / w.sum()
    scores = (w * (values - mean) / w.sum()).where(kept, 0.0)
    return scores.groupby([frame["stratum"], frame["psu"]]).sum()


def by_stratum(totals):
    parts = {}
    for stratum, group in totals.groupby(level=0):
        n = len(group)
        parts[stratum] = n / (n - 1) * ((group - group.mean()) ** 2).sum() if n > 1 else None
    return parts


def test_error_names_the_strata_before_any_number(lonely_frame):
    with pytest.raises(DesignError, match=r"2 of 6 strata have a single PSU .*\(s0, s3\)"):
        Survey(lonely_frame, **DESIGN)


@pytest.mark.parametrize("y", ["yes", "income"])
def test_certainty_adjust_and_average(lonely_frame, y):
    totals = unit_scores(lonely_frame, y)
    parts = by_stratum(totals)
    known = [v for v in parts.values() if v is not None]
    alone = sum(float(totals[s].iloc[0]) ** 2 for s, v in parts.items() if v is None)
    want = {
        "certainty": sum(known),
        "adjust": sum(known) + alone,
        "average": sum(known) * len(parts) / len(known),
    }
    for rule, variance in want.items():
        est = Survey(lonely_frame, lonely_psu=rule, **DESIGN).mean(y)
        assert est.se[0] ** 2 == pytest.approx(variance, rel=1e-11)
        assert est.cov()[0, 0] == pytest.approx(variance, rel=1e-11)


def test_collapse_merges_with_the_next_stratum(lonely_frame):
    merged = lonely_frame.assign(
        psu=lonely_frame["stratum"] + "-" + lonely_frame["psu"].astype(str),
        stratum=lonely_frame["stratum"].replace({"s0": "s1", "s3": "s4"}),
    )
    est = Survey(lonely_frame, lonely_psu="collapse", **DESIGN).share("yes", by="area")
    want = Survey(merged, **DESIGN).share("yes", by="area")
    np.testing.assert_allclose(est.se, want.se, rtol=1e-12)
    np.testing.assert_array_equal(est.df, want.df)


def test_the_last_stratum_collapses_backwards(lonely_frame):
    order = lonely_frame.assign(stratum=lonely_frame["stratum"].replace({"s0": "z"}))
    merged = order.assign(
        psu=order["stratum"] + "-" + order["psu"].astype(str),
        stratum=order["stratum"].replace({"z": "s5", "s3": "s4"}),
    )
    est = Survey(order, lonely_psu="collapse", **DESIGN).mean("income")
    assert est.se[0] == pytest.approx(Survey(merged, **DESIGN).mean("income").se[0], rel=1e-12)


def test_a_whole_population_of_one_is_not_lonely(lonely_frame):
    sizes = lonely_frame["psus"].where(~lonely_frame["stratum"].isin(["s0", "s3"]), 1)
    survey = Survey(lonely_frame.assign(psus=sizes), fpc="psus", **DESIGN)
    certainty = Survey(
        lonely_frame.assign(psus=sizes), fpc="psus", lonely_psu="certainty", **DESIGN
    )
    assert survey.share("yes").se[0] == certainty.share("yes").se[0]


def test_a_domain_that_leaves_one_psu_is_centred_unless_asked(frame):
    where = (frame["stratum"] != "s1") | (frame["psu"] == 0)
    plain = Survey(frame, **DESIGN).share("yes", where=where)
    strict = Survey(frame, lonely_domain=True, **DESIGN).share("yes", where=where)
    assert np.isnan(strict.se[0])
    assert strict.flag[0] == "no standard error: a stratum has a single PSU"
    adjusted = Survey(frame, lonely_psu="adjust", lonely_domain=True, **DESIGN)
    # the stratum's mean is no longer taken off: the difference is n/(n-1) n mean^2
    kept = where & frame["yes"].notna()
    w = frame["weight"].where(kept, 0.0)
    theta = (w * frame["yes"].fillna(0)).sum() / w.sum()
    z = (w * (frame["yes"].fillna(0) - theta) / w.sum())[(frame["stratum"] == "s1")].sum()
    n = frame.loc[frame["stratum"] == "s1", "psu"].nunique()
    extra = n / (n - 1) * n * (z / n) ** 2
    got = adjusted.share("yes", where=where)
    assert got.se[0] ** 2 == pytest.approx(plain.se[0] ** 2 + extra, rel=1e-10)
    assert got.cov()[0, 0] == pytest.approx(got.se[0] ** 2, rel=1e-12)


def test_every_route_agrees_about_lonely_strata(lonely_frame, monkeypatch):
    from survey_stats.estimate import elements, taylor

    respondents = lonely_frame[lonely_frame["stratum"] != "s0"]
    keep = (respondents["stratum"] != "s3") | (respondents.groupby("stratum").cumcount() == 0)
    respondents = respondents[keep]
    for rule in ("certainty", "adjust", "average", "collapse"):
        for frame, clusters in ((lonely_frame, "psu"), (respondents, None)):
            for lonely_domain in (False, True):
                kwargs = {
                    "weights": "weight",
                    "strata": "stratum",
                    "clusters": clusters,
                    "lonely_psu": rule,
                    "lonely_domain": lonely_domain,
                }
                dense = Survey(frame, **kwargs).share("grade", by="area")
                with monkeypatch.context() as patch:
                    patch.setattr(taylor, "fits", lambda *_: False)
                    patch.setattr(elements, "fits", lambda *_: False)
                    rows = Survey(frame, **kwargs).share("grade", by="area")
                np.testing.assert_allclose(rows.se, dense.se, rtol=1e-9, atol=1e-14)
                np.testing.assert_allclose(
                    np.sqrt(np.diag(dense.cov())), dense.se, rtol=1e-9, atol=1e-14
                )
