"""What a plan may say: sections with prose, and rows of question x surveys x groups x comparison x
form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from survey_stats.labels import Language
from survey_stats.report.plan.vocabulary import ALL_ANSWERS, SURVEYS, Item

_NAME = r"^[a-z][a-z0-9-]*$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Text(_Strict):
    """Words in both languages; `{area}` and `{year}` stand for those of the document."""

    sv: str = Field(min_length=1, description="In Swedish.")
    en: str = Field(min_length=1, description="In English.")

    def of(self, lang: Language) -> str:
        """The text in one language, without blanks at the ends."""
        return (self.sv if lang == "sv" else self.en).strip()


class Prose(_Strict):
    """One or more paragraphs of markdown."""

    text: Text = Field(description="The paragraphs, as markdown.")
    when: str = Field("", description="Shown only where this holds; always when left out.")


class Point(Text):
    """One entry of a list."""

    when: str = Field("", description="Shown only where this holds; always when left out.")


class Points(_Strict):
    """A list with dots."""

    points: tuple[Point, ...] = Field(min_length=1, description="The entries.", strict=False)


class Row(_Strict):
    """What is shown: a question in some surveys, by some groups, compared in some ways, in a form;
    or a piece that is about no single question."""

    form: tuple[str, ...] = Field(
        min_length=1,
        strict=False,
        description="The pieces that show it, in order: sentences, figure, table and so on "
        "(`survey-stats report-pieces` lists them).",
    )
    question: str = Field("", description="A question of the common vocabulary, if it is of one.")
    surveys: tuple[str, ...] = Field(
        SURVEYS,
        min_length=1,
        strict=False,
        description="The surveys to look in; all when left out.",
    )
    groups: tuple[str, ...] = Field(
        ("gender", "age_group", "disability", "neighbourhood"),
        strict=False,
        description="The groups to break it down by; all when left out, none when empty.",
    )
    compare: tuple[str, ...] = Field(
        ("before", "city", "trend"),
        strict=False,
        description="What it is compared with; when left out the wave before, the whole city "
        "and all waves.",
    )
    options: dict[str, Any] = Field(
        {}, description="Options of the pieces, by name; each goes to the pieces that have it."
    )
    when: str = Field("", description="Shown only where this holds; always when left out.")

    @model_validator(mode="before")
    @classmethod
    def _one_is_a_list(cls, told: Any) -> Any:
        """`form: table` is `form: [table]`."""
        if not isinstance(told, dict):
            return told
        names = ("form", "surveys", "groups", "compare")
        return {k: [v] if k in names and isinstance(v, str) else v for k, v in told.items()}


def _kind(told: Any) -> str:
    if isinstance(told, BaseModel):
        return type(told).__name__
    keys = set(told) if isinstance(told, dict) else set()
    return "Prose" if "text" in keys else "Points" if "points" in keys else "Row"


Block = Annotated[
    Annotated[Prose, Tag("Prose")] | Annotated[Points, Tag("Points")] | Annotated[Row, Tag("Row")],
    Discriminator(_kind),
]


class Section(_Strict):
    """A heading with what stands under it.

    A heading under which nothing is shown is left out.
    """

    heading: Text = Field(description="The heading.")
    id: str = Field(
        "", pattern=r"^([a-z][a-z0-9-]*)?$", description="Its anchor: `@sec-ID` in prose."
    )
    when: str = Field("", description="The section is there only where this holds.")
    content: tuple[Block, ...] = Field(
        (), strict=False, description="Prose, lists and rows, in order."
    )
    sections: tuple[Section, ...] = Field(
        (), strict=False, description="Sections one level below, after the content."
    )


class Plan(_Strict):
    """A document: its title, and its sections."""

    name: str = Field(
        pattern=_NAME, description="The start of the names of its files, in small letters."
    )
    title: Text = Field(description="The title; area and year stand below it.")
    modules: tuple[str, ...] = Field(
        (),
        strict=False,
        description="Python files with pieces of your own, relative to the plan.",
    )
    content: tuple[Block, ...] = Field((), strict=False, description="What stands before sections.")
    sections: tuple[Section, ...] = Field(
        min_length=1, strict=False, description="The sections, in order."
    )

    def blocks(self) -> Iterator[tuple[tuple[str | int, ...], Prose | Points | Row]]:
        """Every block with its place in the file, in the order of the document."""
        for i, block in enumerate(self.content):
            yield ("content", i), block
        for i, section in enumerate(self.sections):
            yield from _blocks(section, ("sections", i))

    def all_sections(self) -> Iterator[tuple[tuple[str | int, ...], Section]]:
        """Every section with its place in the file, parents before their parts."""
        for i, section in enumerate(self.sections):
            yield from _sections(section, ("sections", i))

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every row, in the order of the document."""
        return tuple(b for _, b in self.blocks() if isinstance(b, Row))

    @property
    def items(self) -> tuple[Item, ...]:
        """What is to be computed: each question once, with all surveys and groups of its rows."""
        out: dict[str, Item] = {}
        for row in self.rows:
            if not row.question:
                continue
            had = out.get(row.question, Item(row.question, (), ()))
            out[row.question] = Item(
                row.question,
                tuple(s for s in SURVEYS if s in {*had.surveys, *row.surveys}),
                tuple(dict.fromkeys((*had.groups, *row.groups))),
                had.answers or ALL_ANSWERS in row.form,
            )
        return tuple(out.values())

    @property
    def questions(self) -> tuple[str, ...]:
        """The questions, in the order in which a reader meets them."""
        return tuple(item.question for item in self.items)


def _blocks(
    section: Section, at: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Prose | Points | Row]]:
    for i, block in enumerate(section.content):
        yield (*at, "content", i), block
    for i, part in enumerate(section.sections):
        yield from _blocks(part, (*at, "sections", i))


def _sections(
    section: Section, at: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Section]]:
    yield at, section
    for i, part in enumerate(section.sections):
        yield from _sections(part, (*at, "sections", i))
