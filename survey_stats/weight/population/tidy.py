"""From an exported table to a population: which variable is what, and what its values mean."""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from survey_stats.errors import InputError, UnknownNameError, enumerate_first, fold
from survey_stats.weight.population import areas, words
from survey_stats.weight.population.ages import Ages, parse_ages
from survey_stats.weight.population.export import VALUE, Export
from survey_stats.weight.population.margins import check_complete
from survey_stats.weight.population.table import Population
from survey_stats.weight.population.words import ALL

Columns = Mapping[str, str]
Values = Mapping[str, Mapping[str, str | None]]

_SUM, _IGNORE = "sum", "ignore"
_ALIASES = {"age": "age_group", "ages": "age_group", "time": "year", "sex": "gender"}
_NAME = re.compile(r"[A-Za-z_]\w*")
_RESERVED = frozenset(("date", "level", "cut", "population", "source", "value"))


def tidy(
    export: Export,
    columns: Columns | None = None,
    values: Values | None = None,
    *,
    area: str | None = None,
    year: int | None = None,
    reference: str = "12-31",
    contents: str | None = None,
    name: str | None = None,
    source: str | None = None,
    contact: str | None = None,
    origins: Sequence[str] | None = None,
) -> Population:
    """The population that an exported table holds; see `read_pxweb` for the arguments.

    `origins` is the source of each row, where rows have their own.

    Raises:
        InputError: a variable or a value is not understood, or the table is not whole.
        UnknownNameError: an area, a variable or a value that was named does not exist.
    """
    notes = list(export.notes)
    if words.in_thousands(export.units):
        raise InputError(
            f"{export.file} has figures in {export.units}; fetch numbers of people, or multiply "
            "them and use as_population"
        )
    if contents is None and words.counts_something_else(export.what):
        raise InputError(
            f"{export.file} holds {export.what!r}, which does not look like numbers of people; "
            f"say contents={export.what!r} if it is"
        )
    roles, level = _roles(export, dict(columns or {}), notes)
    changes = _changes(export, values or {}, roles)
    table: dict[str, pd.Series[Any]] = {}
    keep = pd.Series(True, index=export.frame.index)
    for variable, role in roles.items():
        labels = export.frame[variable].astype(str)
        told = {label: changes[variable].get(label, label) for label in labels.unique()}
        if role == "contents":
            kept = _contents([v for v in told.values() if v is not None], contents, export, notes)
            keep &= labels.map(told) == kept
            continue
        keep &= labels.map({label: new is not None for label, new in told.items()})
        if role == _IGNORE:
            continue
        wanted = {label: new for label, new in told.items() if new is not None}
        meaning = _meanings(role, variable, wanted, export, level, reference, notes)
        column = variable if role == _SUM else role
        table[column] = labels.map(meaning)
    given = export.source or export.file
    said = source or (f"{given}, {export.file}" if given != export.file else given)
    frame = pd.DataFrame(table).assign(
        population=export.frame[VALUE], source=said if origins is None else list(origins)
    )[keep]
    if frame.empty:
        raise InputError(f"{export.file} has no rows left; check values=")
    frame = _summed(frame, [v for v, role in roles.items() if role == _SUM])
    frame = _placed(frame, export, area, year, reference)
    name = name or (f"{export.source} ({export.file})" if export.source else export.file)
    return _population(frame, name, export, contact, notes)


def _roles(
    export: Export, columns: dict[str, str], notes: list[str]
) -> tuple[dict[str, str], str | None]:
    """What each variable is, by the caller's word, the file's, its name and its values."""
    variables = [str(v) for v in export.frame.columns if v != VALUE]
    level = None
    roles: dict[str, str] = {}
    for asked, role in columns.items():
        variable = _same(asked, variables)
        if variable is None:
            raise UnknownNameError("variable", asked, variables, export.file)
        if role in areas.KINDS:
            role, level = "area", role
        role = _ALIASES.get(role, role)
        if not _NAME.fullmatch(role) or role in _RESERVED:
            raise InputError(
                f"columns={{{asked!r}: {role!r}}}: {role!r} cannot be the name of a dimension; "
                f"use {', '.join(words.ROLES)}, sum, ignore or a new name"
            )
        roles[variable] = role
    for variable in variables:
        if variable in roles:
            continue
        if variable == export.time:
            roles[variable] = "year"
        elif variable == export.contents:
            roles[variable] = "contents"
        elif role_name := (None if export.unnamed else words.role_of(variable)):
            roles[variable] = role_name
    for variable in variables:
        if variable not in roles:
            labels = [str(v) for v in export.frame[variable].unique()]
            guess = _guess(labels)
            twin = _twin(variable, list(roles), export)
            if twin is not None:
                roles[variable] = _IGNORE
                notes.append(f"{variable!r} has a code for each {twin!r} and is not read")
            elif guess is not None and guess not in roles.values():
                roles[variable] = guess
                notes.append(f"{variable!r} is taken for the {guess} by its values")
            else:
                roles[variable] = _other(variable, labels, export, notes)
    for role, group in itertools.groupby(sorted(roles, key=roles.__getitem__), roles.__getitem__):
        several = list(group)
        if len(several) > 1 and role not in (_SUM, _IGNORE):
            raise InputError(
                f"{export.file} has several variables for {role}: {enumerate_first(several)}; "
                f"say which one by columns={{{several[1]!r}: 'ignore'}} or 'sum'"
            )
    return roles, level


def _guess(labels: list[str]) -> str | None:
    """What a variable is whose name says nothing, by all of its values."""
    parts = [label for label in labels if not words.is_total(label)]
    if not parts:
        return None
    if all(words.moment_of(label) for label in parts):
        return "year"
    if all((told := words.gender_of(label)) and not told[1] for label in parts):
        return "gender"
    # bare numbers may be codes of anything
    if all(parse_ages(p) for p in parts) and not all(p.isdecimal() for p in parts):
        return "age_group"
    return "area" if areas.knows(parts) else None


def _twin(variable: str, others: list[str], export: Export) -> str | None:
    """A variable with whose values those of this one go together, one to one."""
    sizes = export.frame[[variable, *others]].nunique()
    for other in others:
        if sizes[other] == sizes[variable] > 1:
            pairs = export.frame[[variable, other]].drop_duplicates()
            if len(pairs) == sizes[other]:
                return other
    return None


def _other(variable: str, labels: list[str], export: Export, notes: list[str]) -> str:
    """A variable that is none of the usual ones: harmless where it has a printed total."""
    if len(labels) == 1 and words.counts_people(labels[0]):
        notes.append(f"{variable}: {labels[0]}")
        return _IGNORE
    totals = [label for label in labels if words.is_total(label)]
    if len(totals) == 1:
        notes.append(f"{variable}: its total ({totals[0]})")
        return "total"
    raise InputError(
        f"{export.file} has the variable {variable!r} ({enumerate_first(labels, 3)}), which is "
        f"none of area, gender, age, time; say what it is by columns={{{variable!r}: ...}}: one of "
        "those, 'sum' to add its values up, 'ignore', or a name to keep it by"
    )


def _changes(
    export: Export, values: Values, roles: Mapping[str, str]
) -> dict[str, dict[str, str | None]]:
    """The caller's other names of values, by variable."""
    changes: dict[str, dict[str, str | None]] = {variable: {} for variable in roles}
    for asked, told in values.items():
        variable = _same(asked, list(roles)) or next(
            (v for v, role in roles.items() if role == _ALIASES.get(asked, asked)), None
        )
        if variable is None:
            raise UnknownNameError("variable", asked, list(roles), export.file)
        labels = [str(v) for v in export.frame[variable].unique()]
        for label, new in told.items():
            if str(label) not in labels:
                raise UnknownNameError("value", label, labels, f"{variable} of {export.file}")
            changes[variable][str(label)] = new
    return changes


def _same(asked: str, names: list[str]) -> str | None:
    if asked in names:
        return asked
    alike = [name for name in names if fold(name) == fold(asked)]
    return alike[0] if len(alike) == 1 else None


def _contents(labels: list[str], asked: str | None, export: Export, notes: list[str]) -> str:
    """The contents that are numbers of people."""
    unique = list(dict.fromkeys(labels))
    if asked is not None:
        found = _same(asked, unique)
        if found is None:
            raise UnknownNameError("contents", asked, unique, export.file)
        return found
    people = [label for label in unique if words.counts_people(label)]
    if len(people) != 1:
        raise InputError(
            f"{export.file} holds {enumerate_first(unique)}, and it is not clear which of it is "
            "the number of people; say contents="
        )
    if len(unique) > 1:
        notes.append(f"of the contents {people[0]} only")
    return people[0]


def _meanings(
    role: str,
    variable: str,
    wanted: Mapping[str, str],
    export: Export,
    level: str | None,
    reference: str,
    notes: list[str],
) -> dict[str, Any]:
    """What each label of a variable stands for."""
    where = f"{variable} of {export.file}"
    if role == "area":
        told = areas.places(dict.fromkeys(wanted.values()), variable, where, level)
        return {label: told[new] for label, new in wanted.items()}
    if role == "year":
        day = _month_day(reference)
        return _each(wanted, where, "time", lambda new: words.moment_of(new, day))
    if role == "gender":
        return _genders(wanted, where, notes, export.format != "frame")
    if role == "age_group":
        return _ages(wanted, where)
    if role == "total":
        return {label: ALL if words.is_total(new) else None for label, new in wanted.items()}
    return {label: ALL if words.is_total(new) else new for label, new in wanted.items()}


def _each(
    wanted: Mapping[str, str], where: str, what: str, told: Callable[[str], Any]
) -> dict[str, Any]:
    found = {}
    for label, new in wanted.items():
        meaning = told(new)
        if meaning is None:
            raise InputError(
                f"{where} has {label!r}, which is no {what}; say what it is, or None to leave it "
                f"out, by values={{{where.split(' of ')[0]!r}: {{{label!r}: ...}}}}"
            )
        found[label] = meaning
    return found


def _genders(
    wanted: Mapping[str, str], where: str, notes: list[str], codes: bool
) -> dict[str, Any]:
    """Women and men; codes are understood only in what an agency exported."""

    def told(new: str) -> str | None:
        if words.is_total(new):
            return ALL
        found = words.gender_of(new)
        if found and found[1]:
            if not codes:
                return None
            coded.append(f"{new} is {found[0]}")
        return found[0] if found else None

    coded: list[str] = []
    meanings = _each(wanted, where, "gender", told)
    if coded:
        notes.append(f"gender is told by a code, as Statistics Sweden has it: {', '.join(coded)}")
    return meanings


def _ages(wanted: Mapping[str, str], where: str) -> dict[str, Any]:
    def told(new: str) -> Ages | str | None:
        return ALL if words.is_total(new) else parse_ages(new)

    meanings = _each(wanted, where, "age or age group", told)
    spans = sorted({a for a in meanings.values() if isinstance(a, Ages)})
    for whole in spans:
        parts = [a for a in spans if a != whole and whole.holds(a)]
        if len(parts) == len(spans) - 1 > 1 and _tiles(parts, whole):
            # a total that is written as the ages that it covers
            meanings = {k: ALL if a == whole else a for k, a in meanings.items()}
            break
    return {k: a if a == ALL else str(a) for k, a in meanings.items()}


def _tiles(parts: list[Ages], whole: Ages) -> bool:
    begins = [a.low for a in parts] == [whole.low, *(a.high + 1 for a in parts[:-1])]
    return begins and parts[-1].high == whole.high


def _summed(frame: pd.DataFrame, summed: list[str]) -> pd.DataFrame:
    """Without the variables that are added up, and without totals of others beside their parts."""
    if "total" in frame.columns:
        frame = frame[frame["total"] == ALL].drop(columns="total")
    for variable in summed:
        own = frame[variable]
        parts = own[own != ALL]
        # its own printed total would be counted twice
        frame = frame[own != ALL] if len(parts) else frame
    if not summed:
        return frame
    # a table needs not tell its area and year
    keys = [c for c in frame.columns if c not in (*summed, "population", "source")]
    frame = frame.assign(lacking=frame["population"].isna(), whole=0)
    how = {"population": "sum", "lacking": "any", "source": "first"}
    out = frame.groupby(["whole", *keys], sort=False, dropna=False).agg(how).reset_index()
    out = out.drop(columns="whole")
    out["population"] = out["population"].mask(out.pop("lacking").astype(bool))
    return out


def _placed(
    frame: pd.DataFrame, export: Export, area: str | None, year: int | None, reference: str
) -> pd.DataFrame:
    """With year, date, level and area, which the table tells or the caller."""
    if "area" not in frame.columns:
        if area is None:
            raise InputError(
                f"No variable of {export.file} is an area; say area='Stockholm' (or which), or "
                "which variable it is by columns="
            )
        told = areas.places([area], "area", "area=")[area]
        frame = frame.assign(area=pd.Series([told] * len(frame), frame.index, dtype=object))
    elif area is not None:
        raise InputError(f"{export.file} has areas of its own; leave area= out")
    if "year" not in frame.columns:
        if year is None:
            raise InputError(
                f"No variable of {export.file} is a time; say year=, or which variable it is by "
                "columns="
            )
        day = datetime.date(int(year), *_month_day(reference))
        frame = frame.assign(year=[day] * len(frame))
    elif year is not None:
        raise InputError(f"{export.file} has times of its own; leave year= out and use select")
    places = frame["area"]
    return frame.assign(
        date=pd.to_datetime(frame["year"]),
        year=[day.year for day in frame["year"]],
        level=[place.level for place in places],
        area=[place.area for place in places],
    )


def _month_day(reference: str) -> tuple[int, int]:
    told = re.fullmatch(r"(\d\d)-(\d\d)", reference)
    try:
        day = datetime.date(2023, int(told[1]), int(told[2])) if told else None
    except ValueError:
        day = None
    if day is None:
        raise InputError(f"reference={reference!r} is no month and day; write it like '12-31'")
    return day.month, day.day


def _population(
    frame: pd.DataFrame, name: str, export: Export, contact: str | None, notes: list[str]
) -> Population:
    """Parts and printed totals taken apart; every cell of the parts must be there."""
    fixed = ("year", "date", "level", "area", "population", "source")
    dimensions = [c for c in frame.columns if c not in fixed]
    for dimension in list(dimensions):
        if set(frame[dimension]) == {ALL}:
            # only its total: the table is not by it
            frame = frame.drop(columns=dimension)
            dimensions.remove(dimension)
    kinds = [level for level in dict.fromkeys(frame["level"]) if level != areas.ALL.level]
    if not kinds:
        raise InputError(f"{name} has totals of areas only; say which area they are of by values=")
    is_total = (frame[dimensions] == ALL).any(axis=1) | (frame["level"] == areas.ALL.level)
    parts, printed = frame[~is_total], frame[is_total]
    if parts.empty:
        raise InputError(f"{name} has totals only, and no cell that is by everything it is by")
    twice = parts.duplicated(["date", "level", "area", *dimensions])
    if twice.any():
        row = parts[twice].iloc[0]
        shown = ", ".join(str(row[k]) for k in ("year", "area", *dimensions))
        raise InputError(
            f"{name} has {shown} twice; leave one of the values out by values=, or say which "
            "variables are to be added up by columns="
        )
    parts, left = areas.with_cuts(parts, name)
    notes += left
    for _, own in parts.groupby("level", sort=False):
        check_complete(own, dimensions, name)
    return Population(
        parts,
        name,
        export.contact if contact is None else contact,
        tuple(notes),
        printed.assign(cut=pd.array([pd.NA] * len(printed), dtype="Int64")).reset_index(drop=True),
    )
