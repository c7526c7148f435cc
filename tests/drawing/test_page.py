"""The sheet: its size, its words, and files that are the same each time."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from matplotlib.patches import Patch

mpl.use("Agg")

from survey_stats.drawing import output
from survey_stats.drawing.page import MARGIN, NARROW, WIDTH, Words, sheet, style

WORDS = Words("En titel", "Andel i procent", ("Ett längre stycke " * 12, "Ett till"), True)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def drawn(bare=False, narrow=False, handles=()):
    with style() as made:
        page = sheet(made, None, 60, 40, 12, 20, narrow=narrow, bare=bare)
        page.ax.plot([0, 1], [0, 1])
        return page.finish(150, WORDS, handles)


def texts(ax):
    return [t.get_text().replace("\n", " ") for t in ax.texts]


def test_everything_is_within_the_page():
    for narrow in (False, True):
        figure = drawn(narrow=narrow, handles=[Patch(label=f"klass nummer {i}") for i in range(9)])
        figure = figure.ax.figure
        figure.canvas.draw()
        width, height = figure.canvas.get_width_height()
        assert width == pytest.approx(figure.dpi * (NARROW if narrow else WIDTH), abs=1)
        renderer = figure.canvas.get_renderer()
        ax = figure.axes[0]
        for text in [*ax.texts, *ax.get_legend().get_texts()]:
            box = text.get_window_extent(renderer)
            assert box.x0 >= -1
            assert box.y0 >= -1
            assert box.x1 <= width + 1
            assert box.y1 <= height + 1


def test_a_bare_sheet_has_no_title_and_is_unknown_to_pyplot_but_says_synthetic():
    open_before = plt.get_fignums()
    bare = drawn(bare=True)
    assert plt.get_fignums() == open_before
    assert texts(bare.ax) == ["SYNTETISKA DATA"]
    assert bare.words is WORDS
    own = drawn()
    assert "En titel" in texts(own.ax)
    assert "Ett till" in texts(own.ax)
    heights = [d.ax.figure.get_size_inches()[1] for d in (bare, own)]
    assert heights[0] < heights[1]


def test_the_body_has_the_height_that_was_asked_for():
    figure = drawn().ax.figure
    box = figure.axes[0].get_position()
    assert box.height * figure.get_size_inches()[1] * 72 == pytest.approx(150)
    assert box.width * WIDTH * 72 == pytest.approx(72 * WIDTH - 2 * MARGIN - 100)


def test_given_axes_keep_their_size():
    figure, ax = plt.subplots(figsize=(9, 5))
    with style() as made:
        sheet(made, ax, 60, 40, 12, 20).finish(150, WORDS)
    assert tuple(figure.get_size_inches()) == (9, 5)


def test_files_are_the_same_bytes_and_tell_no_time():
    one, two = drawn(bare=True).ax.figure, drawn(bare=True).ax.figure
    with mpl.rc_context({"svg.hashsalt": "other", "svg.fonttype": "none", "savefig.dpi": 30}):
        first = output.svg(one)
    assert first == output.svg(two) == output.svg(two)
    assert b"<dc:date>" not in first
    assert b"matplotlib" not in first.lower().replace(b"matplotlib.axis", b"")
    assert output.png(one) == output.png(two)
    assert b"Software" not in output.png(one)


def test_labels_are_not_mathematics():
    with style() as made:
        page = sheet(made, None, 60, 40, 12, 20, bare=True)
        page.ax.set_title("$x^2$ kostar $5")
        done = page.finish(100, Words("$a"))
    assert b"$x^2$ kostar $5" in output.svg(done.ax.figure)


def test_settings_of_matplotlib_are_left_alone():
    before = dict(mpl.rcParams)
    output.svg(drawn().ax.figure)
    assert dict(mpl.rcParams) == before
