"""Tables of people from PxWeb (Statistics Sweden, City of Stockholm) and from the user's frame."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from survey_stats.errors import InputError
from survey_stats.weight.population.export import VALUE, Export
from survey_stats.weight.population.grid import read_text, read_workbook
from survey_stats.weight.population.json_tables import read_json
from survey_stats.weight.population.px import read_px
from survey_stats.weight.population.table import FIGURES, KEYS, Population
from survey_stats.weight.population.tidy import Columns, Values, tidy

_TEXT = (".csv", ".txt", ".tsv", ".tab")
_JSON = (".json", ".js", ".jsonstat", ".json-stat", ".json-stat2")
_BOOKS = (".xlsx", ".xlsm")


def read_pxweb(
    path: str | Path,
    columns: Columns | None = None,
    values: Values | None = None,
    *,
    area: str | None = None,
    year: int | None = None,
    reference: str = "12-31",
    contents: str | None = None,
    language: str | None = None,
    name: str | None = None,
    source: str | None = None,
) -> Population:
    """A population from a file that was saved in PxWeb: .px, json-stat(2), json, csv or xlsx.

    Which variable is the time, the area, the gender and the age is told by the file or by names
    in Swedish and English; areas are told as the map spells them, gender as women and men, ages as
    groups such as 17, 16-19 and 80+. Totals ("totalt ålder", "män och kvinnor") are kept apart in
    `Population.printed` and compared by `agreement`. Dots are missing and never 0; a dash is 0.
    What had to be decided is in `Population.notes`.

    Args:
        columns: variable -> what it is, where its name does not tell: year, area (or its kind:
            district, neighbourhood, municipality, county, country, other), gender, age_group,
            contents; `sum` to add its values up, `ignore` where another column says the same, any
            other name to keep it as a dimension of that name.
        values: variable -> {label -> what to read instead, or None to leave its rows out}.
        area, year: where the table has no such variable.
        reference: month and day that a year's figures hold for; the last day of the year.
        contents: which contents to read where the table has several.
        language: of a .px file in several languages.
        name, source: what to call the population, and where its figures are from; by default what
            the file says.

    Raises:
        InputError: the file is damaged or is not understood; one sentence says what to do.
        UnknownNameError: an area, variable or value does not exist.

    >>> import json, tempfile
    >>> table = {
    ...     "class": "dataset", "id": ["Region", "Kon", "Tid"], "size": [1, 2, 1],
    ...     "dimension": {
    ...         "Region": {"category": {"label": {"07": "Farsta"}}},
    ...         "Kon": {"category": {"index": ["1", "2"], "label": {"1": "män", "2": "kvinnor"}}},
    ...         "Tid": {"category": {"label": {"2024": "2024"}}},
    ...     },
    ...     "value": [30, 32],
    ... }
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "made-up.json")
    ...     _ = path.write_text(json.dumps(table), encoding="utf-8")
    ...     people = read_pxweb(path)
    >>> people.margin("gender", by="district")
      district gender  population
    0   Farsta    men        30.0
    1   Farsta  women        32.0
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(f"There is no file {file}; check the path")
    return tidy(
        _export(file, language),
        columns,
        values,
        area=area,
        year=year,
        reference=reference,
        contents=contents,
        name=name,
        source=source,
    )


def as_population(
    frame: pd.DataFrame,
    name: str,
    columns: Columns | None = None,
    values: Values | None = None,
    *,
    people: str = "population",
    area: str | None = None,
    year: int | None = None,
    reference: str = "12-31",
    source: str | None = None,
    contact: str = "",
) -> Population:
    """A population from a frame with a row a cell, its columns understood as in `read_pxweb`.

    A frame with all columns of `Population.frame` is taken as it is.

    Args:
        people: the column with the numbers of people; missing values are allowed.
        source: where the figures are from; by default the column `source` of the frame, or `name`.

    Raises:
        InputError: there is no column `people`, or it does not hold numbers; see `read_pxweb`.

    >>> table = pd.DataFrame({"district": ["Farsta", "Järva"], "population": [62_085, 95_220]})
    >>> as_population(table, "City of Stockholm", year=2024)
    Population('City of Stockholm': 2024-2024, 2 cells by area)
    """
    if {*KEYS, *FIGURES} <= set(frame.columns):
        return Population(frame, name, contact)
    if people not in frame.columns:
        raise InputError(f"The frame of {name} has no column {people!r}; say people=")
    try:
        figures = pd.to_numeric(frame[people]).astype("float64").to_numpy()
    except (ValueError, TypeError) as error:
        raise InputError(
            f"The column {people!r} of {name} does not hold numbers ({error}); make missing values "
            "of what is none"
        ) from error
    told = [c for c in frame.columns if c not in (people, "source")]
    blank = [c for c in told if frame[c].isna().any()]
    if blank:
        raise InputError(
            f"The column {blank[0]!r} of {name} has missing values; fill them in or leave it out"
        )
    labels = pd.DataFrame({str(c): [_label(v) for v in frame[c]] for c in told})
    export = Export(labels.assign(**{VALUE: figures}), file=name, format="frame", contact=contact)
    own = frame["source"].astype(str).tolist() if "source" in frame.columns else None
    return tidy(
        export,
        columns,
        values,
        area=area,
        year=year,
        reference=reference,
        name=name,
        source=source,
        origins=own if source is None else None,
    )


def _export(file: Path, language: str | None) -> Export:
    """By the file's ending, or else by how it begins."""
    ending = file.suffix.lower()
    if language is not None and ending != ".px":
        raise InputError(f"{file.name} is in one language only; leave language= out")
    if ending == ".px":
        return read_px(file, language)
    if ending in _JSON:
        return read_json(file)
    if ending in _BOOKS:
        return read_workbook(file)
    if ending in _TEXT:
        return read_text(file)
    raise InputError(
        f"{file.name} is no .px, .json, .csv, .txt, .tsv or .xlsx file; save the table in one of "
        "these formats"
    )


def _label(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return str(value)
