"""Pictures: one point a cell, Swedish words, and no more rows than can be read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from survey_stats.errors import InputError
from survey_stats.estimate import Survey


@pytest.fixture(autouse=True)
def quiet_backend():
    matplotlib = pytest.importorskip("matplotlib")
    pytest.importorskip("seaborn")
    matplotlib.use("Agg")
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def test_every_cell_is_a_point_at_its_estimate(frame):
    survey = Survey(frame.assign(gender=frame["sex"].map({"u": "women", "v": "men"})))
    est = survey.share("yes", by=["area", "gender"])
    ax = est.plot()
    points = np.sort(np.concatenate([line.get_xdata() for line in ax.lines]))
    np.testing.assert_allclose(points, np.sort(est.estimate))
    assert [t.get_text() for t in ax.get_yticklabels()] == ["p", "q", "r"]
    legend = ax.get_legend()
    assert legend.get_title().get_text() == "Kön"
    assert {t.get_text() for t in legend.get_texts()} == {"kvinnor", "män"}
    assert ax.get_xlabel().endswith("%")
    english = est.plot(lang="en").get_legend()
    assert english.get_title().get_text() == "Gender"


def test_missing_cells_keep_their_row_and_full_tables_are_refused():
    frame = pd.DataFrame({"y": [1, 0, np.nan, np.nan], "g": ["a", "a", "b", "b"]})
    ax = Survey(frame).share("y", by="g").plot()
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b"]
    assert [t.get_text() for t in ax.texts] == ["–"]
    assert len(Survey(frame).share("y").plot().lines) == 1
    many = pd.DataFrame({"y": [0, 1] * 200, "g": np.repeat(np.arange(200), 2)})
    with pytest.raises(InputError, match="fewer than"):
        Survey(many).share("y", by="g").plot()


def test_contrasts_are_drawn_with_their_null():
    pytest.importorskip("matplotlib").use("Agg")
    frame = pd.DataFrame({"y": [1, 0, 1, 1, 0, 0, 1, 0], "g": list("abcdabcd")})
    ax = Survey(frame).share("y", by="g").differences("g", "a").plot(lang="en")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["b - a", "c - a", "d - a"]
    assert list(ax.lines[-1].get_xdata()) == [0, 0]


def test_differences_of_shares_are_percentage_points_with_ticks_that_differ():
    rng = np.random.default_rng(5)
    n = 4000
    frame = pd.DataFrame({"gender": rng.choice(["men", "women"], n)})
    frame["y"] = rng.random(n) < np.where(frame["gender"] == "women", 0.32, 0.3)
    est = Survey(frame, name="city").share("y", by="gender")
    ax = est.differences("gender", "men").plot()
    ax.figure.canvas.draw()
    ticks = [t.get_text() for t in ax.get_xticklabels()]
    assert len(set(ticks)) == len(ticks) > 2
    assert ax.get_xlabel().endswith(", procentenheter")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["kvinnor - män"]
    assert est.plot(lang="en").get_xlabel().endswith(", %")


def test_effects_have_a_line_at_zero_and_a_row_each():
    from survey_stats.explain import glm

    rng = np.random.default_rng(6)
    frame = pd.DataFrame(
        {
            "gender": rng.choice(["men", "women"], 400),
            "age": rng.integers(16, 80, 400),
            "y": rng.random(400) < 0.4,
        }
    )
    effects = glm(Survey(frame), "y ~ gender + age").effects()
    ax = effects.plot()
    labels = [t.get_text() for t in ax.get_yticklabels()]
    assert labels == ["kön, kvinnor - män", "ålder i år, för varje steg uppåt"]
    assert list(ax.lines[-1].get_xdata()) == [0, 0]
    assert ax.get_xlabel().endswith("procentenheter")
    assert ax.get_legend() is None


def test_synthetic_data_are_named_in_the_figure():
    from dataclasses import replace

    est = Survey(pd.DataFrame({"y": [1, 0, 1, 0], "g": list("aabb")})).share("y", by="g")
    assert est.plot().get_title(loc="right") == ""
    made_up = replace(est, metadata=est.metadata.but(synthetic=True))
    assert made_up.plot().get_title(loc="right") == "SYNTETISKA DATA"
    assert made_up.plot(lang="en").get_title(loc="right") == "SYNTHETIC DATA"
