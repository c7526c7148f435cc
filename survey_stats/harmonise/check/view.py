"""One wave as the checks see it: its answers, weights and sampling units."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.harmonise.build import to_float
from survey_stats.harmonise.check.finding import Words
from survey_stats.harmonise.codebook import Codebook
from survey_stats.harmonise.codebook.schema import AGE_GROUPS, Constant
from survey_stats.harmonise.columns import Fault, add_districts, tell_items
from survey_stats.harmonise.recode import Answers
from survey_stats.harmonise.source import Source
from survey_stats.labels import word
from survey_stats.read import Delivery

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
_GENDERS = ("men", "women")
_NO_YES = ("no", "yes")


@dataclass(frozen=True, eq=False)
class View:
    """A delivery told by its codebook, with the variables that are there.

    Attributes:
        columns: variable of the codebook -> column of the delivery.
        answers: harmonised name -> answers, of items without a fault.
        faults: codes that the codebook does not know or contradicts.
    """

    source: Source
    book: Codebook
    year: int
    delivery: Delivery
    columns: Mapping[str, str]
    answers: Mapping[str, Answers]
    faults: tuple[Fault, ...]

    @classmethod
    def load(cls, source: Source, book: Codebook, year: int, columns: Mapping[str, str]) -> View:
        """Tell the columns of a source that are there."""
        delivery = source.load(columns.values())
        told, faults = tell_items(delivery, book, year, columns)
        at_fault = {f.name for f in faults}
        sound = {name: a for name, a in told.items() if name not in at_fault}
        return cls(source, book, year, delivery, columns, sound, tuple(faults))

    @property
    def frame(self) -> pd.DataFrame:
        """The delivered codes."""
        return self.delivery.frame

    def where(self, name: str) -> str:
        """The column of an item with its harmonised name."""
        variable = self.book.item(name, self.year).variable
        return f"{self.columns.get(variable, variable)} ({name})" if variable else name

    def column(self, variable: str | None) -> str | None:
        """The column of a design variable; None where there is none."""
        return self.columns.get(variable) if variable is not None else None

    @functools.cached_property
    def weights(self) -> Floats:
        """One weight a respondent; 0 where it cannot be one, 1 where there are none."""
        weight = self.book.waves[self.year].weight
        column = None if isinstance(weight, Constant) else self.column(weight)
        if column is None:
            return np.ones(len(self.frame))
        values = to_float(self.frame[column])
        return np.where(np.isfinite(values) & (values > 0), values, 0.0)

    @functools.cached_property
    def units(self) -> Ints:
        """The number of each respondent's PSU; everybody's own where nobody is clustered."""
        column = self.column(self.book.waves[self.year].psu)
        if column is None:
            return np.arange(len(self.frame), dtype=np.intp)
        return np.asarray(pd.factorize(self.frame[column], use_na_sentinel=False)[0], dtype=np.intp)

    @functools.cached_property
    def places(self) -> dict[str, Answers]:
        """`answers` with the districts in the cut of 2023 and of the wave's own year."""
        told = dict(self.answers)
        add_districts(told, self.book, self.year, len(self.frame))
        return told

    def order(self, name: str) -> tuple[str, ...] | None:
        """The answers of an item from one end to the other; None where they have no order.

        Two answers are always in order.
        """
        if name == "age_group" and set(self.answers[name].names) <= set(AGE_GROUPS):
            return AGE_GROUPS
        if name in ("gender", "disability"):
            return _GENDERS if name == "gender" else _NO_YES
        scale = self.scale(name)
        if scale is None:
            return None
        told = self.book.scales[scale]
        answers = tuple(told.answers)
        return answers if told.order != "none" or len(answers) == 2 else None

    def scale(self, name: str) -> str | None:
        """The id of an item's scale."""
        own = self.book.item(name, self.year).scale
        return own or getattr(self.book.asked(name), "scale", None)

    def words(self, name: str, answer: str) -> Words:
        """The readers' words for an answer of an item."""
        scale = self.scale(name)
        text = self.book.scales[scale].answers.get(answer) if scale is not None else None
        if text is not None:
            return Words(text.en, text.sv)
        return Words(word(answer, "en"), word(answer, "sv"))

    def positions(self, name: str, names: tuple[str, ...], rows: Bools) -> npt.NDArray[np.int16]:
        """The answers of some rows as positions in `names`, -1 where missing."""
        told = self.places[name]
        at = {answer: i for i, answer in enumerate(names)}
        lookup: npt.NDArray[Any] = np.array([*(at.get(a, -1) for a in told.names), -1], np.int16)
        return lookup[told.answer][rows]
