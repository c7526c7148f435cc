"""One document: its numbers, and what a plan shows of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from survey_stats import __version__, protect
from survey_stats.audit import Finding, audit
from survey_stats.errors import UnknownNameError
from survey_stats.labels import Language, heading, word
from survey_stats.report import charts, evidence, notes, sentences, show
from survey_stats.report.cache import cache_folder, code_key, fingerprint, write_whole
from survey_stats.report.charts import Chart
from survey_stats.report.comparable import coding_note, told
from survey_stats.report.crime import CrimeTable, reported_crime
from survey_stats.report.pieces import registry
from survey_stats.report.plan import SURVEYS, Item, Parameters, Plan, Row, conditions, load_plan
from survey_stats.report.published import judged_with
from survey_stats.report.schema import tidy
from survey_stats.report.sentences import Noted
from survey_stats.report.show import Markdown
from survey_stats.report.summary import noted_summary
from survey_stats.report.tables import Table
from survey_stats.report.waves import Progress, Wave, demo_folder, load_waves


@dataclass(frozen=True, eq=False)
class Report:
    """The numbers of one document and the pieces made from them.

    `figure(question)` and `table(question, survey)` are for a notebook; `show` and the methods
    after it are for a document, and return `Markdown`.

    Attributes:
        parameters: area, year, language, rule profile.
        plan: what is shown.
        waves: the harmonised waves it rests on.
        figures: every number of the surveys (see `schema`); the CSV beside the document.
        crime: tested changes of reported crime, a table a source.
        findings: the audit of the published documents.
        data_version: a hash of the deliveries.
    """

    parameters: Parameters
    plan: Plan
    waves: tuple[Wave, ...]
    figures: pd.DataFrame
    crime: tuple[CrimeTable, ...]
    findings: tuple[Finding, ...]
    data_version: str

    @property
    def area(self) -> str:
        """The district, or the city."""
        return self.parameters.area

    @property
    def area_title(self) -> str:
        """The area as it stands in a title."""
        if not self.whole_city:
            return self.area
        return f"{self.area}, {heading('city', self.lang).lower()}"

    @property
    def year(self) -> int:
        """The year of the lägesbild."""
        return self.parameters.year

    @property
    def lang(self) -> Language:
        """The reader's language."""
        return self.parameters.lang

    @property
    def rule(self) -> protect.Rule:
        """What may be shown."""
        return self.parameters.rule

    @property
    def page_footer(self) -> str:
        """What every page says at its end."""
        return notes.page_footer(__version__, self.data_version, self.parameters)

    @property
    def whole_city(self) -> bool:
        """Whether it is about the whole city."""
        return self.parameters.whole_city

    @property
    def synthetic(self) -> bool:
        """Whether any answer is made up."""
        return any(w.synthetic for w in self.waves)

    @property
    def pieces(self) -> set[str]:
        """The pieces that the plan shows."""
        return {name for row in self.plan.rows for name in row.form}

    @property
    def own_findings(self) -> list[Finding]:
        """The audit of the documents about this area up to this year."""
        return evidence.about(self.findings, self.area, self.year)

    @property
    def subjects(self) -> dict[str, str]:
        """The published statements in the reader's language, by id, where that is not English."""
        return evidence.swedish_subjects() if self.lang == "sv" else {}

    @cached_property
    def asked(self) -> Mapping[str, list[str]]:
        """Question -> the surveys that asked it in the area, for all questions of the plan."""
        level = sentences.own_level(self.figures)
        rows = self.figures[self.figures["area_level"] == level]
        pairs = set(zip(rows["question"], rows["survey"], strict=True))
        found = {q: [s for s in SURVEYS if (q, s) in pairs] for q in self.plan.questions}
        return {q: surveys for q, surveys in found.items() if surveys}

    @property
    def questions(self) -> list[str]:
        """The questions of the plan that somebody in the area answered."""
        return list(self.asked)

    def surveys(self, question: str) -> list[str]:
        """The surveys that asked a question in the area.

        Raises:
            UnknownNameError: the document has no such question.
        """
        if question not in self.asked:
            raise UnknownNameError("question", question, self.questions, "this document")
        return self.asked[question]

    # for a notebook

    def figure(self, question: str) -> Chart:
        """Shares with intervals by wave, the area beside the city."""
        self.surveys(question)
        made = self.chart(Row(form=("figure",), question=question))
        made_up = f"{word('synthetic', self.lang)}: " if self.synthetic else ""
        return replace(made, caption=made_up + made.caption)

    def table(self, question: str, survey: str) -> Table:
        """A question's shares in one survey's latest wave, by group.

        Raises:
            UnknownNameError: the survey did not ask it in the area.
        """
        from survey_stats.report.pieces.question import question_of

        if survey not in self.surveys(question):
            raise UnknownNameError("survey", survey, self.surveys(question), f"{question}")
        made = question_of(self, Row(form=("table",), question=question), survey)
        return replace(made, synthetic=self.synthetic)

    def summary(self) -> list[str]:
        """At most six sentences written from the numbers."""
        return [said.text for said in self.noted_summary()]

    @cached_property
    def tables(self) -> list[Table]:
        """Every table of the plan, in order; each once."""
        out: dict[str, Table] = {}
        for row in self.plan.rows:
            if not self.holds(row.when):
                continue
            for name in row.form:
                piece = registry.named(name)
                if piece.workbook is None or not self._has(row):
                    continue
                options = {k: v for k, v in row.options.items() if k in piece.options}
                for made in self._make(piece, row, {**options, **piece.workbook}):
                    if isinstance(made, Table):
                        out.setdefault(made.name, made)
        return list(out.values())

    # for a document

    def show(
        self,
        piece: str,
        question: str = "",
        *,
        surveys: Sequence[str] | None = None,
        groups: Sequence[str] | None = None,
        compare: Sequence[str] | None = None,
        when: str = "",
        **options: Any,
    ) -> Markdown:
        """A piece, as the cells of a document ask for it.

        Args:
            piece: its name (`survey-stats report-pieces` lists them).
            question: a question of the plan, where the piece is about one.
            surveys, groups, compare: as in a row of a plan.
            when: shown only where this condition holds.
            options: those of the piece.

        Raises:
            UnknownNameError: there is no such piece, question, group, comparison or option.
        """
        from survey_stats.report.plan import check_row

        told = {"surveys": surveys, "groups": groups, "compare": compare}
        given = {k: tuple(v) for k, v in told.items() if v is not None}
        row = Row.model_validate(
            {"form": (piece,), "question": question, "when": when, "options": options, **given}
        )
        check_row(row)
        if question and question not in self.plan.questions:
            raise UnknownNameError("question", question, self.plan.questions, "the plan")
        if not self.holds(when):
            return Markdown("")
        out = Markdown("")
        found = registry.named(piece)
        for made in self._make(found, row, found.check(options)):
            out += shown(made)
        return out

    def prose(self, text: str, when: str = "") -> Markdown:
        """Paragraphs of markdown that are there only where a condition holds."""
        return Markdown(self._filled(text) if self.holds(when) else "")

    def points(self, *entries: str | tuple[str, str]) -> Markdown:
        """A list, of texts or of texts with the condition under which each is there."""
        pairs = [(e, "") if isinstance(e, str) else e for e in entries]
        kept = [self._filled(text) for text, when in pairs if self.holds(when)]
        return Markdown("\n".join(f"- {text}" for text in kept))

    def heading(self, text: str, when: str = "") -> Markdown:
        """A heading (`## ...`) that is there only where a condition holds."""
        return self.prose(text, when)

    def holds(self, condition: str) -> bool:
        """Whether a condition of the plan holds (see `plan.conditions`)."""
        conditions.check(condition)
        return conditions.holds(condition, self._is_so)

    # what pieces are made of

    def shows(self, piece: str, question: str = "") -> bool:
        """Whether the plan shows a piece, of a question where one is named."""
        return any(
            piece in row.form and row.question == question and self.holds(row.when)
            for row in self.plan.rows
        )

    def surveys_of(self, row: Row) -> list[str]:
        """The surveys of a row that asked its question in the area."""
        return [s for s in self.asked.get(row.question, ()) if s in row.surveys]

    def groups_of(self, row: Row) -> tuple[str, ...]:
        """The groups of a row as the figures call them: the city is divided into districts."""
        below = "district" if self.whole_city else "neighbourhood"
        return tuple(below if g == "neighbourhood" else g for g in row.groups)

    def chart(self, row: Row) -> Chart:
        """The figure of a row's question by wave; drawn once."""
        key = (row.question, tuple(self.surveys_of(row)), "city" in row.compare)
        if key not in self._charts:
            self._charts[key] = self._chart(row)
        return self._charts[key]

    def leads(self, row: Row) -> list[Noted]:
        """The sentences of a question, each with the notes that its figure has on the change."""
        told = sentences.leads(self.figures, row.question, self.area, self.lang, row.compare)
        notes = self.caveats_by_wave(row.question, self._totals(row))
        out = []
        for survey in self.surveys_of(row):
            before = self.latest[survey, row.question]["previous_wave"]
            known = "before" in row.compare and not pd.isna(before)
            out.append(Noted(told[survey], notes.get((survey, int(before)), ()) if known else ()))
        return out

    def noted_summary(self) -> list[Noted]:
        """The summary, each sentence with what a reader must be told of it."""
        crime = self.crime[0].rows if self.crime and "crime" in self.pieces else None
        pairs = [(s, q) for q in self.questions for s in self.surveys(q)]
        caveats = {(s, q): self.caveats(q, s) for s, q in pairs}
        findings = self.own_findings if "audit" in self.pieces else []
        return noted_summary(self.figures, self.area, self.lang, crime, findings, caveats)

    def caveats(self, question: str, survey: str, groups: bool = False) -> tuple[str, ...]:
        """What a reader must be told of a question's change since the wave before."""
        row = self.latest[survey, question]
        if pd.isna(row["previous_wave"]):
            return ()
        before, after = (self.wave(survey, int(row[w])) for w in ("previous_wave", "wave"))
        return told(question, before, after, self._graded_in, self.lang, groups).notes

    def caveats_by_wave(
        self, question: str, rows: pd.DataFrame
    ) -> Mapping[tuple[str, int], tuple[str, ...]]:
        """What sets a survey's earlier waves apart from its latest one."""
        out: dict[tuple[str, int], tuple[str, ...]] = {}
        for survey, waves in rows.groupby("survey", sort=False)["wave"]:
            years = sorted({int(w) for w in waves})
            last = self.wave(str(survey), years[-1])
            found: dict[str, list[int]] = {}
            for year in years[:-1]:
                first = self.wave(str(survey), year)
                for note in told(question, first, last, self._graded_in, self.lang).notes:
                    found.setdefault(note, []).append(year)
            for note, concerned in found.items():
                text = sentences.of_figure(note, concerned, last.year, self.lang)
                for year in concerned:
                    out[str(survey), year] = (*out.get((str(survey), year), ()), text)
        return out

    def judged(self, question: str) -> pd.DataFrame:
        """What became of every cell that is printed, with all answers of a question."""
        if question not in self._judged:
            self._judged.update(judged_with(self.waves, self.plan.items, question, self.rule))
        return self._judged[question]

    def wave(self, survey: str, year: int) -> Wave:
        """A wave that the numbers rest on."""
        return next(w for w in self.waves if (w.survey, w.year) == (survey, year))

    def latest_wave(self, question: str, survey: str) -> Wave:
        """The latest wave of a survey that asked a question in the area."""
        return self.wave(survey, int(self.latest[survey, question]["wave"]))

    def oldest(self, survey: str) -> dict[int, int]:
        """The highest age that each wave asked, where it stopped at one."""
        ages = {w.year: w.book.wave(w.year).facts.ages for w in self.waves if w.survey == survey}
        return {year: a[1] for year, a in ages.items() if a is not None and a[1] is not None}

    @cached_property
    def latest(self) -> Mapping[tuple[str, str], Mapping[Any, Any]]:
        """The totals of the latest waves, by survey and question."""
        rows = sentences.latest_totals(self.figures).to_dict("records")
        return {(str(r["survey"]), str(r["question"])): r for r in rows}

    @cached_property
    def _charts(self) -> dict[Any, Chart]:
        return {}

    @cached_property
    def _judged(self) -> dict[str, pd.DataFrame]:
        return {}

    @property
    def _graded_in(self) -> str | None:
        """The area within which waves are compared; None for everywhere."""
        return None if self.whole_city else self.area

    def _totals(self, row: Row) -> pd.DataFrame:
        rows = sentences.totals(self.figures)
        asked = rows["survey"].isin(self.surveys_of(row))
        rows = rows[(rows["question"] == row.question) & asked]
        own = rows["area_level"] == sentences.own_level(self.figures)
        return rows if "city" in row.compare else rows[own]

    def _chart(self, row: Row) -> Chart:
        rows = self._totals(row)
        by_wave = self.caveats_by_wave(row.question, rows)
        notes = tuple(dict.fromkeys(n for said in by_wave.values() for n in said))
        marks = {k: [notes.index(n) + 1 for n in said] for k, said in by_wave.items()}
        codings = dict.fromkeys(
            coding_note(self.wave(s, int(w)), row.question, self.lang)
            for s, w in zip(rows["survey"], rows["wave"], strict=True)
        )
        beside = bool((rows["area_level"] == "city").any()) and not self.whole_city
        caption = sentences.waves_caption(row.question, self.area, self.lang, beside)
        # the city of a document about it is drawn as the area
        drawn = rows.assign(area_level="district") if self.whole_city else rows
        return Chart(
            name=row.question.replace("_", "-"),
            caption=" ".join([caption, *(c for c in codings if c)]),
            alt=sentences.waves_alt(drawn, self.area, self.lang),
            figure=charts.by_wave(drawn, self.area, self.lang, marks),
            footnotes=notes,
            lang=self.lang,
        )

    def _make(
        self, piece: registry.Piece, row: Row, options: Mapping[str, Any]
    ) -> Iterable[Table | Chart | Markdown | str]:
        made = piece.function(self, row, **options)
        if made is None:
            return []
        return [made] if isinstance(made, (Table, Chart, Markdown, str)) else made

    def _has(self, row: Row) -> bool:
        return not row.question or bool(self.surveys_of(row))

    def _filled(self, text: str) -> str:
        told = {"{area}": self.area, "{year}": str(self.year)}
        for name, value in told.items():
            text = text.replace(name, value)
        return inspect.cleandoc(text)

    def _is_so(self, name: str) -> bool:
        facts: dict[str, Callable[[], bool]] = {
            "several_surveys": lambda: any(len(s) > 1 for s in self.asked.values()),
            "several_codings": lambda: not self.figures["default_coding"].all(),
            "whole_city": lambda: self.whole_city,
            "crime": lambda: bool(self.crime),
            "audit": lambda: bool(self.own_findings),
            "synthetic": lambda: self.synthetic,
        }
        if name in facts:
            return facts[name]()
        wave = conditions.wave(name)
        if wave is not None:
            return wave in {(w.survey, w.year) for w in self.waves}
        if name in SURVEYS:
            return any(name in surveys for surveys in self.asked.values())
        return name in self.asked

    def __repr__(self) -> str:
        return (
            f"Report({self.plan.name}, {self.area} {self.year}: {len(self.figures)} figures from "
            f"{len(self.waves)} waves{', SYNTHETIC' if self.synthetic else ''})"
        )


def shown(made: Table | Chart | Markdown | str) -> Markdown:
    """What a piece made, as markdown of a document."""
    if isinstance(made, Table):
        return show.table(made)
    if isinstance(made, Chart):
        return show.figure(made)
    return made if isinstance(made, Markdown) else show.prose([made])


def load(
    area: str,
    year: int,
    lang: Language = "sv",
    deliveries: str | Path | None = None,
    progress: Progress | None = None,
    *,
    plan: str | Path | Plan = "appendix",
    profile: protect.Rule | str | None = None,
) -> Report:
    """The numbers and pieces of a document about an area and year.

    Deliveries are read and harmonised, and all figures computed, once; the next call with the same
    files and the same code finds them in the cache (see `report.cache.cache_folder`).

    Args:
        area: a district in the cut of 2023, or "Stockholm" for the whole city; case, accents and
            hyphens do not count.
        year: later waves are not used.
        lang: "sv" or "en".
        deliveries: the folder of the delivered files; the synthetic demo where none is given.
        progress: called as progress(what, done, total).
        plan: what is shown: the name of a shipped plan, the path of one, or a `Plan`.
        profile: which numbers may be shown: a rule of `protect`, or the name of one.

    Raises:
        UnknownNameError: the area, the language, the plan or the profile does not exist.
        InputError: there are no data up to the year, or none from the area.
        CodebookError: a delivery does not fit its codebook.
    """
    chosen = plan if isinstance(plan, Plan) else load_plan(plan)
    about = Parameters(
        area, year, lang, Path(deliveries) if deliveries else None, profile or "", chosen.name
    )
    waves = load_waves(about.deliveries or demo_folder(progress), about.year, progress)
    data_version = fingerprint(*[f"{w.survey} {w.year} {w.sha256}" for w in waves])
    figures = _figures(waves, about, chosen.items, data_version, progress)
    return Report(
        parameters=about,
        plan=chosen,
        waves=tuple(waves),
        figures=figures,
        crime=tuple(reported_crime(about.area, about.year, lang)),
        findings=tuple(audit(claims) if (claims := evidence.claims()) else ()),
        data_version=data_version,
    )


def _figures(
    waves: Sequence[Wave],
    about: Parameters,
    items: Sequence[Item],
    data_version: str,
    progress: Progress | None,
) -> pd.DataFrame:
    key = fingerprint(
        about.area, data_version, code_key(), [w.year for w in waves], items, about.rule
    )
    file = cache_folder() / "figures" / f"{key}.parquet"
    if file.is_file():
        return tidy(pd.read_parquet(file))
    from survey_stats.report.figures import compute
    from survey_stats.report.trends import with_trends

    made = compute(waves, about.area, items, about.rule, progress)
    made = tidy(with_trends(made, waves, about.area, items, about.rule))
    write_whole(file, lambda p: made.to_parquet(p, index=False))
    return made
