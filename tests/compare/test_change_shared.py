"""`change(shared=)`: two Surveys that share PSUs or people, against R survey."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.compare import Changes
from survey_stats.errors import DesignError, InputError, UnknownNameError

HERE = Path(__file__).parent / "reference"
# the same linearisation in the same arithmetic: only the order of sums differs
CLOSE = 1e-9
R = (
    pd.read_csv(HERE / "change_measures.csv", skipinitialspace=True)
    .set_index(["what", "group", "statistic"])
    .value
)
SCHOOLS = {"weights": "weight", "strata": "stratum", "clusters": "psu"}
PEOPLE = {"weights": "weight", "strata": "stratum"}


@pytest.fixture(scope="module")
def waves() -> pd.DataFrame:
    return pd.read_csv(HERE / "waves.csv").astype({"unsafe": "boolean"})


@pytest.fixture(scope="module")
def schools(waves) -> list[ss.Survey]:
    return [
        ss.Survey(waves[waves.wave == w], **SCHOOLS, name="schools", wave=w) for w in (2020, 2023)
    ]


@pytest.fixture(scope="module")
def panel() -> list[ss.Survey]:
    frame = pd.read_csv(HERE / "panel.csv").astype({"unsafe": "boolean"})
    return [ss.Survey(frame[frame.wave == w], **PEOPLE, name="panel", wave=w) for w in (2020, 2023)]


def agree(out: Changes, row: int, what: str, group: str) -> None:
    told = R[what, group]
    assert out.flag[row] == ""
    assert out.difference[row] == pytest.approx(told["difference"], rel=CLOSE)
    assert out.se[row] == pytest.approx(told["difference_se"], rel=CLOSE)
    assert out.df[row] == told["df"]


@pytest.mark.parametrize("row", range(3))
def test_two_surveys_of_the_same_schools_agree_with_r(schools, row):
    out = ss.change(*schools, "unsafe", by="area", shared="psu")
    assert out.family.samples == "shared PSUs"
    assert out.family.before == "schools 2020"
    agree(out, row, "shared PSUs", out.keys["area"][row])


@pytest.mark.parametrize("row", range(2))
def test_a_panel_agrees_with_r(panel, row):
    people = {"shared": "respondent", "respondent": "id", "df": "domain"}
    out = ss.change(*panel, "unsafe", by="gender", **people)
    assert out.family.samples == "the same respondents"
    agree(out, row, "panel", out.keys["gender"][row])
    agree(ss.change(*panel, "unsafe", **people), 0, "panel", "all")


def test_expressions_arrays_and_series_choose_rows_of_their_own_side(schools):
    by = ss.change(*schools, "unsafe", by="area", shared="psu")
    at = by.keys["area"].tolist().index("B")
    masks = [s.frame["area"] == "B" for s in schools]
    for sides in (
        {"where": "area == 'B'"},
        {"before_where": "area == 'B'", "after_where": "area == 'B'"},
        {"before_where": masks[0], "after_where": masks[1].to_numpy()},
    ):
        out = ss.change(*schools, "unsafe", shared="psu", **sides)
        for name in ("difference", "se", "df", "n_before", "n_after", "p_value"):
            assert getattr(out, name)[0] == pytest.approx(getattr(by, name)[at], rel=1e-12)
    with pytest.raises(InputError, match="row by row"):
        ss.change(*schools, "unsafe", shared="psu", where=masks[0])


def test_replicates_and_separate_surveys_are_told_what_to_do(schools):
    made = [s.with_replicates() for s in schools]
    with pytest.raises(InputError, match="replicate weights cannot be joined"):
        ss.change(*made, "unsafe", shared="psu")


def test_what_the_two_sides_call_a_level_stays_apart(waves):
    """A level of one side only is no share of zero on the other."""
    old, new = (waves[waves.wave == w].copy() for w in (2020, 2023))
    old["q"] = pd.Categorical(np.where(old.unsafe.fillna(False), "yes", "no"))
    new["q"] = np.where(new.unsafe.fillna(False), "yes", np.where(new.psu < 5, "nej", "no"))
    out = ss.change(ss.Survey(old, **SCHOOLS), ss.Survey(new, **SCHOOLS), "q", shared="psu")
    frame = out.to_frame().set_index("level")
    assert frame.flag["nej"] == "only after: nothing to compare with"
    assert np.isnan(frame.difference["nej"])
    assert (frame.flag[["yes", "no"]] == "").all()


def test_groups_of_one_side_small_bases_and_equal_answers_have_reasons(waves):
    old, new = (waves[waves.wave == w].reset_index(drop=True) for w in (2020, 2023))
    old = old.assign(g="both", q=old.unsafe)
    new = new.assign(g="both", q=new.unsafe)
    old.loc[:49, "g"], new.loc[:49, "g"] = "old only", "new only"
    old.loc[50:53, "g"] = "four"
    new.loc[50:89, "g"] = "four"
    old.loc[54:90, "g"] = new.loc[90:130, "g"] = "all yes"
    old.loc[54:90, "q"] = True
    new.loc[150:190, "g"] = old.loc[150:190, "g"] = "one school"
    old.loc[150:190, "psu"] = new.loc[150:190, "psu"] = 77
    old.loc[150:190, "stratum"] = new.loc[150:190, "stratum"] = 3
    out = ss.change(ss.Survey(old, **SCHOOLS), ss.Survey(new, **SCHOOLS), "q", by="g", shared="psu")
    frame = out.to_frame(["ratio", "odds_ratio"], simultaneous=True).set_index("g")
    assert frame.flag.to_dict() == {
        "both": "",
        "old only": "only before: nothing to compare with",
        "new only": "only after: nothing to compare with",
        "four": "base under 5 before",
        "all yes": "standard error 0 before: all answers are equal",
        "one school": "no degrees of freedom before",
    }
    untested = frame.drop("both")
    numbers = ["ci_low", "p_value", "ratio", "ratio_low", "odds_ratio_high", "simultaneous_low"]
    assert untested[numbers].isna().all(axis=None)
    assert (untested.ratio_flag == untested.flag).all()
    assert (untested.verdict == "cannot be decided").all()
    assert np.isfinite(frame.loc["both", numbers].astype(float)).all()


def test_shared_is_held_against_the_ids(schools, panel, waves):
    apart = waves[waves.wave == 2023].assign(psu=lambda d: d.psu + 100)
    with pytest.raises(DesignError, match="no such unit in common"):
        ss.change(schools[0], ss.Survey(apart, **SCHOOLS), "unsafe", shared="psu")
    with pytest.raises(InputError, match="respondent="):
        ss.change(*panel, "unsafe", shared="respondent")
    with pytest.raises(UnknownNameError, match="'id'"):
        ss.change(*panel, "unsafe", shared="respondent", respondent="idd")
    with pytest.raises(InputError, match="clusters"):
        ss.change(*panel, "unsafe", shared="psu")
    with pytest.raises(InputError, match="goes with"):
        ss.change(*panel, "unsafe", respondent="id")
    with pytest.raises(InputError, match="'psus' is not known"):
        ss.change(*panel, "unsafe", shared="psus")
    with pytest.raises(UnknownNameError, match="unsafe"):
        ss.change(*schools, "unsaf", shared="psu")


def test_one_survey_must_have_the_units_that_are_said_to_be_shared(waves, panel):
    both = ss.Survey(waves, **SCHOOLS)
    sides = {"before_where": "wave == 2020", "after_where": "wave == 2023"}
    told = ss.change(both, both, "unsafe", by="area", shared="psu", **sides)
    assert np.array_equal(told.se, ss.change(both, both, "unsafe", by="area", **sides).se)
    people = ss.Survey(pd.concat([s.frame for s in panel]), **PEOPLE)
    with pytest.raises(DesignError, match="clusters of the Survey"):
        ss.change(people, people, "unsafe", shared="respondent", **sides)


def test_two_surveys_of_one_frame_are_no_independent_samples(waves):
    one, other = (ss.Survey(waves, **SCHOOLS) for _ in range(2))
    sides = {"before_where": "wave == 2020", "after_where": "wave == 2023"}
    for shared in (None, "psu"):
        with pytest.raises(InputError, match="two Surveys of one frame"):
            ss.change(one, other, "unsafe", shared=shared, **sides)
    with pytest.raises(InputError, match="two Surveys of one frame"):
        ss.change(one.share("unsafe"), other.share("unsafe"))
    with pytest.raises(InputError, match="two Surveys of one frame"):
        ss.change(one, ss.Survey(waves.assign(extra=1), **SCHOOLS), "unsafe", **sides)
    # slices of one frame hold other people, and equal values are not the same people
    half = len(waves) // 2
    parts = [ss.Survey(waves.iloc[:half]), ss.Survey(waves.iloc[half:])]
    assert ss.change(*parts, "unsafe").flag == ("",)
    assert ss.change(parts[0], ss.Survey(waves.iloc[:half].copy()), "unsafe").flag == ("",)
