"""The yearly summary of an area on one page, made from the figures of its appendix."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from survey_stats import __version__
from survey_stats.errors import InputError
from survey_stats.labels import Language, word
from survey_stats.report import show
from survey_stats.report.charts import Chart
from survey_stats.report.comparable import coding_titles
from survey_stats.report.onepage import texts
from survey_stats.report.onepage.choose import MOST, main_rows
from survey_stats.report.onepage.figure import chart
from survey_stats.report.onepage.table import main_table
from survey_stats.report.quality.facts import wave_facts
from survey_stats.report.quality.texts import response_sentence
from survey_stats.report.sentences import latest_totals
from survey_stats.report.show import Markdown
from survey_stats.report.tables import Table

if TYPE_CHECKING:
    from survey_stats.report.document import Report

APPENDIX = "appendix"
"""The plan that the sentence on where to read more calls the appendix."""

ROOM = 5
"""The steps by which the page is made shorter: 0 is everything, `ROOM` the least there may be."""

# headings, lists and floats of the PDF stand closer than in a long document
_CLOSE = Markdown(
    "```{=typst}\n"
    "#show heading.where(level: 1): set text(size: 11pt)\n"
    "#show heading.where(level: 1): set block(above: 1.1em, below: 0.6em)\n"
    "#show figure: set block(above: 0.9em, below: 0.9em)\n"
    "#set par(leading: 0.55em, spacing: 0.8em)\n"
    "```"
)


@dataclass(frozen=True)
class OnePage:
    """What stands on the page.

    What does not fit is left out by rule, and the page says so: from `tight` 1 on the sentence on
    surveys that differ, from 2 on main figures beyond four, from 3 on the sentence on reported
    crime, from 4 on main figures beyond three, at 5 the changes nearest the line.

    Attributes:
        document: the report whose figures are told.
        tight: how much is left out, 0 to `ROOM`.

    Raises:
        InputError: `tight` is no such step.
    """

    document: Report
    tight: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.tight <= ROOM:
            raise InputError(f"tight={self.tight!r} is no step; give a whole number 0 to {ROOM}")

    @property
    def lang(self) -> Language:
        """The reader's language."""
        return self.document.lang

    @property
    def most(self) -> int:
        """So many main figures at most."""
        return MOST - (self.tight >= 2) - (self.tight >= 4)

    @cached_property
    def table(self) -> Table | None:
        """The main figures; None where no share may be shown."""
        made = self.document
        questions = made.plan.questions
        rows = main_rows(made.figures, questions, self.most)
        pairs = zip(rows["survey"], rows["question"], strict=True)
        caveats = {(str(s), str(q)): made.caveats(str(q), str(s)) for s, q in pairs}
        return main_table(
            made.figures, questions, made.area, self.lang, self.most, caveats, made.rule
        )

    @cached_property
    def figure(self) -> Chart:
        """The area beside the city, and the verdict of every question."""
        made = self.document
        return chart(made.figures, made.plan.questions, made.area, self.lang)

    @property
    def certain(self) -> list[str]:
        """What is certain."""
        made = self.document
        crime = made.crime[0].rows if made.crime and self.tight < 3 else None
        return texts.certain(made.figures, self.lang, crime)

    @property
    def undecided(self) -> list[str]:
        """What cannot be decided."""
        return texts.undecided(self.document.figures, self.lang, nearest=self.tight < 5)

    @property
    def caveats(self) -> list[str]:
        """What to bear in mind."""
        made = self.document
        evening = latest_totals(made.figures)
        evening = evening[evening["question"] == "unsafe_evening"]
        coding = ""
        if not evening.empty:
            titles = coding_titles("unsafe_evening", made.waves, self.lang)
            coding = texts.coding(titles.get(str(evening["coding"].iloc[0]), ""), self.lang)
        apart = texts.surveys_apart(made.figures, self.lang) if self.tight < 1 else ""
        return [s for s in [*texts.caveats(self._response, coding, self.lang), apart] if s]

    @property
    def left_out(self) -> str:
        """What did not fit, in a sentence; empty where everything did."""
        made = self.document
        every = len(main_rows(made.figures, made.plan.questions, MOST))
        shown = 0 if self.table is None else len(self.table.rows)
        full = OnePage(made)
        told = [(p.certain, p.undecided, p.caveats) for p in (full, self)]
        return texts.left_out(every - shown, told[0] != told[1], self.lang)

    def front(self) -> Markdown:
        """Title block, and the warning of synthetic data."""
        made = self.document
        sv = self.lang == "sv"
        title = f"{'Trygghet i' if sv else 'Safety in'} {made.area} {made.year}"
        sub = "Sammanfattning på en sida" if sv else "Summary on one page"
        if not made.synthetic:
            return show.title_block(title, sub, "", made.page_footer) + _CLOSE
        made_up = word("synthetic", self.lang)
        block = show.title_block(title, f"{sub} · {made_up}", made_up, made.page_footer)
        warning = Markdown(f"**{made_up}.** {show.escaped(texts.synthetic(self.lang))}")
        return block + _CLOSE + warning

    def more(self, stem: str) -> Markdown:
        """Where to read more, and what the page was made from.

        Args:
            stem: the start of the names of the whole document's files.
        """
        version = (
            f"Gjord med survey_stats {__version__} av leveranser med kontrollsumman "
            f"{self.document.data_version}."
            if self.lang == "sv"
            else f"Made with survey_stats {__version__} from deliveries with the checksum "
            f"{self.document.data_version}."
        )
        plan = self.document.plan
        title = "" if plan.name == APPENDIX else plan.title.of(self.lang)
        quality = self.document.shows("quality")
        return show.prose([texts.read_more(stem, self.lang, title, quality), version])

    @property
    def _response(self) -> str:
        """What is known of the response to the survey that the main figures are from."""
        made = self.document
        rows = main_rows(made.figures, made.plan.questions, self.most)
        if rows.empty:
            return ""
        wave = made.wave(str(rows["survey"].iloc[0]), int(rows["wave"].iloc[0]))
        return response_sentence(wave_facts(wave, made.area, (), made.rule), self.lang)
