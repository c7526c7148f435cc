"""A decomposition for readers: waterfall, words, one page."""

import re
from html.parser import HTMLParser

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.explain.disagreement import decompose
from survey_stats.explain.disagreement.figure import lines_of, waterfall
from survey_stats.explain.disagreement.summary_words import in_short

mpl.use("Agg")


def survey(seed: int, shift: float, old: float, name: str | None, synthetic: bool = False):
    rng = np.random.default_rng(seed)
    n = 900
    age = rng.choice(["16-29", "30-64", "65-79", "80+"], n, p=[0.6 - old, 0.35, old, 0.05])
    gender = rng.choice(["women", "men"], n)
    sure = rng.random(n) < 0.2 + shift + 0.25 * (age == "65-79") + 0.1 * (gender == "women")
    data = pd.DataFrame(
        {
            "unsafe_evening": sure | (rng.random(n) < 0.1),
            "unsafe_evening__research": sure,
            "age_group": age,
            "gender": gender,
            "disability": np.where(rng.random(n) < 0.2, "yes", "no"),
            "district": "Farsta",
        }
    )
    data["unsafe_evening__city"] = data["unsafe_evening"]
    data.attrs["synthetic"] = synthetic
    return ss.Survey(data, name=name, wave=2023 if name else None)


@pytest.fixture(scope="module")
def parts():
    one = survey(1, 0.0, 0.15, "city_safety", synthetic=True)
    two = survey(2, 0.05, 0.4, "regional_safety")
    two = ss.Survey(two.frame.drop(columns="disability"), name=two.name, wave=two.wave)
    return decompose(
        one, two, "unsafe_evening__city", ["age_group", "gender"],
        second_question="unsafe_evening__research",
    )  # fmt: skip


def texts(ax) -> list[str]:
    told = [t.get_text() for t in ax.texts] + [t.get_text() for t in ax.get_yticklabels()]
    return [t for t in told if t.strip()]


def test_bars_lead_from_one_share_to_the_other(parts):
    lines = lines_of(parts, "sv")
    assert lines[0].kind == lines[-1].kind == "survey"
    bars = [line for line in lines if line.kind == "part"]
    at = lines[0].end
    for bar in bars:
        assert bar.start == pytest.approx(at, abs=1e-10)
        assert bar.low <= bar.end <= bar.high
        at = bar.end
    assert at == pytest.approx(lines[-1].end, abs=1e-9)
    table = parts.to_frame()
    leaf = table[(table["variable"] != "") | (table["part"] == "rest")]
    sizes = [bar.end - bar.start for bar in bars]
    assert sizes == pytest.approx((100 * leaf["contribution"]).tolist())


def no_overlap(figure, shown) -> None:
    """Fails where two texts lie on each other or outside the figure."""
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in shown if t.get_text().strip()]
    for i, (one, a) in enumerate(boxes):
        for other, b in boxes[i + 1 :]:
            wide = min(a.x1, b.x1) - max(a.x0, b.x0)
            tall = min(a.y1, b.y1) - max(a.y0, b.y0)
            assert wide <= 0.5 or tall <= 0.5, (one, other)
    width, height = figure.get_size_inches() * figure.dpi
    for text, box in boxes:
        assert box.x0 >= -1, text
        assert box.x1 <= width + 1, text
        assert box.y0 >= -1, text
        assert box.y1 <= height + 1, text


def test_the_figure_shows_all_and_texts_do_not_overlap(parts):
    for lang in ("sv", "en"):
        ax = parts.plot(lang=lang)
        figure = ax.figure
        shown = [*ax.texts, *ax.get_yticklabels(), *ax.get_xticklabels(), ax.xaxis.label]
        no_overlap(figure, shown)
        mpl.pyplot.close(figure)
    told = " ".join(texts(parts.plot()))
    assert "SYNTETISKA DATA" in told
    assert "Staden 2023" in told
    assert "Det som blir kvar" in told
    mpl.pyplot.close("all")


def test_a_bar_is_filled_where_its_interval_excludes_zero(parts):
    ax = waterfall(parts)
    bars = [line for line in lines_of(parts, "sv") if line.kind == "part"]
    filled = [patch.get_facecolor()[:3] != (1.0, 1.0, 1.0) for patch in ax.patches]
    assert filled == [bar.certain for bar in bars]
    assert any(filled)
    mpl.pyplot.close(ax.figure)


def test_the_alternative_text_tells_every_part(parts):
    text = parts.alt_text()
    assert text.startswith("SYNTETISKA DATA. Varför skiljer sig undersökningarna?")
    for name in ("svaren räknas på samma sätt", "ålder", "kön", "Det som blir kvar"):
        assert name in text
    frame = parts.to_frame()
    whole = f"{100 * frame.contribution[0]:+.1f}".replace(".", ",").replace("-", "−")
    assert f"Skillnaden {whole} (" in text
    assert "Who answers" in parts.alt_text("en")


@pytest.mark.parametrize("gap", ["same", (0.1, 0.12), (0.0, 0.4)])
def test_the_figure_of_a_missing_variable(parts, gap):
    result = parts.sensitivity("disability", shares=(0.1, 0.3), gap=gap)
    for lang in ("sv", "en"):
        ax = result.plot(lang=lang)
        lines = [line for line in ax.lines if len(line.get_xdata()) > 2]
        assert len(lines) == (1 if gap == "same" else 2)
        frame = result.to_frame()
        last = frame[frame["assumed_share"] == 0.3]["remaining"].to_numpy()
        assert [line.get_ydata()[-1] for line in lines] == pytest.approx((100 * last).tolist())
        ax.figure.canvas.draw()
        shown = [*ax.texts, ax.xaxis.label, ax.yaxis.label]
        # matplotlib keeps labels of ticks that it does not draw
        for labels, place, ends in (
            (ax.get_xticklabels(), 0, ax.get_xlim()),
            (ax.get_yticklabels(), 1, ax.get_ylim()),
        ):
            shown += [t for t in labels if ends[0] <= t.get_position()[place] <= ends[1]]
        no_overlap(ax.figure, shown)
        mpl.pyplot.close(ax.figure)
    assert result.alt_text().startswith("SYNTETISKA DATA. Bara stadens")


class Checker(HTMLParser):
    VOID = {"meta", "br", "path", "use", "rect", "line"}  # noqa: RUF012

    def __init__(self):
        super().__init__()
        self.open, self.links = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        self.links += [v for k, v in attrs if k in ("src", "href") and v and not v.startswith("#")]

    def handle_startendtag(self, tag, attrs):
        self.links += [v for k, v in attrs if k in ("src", "href") and v and not v.startswith("#")]

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_the_page_needs_no_other_file_and_has_table_figure_and_words(parts, tmp_path):
    found = parts.summary("sv", parts.sensitivity("disability", shares=(0.1, 0.2)))
    page = found.write(tmp_path / "page.html").read_text(encoding="utf-8")
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    assert checker.links == []
    assert '<html lang="sv">' in page
    assert "SYNTETISKA DATA" in page
    assert "Farsta" in page
    assert page.count("<svg") == 1
    assert 'role="img" aria-label="SYNTETISKA DATA.' in page
    assert "funktionsnedsättning" in page
    assert page == parts.summary("sv", parts.sensitivity("disability", shares=(0.1, 0.2))).html
    for side in (0, 1):
        assert f"{100 * parts.shares[side]:.1f}".replace(".", ",") in page


def test_the_text_is_markdown_for_a_document(parts, tmp_path):
    found = parts.summary()
    text = found._repr_markdown_()
    assert str(found) == text == found.write(tmp_path / "a.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(parts.to_frame())
    assert "**Det som blir kvar**" in text
    assert "räknas om från kodningen research till city" in text
    # every number of the table is that of the frame
    values = [re.split(r"\s*\|\s*", r)[2].replace("−", "-").replace(",", ".") for r in rows[2:]]
    assert [float(v) for v in values] == pytest.approx(
        (100 * parts.to_frame()["contribution"]).tolist(), abs=0.051
    )


def test_english_on_request(parts):
    text = str(parts.summary("en"))
    assert "SYNTHETIC DATA" in text
    assert "What is left" in text
    assert "Skillnaden" not in text


@pytest.mark.parametrize(("shift", "old"), [(0.0, 0.2), (0.25, 0.2), (0.0, 0.55), (0.12, 0.5)])
def test_the_answer_in_short_follows_the_intervals(shift, old):
    one, two = survey(1, 0.0, 0.05, "city_safety"), survey(2, shift, old, "regional_safety")
    made = decompose(one, two, "unsafe_evening", "age_group")
    frame = made.to_frame()
    tops = frame[frame["variable"] == ""].set_index("part")
    whole, said = tops.contribution["difference"], in_short(made, "en")
    assert in_short(made, "sv").startswith("Kort sagt: ")
    sure = tops.ci_low["difference"] > 0 or tops.ci_high["difference"] < 0
    assert ("within the uncertainty" in said) == (not sure)
    cause, _, excluded = said.partition(";")
    for part, name in (
        ("composition", "who answers"),
        ("rest", "the same groups answering differently"),
    ):
        ends = np.sort([tops.ci_low[part] / whole, tops.ci_high[part] / whole])
        assert (f"due to {name}" in cause) == (sure and ends[0] > 0.5)
        assert (name in excluded) == (sure and ends[1] < 0.5)


def test_parts_that_cancel_are_not_called_nothing(parts):
    tops = parts.to_frame().query("variable == ''").set_index("part")
    assert tops.ci_low["difference"] < 0 < tops.ci_high["difference"]
    assert tops.ci_high["definition"] < 0 < tops.ci_low["composition"]
    assert "significant and cancel out" in in_short(parts, "en")


def test_a_rest_that_may_be_chance_is_not_called_other_answers():
    one, two = survey(3, 0.0, 0.2, None), survey(4, 0.0, 0.2, None)
    told = str(decompose(one, two, "unsafe_evening", "gender").summary("en"))
    assert "whether the same groups answer differently in the two surveys cannot be decided" in told
    one, two = survey(3, 0.0, 0.2, None), survey(4, 0.2, 0.2, None)
    told = str(decompose(one, two, "unsafe_evening", "gender").summary("en"))
    assert "is significant: the same groups answer differently" in told


def test_what_is_not_certain_is_not_called_a_main_cause():
    one, two = survey(3, 0.0, 0.2, None), survey(4, 0.0, 0.2, None)
    parts = decompose(one, two, "unsafe_evening", "gender")
    assert parts.to_frame().ci_low[0] < 0 < parts.to_frame().ci_high[0]
    text = str(parts.summary())
    assert "är inte säkerställd" in text
    assert "huvudorsaken" not in text
    assert "den första undersökningen" in text
    assert "SYNTETISKA" not in text


def test_the_share_of_an_answer_is_told_as_that_answer():
    one, two = survey(3, 0.0, 0.2, None), survey(4, 0.0, 0.4, None)
    parts = decompose(one, two, "gender", "age_group", of="women")
    assert parts.of == parts.to_frame().attrs["of"] == "women"
    for told in (str(parts.summary()), parts.alt_text()):
        assert "svarar kön" not in told
    assert "andelen med svaret ”kvinnor” (kön)" in str(parts.summary()).lower()
    assert "Kön: kvinnor" in parts.alt_text()
    assert "women of gender" in parts._repr_html_()
    without = ss.Survey(one.frame.drop(columns="disability"), name=None)
    found = decompose(without, two, "gender", "age_group", of="women")
    found = found.sensitivity("disability", gap=0.1)
    assert "andelen med svaret ”kvinnor”" in " ".join(found.assumptions("sv"))
    assert "svarar kön" not in found.alt_text()
