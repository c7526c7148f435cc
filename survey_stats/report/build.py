"""The whole job: deliveries in, documents, workbook, figures and audit out."""

from __future__ import annotations

import csv
import io
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import survey_stats
from survey_stats.audit import Finding, audit, findings_to_json
from survey_stats.labels import Language, word
from survey_stats.protect import Rule, rule_file
from survey_stats.report import evidence, machine, notes
from survey_stats.report.cache import fingerprint, makers, write_whole
from survey_stats.report.claim import MAKING, STATE, claim
from survey_stats.report.document import Report, load
from survey_stats.report.plan import Parameters, load_plan, plan_path
from survey_stats.report.qmd.write import home, qmd_name, source_of
from survey_stats.report.quality import declare
from survey_stats.report.spreadsheet_text import guarded
from survey_stats.report.state import State
from survey_stats.report.waves import delivered, demo_folder
from survey_stats.resources import reports_path

if TYPE_CHECKING:
    from survey_stats.report.render import Engine
    from survey_stats.report.waves import Progress

_STEPS = 18


def build_appendix(
    area: str,
    year: int,
    out: str | Path,
    lang: Language = "sv",
    deliveries: str | Path | None = None,
    engine: Engine = "auto",
    progress: Progress | None = None,
    profile: Rule | str | None = None,
) -> list[Path]:
    """The statistical appendix of an area and year: `build` with the shipped plan of it."""
    return build("appendix", area, year, out, lang, deliveries, engine, progress, profile)


def build(
    plan: str | Path,
    area: str,
    year: int,
    out: str | Path,
    lang: Language = "sv",
    deliveries: str | Path | None = None,
    engine: Engine = "auto",
    progress: Progress | None = None,
    profile: Rule | str | None = None,
) -> list[Path]:
    """Make the document of a plan as HTML, DOCX, PDF, XLSX and CSV, and the audit.

    The `.qmd` is made from the plan; one that stands beside the plan and was edited by hand is
    used instead.

    A step whose inputs (deliveries, code, templates, parameters) are those of the last run and
    whose files are still there is skipped. All files are put in place together at the end; an
    error or an interruption leaves the earlier ones. Where the demo is used, its deliveries are
    copied to `out/deliveries`.

    Args:
        plan: the path of a plan, or the name of a shipped one.
        area: a district in the cut of 2023, or "Stockholm" for the whole city.
        year: the year of the lägesbild; later waves are not used.
        out: the folder for the files, made where it is missing.
        lang: "sv" or "en".
        deliveries: folder with delivered files; the synthetic demo where none is given.
        engine: "quarto", "embedded", or "auto" for Quarto where it is on PATH.
        progress: called as progress(step, done, total).
        profile: which numbers may be shown: a rule of `protect`, or the name of one.

    Returns:
        The files: html, docx, pdf, xlsx, csv with its description, parquet, and (where the plan
        has it) the quality declaration as JSON; then audit.json and audit.csv.

    Raises:
        UnknownNameError: the plan, a name in it, the area or the language does not exist.
        InputError: the plan is not valid, there are no data for the area up to the year, `out`
            cannot be written, or another run is writing there.
        CodebookError: a delivery does not fit its codebook.
        RenderError: Quarto is asked for and not there, or a document could not be made.
    """
    from survey_stats.report.render import check_engine

    say = progress or (lambda _step, _done, _total: None)
    check_engine(engine)
    chosen = load_plan(plan)
    told = Parameters(
        area, year, lang, Path(deliveries) if deliveries else None, profile or "", chosen.name
    )
    document = source_of(plan, told.lang)
    with claim(out) as folder:
        return _build(plan, told, document, folder, engine, say)


def _build(
    plan: str | Path,
    told: Parameters,
    document: str,
    folder: Path,
    engine: Engine,
    say: Progress,
) -> list[Path]:
    states = {name: State(folder / STATE, name) for name in (told.stem, "audit")}
    state = states[told.stem]

    say("deliveries", 0, _STEPS)
    source = told.deliveries or demo_folder(lambda what, _d, _t: say(f"demo: {what}", 0, _STEPS))
    inputs = _inputs(told, source, plan, document)

    documents = [folder / f"{told.stem}.{s}" for s in ("html", "docx", "pdf")]
    workbook, figures = folder / f"{told.stem}.xlsx", machine.files(folder, told.stem)
    figures += _declarations(plan, folder, told.stem)
    wanted = [*documents, workbook, *figures]
    rendering = fingerprint(inputs, engine)
    with tempfile.TemporaryDirectory(dir=folder, prefix=MAKING) as made_here:
        scratch = Path(made_here)
        say("audit", 1, _STEPS)
        audits, audited = _audit(folder, scratch, states["audit"])
        done = {"audit": audited, told.stem: {"all": rendering}}
        if not state.current("all", rendering, wanted):
            say("harmonise and estimate", 2, _STEPS)
            made = load(
                told.area,
                told.year,
                told.lang,
                told.deliveries,
                plan=plan,
                profile=told.profile,
            )
            say("figures and workbook", 3, _STEPS)
            if not state.current("data", inputs, [workbook, *figures]):
                machine.write(scratch, told.stem, made.figures, _about(made))
                _workbook(scratch / workbook.name, made)
                for file in _declarations(plan, scratch, told.stem):
                    file.write_text(declare(made).to_json(), encoding="utf-8", newline="")
                done[told.stem]["data"] = inputs
            say("documents", 4, _STEPS)
            if not state.current("documents", rendering, documents):
                _render(told, plan, document, scratch, engine, say)
                done[told.stem]["documents"] = rendering
        say("put in place", _STEPS - 1, _STEPS)
        _place(scratch, folder, states, done)
    if told.deliveries is None:
        _show_demo(source, folder / "deliveries")
    say("done", _STEPS, _STEPS)
    return [*wanted, *audits]


def _declarations(plan: str | Path, folder: Path, stem: str) -> list[Path]:
    """The machine-readable quality declaration, of a document that declares its quality."""
    forms = {form for row in load_plan(plan).rows for form in row.form}
    return [folder / f"{stem}-quality.json"] if forms & {"quality", "assumptions"} else []


def _place(
    scratch: Path, folder: Path, states: Mapping[str, State], done: Mapping[str, dict[str, str]]
) -> None:
    """Give the files their names; a step is forgotten first, so that half of it is made again."""
    files = sorted(p for p in scratch.iterdir() if p.is_file())
    if files:
        for name, steps in done.items():
            states[name].forget(steps)
    for path in files:
        path.replace(folder / path.name)
    for name, steps in done.items():
        states[name].keep(steps)


def _show_demo(source: Path, folder: Path) -> None:
    """Copies, not links, so that who edits them does not edit the cache."""
    folder.mkdir(exist_ok=True)
    for file in delivered(source):
        copy = folder / file.name
        if not (copy.is_file() and _alike(file, copy)):
            write_whole(copy, lambda p, file=file: shutil.copy2(file, p))  # type: ignore[misc]


def _alike(one: Path, other: Path) -> bool:
    first, second = one.stat(), other.stat()
    if first.st_size != second.st_size:
        return False
    return first.st_mtime_ns == second.st_mtime_ns or one.read_bytes() == other.read_bytes()


def _inputs(told: Parameters, source: Path, plan: str | Path, document: str) -> str:
    """A hash of what the documents are made from: deliveries, code, plan, tables, templates."""
    file = plan_path(plan)
    return fingerprint(
        told.area,
        told.year,
        told.lang,
        told.rule,
        document,
        file,
        *[file.parent / module for module in load_plan(plan).modules],
        *makers(),
        *delivered(source),
    )


def _render(
    told: Parameters,
    plan: str | Path,
    document: str,
    scratch: Path,
    engine: Engine,
    say: Progress,
) -> None:
    from survey_stats.report.render import render_document

    params = {
        "area": told.area,
        "year": told.year,
        "lang": told.lang,
        "deliveries": str(told.deliveries.resolve()) if told.deliveries else "",
        "plan": str(plan_path(plan).resolve()),
    }
    with tempfile.TemporaryDirectory(prefix="survey-stats-") as folder:
        params["profile"] = rule_file(told.rule, Path(folder))
        project = _project(plan, Path(folder) / "project")
        qmd = project / qmd_name(plan, told.lang)
        qmd.write_text(document, encoding="utf-8")
        render_document(
            qmd,
            ["html", "docx", "pdf"],
            params=params,
            out_dir=scratch,
            stem=told.stem,
            progress=lambda what: say(f"documents: {what}", _at(what), _STEPS),
            engine=engine,
        )


def _project(plan: str | Path, folder: Path) -> Path:
    """A Quarto project for a document: that of the plan's folder where it is one, else ours."""
    own = home(plan)
    if own != reports_path() and (own / "_quarto.yml").is_file():
        return Path(shutil.copytree(own, folder))
    folder.mkdir()
    shutil.copy2(reports_path("_quarto.yml"), folder)
    shutil.copytree(reports_path("style"), folder / "style")
    return folder


def _at(what: str) -> int:
    """How far a message of the renderer is between the steps of the documents.

    >>> _at("cell 1 of 22"), _at("cell 22 of 22"), _at("writing pdf"), _at("quarto: docx")
    (4, 12, 15, 8)
    """
    first, last = 4, _STEPS - 2
    cell = re.fullmatch(r"cell (\d+) of (\d+)", what)
    if cell:
        # running the cells takes two thirds of the time
        return first + (last - first) * 2 * int(cell[1]) // (3 * int(cell[2]))
    # Quarto runs the cells again for each format
    places = ("html", "docx", "pdf")
    fmt = places.index(what.split()[-1]) if what.split()[-1] in places else 0
    if what.startswith("quarto"):
        return first + (last - first) * fmt // len(places)
    return last - len(places) + fmt


def _workbook(path: Path, made: Report) -> None:
    from survey_stats.report.workbook import write_workbook

    write_workbook(
        path,
        made.tables,
        readme(made),
        made.lang,
        banner=word("synthetic", made.lang) if made.synthetic else "",
        about=notes.versions(survey_stats.__version__, made.data_version, made.parameters),
        foot=made.page_footer,
    )


def _about(made: Report) -> machine.About:
    return machine.About(
        title=_title(made),
        area=made.area,
        year=made.year,
        lang=made.lang,
        data_version=made.data_version,
        rule=made.rule,
        waves=made.waves,
        notes=tuple(notes.method(made.figures, made.rule, made.lang)),
    )


def readme(made: Report) -> list[tuple[str, str]]:
    """What stands on the first sheet of the workbook."""
    sv = made.lang == "sv"
    rows = [
        ("Innehåll" if sv else "Content", _title(made)),
        ("Område" if sv else "Area", made.area),
        ("År" if sv else "Year", str(made.year)),
        (
            "Så läses talen" if sv else "How to read",
            "Andelar är tal mellan 0 och 1 som visas i procent. Förändringar och skillnader är i "
            "procentenheter. Gränserna är ett 95-procentigt osäkerhetsintervall. Vad märken som "
            ".. och * betyder står under bladets tabell och i reglerna här."
            if sv
            else "Shares are numbers 0-1 shown as percent. Changes and differences are percentage "
            "points. Bounds are a 95% confidence interval. What marks such as .. and * mean stands "
            "under the table of the sheet and in the rules here.",
        ),
    ]
    if made.synthetic:
        rows.insert(0, (word("synthetic", made.lang), notes.synthetic(made.pieces, made.lang)))
    if made.parameters.deliveries is None:
        rows.append(("Svarsfiler" if sv else "Deliveries", notes.DEMO_FILES[made.lang]))
    for sentence in notes.method(made.figures, made.rule, made.lang):
        rows.append(("Regler" if sv else "Rules", sentence))
    rows.append(
        (
            "Version",
            notes.versions(survey_stats.__version__, made.data_version, made.parameters),
        )
    )
    return rows


def _title(made: Report) -> str:
    tables = "alla tabeller" if made.lang == "sv" else "all tables"
    return f"{made.plan.title.of(made.lang)}, {made.area} {made.year}: {tables}"


def _audit(folder: Path, scratch: Path, state: State) -> tuple[list[Path], dict[str, str]]:
    """The audit of the published statements as JSON, and as CSV for a spreadsheet."""
    claims = evidence.claims()
    if claims is None:
        return [], {}
    files = [folder / "audit.json", folder / "audit.csv"]
    key = fingerprint(claims.parent, *makers())
    if state.current("audit", key, files):
        return files, {}
    findings = audit(claims)
    text = findings_to_json(findings) + "\n"
    (scratch / files[0].name).write_text(text, encoding="utf-8")
    table = audit_csv(findings)
    (scratch / files[1].name).write_text(table, encoding="utf-8", newline="")
    return files, {"audit": key}


def audit_csv(findings: Sequence[Finding]) -> str:
    """The findings as the text of a CSV file."""
    subjects = evidence.swedish_subjects()
    buffer = io.StringIO()
    names = ["id", "source", "subject", "subject_sv", "kind", "stated", "verdict", "recomputed"]
    names += ["p_value", "reason", "reason_sv"]
    writer = csv.DictWriter(buffer, names, lineterminator="\n")
    writer.writeheader()
    for finding in findings:
        row: dict[str, Any] = finding.to_dict()
        test = row.pop("test") or {}
        row["p_value"] = test.get("p_value")
        row["subject_sv"] = subjects.get(finding.id, finding.subject)
        writer.writerow({k: guarded(v) for k, v in row.items()})
    return buffer.getvalue()
