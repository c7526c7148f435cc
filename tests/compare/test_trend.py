"""Lines through waves, against R's svyglm and regTermTest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from survey_stats.compare import trend
from survey_stats.errors import DesignError, InputError, UnknownNameError
from survey_stats.estimate import Survey, join

REFERENCE = Path(__file__).parent / "reference"
SAMPLE = pd.read_csv(REFERENCE / "trend_sample.csv")
WANTED = pd.read_csv(REFERENCE / "trend.csv")


def survey(units: str = "own") -> Survey:
    strata = ["wave", "stratum"] if units == "own" else "stratum"
    return Survey(SAMPLE, weights="w", strata=strata, clusters="psu", lonely_psu="adjust")


@pytest.mark.parametrize("units", ["own", "shared"])
@pytest.mark.parametrize("link", ["identity", "logit", "mean"])
@pytest.mark.parametrize("degree", [1, 2])
def test_lines_are_those_of_svyglm(units: str, link: str, degree: int) -> None:
    question, statistic = ("score", "mean") if link == "mean" else ("yes", "share")
    kwargs = {
        "where": "yes >= 0",
        "degree": degree,
        "link": "logit" if link == "logit" else "identity",
        "statistic": statistic,
    }
    whole = trend(survey(units), question, **kwargs).to_frame().assign(area="all")
    by_area = trend(survey(units), question, by="area", **kwargs).to_frame()
    ours = pd.concat([whole, by_area], ignore_index=True)
    if degree == 1:
        ours["term"] = "linear"
    ours["statistic"] = ours["statistic"].astype(float)
    want = WANTED.query("units == @units and link == @link and degree == @degree")
    assert len(want) == len(ours) == 3 * degree
    both = want.merge(ours, on=["area", "term"], suffixes=("_r", ""))
    assert len(both) == 3 * degree
    for name in ("estimate", "se", "statistic", "df", "p_value", "p_nonlinear", "p_any"):
        np.testing.assert_allclose(both[name], both[f"{name}_r"], rtol=1e-8, err_msg=name)


def test_the_answers_of_several_questions_and_levels_are_one_family() -> None:
    frame = SAMPLE.assign(grade=pd.cut(SAMPLE["score"], [-9, 2.5, 3.5, 9], labels=["a", "b", "c"]))
    whole = Survey(frame, weights="w", strata=["wave", "stratum"], clusters="psu")
    found = trend(whole, ["yes", "grade"], by="area")
    table = found.to_frame()
    assert list(table.columns[:3]) == ["question", "area", "level"]
    assert found.size == 8 == table["p_adjusted"].notna().sum()
    assert "8 lines (holm)" in found.caption()
    alone = trend(whole, "grade", by="area", adjust="none").to_frame()
    mine = table[table["question"] == "grade"]
    np.testing.assert_allclose(mine["estimate"], alone["estimate"], rtol=1e-12)
    np.testing.assert_allclose(
        alone.groupby("area")["estimate"].sum(), 0.0, atol=1e-14, err_msg="shares sum to one"
    )
    assert "question" in found._repr_html_()


def test_numbered_answers_are_shares_not_sums() -> None:
    frame = SAMPLE.assign(grade=SAMPLE["score"].round().clip(1, 4).astype(int))
    found = trend(Survey(frame, weights="w"), "grade")
    assert found.keys["level"].tolist() == ["1", "2", "3", "4"]
    np.testing.assert_allclose(found.estimate.sum(), 0.0, atol=1e-14)


def test_declared_breaks_cut_the_line() -> None:
    found = trend(survey(), "yes", breaks=2014).to_frame()
    assert found[["first", "last", "waves"]].to_numpy().tolist() == [
        [2008, 2011, 2],
        [2014, 2023, 3],
    ]
    assert found["flag"].tolist() == ["no line: two waves are a change, not a trend", ""]
    after = trend(survey(), "yes", where="wave >= 2014").to_frame()
    assert found["estimate"][1] == after["estimate"][0]
    with pytest.raises(UnknownNameError, match="'2015'"):
        trend(survey(), "yes", breaks=[2015])


def test_a_wave_of_some_areas_only_cuts_nothing_around_it() -> None:
    rng = np.random.default_rng(4)
    waves = [2020, 2021, 2022, 2023, 2024]
    frame = pd.DataFrame({"wave": np.repeat(waves, 200), "district": "Bromma"})
    frame["unsafe_evening"] = rng.random(len(frame)) < 0.3
    sample = Survey(frame, name="regional_safety")
    told = trend(sample, "unsafe_evening")
    assert told.waves.tolist() == [4, 1]
    assert told.to_frame()[["first", "last"]].to_numpy().tolist() == [[2020, 2024], [2022, 2022]]
    assert told.flag[1] == "no line: 2022 is comparable with no other wave"
    assert any("2021 and 2022 are apart" in note for note in told.notes)
    inside = trend(
        Survey(frame.assign(district="Järva"), name="regional_safety"),
        "unsafe_evening",
        by="district",
    )
    assert inside.waves.tolist() == [5]
    mixed = frame.assign(district=np.where(np.arange(len(frame)) % 2, "Järva", "Bromma"))
    chosen = Survey(mixed, name="regional_safety")
    assert trend(chosen, "unsafe_evening", where="district == 'Järva'").waves.tolist() == [5]
    assert trend(chosen, "unsafe_evening").waves.tolist() == [4, 1]
    unknown = trend(Survey(frame), "unsafe_evening")
    assert unknown.waves.tolist() == [5]
    assert unknown.notes == ()


def test_what_has_no_line_says_why() -> None:
    waves = [2015, 2019, 2023]
    rows = []
    for area, shares in {
        "same": (0, 0, 0),
        "apart": (0, 0, 1),
        "steep": (0, 0.5, 1),
        "few": (0.5, 0.5, 0.5),
        "fine": (0.2, 0.4, 0.5),
    }.items():
        for year, share in zip(waves, shares, strict=True):
            n = 3 if (area, year) == ("few", 2019) else 20
            rows += [(area, year, i < share * n) for i in range(n)]
    frame = pd.DataFrame(rows, columns=["area", "wave", "yes"])
    found = trend(Survey(frame), "yes", by="area", link="logit").to_frame().set_index("area")
    assert found.loc["same", "flag"] == "no line: all answers are the same"
    assert found.loc["apart", "flag"] == "no line: all answers of each wave are the same"
    assert found.loc["steep", "flag"] == "no line: the groups are perfectly separated in time"
    assert found.loc["few", "flag"] == "no line: base under 5 in 2019"
    assert found.loc["fine", "flag"] == ""
    assert found["ci_low"].notna().sum() == 1
    assert found["verdict"].tolist()[:3] == ["cannot be decided"] * 3
    straight = trend(Survey(frame), "yes", by="area").to_frame().set_index("area")
    assert np.isfinite(straight.loc["steep", "estimate"])
    assert np.isnan(straight.loc["apart", "estimate"])


def test_a_flat_line_over_many_is_unchanged() -> None:
    frame = pd.DataFrame({"wave": np.repeat([2010, 2015, 2020], 8000)})
    frame["yes"] = np.arange(len(frame)) % 4 == 0
    assert trend(Survey(frame), "yes").verdict.tolist() == ["unchanged"]
    assert trend(Survey(frame), "yes", link="logit").verdict.tolist() == ["cannot be decided"]


def test_shared_units_sharpen_the_line() -> None:
    parts = [
        Survey(f.drop(columns="wave"), weights="w", strata="stratum", clusters="psu", wave=int(w))
        for w, f in SAMPLE.groupby("wave")
    ]
    shared = trend(join(parts, shared="psu"), "yes")
    want = WANTED.query(
        "units == 'shared' and area == 'all' and link == 'identity' and degree == 1"
    )
    assert shared.se[0] == pytest.approx(want["se"].iloc[0], rel=1e-8)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"degree": 4}, "degree=4"),
        ({"link": "probit"}, "link='probit'"),
        ({"statistic": "total"}, "statistic='total'"),
        ({"statistic": "mean", "link": "logit"}, "no logit"),
        ({"by": "wave"}, "the time of the line"),
        ({"time": "area"}, "not numbers"),
        ({"margin": 0}, "margin=0"),
    ],
)
def test_what_cannot_be_asked(kwargs: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        trend(survey(), "yes", **kwargs)


def test_weights_on_different_scales_have_no_line() -> None:
    frame = pd.DataFrame({"wave": np.repeat([2020, 2022, 2024], 400)})
    frame["yes"] = np.concatenate([np.arange(400) < n for n in (120, 160, 120)])
    frame["w"] = np.where(frame["wave"] == 2024, 1.0, 50.0)
    survey = Survey(frame, weights="w", strata="wave")
    with pytest.raises(DesignError, match=r"different scales .*2024: 400\); .*equal_waves"):
        trend(survey, "yes")
    frame["w"] = 1.0
    even = trend(Survey(frame, weights="w", strata="wave"), "yes").to_frame()
    assert even["estimate"][0] == pytest.approx(0, abs=1e-12)


def test_made_up_data_are_told() -> None:
    frame = pd.DataFrame({"wave": np.repeat([2020, 2022, 2024], 40), "yes": [0, 1, 1, 0] * 30})
    assert "SYNTET" not in trend(Survey(frame), "yes")._repr_html_()
    frame.attrs["synthetic"] = True
    made = trend(Survey(frame), "yes")
    assert made.synthetic
    assert "SYNTETISKA DATA: trend" in made._repr_html_()
