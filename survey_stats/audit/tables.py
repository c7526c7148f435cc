"""A published table as text, with what each of its columns is.

The roles are read from the header and the cells, so that a table of any origin can be audited:
text and periods identify a row, numbers are measures, a year at the end of a header is the
measure's year (`n_2022`), two years make a printed change (`change_2021_2022_percent`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from survey_stats.audit.claims import read_csv
from survey_stats.audit.printed import is_missing, parse_number, split_bound
from survey_stats.errors import InputError, nearest
from survey_stats.read.numerals import NumeralError, to_numbers

Role = Literal["key", "measure", "change", "total flag", "note"]
Unit = Literal["count", "percent", "rate", "population", "other"]

# columns that tell rows apart even where every cell is a number
_KEY_NAMES = frozenset(
    [
        "year",
        "år",
        "period",
        "wave",
        "month",
        "månad",
        "quarter",
        "kvartal",
        "grade",
        "årskurs",
        "class",
        "code",
        "kod",
        "id",
    ]
)
_NOTE_NAMES = frozenset(
    ["qualifier", "unit", "note", "enhet", "anmärkning", "comment", "kommentar"]
)
_TOTAL_NAMES = frozenset(["is_total", "total_row"])
BASE_NAMES = ("base", "n_base", "bas", "n", "n_unweighted", "answers")
_BOUNDS = {"at_least": ">=", "more_than": ">", "at_most": "<=", "less_than": "<"}
_TWO_YEARS = re.compile(r"^(.*?)_?((?:19|20)\d\d)_((?:19|20)\d\d)_?(.*)$")
_ONE_YEAR = re.compile(r"^(.*?)[_ ]?((?:19|20)\d\d)$")
_RATE = re.compile(r"per_?(1000+|1_000|100_000|10_000)")
_TOTAL_WORD = re.compile(r"^(summa|totalt?|totals?|sum|samtliga)\b", re.I)
ALL_WORDS = frozenset(["all", "alla", "total", "totalt", "båda", "both"])


@dataclass(frozen=True)
class Column:
    """One column: its name, its role, and for a measure its stem, year and unit."""

    name: str
    role: Role
    stem: str = ""
    year: str = ""
    year_to: str = ""
    unit: Unit = "other"
    per: float = 1.0


@dataclass(frozen=True)
class Cell:
    """One printed figure and what is known of it.

    `rounding` is how far the printing may have moved it (0 for a count); `bound` is `>=`, `>`, `<=`
    or `<` where only a bound is printed. `count`, `population` and `base` come from sibling columns
    of the same row where there are any; `population` of a rate is the one the two columns imply.
    """

    value: float
    label: str
    unit: Unit
    rounding: float = 0.0
    decimals: int = 0
    bound: str = ""
    count: float | None = None
    population: float | None = None
    base: float | None = None
    column: str = ""
    row: int | None = None
    area: str = ""
    per: float = 1.0


@dataclass(frozen=True)
class Table:
    """The rows of a CSV as text (keys normalised to NFC), and its columns by role."""

    name: str
    rows: tuple[dict[str, str], ...]
    columns: tuple[Column, ...]

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {c.name: c for c in self.columns}

    @cached_property
    def keys(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.role == "key")

    @cached_property
    def measures(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.role == "measure")

    @cached_property
    def years(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c.year for c in self.measures if c.year))

    @property
    def flags_totals(self) -> bool:
        return any(c.role == "total flag" for c in self.columns)

    def is_total(self, row: int) -> bool:
        """Whether the table marks the row as a total; by its words where it has no such column."""
        flags = [c.name for c in self.columns if c.role == "total flag"]
        if flags:
            text = self.rows[row][flags[0]].strip().lower()
            return text in {"1", "1.0", "true", "yes", "ja"}
        return any(is_total_word(self.rows[row][c.name]) for c in self.keys)

    def label(self, row: int, without: frozenset[str] = frozenset()) -> str:
        """The row's own name: the keys in which the rows of the table differ, joined."""
        varying = [
            c.name
            for c in self.keys
            if c.name not in without and len({r[c.name] for r in self.rows}) > 1
        ]
        return "/".join(self.rows[row][n] for n in varying) or f"row {row + 1}"

    def cell(self, row: int, column: Column) -> Cell | None:
        """The figure of a row in a measure column, or None where none is printed."""
        texts = self.rows[row]
        sign, text = split_bound(texts[column.name])
        number = parse_number(text)
        if number is None:
            return None
        unit = self._unit(row, column)
        if number.percent:
            unit = "percent"
        bound = sign or self._qualifier(row)
        count, population = self._sibling(row, column, "count"), None
        if unit == "rate" and count is not None and number.value > 0:
            population = count / number.value * column.per
        if unit == "count":
            population = self._population(row, column, number.value)
            count = number.value
        return Cell(
            value=number.value,
            label=self.label(row),
            unit=unit,
            rounding=0.0 if unit in ("count", "population") else number.half,
            decimals=number.decimals,
            bound=bound,
            count=count,
            population=population,
            base=self._base(row) if unit == "percent" else None,
            column=column.name,
            row=row,
            per=column.per,
            area=next((texts[c.name] for c in self.keys if c.name in ("area", "område")), ""),
        )

    def _unit(self, row: int, column: Column) -> Unit:
        said = self.rows[row].get("unit", "") or self.rows[row].get("enhet", "")
        word = said.strip().lower()
        if word:
            return (
                "percent"
                if word in ("percent", "procent", "%")
                else ("count" if word in ("count", "antal") else "other")
            )
        return column.unit

    def _qualifier(self, row: int) -> str:
        return _BOUNDS.get(self.rows[row].get("qualifier", "").strip().lower(), "")

    def _sibling(self, row: int, column: Column, unit: Unit) -> float | None:
        for other in self.measures:
            if other.unit == unit and other.year == column.year and other.name != column.name:
                number = parse_number(self.rows[row][other.name])
                return number.value if number else None
        return None

    def _population(self, row: int, column: Column, count: float) -> float | None:
        direct = self._sibling(row, column, "population")
        if direct is not None:
            return direct if direct > 0 else None
        for other in self.measures:
            if other.unit == "rate" and other.year == column.year:
                rate = parse_number(self.rows[row][other.name])
                if rate is not None and rate.value > 0 and count > 0:
                    return count / rate.value * other.per
        return None

    def _base(self, row: int) -> float | None:
        for name in BASE_NAMES:
            number = parse_number(self.rows[row].get(name, ""))
            if number is not None and number.value > 0:
                return number.value
        return None


class MissingTableError(InputError):
    """There is no CSV of that name; `suggestions` are the nearest that there are."""

    def __init__(self, path: Path) -> None:
        self.suggestions = nearest(path.stem, sorted(p.stem for p in path.parent.glob("*.csv")))
        super().__init__(f"There is no file {path.name} in {path.parent}; check its name")


def read_table(folder: Path, data: str) -> Table:
    """Read the CSV `data` (with or without `.csv`) in `folder`.

    Raises:
        MissingTableError: no such file.
        InputError: it is no valid CSV, or has no rows.
    """
    path = folder / (data if data.lower().endswith(".csv") else f"{data}.csv")
    if not path.exists():
        raise MissingTableError(path)
    lines, header = read_csv(path)
    if not lines:
        raise InputError(f"{path} has no rows below its header")
    rows = tuple({k: normal(v) for k, v in row.items()} for _, row in lines)
    for column in header:
        _ungroup(rows, column)
    return Table(path.stem, rows, tuple(_column(name, rows) for name in header))


def _ungroup(rows: tuple[dict[str, str], ...], column: str) -> None:
    """Take the thousands marks out where the column as a whole says that a mark is one.

    Beside `1.234,5` a `2.345` is two thousand; alone it would be a decimal number.
    """
    try:
        _, marks = to_numbers([row[column] for row in rows if not is_missing(row[column])])
    except NumeralError:
        return
    if marks.thousands in (".", ","):
        for row in rows:
            row[column] = row[column].replace(marks.thousands, "")


def is_total_word(text: str) -> bool:
    """Whether a value names a total: "Summa", "Totalt i staden"."""
    return _TOTAL_WORD.match(text.strip()) is not None


def normal(text: str) -> str:
    """Composed characters and no outer blanks, so that the same name is the same text."""
    return unicodedata.normalize("NFC", text).strip()


def _column(name: str, rows: tuple[dict[str, str], ...]) -> Column:
    lower = name.lower()
    if lower in _TOTAL_NAMES:
        return Column(name, "total flag")
    if lower in _NOTE_NAMES:
        return Column(name, "note")
    texts = [split_bound(r[name])[1] for r in rows if not is_missing(r[name])]
    numbers = [parse_number(t) for t in texts]
    two = _TWO_YEARS.match(lower)
    if two is not None:
        percent = (
            "percent" in two[4] or "procent" in two[4] or any(n and n.percent for n in numbers)
        )
        return Column(
            name, "change", year=two[2], year_to=two[3], unit="percent" if percent else "count"
        )
    one = _ONE_YEAR.match(lower)
    numeric = bool(numbers) and sum(n is not None for n in numbers) > len(numbers) / 2
    if lower in _KEY_NAMES or not (numeric or (one and numbers)):
        return Column(name, "key")
    known = [n for n in numbers if n is not None]
    stem, year = (one[1].rstrip("_") or "value", one[2]) if one else (lower, "")
    whole = all(n.decimals == 0 and n.value >= 0 and not n.percent for n in known)
    unit, per = _unit_of(stem, whole, any(n.percent for n in known))
    return Column(name, "measure", stem=stem, year=year, unit=unit, per=per)


def _unit_of(stem: str, whole: bool, percent: bool) -> tuple[Unit, float]:
    rate = _RATE.search(stem)
    if rate is not None:
        return "rate", float(rate[1].replace("_", ""))
    if percent or re.search(r"percent|procent|share|andel|pct", stem):
        return "percent", 1.0
    if re.search(r"population|folkmängd|invånare|inhabitants", stem):
        return "population", 1.0
    if re.search(r"index|points|poäng|mean|medel|rate|median", stem):
        return "other", 1.0
    return ("count" if whole else "other"), 1.0
