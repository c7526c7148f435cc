"""Figures of changes: what they draw, what they say, and that text does not lie on text."""

import itertools

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

import survey_stats as ss
from survey_stats import protect
from survey_stats.compare import figures
from survey_stats.compare.figures import alt_text, draw, forest, heat_map, slope
from survey_stats.compare.figures.cells import cells_of
from survey_stats.compare.figures.words import reason
from survey_stats.drawing.page import WIDTH
from survey_stats.drawing.palette import LOOKS
from survey_stats.drawing.text import spread, text_width
from survey_stats.errors import InputError, UnknownNameError

DISTRICTS = (
    *("Bromma", "Enskede-Årsta-Vantör", "Farsta", "Hägersten-Älvsjö", "Hässelby-Vällingby"),
    *("Järva", "Kungsholmen", "Norra innerstaden", "Skarpnäck", "Skärholmen", "Södermalm"),
)
QUESTIONS = ("unsafe_evening", "worry_burglary", "problem_drug_users")


def answers(areas, n, shifts, seed=0) -> pd.DataFrame:
    """n answers an area; the share of question q in area a is 0.3 + shifts[a][q]."""
    rows = []
    for a, area in enumerate(areas):
        frame = pd.DataFrame({"district": [area] * n})
        for q, question in enumerate(QUESTIONS):
            yes = round(n * (0.3 + shifts[a][q]))
            frame[question] = pd.array([True] * yes + [False] * (n - yes), dtype="boolean")
        rows.append(frame)
    return pd.concat(rows, ignore_index=True)


def surveys(areas=DISTRICTS, n=2000, shift=None, after_n=None):
    flat = np.zeros((len(areas), 3))
    moved = flat if shift is None else np.asarray(shift, dtype=float)
    old = ss.Survey(answers(areas, n, flat), name="city_safety", wave=2020)
    new = ss.Survey(answers(areas, after_n or n, moved), name="city_safety", wave=2023)
    return old, new


def mixed(n=2000, questions=QUESTIONS, **options):
    """Rises, falls, no change and what cannot be decided."""
    shift = np.zeros((len(DISTRICTS), 3))
    shift[0, 0], shift[1, 0], shift[2, 1] = 0.15, -0.12, 0.2
    shift[3] = 0.03
    return ss.change(*surveys(n=n, shift=shift), list(questions), by="district", **options)


def texts(ax) -> list[str]:
    every = [*ax.texts, *ax.get_xticklabels(), *ax.get_yticklabels()]
    if ax.get_legend() is not None:
        every += ax.get_legend().get_texts()
    return [t.get_text() for t in every if t.get_text()]


def boxes(ax, every) -> list:
    renderer = ax.figure.canvas.get_renderer()
    ax.figure.canvas.draw()
    return [t.get_window_extent(renderer) for t in every if t.get_text()]


def overlaps(ax, every) -> list[tuple[int, int]]:
    found = boxes(ax, every)
    pairs = itertools.combinations(range(len(found)), 2)
    # a pixel of touching frames of letters is not an overlap
    return [
        (i, j)
        for i, j in pairs
        if min(found[i].x1, found[j].x1) - max(found[i].x0, found[j].x0) > 1
        and min(found[i].y1, found[j].y1) - max(found[i].y0, found[j].y0) > 0.25 * found[i].height
    ]


@pytest.fixture(autouse=True)
def closed():
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


@pytest.mark.parametrize("kind", ["forest", "slope", "heat map"])
def test_every_text_is_on_the_page_and_none_lies_on_another(kind):
    ax = draw(mixed(), kind, synthetic=True)
    every = [t for t in (*ax.texts, *ax.get_yticklabels()) if t.get_text()]
    width, height = ax.figure.canvas.get_width_height()
    for text, box in zip(every, boxes(ax, every), strict=True):
        assert box.x0 >= -1, text
        assert box.y0 >= -1, text
        assert box.x1 <= width + 1, text
        assert box.y1 <= height + 1, text
    assert overlaps(ax, every) == []
    inches = ax.figure.get_size_inches()
    assert inches[0] == WIDTH
    assert inches[1] <= 10.7


@pytest.mark.parametrize("areas", [1, 3, 15, 90])
@pytest.mark.parametrize("kind", [forest, slope])
def test_one_row_to_ninety_fit_a_page(kind, areas):
    names = [f"{d}, stadsdelen {i} vid vattnet" for i in range(9) for d in DISTRICTS][:areas]
    shift = np.zeros((areas, 3))
    shift[:20, 0] = np.linspace(-0.2, 0.3, 20)[: min(20, areas)]
    changes = ss.change(*surveys(names, 1500, shift), "unsafe_evening", by="district")
    ax = kind(changes)
    every = [t for t in (*ax.texts, *ax.get_yticklabels()) if t.get_text()]
    assert overlaps(ax, every) == []
    assert ax.figure.get_size_inches()[1] <= 10.7


def test_forest_sorts_and_marks_verdicts_by_shape_and_colour():
    changes = mixed(questions=["unsafe_evening"])
    ax = forest(changes)
    frame = changes.to_frame().sort_values("difference", ascending=False, kind="stable")
    assert [t.get_text() for t in ax.get_yticklabels()] == frame["district"].tolist()
    drawn = {
        (float(x), float(y)): (line.get_marker(), line.get_color())
        for line in ax.lines
        if line.get_linestyle() in ("None", "")
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    }
    for y, row in enumerate(frame.itertuples()):
        look = LOOKS[row.verdict]
        assert drawn[100 * row.difference, y] == (look.marker, look.colour)
    assert len({look.marker for look in LOOKS.values()}) == 4
    assert set(frame["verdict"]) >= {"significant increase", "significant decrease"}


def test_forest_prints_family_margin_interval_and_bases():
    changes = mixed(n=700, margin=0.025)
    said = " ".join(texts(forest(changes)))
    assert f"{changes.family.size} jämförelser, Holm" in said
    assert "±2,5" in said
    assert "700 / 700" in said
    row = changes.to_frame().iloc[0]
    assert f"{100 * row.ci_low:.1f} till {100 * row.ci_high:.1f}".replace(".", ",") in said
    band = next(p for p in forest(changes).patches)
    assert band.get_extents().transformed(
        band.axes.transData.inverted()
    ).intervalx == pytest.approx([-2.5, 2.5])


def test_family_is_told_whole_where_some_rows_are_drawn():
    changes = mixed()
    frame = changes.to_frame()
    one = frame[(frame.question == "worry_burglary") & (frame.district < "G")]
    said = texts(forest(one, lang="en"))
    assert any("33 comparisons, Holm" in t for t in said)
    assert "Worried about burglary" in said
    assert "Bromma" in said


def test_heat_map_has_sign_and_number_and_tells_undecided_from_unchanged():
    changes = mixed(margin=0.05)
    ax = heat_map(changes)
    told = [t.get_text() for t in ax.texts]
    for row in changes.to_frame().itertuples():
        number = f"{100 * row.difference:+.1f}".replace("-", "−").replace(".", ",")
        number = number.replace("+0,0", "0,0").replace("−0,0", "0,0")
        assert f"{LOOKS[row.verdict].sign} {number}" in told
    verdicts = changes.verdict.tolist()
    assert {"unchanged", "cannot be decided"} <= set(verdicts)
    fills = [mpl.colors.to_hex(p.get_facecolor()) for p in ax.patches]
    assert fills.count(LOOKS["unchanged"].fill) == verdicts.count("unchanged")
    assert fills.count(LOOKS["cannot be decided"].fill) == verdicts.count("cannot be decided")
    assert [t.get_text() for t in ax.get_yticklabels()] == list(DISTRICTS)


def test_cells_without_a_test_are_hatched_and_say_why():
    old, new = surveys(n=400)
    few = old.frame.district.isin(["Farsta", "Skärholmen"]) & (old.frame.index % 20 > 0)
    before = old.frame[~few]
    after = new.frame[new.frame.district != "Järva"].copy()
    after.loc[after.district == "Bromma", "worry_burglary"] = False
    changes = ss.change(
        ss.Survey(before, wave=2020), ss.Survey(after, wave=2023), list(QUESTIONS), by="district"
    )
    frame = protect.apply(changes.to_frame())
    ax = heat_map(frame)
    hatched = [p for p in ax.patches if p.get_hatch()]
    untested = int((~np.isfinite(frame["ci_low"])).sum())
    assert len(hatched) == untested >= 7
    said = " ".join(texts(ax))
    for why in ("färre än 30 svar", "finns bara före", "alla svarar lika efter"):
        assert why in said
        assert why in " ".join(texts(forest(frame)))
        assert why in alt_text(frame)
    evening = slope(frame[frame.question == "unsafe_evening"])
    told = "Visas inte: färre än 30 svar (Farsta; Skärholmen), finns bara före (Järva)."
    assert told in texts(evening)


def test_suppressed_numbers_are_nowhere():
    changes = mixed(n=20)
    frame = protect.apply(changes.to_frame())
    assert frame["difference"].isna().all()
    for ax in (forest(frame), slope(frame), heat_map(frame)):
        told = [t.get_text() for t in ax.texts]
        assert not any("+" in t or "%" in t for t in told if "intervall" not in t)
    assert "+" not in alt_text(frame)


def test_small_bases_have_a_star():
    frame = protect.apply(mixed(n=60, questions=QUESTIONS[:2]).to_frame())
    assert (frame["flag"] == "uncertain: base 30-99").all()
    for ax in (forest(frame), slope(frame), heat_map(frame)):
        assert "* osäker: 30–99 svar." in texts(ax)
        assert sum("*" in t for t in texts(ax)) == 1 + len(frame)
    assert alt_text(frame, "en").endswith("* uncertain: 30–99 answers.")


def test_groups_are_higher_or_lower_and_called_by_their_names():
    frame = answers(["Farsta", "Bromma"], 800, np.zeros((2, 3)))
    frame["gender"] = np.where(np.arange(len(frame)) % 3 < 1, "women", "men")
    survey = ss.Survey(frame, name="city_safety", wave=2023)
    changes = ss.change(
        survey, survey, "worry_burglary", by="district", before_where="gender == 'men'",
        after_where="gender == 'women'",
    )  # fmt: skip
    said = " ".join(texts(forest(changes)))
    assert "Stadens trygghetsmätning 2023, skillnad: kvinnor minus män" in said
    assert "bas män / kvinnor" in said
    assert "säkerställt högre (0)" in said
    assert "ökning" not in said
    assert "difference: F minus M" in alt_text(changes, "en", names=("M", "F"))
    rest = ss.against(survey, "worry_burglary", "district")
    assert "Skillnad: varje stadsdelsområde minus övriga" in " ".join(texts(forest(rest)))
    assert "mot" in alt_text(rest)


def test_a_wave_within_a_domain_is_told_by_year_and_domain():
    frame = mixed().to_frame()
    frame.attrs["before"] = "city_safety where wave == 2020 and gender == 'women'"
    frame.attrs["after"] = "city_safety where wave == 2023 and gender == 'women'"
    assert "Change 2020–2023" in alt_text(frame, "en")
    for side, year in (("before", 2020), ("after", 2023)):
        frame.attrs[side] = f"city_safety {year} where gender == 'women'"
    assert "Stadens trygghetsmätning, kvinnor" in alt_text(frame)


def test_slope_labels_decided_changes_only_where_there_are_many():
    areas = [f"Stadsdel {i}" for i in range(50)]
    shift = np.zeros((50, 3))
    shift[:4, 0] = 0.2
    changes = ss.change(*surveys(areas, 1500, shift), "unsafe_evening", by="district")
    said = texts(slope(changes))
    assert sum("Stadsdel" in t for t in said) == 4
    assert any("46 utan säkerställd förändring" in t for t in said)
    assert sum("Stadsdel" in t for t in texts(slope(changes.to_frame().head(20)))) == 20


def test_slope_draws_the_intervals_of_both_sides():
    old, new = surveys(DISTRICTS[:3])
    sides = old.share("unsafe_evening", "district"), new.share("unsafe_evening", "district")
    changes = ss.change(*sides)
    segments = [s for c in slope(changes, sides=sides).collections for s in c.get_segments()]
    spans = {tuple(np.round(s[:, 1], 9)) for s in segments}
    for side in sides:
        for low, high in zip(side.ci_low, side.ci_high, strict=True):
            assert tuple(np.round([100 * low, 100 * high], 9)) in spans
    spans_known = {
        tuple(np.round(s[:, 1], 9)) for c in slope(changes).collections for s in c.get_segments()
    }
    assert spans_known == spans
    with pytest.raises(InputError, match="two results that were compared"):
        slope(changes, sides=(old.share("unsafe_evening"), sides[1]))


def test_alt_text_names_every_cell_once_under_its_verdict():
    changes = mixed(margin=0.05)
    told = alt_text(changes, "en", synthetic=True)
    assert told.startswith("SYNTHETIC DATA. ")
    assert "33 comparisons, Holm" in told
    for verdict in set(changes.verdict):
        part = told.split(f"{verdict[0].upper()}{verdict[1:]} (")[1].split(". ")[0]
        rows = changes.to_frame().query("verdict == @verdict")
        assert len(part.split("; ")) == len(rows)
        assert all(d in part for d in rows["district"])


def test_synthetic_is_said_where_the_result_says_so():
    frame = mixed().to_frame()
    assert not any("SYNTETISKA DATA" in t for t in texts(forest(frame)))
    frame.attrs["synthetic"] = True
    for ax in (forest(frame), slope(frame.head(5)), heat_map(frame)):
        assert "SYNTETISKA DATA" in texts(ax)
    assert alt_text(frame).startswith("SYNTETISKA DATA")
    assert "SYNTHETIC DATA" in texts(forest(frame, lang="en"))
    old, new = surveys(DISTRICTS[:2])
    old.frame.attrs["synthetic"] = True
    changes = ss.change(old, new, "unsafe_evening", by="district")
    assert changes.synthetic
    assert alt_text(changes).startswith("SYNTETISKA DATA")
    assert "SYNTETISKA DATA" in texts(changes.to_frame().pipe(forest))
    assert "SYNTETISKA DATA" in texts(ss.against(old, "unsafe_evening", "district").plot())
    assert "SYNTETISKA DATA" not in texts(ss.against(new, "unsafe_evening", "district").plot())


def test_means_are_in_their_own_unit():
    frame = pd.DataFrame({"g": ["a"] * 50 + ["b"] * 50, "hours": np.arange(100.0) % 10})
    old, new = ss.Survey(frame), ss.Survey(frame.assign(hours=frame.hours + 0.5))
    changes = ss.change(old, new, "hours", by="g", statistic="mean", margin=1.0)
    said = " ".join(texts(forest(changes)))
    assert "+0,50" in said
    assert "procentenheter" not in said
    assert "±1" in said


def test_drawn_on_given_axes_the_figure_keeps_its_size():
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(8, 4))
    for kind in (forest, slope):
        assert kind(mixed(questions=["unsafe_evening"]), ax=ax) is ax
    assert tuple(figure.get_size_inches()) == (8, 4)


def test_what_does_not_fit_or_is_no_change_is_refused():
    frame = mixed().to_frame()
    big = pd.concat([frame.assign(district=frame.district + str(i)) for i in range(40)])
    big.attrs = frame.attrs
    for kind in (forest, heat_map):
        with pytest.raises(InputError, match="does not fit a page"):
            kind(big)
    with pytest.raises(InputError, match="no row"):
        forest(frame.head(0))
    with pytest.raises(InputError, match="attrs"):
        forest(pd.DataFrame(frame.to_dict()))
    with pytest.raises(InputError, match="two key columns"):
        heat_map(mixed(questions=["unsafe_evening"]))
    with pytest.raises(UnknownNameError, match="heat map"):
        draw(frame, "heatmap")
    with pytest.raises(UnknownNameError, match="district"):
        heat_map(frame, column="distrikt")


def test_one_district_by_question_is_a_heat_map_of_one_row():
    frame = mixed().to_frame()
    ax = heat_map(frame[frame.district == "Farsta"])
    assert [t.get_text() for t in ax.get_yticklabels()] == ["Farsta"]
    assert len(ax.patches) == 3


def test_labels_are_spread_as_little_as_needed():
    values = np.array([3.0, 1.0, 1.1, 1.2, 9.0])
    at = spread(values, 1.0, 0.0, 10.0)
    assert np.diff(np.sort(at)).min() >= 1.0 - 1e-12
    assert (np.argsort(at) == np.argsort(values)).all()
    assert at[4] == 9.0
    rng = np.random.default_rng(1)
    for _ in range(50):
        values = rng.uniform(0, 10, rng.integers(1, 30))
        at = spread(values, 0.3, 0.0, 10.0)
        assert at.min() >= -1e-9
        assert at.max() <= 10 + 1e-9
        gaps = np.diff(np.sort(at))
        assert gaps.size == 0 or gaps.min() >= 0.3 - 1e-9


def test_reasons_are_told_in_both_languages():
    assert reason("no standard error after: an estimate is missing") == (
        "osäkerheten kan inte skattas efter"
    )
    assert reason("suppressed: protects another cell", "en") == "hidden: protects another cell"
    assert reason("something new") == "something new"


def test_every_flag_of_a_change_has_words():
    old, new = surveys(n=3)
    changes = ss.change(old, new, "unsafe_evening", by="district")
    assert all(reason(f) != f for f in changes.flag if f)
    frame = answers(DISTRICTS[:3], 40, np.zeros((3, 3)))
    frame.loc[frame.district == "Farsta", "unsafe_evening"] = True
    few = pd.concat([frame, frame.head(3).assign(district="Järva")])
    rest = ss.against(ss.Survey(few), "unsafe_evening", "district")
    told = [reason(f) for f in rest.flag if f]
    assert told == ["alla svarar lika i gruppen", "färre än 5 svar i gruppen"]


def test_colours_keep_apart_in_grey():
    def lightness(colour: str) -> float:
        r, g, b = (
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in mpl.colors.to_rgb(colour)
        )
        return 116 * (0.2126 * r + 0.7152 * g + 0.0722 * b) ** (1 / 3) - 16

    fills = [lightness(look.fill) for look in LOOKS.values()]
    assert min(abs(a - b) for a, b in itertools.combinations(fills, 2)) > 12
    for look in LOOKS.values():
        assert abs(lightness(look.text) - lightness(look.fill)) > 40


def test_cells_know_their_names_and_text_its_width():
    assert cells_of(mixed()).column(None) == "question"
    assert text_width("bred\nbredare", 8) == text_width("bredare", 8)
    assert figures.draw is draw
