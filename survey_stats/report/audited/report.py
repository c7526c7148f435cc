"""The audit report: the statements of documents against their own figures, for their authors."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from survey_stats import __version__
from survey_stats.audit import Finding, audit
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.labels import Language, heading
from survey_stats.report import show
from survey_stats.report.audited import words
from survey_stats.report.evidence import documents
from survey_stats.report.sentences import joined
from survey_stats.report.show import Markdown
from survey_stats.report.tables import Column, Table
from survey_stats.resources import data_path

VERDICTS = ("does not hold", "cannot be decided", "holds")
"""The order in which authors read them: what is to be corrected comes first."""


@dataclass(frozen=True)
class AuditReport:
    """The findings of an audit as a document.

    Attributes:
        findings: in the order of the claims file.
        file: the name of the claims file.
        sha256: its hash.
        lang: the reader's language.
        subjects: the statements in the reader's language, by id; else the finding's own.
        titles: the titles of the documents, by their short names.
        source: the one document that was asked for; all where empty.
    """

    findings: tuple[Finding, ...]
    file: str = ""
    sha256: str = ""
    lang: Language = "sv"
    subjects: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    source: str = ""

    @classmethod
    def load(
        cls, claims: str | Path | None = None, lang: Language = "sv", source: str = ""
    ) -> AuditReport:
        """Audit a claims file.

        The statements are told in Swedish where a file with the columns `id` and `subject` lies
        beside it, called as it is with `_sv` after its name.

        Args:
            claims: a file as `docs/audit.md` tells; the shipped one where None or empty.
            lang: the reader's language.
            source: the short name of one document; all where empty.

        Raises:
            InputError: the claims file cannot be read, or holds no statement.
            UnknownNameError: it has no statement of that document, or there is no such language.
        """
        if lang not in ("sv", "en"):
            raise UnknownNameError("language", lang, ("sv", "en"))
        path = Path(claims) if claims else data_path("published", "claims.csv")
        findings = audit(path)
        known = list(dict.fromkeys(f.source for f in findings))
        if source and source not in known:
            raise UnknownNameError("document", source, known, path.name)
        return cls(
            findings=tuple(f for f in findings if not source or f.source == source),
            file=path.name,
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            lang=lang,
            subjects=_translated(path) if lang == "sv" else {},
            titles={s: d.title for s, d in documents().items()},
            source=source,
        )

    @property
    def sources(self) -> list[str]:
        """The documents, in the order of the claims file."""
        return list(dict.fromkeys(f.source for f in self.findings))

    def of(self, source: str, verdict: str | None = None) -> list[Finding]:
        """The findings about a document, all or of one verdict."""
        return [f for f in self.findings if f.source == source and verdict in (None, f.verdict)]

    def title_of(self, source: str) -> str:
        """The title of a document; its short name where that is all there is."""
        if not source:
            return "Dokumentet" if self.lang == "sv" else "The document"
        return _one_line(self.titles.get(source, source))

    def subject(self, finding: Finding) -> str:
        """A statement in the reader's words."""
        return _one_line(self.subjects.get(finding.id) or finding.subject or finding.id)

    @property
    def summary(self) -> list[str]:
        """How many statements hold, do not hold and cannot be decided, and what that means."""
        sv = self.lang == "sv"
        n = {v: sum(f.verdict == v for f in self.findings) for v in VERDICTS}
        all_, documents = len(self.findings), len(self.sources)
        said = [
            f"{all_} {_plural(all_, 'uppgift', 'uppgifter')} i {documents} dokument har räknats "
            f"om: {n['holds']} stämmer, {n['does not hold']} stämmer inte och "
            f"{n['cannot be decided']} kan inte avgöras."
            if sv
            else f"{all_} {_plural(all_, 'statement', 'statements')} of {documents} "
            f"{_plural(documents, 'document', 'documents')} recomputed: {n['holds']} hold, "
            f"{n['does not hold']} do not hold and {n['cannot be decided']} cannot be decided."
        ]
        open_ = [f for f in self.findings if f.verdict == "holds" and words.advice(f, self.lang)]
        if open_:
            said.append(
                f"Av dem som stämmer är {len(open_)} rätt räknade men kan bero på slumpen."
                if sv
                else f"Of those that hold {len(open_)} are right in number but may be chance."
            )
        return said

    def overview(self) -> Table:
        """How many statements of each document have which verdict."""
        sv = self.lang == "sv"
        rows = [
            {
                "label": self.title_of(s),
                "all": len(self.of(s)),
                **{v: len(self.of(s, v)) for v in VERDICTS},
            }
            for s in self.sources
        ]
        if len(rows) > 1:
            total = {"label": heading("total", self.lang), "all": len(self.findings)}
            rows.append(total | {v: sum(f.verdict == v for f in self.findings) for v in VERDICTS})
        return Table(
            name="audit-overview",
            caption=(
                "Antal granskade uppgifter i varje dokument, efter bedömning."
                if sv
                else "Number of audited statements of each document, by verdict."
            ),
            columns=(
                Column("label", "Dokument" if sv else "Document", "text", 36),
                Column("all", "Uppgifter" if sv else "Statements", "count", 13),
                *(Column(v, words.verdict(v, self.lang), "count", 17) for v in VERDICTS),
            ),
            rows=pd.DataFrame(rows),
            lang=self.lang,
            title="Översikt" if sv else "Overview",
        )

    def statements(self, source: str) -> Table:
        """Every statement of a document: stated, recomputed, verdict."""
        sv = self.lang == "sv"
        rows = [
            {
                "label": f"{i}. {self.subject(f)}",
                "stated": words.stated(f, self.lang),
                "recomputed": words.recomputed(f, self.lang),
                "verdict": words.verdict(f.verdict, self.lang),
            }
            for i, f in enumerate(self.of(source), 1)
        ]
        title = self.title_of(source)
        return Table(
            name=f"audit-{self.sources.index(source) + 1}",
            caption=(
                f"{title}: vad dokumentet anger och vad en omräkning ger."
                if sv
                else f"{title}: what the document states and what recomputing gives."
            ),
            columns=(
                Column("label", heading("claim", self.lang), "text", 46),
                Column("stated", heading("stated", self.lang), "text", 17),
                Column("recomputed", heading("recomputed", self.lang), "text", 14),
                Column("verdict", heading("verdict", self.lang), "text", 23),
            ),
            rows=pd.DataFrame(rows),
            lang=self.lang,
            title=title[:24],
        )

    # what a document shows

    def front(self) -> Markdown:
        """The title block."""
        sv = self.lang == "sv"
        title = "Granskning av uppgifter" if sv else "Audit of statements"
        names = joined([self.title_of(s) for s in self.sources], self.lang)
        return show.title_block(title, names, "", self.page_footer)

    @property
    def page_footer(self) -> str:
        """What every page says at its end: claims file and document, language, versions."""
        sv = self.lang == "sv"
        told = [self.file, *([self.source] if self.source else [])]
        told += [f"{'språk' if sv else 'language'} {self.lang}", f"data {self.sha256[:16]}"]
        told += [f"{'kod' if sv else 'code'} survey_stats {__version__}"]
        return " · ".join(_one_line(t) for t in told)

    def show_summary(self) -> Markdown:
        """The result in brief."""
        return show.bullets(self.summary) + show.table(self.overview())

    def show_documents(self, level: int = 1) -> Markdown:
        """Document by document: all statements in a table, then those to correct, one by one.

        Args:
            level: of the headings of documents.
        """
        out = Markdown("")
        for source in self.sources:
            own = self.of(source)
            place = {f.id: i for i, f in enumerate(own, 1)}
            out += _heading(self.title_of(source), level)
            out += show.table(self.statements(source))
            for verdict in VERDICTS:
                found = self.of(source, verdict)
                if not found:
                    continue
                out += _heading(_GROUPS[verdict][0 if self.lang == "sv" else 1], level + 1)
                for finding in found:
                    out += self._told(finding, place[finding.id])
        return out

    def show_made(self) -> Markdown:
        """What the report was made from."""
        told = (
            f"Gjord med survey_stats {__version__} av {self.file} med kontrollsumman "
            f"{self.sha256[:16]}. Samma fil och samma tabeller ger samma resultat."
            if self.lang == "sv"
            else f"Made with survey_stats {__version__} from {self.file} with the checksum "
            f"{self.sha256[:16]}. The same file and tables give the same result."
        )
        return show.prose([told])

    def _told(self, finding: Finding, number: int) -> Markdown:
        """One statement: what is stated, recomputed, why, by which test, and what to do."""
        sv = self.lang == "sv"
        lang = self.lang
        reason = finding.reason_sv if sv else finding.reason
        lines = [
            (
                "Dokumentet anger" if sv else "Stated",
                words.stated(finding, lang),
            ),
            (
                "Omräkningen ger" if sv else "Recomputed",
                words.recomputed(finding, lang, unit=True),
            ),
            ("Varför" if sv else "Why", reason),
            ("Prövning" if sv else "Test", words.how_tested(finding, lang)),
            ("Att göra" if sv else "To do", words.advice(finding, lang)),
        ]
        head = f"**{number}. {show.escaped(self.subject(finding))}** ({show.escaped(finding.id)})"
        if finding.verdict == "holds":
            # the table above has the numbers
            lines = [lines[2], lines[4]]
        entries = [f"- {name}: {show.escaped(text)}" for name, text in lines if text]
        return Markdown(f"{head}\n\n" + "\n".join(entries))


_GROUPS = {
    "does not hold": ("Stämmer inte: att rätta", "Does not hold: to correct"),
    "cannot be decided": (
        "Kan inte avgöras: att skriva om eller komplettera",
        "Cannot be decided: to rewrite or complete",
    ),
    "holds": ("Stämmer", "Holds"),
}


def _one_line(text: str) -> str:
    """A text without line breaks, which could end the block that it stands in."""
    return " ".join(text.split())


def _plural(n: int, one: str, more: str) -> str:
    return one if n == 1 else more


def _heading(text: str, level: int) -> Markdown:
    return Markdown(f"{'#' * level} {show.escaped(text)}")


def _translated(path: Path) -> dict[str, str]:
    """The statements in Swedish from the file beside, by id; none where there is no such file."""
    beside = path.with_name(f"{path.stem}_sv.csv")
    if not beside.is_file():
        return {}
    with beside.open(encoding="utf-8-sig", newline="") as file:
        rows: Sequence[dict[str, str]] = list(csv.DictReader(file))
    if rows and not {"id", "subject"} <= set(rows[0]):
        raise InputError(
            f"{beside.name} lacks the columns id and subject; it tells the statements of "
            f"{path.name} in Swedish"
        )
    return {row["id"]: row["subject"] for row in rows}
