"""Every group against the rest, the whole or one group: as `change` says of two domains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from survey_stats.compare import against, change
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate import Survey

SAMPLE = pd.read_csv(Path(__file__).parent / "reference" / "trend_sample.csv").assign(
    grade=lambda f: pd.cut(f["score"], [-9, 2.5, 3.5, 9], labels=["a", "b", "c"]),
    home=lambda f: np.random.default_rng(3).choice(["x", "y", "z", None], len(f)),
)
DESIGNS = {
    "clusters": {"weights": "w", "strata": ["wave", "stratum"], "clusters": "psu"},
    "respondents": {"weights": "w", "strata": "stratum"},
}
NUMBERS = ["before", "after", "difference", "se", "df", "n_before", "n_after", "statistic"]


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize(
    ("question", "statistic"), [("yes", "share"), ("grade", "share"), ("score", "mean")]
)
@pytest.mark.parametrize("reference", ["rest", "whole", "y"])
def test_each_row_is_a_change_between_two_domains(design, question, statistic, reference):
    survey = Survey(SAMPLE, **DESIGNS[design])
    kwargs = {"adjust": "none", "statistic": statistic, "where": "wave > 2008"}
    found = against(survey, question, "home", reference, "area", **kwargs)
    table = found.to_frame()
    assert len(table) == 2 * (2 if reference == "y" else 3) * (3 if question == "grade" else 1)
    for (area, home), rows in table.groupby(["area", "home"]):
        mates = {
            "rest": SAMPLE["home"].notna() & (SAMPLE["home"] != home),
            "whole": SAMPLE["home"].notna(),
            "y": SAMPLE["home"] == "y",
        }[reference]
        want = change(
            survey,
            survey,
            question,
            before_where=mates & (SAMPLE["area"] == area),
            after_where=(SAMPLE["home"] == home) & (SAMPLE["area"] == area),
            **kwargs,
        ).to_frame()
        np.testing.assert_allclose(
            rows[NUMBERS].to_numpy(float), want[NUMBERS].to_numpy(float), rtol=1e-10
        )
        assert rows["flag"].tolist() == [""] * len(rows)


def test_all_groups_are_one_family_and_told_in_words():
    found = against(Survey(SAMPLE, **DESIGNS["clusters"]), "yes", "home", by="area")
    assert found.family.size == 6
    assert found.family.caption().startswith("difference of share of yes, each home less the rest")
    assert found.family.samples == "one design"


def test_what_cannot_be_compared_says_why():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"area": ["a"] * 80 + ["b"] * 80 + ["c"] * 3, "sex": "m"})
    frame["yes"] = rng.random(163) < 0.4
    frame.loc[frame["area"] == "b", "yes"] = True
    frame.loc[frame["area"] == "c", "sex"] = "f"
    found = against(Survey(frame), "yes", "area", by="sex").to_frame().set_index("area")
    assert found.loc["c", "flag"] == "no answers in the reference"
    assert found.loc["a", "flag"] == "standard error 0 in the reference: all answers are equal"
    assert found.loc["b", "flag"] == "standard error 0 in the group: all answers are equal"
    assert found["p_value"].isna().all()


def test_replicates_carry_over():
    survey = Survey(SAMPLE, **DESIGNS["clusters"])
    plain = against(survey, "yes", "home").to_frame()
    replicated = against(survey.with_replicates("jkn"), "yes", "home").to_frame()
    np.testing.assert_allclose(plain["difference"], replicated["difference"], rtol=1e-12)
    np.testing.assert_allclose(plain["se"], replicated["se"], rtol=0.05)


def test_many_groups_at_once():
    rng = np.random.default_rng(2)
    n = 60_000
    frame = pd.DataFrame({"area": rng.integers(0, 400, n), "psu": rng.integers(0, 600, n)})
    frame["yes"] = rng.random(n) < 0.3
    found = against(Survey(frame, clusters="psu"), "yes", "area")
    assert found.family.size == 400
    assert (found.p_adjusted < 0.05).sum() == 0


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"column": "town"}, UnknownNameError, "'town'"),
        ({"reference": "w"}, UnknownNameError, "'w'"),
        ({"by": "home"}, InputError, "leave it out"),
        ({"where": "wave > 3000"}, InputError, "Nobody in the domain"),
        ({"adjust": "bonf"}, UnknownNameError, "bonf"),
    ],
)
def test_what_cannot_be_asked(kwargs, error, message):
    asked = {"column": "home"} | kwargs
    with pytest.raises(error, match=message):
        against(Survey(SAMPLE, **DESIGNS["clusters"]), "yes", **asked)


def test_a_group_has_not_increased_but_is_higher():
    yes = [1] * 150 + [0] * 100 + [1] * 50 + [0] * 100
    frame = pd.DataFrame({"home": ["a"] * 200 + ["b"] * 200, "yes": yes})
    found = against(Survey(frame, name="city_safety", wave=2023), "yes", "home")
    assert found.to_frame()["verdict"].tolist() == ["significant increase", "significant decrease"]
    for told in (found._repr_html_(), repr(found), found.alt_text("en")):
        assert "ignificantly higher" in told
        assert "crease" not in told
        assert "change of" not in told
    assert "äkerställt högre" in found.alt_text("sv")
    fewer = pd.DataFrame({"home": frame["home"].tolist(), "yes": [0, 1, 0, 0] * 100})
    later = Survey(fewer, name="city_safety", wave=2026)
    first = Survey(frame, name="city_safety", wave=2023)
    in_time = change(first, later, "yes", by="home")
    assert "significant decrease" in in_time._repr_html_()
    assert "change of" in repr(in_time)
