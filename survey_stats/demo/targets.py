"""The published shares as targets: read from the table, never written into the code."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.resources import data_path

BoolArray = npt.NDArray[np.bool_]

# where a target's area is looked for: the first of the columns that holds the name
AREA_COLUMNS: dict[str, tuple[str, ...]] = {
    "region": (),
    "city": ("municipality",),
    "municipality": ("municipality",),
    "district": ("district", "district_own_year"),
    "neighbourhood": ("neighbourhood",),
    "place": ("place",),
}
GROUP_COLUMNS = ("gender", "age_group", "disability")
QUALIFIERS = ("exact", "at_least", "more_than", "at_most", "less_than")

# how deep inside the rounding interval, or beyond a bound, a drawn share should land: points
AIM_WIDTH = 0.25


@dataclass(frozen=True)
class Target:
    """One published share, in percent as printed.

    Attributes:
        where: the row of the table, for messages and tests.
        survey, years: the delivery; several years are pooled, with their weights.
        level, area, group: the domain; `group` is "all" or a value of gender, age or disability.
        question: the harmonised question.
        printed: the figure as printed, so that its decimals are known.
        qualifier: "exact", or the bound that the text gave.
    """

    where: str
    survey: str
    years: tuple[int, ...]
    level: str
    area: str
    question: str
    group: str
    printed: Decimal
    qualifier: str

    @property
    def unit(self) -> Decimal:
        """One unit of the last printed digit, in points."""
        exponent = self.printed.as_tuple().exponent
        return Decimal(1).scaleb(int(exponent))

    def holds(self, share: float) -> bool:
        """Does a proportion 0-1 agree with the print: equal when rounded, or within the bound?

        >>> t = Target("1", "s", (2020,), "city", "A", "q", "all", Decimal("35"), "exact")
        >>> t.holds(0.3549), t.holds(0.3551), t.holds(0.345)
        (True, False, True)
        """
        value = Decimal(f"{100 * share:.10g}")
        if self.qualifier == "exact":
            return value.quantize(self.unit, ROUND_HALF_UP) == self.printed
        if self.qualifier == "at_least":
            return value >= self.printed
        if self.qualifier == "more_than":
            return value > self.printed
        if self.qualifier == "at_most":
            return value <= self.printed
        return value < self.printed

    def interval(self, width: float = AIM_WIDTH) -> tuple[float, float]:
        """The proportions to aim at; `width` 0.5 is the whole rounding interval.

        >>> Target("1", "s", (2020,), "city", "A", "q", "all", Decimal("35"), "exact").interval()
        (0.3475, 0.3525)
        """
        centre, room = float(self.printed) / 100, width * float(self.unit) / 100
        if self.qualifier == "exact":
            return centre - room, centre + room
        # a bound is passed by the more, the less of the interval an exact figure would use
        beyond = (0.5 - width) * float(self.unit) / 100 + 0.001
        if self.qualifier in ("at_least", "more_than"):
            return centre + beyond, 1.0
        return 0.0, centre - beyond

    def members(self, frame: pd.DataFrame) -> BoolArray:
        """Which rows of a harmonised frame belong to the domain, shape (rows,).

        Raises:
            InputError: nobody does, or the group's name is found in no column.
            UnknownNameError: the frame holds no such area.
        """
        asked = np.asarray(frame["wave"].isin(self.years))
        inside: BoolArray = asked & self._in_area(frame) & self._in_group(frame)
        if not inside.any():
            raise InputError(
                f"No respondent answers for {self}: the sample has none in that domain"
            )
        return inside

    def _in_area(self, frame: pd.DataFrame) -> BoolArray:
        columns = [c for c in AREA_COLUMNS[self.level] if c in frame.columns]
        if not AREA_COLUMNS[self.level]:
            return np.ones(len(frame), dtype=bool)
        known: set[str] = set()
        for column in columns:
            values = frame[column]
            names = set(values.dropna().unique())
            if self.area in names:
                return np.asarray((values == self.area).fillna(False), dtype=bool)
            known |= names
        raise UnknownNameError(self.level, self.area, sorted(known), where=self.survey)

    def _in_group(self, frame: pd.DataFrame) -> BoolArray:
        if self.group == "all":
            return np.ones(len(frame), dtype=bool)
        for column in GROUP_COLUMNS:
            if column in frame.columns:
                hit = np.asarray((frame[column] == self.group).fillna(False), dtype=bool)
                if hit.any():
                    return hit
        raise InputError(f"The group {self.group!r} of {self} is found in none of {GROUP_COLUMNS}")

    def __str__(self) -> str:
        years = "+".join(str(y) for y in self.years)
        return (
            f"{self.survey} {years} {self.area} {self.question} {self.group} "
            f"{self.qualifier} {self.printed} % ({self.where})"
        )


def read_targets(path: Path | None = None, survey: str | None = None) -> list[Target]:
    """All published shares of `survey` (or of all surveys), in the order of the table.

    Raises:
        InputError: a row has an unknown area level or qualifier, or a share that is no percentage.
    """
    path = path or data_path("published", "survey_shares.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        targets = [_target(row, k, path) for k, row in enumerate(csv.DictReader(lines), start=2)]
    return [t for t in targets if survey is None or t.survey == survey]


def _target(row: dict[str, str], line: int, path: Path) -> Target:
    where = f"{path.name} line {line}"
    if row["area_level"] not in AREA_COLUMNS:
        raise UnknownNameError("area level", row["area_level"], AREA_COLUMNS, where=where)
    if row["qualifier"] not in QUALIFIERS:
        raise UnknownNameError("qualifier", row["qualifier"], QUALIFIERS, where=where)
    try:
        printed = Decimal(row["share_percent"])
        years = tuple(int(y) for y in row["year"].split("+"))
    except ArithmeticError:
        printed = Decimal(-1)
    except ValueError:
        raise InputError(f"{where}: the year {row['year']!r} is no year or years") from None
    if not 0 <= printed <= 100:
        raise InputError(f"{where}: the share {row['share_percent']!r} is no percentage")
    return Target(
        where,
        row["survey"],
        years,
        row["area_level"],
        row["area"],
        row["question"],
        row["group"],
        printed,
        row["qualifier"],
    )
