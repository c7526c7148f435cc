"""Counts by period and their changes, with exact intervals."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import survey_stats as ss
from survey_stats.compare import count_changes as compare_counts
from survey_stats.compare.poisson import count_interval
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.report.charts import count_change_chart, count_changes, count_chart
from tests.report.charts.looking import faults, letters, sizes

YEARS = ["2018", "2019", "2020", "2021", "2022"]


@pytest.fixture(scope="module")
def table():
    return pd.DataFrame(
        {
            "label": ["Rån", "Cykelstöld", "Misshandel utomhus mot obekant person", "Inbrott"],
            "2018": [10, 200, 40, 0],
            "2019": [12, 220, 41, 3],
            "2020": [8, 210, 44, 0],
            "2021": [9, 190, 39, 1],
            "2022": [25, 81, 45, 0],
        }
    )


def test_exact_limits_of_a_count():
    counts = np.array([0.0, 1, 7, 150, np.nan])
    low, high = count_interval(counts, 0.9)
    for k, a, b in zip(counts[:4], low, high, strict=False):
        # the mean at which so many, or so few, have a chance of 5 percent
        assert stats.poisson.cdf(k, b) == pytest.approx(0.05)
        if k:
            assert stats.poisson.sf(k - 1, a) == pytest.approx(0.05)
    assert low[0] == 0
    assert np.isnan([low[4], high[4]]).all()


def test_series_have_panels_with_counts_limits_and_verdicts(table):
    found = ss.count_series(table, YEARS, by="label")
    made = count_chart(found, "crime", about="anmälda brott i Farsta")
    assert len(made.figure.axes) == 4
    low, high = count_interval(found.counts)
    for i, ax in enumerate(made.figure.axes):
        np.testing.assert_allclose(ax.lines[0].get_ydata(), found.counts[i])
        drawn = ax.collections[1].get_segments()
        np.testing.assert_allclose([s[:, 1] for s in drawn], np.stack([low[i], high[i]], axis=1))
        assert ax.get_ylim()[0] == 0
    titles = [t for t in letters(made) if "Rån" in t]
    assert titles == ["▲ Rån"]
    assert "▼ Cykelstöld" in letters(made)
    assert "Rån: 2018 10, 2019 12, 2020 8, 2021 9, 2022 25 (16 till 37); väntat" in made.alt
    assert made.caption.startswith("Anmälda brott i Farsta 2018 till 2022.")
    assert faults(made.figure) == []
    assert made.svg() == count_chart(found, "crime", about="anmälda brott i Farsta").svg()


@pytest.mark.parametrize("rows", [1, 2, 7, 40])
def test_one_and_many_series_by_month(rows):
    months = [f"{y}-{m:02d}" for y in range(2019, 2024) for m in range(1, 13)]
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.poisson(14, (rows, 60)), columns=months)
    frame["what"] = [f"Brott mot en ganska lång rubrik nummer {i}" for i in range(rows)]
    made = count_chart(frame, "m", "en", periods=months, by="what")
    assert faults(made.figure) == []
    assert sizes(made.figure)[1] <= 9.7
    shown = made.figure.axes[0].get_xticklabels()
    assert shown[-1].get_text() == "2023-12"


def test_missing_periods_are_gaps_and_told(table):
    frame = table.assign(**{"2020": [8, None, 44, 0]})
    made = count_chart(frame, "c", periods=YEARS, by="label")
    assert np.isnan(made.figure.axes[1].lines[0].get_ydata()[2])
    assert "Uppgift saknas: Cykelstöld (2020)." in made.notes
    assert "2020 –" in made.alt


def test_counts_that_cannot_be(table):
    with pytest.raises(InputError, match="periods="):
        count_chart(table, "c")
    with pytest.raises(UnknownNameError, match="2017"):
        count_chart(table, "c", periods=["2017", *YEARS])
    with pytest.raises(InputError, match="negative"):
        count_chart(table.assign(**{"2020": -1}), "c", periods=YEARS, by="label")
    with pytest.raises(InputError, match="no series"):
        count_chart(table.iloc[:0], "c", periods=YEARS, by="label")


def test_changes_are_filled_where_they_are_sure(table):
    rows = compare_counts(table, "2021", "2022").assign(label=table["label"])
    made = count_change_chart(rows, "c", periods=("2021", "2022"), about="Anmälda brott")
    assert made.data["label"].tolist()[0] == "Rån"
    ax = made.figure.axes[0]
    points = [x for x in ax.lines if x.get_marker() in "^vso" and np.size(x.get_xdata()) == 1]
    filled = {
        float(np.ravel(x.get_xdata())[0]): x.get_markerfacecolor() != "#ffffff" for x in points
    }
    for ratio, verdict in zip(made.data["ratio"], made.data["verdict"], strict=True):
        assert filled[ratio] == verdict.startswith("significant")
    assert "Inbrott" in made.notes[0]
    assert "Rån +178" in made.alt
    assert faults(made.figure) == []
    same = count_changes(rows)
    assert [t.get_text() for t in same.axes[0].get_yticklabels()] == [
        t.get_text() for t in ax.get_yticklabels()
    ]


def test_changes_without_any_ratio_are_refused(table):
    rows = compare_counts(table, "2021", "2022").assign(label=table["label"])
    with pytest.raises(InputError, match="No count"):
        count_changes(rows[rows["label"] == "Inbrott"])
    with pytest.raises(InputError, match="'label'"):
        count_changes(rows.drop(columns="label"))


def test_limits_without_bound_are_arrows_and_words():
    frame = pd.DataFrame({"label": ["Rån"], "before": [1], "after": [90]})
    rows = compare_counts(frame, "before", "after").assign(label=frame["label"])
    made = count_change_chart(rows, "c", "en")
    arrows = [x for x in made.figure.axes[0].lines if x.get_marker() == ">"]
    assert len(arrows) == 1
    assert faults(made.figure) == []


def test_ticks_of_a_wide_scale_do_not_touch():
    frame = pd.DataFrame(
        {"label": ["Mord", "En lång rubrik om brott mot person", "Bedrägeri"],
         "before": [4, 40, 500], "after": [2, 60, 1000]}
    )  # fmt: skip
    rows = compare_counts(frame, "before", "after", totals=None).assign(label=frame["label"])
    figure = count_changes(rows)
    assert faults(figure) == []
    ticks = [t.get_text() for t in figure.axes[0].get_xticklabels()]
    assert "±0" in ticks
    assert len(ticks) >= 3
