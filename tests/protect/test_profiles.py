"""Rule profiles: the shipped ones, own ones, and what is wrong with a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from survey_stats import protect
from survey_stats.errors import InputError, UnknownNameError


def test_the_projects_profile_is_the_default() -> None:
    rule = protect.profile("survey_stats")
    assert (rule.name, rule.minimum_base, rule.certain_base) == ("survey_stats", 30, 100)
    assert protect.apply(table([12, 50, 500]), rule).equals(protect.apply(table([12, 50, 500])))


def table(bases: list[int], share: float = 0.4, **more: float) -> pd.DataFrame:
    frame = pd.DataFrame({"group": [f"g{i}" for i in range(len(bases))], "estimate": share})
    for column, value in {"ci_low": 0.35, "ci_high": 0.45, "df": 100.0, **more}.items():
        frame[column] = value
    frame["n_effective"] = more.get("n_effective", np.array(bases, float))
    return frame.assign(n=bases, flag="")


def test_the_inspectorate_marks_by_how_many_answered() -> None:
    rule = protect.profile("school_inspectorate")
    out = protect.apply(table([8, 15, 20, 300]), rule, sets=[])
    assert out["flag"].tolist()[:2] == ["suppressed: base 1-9", "suppressed: base 10-19"]
    assert out["estimate"].notna().tolist() == [False, False, True, True]
    marks = [rule.mark(f) for f in [*out["flag"][:2], rule.few_answers, protect.SECONDARY]]
    assert marks == ["*", "**", "***", "***"]
    means = protect.apply(table([8, 15, 20, 300], share=7.5), rule, sets=[], statistic="mean")
    assert means["estimate"].notna().tolist() == [False, True, True, True]
    index = protect.apply(table([4, 5], share=7.5), rule, sets=[], statistic="index")
    assert index["estimate"].notna().tolist() == [False, True]


def levels(counts: list[int]) -> pd.DataFrame:
    n = sum(counts)
    frame = pd.DataFrame({"group": "all", "level": [f"l{i}" for i in range(len(counts))]})
    return frame.assign(estimate=np.array(counts) / n, n=n, flag="")


def test_an_answer_of_few_takes_the_next_smallest_with_it_and_a_true_zero_is_shown() -> None:
    rule = protect.profile("school_inspectorate")
    out = protect.apply(levels([3, 40, 9, 0, 60]), rule, sets=[])
    assert out["estimate"].notna().tolist() == [False, True, False, True, True]
    assert out["flag"].tolist() == [rule.few_answers, "", protect.SECONDARY, "", ""]
    assert out["n"].tolist() == [112] * 5, "the base gives no answer away"


def test_few_of_a_kind_in_a_sum_are_not_what_its_other_answers_leave() -> None:
    rule = protect.Rule("kinds", minimum_answers=5)

    def of(place: str, age: str, counts: list[int]) -> pd.DataFrame:
        return levels(counts).assign(group=age).rename(columns={"group": "age"}).assign(place=place)

    cells = {("a", "young"): [30, 1, 40], ("a", "old"): [60, 1, 50], ("b", "young"): [40, 3, 45]}
    fine = pd.concat([of(*key, counts) for key, counts in cells.items()], ignore_index=True)
    both = pd.concat([of("a", "", [90, 2, 90]), of("b", "", [40, 3, 45])], ignore_index=True)
    columns = ["place", "age", "level", "estimate", "n", "flag"]
    whole, parts = protect.together(
        [protect.Printed(both[[c for c in columns if c != "age"]], by=["place"]),
         protect.Printed(fine[columns], by=["place", "age"])],
        rule,
    )  # fmt: skip
    for table, by in ((whole, ["place"]), (parts, ["place", "age"])):
        gaps = table.frame.groupby(by)["estimate"].apply(lambda share: share.isna().sum())
        assert (gaps >= 2).all(), "one gap is what is left of the base"
        assert table.frame["n"].notna().all()


def test_a_share_of_yes_counts_the_no_as_well() -> None:
    rule = protect.profile("school_inspectorate")
    out = protect.apply(table([100, 100], share=0.97), rule, sets=[])
    assert set(out["flag"]) == {rule.few_answers}
    assert protect.apply(table([100], share=1.0), rule, sets=[])["estimate"].tolist() == [1.0]


def test_everybody_alike_is_hidden_where_the_rule_says_so() -> None:
    rule = protect.Rule("strict", minimum_answers=3, group_disclosure=True)
    out = protect.apply(table([100, 100], share=0.0), rule, sets=[])
    assert out["estimate"].isna().all()
    with pytest.raises(InputError, match="would tell what it hides"):
        protect.Rule("odd", group_disclosure=True)


def test_nchs_asks_for_precision_and_leaves_the_base() -> None:
    rule = protect.profile("nchs")

    def flag(share: float, n: int, **more: float) -> str:
        return str(protect.apply(table([n], share, **more), rule, sets=[])["flag"].iloc[0])

    assert flag(0.4, 400) == ""
    assert flag(0.4, 400, n_effective=25.0) == "suppressed: effective base under 30"
    # at 40 percent and a base of 35 the interval is 34 points wide
    assert flag(0.4, 35) == "suppressed: interval as wide as 0.3"
    # 2 percent of 100: from 0.2 to 7 percent
    assert flag(0.02, 100) == "suppressed: interval wider than 1.3 times the share"
    assert flag(0.02, 2000) == "", "narrower than 5 points is precise enough"
    assert flag(0.98, 100) == "uncertain: the other answers are imprecise"
    assert flag(0.4, 4000, df=5.0) == "uncertain: under 8 degrees of freedom"
    out = protect.apply(table([100], 0.02), rule, sets=[])
    assert out["n"].tolist() == [100]
    assert out["estimate"].isna().all()


def test_a_few_who_weigh_much_hide_the_number() -> None:
    rule = protect.Rule("weights", dominance=protect.Dominance(1, 0.5, 0.1))
    printed = protect.Printed(
        table([100, 100, 100]), weights=np.array([[0.6, 0.1], [0.3, 0.1], [0.1, 0.1]])
    )
    out = protect.together([printed], rule)[0].frame
    assert out["flag"].tolist() == [protect.DOMINATED, "", ""]
    with pytest.raises(InputError, match="weights"):
        protect.together([protect.Printed(table([100]))], rule)


@pytest.mark.parametrize("name", protect.profiles())
@pytest.mark.parametrize("lang", ["sv", "en"])
def test_notes_tell_every_mark(name: str, lang: str) -> None:
    rule = protect.profile(name)
    notes = " ".join(rule.notes(lang))  # type: ignore[arg-type]
    for flag in (rule.suppressed, rule.few_answers, protect.SECONDARY):
        assert f"{rule.mark(flag)} =" in notes
        assert rule.note(flag, lang)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("minimum_base: many", "minimum_base must be a whole number, not 'many'"),
        ("minimum_bas: 30", "did you mean 'minimum_base'"),
        ("- 1", "no list of keys"),
        ("a: [", "is no YAML"),
        ("bands: [{up_to: 9}]", "a band is"),
        ("precision: 5", "must have keys of its own"),
        ("minimum_base: 30\ncertain_base: 20", "is below minimum_base"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises((InputError, UnknownNameError), match=told):
        protect.profile(file)


def test_an_own_profile_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("minimum_base: 50\ncertain_base: 200\nprotection: 20\n", encoding="utf-8")
    rule = protect.profile(str(file))
    assert rule == protect.Rule("own", minimum_base=50, certain_base=200, protection=20)
    with pytest.raises(UnknownNameError, match="school_inspectorate"):
        protect.profile("school_inspectorat")
    with pytest.raises(InputError, match="cannot be read"):
        protect.profile(tmp_path / "none.yaml")
