"""The summary as files: one page, for every area and language, and made again only when needed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from pypdf import PdfReader

from survey_stats.errors import InputError
from survey_stats.report import load
from survey_stats.report.onepage import ROOM, OnePage
from survey_stats.report.onepage import build as build_module
from survey_stats.report.onepage.build import build_summary, page_count
from survey_stats.report.plan import AREAS, Parameters
from survey_stats.report.render import render_document
from survey_stats.resources import reports_path

AREA, YEAR = "Hässelby-Vällingby", 2023

# every area takes half an hour on a slow machine: REPORT_ALL_AREAS=1 asks for it
_SOME = (AREA, "Stockholm") if not os.environ.get("REPORT_ALL_AREAS") else AREAS


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["sv", "en"])
@pytest.mark.parametrize("area", _SOME)
def test_a_summary_is_one_page(tmp_path: Path, area: str, lang: str) -> None:
    files = build_summary(area, YEAR, tmp_path, lang, engine="embedded")  # type: ignore[arg-type]
    assert [f.suffix for f in files] == [".html", ".docx", ".pdf"]
    assert all(f.stat().st_size > 5000 for f in files)
    reader = PdfReader(files[2])
    assert len(reader.pages) == page_count(files[2]) == 1
    width, height = (round(float(x) / 72 * 25.4) for x in reader.pages[0].mediabox[2:])
    assert (width, height) == (210, 297)
    text = " ".join(reader.pages[0].extract_text().split())
    assert ("SYNTETISKA DATA" if lang == "sv" else "SYNTHETIC DATA") in text


@pytest.mark.slow
def test_the_least_there_may_be_is_shorter_and_says_so(tmp_path: Path) -> None:
    params = {"area": AREA, "year": YEAR, "tight": ROOM}
    made = render_document(
        reports_path("summary.qmd"), ["html"], params, tmp_path, "least", engine="embedded"
    )
    text = " ".join(made["html"].read_text(encoding="utf-8").replace("&nbsp;", " ").split())
    assert "2 huvudtal och några meningar utelämnade" in text
    assert "Närmast gränsen" not in text


@pytest.mark.slow
def test_the_page_prints_the_figures_of_the_appendix() -> None:
    document = load(AREA, YEAR)
    table = OnePage(document).table
    assert table is not None
    for row in table.rows.to_dict("records"):
        own = document.table(row["question"], row["survey"]).rows
        total = own[(own["group"] == "all") & (own["area_level"] == "district")].iloc[0]
        for column in ("share", "ci_low", "ci_high", "difference", "verdict"):
            assert row[column] == total[column], (row["question"], column)


def fake_render(pages_at: list[int]) -> object:
    """A renderer whose PDF has so many pages at each step."""
    from pypdf import PdfWriter

    def render(_qmd, formats, params, out_dir, stem, engine):
        for form in formats:
            file = Path(out_dir) / f"{stem}.{form}"
            if form != "pdf":
                file.write_text(str(params["tight"]), encoding="utf-8")
                continue
            writer = PdfWriter()
            for _ in range(pages_at[params["tight"]]):
                writer.add_blank_page(595, 842)
            writer.write(file)

    return render


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "a.csv").write_text("x\n1\n", encoding="utf-8")
    monkeypatch.setattr(build_module, "demo_folder", lambda: folder)
    return folder


def rendering(monkeypatch: pytest.MonkeyPatch, pages_at: list[int]) -> None:
    import survey_stats.report.render as module

    monkeypatch.setattr(module, "render_document", fake_render(pages_at))


def test_it_is_shortened_step_by_step_until_it_fits(tmp_path, demo, monkeypatch) -> None:
    rendering(monkeypatch, [3, 2, 1, 1, 1, 1])
    files = build_summary(AREA, YEAR, tmp_path / "out", engine="embedded")
    stem = Parameters(AREA, YEAR, document="summary").stem
    assert [f.name for f in files] == [f"{stem}.{s}" for s in ("html", "docx", "pdf")]
    # the other formats leave out the same
    assert files[0].read_text(encoding="utf-8") == "2"
    state = json.loads((tmp_path / "out" / ".state" / f"{stem}.json").read_text("utf-8"))
    assert state["tight"] == "2"
    assert not list((tmp_path / "out").glob(".making-*"))


def test_what_never_fits_is_an_error_and_leaves_nothing(tmp_path, demo, monkeypatch) -> None:
    rendering(monkeypatch, [2] * (ROOM + 1))
    with pytest.raises(InputError, match="2 pages with the least"):
        build_summary(AREA, YEAR, tmp_path / "out", engine="embedded")
    assert [p.name for p in (tmp_path / "out").iterdir()] == [".state"]


def test_what_is_made_from_the_same_is_left_alone(tmp_path, demo, monkeypatch) -> None:
    rendering(monkeypatch, [1] * (ROOM + 1))
    files = build_summary(AREA, YEAR, tmp_path / "out", engine="embedded")
    files[0].write_text("mine", encoding="utf-8")
    build_summary(AREA, YEAR, tmp_path / "out", engine="embedded")
    assert files[0].read_text(encoding="utf-8") == "mine"
    (demo / "a.csv").write_text("x\n2\n", encoding="utf-8")
    build_summary(AREA, YEAR, tmp_path / "out", engine="embedded")
    assert files[0].read_text(encoding="utf-8") == "0"


def test_a_step_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="tight=9"):
        OnePage(None, 9)  # type: ignore[arg-type]
