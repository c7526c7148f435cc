"""Figures and words."""

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.explain.small_areas import rank_areas, small_areas

NAMES = list("abcdefghij")
BASES = [20, 60, 35, 80, 30, 45, 50, 25, 90, 40]


def model(names=NAMES, synthetic=False):
    rows = [
        (a, i < n * (j % 7 + 1) // 10)
        for j, (a, n) in enumerate(zip(names, BASES * 20, strict=False))
        for i in range(n)
    ]
    frame = pd.DataFrame(rows, columns=["area", "unsafe_evening"])
    frame.attrs["synthetic"] = synthetic
    est = ss.Survey(frame, name="city_safety", wave=2023).share("unsafe_evening", by="area")
    extra = pd.DataFrame({"x": np.cos(np.arange(len(names) + 1.0))}, index=[*names, "new"])
    return small_areas(est, extra)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_order_and_what_is_drawn():
    small = model()
    ax = small.plot()
    order = [t.get_text() for t in ax.get_yticklabels()]
    assert order == [small.areas[i] for i in np.argsort(-small.estimate, kind="stable")]
    direct, own, without = ax.get_lines()
    # bases under 30 keep their own share to themselves
    assert direct.get_xdata().size == 8
    np.testing.assert_allclose(np.sort(own.get_xdata()), np.sort(100 * small.estimate[:10]))
    assert without.get_xdata() == [pytest.approx(100 * small.estimate[10])]
    assert "Otrygg ute ensam" in ax.get_xlabel()
    legend = [t.get_text() for t in ax.get_legend().get_texts()]
    assert legend == ["egna svar", "modellbaserad skattning", "utan egna svar"]


def test_alt_text_tells_what_is_seen():
    small = model()
    told = small.alt_text()
    for name in small.areas:
        assert f"{name} " in told
    assert told.count("; egna svar ") == 8
    assert "utan egna svar" in told
    assert "own answers" in small.alt_text("en")
    # a base of 20: its direct share of 10 % is not told
    at = told.index("; a ") + 2
    assert "egna svar" not in told[at : told.index(")", at)]


def test_synthetic_data_are_said():
    small = model(synthetic=True)
    assert "SYNTETISKA DATA" in small.plot().get_title(loc="left")
    assert small.alt_text().startswith("SYNTETISKA DATA")
    assert "SYNTETISKA DATA" in small.ranks().plot().get_title(loc="left")


def test_ranks_figure():
    ranks = model().ranks()
    ax = ranks.plot(lang="en")
    assert [t.get_text() for t in ax.get_yticklabels()] == ranks.to_frame()["area"].tolist()
    assert "possible places" in ax.get_xlabel()


def test_given_axes_and_too_many_areas():
    _, ax = plt.subplots()
    assert model().plot(ax=ax) is ax
    with pytest.raises(InputError, match="does not fit a page"):
        model([f"a{i:03}" for i in range(130)]).plot()


def test_chosen_areas():
    small = model()
    ax = small.plot(areas=["b", "g", "new"])
    assert len(ax.get_yticklabels()) == 3
    told = small.alt_text(areas=["b", "g"])
    assert "b " in told
    assert "new" not in told
    with pytest.raises(UnknownNameError, match="'bb'"):
        small.plot(areas=["bb"])
    with pytest.raises(InputError, match="no area to draw"):
        small.plot(areas=[])


@pytest.mark.parametrize("rows", [10, 80])
def test_a_figure_is_at_most_a_page(rows):
    ax = model([f"a{i:03}" for i in range(rows - 1)]).plot()
    width, height = ax.figure.get_size_inches()
    assert width < 6.9
    assert height <= 9.61


def test_notebook():
    small = model()
    html = small._repr_html_()
    assert "Fay-Herriot EBLUP" in html
    assert "Sampling variances are" in html
    assert "SmallAreas" in repr(small)
    found = small.diagnostics()
    assert "tests of the area model" in found._repr_html_()
    assert list(found.to_frame().columns) == ["area", "residual", "normal_quantile", "outlier"]
    assert "may have the highest share" in small.ranks()._repr_html_()


def test_ranks_figure_says_which_question_and_survey():
    small = model()
    title = small.ranks().plot().get_title(loc="left")
    assert "Otrygg ute ensam" in title
    assert "stadens trygghetsmätning 2023" in title
    assert "modellbaserad" in title
    english = small.ranks(of="direct").plot(lang="en").get_title(loc="left")
    assert "the city's safety survey 2023, own answers" in english
    made = model(synthetic=True).ranks().plot().get_title(loc="left")
    assert made.startswith("SYNTETISKA DATA. Otrygg")
    where = ss.Survey(pd.DataFrame({"area": list("abcd") * 20, "yes": [True, False] * 40}))
    ranks = rank_areas(where.share("yes", "area", "area != 'd'"))
    assert "area != 'd'" in ranks.plot().get_title(loc="left")


def test_too_many_areas_are_told_how_to_choose():
    names = [f"a{i:03}" for i in range(117)]
    small = model(names)
    with pytest.raises(InputError, match="at most 80 with areas="):
        small.plot()
    assert len(small.plot(areas=names[:5]).get_yticklabels()) == 5
    with pytest.raises(InputError, match="at most 80 by ranking the shares of fewer"):
        small.ranks().plot()
    for wrong in ("a001", 3):
        with pytest.raises(InputError, match="areas= takes a list of areas"):
            small.plot(areas=wrong)
