"""A codebook: one survey with its waves, loaded and cross-checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from pydantic import Field, ValidationError

from survey_stats.errors import CodebookError, InputError, UnknownNameError
from survey_stats.harmonise.codebook._yaml import line_of, load_yaml
from survey_stats.harmonise.codebook.complaints import and_more, dotted, explain
from survey_stats.harmonise.codebook.crosscheck import cross_check
from survey_stats.harmonise.codebook.schema import (
    Background,
    BackgroundName,
    Code,
    Item,
    Part,
    Question,
    Reason,
    Scale,
    Text,
    Wave,
    _Model,
)
from survey_stats.harmonise.codes import by_key
from survey_stats.resources import data_path


class Codebook(_Model):
    """One survey: its waves, its background variables and its questions.

    >>> book = Codebook.load("school_survey")
    >>> book.item("unsafe_evening", 2022).variable, book.item("unsafe_evening", 2024).variable
    ('F100', 'F102')
    """

    survey: str
    """The name of the survey, in small letters."""
    title: Text
    """The title of the survey."""
    sources: tuple[str, ...] = ()
    """What the codebook was made from."""
    assumptions: tuple[str, ...] = ()
    """What is not known and taken for granted, never written as a fact."""
    scales: dict[str, Scale]
    """Name -> the answers of a scale in order."""
    code_lists: dict[str, dict[Code, str]] = Field(default_factory=dict)
    """Name -> a map code -> answer, for use in several places."""
    missing_lists: dict[str, dict[Code, Reason]] = Field(default_factory=dict)
    """Name -> a map code -> reason, for use in several places."""
    waves: dict[int, Wave] = Field(min_length=1)
    """Year -> the design of the wave and the facts about its field work."""
    background: dict[BackgroundName, Background]
    """Characteristics of the respondent."""
    parts: dict[str, Part] = Field(default_factory=dict)
    """Yes/no questions that only feed a derived question; they are no columns of their own."""
    questions: dict[str, Question]
    """The harmonised yes/no questions."""

    @classmethod
    def load(cls, name: str | Path | Codebook) -> Codebook:
        """Load a shipped codebook by name, or any codebook by path.

        Raises:
            UnknownNameError: there is no shipped codebook of that name.
            InputError: there is no file at that path.
            CodebookError: the file is not a valid codebook; names file, line and cause.
        """
        if isinstance(name, Codebook):
            return name
        return cls.read(locate(name))

    @classmethod
    def read(cls, path: Path) -> Codebook:
        """Load the codebook at `path`; raises as `load`."""
        content, lines = load_yaml(path)
        if not isinstance(content, dict):
            raise CodebookError(f"{path.name} holds no codebook; it must be a map with 'survey'")
        try:
            book = cls.model_validate(content)
        except ValidationError as error:
            raise explain(error, lines, path.name, cls) from None
        problems = list(cross_check(book))
        if problems:
            where, text = problems[0]
            line = line_of(lines, where)
            others = {line_of(lines, place) for place, _ in problems} - {line}
            raise CodebookError(
                f"{path.name}, line {line}: {dotted(where)}: {text}" + and_more(len(others))
            )
        return book

    @staticmethod
    def names() -> list[str]:
        """The shipped codebooks.

        >>> Codebook.names()
        ['city_safety', 'regional_safety', 'school_survey']
        """
        return sorted(p.stem for p in data_path("codebooks").glob("*.yaml"))

    def __repr__(self) -> str:
        waves = ", ".join(map(str, self.waves))
        return f"Codebook({self.survey}, waves {waves}: {', '.join(self.questions)})"

    def wave(self, year: int) -> Wave:
        """The design and facts of a wave; UnknownNameError for a year that is not there."""
        if year not in self.waves:
            raise UnknownNameError("wave", year, sorted(self.waves), f"{self.survey}")
        return self.waves[year]

    def asked(self, name: str) -> Background | Part | Question:
        """The entry of a question, part or background variable by its harmonised name."""
        sections = self._sections()
        for section in sections:
            if name in section:
                return section[name]
        known = [n for s in sections for n in s]
        raise UnknownNameError("question", name, known, f"the codebook {self.survey}")

    def item(self, name: str, year: int) -> Item:
        """The variable that holds `name` in the wave of `year`."""
        waves = self.asked(name).waves
        if year not in waves:
            raise UnknownNameError("wave", year, sorted(waves), f"{self.survey}, {name}")
        return waves[year]

    def items(self, year: int) -> Iterator[tuple[str, Item]]:
        """Every item that the wave of `year` asks, by harmonised name."""
        for section in self._sections():
            for name, entry in section.items():
                if year in entry.waves:
                    yield name, entry.waves[year]

    def _sections(self) -> tuple[Mapping[str, Background | Part | Question], ...]:
        background = cast("Mapping[str, Background]", self.background)
        return background, self.parts, self.questions

    def codes(self, item: Item) -> dict[str, str]:
        """code -> answer of an item, by the one spelling of the code (`codes.code_key`)."""
        if isinstance(item.codes, str):
            return by_key(self.code_lists[item.codes])
        return by_key(item.codes or {})

    def missing(self, item: Item, year: int) -> dict[str, str]:
        """code -> reason of an item: its own list over the wave's, without its answers.

        The wave's list holds for items with `codes` only: 98 may be an age, or a neighbourhood.
        """
        own = self.missing_lists[item.missing] if isinstance(item.missing, str) else item.missing
        general = by_key(self.waves[year].missing) if item.codes is not None else {}
        merged = {**general, **by_key(own)}
        answers = self.codes(item)
        return {code: reason for code, reason in merged.items() if code not in answers}

    def variables(self, year: int) -> dict[str, str]:
        """variable -> what it is for, of everything that the wave needs from a delivery.

        >>> Codebook.load("city_safety").variables(2020)["F14"]
        'unsafe_evening'
        """
        wave = self.wave(year)
        needed: dict[str, str] = {wave.respondent: "respondent"}
        if isinstance(wave.weight, str):
            needed.setdefault(wave.weight, "weight")
        for purpose in ("stratum", "psu", "year"):
            variable = getattr(wave, purpose)
            if variable is not None:
                needed.setdefault(variable, purpose)
        for name, item in self.items(year):
            if item.variable is not None:
                needed.setdefault(item.variable, name)
        return needed

    def columns(self, year: int) -> list[str]:
        """The harmonised questions of a wave, in the codebook's order."""
        return [
            name
            for name, question in self.questions.items()
            if year in question.waves or (question.derived and self._parts_asked(question, year))
        ]

    def _parts_asked(self, question: Question, year: int) -> bool:
        assert question.derived is not None
        return all(year in self.parts[part].waves for part in question.derived.any_of)


def locate(name: str | Path) -> Path:
    """The file of a shipped codebook by name, or of any by path; raises as `Codebook.load`."""
    path = Path(name)
    if path.suffix in {".yaml", ".yml"} or len(path.parts) > 1:
        if not path.is_file():
            raise InputError(f"There is no codebook file {path}; check the path")
        return path
    if path.name not in Codebook.names():
        raise UnknownNameError("codebook", name, Codebook.names(), "data/codebooks")
    return data_path("codebooks", f"{name}.yaml")
