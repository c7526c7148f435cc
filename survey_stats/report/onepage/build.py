"""The summary as files, shortened by rule until the PDF is one page."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from survey_stats.errors import InputError
from survey_stats.labels import Language
from survey_stats.protect import rule_file
from survey_stats.report.cache import fingerprint, makers
from survey_stats.report.claim import MAKING, STATE, claim
from survey_stats.report.onepage.page import ROOM
from survey_stats.report.plan import Parameters, load_plan, plan_path
from survey_stats.report.state import State
from survey_stats.report.waves import delivered, demo_folder
from survey_stats.resources import reports_path

if TYPE_CHECKING:
    from survey_stats.protect import Rule
    from survey_stats.report.render import Engine
    from survey_stats.report.waves import Progress


_STEPS = ROOM + 3


def build_summary(
    area: str,
    year: int,
    out: str | Path,
    lang: Language = "sv",
    deliveries: str | Path | None = None,
    engine: Engine = "auto",
    progress: Progress | None = None,
    profile: Rule | str | None = None,
    plan: str | Path = "appendix",
) -> list[Path]:
    """The summary of an area and year as HTML, DOCX and a PDF of exactly one page.

    The PDF is made with everything first. While it has more than one page, what `OnePage` names as
    the next to go is left out, which the page says. Files that are made from the same already are
    left as they are.

    Args:
        area: a district in the cut of 2023, or "Stockholm" for the whole city.
        year: the year of the lägesbild; later waves are not used.
        out: the folder for the files, made where it is missing.
        lang: "sv" or "en".
        deliveries: folder with delivered files; the synthetic demo where none is given.
        engine: "quarto", "embedded", or "auto" for Quarto where it is on PATH.
        progress: called as progress(step, done, total).
        profile: which numbers may be shown: a rule of `protect`, or the name of one.
        plan: whose questions it is about, so that its figures are those of that document.

    Returns:
        The html, docx and pdf.

    Raises:
        UnknownNameError: the area, the language, the plan or the profile does not exist.
        InputError: there are no data for the area up to the year, `out` cannot be written, or the
            page is too long with the least there may be.
        RenderError: Quarto is asked for and not there, or a document could not be made.
    """
    from survey_stats.report.render import check_engine

    say = progress or (lambda _step, _done, _total: None)
    check_engine(engine)
    chosen = load_plan(plan)
    folder = Path(deliveries) if deliveries else None
    about = Parameters(area, year, lang, folder, profile or "", "summary")
    say("deliveries", 0, _STEPS)
    source = about.deliveries or demo_folder()
    qmd = reports_path("summary.qmd" if lang == "sv" else f"summary-{lang}.qmd")
    key = fingerprint(
        about.area, about.year, about.lang, about.rule, engine, chosen.name,
        plan_path(plan), qmd, *makers(), *delivered(source),
    )  # fmt: skip
    with claim(out) as place:
        files = [place / f"{about.stem}.{s}" for s in ("html", "docx", "pdf")]
        state = State(place / STATE, about.stem)
        if state.current("summary", key, files):
            say("done", _STEPS, _STEPS)
            return files
        params = {
            "area": about.area,
            "year": about.year,
            "lang": about.lang,
            "deliveries": str(about.deliveries.resolve()) if about.deliveries else "",
            "plan": str(plan_path(plan).resolve()),
        }
        with tempfile.TemporaryDirectory(dir=place, prefix=MAKING) as scratch:
            params["profile"] = rule_file(about.rule, Path(scratch))
            tight = _fit(qmd, params, Path(scratch), about, engine, say)
            say("documents", _STEPS - 1, _STEPS)
            _render(qmd, ["html", "docx"], params, Path(scratch), about.stem, tight, engine)
            state.forget(["summary"])
            for file in files:
                (Path(scratch) / file.name).replace(file)
        state.keep({"summary": key, "tight": str(tight)})
    say("done", _STEPS, _STEPS)
    return files


def _fit(
    qmd: Path,
    params: dict[str, object],
    scratch: Path,
    about: Parameters,
    engine: Engine,
    say: Progress,
) -> int:
    """Make the PDF ever shorter until it is one page; returns how short it had to be."""
    pages = 0
    for tight in range(ROOM + 1):
        say(f"one page, try {tight + 1}", 1 + tight, _STEPS)
        _render(qmd, ["pdf"], params, scratch, about.stem, tight, engine)
        pages = page_count(scratch / f"{about.stem}.pdf")
        if pages == 1:
            return tight
    raise InputError(
        f"The summary of {about.area} {about.year} has {pages} pages with the least there may be; "
        "give a plan with fewer questions or shorter texts"
    )


def page_count(path: Path) -> int:
    """The number of pages of a PDF."""
    from pypdf import PdfReader

    return len(PdfReader(path).pages)


def _render(
    qmd: Path,
    formats: Sequence[str],
    params: dict[str, object],
    out: Path,
    stem: str,
    tight: int,
    engine: Engine,
) -> None:
    from survey_stats.report.render import render_document

    render_document(
        qmd,
        list(formats),  # type: ignore[arg-type]  # names of formats
        params={**params, "tight": tight},
        out_dir=out,
        stem=stem,
        engine=engine,
    )
