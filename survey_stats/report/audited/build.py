"""The audit report as files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from survey_stats.errors import fold
from survey_stats.labels import Language
from survey_stats.report.audited.report import AuditReport
from survey_stats.report.claim import MAKING, claim
from survey_stats.resources import data_path, reports_path

if TYPE_CHECKING:
    from survey_stats.report.render import Engine
    from survey_stats.report.waves import Progress


def build_audit_report(
    claims: str | Path | None,
    out: str | Path,
    lang: Language = "sv",
    source: str = "",
    engine: Engine = "auto",
    progress: Progress | None = None,
) -> list[Path]:
    """The audit of a claims file as HTML, DOCX and PDF, for the authors of the documents.

    Args:
        claims: a file as `docs/audit.md` tells; the shipped one where None.
        out: the folder for the files, made where it is missing.
        lang: "sv" or "en".
        source: the short name of one document; all where empty.
        engine: "quarto", "embedded", or "auto" for Quarto where it is on PATH.
        progress: called as progress(step, done, total).

    Returns:
        The html, docx and pdf.

    Raises:
        InputError: the claims file cannot be read or holds no statement, or `out` cannot be
            written.
        UnknownNameError: there is no such document or language.
        RenderError: Quarto is asked for and not there, or a document could not be made.
    """
    from survey_stats.report.render import check_engine, render_document

    say = progress or (lambda _step, _done, _total: None)
    check_engine(engine)
    path = Path(claims) if claims else data_path("published", "claims.csv")
    say("audit", 0, 3)
    # what is wrong with the file is told before anything is made
    AuditReport.load(path, lang, source)
    stem = _stem(source or path.stem, lang)
    qmd = reports_path("audit.qmd" if lang == "sv" else f"audit-{lang}.qmd")
    say("documents", 1, 3)
    with claim(out) as place, tempfile.TemporaryDirectory(dir=place, prefix=MAKING) as scratch:
        render_document(
            qmd,
            ["html", "docx", "pdf"],
            params={"claims": str(path.resolve()), "lang": lang, "source": source},
            out_dir=Path(scratch),
            stem=stem,
            engine=engine,
        )
        files = [place / f"{stem}.{s}" for s in ("html", "docx", "pdf")]
        for file in files:
            (Path(scratch) / file.name).replace(file)
    say("done", 3, 3)
    return files


def _stem(name: str, lang: Language) -> str:
    """A file name that is none of a path, whatever a document is called.

    >>> _stem("../Lägesbild 2024", "sv"), _stem("???", "en")
    ('audit-report-lagesbild-2024', 'audit-report-en')
    """
    plain = "".join(c if c.isalnum() else " " for c in fold(name))
    words = ["audit-report", *plain.split(), *([] if lang == "sv" else [lang])]
    return "-".join(words)
