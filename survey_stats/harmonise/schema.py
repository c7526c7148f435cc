"""What a codebook may say. Validated with pydantic; an unknown key is an error.

The keys are described for people in `data/codebooks/README.md`.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from survey_stats.harmonise.reasons import REASONS

Code = int | float | str
AGE_GROUPS = ("16-19", "20-29", "30-44", "45-64", "65-79", "80+")
SCHOOL_YEARS = ("year 9", "upper secondary 2")
BACKGROUND = (
    "municipality",
    "district",
    "neighbourhood",
    "place",
    "gender",
    "age_group",
    "disability",
    "school_district",
)
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
STANDARD = "standard"


def _known_reason(value: Any) -> Any:
    if isinstance(value, str) and value not in REASONS:
        from survey_stats.errors import nearest

        close = nearest(value, list(REASONS))
        hint = f"; did you mean {close[0]!r}?" if close else f"; there is {', '.join(REASONS)}"
        raise ValueError(f"there is no reason {value!r} for a missing answer{hint}")
    return value


Reason = Annotated[str, BeforeValidator(_known_reason)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class Text(_Model):
    """The same words in both languages."""

    sv: str
    en: str


class Scale(_Model):
    """Answers in order; `order` says at which end the good answers stand."""

    answers: dict[str, Text]
    order: Literal["best_first", "worst_first", "none"] = "none"


class Constant(_Model):
    """A value that everybody has, in place of a variable."""

    constant: float | str


class Facts(_Model):
    """What is known of the field work of a wave; comparability is graded from it."""

    population: Literal["residents", "pupils"]
    ages: tuple[int | None, int | None] | None = None
    school_years: tuple[str, ...] = ()
    mode: tuple[str, ...] | Literal["unknown"] = "unknown"
    months: tuple[int, ...] = ()
    areas: tuple[str, ...] = ()
    sampled: int | None = None
    answers: int | None = None
    note: str | None = None


class Wave(_Model):
    """The design of one wave and the facts about its field work."""

    respondent: str
    weight: str | Constant
    stratum: str | None = None
    psu: str | None = None
    weights_sum_to: Literal["population", "sample", "unknown"] = "unknown"
    year: str | None = None
    districts_as_of: datetime.date
    missing: dict[Code, Reason] = Field(default_factory=dict)
    facts: Facts
    assumptions: tuple[str, ...] = ()


class Item(_Model):
    """One variable of one wave: which it is and what its codes mean."""

    variable: str | None = None
    constant: str | None = None
    codes: dict[Code, str] | str | None = None
    names: Literal["district", "neighbourhood", "municipality"] | None = None
    read: Literal["code", "label"] = "code"
    years: bool = False
    missing: dict[Code, Reason] | str = Field(default_factory=dict)
    blank: Reason = "blank"
    scale: str | None = None
    wording: str | None = None
    universe: str | None = None
    mode: tuple[str, ...] | None = None
    note: str | None = None
    assumption: str | None = None

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
    note: str | None = None
    assumption: str | None = None
    waves: dict[int, Item]


class Coding(_Model):
    """Which answers count as yes, which as no, and which leave the base."""

    text: Text | None = None
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    missing: dict[str, Reason] = Field(default_factory=dict)
    assumption: str | None = None


class Derived(_Model):
    """A question made of parts: yes when any part is yes."""

    any_of: tuple[str, ...] = Field(min_length=1)
    rule: Literal["all_answered", "any_answered"]


class Part(_Model):
    """A yes/no question that only feeds a derived one."""

    text: Text
    scale: str
    note: str | None = None
    assumption: str | None = None
    waves: dict[int, Item]


class Question(_Model):
    """A harmonised question: asked (scale, codings, waves) or derived from parts."""

    text: Text
    wording: str
    unknown: tuple[Literal["wording", "answers"], ...] = ()
    place: str | None = None
    note: str | None = None
    assumption: str | None = None
    scale: str | None = None
    codings: dict[str, Coding] = Field(default_factory=dict)
    default_coding: str | None = None
    waves: dict[int, Item] = Field(default_factory=dict)
    derived: Derived | None = None

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
            raise ValueError("a question with several codings needs 'default_coding'")
        return self

    @property
    def coding(self) -> str:
        """The name of the coding that the plain column uses."""
        if self.derived is not None:
            return STANDARD
        return self.default_coding or next(iter(self.codings))
