"""The statistical appendix of one district and year: everything that a document shows of it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from survey_stats import __version__, protect
from survey_stats.audit import Finding, audit
from survey_stats.errors import UnknownNameError
from survey_stats.labels import Language, word
from survey_stats.report import charts, evidence, notes, pieces, sentences, show
from survey_stats.report.cache import cache_folder, code_key, fingerprint, write_whole
from survey_stats.report.charts import Chart
from survey_stats.report.comparable import coding_note, coding_titles, counted, told
from survey_stats.report.crime import CrimeTable, reported_crime
from survey_stats.report.plan import PLAN, SURVEYS, Item, Parameters
from survey_stats.report.schema import tidy
from survey_stats.report.sentences import Noted
from survey_stats.report.show import Markdown
from survey_stats.report.summary import noted_summary
from survey_stats.report.tables import Table
from survey_stats.report.waves import Wave, demo_folder, load_waves
from survey_stats.resources import data_path

Progress = Callable[[str, int, int], None]
_ROWS_ON_A_PAGE = 26
"""So many rows of a question's table fit on a page with its figure."""


@dataclass(frozen=True, eq=False)
class Appendix:
    """The numbers of one appendix and the pieces made from them.

    `figure(question)` and `table(question, survey)` are for a notebook; the methods that return
    `Markdown` are for a document, with label, caption and alternative text.

    Attributes:
        parameters: area, year, language.
        waves: the harmonised waves it rests on.
        figures: every number of the surveys (see `schema`); the CSV beside the document.
        crime: tested changes of reported crime, a table a source.
        findings: the audit of the published documents.
        data_version: a hash of the deliveries.
        plan: the questions, in order.
        rule: what may be shown.
    """

    parameters: Parameters
    waves: tuple[Wave, ...]
    figures: pd.DataFrame
    crime: tuple[CrimeTable, ...]
    findings: tuple[Finding, ...]
    data_version: str
    plan: tuple[Item, ...] = PLAN
    rule: protect.Rule = protect.DEFAULT

    @property
    def area(self) -> str:
        """The district."""
        return self.parameters.area

    @property
    def year(self) -> int:
        """The year of the lägesbild."""
        return self.parameters.year

    @property
    def lang(self) -> Language:
        """The reader's language."""
        return self.parameters.lang

    @property
    def synthetic(self) -> bool:
        """Whether any answer is made up."""
        return any(w.synthetic for w in self.waves)

    @property
    def own_findings(self) -> list[Finding]:
        """The audit of the documents about this district up to this year."""
        return evidence.about(self.findings, self.area, self.year)

    @property
    def questions(self) -> list[str]:
        """The questions of the plan that somebody in the district answered."""
        asked = set(self.figures.loc[self.figures["area_level"] == "district", "question"])
        return [item.question for item in self.plan if item.question in asked]

    def surveys(self, question: str) -> list[str]:
        """The surveys that asked a question in the district.

        Raises:
            UnknownNameError: the appendix has no such question.
        """
        if question not in self.questions:
            raise UnknownNameError("question", question, self.questions, "this appendix")
        rows = self.figures[
            (self.figures["question"] == question) & (self.figures["area_level"] == "district")
        ]
        return [s for s in SURVEYS if s in set(rows["survey"])]

    def figure(self, question: str) -> Chart:
        """Shares with intervals by wave, the district beside the city."""
        self.surveys(question)
        rows = sentences.totals(self.figures)
        rows = rows[rows["question"] == question]
        by_wave = self._caveats_by_wave(question, rows)
        notes = tuple(dict.fromkeys(n for told in by_wave.values() for n in told))
        marks = {k: [notes.index(n) + 1 for n in told] for k, told in by_wave.items()}
        codings = dict.fromkeys(
            coding_note(self._wave(s, int(w)), question, self.lang)
            for s, w in zip(rows["survey"], rows["wave"], strict=True)
        )
        caption = sentences.waves_caption(question, self.area, self.lang)
        return Chart(
            name=question.replace("_", "-"),
            caption=" ".join([caption, *(c for c in codings if c)]),
            alt=sentences.waves_alt(rows, self.area, self.lang),
            figure=charts.by_wave(rows, self.area, self.lang, marks),
            footnotes=notes,
            lang=self.lang,
        )

    def table(self, question: str, survey: str) -> Table:
        """A question's shares in one survey's latest wave, by group.

        Raises:
            UnknownNameError: the survey did not ask it in the district.
        """
        if survey not in self.surveys(question):
            raise UnknownNameError("survey", survey, self.surveys(question), f"{question}")
        wave = self._latest(question, survey)
        made = pieces.question_table(
            self.figures,
            question,
            survey,
            self.lang,
            self.rule,
            self._oldest(survey),
            self._caveats(question, survey, groups=True),
            coding_note(wave, question, self.lang) or counted(wave, question, self.lang),
        )
        assert made is not None
        return made

    @cached_property
    def tables(self) -> list[Table]:
        """Every table of the appendix, in order."""
        out = [self._overview()]
        out += [self.table(q, s) for q in self.questions for s in self.surveys(q)]
        out += [t for t in (self._beside(), self._codings()) if t is not None]
        out += self._crime_tables()
        out += self._audit_tables()
        out.append(evidence.waves_table(self.waves, self.area, self.lang))
        return out

    # what a document shows

    def front(self) -> Markdown:
        """Title block, the warning of synthetic data and the line on top of each page."""
        sv = self.lang == "sv"
        title = "Statistisk bilaga till lägesbilden" if sv else "Statistical appendix"
        subtitle = f"{self.area} {self.year}"
        made_up = word("synthetic", self.lang)
        if not self.synthetic:
            return show.title_block(title, subtitle)
        block = show.title_block(title, f"{subtitle} · {made_up}", made_up)
        warning = show.callout("important", made_up, notes.SYNTHETIC[self.lang])
        return block + warning + show.page_break()

    def summary(self) -> list[str]:
        """At most six sentences written from the numbers."""
        return [told.text for told in self._summary()]

    def show_summary(self) -> Markdown:
        """The summary as a list; a caveat has the number that it has under the overview."""
        return show.bullets(self._summary(), self._overview())

    def _summary(self) -> list[Noted]:
        crime = self.crime[0].rows if self.crime else None
        pairs = [(s, q) for q in self.questions for s in self.surveys(q)]
        caveats = {(s, q): self._caveats(q, s) for s, q in pairs}
        return noted_summary(self.figures, self.area, self.lang, crime, self.own_findings, caveats)

    def show_overview(self) -> Markdown:
        """All questions in one table."""
        return show.table(self._overview()) + show.page_break()

    def show_question(self, question: str) -> Markdown:
        """What a question says: a sentence a survey, the figure, a table a survey."""
        if question not in self.questions:
            return show.prose([notes.not_asked(question, self.area, self.year, self.lang)])
        chart = self.figure(question)
        out = show.bullets(self._leads(question), chart) + show.figure(chart)
        item = next(i for i in self.plan if i.question == question)
        surveys = self.surveys(question)
        tables = [self.table(question, s) for s in (surveys if item.all_tables else surveys[:1])]
        if len(tables) < len(surveys):
            more = notes.more_tables(surveys[1:], self.lang)
            tables = [replace(tables[0], notes=(" ".join([*tables[0].notes, more]),))]
        for table in tables:
            out += show.table(table)
        # a question fills a page of its own, unless it is longer than one anyway
        fits = len(tables[0].rows) <= _ROWS_ON_A_PAGE
        return out + show.page_break() if fits else out

    def show_surveys(self) -> Markdown:
        """The surveys side by side on the questions that several ask."""
        made = self._beside()
        if made is None:
            return show.prose([notes.ONE_SURVEY[self.lang]])
        return show.table(made)

    def show_codings(self) -> Markdown:
        """How much the choice of coding moves the evening question."""
        made = self._codings()
        if made is None:
            return show.prose([notes.ONE_CODING[self.lang]])
        return show.table(made)

    def show_crime(self) -> Markdown:
        """Reported crime with its tests, or that there are no figures."""
        if not self.crime:
            return show.prose([notes.no_crime(self.area, self.year, self.lang)])
        out = Markdown("")
        for source, table in zip(self.crime, self._crime_tables(), strict=True):
            out += show.prose([notes.crime_lead(source, self.area, self.lang)])
            out += show.figure(self._crime_chart(source, table)) + show.table(table)
        return out

    def show_audit(self) -> Markdown:
        """The audit of the published documents about this district, or that there are none."""
        some = bool(self.own_findings)
        out = show.prose([notes.audit_scope(self.area, self.year, some, self.lang)])
        for made in self._audit_tables():
            out += show.table(made)
        return out

    def show_waves(self) -> Markdown:
        """Which deliveries the numbers rest on."""
        return show.table(evidence.waves_table(self.waves, self.area, self.lang))

    def show_method(self) -> Markdown:
        """How the numbers were made, with this appendix's own counts."""
        return show.bullets(notes.method(self.figures, self.rule, self.lang))

    def show_versions(self) -> Markdown:
        """What the document was made from, so that it can be made again."""
        return show.prose([notes.versions(__version__, self.data_version, self.parameters)])

    def _overview(self) -> Table:
        pairs = [(s, q) for q in self.questions for s in self.surveys(q)]
        return pieces.overview_table(
            self.figures,
            self.area,
            self.lang,
            self.plan,
            {(s, q): self._caveats(q, s) for s, q in pairs},
            {(s, q): coding_note(self._latest(q, s), q, self.lang) for s, q in pairs},
        )

    def _caveats(self, question: str, survey: str, groups: bool = False) -> tuple[str, ...]:
        """What a reader must be told of a question's change since the wave before."""
        rows = sentences.latest_totals(self.figures)
        row = rows[(rows["survey"] == survey) & (rows["question"] == question)].iloc[0]
        if pd.isna(row["previous_wave"]):
            return ()
        before, after = (self._wave(survey, int(row[w])) for w in ("previous_wave", "wave"))
        return told(question, before, after, self.area, self.lang, groups).notes

    def _caveats_by_wave(
        self, question: str, rows: pd.DataFrame
    ) -> Mapping[tuple[str, int], tuple[str, ...]]:
        """What sets a survey's earlier waves apart from its latest one."""
        out: dict[tuple[str, int], tuple[str, ...]] = {}
        for survey, waves in rows.groupby("survey", sort=False)["wave"]:
            years = sorted({int(w) for w in waves})
            last = self._wave(str(survey), years[-1])
            found: dict[str, list[int]] = {}
            for year in years[:-1]:
                first = self._wave(str(survey), year)
                for note in told(question, first, last, self.area, self.lang).notes:
                    found.setdefault(note, []).append(year)
            for note, concerned in found.items():
                text = sentences.of_figure(note, concerned, last.year, self.lang)
                for year in concerned:
                    out[str(survey), year] = (*out.get((str(survey), year), ()), text)
        return out

    def _leads(self, question: str) -> list[Noted]:
        """The sentences of a question, each with the notes that its figure has on the change."""
        told = sentences.leads(self.figures, question, self.area, self.lang)
        rows = sentences.totals(self.figures)
        notes = self._caveats_by_wave(question, rows[rows["question"] == question])
        last = sentences.latest_totals(self.figures)
        asked = last[last["question"] == question].to_dict("records")
        return [
            Noted(text, notes.get((row["survey"], row["previous_wave"]), ()))
            for text, row in zip(told, asked, strict=True)
        ]

    def _wave(self, survey: str, year: int) -> Wave:
        return next(w for w in self.waves if (w.survey, w.year) == (survey, year))

    def _latest(self, question: str, survey: str) -> Wave:
        rows = sentences.latest_totals(self.figures)
        rows = rows[(rows["survey"] == survey) & (rows["question"] == question)]
        return self._wave(survey, int(rows["wave"].iloc[0]))

    def _beside(self) -> Table | None:
        return evidence.surveys_table(self.figures, self.waves, self.area, self.lang)

    def _codings(self) -> Table | None:
        titles = coding_titles("unsafe_evening", self.waves, self.lang)
        return pieces.coding_table(self.figures, "unsafe_evening", titles, self.lang)

    def _audit_tables(self) -> list[Table]:
        own = self.own_findings
        return [
            evidence.audit_table([f for f in own if f.source == s], self._subjects(), self.lang)
            for s in dict.fromkeys(f.source for f in own)
        ]

    def _oldest(self, survey: str) -> dict[int, int]:
        """The highest age that each wave asked, where it stopped at one."""
        ages = {w.year: w.book.wave(w.year).facts.ages for w in self.waves if w.survey == survey}
        return {year: a[1] for year, a in ages.items() if a is not None and a[1] is not None}

    def _crime_tables(self) -> list[Table]:
        return [
            pieces.crime_table(t, f"crime-{i + 1}", self.area, self.lang)
            for i, t in enumerate(self.crime)
        ]

    def _crime_chart(self, source: CrimeTable, table: Table) -> Chart:
        return Chart(
            name=table.name,
            caption=notes.crime_caption(source, self.area, self.lang),
            alt=notes.crime_alt(source, self.lang),
            figure=charts.count_changes(source.rows, self.lang),
        )

    def _subjects(self) -> dict[str, str]:
        return swedish_subjects() if self.lang == "sv" else {}

    def __repr__(self) -> str:
        return (
            f"Appendix({self.area} {self.year}: {len(self.figures)} figures from "
            f"{len(self.waves)} waves{', SYNTHETIC' if self.synthetic else ''})"
        )


def load(
    area: str,
    year: int,
    lang: Language = "sv",
    deliveries: str | Path | None = None,
    progress: Progress | None = None,
) -> Appendix:
    """The appendix of a district and year.

    Deliveries are read and harmonised, and all figures computed, once; the next call with the same
    files and the same code finds them in the cache (see `report.cache.cache_folder`).

    Args:
        area: a district in the cut of 2023; case, accents and hyphens do not count.
        year: later waves are not used.
        lang: "sv" or "en".
        deliveries: the folder of the delivered files; the synthetic demo where none is given.
        progress: called as progress(what, done, total).

    Raises:
        UnknownNameError: the area or the language does not exist.
        InputError: there are no data up to the year, or none from the area.
        CodebookError: a delivery does not fit its codebook.
    """
    told = Parameters(area, year, lang, Path(deliveries) if deliveries else None)
    folder = told.deliveries or demo_folder(progress)
    waves = load_waves(folder, told.year, progress)
    data_version = fingerprint(*[f"{w.survey} {w.year} {w.sha256}" for w in waves])
    figures = _figures(waves, told.area, data_version, progress)
    return Appendix(
        parameters=told,
        waves=tuple(waves),
        figures=figures,
        crime=tuple(reported_crime(told.area, told.year, lang)),
        findings=tuple(audit(data_path("published", "claims.csv"))),
        data_version=data_version,
    )


def _figures(
    waves: Sequence[Wave], area: str, data_version: str, progress: Progress | None
) -> pd.DataFrame:
    key = fingerprint(area, data_version, code_key(), [w.year for w in waves])
    file = cache_folder() / "figures" / f"{key}.parquet"
    if file.is_file():
        return tidy(pd.read_parquet(file))
    from survey_stats.report.figures import compute

    made = compute(waves, area, progress=progress)
    write_whole(file, lambda p: made.to_parquet(p, index=False))
    return made


def swedish_subjects() -> dict[str, str]:
    """The published statements in Swedish, by id."""
    path = data_path("published", "claims_sv.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["subject"] for row in csv.DictReader(file)}
