"""The yearly summary of a district on one page, made from the figures of its appendix."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from survey_stats import __version__
from survey_stats.errors import InputError
from survey_stats.labels import Language, word
from survey_stats.report import show
from survey_stats.report.appendix import Appendix
from survey_stats.report.charts import Chart
from survey_stats.report.comparable import coding_titles, told
from survey_stats.report.onepage import texts
from survey_stats.report.onepage.choose import MOST, main_rows
from survey_stats.report.onepage.figure import chart
from survey_stats.report.onepage.table import main_table
from survey_stats.report.sentences import latest_totals
from survey_stats.report.show import Markdown
from survey_stats.report.tables import Table

ROOM = 5
"""The steps by which the page is made shorter: 0 is everything, `ROOM` the least there may be."""
# headings and floats of the PDF stand closer than in a long document
_TIGHT = Markdown(
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

    What does not fit is left out by rule, in this order, and the page says so: the sentence on
    surveys that differ (`tight` 1), main figures beyond four (2), the sentence on reported crime
    (3), main figures beyond three (4), the changes nearest the line (5).

    Attributes:
        appendix: the appendix whose figures are told.
        tight: how much is left out, 0 to `ROOM`.

    Raises:
        InputError: `tight` is no such step.
    """

    appendix: Appendix
    tight: int = 0
    most: int = field(init=False)

    def __post_init__(self) -> None:
        if not 0 <= self.tight <= ROOM:
            raise InputError(f"tight={self.tight!r} is no step; give a whole number 0 to {ROOM}")
        dropped = (self.tight >= 2) + (self.tight >= 4)
        object.__setattr__(self, "most", MOST - dropped)

    @property
    def lang(self) -> Language:
        """The reader's language."""
        return self.appendix.lang

    @cached_property
    def table(self) -> Table | None:
        """The main figures; None where no share may be shown."""
        made = self.appendix
        rows = main_rows(made.figures, self.most, made.plan)
        by_key = {(w.survey, w.year): w for w in made.waves}
        caveats: dict[tuple[str, str], tuple[str, ...]] = {}
        for survey, question, wave, before in zip(
            rows["survey"], rows["question"], rows["wave"], rows["previous_wave"], strict=True
        ):
            pair = (by_key.get((survey, y)) for y in (before, wave))
            first, last = pair
            if first is not None and last is not None:
                notes = told(str(question), first, last, made.area, self.lang).notes
                caveats[str(survey), str(question)] = notes
        return main_table(
            made.figures, made.area, self.lang, self.most, caveats, made.plan, made.rule
        )

    @cached_property
    def figure(self) -> Chart:
        """The district beside the city, and the verdict of every question."""
        return chart(self.appendix.figures, self.appendix.area, self.lang, self.appendix.plan)

    @property
    def certain(self) -> list[str]:
        """What is certain."""
        made = self.appendix
        crime = made.crime[0].rows if made.crime and self.tight < 3 else None
        return texts.certain(made.figures, self.lang, crime)

    @property
    def undecided(self) -> list[str]:
        """What cannot be decided."""
        return texts.undecided(self.appendix.figures, self.lang, nearest=self.tight < 5)

    @property
    def caveats(self) -> list[str]:
        """What to bear in mind."""
        made = self.appendix
        last = latest_totals(made.figures)
        evening = last[last["question"] == "unsafe_evening"]
        coding = ""
        if not evening.empty:
            titles = coding_titles("unsafe_evening", made.waves, self.lang)
            coding = texts.coding(titles.get(str(evening["coding"].iloc[0]), ""), self.lang)
        apart = texts.surveys_apart(made.figures, self.lang) if self.tight < 1 else ""
        return [s for s in [*texts.caveats("", coding, self.lang), apart] if s]

    @property
    def left_out(self) -> str:
        """What did not fit, in a sentence; empty where everything did."""
        figures = self.appendix.figures
        every = len(main_rows(figures, MOST, self.appendix.plan))
        shown = 0 if self.table is None else len(self.table.rows)
        full = OnePage(self.appendix)
        fewer = (len(full.certain), len(full.undecided), len(full.caveats)) != (
            len(self.certain),
            len(self.undecided),
            len(self.caveats),
        )
        return texts.left_out(every - shown, fewer, self.lang)

    # what a document shows

    def front(self) -> Markdown:
        """Title block, and the warning of synthetic data."""
        made = self.appendix
        sv = self.lang == "sv"
        title = (
            f"Trygghet i {made.area} {made.year}" if sv else f"Safety in {made.area} {made.year}"
        )
        sub = "Sammanfattning på en sida" if sv else "Summary on one page"
        if not made.synthetic:
            return show.title_block(title, sub) + _TIGHT
        made_up = word("synthetic", self.lang)
        block = show.title_block(title, f"{sub} · {made_up}", made_up)
        warning = Markdown(f"**{made_up}.** {show.escaped(texts.synthetic(self.lang))}")
        return block + _TIGHT + warning

    def show_main(self) -> Markdown:
        """The main figures."""
        if self.table is None:
            return show.prose([texts.nothing_shown(self.lang)])
        return show.table(self.table)

    def show_figure(self) -> Markdown:
        """The figure."""
        return show.figure(self.figure)

    def show_certain(self) -> Markdown:
        """What is certain, as a list."""
        return show.bullets(self.certain)

    def show_undecided(self) -> Markdown:
        """What cannot be decided, as a list."""
        return show.bullets(self.undecided or [texts.all_decided(self.lang)])

    def show_caveats(self) -> Markdown:
        """What to bear in mind, and what did not fit."""
        return show.bullets([*self.caveats, *([self.left_out] if self.left_out else [])])

    def show_more(self) -> Markdown:
        """Where to read more, and what the page was made from."""
        made = self.appendix
        version = (
            f"Gjord med survey_stats {__version__} av leveranser med kontrollsumman "
            f"{made.data_version}."
            if self.lang == "sv"
            else f"Made with survey_stats {__version__} from deliveries with the checksum "
            f"{made.data_version}."
        )
        return show.prose([texts.read_more(made.parameters.stem, self.lang), version])
