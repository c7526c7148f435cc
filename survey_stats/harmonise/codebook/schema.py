"""What a codebook may say. Validated with pydantic; an unknown key is an error.

The text below a key is its description in the JSON Schema for editors (`json_schema.py`);
`data/codebooks/README.md` describes the keys for people.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from survey_stats.harmonise.reasons import REASONS

Code = int | float | str
AGE_GROUPS = ("16-19", "20-29", "30-44", "45-64", "65-79", "80+")
BackgroundName = Literal[
    "municipality",
    "district",
    "neighbourhood",
    "place",
    "gender",
    "age_group",
    "disability",
    "school_district",
]
BACKGROUND: tuple[BackgroundName, ...] = get_args(BackgroundName)
SchoolYear = Literal["year 9", "upper secondary 2"]
SCHOOL_YEARS: tuple[SchoolYear, ...] = get_args(SchoolYear)
Mode = Literal["post", "web", "classroom"]
STANDARD = "standard"
# how the assumption begins that stands in a wave until a person has confirmed it
DRAFTED = "Drafted from"


def _known_reason(value: Any) -> Any:
    if isinstance(value, str) and value not in REASONS:
        from survey_stats.errors import nearest

        close = nearest(value, list(REASONS))
        hint = f"; did you mean {close[0]!r}?" if close else f"; there is {', '.join(REASONS)}"
        raise ValueError(f"there is no reason {value!r} for a missing answer{hint}")
    return value


Reason = Annotated[
    str,
    BeforeValidator(_known_reason),
    WithJsonSchema({"type": "string", "enum": list(REASONS)}),
]


class _Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, protected_namespaces=(), use_attribute_docstrings=True
    )


class Text(_Model):
    """The same words in both languages."""

    sv: str
    """In Swedish."""
    en: str
    """In English."""


class Scale(_Model):
    """Answers in order; `order` says at which end the good answers stand."""

    answers: dict[str, Text]
    """The answers in order, each with the words that readers see."""
    order: Literal["best_first", "worst_first", "none"] = "none"
    """Says which end is worse; `none` where the answers have no order."""


class Constant(_Model):
    """A value that everybody has, in place of a variable."""

    constant: float | str
    """The value; a weight is a positive number."""


class Facts(_Model):
    """What is known of the field work of a wave; comparability is graded from it."""

    population: Literal["residents", "pupils"]
    """Who was asked: `residents` or `pupils`."""
    ages: tuple[int | None, int | None] | None = None
    """Youngest and oldest age that was sampled; `[16, null]` has no upper limit."""
    school_years: tuple[SchoolYear, ...] = ()
    """The school years that were asked, for pupils."""
    mode: tuple[Mode, ...] | Literal["unknown"] = "unknown"
    """How the answers were given (`post`, `web`, `classroom`), or `unknown`."""
    months: tuple[Annotated[int, Field(ge=1, le=12)], ...] = ()
    """The months of the field work, 1 to 12."""
    areas: tuple[str, ...] = ()
    """The areas that were asked, where only some were."""
    sampled: Annotated[int, Field(gt=0)] | None = None
    """People in the sample."""
    answers: Annotated[int, Field(gt=0)] | None = None
    """People who answered."""
    response: dict[str, Annotated[float, Field(gt=0, le=1)]] = Field(default_factory=dict)
    """The share of those asked who answered, as the source states it: by area, or `all`."""
    note: str | None = None
    """A fact for readers."""

    @model_validator(mode="after")
    def _in_order(self) -> Facts:
        low, high = self.ages or (None, None)
        if low is not None and high is not None and low > high:
            raise ValueError(f"the ages {low} to {high} are in the wrong order; turn them round")
        return self


class Wave(_Model):
    """The design of one wave and the facts about its field work."""

    respondent: str
    """The variable with the respondents' key."""
    weight: str | Constant
    """The variable with the weight, or `{constant: 1.0}` where everybody counts once."""
    stratum: str | None = None
    """The variable with the stratum, where the sample is stratified."""
    psu: str | None = None
    """The variable with the primary sampling unit, where respondents are clustered."""
    weights_sum_to: Literal["population", "sample", "unknown"] = "unknown"
    """What the weights add up to; `unknown` where the documents do not say."""
    year: str | None = None
    """The variable that holds the year, where there is one."""
    districts_as_of: datetime.date
    """The date whose district boundaries the delivery uses."""
    missing: dict[Code, Reason] = Field(default_factory=dict)
    """Code -> reason, for items with `codes` only, since 98 may be an age."""
    facts: Facts
    """What is known of the field work; what is not known is left out or `unknown`."""
    assumptions: tuple[str, ...] = ()
    """What is taken for granted about this wave."""

    @property
    def drafted(self) -> bool:
        """Whether the wave was drafted and nobody has said that it is confirmed."""
        return any(text.startswith(DRAFTED) for text in self.assumptions)


class Item(_Model):
    """One variable of one wave: which it is and what its codes mean."""

    variable: str | None = None
    """The variable of the delivery."""
    constant: str | None = None
    """The answer that everybody has, in place of a variable."""
    codes: dict[Code, str] | str | None = None
    """A map code -> answer, or the name of a code list; several codes may mean one answer, and
    `201-212` stands for each whole number in it.
    """
    names: Literal["district", "neighbourhood", "municipality"] | None = None
    """The values are names of a municipality, district or neighbourhood, matched without regard
    to case, accents and hyphens.
    """
    read: Literal["code", "label"] = "code"
    """`label` reads the value label in place of the code."""
    years: bool = False
    """`true` for an age in years, told in age groups."""
    missing: dict[Code, Reason] | str = Field(default_factory=dict)
    """Code -> reason, added to the wave's list, or the name of a missing list; `codes` wins
    where both name a code.
    """
    blank: Reason = "blank"
    """The reason that an empty value stands for."""
    scale: str | None = None
    """The scale of this wave, where it differs from the question's."""
    wording: str | None = None
    """The id of this wave's wording, where it differs from the question's."""
    universe: str | None = None
    """Who was asked this question, where not everybody was."""
    mode: tuple[Mode, ...] | None = None
    """How this question was answered, where it differs from the wave's."""
    note: str | None = None
    """A fact for readers."""
    assumption: str | None = None
    """Something taken for granted that is not known."""

    @model_validator(mode="after")
    def _one_way(self) -> Item:
        if (self.variable is None) == (self.constant is None):
            raise ValueError("give either 'variable' or 'constant'")
        ways = (self.codes is not None) + (self.names is not None) + self.years
        if self.variable is not None and ways != 1:
            raise ValueError("give exactly one of 'codes', 'names' and 'years: true'")
        if self.constant is not None and ways:
            raise ValueError("a constant has no 'codes', 'names' or 'years'")
        return self


class Background(_Model):
    """A characteristic of the respondent, such as gender or district."""

    text: Text | None = None
    """What the variable is about."""
    note: str | None = None
    """A fact for readers."""
    assumption: str | None = None
    """Something taken for granted that is not known."""
    waves: dict[int, Item]
    """Year -> the variable of that wave."""


class Coding(_Model):
    """Which answers count as yes, which as no, and which leave the base."""

    text: Text | None = None
    """The coding in the words that readers see."""
    positive: tuple[str, ...]
    """The answers that count as yes."""
    negative: tuple[str, ...]
    """The answers that count as no: they stay in the base."""
    missing: dict[str, Reason] = Field(default_factory=dict)
    """Answer -> reason, for answers that leave the base."""
    assumption: str | None = None
    """Something taken for granted that is not known."""


class Derived(_Model):
    """A question made of parts: yes when any part is yes."""

    any_of: tuple[str, ...] = Field(min_length=1)
    """The parts: yes when any of them is yes."""
    rule: Literal["all_answered", "any_answered"]
    """What a missing part does: `all_answered` (no only when every part is answered no) or
    `any_answered` (missing parts are ignored as long as one part is answered).
    """


class Part(_Model):
    """A yes/no question that only feeds a derived one."""

    text: Text
    """What the part asks, in our own words."""
    scale: str
    """A scale with the answers `yes` and `no`."""
    note: str | None = None
    """A fact for readers."""
    assumption: str | None = None
    """Something taken for granted that is not known."""
    waves: dict[int, Item]
    """Year -> the variable of that wave."""


class Question(_Model):
    """A harmonised question: asked (scale, codings, waves) or derived from parts."""

    text: Text
    """What the question asks, in our own words."""
    wording: str
    """The id of its wording: the same id says the same words."""
    unknown: tuple[Literal["wording", "answers"], ...] = ()
    """`wording` or `answers`, where the id or the scale is assumed."""
    place: str | None = None
    """The place that the question is about."""
    note: str | None = None
    """A fact for readers."""
    assumption: str | None = None
    """Something taken for granted that is not known."""
    scale: str | None = None
    """The name of its scale."""
    codings: dict[str, Coding] = Field(default_factory=dict)
    """Name -> which answers are yes and no; every answer of the scale stands once in each
    coding, and a single coding is called `standard`.
    """
    default_coding: str | None = None
    """The coding of the plain column, where there are several."""
    waves: dict[int, Item] = Field(default_factory=dict)
    """Year -> the variable of that wave."""
    derived: Derived | None = None
    """Made of parts, in place of `scale`, `codings` and `waves`."""

    @model_validator(mode="after")
    def _asked_or_derived(self) -> Question:
        if self.derived is not None:
            if self.scale or self.codings or self.waves or self.default_coding:
                raise ValueError(
                    "a derived question has no 'scale', 'codings', 'default_coding' or 'waves'"
                )
            return self
        if not (self.scale and self.codings and self.waves):
            raise ValueError("give 'scale', 'codings' and 'waves', or 'derived'")
        if self.default_coding is None and len(self.codings) > 1:
            raise ValueError("a question with several codings needs 'default_coding'; add it")
        return self

    @property
    def coding(self) -> str:
        """The name of the coding that the plain column uses."""
        if self.derived is not None:
            return STANDARD
        return self.default_coding or next(iter(self.codings))
