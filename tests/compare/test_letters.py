"""`letters`: the tests behind them against R, the rule they keep, and rows without a test."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats import protect
from survey_stats.compare.letters import letters
from survey_stats.errors import InputError, UnknownNameError

HERE = Path(__file__).parent / "reference"
CLOSE = 1e-8
LEVELS = (0.5, 0.75, 0.9, 0.95, 0.99, 0.999)


def eight_groups() -> pd.DataFrame:
    """The groups of `make_pairs.R`."""
    frame = pd.read_csv(HERE / "waves.csv").dropna(subset=["unsafe"]).reset_index(drop=True)
    i = frame.index.to_numpy() + 1
    base = (7 * i) % 8
    moved = (frame.unsafe == 1) & (base < 3) & (i % 3 > 0)
    frame["group"] = [f"g{b}" for b in np.where(moved, base + 5, base)]
    return frame.astype({"unsafe": "boolean"})


def clustered(frame: pd.DataFrame) -> ss.Survey:
    return ss.Survey(frame, weights="weight", strata="stratum", clusters="psu")


def areas(shares, n=200) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"area": name, "yes": [True] * round(s * n) + [False] * (n - round(s * n))})
        for name, s in shares.items()
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def groups():
    return clustered(eight_groups()).share("unsafe", by="group")


def test_pairs_agree_with_r(groups):
    expected = pd.read_csv(HERE / "pairs.csv", skipinitialspace=True).set_index(["first", "second"])
    tests = letters(groups, "group", df="domain").tests.to_frame()
    assert len(tests) == len(expected) == 28
    for row in tests.itertuples():
        r = expected.loc[row.against, row.group]
        assert row.difference == pytest.approx(r.difference, rel=CLOSE)
        assert row.se == pytest.approx(r.se, rel=CLOSE)
        assert row.df == r.df
        assert row.p_value == pytest.approx(r.p, rel=CLOSE)
        assert row.p_adjusted == pytest.approx(r.p_adjusted, rel=CLOSE)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("adjust", ["holm", "fdr_bh", "none"])
def test_two_groups_share_a_letter_exactly_where_their_test_finds_nothing(groups, level, adjust):
    made = letters(groups, "group", adjust, level)
    own = dict(zip(groups.keys["group"], made.letters, strict=True))
    assert all(own.values())
    for row in made.tests.to_frame().itertuples():
        found = row.p_adjusted <= round(1 - level, 12)
        assert bool(set(own[row.group]) & set(own[row.against])) != found


def test_a_is_on_the_highest_and_letters_go_down():
    est = ss.Survey(areas({"x": 0.1, "y": 0.5, "z": 0.9})).share("yes", by="area")
    assert letters(est, "area").letters == (("c",), ("b",), ("a",))


@pytest.mark.parametrize("seed", range(4))
def test_letters_do_not_depend_on_the_order_of_rows(groups, seed):
    frame = eight_groups().sample(frac=1, random_state=seed)
    frame["group"] = pd.Categorical(
        frame["group"], np.random.default_rng(seed).permutation(frame["group"].unique())
    )
    other = clustered(frame).share("unsafe", by="group")
    for level in (0.9, 0.95):
        one, two = (
            dict(zip(est.keys["group"], letters(est, "group", level=level).letters, strict=True))
            for est in (groups, other)
        )
        assert one == two


def test_above_lists_the_columns_that_are_significantly_lower(groups):
    made = letters(groups, "group", "none")
    frame = made.to_frame().set_index("group")
    assert frame["id"].tolist() == list("ABCDEFGH")
    for row in made.tests.to_frame().itertuples():
        high, low = (row.group, row.against) if row.difference > 0 else (row.against, row.group)
        listed = frame.loc[low, "id"] in frame.loc[high, "above"].split()
        assert listed == (row.p_value <= 0.05)
        assert frame.loc[high, "id"] not in frame.loc[low, "above"].split()
    assert (frame["above"] != "").any()


def test_groups_are_compared_within_the_other_columns():
    frame = areas({"x": 0.2, "y": 0.6, "z": 0.6})
    twice = pd.concat([frame.assign(sex="w"), frame.assign(sex="m", yes=~frame.yes)])
    est = ss.Survey(twice).share("yes", by=["sex", "area"])
    told = letters(est, "area").to_frame().set_index(["sex", "area"])["letters"]
    assert told["w"].to_dict() == {"x": "b", "y": "a", "z": "a"}
    assert told["m"].to_dict() == {"x": "a", "y": "b", "z": "b"}
    assert letters(est, "area").tests.family.size == 6
    assert letters(est, "sex").tests.family.size == 3


def test_families_by_cell_are_adjusted_on_their_own():
    frame = areas({"x": 0.45, "y": 0.55, "z": 0.5}, 300)
    many = pd.concat([frame.assign(block=b) for b in range(8)])
    est = ss.Survey(many).share("yes", by=["block", "area"])
    one, each = letters(est, "area"), letters(est, "area", families="group")
    assert one.tests.p_adjusted.min() == pytest.approx(24 * one.tests.p_value.min())
    assert each.tests.p_adjusted.min() == pytest.approx(3 * each.tests.p_value.min())
    first = ss.Survey(frame).share("yes", by="area")
    assert each.letters[:3] == letters(first, "area").letters
    assert "each row on its own" in each.note("en")


def test_rows_without_a_test_have_no_letters_and_say_why():
    frame = pd.concat(
        [
            areas({"x": 0.2, "y": 0.6, "all": 1.0}),
            areas({"few": 0.5}, 4),
            pd.DataFrame({"area": ["none"] * 9, "yes": pd.array([None] * 9, dtype="boolean")}),
        ]
    )
    frame["yes"] = frame["yes"].astype("boolean")
    made = letters(ss.Survey(frame).share("yes", by="area"), "area")
    told = made.to_frame().set_index("area")
    assert told["letters"].to_dict() == {"x": "b", "y": "a", "all": "", "few": "", "none": ""}
    assert told.loc["all", "flag"] == "standard error 0: all answers are equal"
    assert told.loc["few", "flag"] == "base under 5"
    assert told.loc["none", "flag"] == "no answers"
    assert made.tests.family.size == 1


def test_pairs_without_a_test_are_named():
    # y is answered by the same people in the same way as x
    frame = areas({"p": 0.3, "q": 0.7})
    frame["same"] = frame["yes"]
    est = ss.Survey(frame).share(["yes", "same"], by="area")
    told = letters(est, "question").to_frame()
    assert (told["letters"] == "").all()
    assert told["flag"].unique().tolist() == ["nothing to compare with"]
    frame["other"] = ~frame["yes"]
    three = letters(ss.Survey(frame).share(["yes", "same", "other"], by="area"), "question")
    p = three.to_frame().query("area == 'p'").set_index("question")
    assert p["letters"].to_dict() == {"yes": "b", "same": "b", "other": "a"}
    assert p.loc["yes", "flag"].startswith("not tested against same: standard error 0")
    assert p.loc["other", "flag"] == ""


def test_one_group_and_no_df_are_no_errors():
    alone = letters(ss.Survey(areas({"x": 0.5})).share("yes", by="area"), "area")
    assert alone.letters == ((),)
    assert alone.flag == ("nothing to compare with",)
    frame = areas({"x": 0.5, "y": 0.2}, 20)
    frame["school"] = frame["area"]
    lone = ss.Survey(frame, clusters="school").share("yes", by="area")
    told = letters(lone, "area").to_frame()
    assert (told["letters"] == "").all()
    assert (told["flag"] != "").all()


def test_frame_and_notes(groups):
    made = letters(groups, "group", level=0.99)
    frame = made.to_frame()
    assert list(frame.columns) == [
        *("group", "estimate", "ci_low", "ci_high", "n", "id", "letters", "above", "flag")
    ]
    assert frame.attrs["family_size"] == 28
    assert frame.attrs["level"] == 0.99
    assert "28 jämförelser justerade enligt Holm, risknivå 1\xa0%." in made.note()
    assert "at 0.1%." in letters(groups, "group", level=0.999).note("en")
    assert "does not mean that they are equal" in made._repr_html_()
    assert "28 comparisons adjusted by Holm" in repr(made)
    hidden = protect.apply(frame.assign(n=[10, *frame["n"][1:]]))
    assert pd.isna(hidden.loc[0, "estimate"])
    assert pd.isna(hidden.loc[0, "letters"])


def test_what_does_not_exist_is_refused(groups):
    with pytest.raises(UnknownNameError, match="group"):
        letters(groups, "grop")
    with pytest.raises(UnknownNameError, match="holm"):
        letters(groups, "group", "homl")
    with pytest.raises(InputError, match="confidence level"):
        letters(groups, "group", level=0.05)
    with pytest.raises(InputError, match="families"):
        letters(groups, "group", families="row")
