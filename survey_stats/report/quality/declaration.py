"""The quality declaration of a document, as official statistics declare theirs.

The headings are the quality components of Swedish official statistics (Förordning 2001:100 om den
officiella statistiken, 14 §, and Statistics Sweden's regulation SCB-FS 2016:17), which are those of
principles 11 to 15 of the European Statistics Code of Practice: relevance, accuracy, timeliness and
punctuality, accessibility and clarity, comparability and coherence.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from survey_stats import __version__
from survey_stats.labels import Language
from survey_stats.report.document import Report
from survey_stats.report.quality import tables, texts
from survey_stats.report.quality.changed import since_last
from survey_stats.report.quality.checks import Checks, check_deliveries
from survey_stats.report.quality.counted import counted
from survey_stats.report.quality.facts import WaveFacts, in_area, wave_facts
from survey_stats.report.quality.log import Assumption, assumptions
from survey_stats.report.tables import Table
from survey_stats.report.waves import demo_folder

JSON_VERSION = 1
"""What the keys of the JSON mean; grows when a key changes its meaning."""


@dataclass(frozen=True)
class Section:
    """One heading of the declaration.

    Attributes:
        key: its name in the JSON.
        title: the reader's heading.
        sentences: what it says, one statement each.
        tables: what it shows.
    """

    key: str
    title: str
    sentences: tuple[str, ...]
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, eq=False)
class QualityDeclaration:
    """How good the figures of a document are, and what is not known of them.

    Attributes:
        document: the document that is declared.
        checks: the findings of `check` on its deliveries; None where they were not looked at.
    """

    document: Report
    checks: Checks | None = None

    @property
    def lang(self) -> Language:
        """The reader's language."""
        return self.document.lang

    @cached_property
    def facts(self) -> tuple[WaveFacts, ...]:
        """Declared and counted facts of every wave that has answers from the area."""
        made = self.document
        return tuple(
            wave_facts(w, made.area, made.plan.questions, made.rule)
            for w in made.waves
            if in_area(w, made.area).any()
        )

    @cached_property
    def log(self) -> tuple[Assumption, ...]:
        """The assumptions log, red first."""
        made = self.document
        used = {(f.survey, f.year) for f in self.facts}
        waves = [w for w in made.waves if (w.survey, w.year) in used]
        return assumptions(waves, made.figures, counted(self.facts, made.figures, self.checks))

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The whole declaration, in the order of the quality components."""
        made, facts, lang = self.document, self.facts, self.lang
        found = None if self.checks is None else tables.checks_table(self.checks, lang)
        precision = tables.precision_table(made.figures, lang)
        titles = texts.titles(lang)
        parts: list[tuple[str, Sequence[str], Sequence[Table | None]]] = [
            ("relevance", texts.relevance(facts, made.area, made.year, lang), ()),
            ("sampling", texts.sampling(facts, lang), ()),
            (
                "response",
                texts.response(facts, lang),
                (tables.response_table(facts, made.area, lang, made.rule),),
            ),
            ("weights", texts.weights(facts, lang), (tables.weights_table(facts, lang),)),
            ("variance", texts.variance(facts, made.figures, lang), (precision,)),
            ("measurement", texts.measurement(facts, made.figures, lang), ()),
            ("processing", texts.processing(self.checks, lang), (found,)),
            ("timeliness", texts.timeliness(facts, made.year, lang), ()),
            ("clarity", texts.clarity(made.synthetic, lang), ()),
            ("comparability", texts.comparability(made.figures, lang), ()),
            ("changes", since_last(facts, lang), ()),
            ("confidentiality", texts.confidentiality(made.figures, made.rule, lang), ()),
            ("assumptions", texts.assumed(self.log, lang), (tables.log_table(self.log, lang),)),
        ]
        return tuple(
            Section(key, titles[key], tuple(said), tuple(t for t in shown if t is not None))
            for key, said, shown in parts
        )

    @property
    def tables(self) -> list[Table]:
        """Every table of the declaration, for the workbook."""
        return [t for s in self.sections for t in s.tables]

    def to_dict(self) -> dict[str, Any]:
        """The declaration as plain values; shares and responses are 0-1, unknown is None."""
        made = self.document
        return {
            "version": JSON_VERSION,
            "area": made.area,
            "year": made.year,
            "lang": self.lang,
            "synthetic": made.synthetic,
            "made_with": {"survey_stats": __version__, "deliveries": made.data_version},
            "method": {
                "interval": "Wilson with the effective number of answers, t quantile",
                "level": 0.95,
                "variance": "Taylor linearisation",
                "adjustment": "Holm",
                "equivalence_margin": 0.03,
            },
            "rule": {
                "name": made.rule.name,
                "minimum_base": made.rule.minimum_base,
                "certain_base": made.rule.certain_base,
            },
            "waves": [f.to_dict() for f in self.facts],
            "sections": [
                {"key": s.key, "title": s.title, "sentences": list(s.sentences)}
                for s in self.sections
            ],
            "assumptions": [a.to_dict() for a in self.log],
            "checks": None
            if self.checks is None
            else [
                {
                    "survey": f.survey,
                    "year": f.year,
                    "severity": f.severity,
                    "kind": f.kind,
                    "what": {"sv": f.what_sv, "en": f.what_en},
                }
                for f in self.checks.findings
            ],
        }

    def to_json(self) -> str:
        """`to_dict` as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def declare(document: Report, check: bool = True) -> QualityDeclaration:
    """The quality declaration of a document.

    Args:
        document: what `report.load` made.
        check: whether the deliveries are held against codebooks and earlier waves too, which reads
            their files (once; the findings are kept).

    Raises:
        InputError: a delivery is not there any more.
    """
    if not check:
        return QualityDeclaration(document)
    folder = document.parameters.deliveries or demo_folder()
    return QualityDeclaration(document, check_deliveries(document.waves, folder))
