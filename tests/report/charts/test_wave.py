"""Shares by wave: end labels that keep apart, years that fit, and what is hidden."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from survey_stats.errors import InputError
from survey_stats.report.charts import Chart, by_wave
from tests.report.charts.looking import drawn_texts, faults, letters

AREA = "Enskede-Årsta-Vantör"


def rows(series, survey="city_safety", level="district"):
    return pd.DataFrame(
        [
            {"survey": survey, "wave": w, "area_level": level, "share": s, "flag": "",
             "ci_low": None if s is None else s - 0.03, "ci_high": None if s is None else s + 0.03}
            for w, s in series.items()
        ]
    )  # fmt: skip


def three(gap):
    waves = {2008: 0.3, 2011: 0.31, 2014: 0.3, 2017: 0.32, 2020: 0.33, 2023: 0.33}
    parts = []
    for survey, years in (
        ("city_safety", waves),
        ("regional_safety", {2020: 0.3, 2021: 0.3, 2022: 0.3, 2023: 0.3}),
        ("school_survey", {2020: 0.2, 2022: 0.21}),
    ):
        parts.append(rows(years, survey))
        parts.append(rows({y: s + gap for y, s in years.items()}, survey, "city"))
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("gap", [0.0, 0.001, 0.01, -0.02, 0.3])
@pytest.mark.parametrize("lang", ["sv", "en"])
def test_end_labels_never_lie_on_each_other(gap, lang):
    every = three(gap)
    ends = {"city_safety", "regional_safety", "school_survey"}
    for surveys in (sorted(ends), ["city_safety", "school_survey"], ["city_safety"]):
        figure = by_wave(every[every["survey"].isin(surveys)], AREA, lang)
        strong = [
            t for t in (x for ax in figure.axes for x in ax.texts) if t.get_fontweight() == "bold"
        ]
        assert len(strong) == 2 * len(surveys)
        texts = {t.get_text() for t in strong}
        bold = [(t, b) for t, b in drawn_texts(figure) if t in texts]
        for i, (one, a) in enumerate(bold):
            for two, b in bold[i + 1 :]:
                apart = a.x1 <= b.x0 or b.x1 <= a.x0 or a.y1 <= b.y0 + 2 or b.y1 <= a.y0 + 2
                assert apart, (one, two)
        outside = [f for f in faults(figure) if "outside" in f]
        assert outside == []


def test_years_never_lie_on_each_other():
    figure = by_wave(three(0.1), AREA, "sv", {("city_safety", 2011): [1, 2]})
    for ax in figure.axes:
        years = [t for t in ax.get_xticklabels() if t.get_text()]
        renderer = FigureCanvasAgg(figure).get_renderer()
        boxes = [t.get_window_extent(renderer) for t in years]
        assert all(a.x1 <= b.x0 for a, b in itertools.pairwise(boxes))
    told = [t.get_text() for t in figure.axes[0].get_xticklabels()]
    assert told[1].startswith("’11")
    assert told[1].endswith("²")


def test_a_hidden_wave_breaks_the_line_and_is_marked():
    figure = by_wave(rows({2017: 0.2, 2020: None, 2023: 0.3}), AREA)
    (line,) = [x for x in figure.axes[0].lines if x.get_marker() == "o"]
    assert np.isnan(line.get_ydata()[1])
    assert ".." in [t.get_text() for t in figure.axes[0].texts]
    assert by_wave(rows({2020: None}), AREA).axes


def test_points_and_intervals_are_where_the_numbers_are():
    figure = by_wave(rows({2020: 0.2, 2023: 0.3}), AREA)
    ax = figure.axes[0]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [20, 30])
    segments = ax.collections[0].get_segments()
    np.testing.assert_allclose([s[:, 1] for s in segments], [[17, 23], [27, 33]])


def test_district_and_city_have_their_looks_in_every_panel():
    from survey_stats.drawing.palette import series

    figure = by_wave(three(0.1), AREA)
    for ax in figure.axes:
        assert {x.get_color() for x in ax.lines} == {
            series("district").colour,
            series("city").colour,
        }
    key = [t.get_text() for t in figure.legends[0].get_texts()]
    assert key == [AREA, "Hela staden"]


def test_too_many_panels_or_none():
    more = pd.concat([three(0.1), rows({2020: 0.1}, "other")])
    with pytest.raises(InputError, match="1 to 3 surveys"):
        by_wave(more, AREA)
    with pytest.raises(InputError, match="1 to 3 surveys"):
        by_wave(more.iloc[:0], AREA)


def test_the_same_bytes_each_time():
    made = [Chart("c", "", "", by_wave(three(0.05), AREA)).svg() for _ in range(2)]
    assert made[0] == made[1]
    assert "33 %" in " ".join(letters(Chart("c", "", "", by_wave(three(0.0), AREA)))).replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_a_notebook_shows_caption_notes_and_words_for_the_picture() -> None:
    from matplotlib.figure import Figure

    from survey_stats.report.charts import Chart

    chart = Chart("x", "Andel <a>", 'sa "ja"', Figure(), ("Andra åldrar.",), "sv", ("Avrundat.",))
    html = chart._repr_html_()
    assert "<figcaption>Andel &lt;a&gt;</figcaption>" in html
    assert 'alt="sa &quot;ja&quot;"' in html
    assert html.index("<sup>1</sup> Andra åldrar.") < html.index("Avrundat.")
