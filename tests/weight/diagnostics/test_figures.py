"""Figures of weights: what they draw, what they say, and that text does not lie on text."""

import itertools

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from survey_stats.drawing.page import NARROW, WIDTH
from survey_stats.drawing.palette import AFTER, BEFORE, OFF
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.weight import Weights
from survey_stats.weight.diagnostics import diagnose
from survey_stats.weight.diagnostics.figures.levels import MOST_ROWS
from survey_stats.weight.diagnostics.verdict import UNBALANCED

KINDS = ("love", "distribution", "margins")


@pytest.fixture(scope="module")
def report(well):
    frame, weights = well
    frame = frame.copy()
    frame.attrs["synthetic"] = True
    return diagnose(weights, frame, by="district")


@pytest.fixture(scope="module")
def unfitted(draw, people):
    """Base weights held against the population, with a mean beside the shares."""
    frame, weights = draw()
    mean = pd.DataFrame({"variable": ["age"], "mean": [46.0], "sd": [18.0]})
    return diagnose(weights, frame, [people, mean], by="district")


def every_text(ax) -> list:
    found = [*ax.texts, *ax.get_xticklabels(), *ax.get_yticklabels()]
    if ax.get_legend() is not None:
        found += ax.get_legend().get_texts()
    return [t for t in found if t.get_text()]


def said(ax) -> list[str]:
    ax.figure.canvas.draw()
    return [t.get_text() for t in every_text(ax)]


def boxes(ax) -> tuple[list, list]:
    ax.figure.canvas.draw()
    renderer = ax.figure.canvas.get_renderer()
    # labels of ticks beyond the limits are not drawn
    outside = []
    for axis, at, (low, high) in (
        (ax.xaxis, 0, ax.get_xlim()),
        (ax.yaxis, 1, ax.get_ylim()),
    ):
        for label in axis.get_ticklabels():
            if not low <= label.get_position()[at] <= high:
                outside.append(label)
    inside = [t for t in every_text(ax) if t not in outside]
    return inside, [t.get_window_extent(renderer) for t in inside]


def overlaps(found) -> list[tuple[int, int]]:
    # a pixel of touching frames of letters is not an overlap
    return [
        (i, j)
        for i, j in itertools.combinations(range(len(found)), 2)
        if min(found[i].x1, found[j].x1) - max(found[i].x0, found[j].x0) > 1
        and min(found[i].y1, found[j].y1) - max(found[i].y0, found[j].y0) > 0.25 * found[i].height
    ]


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("which", ["report", "unfitted"])
@pytest.mark.parametrize("lang", ["sv", "en"])
def test_every_text_is_on_the_page_and_none_lies_on_another(which, kind, narrow, lang, request):
    ax = request.getfixturevalue(which).plot(kind, narrow=narrow, lang=lang)
    texts, found = boxes(ax)
    width, height = ax.figure.canvas.get_width_height()
    for text, box in zip(texts, found, strict=True):
        assert box.x0 >= -1, text
        assert box.y0 >= -1, text
        assert box.x1 <= width + 1, text
        assert box.y1 <= height + 1, text
    assert [(texts[i], texts[j]) for i, j in overlaps(found)] == []
    inches = ax.figure.get_size_inches()
    assert inches[0] == pytest.approx(NARROW if narrow else WIDTH)
    assert inches[1] <= 10.7


def test_love_draws_each_difference_before_and_after(report):
    ax = report.plot("love")
    rows = report.to_frame("balance").query("group == ''")
    hollow, filled = (
        [line for line in ax.lines if line.get_marker() == "o" and line.get_color() == colour]
        for colour in (BEFORE, AFTER)
    )
    assert sorted(hollow[0].get_xdata()) == pytest.approx(sorted(rows["smd_before"]))
    assert sorted(filled[0].get_xdata()) == pytest.approx(sorted(rows["smd_after"]), abs=1e-12)
    band = ax.patches[0].get_extents().transformed(ax.transData.inverted())
    assert band.intervalx == pytest.approx([-UNBALANCED, UNBALANCED])
    # before and after of one level are on one row
    assert set(hollow[0].get_ydata()) == set(filled[0].get_ydata())


def test_what_lies_outside_the_band_has_a_shape_of_its_own(unfitted):
    ax = unfitted.plot("love")
    rows = unfitted.to_frame("balance").query("group == ''")
    off = rows[rows["smd_after"].abs() > UNBALANCED]
    diamonds = next(x for x in ax.lines if x.get_marker() == "D" and x.get_color() == OFF)
    assert len(off) == 5
    assert sorted(diamonds.get_xdata()) == pytest.approx(sorted(off["smd_after"]))
    told = said(ax)
    assert "utanför bandet" in told
    assert "före viktningen" not in told
    assert "Ålder" in told
    assert "Ålder i år" in told


def test_words_are_the_readers(report):
    told = said(report.plot("love"))
    for text in ("Stadsdelsområde", "Kön", "kvinnor", "16–19 år", "Hässelby-Vällingby", "−0,14"):
        assert text in told
    assert "SYNTETISKA DATA" in told
    english = said(report.plot("love", lang="en"))
    for text in ("District", "women", "16–19 years", "−0.14", "SYNTHETIC DATA"):
        assert text in english


def test_margins_draw_before_target_and_after(report):
    ax = report.plot("margins")
    rows = report.to_frame("balance").query("group == ''")
    bars = next(line for line in ax.lines if line.get_marker() == "|")
    assert sorted(bars.get_xdata()) == pytest.approx(sorted(100 * rows["target"]))
    assert "33,2" in said(ax)


def test_a_group_of_its_own(report):
    ax = report.plot("love", group="Farsta")
    assert "Urvalet mot befolkningen: Farsta" in said(ax)
    rows = report.to_frame("balance").query("group == 'Farsta'")
    hollow = next(x for x in ax.lines if x.get_marker() == "o" and x.get_color() == BEFORE)
    assert sorted(hollow.get_xdata()) == pytest.approx(sorted(rows["smd_before"]))
    with pytest.raises(UnknownNameError, match="Farsta"):
        report.plot("love", group="Frasta")


def test_histogram_holds_everybody(report, unfitted):
    ax = report.plot("distribution")
    steps = [p for p in ax.patches if hasattr(p, "get_data")]
    assert [float(p.get_data().values.sum()) for p in steps] == pytest.approx([1, 1])
    assert ax.get_xscale() == "log"
    said_of = " ".join(said(ax))
    last = report.to_frame("distribution").iloc[-1]
    assert f"Designeffekt {last['design_effect']:.2f}".replace(".", ",") in said_of.replace(
        "\n", " "
    )
    alone = [p for p in unfitted.plot("distribution").patches if hasattr(p, "get_data")]
    assert len(alone) == 1


def test_heavy_weights_are_marked():
    values = np.append(np.ones(990), np.full(10, 20.0))
    report = diagnose(Weights.delivered(values), pd.DataFrame(index=range(1000)))
    ax = report.plot("distribution", lang="en")
    assert "10 times the median" in said(ax)
    marks = [x for x in ax.lines if x.get_marker() == "v" and x.get_color() == OFF]
    assert marks[0].get_xdata().size == 10
    texts, found = boxes(ax)
    assert [(texts[i], texts[j]) for i, j in overlaps(found)] == []


@pytest.mark.parametrize(
    "values", [[5.0], [2.0, 2.0, 2.0], [1e-3, 1e6], np.append(np.ones(50), 4000.0)]
)
def test_histogram_of_odd_weights(values):
    report = diagnose(Weights.delivered(values), pd.DataFrame(index=range(len(values))))
    ax = report.plot("distribution", narrow=True)
    texts, found = boxes(ax)
    assert [(texts[i], texts[j]) for i, j in overlaps(found)] == []
    step = next(p for p in ax.patches if hasattr(p, "get_data"))
    assert step.get_data().values.sum() == pytest.approx(1)


def test_many_levels_are_cut_to_a_page_and_it_is_said():
    rng = np.random.default_rng(1)
    names = [f"Stadsdelen vid sjön nummer {k}" for k in range(90)]
    frame = pd.DataFrame({"place": rng.choice(names, 9000)})
    table = pd.DataFrame({"place": names, "population": 1000 + np.arange(90)})
    report = diagnose(Weights.delivered(np.ones(9000)), frame, table)
    for kind in ("love", "margins"):
        ax = report.plot(kind)
        told = " ".join(said(ax))
        assert f"{90 - MOST_ROWS} grupper med mindre skillnader visas inte" in told
        assert ax.figure.get_size_inches()[1] <= 10.7
        texts, found = boxes(ax)
        assert [(texts[i], texts[j]) for i, j in overlaps(found)] == []
    shown = {t for t in said(report.plot("love")) if t.startswith("Stadsdelen")}
    size = report.to_frame("balance").set_index("level")["smd_after"].abs()
    assert shown == set(size.nlargest(MOST_ROWS).index)


def test_long_names_are_cut_with_an_ellipsis():
    name = "Enskede gård med omnejd och de södra delarna av Gullmarsplan bortom spåren"
    frame = pd.DataFrame({"place": [name, "Farsta"] * 50})
    table = pd.DataFrame({"place": [name, "Farsta"], "population": [5, 6]})
    report = diagnose(Weights.delivered(np.ones(100)), frame, table)
    for narrow in (False, True):
        ax = report.plot("love", narrow=narrow)
        assert any(t.endswith("…") for t in said(ax))
        texts, found = boxes(ax)
        assert [(texts[i], texts[j]) for i, j in overlaps(found)] == []
    assert name in report.alt_text("love")


def test_alternative_texts_tell_what_is_drawn(report, unfitted):
    told = report.alt_text("love")
    assert told.startswith("SYNTETISKA DATA. Urvalet mot befolkningen.")
    assert "20–29 år −0,14 till 0,00" in told
    assert "65–79 years in the population" in report.alt_text("margins", "en")
    assert "5.0% before" not in unfitted.alt_text("margins", "en")
    assert "i det viktade urvalet" in unfitted.alt_text("margins")
    mean = unfitted.to_frame("balance").query("kind == 'mean'").iloc[0]
    assert f"Age in years +{mean['smd_after']:.2f}" in unfitted.alt_text("love", "en")
    assert "den största" in report.alt_text("distribution")
    assert "Före" not in unfitted.alt_text("distribution")
    for row in report.to_frame("balance").query("group == ''").to_dict("records"):
        if row["variable"] == "district":
            assert row["level"] in told


def test_drawn_on_given_axes_the_figure_keeps_its_size(report):
    import matplotlib.pyplot as plt

    for kind in KINDS:
        figure, ax = plt.subplots(figsize=(9, 6))
        assert report.plot(kind, ax=ax) is ax
        assert tuple(figure.get_size_inches()) == (9, 6)


def test_kinds_that_do_not_exist_and_nothing_to_draw(report):
    with pytest.raises(UnknownNameError, match="love"):
        report.plot("lov")
    with pytest.raises(UnknownNameError, match="margins"):
        report.alt_text("margin")
    bare = diagnose(Weights.delivered(np.ones(40)), pd.DataFrame(index=range(40)))
    for kind in ("love", "margins"):
        with pytest.raises(InputError, match="benchmarks="):
            bare.plot(kind)


def test_settings_of_matplotlib_are_left_alone(report):
    before = dict(mpl.rcParams)
    report.plot("love")
    assert dict(mpl.rcParams) == before


def test_colours_keep_apart_in_grey():
    def lightness(colour: str) -> float:
        r, g, b = (
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in mpl.colors.to_rgb(colour)
        )
        return 116 * (0.2126 * r + 0.7152 * g + 0.0722 * b) ** (1 / 3) - 16

    shades = [lightness(c) for c in (AFTER, OFF)]
    assert abs(shades[0] - shades[1]) > 20
    assert all(shade < 65 for shade in shades)
