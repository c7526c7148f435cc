"""Rule profiles in the figures of documents: precision, dominance, rounded bases, marks, notes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from survey_stats import protect
from survey_stats.labels import Language
from survey_stats.report import notes
from survey_stats.report.figures import compute
from survey_stats.report.pieces.method import waves_table
from survey_stats.report.pieces.question_table import question_table
from survey_stats.report.plan import Item, rule_profile
from survey_stats.report.waves import Wave
from tests.report.test_figures import AREA, NUMBERS, wave

PLAN = (Item("unsafe_evening"),)


@pytest.fixture(scope="module")
def waves() -> list[Wave]:
    return [wave(2020), wave(2023, shift=0.25)]


@pytest.fixture(scope="module")
def default(waves: list[Wave]) -> pd.DataFrame:
    return compute(waves, AREA, PLAN)


def suppressed(figures: pd.DataFrame) -> pd.Series:
    return figures["flag"].str.startswith("suppressed")


def test_imprecise_shares_lose_their_numbers_and_keep_their_base(
    waves: list[Wave], default: pd.DataFrame
) -> None:
    rule = protect.profile("nchs")
    made = compute(waves, AREA, PLAN, rule)
    assert 0 < suppressed(made).sum() < len(made) / 2
    vague = made[made["flag"].str.startswith(("suppressed: interval", "suppressed: effective"))]
    assert len(vague)
    assert vague[NUMBERS].isna().all().all()
    assert vague["n"].notna().all(), "precision is nobody's secret"
    # each share that is shown satisfies the standard, from the numbers in the file itself
    shown = default[~suppressed(default)]
    numbers = [shown[c].to_numpy(float) for c in ("share", "ci_low", "ci_high", "n")]
    effective, df = (shown[c].to_numpy(float, na_value=np.nan) for c in ("n_effective", "df"))
    assert rule.precision is not None
    flags = protect.imprecise(*numbers, effective, df, rule.precision)
    keys = ["wave", "area_level", "coding", "group", "value"]
    wanted = shown.assign(wanted=[str(f).startswith("suppressed") for f in flags])
    both = made.merge(wanted[[*keys, "wanted"]], on=keys)
    assert both["share"].isna().tolist() == both["wanted"].tolist()
    # a change needs both of its shares
    gone = made.set_index(keys)["share"].isna()
    for row in made[made["difference"].notna()].to_dict("records"):
        now = tuple(row[k] for k in keys)
        assert not gone[now]
        assert not gone[(row["previous_wave"], *now[1:])]


def test_a_cell_that_one_respondent_weighs_is_hidden_in_the_figures(waves: list[Wave]) -> None:
    rule = protect.Rule("weights", dominance=protect.Dominance(1, 0.3))
    last = waves[-1]
    frame = last.frame.copy()
    who = frame.index[frame["district"].eq(AREA) & frame["neighbourhood"].eq("Hökarängen")]
    frame.loc[who[0], "weight"] = 400.0
    heavy = Wave(last.survey, last.year, frame, last.codings, last.file, last.sha256, True)
    made = compute([waves[0], heavy], AREA, PLAN, rule)
    rows = made[made["value"].eq("Hökarängen") & made["wave"].eq(2023)]
    assert rows["flag"].tolist() == [protect.DOMINATED]
    assert rows[[*NUMBERS, "difference"]].isna().all().all()
    before = made[made["value"].eq("Hökarängen") & made["wave"].eq(2020)]
    assert protect.DOMINATED not in set(before["flag"])


def test_rounded_bases_are_rounded_wherever_one_could_read_them(
    waves: list[Wave], default: pd.DataFrame
) -> None:
    rule = protect.profile("rounded")
    made = compute(waves, AREA, PLAN, rule)
    shown = made[made["share"].notna()]
    for column in ("n", "n_effective", "df"):
        assert (shown[column].dropna() % 5 == 0).all(), column
    told = shown["deff"] - shown["n"] / shown["n_effective"]
    assert (told.dropna().abs() < 1e-9).all(), "the design effect would give the base away"
    shares = shown["share"].to_numpy(float)
    assert np.allclose(shares, np.round(shares, 2), rtol=0, atol=1e-9)
    assert (made["verdict"] == default["verdict"]).all(), "tests come before rounding"
    exact = default.loc[default["share"].notna(), "n"]
    assert (exact % 5 != 0).any()


@pytest.mark.parametrize("name", protect.profiles())
@pytest.mark.parametrize("lang", ["sv", "en"])
def test_the_tables_and_the_method_explain_the_marks(
    waves: list[Wave], name: str, lang: Language
) -> None:
    rule = rule_profile(name)
    made = compute(waves, AREA, PLAN, rule)
    table = question_table(made, "unsafe_evening", "city_safety", lang, rule)
    assert table is not None
    cells = table.text()["share"]
    here = made[made["wave"].eq(2023) & made["default_coding"]]
    signs = {rule.mark(f) for f in here["flag"] if str(f).startswith("suppressed")}
    assert signs
    assert signs <= set(cells)
    under = " ".join(table.notes)
    told = " ".join(notes.method(made, rule, lang))
    for sign in signs:
        assert f"{sign} = " in under
        assert f"{sign} = " in told
    assert "näst minsta" not in told
    assert "next smallest" not in told
    for note in rule.notes(lang):
        assert note in told
    if rule.rounding:
        assert rule.notes(lang)[-1] in under
    if name not in ("survey_stats",):
        assert rule.title[lang] in told


def test_the_marks_are_the_rules_own(waves: list[Wave]) -> None:
    rule = rule_profile("school_inspectorate")
    made = compute(waves, AREA, PLAN, rule)
    table = question_table(made, "unsafe_evening", "city_safety", rule=rule)
    assert table is not None
    rows = table.text().set_index("label")
    # twelve answered there, one wave and the other
    assert rows.loc["Larsboda", ["earlier", "share", "n"]].tolist() == ["**"] * 3


def test_a_rule_goes_through_a_file(tmp_path: Path) -> None:
    for name in protect.profiles():
        rule = protect.profile(name)
        assert protect.rule_file(rule, tmp_path) == name
        own = replace(rule, name="own", same_base=0.2)
        told = protect.rule_file(own, tmp_path)
        assert protect.profile(told) == own
    changed = replace(protect.DEFAULT, minimum_base=50)
    assert protect.profile(protect.rule_file(changed, tmp_path)) == changed


def test_the_table_of_waves_goes_by_the_rule(waves: list[Wave]) -> None:
    last = waves[-1]
    here = last.frame["district"].eq(AREA)
    few = last.frame[~here | (here.cumsum() <= 12)].reset_index(drop=True)
    made = Wave(last.survey, last.year, few, last.codings, last.file, last.sha256, True)
    exact = waves_table([made], AREA, "sv")
    assert exact.text()["here"].tolist() == [".."]
    assert exact.notes[0].startswith(".. = visas inte: färre än 30")
    banded = waves_table([made], AREA, "sv", protect.profile("school_inspectorate"))
    assert banded.text()["here"].tolist() == ["**"]
    more = last.frame[~here | (here.cumsum() <= 52)].reset_index(drop=True)
    made = Wave(last.survey, last.year, more, last.codings, last.file, last.sha256, True)
    rounded = waves_table([made], AREA, "sv", protect.profile("rounded"))
    assert rounded.rows["here"].tolist() == [50]
    assert rounded.rows["answers"].tolist() == [round(len(more) / 5) * 5]


def test_what_compares_two_rows_is_of_their_rounded_shares(
    waves: list[Wave], default: pd.DataFrame
) -> None:
    made = compute(waves, AREA, PLAN, protect.profile("rounded"))
    known = made[made["default_coding"]].set_index(["wave", "area_level", "group", "value"])[
        "share"
    ]
    changed = made[made["difference"].notna()]
    assert len(changed)
    for row in changed.to_dict("records"):
        before = known[row["previous_wave"], row["area_level"], row["group"], row["value"]]
        assert row["difference"] == pytest.approx(row["share"] - before, abs=1e-9)
    rivals = made[made["coding_difference"].notna()]
    used = made[
        made["default_coding"] & made["group"].eq("all") & made["area_level"].eq("district")
    ]
    used = used.set_index("wave")["share"]
    assert len(rivals)
    for row in rivals.to_dict("records"):
        moved = row["share"] - used[row["wave"]]
        assert row["coding_difference"] == pytest.approx(moved, abs=1e-9)
    # everything is whole steps, and verdicts are those of the exact numbers
    parts = [c for c in made if str(c).endswith(("_low", "_high", "difference"))]
    for column in [*parts, "share", "change_se", "smallest_detectable"]:
        values = made[column].dropna().to_numpy(float)
        assert np.allclose(100 * values, np.round(100 * values), atol=1e-6), column
    for column in ("p_value", "p_adjusted", "rest_p_adjusted"):
        assert set(made[column].dropna()) <= {0.001, 0.01, 0.05, 0.1, 0.5, 1.0}
    assert (made["verdict"] == default["verdict"]).all()
    # hidden bases stay hidden
    assert (made["n"].isna() == default["n"].isna()).all()
    wider = made["difference_high"] - made["difference_low"]
    assert (wider >= default["difference_high"] - default["difference_low"] - 0.011).dropna().all()
