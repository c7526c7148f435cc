"""Figures of groups and answers: what is drawn, said and hidden."""

import re

import numpy as np
import pandas as pd
import pytest

from survey_stats import protect
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.report.charts import by_group, distribution_chart, group_chart
from tests.report.charts.looking import every_word, faults, letters, sizes
from tests.report.charts.made import DISTRICTS, long_names, survey

WIDTH, MOST = 6.7, 9.7


@pytest.fixture(scope="module")
def estimates():
    return survey().share("unsafe_evening", by="district")


def test_a_group_under_the_limit_is_hatched_and_told_and_its_number_is_nowhere(estimates):
    made = group_chart(estimates, "evening")
    raw = estimates.to_frame().set_index("district")["estimate"]
    assert raw["Bromma"] == pytest.approx(7 / 9)
    assert not re.search(r"(?<![\d.])(7[78]|0[.,]7[78])", every_word(made))
    assert "Bromma färre än 30 svar" in made.alt
    hidden = next(n for n in made.notes if n.startswith("..")).split(": ", 1)[1]
    assert "Bromma (färre än 30 svar)" in hidden
    # the one whose difference to the total would tell it is hidden, too
    other = made.data.set_index("district")["share"].isna()
    assert other.sum() == 2
    hatched = [p for p in made.figure.axes[0].patches if p.get_hatch()]
    assert len(hatched) == 2
    line = next(x for x in made.figure.axes[0].lines if x.get_marker() == "o")
    shown = np.asarray(line.get_xdata(), dtype=float)
    assert not np.isclose(shown, 100 * 7 / 9).any()
    assert np.isfinite(shown).sum() == 9


def test_rows_are_highest_first_and_the_hidden_last(estimates):
    made = group_chart(estimates, "evening")
    names = [t.get_text().replace("\n", " ") for t in made.figure.axes[0].get_yticklabels()]
    shown = made.data.dropna(subset="share")
    assert names[: len(shown)] == shown["district"].tolist()
    assert shown["share"].is_monotonic_decreasing
    kept = group_chart(estimates, "evening", keep_order=True)
    assert kept.data["district"].tolist() == list(DISTRICTS)


def test_alternative_text_tells_every_shown_number(estimates):
    made = group_chart(estimates, "evening", total=(0.27, "Hela staden"))
    for row in made.data.dropna(subset="share").to_dict("records"):
        ends = f"{100 * row['ci_low']:.0f} till {100 * row['ci_high']:.0f}\N{NO-BREAK SPACE}%"
        assert f"{row['district']} " in made.alt
        assert ends in made.alt
    assert "Hela staden 27" in made.alt
    assert "Otrygg ute ensam sent en kväll, andel efter stadsdelsområde" in made.alt
    assert "stadens trygghetsmätning 2023" in made.caption


def test_words_are_the_readers():
    est = survey(synthetic=True).share("unsafe_evening", by="gender")
    sv, en = group_chart(est, "g"), group_chart(est, "g", lang="en")
    assert {"Kvinnor", "Män", "SYNTETISKA DATA"} <= set(letters(sv))
    assert {"Women", "Men", "SYNTHETIC DATA"} <= set(letters(en))
    assert sv.alt.startswith("SYNTETISKA DATA")
    assert "by gender" in en.caption
    assert "\N{NO-BREAK SPACE}%" in sv.alt
    assert " %" not in en.alt


def test_uncertain_numbers_have_a_star_that_is_explained():
    frame = survey(small=50).share("unsafe_evening", by="district").to_frame()
    made = group_chart(protect.apply(frame), "g")
    assert any("*" in t for t in letters(made))
    assert made.notes[0] == "* Osäker: 30–99 svar."


@pytest.mark.parametrize("count", [1, 2, 11, 40])
@pytest.mark.parametrize("lang", ["sv", "en"])
def test_few_and_many_long_names_fit_a_page(count, lang):
    est = survey(areas=long_names(count), n=120, small=120).share("unsafe_evening", by="district")
    for made in (
        group_chart(est, "g", total=(0.2, "Hela Stockholms stad"), lang=lang),
        distribution_chart(
            survey(areas=long_names(count), n=120, small=120).share("answer", by="district"),
            "d", lang, middle=1,
        ),
    ):  # fmt: skip
        assert faults(made.figure) == []
        assert sizes(made.figure)[0] == pytest.approx(WIDTH)
        assert sizes(made.figure)[1] <= MOST
        for name in long_names(count):
            assert name in made.alt


def test_the_same_bytes_each_time(estimates):
    one, two = (group_chart(estimates, "g") for _ in range(2))
    assert one.svg() == two.svg()
    assert one.png() == two.png()


def test_hostile_labels_are_text():
    frame = pd.DataFrame(
        {"g": ["<script>x</script>", "$x^2$", "=HYPERLINK(1)"], "estimate": [0.1, 0.2, 0.3]}
    )
    made = group_chart(frame, "g")
    assert b"<script>" not in made.svg()
    assert "$x^2$" in made.svg().decode()
    assert faults(made.figure) == []


def test_what_is_no_share_is_refused():
    with pytest.raises(InputError, match="no row to draw"):
        group_chart(pd.DataFrame({"g": [], "estimate": []}), "g")
    with pytest.raises(InputError, match="no column 'estimate'"):
        group_chart(pd.DataFrame({"g": ["a"]}), "g")
    with pytest.raises(InputError, match="proportions"):
        group_chart(pd.DataFrame({"g": ["a"], "estimate": [31.0]}), "g")
    with pytest.raises(UnknownNameError, match="gender"):
        group_chart(pd.DataFrame({"gender": ["a"], "estimate": [0.1]}), "g", by="gendre")
    mean = survey().mean("unsafe_evening", by="gender")
    with pytest.raises(InputError, match="mean"):
        group_chart(mean, "g")
    many = pd.DataFrame({"g": [f"a{i}" for i in range(60)], "estimate": 0.2})
    with pytest.raises(InputError, match="at most 45"):
        group_chart(many, "g")


def test_all_hidden_and_odd_dtypes():
    frame = pd.DataFrame(
        {
            "g": pd.Series([1.0, 2.0], dtype="Float64"),
            "estimate": pd.Series([None, None], dtype="object"),
            "n": pd.array([None, None], dtype="Int64"),
            "flag": ["suppressed: base under 30", None],
        }
    )
    made = group_chart(frame, "g")
    assert "1 färre än 30 svar" in made.alt
    assert faults(made.figure) == []


def test_a_missing_number_hides_its_interval_and_base():
    frame = pd.DataFrame(
        {"g": ["a", "b"], "estimate": [0.2, None], "ci_low": [0.1, 0.41], "ci_high": [0.3, 0.63],
         "n": [100, 17], "flag": ["", "suppressed: base under 30"]}
    )  # fmt: skip
    made = group_chart(frame, "g")
    for number in ("41", "63", "17"):
        assert number not in every_word(made)


def test_by_group_draws_rows_with_labels_and_a_line():
    rows = pd.DataFrame(
        {"label": ["Kvinnor", "Män", "Andra"], "share": [0.4, 0.2, None],
         "ci_low": [0.35, 0.16, None], "ci_high": [0.45, 0.24, None]}
    )  # fmt: skip
    figure = by_group(rows, 0.3, "Alla")
    said = [t.get_text() for t in figure.axes[0].texts]
    assert "Alla 30\N{NO-BREAK SPACE}%" in said
    names = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert names == ["Kvinnor", "Män", "Andra"]
    assert faults(figure) == []


def test_distribution_holds_all_answers_with_the_base():
    est = survey().share("answer", by="gender")
    made = distribution_chart(est, "d")
    ax = made.figure.axes[0]
    widths = np.array([[p.get_width() for p in group] for group in ax.containers])
    raw = est.to_frame().pivot_table(index="level", columns="gender", values="estimate")
    for k, level in enumerate(["aldrig", "sällan", "ofta"]):
        np.testing.assert_allclose(np.sort(widths[k]), np.sort(100 * raw.loc[level]))
    np.testing.assert_allclose(widths.sum(axis=0), 100)
    assert "bas" in letters(made)
    n = est.to_frame().groupby("gender")["n"].max()
    assert all(f"{v:,}".replace(",", "\N{NO-BREAK SPACE}") in "\n".join(letters(made)) for v in n)


def test_opposite_answers_meet_at_a_line():
    est = survey().share("answer", by="gender")
    made = distribution_chart(est, "d", levels=["ofta", "sällan", "aldrig"], middle=1)
    left = made.figure.axes[0].containers[0]
    assert all(p.get_x() + p.get_width() == pytest.approx(0) for p in left)
    key = [t.get_text() for t in made.figure.axes[0].get_legend().get_texts()]
    assert key == ["◀ ofta", "▶ sällan", "▶ aldrig"]
    ticks = [t.get_text() for t in made.figure.axes[0].get_xticklabels()]
    assert not any("−" in t for t in ticks)


def test_hidden_answers_are_one_hatched_piece_without_a_number():
    frame = pd.DataFrame(
        {"g": ["a"] * 4, "level": list("wxyz"), "estimate": [0.5, None, None, 0.2], "n": 300,
         "flag": ["", "suppressed: base under 30", "suppressed: protects another cell", ""]}
    )  # fmt: skip
    made = distribution_chart(frame, "d")
    (piece,) = [p for p in made.figure.axes[0].patches if p.get_hatch()]
    assert (piece.get_x(), piece.get_width()) == pytest.approx((70, 30))
    # the width follows from the others; it is not split between the two
    assert "30" not in [t for t in letters(made) if t.isdigit()]
    assert "x .., y .." in made.alt
    whole = distribution_chart(frame.assign(estimate=np.nan), "d")
    assert "A: redovisas inte" in whole.alt


def test_a_distribution_needs_its_answers():
    est = survey().share("unsafe_evening", by="gender")
    with pytest.raises(InputError, match="'level'"):
        distribution_chart(est, "d")
    good = survey().share("answer", by="gender")
    with pytest.raises(UnknownNameError, match="sällan"):
        distribution_chart(good, "d", levels=["ofta", "salan", "aldrig"])
    with pytest.raises(InputError, match="lacks 'aldrig'"):
        distribution_chart(good, "d", levels=["ofta", "sällan"])
    for middle in (0, 3):
        with pytest.raises(InputError, match="middle"):
            distribution_chart(good, "d", middle=middle)
    twice = pd.concat([protect.apply(good.to_frame())] * 2)
    with pytest.raises(InputError, match="twice"):
        distribution_chart(twice, "d")
